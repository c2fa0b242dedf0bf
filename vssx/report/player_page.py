"""player.html: plays the MP4 files of a handover beside it, several cameras in step by UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import PurePosixPath
from typing import Any

from vssx.report.language import clipped
from vssx.report.page import Page, href
from vssx.report.page_time import PageTime
from vssx.report.player_words import script_words
from vssx.report.record_view import FileView, GapView, LossView, RecordingView, RecordView, TrackView
from vssx.report.sample_times import SampleTimes
from vssx.report.timeline import TimelineEvent
from vssx.times import NS, to_local

PLAYER_NAME = "player.html"
MOST_RUNS = 200_000
"""Runs of picture times in one player: about 1.5 MB of text."""
MOST_CAMERAS = 64
MOST_FILES = 2000
"""Files that one player plays; more are left to the report's list."""
MOST_SHADES = 500
"""Gaps, and losses, of one camera that are shaded, where there are few cameras."""
_ALL_SHADES = 8000
MOST_EVENTS = 20_000
"""Events of all cameras together that the bars mark; the first of each recording."""
_EVENTS_LISTED = 200
_ALL_LISTED = 3000
_SHOWN_FIRST = 4  # cameras: a browser decodes no more at once on a weak machine
_STYLES = ("page.css", "drawings.css", "player.css")
_SCRIPTS = ("player_times.js", "player_pane.js", "player_bar.js", "player_still.js", "player.js")
# Where a page comes from a stick, 'self' is nothing to some browsers, and every file to others.
_ALLOW = {"media-src": "'self' file: blob:"}
_GAPS = {True: "gap-confirmed", False: "gap-unexplained", None: "gap"}
_MS = 1_000_000
_HOUR = 3600 * NS
_MOST_LOOKED_AT = 20_000  # times at which it is asked whether local time has changed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerMedia:
    """What the player knows of a file beyond the record. ``times``: None where ``why`` (English) says why not."""

    times: SampleTimes | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerEvents:
    """Events of one recording, the first of them in ascending time; ``total``: how many there are."""

    events: Sequence[TimelineEvent] = ()
    total: int = 0


@dataclass(slots=True)
class Camera:
    """A camera of the player: all recordings of one token, or one local file."""

    key: int
    name: str
    directory: str
    recordings: list[RecordingView] = field(default_factory=list)
    files: list[tuple[FileView, TrackView]] = field(default_factory=list)
    events: list[TimelineEvent] = field(default_factory=list)
    events_total: int = 0
    shades: int = MOST_SHADES

    @property
    def gaps(self) -> list[GapView]:
        """Of all its recordings, in ascending time. A step back of the clock is none: nothing is missing."""
        found = (gap for one in self.recordings for gap in one.gaps if gap.end_ns > gap.start_ns)
        return sorted(found, key=lambda gap: gap.start_ns)

    @property
    def losses(self) -> list[LossView]:
        """Of all its recordings, those of which the time is known, in ascending time."""
        found = [loss for one in self.recordings for loss in one.losses]
        return sorted((loss for loss in found if loss.at_ns is not None), key=lambda loss: loss.at_ns or 0)

    @property
    def has_sound(self) -> bool:
        """Whether any of its files has a track of sound."""
        return any(_sound(file) for file, _ in self.files)

    @property
    def shades_left_out(self) -> int:
        """Gaps and losses that the bar has no room for."""
        return max(0, len(self.gaps) - self.shades) + max(0, len(self.losses) - self.shades)

    @property
    def overlapping(self) -> bool:
        """Whether two of its files show the same time: the recorder's clock was set back."""
        spans = sorted((track.first_ns, track.end_ns) for _, track in self.files)
        return any(later[0] < before[1] - _MS for before, later in pairwise(spans))


def runs_for_each(files: int) -> int:
    """How many runs of picture times one of so many files may have."""
    return max(100, MOST_RUNS // max(1, files))


def playable(record: RecordView) -> Iterator[FileView]:
    """The files that the player plays."""
    for camera in cameras_of(record, {}):
        yield from (file for file, _ in camera.files)


def cameras_of(record: RecordView, events: Mapping[str, PlayerEvents]) -> list[Camera]:
    """The cameras with their files, as many as one player takes. ``events``: by directory."""
    found: dict[tuple[str, str], Camera] = {}
    files = 0
    for recording in record.recordings:
        key = recording.token or recording.directory, recording.camera
        if key not in found and len(found) == MOST_CAMERAS:
            continue
        camera = found.setdefault(key, Camera(len(found), recording.camera, recording.directory))
        camera.recordings.append(recording)
        for file in recording.files:
            track = file.video or next((one for one in file.tracks if one.track_type == "Audio" and one.samples), None)
            if track is not None and files < MOST_FILES:
                files += 1
                camera.files.append((file, track))
        told = events.get(recording.directory, PlayerEvents())
        camera.events = sorted([*camera.events, *told.events], key=lambda event: event.utc_ns)
        camera.events_total += told.total
    for camera in found.values():
        camera.shades = min(MOST_SHADES, _ALL_SHADES // len(found))
        camera.files.sort(key=lambda pair: pair[1].first_ns)
    return list(found.values())


def player_page(
    page: Page,
    record: RecordView,
    media: Mapping[str, PlayerMedia],
    events: Mapping[str, PlayerEvents],
    *,
    report: str = "report.html",
) -> bytes:
    """The page. ``media``: by path in the bag, of the ``playable`` files; ``events``: by directory of the recording;
    ``report``: name of the report beside it."""
    cameras = cameras_of(record, events)
    taken = {file.path for camera in cameras for file, _ in camera.files}
    left_out = [file for one in record.recordings for file in one.files if file.path not in taken]
    spans = [(track.first_ns, track.end_ns) for camera in cameras for _, track in camera.files]
    return page.render(
        "player.html.j2",
        styles=_STYLES,
        scripts=_SCRIPTS,
        allow=_ALLOW,
        record=record,
        cameras=cameras,
        media=media,
        unknown=PlayerMedia(times=None),
        left_out=left_out[:MOST_FILES],
        left_out_more=max(0, len(left_out) - MOST_FILES),
        report=report,
        first_shown=[camera.key for camera in cameras if camera.files][:_SHOWN_FIRST],
        any_events=any(camera.events for camera in cameras),
        events_listed=min(_EVENTS_LISTED, _ALL_LISTED // max(1, len(cameras))),
        player={
            "cameras": [_camera(camera, media) for camera in cameras],
            "offsets": _offsets(page.times, spans),
            "words": script_words(page.translate),
        },
    )


def _camera(camera: Camera, media: Mapping[str, PlayerMedia]) -> dict[str, Any]:
    names: dict[str, int] = {}
    events = [
        [event.utc_ns / _MS, event.kind, names.setdefault(clipped(event.name), len(names))] for event in camera.events
    ]
    return {
        "name": clipped(camera.name or camera.directory),
        "directory": camera.directory,
        "files": [_file(file, track, media.get(file.path)) for file, track in camera.files],
        "gaps": [[gap.start_ns / _MS, gap.end_ns / _MS, _GAPS[gap.confirmed]] for gap in camera.gaps[: camera.shades]],
        "losses": [[at / _MS, until / _MS] for at, until in islice(_times(camera.losses), camera.shades)],
        "events": events,
        "names": list(names),
    }


def _times(losses: Iterable[LossView]) -> Iterator[tuple[int, int]]:
    for loss in losses:
        if loss.at_ns is not None:
            yield loss.at_ns, loss.at_ns if loss.until_ns is None else loss.until_ns


def _file(file: FileView, track: TrackView, known: PlayerMedia | None) -> dict[str, Any]:
    times = known.times if known is not None else None
    base_ns = track.first_ns if times is None else times.base_ns
    told: dict[str, Any] = {
        "name": PurePosixPath(file.path).name,
        "href": href(file.path),
        "size": file.size,
        "codec": track.codec,
        "video": track.track_type == "Video",
        "width": track.width,
        "height": track.height,
        "start": track.first_ns / _MS,
        "end": track.end_ns / _MS,
        # UTC of media time 0 in whole milliseconds, and the rest in nanoseconds: a double holds no more
        "base": base_ns // _MS,
        "rest": base_ns % _MS,
        "times": None,
    }
    if times is not None:
        told["times"] = {
            "scale": times.timescale,
            "first": times.first,
            "runs": ",".join(f"{count}*{step}" if count > 1 else f"{step}" for count, step in times.runs),
            "told": times.told,
            "whole": times.whole,
            "pictures": times.pictures,
            "usual": _usual(times),
        }
    return told


def _sound(file: FileView) -> bool:
    return any(one.track_type == "Audio" and one.samples for one in file.tracks)


def _usual(times: SampleTimes) -> float:
    """The usual distance of two pictures, in ticks."""
    return max(1.0, (times.end - times.first) / max(1, times.pictures))


def _offsets(times: PageTime, spans: Sequence[tuple[int, int]]) -> list[tuple[float, int]]:
    """From which UTC on, in ms, local time is how many seconds ahead; empty where no zone is known."""
    zone = times.zone
    if zone is None or not spans:
        return []
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    step = max(_HOUR, (last - first) // _MOST_LOOKED_AT)
    before, ahead = first, _ahead(first, zone)
    found: list[tuple[float, int]] = [(first / _MS, ahead)]
    while before < last:
        at = min(last, before + step)
        then = _ahead(at, zone)
        if then != ahead:
            low, high = before, at  # zones change at whole seconds
            while high - low > NS:
                middle = (low + high) // 2
                low, high = (middle, high) if _ahead(middle, zone) == ahead else (low, middle)
            found.append((high // NS * NS / _MS, then))
        before, ahead = at, then
    return found


def _ahead(ns: int, zone: str) -> int:
    try:
        return (to_local(ns, zone) - ns) // NS
    except OverflowError:  # beyond the calendar
        return 0
