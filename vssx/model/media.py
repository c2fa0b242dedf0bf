"""Media as it travels from a source to a file: tracks, access units, gaps, losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

NS = 1_000_000_000


class TrackType(StrEnum):
    """Kind of a track, in the words of tt:TrackType (ONVIF Recording Search)."""

    VIDEO = "Video"
    AUDIO = "Audio"
    METADATA = "Metadata"


class Codec(StrEnum):
    """Codecs that vssx carries. PCMU, PCMA, G726, L16 and PCM (of local files): an MP4 gets them as AAC.

    JPEG: only the embedded recorder knows it, to send what a client cannot carry.
    """

    H264 = "H.264"
    H265 = "H.265"
    AAC = "AAC"
    PCMU = "G.711 mu-law"
    PCMA = "G.711 A-law"
    G726 = "G.726"
    L16 = "L16"
    PCM = "PCM"
    JPEG = "JPEG"
    ONVIF_METADATA = "vnd.onvif.metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecConfiguration:
    """What a decoder needs before the first access unit, and what follows from it.

    ``decoder_configuration``: payload of ``avcC`` or ``hvcC`` (ISO/IEC 14496-15), or the AudioSpecificConfig
    (ISO/IEC 14496-3). ``parameter_sets``: NAL units without start code or length, in the order VPS, SPS, PPS.
    ``profile``: in words; of G.726 the name of its encoding (RFC 3551 section 4.5.4), of PCM its sample format, of
    metadata its content encoding: "" (XML), "gzip" or "exi".
    ``priming``: samples at the start of an encoder's stream that were there before the first sound, which a player has
    to pass over. ``width``/``height``: luma samples after cropping. ``reorder_depth``: how many access units may
    precede another in decoding order and follow it in output order. ``frame_duration``: seconds from the VUI timing,
    where given.
    """

    codec: Codec
    decoder_configuration: bytes = b""
    parameter_sets: tuple[bytes, ...] = ()
    width: int = 0
    height: int = 0
    pixel_aspect: tuple[int, int] = (1, 1)
    reorder_depth: int = 0
    frame_duration: Fraction | None = None
    profile: str = ""
    sample_rate: int = 0
    channels: int = 0
    frame_samples: int = 0
    priming: int = 0

    @property
    def priming_ns(self) -> int:
        """The priming as a time."""
        return self.priming * NS // self.sample_rate if self.sample_rate else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTrack:
    """A track of a source. ``index`` counts from 0; ``timescale``: ticks a second (RTP clock rate, or the file's).

    ``token``: the track reference (a=x-onvif-track) or the stream's number in a local file. ``added``: holds what the
    exporter adds, and nothing that the recorder sent.
    """

    index: int
    track_type: TrackType
    codec: Codec
    timescale: int
    token: str = ""
    description: str = ""
    language: str = "und"
    added: bool = False


def leading(tracks: Sequence[SourceTrack]) -> int:
    """Position of the track that the others are measured by: the first video, else the first sound, else the first."""
    for kind in (TrackType.VIDEO, TrackType.AUDIO):
        for number, track in enumerate(tracks):
            if track.track_type is kind:
                return number
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayExtension:
    """RTP header extension 0xABAC (ONVIF Streaming, Replay, "RTP header extension").

    ``ntp_time``: the 64 bits as received, UTC of the frame at the grabber; ``utc_ns``: the same in ns since 1970.
    C ``clean_point``, E ``end_of_section``, D ``discontinuity``, T ``terminal``; ``cseq``: low byte of PLAY's CSeq.
    """

    ntp_time: int
    utc_ns: int
    clean_point: bool
    end_of_section: bool
    discontinuity: bool
    terminal: bool
    cseq: int


TRANSCODED = frozenset({Codec.PCMU, Codec.PCMA, Codec.G726, Codec.L16, Codec.PCM})
AUDIO_CODECS = TRANSCODED | {Codec.AAC}
"""Audio that an MP4 file gets as AAC while the original is kept beside it."""
AAC_RATES = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
)  # fmt: skip
"""Sampling frequencies that AAC knows (ISO/IEC 14496-3 table 1.18); nothing is resampled."""


class AudioChoice(StrEnum):
    """What becomes of audio: everything is kept, only what is AAC already, or none."""

    KEEP = "keep"
    AAC_ONLY = "aac-only"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackChoice:
    """Which tracks of a source to take. ``skip_unsupported``: leave out, and say so, what vssx does not carry."""

    audio: AudioChoice = AudioChoice.KEEP
    skip_unsupported: bool = False


EVERY_TRACK = TrackChoice()


class TimeSource(StrEnum):
    """How the time of an access unit was obtained."""

    REPLAY_EXTENSION = "replay-extension"  # anchored at a 0xABAC time of its run
    PLAY_RANGE = "play-range"  # derived: the clock range that PLAY answered, plus RTP differences
    FILE = "file"  # times of a local file, start from its creation time
    ASSERTED = "asserted"  # times of a local file, start given by the user
    DOCUMENT = "document"  # of a metadata document without extension: the UtcTime in it
    NEIGHBOUR = "neighbour"  # of a metadata document without any time: that of what came before it


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnit:
    """One sample: an access unit of video, a frame of audio, or a metadata document.

    ``payload``: exactly what the MP4 sample holds: NAL units, each behind its length in 4 bytes big-endian; or one
    raw AAC frame; or the metadata bytes. ``run``: number of the contiguous run (from 0, counted over all of the
    stream); ``run_start_ns``: UTC at the run's tick 0 on this track; ``ticks``: presentation time in the track's
    timescale relative to it (may be negative for leading pictures). ``clean_point``: decoding can start here, judged
    from the bitstream, never from the recorder's C bit alone. ``has_parameter_sets``: some travel inside ``payload``.
    ``duration_ticks``: where the source knows it.
    """

    track: int
    payload: bytes
    run: int
    run_start_ns: int
    ticks: int
    timescale: int
    clean_point: bool
    configuration: CodecConfiguration
    time_source: TimeSource
    has_parameter_sets: bool = False
    duration_ticks: int | None = None
    rtp_timestamp: int | None = None
    extension: ReplayExtension | None = None

    @property
    def utc_ns(self) -> int:
        """Presentation time in ns since 1970, rounded to the nearest."""
        return self.run_start_ns + (self.ticks * NS + self.timescale // 2) // self.timescale


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnits:
    """Access units of one track that follow each other and differ in nothing but what stands in the sequences.

    As long as each other: ``payloads``, ``ticks``, ``clean_points``, ``parameter_sets`` (has_parameter_sets) and
    ``durations`` (duration_ticks, 0 where unknown). The rest is as in AccessUnit. Sources that have many at once pass
    them on so: one by one they would cost more than hashing them does.
    """

    track: int
    payloads: Sequence[bytes | memoryview]
    run: int
    run_start_ns: int
    ticks: Sequence[int]
    timescale: int
    clean_points: Sequence[bool]
    configuration: CodecConfiguration
    time_source: TimeSource
    parameter_sets: Sequence[bool]
    durations: Sequence[int]

    def utc_ns(self, ticks: int) -> int:
        """Presentation time in ns since 1970 of one of ``ticks``."""
        return self.run_start_ns + (ticks * NS + self.timescale // 2) // self.timescale

    def one_by_one(self) -> Iterator[AccessUnit]:
        """The single access units."""
        columns = (self.payloads, self.ticks, self.clean_points, self.parameter_sets, self.durations)
        for payload, ticks, clean_point, has_parameter_sets, duration in zip(*columns, strict=True):
            yield AccessUnit(
                track=self.track,
                payload=bytes(payload),
                run=self.run,
                run_start_ns=self.run_start_ns,
                ticks=ticks,
                timescale=self.timescale,
                clean_point=clean_point,
                configuration=self.configuration,
                time_source=self.time_source,
                has_parameter_sets=has_parameter_sets,
                duration_ticks=duration or None,
            )

    def part(self, first: int, end: int) -> AccessUnits:
        """Those from ``first`` to before ``end``."""
        return replace(
            self,
            payloads=self.payloads[first:end],
            ticks=self.ticks[first:end],
            clean_points=self.clean_points[first:end],
            parameter_sets=self.parameter_sets[first:end],
            durations=self.durations[first:end],
        )


class GapCause(StrEnum):
    """Why the stream is known, or thought, to be interrupted."""

    DISCONTINUITY_BIT = "discontinuity-bit"  # D, or E on the access unit before
    TIME_JUMP = "time-jump"  # the 0xABAC time or the RTP timestamp jumped forward
    BACKWARD_STEP = "backward-step"  # the recorder's clock was set back: end_ns < start_ns
    HISTORY = "history"  # only the recorder's own history says so
    SOURCE_FILE = "source-file"  # a jump between the samples of a local file


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Nothing recorded on a track between ``start_ns`` (end of the last access unit) and ``end_ns`` (next one).

    With BACKWARD_STEP nothing is missing: the recorder's clock went from ``start_ns`` back to ``end_ns``.

    ``confirmed``: the recorder's own history shows the interruption; None: it was not asked or cannot tell.
    """

    track: int
    start_ns: int
    end_ns: int
    cause: GapCause
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Data that was recorded and did not arrive, or arrived damaged.

    ``at_ns``: UTC near which it happened (None: unknown); ``packets``: how many RTP packets are missing (None:
    unknown); ``detail``: in plain words what was lost and what was done. Of several that were joined for the record:
    ``count``, the packets of all, ``at_ns`` of the first and ``until_ns`` of the last.
    """

    track: int
    at_ns: int | None
    packets: int | None
    detail: str
    until_ns: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """Something that was assumed, derived or deviates and belongs in the record (not a loss, not a gap)."""

    subject: str
    detail: str
    track: int | None = None
    at_ns: int | None = None


class EndReason(StrEnum):
    """What ended a stream."""

    RANGE_COVERED = "range-covered"  # data beyond the range on every track
    END_BIT = "end-bit"  # E or T of 0xABAC on the last access units
    BYE = "bye"  # RTCP BYE
    END_OF_FILE = "end-of-file"
    HISTORY = "history"  # silence, and the recorder's history says that nothing follows
    SILENCE = "silence"
    CONNECTION_LOST = "connection-lost"
    NO_PROGRESS = "no-progress"  # media without end that brought the footage no further
    CUT = "cut"  # a cut export that was finished without its recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """Last item of every stream. ``not_written``: access units beyond the end, counted only."""

    reason: EndReason
    proven: bool
    not_written: int = 0
    detail: str = ""


StreamItem = AccessUnit | Gap | Loss | Assumption | StreamEnd
