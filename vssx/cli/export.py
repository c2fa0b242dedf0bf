"""vssx export"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vssx import times
from vssx.cli import render
from vssx.cli.options import handover_options, handover_request, recorder_address, replay_options, said, tz_option
from vssx.cli.quantities import DURATION, RATE
from vssx.errors import UsageError
from vssx.jobs.config import Login

if TYPE_CHECKING:
    from vssx.jobs.export import ExportRequest
    from vssx.jobs.native import NativeStorage

_AROUND_NS = 300 * times.NS


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
@click.option("--around", metavar="T", help="Instead of --from and --to: what happened around this time.")
@click.option("--before", metavar="TIME", type=DURATION, help="How long before --around.  [5m]")
@click.option("--after", metavar="TIME", type=DURATION, help="How long after --around.  [5m]")
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
    before: int | None,
    after: int | None,
    tz: str | None,
    clock: str | None,
    jobs: int | None,
    max_rate: int | None,
    native: str | None,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Export a time range of recordings from the recorder HOST and hand it over.

    Prints the path of the handover and nothing else. Interrupted, it leaves NAME.partial with what it received (but
    for the last few MB): the same command goes on from there. Of its options those may differ that say
    how the recorder is reached, --key and --cert, --jobs, --max-rate and --native. Exits with 100 when there are
    losses, unexplained gaps or an unproven end; handover.json lists them.
    """
    from vssx.jobs.export import ExportRequest, export

    if as_json and not dry_run:
        raise UsageError("tells nothing without --dry-run", where="--json", next_step="Leave it out.")
    from_ns, to_ns = _range(from_, to, around, before, after, tz)
    request = ExportRequest(
        address=recorder_address(login),
        recordings=recordings,
        from_ns=from_ns,
        to_ns=to_ns,
        clock=clock,
        handover=handover_request(**options),
        jobs=jobs,
        native=None if native is None else _storage(native),
        bits_per_second=max_rate,
        said=_said(from_, to, around, before, after, tz),
    )
    if dry_run:
        _print_estimate(request, as_json=as_json)
        return 0
    with render.progress(recordings, to_ns - from_ns) as progress:
        handover = export(request, progress)
    return render.handover(handover)


def _said(
    from_: str | None, to: str | None, around: str | None, before: int | None, after: int | None, tz: str | None
) -> tuple[tuple[str, str], ...]:
    lengths = {"before": before, "after": after} if around is not None else {}
    seconds = {name: f"{(value or _AROUND_NS) / times.NS:g} s" for name, value in lengths.items()}
    return said({"from": from_, "to": to, "around": around, **seconds, "tz": tz})


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
            render.duration(one.recorded_ns),
            f"~{render.size(one.size_bytes)}",
            f"~{render.duration(round(one.seconds * times.NS))}",
            one.basis,
        )
        for one in estimates
    ]
    names = ("RECORDING", "CAMERA", "RECORDED", "SIZE", "TAKES", "SIZE FROM")
    render.table(names, rows, right=("RECORDED", "SIZE", "TAKES"))
    click.echo(
        f"In all ~{render.size(size)}, ~{render.duration(round(seconds * times.NS))} one after the other, at the rate"
        " of a replay of one second. Nothing was written."
    )


def _range(
    from_: str | None, to: str | None, around: str | None, before: int | None, after: int | None, tz: str | None
) -> tuple[int, int]:
    """The range in ns UTC. Raises UsageError where it is said twice, or by half."""
    if around is not None:
        if from_ is not None or to is not None:
            raise UsageError("says the range a second time", where="--around", next_step="Leave out --from and --to.")
        middle_ns = times.from_user(around, tz)
        return middle_ns - (before or _AROUND_NS), middle_ns + (after or _AROUND_NS)
    if before is not None or after is not None:
        raise UsageError("needs --around", where="--before, --after", next_step="Name the time with --around.")
    if from_ is None or to is None:
        raise UsageError(
            "a range has a start and an end",
            where="--from, --to",
            next_step="Name both, or use --around with --before and --after.",
        )
    return times.from_user(from_, tz), times.from_user(to, tz)
