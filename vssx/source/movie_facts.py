"""What an MP4 says of its time line that libav does not pass on: edit lists, and the UTC of its origin (cstb)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vssx.errors import StorageError, VssxError
from vssx.isobmff.reader import Edit, Movie, Track, open_movie
from vssx.model.media import NS, TrackType


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieFacts:
    """``start_ns``: UTC of presentation time 0 by ``cstb``, None without one. ``remarks``: for the record."""

    start_ns: int | None = None
    remarks: tuple[str, ...] = ()


def read_movie_facts(path: Path) -> MovieFacts:
    """Look at the boxes of an MP4. A file that libav reads and this cannot is no error. Raises StorageError."""
    try:
        movie = open_movie(path)
    except StorageError:
        raise
    except VssxError as error:
        return MovieFacts(remarks=(f"its boxes could not be looked at for edit lists: {error.message}",))
    remarks = tuple(_remark(movie, track) for track in movie.tracks if _matters(track.edits))
    return MovieFacts(start_ns=_start(movie), remarks=remarks)


def _matters(edits: tuple[Edit, ...]) -> bool:
    """A single edit from media time 0 at normal speed says nothing."""
    return len(edits) > 1 or any(edit.media_time != 0 or edit.rate != 1 for edit in edits)


def _remark(movie: Movie, track: Track) -> str:
    offset = float(_offset(movie, track))
    moved = f"moves the track by {offset:+.6f} s" if offset else "does not move the track's start"
    what = f"the edit list of track {track.track_id} (entries: {len(track.edits)}) {moved}"
    return f"{what}; no sample is left out for it"


def _offset(movie: Movie, track: Track) -> Fraction:
    """Presentation time, in seconds, of the track's media time 0: an empty edit delays, a media time advances."""
    edits = list(track.edits)
    offset = Fraction(0)
    if edits and edits[0].media_time < 0:
        offset += Fraction(edits.pop(0).duration, max(movie.timescale, 1))
    if edits and edits[0].media_time > 0:
        offset -= Fraction(edits[0].media_time, max(track.timescale, 1))
    return offset


def _start(movie: Movie) -> int | None:
    for track in sorted(movie.tracks, key=lambda one: one.track_type is not TrackType.VIDEO):
        start = movie.start_ns(track)
        if start is not None:
            return start - round(_offset(movie, track) * NS)
    return None
