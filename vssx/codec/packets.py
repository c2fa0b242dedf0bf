"""What a demuxer gives: tracks as their file states them, samples as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from vssx.bitstream import aac, h264, h265
from vssx.bitstream.nal import split_annex_b
from vssx.bitstream.stream import ParameterSetTracker
from vssx.model.media import Codec, CodecConfiguration


class Framing(StrEnum):
    """How the samples of a track are stored."""

    LENGTH_PREFIXED = "length-prefixed"
    ANNEX_B = "annex-b"
    ADTS = "adts"
    RAW = "raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemuxedTrack:
    """A track of a local file that vssx carries. ``stream``: its number in the file.

    ``timescale``: ticks a second; times of packets are in these ticks. ``samples``: as the file's index counts them,
    0 when it has none. ``extradata``: avcC, hvcC, AudioSpecificConfig or parameter sets in Annex B, or empty.
    ``configuration``: what the container says of a codec whose stream says nothing of itself.
    """

    stream: int
    codec: Codec
    framing: Framing
    timescale: int
    extradata: bytes
    language: str = "und"
    description: str = ""
    samples: int = 0
    reorder_depth: int = 0
    configuration: CodecConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A track that is not carried: data, metadata, subtitles, a cover picture."""

    stream: int
    detail: str


class Packet(NamedTuple):
    """One sample as stored. Times in ticks of the track; ``extradata``: a new one, from this sample on."""

    track: int
    payload: bytes
    pts: int | None
    dts: int | None
    duration: int
    key: bool
    corrupt: bool
    extradata: bytes | None


def stated_configuration(track: DemuxedTrack) -> tuple[int, CodecConfiguration | None]:
    """(length size of the samples, configuration) that the file's header states; None where only the stream tells.

    Raises MalformedMediaError.
    """
    data = track.extradata
    if track.configuration is not None:
        return 0, track.configuration
    if track.codec is Codec.AAC:
        return 0, aac.configuration(data) if data else None
    if track.framing is Framing.LENGTH_PREFIXED:
        return h264.from_avcc(data) if track.codec is Codec.H264 else h265.from_hvcc(data)
    return 4, ParameterSetTracker(track.codec, split_annex_b(data) if data else ()).current
