"""report.html: the handover for people who read no JSON."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vssx.model.still import FileStills
from vssx.report import record_words
from vssx.report.camera_map import CameraMaps
from vssx.report.clock_words import clock_words
from vssx.report.contact_sheet import ContactSheet, contact_sheet
from vssx.report.event_rows import EventRow, as_mark, brief
from vssx.report.overview_drawing import draw_overview
from vssx.report.page import COMMON_STYLE, Page
from vssx.report.record_view import FileView, RecordingView, RecordView, TrackView
from vssx.report.shortfalls import shortfalls
from vssx.report.tables import Allowance, Gathered, Rows, at_most
from vssx.report.timeline import Timeline, TimelineEvent
from vssx.report.timeline_drawing import MAX_ROWS, DrawingRoom, draw_timeline, track_lanes

REPORT_NAME = "report.html"
_STYLES = (COMMON_STYLE, "drawings.css", "contact_sheet.css")
_MOST_RECORDINGS = 60
_MOST_SUMMARIES = 1000
_MOST_FILES = 600
_MOST_GAPS = 600
_MOST_LOSSES = 600
_MOST_ASSUMPTIONS = 600
_MOST_EVENTS = 1500
_MOST_STATES = 300
_MOST_STRETCHES = 4000
_MOST_MARKS = 800
_MOST_LINES = 1200
_MOST_ODDITIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """What a report is made of.

    ``events``: the rows of a recording's events.csv by its directory, read anew at each call, none where it has none.
    ``unread``: by directory, why not all rows could be read; filled by reading. ``stills``: contact sheets by the path
    of the MP4. ``cartography``: the cameras on maps and plans; ``no_maps``: why they cannot be shown. ``in_bag``: the
    page becomes a file of the handover, so that links lead to its other files; else ``made_ns`` tells when it was made
    beside it.
    """

    record: RecordView
    events: Callable[[str], Iterator[EventRow]]
    unread: Mapping[str, str] = field(default_factory=dict)
    stills: Mapping[str, FileStills] = field(default_factory=dict)
    cartography: CameraMaps | None = None
    no_maps: str = ""
    in_bag: bool = True
    made_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSection:
    """One recording on the page. ``key``: its number, for anchors. ``lanes``: name and number of each source track."""

    key: str
    view: RecordingView
    shortfalls: tuple[str, ...]
    files: Rows[FileView]
    tracks: Rows[tuple[FileView, TrackView]]
    gaps: Rows[Any]
    losses: Rows[Any]
    assumptions: Rows[Any]
    transcoded: Rows[Any]
    events: Rows[EventRow]
    states: Rows[EventRow]
    unread: str
    native: Rows[Any]
    timeline: Timeline | None
    lanes: Mapping[int, tuple[str, int]]
    sheets: tuple[ContactSheet, ...]


def render_report(content: ReportContent, page: Page) -> bytes:
    """The page. Its size is bounded: what is left out is counted, and said.

    Raises HandoverError for an events.csv that is none.
    """
    record = content.record
    allowance = Allowance(recordings=min(len(record.recordings), _MOST_RECORDINGS))
    shown = record.recordings[:_MOST_RECORDINGS]
    sections = tuple(_section(str(number), one, content, page, allowance) for number, one in enumerate(shown, start=1))
    return page.render(
        "report.html.j2",
        styles=_STYLES,
        record=record,
        raw=record.raw,
        sections=sections,
        recordings_left_out=len(record.recordings) - len(sections),
        summary=at_most(((one, shortfalls(one, page.translate)) for one in record.recordings), _MOST_SUMMARIES),
        complete=not any(shortfalls(one, page.translate) for one in record.recordings),
        overview=draw_overview(shown, time=page.times),
        maps=content.cartography,
        no_maps=content.no_maps,
        oddities=_oddities(record.raw.get("cartography")),
        recordings_off_map=sum(one.raw.get("map_camera") is None for one in record.recordings),
        clock=clock_words(record.raw["clock"], page.translate, page.times),
        assumptions=at_most(record.raw["assumptions"], _MOST_ASSUMPTIONS),
        files=sum(len(one.files) for one in record.recordings),
        octets=sum(file.size for one in record.recordings for file in one.files),
        words=record_words,
        in_bag=content.in_bag,
        made_ns=content.made_ns,
    )


def _section(
    key: str, one: RecordingView, content: ReportContent, page: Page, allowance: Allowance
) -> RecordingSection:
    raw = one.raw
    native = raw["native_export"]
    files = at_most(one.files, allowance.rows(_MOST_FILES))
    events = _Events(content.events(one.directory), allowance)
    room = DrawingRoom(
        stretches=allowance.rows(_MOST_STRETCHES, 20),
        marks=allowance.rows(_MOST_MARKS, 10),
        rows=min(MAX_ROWS, allowance.rows(_MOST_LINES, 8)),
    )
    timeline = draw_timeline(one, events.marks(), time=page.times, key=f"t{key}", room=room)
    deque(events.marks(), maxlen=0)  # what a drawing that is none did not take
    return RecordingSection(
        key=key,
        view=one,
        shortfalls=shortfalls(one, page.translate),
        files=files,
        tracks=at_most(((file, track) for file in one.files for track in file.tracks), allowance.rows(_MOST_FILES)),
        gaps=at_most(one.gaps, allowance.rows(_MOST_GAPS)),
        losses=at_most(one.losses, allowance.rows(_MOST_LOSSES)),
        assumptions=at_most(raw["assumptions"], allowance.rows(_MOST_ASSUMPTIONS)),
        transcoded=at_most(raw["transcoded"], allowance.rows(_MOST_FILES)),
        events=events.occurred.rows,
        states=events.states.rows,
        unread=content.unread.get(one.directory, ""),
        native=at_most(native["files"] if native else (), allowance.rows(_MOST_FILES)),
        timeline=timeline,
        lanes=track_lanes(one),
        sheets=tuple(
            contact_sheet(content.stills[file.path], page.translate)
            for file in files.rows
            if file.path in content.stills
        ),
    )


class _Events:
    """The lines of one events.csv, read once: occurrences and states for their tables, and marks for the timeline."""

    def __init__(self, rows: Iterable[EventRow], allowance: Allowance) -> None:
        self.occurred = Gathered[EventRow](allowance.rows(_MOST_EVENTS, 5))
        self.states = Gathered[EventRow](allowance.rows(_MOST_STATES))
        self._rows = iter(rows)

    def marks(self) -> Iterator[TimelineEvent]:
        """Of the occurrences; the tables fill as these are taken."""
        for row in self._rows:
            (self.states if row.state_row else self.occurred).add(brief(row))
            if not row.state_row:
                yield as_mark(row)


def _oddities(cartography: Mapping[str, Any] | None) -> Rows[Any]:
    """Errors and warnings about the exporter's table; how vssx read it is no matter for this page."""
    if cartography is None:
        return at_most((), 0)
    return at_most((one for one in cartography.get("findings", ()) if one["severity"] != "note"), _MOST_ODDITIES)
