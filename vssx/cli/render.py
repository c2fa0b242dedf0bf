"""Everything that is drawn for people: tables, timelines, progress. The only import of rich."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from vssx import times
from vssx.cells import json_escape
from vssx.errors import StorageError
from vssx.model.recording import RecordingListing, Span
from vssx.shown import shown

if TYPE_CHECKING:
    from rich.console import Console

    from vssx.jobs.handover import Handover, Progress

_FIRST_ROWS = 500
_WIDEST = 60
_PIPE_WIDTH = 1000  # nobody looks: no line is folded


def print_json(value: object) -> None:
    """One JSON document on one line of stdout; what could steer a terminal is escaped."""
    click.echo(_json(value))


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if text.isprintable() else "".join(c if c.isprintable() else json_escape(c) for c in text)


def moment(ns: int | None) -> str:
    """UTC to the second for tables, or a dash."""
    return "-" if ns is None else times.to_xs_datetime(ns // times.NS * times.NS).replace("T", " ").rstrip("Z")


def end(from_ns: int | None, to_ns: int | None) -> str:
    """Like ``moment``, without the day where that is the same."""
    start, end = moment(from_ns), moment(to_ns)
    return end[11:] or end if end[:10] == start[:10] else end


def size(count: int | None) -> str:
    """Bytes in the unit that suits."""
    if count is None:
        return "-"
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def duration(ns: int) -> str:
    """Hours, minutes, seconds to the tenth, rounded down."""
    minutes, tenths = divmod(ns * 10 // times.NS, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{tenths / 10:04.1f}" if hours else f"{minutes}:{tenths / 10:04.1f}"


def timeline(spans: Sequence[Span], from_ns: int, to_ns: int, width: int) -> str:
    """A bar of ``width`` cells: full where recorded all through, half where partly, dots where nothing."""
    length = max(1, to_ns - from_ns)
    cells = []
    for cell in range(width):
        start, end = from_ns + length * cell // width, from_ns + length * (cell + 1) // width
        covered = sum(
            max(0, min(end, to_ns if span.end_ns is None else span.end_ns) - max(start, span.start_ns))
            for span in spans
        )
        cells.append("·" if not covered else "█" if covered >= (end - start) * 0.98 else "▌")
    return "".join(cells)


def table(names: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> Console:
    """A table on stdout, the columns of ``right`` aligned there. What others say is shown, never obeyed."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # No markup: a camera may be called "[/bold]", and what a recorder says must not draw anything.
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)
    drawn = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in names:
        drawn.add_column(name, overflow="fold", justify="right" if name in right else "left")
    for row in rows:
        drawn.add_row(*(Text(shown(cell)) for cell in row))
    console.print(drawn)
    return console


def long_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Rows on stdout as they come, however many; how many there were. Columns are as wide as the first rows need.

    What others say is shown, never obeyed.
    """
    coming = iter(rows)
    first = [[shown(cell) for cell in row] for row in islice(coming, _FIRST_ROWS)]
    widths = [min(max(map(len, column)), _WIDEST) for column in zip(names, *first, strict=True)]
    count = 0

    def write(cells: Iterable[str]) -> None:
        click.echo(" ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())

    for row in chain(first, ([shown(cell) for cell in row] for row in coming)):
        if not count:
            write(names)
        write(row)
        count += 1
    return count


def print_json_list(name: str, items: Iterable[object], rest: Callable[[], Mapping[str, object]]) -> int:
    """One JSON document on stdout with a list that is as long as it comes, an item a line, and ``rest`` behind it.

    How many items there were.
    """
    count = 0
    click.echo(f"{{{json.dumps(name)}: [", nl=False)
    for item in items:
        click.echo("," if count else "")
        click.echo(_json(item), nl=False)
        count += 1
    click.echo("\n]" if count else "]", nl=False)
    for key, value in rest().items():
        click.echo(f", {json.dumps(key)}: {_json(value)}", nl=False)
    click.echo("}")
    return count


def recordings_table(listings: Sequence[RecordingListing]) -> None:
    """The listing as a table on stdout, with a timeline under each recording where stdout is a terminal."""
    rows = []
    for one in listings:
        information = one.information
        gaps = str(max(0, len(one.history.spans) - 1)) if one.history and one.history.available else "?"
        rows.append(
            (
                information.token,
                information.source.name or "-",
                moment(information.earliest_ns),
                "recording"
                if information.status == "Recording"
                else end(information.earliest_ns, information.latest_ns),
                ", ".join(_track_names(one)) or "-",
                gaps,
                ("~" if one.size_bytes else "") + size(one.size_bytes),
            )
        )
    names = ("RECORDING", "CAMERA", "FROM (UTC)", "TO", "TRACKS", "GAPS", "SIZE")
    console = table(names, rows, right=("GAPS", "SIZE"))
    if console.is_terminal:
        _timelines(console.print, listings, max(20, console.width - 4))


def _track_names(one: RecordingListing) -> list[str]:
    encodings = {t.track.token: t.encoding for t in one.attributes.tracks} if one.attributes else {}
    return [encodings.get(track.token) or str(track.track_type) for track in one.information.tracks]


def _timelines(write: Callable[[str], None], listings: Sequence[RecordingListing], width: int) -> None:
    for one in listings:
        if one.history is None or not one.history.available:
            continue
        history = one.history
        write(f"\n{shown(one.information.source.name or one.information.token)}")
        write(f"  {timeline(history.spans, history.from_ns, history.to_ns, width)}")
        left, right = moment(history.from_ns), moment(history.to_ns)
        write(f"  {left}{right.rjust(max(1, width - len(left)))}")


def handover(made: Handover) -> int:
    """Path on stdout; what keeps the handover from being complete on stderr; the exit code."""
    try:
        click.echo(str(made.path))
    except BrokenPipeError:
        raise
    except OSError as error:  # stdout may be a file on a full disk
        raise StorageError(
            f"cannot be written: {error.strerror or error}",
            where="stdout",
            next_step=f"The handover is complete all the same: {made.path}",
        ) from error
    if not made.signed and sys.stderr.isatty():
        click.echo("vssx: unsigned, so it claims no level; `vssx sign` signs it later", err=True)
    for shortfall in filter(None, (made.lower, *made.shortfalls)):
        click.echo(f"vssx: {shortfall}; see handover.json", err=True)
    for remark in made.remarks:
        click.echo(f"vssx: {remark}", err=True)
    for fault in made.page_faults:
        click.echo(f"vssx: the evidence is complete, but a page is not: {fault}; see `vssx report`", err=True)
    if made.no_sheet:
        click.echo(f"vssx: the handover is complete, but there is no sheet: {made.no_sheet}", err=True)
        click.echo(f"vssx: to make it: vssx sheet {made.path} -o FILE.html", err=True)
    return int(made.exit_code)


@contextmanager
def activity(title: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr that shows what is being done; the callback takes it."""
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True, markup=False).status(Text(shown(title))) as status:
        yield lambda doing: status.update(Text(f"{shown(title)}: {doing}"))


@contextmanager
def progress(titles: Sequence[str], total_ns: int | None) -> Iterator[Progress]:
    """A bar for each title on stderr where that is a terminal, silence elsewhere. ``total_ns``: media time of each."""
    if not sys.stderr.isatty():
        yield lambda _number, _media_ns, _payload_bytes, _losses: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[position]}  {task.fields[volume]}  {task.fields[rate]}/s{task.fields[lost]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = [
            bars.add_task(
                shown(title), total=total_ns, start=False, position="0:00.0", volume="0 B", rate="0 B", lost=""
            )
            for title in titles
        ]
        begun: dict[int, tuple[float, int]] = {}
        drawn: dict[int, float] = {}

        def show(number: int, media_ns: int, payload_bytes: int, losses: int) -> None:
            now = time.monotonic()
            if now - drawn.get(number, 0.0) < 0.1:
                return
            drawn[number] = now
            if number not in begun:
                begun[number] = (now, payload_bytes)
                bars.start_task(tasks[number])
            started, before = begun[number]
            rate = int((payload_bytes - before) / max(now - started, 0.001))
            bars.update(
                tasks[number],
                completed=media_ns,
                position=duration(media_ns),
                volume=size(payload_bytes),
                rate=size(rate),
                lost=f"  {losses} {'loss' if losses == 1 else 'losses'}" if losses else "",
            )

        yield show
