"""Where a file that grows stands: the writer keeps it, a later run restores it from the journal."""

from __future__ import annotations

from dataclasses import dataclass, field

from vssx.isobmff.block_writer import BlockWriter
from vssx.model.media import CodecConfiguration, SourceTrack, TimeSource


@dataclass(slots=True, kw_only=True)
class TrackProgress:
    """One track. ``entries``: number of every codec configuration; ``run``: number of the present run record; ``runs``:
    of some of the last ones.
    """

    entries: dict[CodecConfiguration, int] = field(default_factory=dict)
    configuration: CodecConfiguration | None = None
    entry: int = 0
    run_key: tuple[int, int, TimeSource] | None = None
    run: int = 0
    runs: dict[tuple[int, int, TimeSource], int] = field(default_factory=dict)
    samples: int = 0
    first_ns: int = 0
    last_ns: int = 0

    @property
    def presented_ns(self) -> int:
        """UTC at which the presentation begins; the priming of an encoder stands before."""
        first = next(iter(self.entries), None)
        return self.first_ns + (first.priming_ns if first is not None else 0)

    def note(self, utc_ns: int) -> None:
        """One more sample."""
        self.first_ns = min(self.first_ns, utc_ns) if self.samples else utc_ns
        self.last_ns = utc_ns
        self.samples += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSample:
    """A sample that an earlier run wrote. ``sha256``: of its payload. ``run``, ``run_start_ns`` and ``ticks``: as in
    AccessUnit, ``run`` -1 where the counting is not known any more. ``ntp_time``: of its 0xABAC extension."""

    utc_ns: int
    sha256: bytes
    size: int
    clean_point: bool
    run: int
    ticks: int
    rtp_timestamp: int | None
    run_start_ns: int = 0
    ntp_time: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumedTrack:
    """``tail``: the last samples in decoding order: for video its last GOP, for others those since its beginning.

    ``last_ns``: UTC of the last sample in decoding order, by the recorder itself if it says; None without any.
    ``configuration``: that of the last sample.
    """

    track: SourceTrack
    samples: int
    tail: tuple[WrittenSample, ...]
    last_ns: int | None = None
    configuration: CodecConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeState:
    """What an earlier run left. ``continue_ns``: UTC of the last clean point of the video: ask for what follows it.

    ``last_run``: highest AccessUnit.run written, -1 without samples. ``dropped_bytes``: behind the last intact block.
    """

    tracks: tuple[ResumedTrack, ...]
    continue_ns: int | None
    last_run: int
    kept_bytes: int
    dropped_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Everything the writer needs to go on."""

    blocks: BlockWriter
    position: int
    tracks: tuple[TrackProgress, ...]
    run_count: int
    state: ResumeState
