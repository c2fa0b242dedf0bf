"""The payload format of each track: what its SDP says, and what its packets hold."""

from __future__ import annotations

import base64

from vssx.bitstream import aac, h264, h265
from vssx.bitstream.nal import BitReader, split_length_prefixed
from vssx.model.media import Codec, CodecConfiguration
from vssx.recorder.description import AudioPayload
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.sampled_audio import bits_of_sample, repacked
from vssx.recorder.samples import StoredSample
from vssx.rtsp.packetize import packetize_aac, packetize_h264, packetize_h265, packetize_metadata
from vssx.rtsp.packetize_jpeg import packetize_jpeg
from vssx.rtsp.packetize_latm import (
    audio_mux_element,
    packetize_latm,
    stream_mux_config,
    stream_mux_config_bits,
)

_FIRST_DYNAMIC = 96
_STATIC_TYPES = {(Codec.PCMU, 8000, 1): 0, (Codec.PCMA, 8000, 1): 8, (Codec.L16, 44_100, 2): 10}
_STATIC_TYPES[Codec.L16, 44_100, 1] = 11
_STATIC_JPEG = 26


def payload_type(track: TrackIndex) -> int:
    """RTP payload type: the one RFC 3551 section 6 gives it, else a dynamic one."""
    if track.codec is Codec.JPEG:
        return _STATIC_JPEG
    configuration = track.configuration
    static = _STATIC_TYPES.get((track.codec, configuration.sample_rate, configuration.channels))
    return _FIRST_DYNAMIC + track.index if static is None else static


def format_of(track: TrackIndex) -> tuple[str, str]:
    """Encoding for a=rtpmap, parameters for a=fmtp ("" for none)."""
    configuration, rate = track.configuration, track.clock_rate
    channels = max(configuration.channels, 1)
    match track.codec:
        case Codec.ONVIF_METADATA:
            return f"vnd.onvif.metadata{track.document_encoding}/{rate}", ""
        case Codec.JPEG:
            return f"JPEG/{rate}", ""
        case Codec.H264:
            return f"H264/{rate}", _h264(configuration.parameter_sets)
        case Codec.H265:
            return f"H265/{rate}", _h265(configuration.parameter_sets)
        case Codec.PCMU | Codec.PCMA:
            name = "PCMU" if track.codec is Codec.PCMU else "PCMA"
            return f"{name}/{rate}/{channels}" if channels > 1 else f"{name}/{rate}", ""
        case Codec.L16:
            return f"L16/{rate}/{channels}", ""
        case Codec.G726:
            return f"{_g726_name(track)}/{rate}", ""
        case _:
            return _aac(track)


def _h264(sets: tuple[bytes, ...]) -> str:
    sps = next((nal for nal in sets if h264.nal_type(nal) == h264.SPS), b"")
    fields = ["packetization-mode=1"]
    if len(sps) > 3:
        fields.append(f"profile-level-id={sps[1:4].hex().upper()}")
    if sets:
        fields.append("sprop-parameter-sets=" + ",".join(map(_base64, sets)))
    return "; ".join(fields)


def _h265(sets: tuple[bytes, ...]) -> str:
    fields = []
    for name, kind in (("sprop-vps", h265.VPS), ("sprop-sps", h265.SPS), ("sprop-pps", h265.PPS)):
        chosen = tuple(nal for nal in sets if h265.nal_type(nal) == kind)
        if chosen:
            fields.append(f"{name}=" + ",".join(map(_base64, chosen)))
    return "; ".join(fields)


def _aac(track: TrackIndex) -> tuple[str, str]:
    configuration, rate = track.configuration, track.clock_rate
    channels = max(configuration.channels, 1)
    if track.audio_payload is AudioPayload.LATM_IN_BAND:
        return f"MP4A-LATM/{rate}/{channels}", "profile-level-id=15; object=2; cpresent=1"
    if track.audio_payload is AudioPayload.LATM:
        config = _mux_config(configuration)[0].hex().upper()
        return f"MP4A-LATM/{rate}/{channels}", f"profile-level-id=15; object=2; cpresent=0; config={config}"
    config = configuration.decoder_configuration.hex().upper()
    fields = ["streamtype=5", "profile-level-id=1", "mode=AAC-hbr", "sizelength=13", "indexlength=3"]
    fields += ["indexdeltalength=3", f"config={config}"]
    return f"mpeg4-generic/{rate}/{channels}", "; ".join(fields)


def _mux_config(configuration: CodecConfiguration) -> tuple[bytes, int]:
    config = configuration.decoder_configuration
    reader = BitReader(config, "AudioSpecificConfig")
    aac.read_audio_specific_config(reader, bounded=False)
    return stream_mux_config(config, reader.position), stream_mux_config_bits(reader.position)


def _g726_name(track: TrackIndex) -> str:
    name = track.configuration.profile
    return name.removeprefix("AAL2-") if _is_repacked(track) else name


def _is_repacked(track: TrackIndex) -> bool:
    """Whether the file packs G.726 as AAL2 does, and RTP shall not."""
    return track.configuration.profile.startswith("AAL2-") and track.audio_payload is not AudioPayload.AAL2


def _base64(nal: bytes) -> str:
    return base64.b64encode(nal).decode()


def payloads(track: TrackIndex, sample: StoredSample, limit: int) -> list[bytes]:
    """RTP payloads of one sample, none above ``limit`` octets. Raises MalformedMediaError, UnsupportedMediaError."""
    payload = sample.payload
    match track.codec:
        case Codec.H264 | Codec.H265:
            nals = [bytes(nal) for nal in split_length_prefixed(payload) if nal]
            return (packetize_h264 if track.codec is Codec.H264 else packetize_h265)(nals, limit)
        case Codec.ONVIF_METADATA:
            return packetize_metadata(payload, limit)
        case Codec.JPEG:
            return packetize_jpeg(payload, limit)
        case Codec.AAC if track.audio_payload is AudioPayload.LATM:
            return packetize_latm(audio_mux_element(payload), limit)
        case Codec.AAC if track.audio_payload is AudioPayload.LATM_IN_BAND:
            return packetize_latm(audio_mux_element(payload, *_mux_config(track.configuration)), limit)
        case Codec.AAC:
            return packetize_aac(payload, limit)
        case Codec.G726 if _is_repacked(track):
            return [repacked(payload, bits_of_sample(track.configuration))]
        case _:
            return [payload]
