"""What an SDP says about the tracks of a replay, and which payload format each of them has. No socket."""

from __future__ import annotations

from dataclasses import dataclass

from vssx.errors import ProtocolError, UnsupportedMediaError
from vssx.model.media import Assumption, Codec, CodecConfiguration, SourceTrack, TrackType
from vssx.rtsp.depacketize import (
    AacDepacketizer,
    Depacketizer,
    H264Depacketizer,
    H265Depacketizer,
    MetadataDepacketizer,
)
from vssx.rtsp.sdp import MediaDescription, SessionDescription

_AAC_MODES = ("aac-hbr", "aac-lbr")


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedTrack:
    """A track that is played: what it is, and the m= section that says so."""

    track: SourceTrack
    media: MediaDescription
    configuration: CodecConfiguration | None = None


def describe_tracks(session: SessionDescription) -> tuple[tuple[DescribedTrack, ...], tuple[Assumption, ...]]:
    """The tracks to play, and what is left out. Tracks towards the recorder (backchannels) are left out and told.

    Raises UnsupportedMediaError for a codec that vssx does not carry, ProtocolError for a description without media.
    """
    tracks: list[DescribedTrack] = []
    notes: list[Assumption] = []
    for number, media in enumerate(session.media):
        token = media.track_reference or f"media {number}"
        if media.direction in ("sendonly", "inactive") and not media.track_reference:
            notes.append(
                Assumption(
                    subject="track left out",
                    detail=f"{media.media} {media.encoding or '?'} ({token}) is {media.direction}: no recording",
                )
            )
            continue
        tracks.append(_describe(media, token, len(tracks)))
    if not tracks:
        raise ProtocolError(
            "the recorder describes no track to play", next_step="Look at the recording with: vssx recordings HOST."
        )
    return tuple(tracks), tuple(notes)


def _describe(media: MediaDescription, token: str, index: int) -> DescribedTrack:
    mapping = media.rtpmap
    encoding = media.encoding
    if mapping is None:
        raise _unsupported(media, token, "an unnamed codec")
    configuration: CodecConfiguration | None = None
    if encoding == "h264":
        if media.fmtp.get("packetization-mode") == "2":
            raise _unsupported(media, token, "H.264 in packetization mode 2 (interleaved)")
        track_type, codec = TrackType.VIDEO, Codec.H264
    elif encoding in ("h265", "hevc"):
        track_type, codec = TrackType.VIDEO, Codec.H265
    elif encoding == "mpeg4-generic" and media.fmtp.get("mode", "").lower() in _AAC_MODES:
        from vssx.bitstream import aac

        track_type, codec = TrackType.AUDIO, Codec.AAC
        configuration = aac.configuration(media.config())
    elif encoding.startswith("vnd.onvif.metadata"):
        track_type, codec = TrackType.METADATA, Codec.ONVIF_METADATA
    else:
        raise _unsupported(media, token, f"{media.media} codec {mapping.encoding}")
    track = SourceTrack(
        index=index,
        track_type=track_type,
        codec=codec,
        timescale=mapping.clock_rate,
        token=media.track_reference,
        description=mapping.encoding,
    )
    return DescribedTrack(track=track, media=media, configuration=configuration)


def _unsupported(media: MediaDescription, token: str, what: str) -> UnsupportedMediaError:
    return UnsupportedMediaError(
        f"{what} (RTP payload type {media.payload_type}) is not carried",
        where=f"track {token}",
        next_step="This version carries H.264, H.265, AAC (RFC 3640) and ONVIF metadata.",
    )


def depacketizer_of(described: DescribedTrack) -> Depacketizer:
    """The payload format of a described track."""
    media, codec = described.media, described.track.codec
    if codec is Codec.H264:
        return H264Depacketizer()
    if codec is Codec.H265:
        return H265Depacketizer(donl=media.donl)
    if codec is Codec.AAC:
        found = described.configuration
        assert found is not None
        ticks = found.frame_samples * described.track.timescale // found.sample_rate if found.sample_rate else 1024
        return AacDepacketizer(media.fmtp, frame_ticks=ticks or 1024)
    return MetadataDepacketizer()
