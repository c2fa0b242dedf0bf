"""A timeline as values: what is drawn where, in the units of its drawing, and the same told in rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vssx.report.event_kind import EventKind
from vssx.report.page_time import utc_text
from vssx.report.timeline_scale import Tick


class StretchKind(StrEnum):
    """What a part of a timeline says."""

    ASKED = "asked"  # the range that was asked for
    HISTORY = "history"  # the recorder says that it recorded
    RECORDED = "recorded"  # is in the handover
    GAP = "gap"  # nothing recorded; the recorder cannot tell, or was not asked
    GAP_CONFIRMED = "gap-confirmed"  # nothing recorded, and the recorder's own history says so too
    GAP_UNEXPLAINED = "gap-unexplained"  # nothing came, though the recorder's history says that it recorded
    CLOCK_STEP = "clock-step"  # nothing is missing: the recorder's clock was set back
    LOSS = "loss"  # recorded, but not received, or received damaged
    UNPROVEN_END = "unproven-end"  # from here on nobody knows whether something is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """One event to be drawn. ``name``: in plain words."""

    utc_ns: int
    kind: EventKind
    name: str
    event_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From ``start_ns`` to ``end_ns``. ``count``: how many were joined, since they lie too close to tell them apart.

    ``text``: a file's name, a loss in words, "" otherwise; of joined ones that of the first. ``lasting_ns``: how long
    it is, of a clock step how far the clock was set back. ``second``: overlaps the one before it and lies below it.
    """

    kind: StretchKind
    x: float
    width: float
    start_ns: int
    end_ns: int
    lasting_ns: int
    count: int = 1
    text: str = ""
    second: bool = False

    @property
    def start(self) -> str:
        """The time as text."""
        return utc_text(self.start_ns)

    @property
    def end(self) -> str:
        """The time as text."""
        return utc_text(self.end_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A line of a timeline. ``name``: "asked", "history", or the type of a track (Video, Audio, Metadata), whose number
    ``number`` is where there are several of the type, else 0."""

    name: str
    number: int
    y: float
    height: float
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMark:
    """Events of one kind that lie close together; ``share``: how many they are, 0 to 1, of the most in one mark."""

    x: float
    count: int
    share: float
    first: str
    last: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLane:
    """A line with the events of one kind. ``total``: how many there are in the drawing."""

    kind: EventKind
    y: float
    height: float
    total: int
    marks: tuple[EventMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """A line of the timeline's text. ``track``: type of the track, "" where it concerns no single one."""

    kind: StretchKind
    track: str
    number: int
    start_ns: int
    end_ns: int
    lasting_ns: int
    count: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The timeline of one recording. ``zone``: of the local times at the ticks, or "".

    ``rows``: everything that is drawn but events, in words, as far as they are not ``rows_left_out``.
    ``losses_without_time``: nobody knows where they are. ``events_outside``: not drawn, since their time lies beyond
    the drawing. ``tracks_left_out``: tracks that have no line of their own.
    """

    key: str
    directory: str
    camera: str
    start_ns: int
    end_ns: int
    zone: str
    width: float
    height: float
    left: float
    right: float
    lanes_top: float
    lanes_bottom: float
    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    event_lanes: tuple[EventLane, ...]
    rows: tuple[TimelineRow, ...]
    rows_left_out: int
    losses_without_time: int
    events_outside: int
    tracks_left_out: int

    @property
    def kinds(self) -> tuple[StretchKind, ...]:
        """What occurs in it: what a legend has to explain."""
        there = {stretch.kind for lane in self.lanes for stretch in lane.stretches}
        return tuple(kind for kind in StretchKind if kind in there)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewLine:
    """One recording among the others. ``short_name``: as much of the camera's name as there is room for."""

    camera: str
    directory: str
    short_name: str
    y: float
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All recordings below each other, with one scale. ``left_out``: recordings that have no line."""

    key: str
    start_ns: int
    end_ns: int
    zone: str
    width: float
    height: float
    left: float
    right: float
    lanes_top: float
    lanes_bottom: float
    ticks: tuple[Tick, ...]
    lines: tuple[OverviewLine, ...]
    left_out: int

    @property
    def kinds(self) -> tuple[StretchKind, ...]:
        """What occurs in it."""
        there = {stretch.kind for line in self.lines for stretch in line.stretches}
        return tuple(kind for kind in StretchKind if kind in there)
