"""Stills out of an MP4 of a handover: illustrations for people, decoded without libav's demuxer.

Our own reader gives samples, their numbers and their times, so that what is said of a still is what the record means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vssx.codec.picture_choice import Choice, Choices, choose
from vssx.codec.picture_decoder import MAX_PIXELS, Shown, Stretch
from vssx.errors import VssxError
from vssx.isobmff.box import MediaFile
from vssx.isobmff.reader import Movie, Track, open_movie
from vssx.isobmff.sample_tables import Sample
from vssx.model.media import NS, Codec
from vssx.model.still import NoStill, Still, StillReason, WantedStill

WIDTH = 480
"""Pixels, of the longer side of a still."""
MAX_DECODED = 2_000_000_000
"""Pixels decoded at most for the pictures behind one clean point: some seconds of work."""
_MAX_SAMPLES = 20_000
_ROUNDING_NS = 101
_NOT_SHOWN = "the decoder shows nothing for it; the recording is damaged here, or its clean points do not say the truth"


@dataclass(slots=True)
class _Target:
    """A sample to be shown, and everything that wants it. ``start``: which of its clean points is tried."""

    choice: Choice
    wants: list[WantedStill]
    start: int = 0
    why: str = _NOT_SHOWN

    @property
    def first(self) -> int:
        return self.choice.starts[self.start]

    @property
    def before(self) -> int:
        """A clean point before that, where decoding may warm up: gradual refresh takes its time."""
        return self.choice.starts[min(self.start + 2, len(self.choice.starts) - 1)]


def take_stills(path: Path, file: str, wanted: Sequence[WantedStill]) -> tuple[Still | NoStill, ...]:
    """The pictures of the first video track on show at the wanted times, in ascending time; a picture wanted twice
    comes once, with all reasons.

    ``file``: the name that the stills get. The tables of the file are read in one pass, and once more to the last
    picture; only what a picture builds on is decoded. Whatever is wrong with the file comes back as NoStill; nothing
    is raised.
    """
    try:
        return _Stills(open_movie(path), file).take(wanted)
    except VssxError as error:
        return tuple(missing(file, one, str(error)) for one in wanted)


def missing(file: str, one: WantedStill, why: str) -> NoStill:
    """What is said in place of a picture that was wanted."""
    ids = (one.event_id,) if one.event_id else ()
    return NoStill(file=file, utc_ns=one.utc_ns, reasons=(one.reason,), why=why, event_ids=ids)


class _Stills:
    def __init__(self, movie: Movie, file: str) -> None:
        self._movie = movie
        self._file = file

    def take(self, wanted: Sequence[WantedStill]) -> tuple[Still | NoStill, ...]:
        track, why = self._video()
        origin_ns = None if track is None else self._movie.start_ns(track)
        if track is None or origin_ns is None:
            return tuple(missing(self._file, one, why or "the file does not say its time (no cstb)") for one in wanted)
        ordered = sorted(wanted, key=lambda one: one.utc_ns)
        ticks = [_ticks(one.utc_ns - origin_ns, track.timescale) for one in ordered]
        targets = _targets(ordered, choose(self._movie.iter_samples(track), ticks))
        if not targets:
            return tuple(missing(self._file, one, "decoding can start nowhere in the file") for one in wanted)
        taken: list[Still | NoStill] = []
        waiting = targets
        while waiting:
            shown = self._decode(track, waiting)
            later = []
            for target in waiting:
                found = shown.get(target.choice.composition)
                if found is not None:
                    taken.append(self._still(track, origin_ns, target, found))
                elif target.why == _NOT_SHOWN and target.start + 1 < len(target.choice.starts):
                    target.start += 1
                    later.append(target)
                else:
                    taken.append(self._no_still(track, origin_ns, target))
            waiting = later
        return tuple(sorted(taken, key=lambda one: one.utc_ns))

    def _video(self) -> tuple[Track | None, str]:
        for track in self._movie.tracks:
            if track.handler == "vide" and track.sample_count:
                for entry in track.sample_entries:
                    if entry.codec not in (Codec.H264, Codec.H265):
                        return None, f"the video is {entry.code!r}, which vssx does not decode"
                    if entry.width * entry.height > MAX_PIXELS:
                        return None, f"the pictures, {entry.width} x {entry.height}, are too large to be decoded here"
                return track, ""
        return None, "no video in the file"

    def _decode(self, track: Track, targets: Sequence[_Target]) -> dict[int, Shown]:
        """By composition time. What hinders a target is noted in its ``why``."""
        from av.error import FFmpegError

        groups: dict[int, list[_Target]] = {}
        for target in targets:
            groups.setdefault(target.first, []).append(target)
        largest = max(1, *(entry.width * entry.height for entry in track.sample_entries))
        limit = min(_MAX_SAMPLES, MAX_DECODED // largest)
        for first in list(groups):
            for target in [one for one in groups[first] if one.choice.number - first >= limit]:
                groups[first].remove(target)
                behind = target.choice.number - first
                target.why = f"decoding would have to begin {behind} pictures before it, too many for an illustration"
        found: dict[int, Shown] = {}
        with MediaFile(self._movie.path) as file:
            for group, samples in _stretches(self._movie.iter_samples(track), groups, limit):
                wanted = [target.choice.composition for target in group]
                try:
                    stretch = Stretch(file, track.sample_entries, samples, first=group[0].first, wanted=wanted)
                    found |= stretch.pictures(WIDTH)
                except (FFmpegError, ValueError) as error:
                    for target in group:
                        target.why = f"it cannot be decoded ({error})"
                except VssxError as error:
                    for target in group:
                        target.why = error.message
        return found

    def _still(self, track: Track, origin_ns: int, target: _Target, found: Shown) -> Still | NoStill:
        from av.error import FFmpegError

        picture = found.picture
        media_ns = found.composition * NS // track.timescale
        try:
            jpeg = picture.jpeg()
        except (FFmpegError, ValueError) as error:
            target.why = f"it cannot be made a JPEG ({error})"
            return self._no_still(track, origin_ns, target)
        return Still(
            file=self._file,
            track_id=track.track_id,
            sample=found.number,
            media_ns=media_ns,
            utc_ns=origin_ns + media_ns,
            reasons=_reasons(target),
            width=picture.width,
            height=picture.height,
            jpeg=jpeg,
            event_ids=_event_ids(target),
            damaged=found.damaged,
            interlaced=picture.interlaced,
        )

    def _no_still(self, track: Track, origin_ns: int, target: _Target) -> NoStill:
        return NoStill(
            file=self._file,
            utc_ns=origin_ns + target.choice.composition * NS // track.timescale,
            reasons=_reasons(target),
            why=target.why,
            event_ids=_event_ids(target),
        )


def _ticks(media_ns: int, timescale: int) -> int:
    """Media time in ticks; what lies a rounding (100 ns of cstb among it) before a tick is meant to be that tick."""
    return (media_ns + _ROUNDING_NS) * timescale // NS


def _targets(wanted: Sequence[WantedStill], choices: Choices) -> list[_Target]:
    """One target a sample, for all that want it. Steps whose clean points coincide take the exact picture."""
    if not choices.exact or not choices.clean:
        return []
    targets: dict[int, _Target] = {}
    stepped: set[int] = set()
    for one, exact, clean in zip(wanted, choices.exact, choices.clean, strict=True):
        chosen = exact
        if one.reason is StillReason.STEP and clean.number not in stepped:
            chosen = clean
            stepped.add(clean.number)
        targets.setdefault(chosen.number, _Target(chosen, [])).wants.append(one)
    return [targets[number] for number in sorted(targets)]


def _stretches(
    samples: Iterable[Sample], groups: dict[int, list[_Target]], limit: int
) -> Iterator[tuple[list[_Target], list[Sample]]]:
    """Each group with its samples, from the clean point before its first one, where that is near, to its last target.

    No more samples are read than needed, and only those of one stretch, or two that overlap, are held.
    """
    left = {first: max(target.choice.number for target in group) for first, group in groups.items() if group}
    begins: dict[int, list[int]] = {}
    for first, last in left.items():
        before = groups[first][0].before
        begins.setdefault(before if last - before < limit else first, []).append(first)
    running: dict[int, list[Sample]] = {}
    for sample in samples if left else ():
        for first in begins.get(sample.number, ()):
            running[first] = []
        for first in list(running):
            running[first].append(sample)
            if sample.number == left[first]:
                yield groups[first], running.pop(first)
                del left[first]
        if not left:
            return


def _reasons(target: _Target) -> tuple[StillReason, ...]:
    return tuple(dict.fromkeys(one.reason for one in target.wants))


def _event_ids(target: _Target) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.event_id for one in target.wants if one.event_id))
