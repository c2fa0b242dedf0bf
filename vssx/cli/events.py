"""vssx events"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vssx import times
from vssx.cli import render
from vssx.cli.options import tz_option
from vssx.cli.recorder_options import recorder_address, recorder_options
from vssx.errors import ExitCode, UsageError
from vssx.jobs.config import Login
from vssx.shown import shown

if TYPE_CHECKING:
    from vssx.jobs.events import EventListing
    from vssx.jobs.spans import TimeSpan
    from vssx.model.event import ListedEvent
    from vssx.model.recording import SimpleItem


@click.command(
    "events",
    epilog="Example: vssx events 192.168.1.20 --recording R-1 --from 2024-05-01T12:00:00Z --to 2024-05-01T13:00:00Z"
    " --topic tns1:RuleEngine//. ; or: vssx events handover",
)
@recorder_options
@click.option("--recording", metavar="TOKEN", help="Which recording of the recorder HOST.")
@click.option("--from", "from_", metavar="T", help="Start, e.g. 2024-05-01T12:00:00Z.  [all of it]")
@click.option("--to", metavar="T", help="End.")
@click.option(
    "--topic",
    "topics",
    multiple=True,
    metavar="TOPIC",
    help="Only events of this topic: a topic expression, e.g. tns1:Device/Trigger/DigitalInput, tns1:RuleEngine//. or"
    " several with | between them. May be given several times.",
)
@click.option(
    "--filter",
    "contents",
    multiple=True,
    metavar="EXPRESSION",
    help='Only events that say so, e.g. \'boolean(//tt:SimpleItem[@Name="IsMotion" and @Value="true"])\'. Of several'
    " all must be true.",
)
@tz_option
@click.option(
    "--times",
    "clock",
    type=click.Choice(["true", "recorder"]),
    help="Whose time the range is in. Needed when the recorder's clock is off by more than 2 s.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of the table, an event a line.")
def command(
    login: Login,
    recording: str | None,
    from_: str | None,
    to: str | None,
    topics: tuple[str, ...],
    contents: tuple[str, ...],
    tz: str | None,
    clock: str | None,
    as_json: bool,
) -> int:
    """List what happened in a recording of the recorder HOST, or in an MP4 file or a handover in its place.

    With --recording the recorder is asked (FindEvents); what only the recorded metadata tells is known when it is
    exported. Without --recording it is a path: the events of the metadata tracks, each once with where it came from,
    and its place in the file; nothing is verified. First come the states that held at the start. Times are UTC, of a
    recorder by its own clock. Exits with 100 when the recorder's answer may not be complete.
    """
    from vssx.jobs.events import EventsRequest, find, read

    request = EventsRequest(span=_span(from_, to, tz), topics=topics, contents=contents)
    opened: AbstractContextManager[EventListing]
    if recording is not None:
        opened = find(recorder_address(login), recording, request, clock)
    else:
        path = Path(login.host)
        if not path.exists():
            raise UsageError(
                f"{shown(path)!r} is no file and no handover, and without --recording no recorder is asked",
                next_step="`vssx recordings HOST` lists the recordings of a recorder.",
            )
        opened = read(path, request)
    with opened as listing:
        count = _print_json(listing) if as_json else _print(listing, of_recorder=recording is not None)
        for text in (*listing.losses, *listing.notes):
            click.echo(shown(text), err=True)
        if not count:
            click.echo("No events that the filters let pass." if topics or contents else "No events.", err=True)
            if topics:
                click.echo(
                    "A topic names itself alone: behind it, //. means everything below. Case counts. Without --topic"
                    " all events are listed with their topics (--json).",
                    err=True,
                )
        return int(ExitCode.INCOMPLETE if listing.losses else ExitCode.DONE)


def _span(from_: str | None, to: str | None, tz: str | None) -> TimeSpan | None:
    from vssx.jobs.spans import TimeSpan

    if from_ is None and to is None:
        return None
    if from_ is None or to is None:
        raise UsageError("says half a range", where="--from, --to", next_step="Name both, or none for all of it.")
    span = TimeSpan(from_ns=times.from_user(from_, tz), to_ns=times.from_user(to, tz))
    if span.to_ns <= span.from_ns:
        raise UsageError("the range ends before it begins", where="--from, --to", next_step="Exchange the two.")
    return span


def _print_json(listing: EventListing) -> int:
    from vssx.evidence.event_listing import as_json

    def rest() -> dict[str, object]:
        span = listing.span
        return {
            "from": None if span is None else times.to_xs_datetime(span.from_ns),
            "to": None if span is None else times.to_xs_datetime(span.to_ns),
            "losses": list(listing.losses),
            "notes": list(listing.notes),
        }

    return render.print_json_list("events", map(as_json, listing.rows), rest)


def _print(listing: EventListing, *, of_recorder: bool) -> int:
    if of_recorder:
        return render.long_table(("EVENT", "TIME (UTC)", *_WHAT, "TOPIC"), _found(listing.rows))
    return render.long_table(("EVENT", "TIME (UTC)", "FILE", "AT", *_WHAT, "FROM"), _kept(listing.rows))


_WHAT = ("WHAT", "STATE", "SOURCE", "DATA")


def _found(rows: Iterator[ListedEvent]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield row.event_id, _moment(row), *_what(row), row.event.notification.topic


def _kept(rows: Iterator[ListedEvent]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        at = "-" if row.media_ns is None else render.duration(row.media_ns)
        kinds = dict.fromkeys(str(way.kind) for way in row.event.provenances)
        yield row.event_id, _moment(row), row.file or "-", at, *_what(row), ", ".join(kinds) or "-"


def _what(row: ListedEvent) -> tuple[str, str, str, str]:
    """Name, state, source and data of a row; that of a state at the start says that it is one."""
    note = row.event.notification
    name = f"{row.name} (at the start)" if row.event.start_state else row.name
    return name, row.state or "-", _items(*note.source, *note.key), "-" if row.unknown else _items(*note.data)


def _items(*items: SimpleItem) -> str:
    return "; ".join(f"{item.name}={item.value}" for item in items) or "-"


def _moment(row: ListedEvent) -> str:
    """UTC to the millisecond."""
    return times.to_xs_datetime(row.utc_ns // 1_000_000 * 1_000_000).replace("T", " ").rstrip("Z")
