"""vssx export"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vssx import times
from vssx.cli import render
from vssx.cli.options import handover_options, handover_request, said, tz_option
from vssx.cli.quantities import DURATION, RATE
from vssx.cli.recorder_options import recorder_address, replay_options
from vssx.errors import UsageError
from vssx.jobs.config import Login

if TYPE_CHECKING:
    from vssx.jobs.export import ExportRequest
    from vssx.jobs.native import NativeStorage
    from vssx.jobs.spans import AroundEvents

_AROUND_NS = 300 * times.NS
_EVENT_ID = re.compile(r"[0-9A-Fa-f]{8,64}", re.ASCII)  # no time looks like that


@click.command(
    "export",
    epilog="Example: vssx export 192.168.1.20 --recording R-1 --from 2024-05-01T12:00:00Z"
    " --to 2024-05-01T12:10:00Z --output . --key key.pem --cert cert.pem",
)
@replay_options
@click.option(
    "--recording",
    "recordings",
    required=True,
    multiple=True,
    metavar="TOKEN",
    help="Which recording; `vssx recordings` lists them. May be given several times: one handover for all.",
)
@click.option("--from", "from_", metavar="T", help="Start, e.g. 2024-05-01T12:00:00Z.")
@click.option("--to", metavar="T", help="End.")
@click.option(
    "--around",
    metavar="T|EVENT",
    help="Instead of --from and --to: what happened around this time. Or around an event: its id, as `vssx events HOST`"
    " prints it; --from and --to then say where to look for it.  [in all of the recording]",
)
@click.option(
    "--events-only",
    "topics",
    multiple=True,
    metavar="TOPIC",
    help="Only the footage around the events of this topic between --from and --to, as the recorder finds them: a topic"
    " expression, e.g. tns1:Device/Trigger/DigitalInput or tns1:RuleEngine//. . May be given several times. Each span"
    " gets files of its own; spans that touch are one.",
)
@click.option(
    "--filter",
    "contents",
    multiple=True,
    metavar="EXPRESSION",
    help='Of these events only those that say so, e.g. \'boolean(//tt:SimpleItem[@Name="IsMotion" and'
    ' @Value="true"])\'. Of several all must be true.',
)
@click.option("--before", metavar="TIME", type=DURATION, help="How long before --around, or before each event.  [5m]")
@click.option("--after", metavar="TIME", type=DURATION, help="How long after --around, or after each event.  [5m]")
@tz_option
@click.option(
    "--times",
    "clock",
    type=click.Choice(["true", "recorder"]),
    help="Whose time the range is in. Needed when the recorder's clock is off by more than 2 s.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 16),
    help="How many recordings are received at a time.  [number of processors, at most 4]",
)
@click.option(
    "--max-rate",
    metavar="RATE",
    type=RATE,
    help="Read no more than that in a second, of all recordings together, e.g. 20Mbit; the recorder's network may"
    " have other things to do.",
)
@click.option(
    "--native",
    metavar="STORAGE=DIR",
    help="Keep the recorder's own export as well, where it offers one: STORAGE is the token of the storage that it"
    " writes to, DIR the directory where this machine sees that storage.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Write nothing: tell how much it would be and how long it would take, from the bit rates that the recorder"
    " tells and a replay of one second.",
)
@click.option("--json", "as_json", is_flag=True, help="The answer of --dry-run as one JSON document.")
@handover_options
def command(
    login: Login,
    recordings: tuple[str, ...],
    from_: str | None,
    to: str | None,
    around: str | None,
    topics: tuple[str, ...],
    contents: tuple[str, ...],
    before: int | None,
    after: int | None,
    tz: str | None,
    clock: str | None,
    jobs: int | None,
    max_rate: int | None,
    native: str | None,
    dry_run: bool,
    as_json: bool,
    sheet: bool,
    **options: Any,
) -> int:
    """Export a time range of recordings from the recorder HOST and hand it over.

    Prints the path of the handover and nothing else. Interrupted, it leaves NAME.partial with what it received (but
    for the last few MB): the same command goes on from there. Of its options those may differ that say
    how the recorder is reached, --key and --cert, --accept-lower, --jobs, --max-rate, --native and --sheet. Exits with
    100 when there are losses, unexplained gaps or an unproven end; handover.json lists them.
    """
    from vssx.jobs.export import ExportRequest, export
    from vssx.jobs.sheet import with_sheet

    if as_json and not dry_run:
        raise UsageError("tells nothing without --dry-run", where="--json", next_step="Leave it out.")
    wanted = _Wanted(
        from_=from_,
        to=to,
        around=around,
        topics=topics,
        contents=contents,
        before=before,
        after=after,
        tz=tz,
    )
    from_ns, to_ns = wanted.range
    request = ExportRequest(
        address=recorder_address(login),
        recordings=recordings,
        from_ns=from_ns,
        to_ns=to_ns,
        clock=clock,
        events=wanted.events,
        handover=handover_request(tz=tz, **options),
        jobs=jobs,
        native=None if native is None else _storage(native),
        bits_per_second=max_rate,
        said=wanted.said,
    )
    if dry_run:
        _print_estimate(request, as_json=as_json)
        return 0
    length_ns = None if from_ns is None or to_ns is None or request.events is not None else to_ns - from_ns
    with render.progress(recordings, length_ns) as progress:
        handover = export(request, progress)
    return render.handover(with_sheet(handover) if sheet else handover)


def _storage(text: str) -> NativeStorage:
    from vssx.jobs.native import NativeStorage

    token, _, directory = text.partition("=")
    if not token or not directory or not Path(directory).is_dir():
        raise UsageError(
            f"{text!r} is no token of a storage, =, and a directory that exists",
            where="--native",
            next_step="Write for example storage-1=/mnt/recorder.",
        )
    return NativeStorage(token=token, directory=Path(directory))


def _print_estimate(request: ExportRequest, *, as_json: bool) -> None:
    from vssx.jobs.estimate import estimate

    estimates = estimate(request)
    size = sum(one.size_bytes for one in estimates)
    seconds = sum(one.seconds for one in estimates)
    if as_json:
        found = [
            {
                "recording": one.token,
                "camera": one.camera,
                "from": times.to_xs_datetime(one.from_ns),
                "to": times.to_xs_datetime(one.to_ns),
                "recorded_seconds": one.recorded_ns / times.NS,
                "size_bytes": one.size_bytes,
                "basis": one.basis,
                "seconds": round(one.seconds, 3),
            }
            for one in estimates
        ]
        render.print_json({"recordings": found, "size_bytes": size, "seconds": round(seconds, 3)})
        return
    rows = [
        (
            one.token,
            one.camera,
            render.moment(one.from_ns),
            render.end(one.from_ns, one.to_ns),
            render.duration(one.recorded_ns),
            f"~{render.size(one.size_bytes)}",
            f"~{render.duration(round(one.seconds * times.NS))}",
            one.basis,
        )
        for one in estimates
    ]
    names = ("RECORDING", "CAMERA", "FROM (UTC)", "TO", "RECORDED", "SIZE", "TAKES", "SIZE FROM")
    render.table(names, rows, right=("RECORDED", "SIZE", "TAKES"))
    click.echo(
        f"In all ~{render.size(size)}, ~{render.duration(round(seconds * times.NS))} one after the other, at the rate"
        " of a replay of one second. Nothing was written."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The options that say which footage, as they were written; ``before`` and ``after`` in ns."""

    from_: str | None
    to: str | None
    around: str | None
    topics: tuple[str, ...]
    contents: tuple[str, ...]
    before: int | None
    after: int | None
    tz: str | None

    @property
    def _event(self) -> str:
        """The id of the event that --around names, or ""."""
        text = (self.around or "").strip()
        return text.lower() if _EVENT_ID.fullmatch(text) else ""

    @property
    def range(self) -> tuple[int | None, int | None]:
        """In ns UTC; None for all of the recording. Raises UsageError where it is said twice, or by half."""
        self._check()
        if self.around is not None and not self._event:
            try:
                middle_ns = times.from_user(self.around, self.tz)
            except UsageError as problem:
                raise UsageError(
                    problem.message,
                    where="--around",
                    next_step=f"{problem.next_step} The id of an event has 8 hexadecimal digits or more.".lstrip(),
                ) from None
            return middle_ns - (self.before or _AROUND_NS), middle_ns + (self.after or _AROUND_NS)
        if self.from_ is None or self.to is None:
            return None, None
        return times.from_user(self.from_, self.tz), times.from_user(self.to, self.tz)

    def _check(self) -> None:
        named = (self.from_ is not None) + (self.to is not None)
        if self.around is not None and self.topics:
            raise UsageError(
                "are two ways to name events", where="--around, --events-only", next_step="Leave one of them out."
            )
        if self.around is not None and named and not self._event:
            raise UsageError("says the range a second time", where="--around", next_step="Leave out --from and --to.")
        if (self.before is not None or self.after is not None) and self.around is None and not self.topics:
            raise UsageError(
                "needs --around or --events-only",
                where="--before, --after",
                next_step="Name the time or the event with --around, or the events with --events-only.",
            )
        if self.contents and not self.topics:
            raise UsageError(
                "needs --events-only", where="--filter", next_step="Name the topic of the events with --events-only."
            )
        if named == 1 or (named == 0 and self.around is None):
            raise UsageError(
                "a range has a start and an end",
                where="--from, --to",
                next_step="Name both, or use --around with --before and --after.",
            )

    @property
    def events(self) -> AroundEvents | None:
        """The events to export the footage around, where only that is wanted."""
        from vssx.jobs.spans import AroundEvents

        if not self._event and not self.topics:
            return None
        return AroundEvents(
            event=self._event,
            topics=self.topics,
            contents=self.contents,
            before_ns=self.before or _AROUND_NS,
            after_ns=self.after or _AROUND_NS,
        )

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """What of these was written, for the record."""
        lengths = {"before": self.before, "after": self.after} if self.around is not None or self.topics else {}
        seconds = {name: f"{(value or _AROUND_NS) / times.NS:g} s" for name, value in lengths.items()}
        which = {"events-only": " | ".join(self.topics) or None, "filter": " and ".join(self.contents) or None}
        written = {"from": self.from_, "to": self.to, "around": self.around, **which, **seconds, "tz": self.tz}
        return said(written)
