"""Draws the timeline of one recording: which stretch lies where. Bounded, however much there is to draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from vssx.report.page_time import PageTime
from vssx.report.record_view import GapView, RecordingView
from vssx.report.timeline import Lane, Stretch, StretchKind, Timeline, TimelineEvent, TimelineRow
from vssx.report.timeline_events import EventBins
from vssx.report.timeline_scale import TimeScale
from vssx.times import NS

WIDTH = 960.0
LEFT = 168.0
RIGHT = 920.0
AXIS, _LANE, _THIN_LANE, _EVENT_LANE, _SPACE = 34.0, 26.0, 14.0, 20.0, 6.0
_MAX_TRACKS = 8
MAX_ROWS = 200
"""Rows of text; what is more is counted."""
MAX_STRETCHES = 200
"""Stretches that one lane is drawn with."""
_LEAST_OF_LANE = 8
_CLOSE = 0.8
"""Stretches of one kind that lie closer (units of the drawing) are drawn as one."""
_LEAST = 1.6
"""Width that everybody can see."""
_THIN = frozenset({"asked", "history"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingRoom:
    """How much of one recording a page draws. ``stretches``: in all lanes together. ``marks``: of events of one kind.
    ``rows``: of the text."""

    stretches: int
    marks: int
    rows: int


WHOLE_PAGE = DrawingRoom(stretches=10 * MAX_STRETCHES, marks=100, rows=MAX_ROWS)


def draw_timeline(
    recording: RecordingView,
    events: Iterable[TimelineEvent] = (),
    *,
    time: PageTime,
    key: str = "timeline",
    room: DrawingRoom = WHOLE_PAGE,
) -> Timeline | None:
    """The timeline of a recording; None where there is neither a range that was asked for nor anything delivered.

    ``events``: occurrences in any order, read once, none kept. ``time``: the zone of local times at the ticks.
    ``key``: what the drawing is called among those of its page. ``room``: how much may be drawn.
    """
    ends = ends_of(recording)
    if ends is None:
        return None
    scale = scale_of(*ends)
    found, tracks_left_out = _lanes(recording)
    bins = EventBins(scale, room.marks)
    most = max(_LEAST_OF_LANE, min(MAX_STRETCHES, room.stretches // max(1, len(found))))
    for event in events:
        bins.add(event)
    y = AXIS
    lanes = []
    rows: list[TimelineRow] = []
    for name, number, stretches in found:
        height = _THIN_LANE if name in _THIN else _LANE
        lanes.append(Lane(name=name, number=number, y=y, height=height, stretches=placed(stretches, scale, most)))
        track = "" if name in _THIN else name
        rows += [_row(stretch, track, number) for stretch in stretches]
        y += height + _SPACE
    event_lanes = bins.lanes(top=y, height=_EVENT_LANE)
    bottom = y + len(event_lanes) * _EVENT_LANE
    rows.sort(key=lambda row: (row.start_ns, row.end_ns))
    return Timeline(
        key=key,
        directory=recording.directory,
        camera=recording.camera,
        start_ns=ends[0],
        end_ns=ends[1],
        zone=time.zone or "",
        width=WIDTH,
        height=bottom + (AXIS if time.zone else 4.0),
        left=LEFT,
        right=RIGHT,
        lanes_top=AXIS - _SPACE / 2,
        lanes_bottom=bottom,
        ticks=scale.ticks(time),
        lanes=tuple(lanes),
        event_lanes=event_lanes,
        rows=tuple(rows[: room.rows]),
        rows_left_out=max(0, len(rows) - room.rows),
        losses_without_time=sum(loss.count for loss in recording.losses if loss.at_ns is None),
        events_outside=bins.outside,
        tracks_left_out=tracks_left_out,
    )


def ends_of(recording: RecordingView) -> tuple[int, int] | None:
    """First and last time there is anything to draw at."""
    ends = [ns for ns in (recording.asked_from_ns, recording.asked_to_ns) if ns is not None]
    for file in recording.files:
        ends += [ns for track in file.tracks if track.samples for ns in (track.first_ns, track.end_ns)]
    return (min(ends), max(ends)) if ends else None


def leading_stretches(recording: RecordingView) -> list[Stretch]:
    """What there is to draw of the track that the others are measured by: the first video, else what there is."""
    track = next(iter(_track_types(recording)), None)
    return [] if track is None else _sorted(_of_track(recording, track))


def scale_of(start_ns: int, end_ns: int) -> TimeScale:
    """From the first to the last time, with a little room, so that nothing lies on the edge."""
    room = max((end_ns - start_ns) // 100, NS // 1000)
    return TimeScale(start_ns=start_ns - room, end_ns=end_ns + room, left=LEFT, width=RIGHT - LEFT)


def _lanes(recording: RecordingView) -> tuple[list[tuple[str, int, list[Stretch]]], int]:
    """Name, number and stretches of each lane, and how many tracks have none."""
    lanes: list[tuple[str, int, list[Stretch]]] = []
    if recording.asked_from_ns is not None and recording.asked_to_ns is not None:
        lanes.append(("asked", 0, [_stretch(StretchKind.ASKED, recording.asked_from_ns, recording.asked_to_ns)]))
    if recording.spans is not None:
        lanes.append(("history", 0, _history(recording)))
    names = track_lanes(recording)
    for track, (kind, number) in list(names.items())[:_MAX_TRACKS]:
        lanes.append((kind, number, _sorted(_of_track(recording, track))))
    return lanes, max(0, len(names) - _MAX_TRACKS)


def track_lanes(recording: RecordingView) -> Mapping[int, tuple[str, int]]:
    """Name of each track of the source, and its number among those of that name, 0 where it is the only one."""
    types = _track_types(recording)
    counts = Counter(types.values())
    numbers = Counter[str]()
    found: dict[int, tuple[str, int]] = {}
    for track, kind in types.items():
        numbers[kind] += 1
        found[track] = kind, numbers[kind] if counts[kind] > 1 else 0
    return found


def _track_types(recording: RecordingView) -> Mapping[int, str]:
    """Type of each track of the source, video first. One of which no file holds anything counts as video where it is
    the only one: gaps and losses have to lie somewhere. What the exporter added was not recorded: events show
    it."""
    tracks = [track for file in recording.files for track in file.tracks]
    types = {track.source_track: track.track_type for track in tracks if not track.added}
    mentioned = {gap.source_track for gap in recording.gaps} | {loss.source_track for loss in recording.losses}
    for track in sorted(mentioned - types.keys() - {track.source_track for track in tracks if track.added}):
        types[track] = "Track" if types else "Video"
    order = {"Video": 0, "Audio": 1, "Metadata": 2}
    return dict(sorted(types.items(), key=lambda one: (order.get(one[1], 3), one[0])))


def _sorted(stretches: Iterable[Stretch]) -> list[Stretch]:
    return sorted(stretches, key=lambda one: (one.start_ns, one.end_ns))


def _history(recording: RecordingView) -> list[Stretch]:
    """What the recorder says that it recorded, within the range that is drawn at all."""
    starts = [ns for ns in (recording.asked_from_ns, recording.first_ns) if ns is not None]
    ends = [ns for ns in (recording.asked_to_ns, recording.last_ns) if ns is not None]
    if not starts or not ends:
        return []
    low, high = min(starts), max(ends)
    cut = [(max(start, low), high if end is None else min(end, high)) for start, end in recording.spans or ()]
    return [_stretch(StretchKind.HISTORY, start, end) for start, end in cut if start < end]


def _of_track(recording: RecordingView, track: int) -> Iterable[Stretch]:
    last_ns = None
    for file in sorted(recording.files, key=lambda one: (one.first_ns or 0, one.path)):
        for one in file.tracks:
            if one.source_track == track and one.samples:
                name = file.path.rpartition("/")[2]
                second = last_ns is not None and one.first_ns < last_ns
                yield replace(_stretch(StretchKind.RECORDED, one.first_ns, one.end_ns, name), second=second)
                last_ns = max(one.end_ns, last_ns or one.end_ns)
    for gap in recording.gaps:
        if gap.source_track == track:
            yield _gap(gap)
    for loss in recording.losses:
        if loss.source_track == track and loss.at_ns is not None:
            until_ns = loss.at_ns if loss.until_ns is None else loss.until_ns
            yield replace(_stretch(StretchKind.LOSS, loss.at_ns, until_ns, loss.detail), count=loss.count)
    if not recording.end_proven and last_ns is not None:
        end_ns = max(last_ns, recording.asked_to_ns or last_ns)
        if not any(gap.source_track == track and gap.end_ns >= end_ns for gap in recording.gaps):
            yield _stretch(StretchKind.UNPROVEN_END, last_ns, end_ns)


def _gap(gap: GapView) -> Stretch:
    if gap.cause == "backward-step" or gap.end_ns < gap.start_ns:
        step = _stretch(StretchKind.CLOCK_STEP, gap.start_ns, gap.start_ns)
        return replace(step, lasting_ns=gap.start_ns - gap.end_ns)
    kinds = {True: StretchKind.GAP_CONFIRMED, False: StretchKind.GAP_UNEXPLAINED, None: StretchKind.GAP}
    return _stretch(kinds[gap.confirmed], gap.start_ns, gap.end_ns)


def _stretch(kind: StretchKind, start_ns: int, end_ns: int, text: str = "") -> Stretch:
    """One that has no place in the drawing yet."""
    return Stretch(
        kind=kind,
        x=0.0,
        width=0.0,
        start_ns=start_ns,
        end_ns=end_ns,
        lasting_ns=end_ns - start_ns,
        text=text,
    )


def placed(stretches: Sequence[Stretch], scale: TimeScale, most: int = MAX_STRETCHES) -> tuple[Stretch, ...]:
    """With their places; those of one kind that nobody could tell apart are joined, and where they would still be more
    than ``most``, short ones that lie further apart, too."""
    least, close = _LEAST, _CLOSE
    found = _joined(stretches, scale, least, close)
    while len(found) > most and close < scale.width:
        least, close = least * 2, close * 2
        found = _joined(found, scale, least, close)
    return found


@dataclass(slots=True)
class _Run:
    """Stretches of one kind that are drawn as one; ``first``: of them."""

    first: Stretch
    x: float
    right: float
    end_ns: int
    count: int

    def joined(self) -> Stretch:
        first = self.first
        lasting_ns = first.lasting_ns if first.kind is StretchKind.CLOCK_STEP else self.end_ns - first.start_ns
        width = round(self.right - self.x, 1)
        return replace(first, x=self.x, width=width, end_ns=self.end_ns, lasting_ns=lasting_ns, count=self.count)


def _joined(stretches: Iterable[Stretch], scale: TimeScale, least: float, close: float) -> tuple[Stretch, ...]:
    """Those that lie closer than ``close`` are joined where one of them is no wider than ``least``."""
    runs: list[_Run] = []
    open_one: dict[tuple[StretchKind, bool], _Run] = {}
    for stretch in stretches:
        x = scale.x(stretch.start_ns)
        width = max(scale.x(stretch.end_ns) - x, _LEAST)
        run = open_one.get((stretch.kind, stretch.second))
        if run is not None:
            small = width <= least or run.right - run.x <= least
            if x < run.x + _LEAST or (small and x < run.right + close):
                run.right = max(run.right, x + width)
                run.end_ns = max(run.end_ns, stretch.end_ns)
                run.count += stretch.count
                continue
        run = _Run(stretch, x, x + width, stretch.end_ns, stretch.count)
        open_one[stretch.kind, stretch.second] = run
        runs.append(run)
    return tuple(run.joined() for run in runs)


def _row(stretch: Stretch, track: str, number: int) -> TimelineRow:
    return TimelineRow(
        kind=stretch.kind,
        track=track,
        number=number,
        start_ns=stretch.start_ns,
        end_ns=stretch.end_ns,
        lasting_ns=stretch.lasting_ns,
        count=stretch.count,
        text=stretch.text,
    )
