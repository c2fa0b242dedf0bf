"""What is known of a file when it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vssx.model.handover import TrackSummary
from vssx.model.media import CodecConfiguration, SourceTrack, TimeSource, TrackType


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTrack:
    """What is known of one track of a closed file; ``summary`` makes it what the record wants."""

    track_id: int
    track: SourceTrack
    samples: int
    clean_points: int
    payload_bytes: int
    first_utc_ns: int
    last_utc_ns: int
    sample_entries: tuple[str, ...]
    configurations: tuple[CodecConfiguration, ...]
    time_sources: tuple[TimeSource, ...]
    last_duration_ticks: int
    last_duration_assumed: bool
    decode_times_clamped: int

    def summary(self, digest: str) -> TrackSummary:
        """With the acquisition's digest of this track."""
        first = self.configurations[0]
        return TrackSummary(
            track_id=self.track_id,
            index=self.track.index,
            track_type=self.track.track_type,
            codec=self.track.codec,
            timescale=self.track.timescale,
            samples=self.samples,
            clean_points=self.clean_points,
            payload_bytes=self.payload_bytes,
            first_utc_ns=self.first_utc_ns,
            last_utc_ns=self.last_utc_ns,
            digest=digest,
            sample_entries=self.sample_entries,
            time_sources=self.time_sources,
            width=first.width,
            height=first.height,
            sample_rate=first.sample_rate,
            channels=first.channels,
            profile=first.profile,
            last_duration_ticks=self.last_duration_ticks,
            last_duration_assumed=self.last_duration_assumed,
            decode_times_derived=self.track.track_type is TrackType.VIDEO,
            decode_times_clamped=self.decode_times_clamped,
            added=self.track.added,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedFile:
    """A complete file on the disk (see Mp4Writer.synced). ``origin_ns``: UTC of movie time 0.

    ``sha256``: hex, computed while writing; of a file that was not ``hashed`` None, and ``frame_sha256`` is that of
    everything that is no payload.

    ``tracks``: those with samples, video first, in the order of the file.
    """

    path: Path
    size: int
    sha256: str | None
    frame_sha256: str | None
    origin_ns: int
    tracks: tuple[ClosedTrack, ...]
