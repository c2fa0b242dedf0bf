"""What an MP4 says of its time line that libav does not pass on: edit lists, and the UTC of its origin (cstb)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vssx.errors import StorageError, VssxError
from vssx.isobmff.reader import Movie, Track, open_movie
from vssx.model.media import NS, TrackType
from vssx.source.movie_samples import start_offset
from vssx.times import YEAR_2262

_FIRST_BOXES = frozenset([b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"])


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieFacts:
    """``start_ns``: UTC of presentation time 0 by ``cstb``, None without one. ``remarks``: for the record.

    ``unread``: why the boxes cannot be read; "" where they can.
    """

    start_ns: int | None = None
    remarks: tuple[str, ...] = ()
    unread: str = ""


def has_boxes(path: Path) -> bool:
    """Whether the file begins as MP4 files do. False also for one that cannot be read."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(8)[4:] in _FIRST_BOXES
    except OSError:
        return False


def open_boxes(path: Path) -> tuple[Movie | None, MovieFacts]:
    """Look at the boxes of an MP4. A file that libav reads and this cannot is no error. Raises StorageError."""
    try:
        movie = open_movie(path)
    except StorageError:
        raise
    except VssxError as error:
        remark = f"its boxes could not be looked at for edit lists: {error.message}"
        return None, MovieFacts(remarks=(remark,), unread=error.message)
    remarks = tuple(remark for track in movie.tracks if (remark := _remark(movie, track)))
    return movie, MovieFacts(start_ns=_start(movie), remarks=remarks)


def _remark(movie: Movie, track: Track) -> str:
    """What the edit list would do to the track; "" when it does nothing."""
    edits = track.edits
    if not edits:
        return ""
    effects = []
    if offset := start_offset(movie, track):
        effects.append(f"moves the track by {float(offset):+.6f} s")
    if hidden := _hidden_end(movie, track):
        effects.append(f"would hide its last {float(hidden):.6f} s")
    if sum(edit.media_time >= 0 for edit in edits) > 1:
        effects.append("would rearrange its samples")
    if any(edit.rate != 1 for edit in edits):
        effects.append("would change its speed")
    if not effects:
        return ""
    what = f"the edit list of track {track.track_id} (entries: {len(edits)}) {' and '.join(effects)}"
    return f"{what}; every sample is carried, and nothing but the start was moved"


def _hidden_end(movie: Movie, track: Track) -> Fraction:
    """Seconds that a single edit leaves out at the end; differences below a tick of the movie are rounding."""
    shown = [edit for edit in track.edits if edit.media_time >= 0]
    if len(shown) != 1 or shown[0].duration == 0:  # 0: up to the end, whatever its length (fragmented files)
        return Fraction(0)
    tick = Fraction(1, max(movie.timescale, 1))
    media = Fraction(track.duration - shown[0].media_time, max(track.timescale, 1))
    hidden = media - shown[0].duration * tick
    return hidden if hidden > tick else Fraction(0)


def _start(movie: Movie) -> int | None:
    for track in sorted(movie.tracks, key=lambda one: one.track_type is not TrackType.VIDEO):
        start = movie.start_ns(track)
        if start is not None:
            origin = start - round(start_offset(movie, track) * NS)
            return origin if 0 < origin < YEAR_2262 else None  # a clock that was never set
    return None
