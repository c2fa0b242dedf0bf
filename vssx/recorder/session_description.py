"""The SDP of a stored recording (RFC 8866; RFC 6184, RFC 7798, RFC 3640; ONVIF Streaming, "RTSP describe")."""

from __future__ import annotations

import base64

from vssx.bitstream import h264, h265
from vssx.model.media import NS, Codec
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.playback import media_end_ns
from vssx.recorder.store import StoredRecording
from vssx.rtsp.sdp import Attributes, MediaDescription, SessionDescription, build_sdp

FIRST_PAYLOAD_TYPE = 96


def payload_type(track: TrackIndex) -> int:
    """Dynamic RTP payload type of a track."""
    return FIRST_PAYLOAD_TYPE + track.index


def describe(recording: StoredRecording) -> bytes:
    """The description; every track has its token as control URL and as x-onvif-track."""
    return build_sdp(
        SessionDescription(
            name=recording.name,
            origin=f"- {recording.start_ns // NS} 1 IN IP4 0.0.0.0",
            attributes=(("control", "*"), ("range", f"npt=0-{media_end_ns(recording) / NS:.3f}")),
            other=(("c", "IN IP4 0.0.0.0"),),
            media=tuple(map(_media, recording.tracks)),
        )
    )


def _media(track: TrackIndex) -> MediaDescription:
    number = payload_type(track)
    encoding, format_parameters = _parameters(track)
    attributes: Attributes = (
        ("rtpmap", f"{number} {encoding}"),
        *((("fmtp", f"{number} {format_parameters}"),) if format_parameters else ()),
        ("control", track.token),
        ("x-onvif-track", track.token),
    )
    media = "application" if track.codec is Codec.ONVIF_METADATA else track.track_type.lower()
    return MediaDescription(media=media, formats=(str(number),), attributes=attributes)


def _parameters(track: TrackIndex) -> tuple[str, str]:
    configuration = track.configuration
    rate = track.clock_rate
    if track.codec is Codec.ONVIF_METADATA:
        return f"vnd.onvif.metadata/{rate}", ""
    if track.codec is Codec.H264:
        sets = configuration.parameter_sets
        sps = next((nal for nal in sets if h264.nal_type(nal) == h264.SPS), b"")
        fields = ["packetization-mode=1"]
        if len(sps) > 3:
            fields.append(f"profile-level-id={sps[1:4].hex().upper()}")
        if sets:
            fields.append("sprop-parameter-sets=" + ",".join(map(_base64, sets)))
        return f"H264/{rate}", "; ".join(fields)
    if track.codec is Codec.H265:
        fields = []
        for name, kind in (("sprop-vps", h265.VPS), ("sprop-sps", h265.SPS), ("sprop-pps", h265.PPS)):
            sets = tuple(nal for nal in configuration.parameter_sets if h265.nal_type(nal) == kind)
            if sets:
                fields.append(f"{name}=" + ",".join(map(_base64, sets)))
        return f"H265/{rate}", "; ".join(fields)
    config = configuration.decoder_configuration.hex().upper()
    fields = ["streamtype=5", "profile-level-id=1", "mode=AAC-hbr", "sizelength=13", "indexlength=3"]
    fields += ["indexdeltalength=3", f"config={config}"]
    return f"mpeg4-generic/{rate}/{max(configuration.channels, 1)}", "; ".join(fields)


def _base64(nal: bytes) -> str:
    return base64.b64encode(nal).decode()
