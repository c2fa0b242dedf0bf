"""Checks frames.csv.gz against its MP4: every sample once, at its place, at its time."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.isobmff.frames import COLUMNS
from vssx.isobmff.reader import Movie, Track, open_movie
from vssx.isobmff.sample_tables import Sample
from vssx.shown import shown
from vssx.times import NS, from_xs_datetime

CSTB_STEP_NS = 100
"""cstb counts 100 ns: what the file says may be rounded by as much."""
_MAX_LINE = 400


def tolerance_ns(timescale: int) -> int:
    """How far a time in ns may be from what the file says in ticks behind a start in steps of 100 ns."""
    return NS // timescale + CSTB_STEP_NS + 1


def frames_fault(table: Path, media: Path) -> str:
    """The first thing in which the table is not what the file says; "" when there is none. Never raises for content."""
    try:
        movie = open_movie(media)
        with gzip.open(table, "rb") as file:
            return _compare(_lines(file), movie)
    except (OSError, EOFError, zlib.error) as error:
        return f"is no readable gzip file: {shown(error)}"
    except (MalformedMediaError, UnsupportedMediaError) as error:
        return f"cannot be compared: {shown(error.message)}"


def _lines(file: gzip.GzipFile) -> Iterator[bytes]:
    while line := file.readline(_MAX_LINE):
        yield line


def _compare(lines: Iterator[bytes], movie: Movie) -> str:
    if next(lines, b"").rstrip(b"\r\n") != ",".join(COLUMNS).encode():
        return f"does not begin with the names {','.join(COLUMNS)}"
    tracks = {str(track.track_id): _TrackRows(movie, track) for track in movie.tracks}
    for number, line in enumerate(lines, start=2):
        try:
            fields = line.decode("ascii").rstrip("\r\n").split(",")
        except UnicodeDecodeError:
            return f"line {number} is no text"
        if len(fields) != len(COLUMNS) or not line.endswith(b"\n"):
            return f"line {number} does not have {len(COLUMNS)} columns"
        rows = tracks.get(fields[0])
        fault = f"track {shown(fields[0])} is not in the file" if rows is None else rows.fault(fields)
        if fault:
            return f"line {number}: {fault}"
    for track_id, rows in tracks.items():
        if rows.missing:
            return f"ends before sample {rows.number + 1} of track {track_id}"
    return ""


class _TrackRows:
    """The samples of one track, in order, each compared with its row."""

    def __init__(self, movie: Movie, track: Track) -> None:
        self._samples = movie.iter_samples(track)
        self._timescale = track.timescale
        self._start_ns = movie.start_ns(track)
        self._tolerance = tolerance_ns(track.timescale)
        self.number = 0

    @property
    def missing(self) -> bool:
        """Whether the file has more samples; asked once, at the end."""
        return next(self._samples, None) is not None

    def fault(self, fields: list[str]) -> str:
        """In what the row is not the next sample; "" when it is."""
        sample = next(self._samples, None)
        if sample is None:
            return f"track {fields[0]} has {self.number} samples"
        self.number += 1
        for name, actual, told in (
            ("number", sample.number, fields[1]),
            ("offset", sample.offset, fields[2]),
            ("size", sample.size, fields[3]),
        ):
            if str(actual) != told:
                return f"the {name} is {shown(told)}, in the file {actual}"
        if ("K" in fields[7]) != sample.sync:
            return f"the flags {shown(fields[7])} do not say that decoding can{'' if sample.sync else 'not'} start here"
        return self._time_fault(sample, fields[4])

    def _time_fault(self, sample: Sample, told: str) -> str:
        if self._start_ns is None:
            return "the file tells no time"
        at_ns = self._start_ns + (sample.composition * NS + self._timescale // 2) // self._timescale
        try:
            told_ns = from_xs_datetime(told)
        except ValueError:
            return f"{shown(told)} is no time"
        if abs(told_ns - at_ns) > self._tolerance:
            return f"the time is {shown(told)}, in the file {at_ns} ns since 1970"
        return ""
