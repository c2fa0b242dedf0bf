"""The SDP of a stored recording (RFC 8866; RFC 6184, RFC 7798, RFC 3640; ONVIF Streaming, "RTSP describe")."""

from __future__ import annotations

from vssx.model.media import NS, Codec
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.payloads import format_of, payload_type
from vssx.recorder.playback import media_end_ns
from vssx.recorder.store import StoredRecording
from vssx.rtsp.sdp import Attributes, MediaDescription, SessionDescription, build_sdp


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
    encoding, format_parameters = format_of(track)
    attributes: Attributes = (
        ("rtpmap", f"{number} {encoding}"),
        *((("fmtp", f"{number} {format_parameters}"),) if format_parameters else ()),
        ("control", track.token),
        ("x-onvif-track", track.token),
    )
    media = "application" if track.codec is Codec.ONVIF_METADATA else track.track_type.lower()
    return MediaDescription(media=media, formats=(str(number),), attributes=attributes)
