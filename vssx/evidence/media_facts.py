"""What an MP4 says about itself: the facts that a record must agree with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from vssx.evidence.digest import TrackDigest
from vssx.isobmff.read_back import read_back, side_by_side
from vssx.isobmff.reader import Movie, Track
from vssx.model.handover import Position
from vssx.model.metadata import ADDED_TRACK
from vssx.times import NS


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFacts:
    """One track as read from the file; the meaning of the fields is that of TrackSummary.

    ``track_type`` is "" for a kind that vssx does not know; times are None where the file has no ``cstb``.
    """

    track_id: int
    track_type: str
    codec: str
    timescale: int
    samples: int
    payload_bytes: int
    digest: str
    sample_entries: tuple[str, ...]
    first_utc_ns: int | None
    last_utc_ns: int | None
    clean_points: int = 0
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0
    added: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """One reading of the file: size in bytes, hex SHA-256 of all of it, its tracks, and what ``loci`` says."""

    size: int
    sha256: str
    tracks: tuple[TrackFacts, ...]
    position: Position | None = None


def read_facts(path: Path) -> MediaFacts:
    """Read the file once, and its tables twice. Raises MalformedMediaError, UnsupportedMediaError, StorageError."""
    digests: defaultdict[int, TrackDigest] = defaultdict(TrackDigest)
    found = read_back(path, lambda track_id, _number, *many: digests[track_id].update_many(side_by_side(*many)))
    return MediaFacts(
        size=found.size,
        sha256=found.sha256,
        tracks=tuple(_facts(found.movie, track, digests[track.track_id]) for track in found.movie.tracks),
        position=found.movie.position,
    )


def _facts(movie: Movie, track: Track, digest: TrackDigest) -> TrackFacts:
    first = last = None
    clean_points = 0
    for sample in movie.iter_samples(track):
        first = sample.composition if first is None else min(first, sample.composition)
        last = sample.composition if last is None else max(last, sample.composition)
        clean_points += sample.sync
    entry = track.sample_entries[0]
    return TrackFacts(
        track_id=track.track_id,
        track_type=str(track.track_type or ""),
        codec=str(track.codec or ""),
        timescale=track.timescale,
        samples=digest.samples,
        payload_bytes=digest.payload_bytes,
        digest=digest.hexdigest(),
        sample_entries=tuple(entry.code for entry in track.sample_entries),
        first_utc_ns=_utc(movie, track, first),
        last_utc_ns=_utc(movie, track, last),
        clean_points=clean_points,
        width=entry.width,
        height=entry.height,
        sample_rate=entry.sample_rate,
        channels=entry.channels,
        added=track.handler_name == ADDED_TRACK,
    )


def _utc(movie: Movie, track: Track, ticks: int | None) -> int | None:
    start_ns = movie.start_ns(track)
    if start_ns is None or ticks is None:
        return None
    return start_ns + (ticks * NS + track.timescale // 2) // track.timescale
