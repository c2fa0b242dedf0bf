"""Raw units, extensions and contents for tests of the timeline and of what follows it."""

from __future__ import annotations

from vssx.model.media import (
    Codec,
    CodecConfiguration,
    ReplayExtension,
    SourceTrack,
    TrackType,
)
from vssx.rtsp.depacketize import RawUnit
from vssx.rtsp.rtp import make_replay_extension
from vssx.source.time_base import Content, GapPart, RangeAnchor
from vssx.source.timeline import TrackTimeline

NS = 1_000_000_000
T0 = 1_714_564_800 * NS  # 2024-05-01T12:00:00Z
VIDEO = SourceTrack(index=0, track_type=TrackType.VIDEO, codec=Codec.H264, timescale=90_000, token="V")
AUDIO = SourceTrack(index=1, track_type=TrackType.AUDIO, codec=Codec.AAC, timescale=48_000, token="A")
METADATA = SourceTrack(index=2, track_type=TrackType.METADATA, codec=Codec.ONVIF_METADATA, timescale=90_000, token="M")
FRAME = 3_600  # ticks at 25 frames a second
PLAIN = CodecConfiguration(codec=Codec.H264)


def extension(utc_ns: int, bits: str = "") -> ReplayExtension:
    return make_replay_extension(
        utc_ns,
        cseq=3,
        clean_point="C" in bits,
        end_of_section="E" in bits,
        discontinuity="D" in bits,
        terminal="T" in bits,
    )


def unit(
    rtp: int,
    utc_ns: int | None = None,
    bits: str = "",
    *,
    payload: bytes = b"\x41x",
    lost: int = 0,
    damaged: bool = False,
) -> RawUnit:
    return RawUnit(
        nal_units=(payload,),
        rtp_timestamp=rtp & 0xFFFFFFFF,
        extension=None if utc_ns is None else extension(utc_ns, bits),
        damaged=damaged,
        lost_packets=lost,
        first_sequence=0,
    )


def content(payload: bytes = b"x", *, clean: bool = False, configuration: CodecConfiguration = PLAIN) -> Content:
    return Content(payload=payload, configuration=configuration, clean_point=clean, has_parameter_sets=False)


def nothing_confirmed(_token: str, start: int, end: int, _usual: int) -> list[GapPart]:
    return [GapPart(start, end, None)]


def no_fallback(_track: SourceTrack, _seconds: float) -> RangeAnchor:
    raise AssertionError("the timeline asked for the range of PLAY")


def timeline(track: SourceTrack = VIDEO, **options) -> TrackTimeline:
    return TrackTimeline(track, **{"confirm": nothing_confirmed, "fallback": no_fallback, **options})
