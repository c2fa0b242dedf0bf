"""When each picture of an MP4 is presented, short enough to stand in a page: run lengths of their distances."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from vssx.errors import MalformedMediaError
from vssx.isobmff.box import MediaFile
from vssx.isobmff.reader import Movie, Track, open_movie
from vssx.model.media import TrackType
from vssx.times import NS

_REORDERED = 16
"""H.264 (clause A.3.1) and H.265 (clause A.4.2) keep at most 16 pictures back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTimes:
    """The pictures of the first video track, by the time at which a player of the whole file presents them.

    ``base_ns``: UTC of time 0 of the presentation. ``timescale``: ticks a second. ``first``: ticks from time 0 to the
    first picture; ``runs``: how often one distance to the next picture follows, and the distance in ticks, never 0:
    pictures of one time cannot be told apart by it and count as one. ``pictures``: how many samples the track has.
    ``told``: how many pictures ``first`` and ``runs`` tell. ``whole``: these are all. ``end``: ticks where the last
    sample ends, so that the others' usual distance is known. ``video_tracks``: of the file.
    """

    base_ns: int
    timescale: int
    first: int
    runs: tuple[tuple[int, int], ...]
    pictures: int
    told: int
    whole: bool
    end: int
    video_tracks: int

    def utc_ns(self, ticks: int) -> int:
        """UTC of a time of the presentation."""
        return self.base_ns + (ticks * NS + self.timescale // 2) // self.timescale

    def presentation_times(self) -> Iterator[int]:
        """Of the pictures that are told, in ticks."""
        distances = (distance for count, distance in self.runs for _ in range(count))
        return accumulate(distances, initial=self.first)


def read_sample_times(path: Path, most_runs: int) -> SampleTimes | None:
    """Read an MP4; None where it has no video, or does not say at what UTC it starts.

    ``most_runs``: after so many runs the rest is not told. It needs no memory for the samples themselves.
    Raises MalformedMediaError, UnsupportedMediaError, StorageError.
    """
    movie = open_movie(path)
    tracks = [one for one in movie.tracks if one.track_type is TrackType.VIDEO and one.sample_count]
    start_ns = movie.start_ns(tracks[0]) if tracks else None
    if start_ns is None:
        return None
    track = tracks[0]
    # Time 0 of a player is that of the movie: the edit list says how far the media is moved (ISO/IEC 14496-12, 8.6.6).
    moved_ns, skipped = _moved(movie, track)
    base_ns = start_ns + skipped * NS // track.timescale - moved_ns
    moved = (moved_ns * track.timescale + NS // 2) // NS - skipped
    runs: list[tuple[int, int]] = []
    told, first, whole = 0, 0, True
    with MediaFile(path) as file:
        ascending = _Ascending(track, file)
        for before, at in pairwise(ascending):
            if not told:
                told, first = 1, before + moved
            if at < before or (len(runs) == most_runs and at - before != runs[-1][1]):
                whole = False  # the first: times that no decoder puts in order
                break
            if runs and runs[-1][1] == at - before:
                runs[-1] = runs[-1][0] + 1, at - before
            else:
                runs.append((1, at - before))
            told += 1
        if not told:
            first = next(iter(_Ascending(track, file))) + moved
            told = 1
    return SampleTimes(
        base_ns=base_ns,
        timescale=track.timescale,
        first=first,
        runs=tuple(runs),
        pictures=track.sample_count,
        told=told,
        whole=whole,
        end=max(first, track.duration + moved),
        video_tracks=len(tracks),
    )


def _moved(movie: Movie, track: Track) -> tuple[int, int]:
    """How long nothing is presented at first, in ns, and how many ticks of the media are passed over then."""
    empty_ns = 0
    for edit in track.edits:
        if edit.media_time >= 0:
            return empty_ns, edit.media_time
        empty_ns += edit.duration * NS // max(1, movie.timescale)
    return empty_ns, 0


class _Ascending:
    """Different presentation times of a track, in ticks of its media, put in order as far as decoders do."""

    def __init__(self, track: Track, file: MediaFile) -> None:
        self._track = track
        self._file = file

    def __iter__(self) -> Iterator[int]:
        last: int | None = None
        for at in self._put_in_order():
            if at != last:
                yield at
            last = at

    def _put_in_order(self) -> Iterator[int]:
        tables = self._track.tables
        waiting: list[int] = []
        decode = number = 0
        for duration, shift in zip(tables.each_duration(self._file), tables.each_shift(self._file), strict=False):
            if number == self._track.sample_count:
                break
            number += 1
            if len(waiting) == _REORDERED:
                yield heapq.heappushpop(waiting, decode + shift)
            else:
                heapq.heappush(waiting, decode + shift)
            decode += duration
        if number < self._track.sample_count:
            raise MalformedMediaError(f"no time for sample {number + 1}", where=str(self._file.path))
        while waiting:
            yield heapq.heappop(waiting)
