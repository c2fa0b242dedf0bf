"""What an SDP says about the tracks of a replay, and which payload format each of them has. No socket."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vssx.errors import ProtocolError, UnsupportedMediaError
from vssx.model.media import (
    AAC_RATES,
    EVERY_TRACK,
    TRANSCODED,
    Assumption,
    AudioChoice,
    Codec,
    CodecConfiguration,
    SourceTrack,
    TrackChoice,
    TrackType,
)
from vssx.model.metadata import RECORDED_TRACK
from vssx.onvif.metadata_sample import announced
from vssx.rtsp.depacketize import (
    AacDepacketizer,
    Depacketizer,
    H264Depacketizer,
    H265Depacketizer,
)
from vssx.rtsp.depacketize_audio import SampledAudioDepacketizer
from vssx.rtsp.depacketize_latm import LatmDepacketizer
from vssx.rtsp.depacketize_metadata import MetadataDepacketizer
from vssx.rtsp.sdp import MediaDescription, RtpMap, SessionDescription
from vssx.source.metadata_timeline import TIMESCALE

if TYPE_CHECKING:
    from vssx.bitstream.latm import AudioMuxReader

_LONGEST_NAME = 80
_AAC_MODES = ("aac-hbr", "aac-lbr")
_G726 = tuple(f"{prefix}g726-{rate}" for prefix in ("", "aal2-") for rate in (16, 24, 32, 40))
_SAMPLED = {"pcmu": Codec.PCMU, "pcma": Codec.PCMA, "l16": Codec.L16, **dict.fromkeys(_G726, Codec.G726)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedTrack:
    """A track that is played: what it is, and the m= section that says so.

    ``mux``: takes LATM apart and then knows the configuration, which may come in band.
    """

    track: SourceTrack
    media: MediaDescription
    configuration: CodecConfiguration | None = None
    mux: AudioMuxReader | None = None


def describe_tracks(
    session: SessionDescription, choice: TrackChoice = EVERY_TRACK
) -> tuple[tuple[DescribedTrack, ...], tuple[Assumption, ...]]:
    """The tracks to play, and what is left out. Tracks towards the recorder (backchannels) are left out and told.

    Raises UnsupportedMediaError for a codec that vssx does not carry, unless ``choice`` leaves such tracks out, or
    when nothing is left; ProtocolError for a description without media.
    """
    tracks: list[DescribedTrack] = []
    notes: list[Assumption] = []
    for number, media in enumerate(session.media):
        token = media.track_reference or f"media {number}"
        if media.direction in ("sendonly", "inactive") and not media.track_reference:
            notes.append(_left_out(media, token, f"is {media.direction}: no recording"))
            continue
        if media.media == "audio" and choice.audio is AudioChoice.NONE:
            notes.append(_left_out(media, token, "is audio, and no audio was asked for"))
            continue
        try:
            described = _describe(media, token, len(tracks))
        except UnsupportedMediaError as error:
            if not choice.skip_unsupported:
                raise _told_whether_others_remain(error, session) from None
            notes.append(_left_out(media, token, f"is left out as was asked for: {error.message}"))
            continue
        if choice.audio is AudioChoice.AAC_ONLY and described.track.codec in TRANSCODED:
            notes.append(_left_out(media, token, "is audio other than AAC, which was not asked for"))
            continue
        tracks.append(described)
    if not tracks and notes:
        raise UnsupportedMediaError(
            f"no track is left to play: {'; '.join(note.detail for note in notes)}",
            next_step="Ask for more with --audio, or look at the recording with: vssx recordings HOST.",
        )
    if not tracks:
        raise ProtocolError(
            "the recorder describes no track to play", next_step="Look at the recording with: vssx recordings HOST."
        )
    return tuple(tracks), tuple(notes)


def _told_whether_others_remain(error: UnsupportedMediaError, session: SessionDescription) -> UnsupportedMediaError:
    """Where nothing would be left, leaving the track out is no advice."""
    for media in session.media:
        with suppress(UnsupportedMediaError, ProtocolError):
            _describe(media, "", 0)
            return error
    none = "It has no track that vssx carries: H.264, H.265, AAC, G.711, G.726, L16 and ONVIF metadata."
    return UnsupportedMediaError(error.message, where=error.where, next_step=none)


def _left_out(media: MediaDescription, token: str, why: str) -> Assumption:
    mapping = media.rtpmap
    encoding = mapping.encoding if mapping is not None else "of an unnamed codec"
    return Assumption(subject="track left out", detail=f"{media.media} {encoding} ({token}) {why}")


def _describe(media: MediaDescription, token: str, index: int) -> DescribedTrack:
    mapping = media.rtpmap
    if mapping is None:
        raise _unsupported(media, token, "an unnamed codec")
    encoding = media.encoding
    configuration: CodecConfiguration | None = None
    mux: AudioMuxReader | None = None
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
    elif encoding == "mp4a-latm":
        track_type, codec = TrackType.AUDIO, Codec.AAC
        mux = _mux(media)
        configuration = mux.configuration
    elif encoding in _SAMPLED:
        track_type, codec = TrackType.AUDIO, _SAMPLED[encoding]
        configuration = _sampled(media, token, mapping, codec)
    elif encoding.startswith("vnd.onvif.metadata"):
        track_type, codec = TrackType.METADATA, Codec.ONVIF_METADATA
        configuration = announced(encoding)
    else:
        raise _unsupported(media, token, f"{media.media} codec {mapping.encoding}")
    track = SourceTrack(
        index=index,
        track_type=track_type,
        codec=codec,
        timescale=mapping.clock_rate if codec is not Codec.ONVIF_METADATA else TIMESCALE,
        token=media.track_reference,
        description=mapping.encoding if codec is not Codec.ONVIF_METADATA else _recorded(media.track_reference),
    )
    return DescribedTrack(track=track, media=media, configuration=configuration, mux=mux)


def _recorded(token: str) -> str:
    """Handler name of a metadata track; whatever its token is, it is none of the exporter's own."""
    name = "".join(filter(str.isprintable, token))[:_LONGEST_NAME]
    return f"{RECORDED_TRACK} ({name})" if name else RECORDED_TRACK


def _mux(media: MediaDescription) -> AudioMuxReader:
    """RFC 6416 section 7.3: cpresent is 1 unless said otherwise, but who gives a config means it."""
    from vssx.bitstream.latm import AudioMuxReader, parse_stream_mux_config

    stated = media.fmtp.get("cpresent", "").strip()
    config = parse_stream_mux_config(media.config()) if media.fmtp.get("config") else None
    return AudioMuxReader(config, in_band=stated == "1" or (config is None and stated != "0"))


def _sampled(media: MediaDescription, token: str, mapping: RtpMap, codec: Codec) -> CodecConfiguration:
    if mapping.clock_rate not in AAC_RATES or mapping.channels not in (1, 2):
        raise _unsupported(
            media, token, f"{mapping.encoding} with {mapping.channels} channels at {mapping.clock_rate} Hz"
        )
    if codec is Codec.G726 and mapping.channels != 1:
        raise _unsupported(media, token, f"{mapping.encoding} with {mapping.channels} channels")
    return CodecConfiguration(
        codec=codec,
        profile=mapping.encoding.upper(),
        sample_rate=mapping.clock_rate,
        channels=mapping.channels,
    )


def _unsupported(media: MediaDescription, token: str, what: str) -> UnsupportedMediaError:
    return UnsupportedMediaError(
        f"{what} (RTP payload type {media.payload_type}) is not carried",
        where=f"track {token}",
        next_step="Export the other tracks with --skip-unsupported; the record will say what was left out."
        " Carried are H.264, H.265, AAC, G.711, G.726, L16 and ONVIF metadata.",
    )


def depacketizer_of(described: DescribedTrack) -> Depacketizer:
    """The payload format of a described track."""
    media, codec = described.media, described.track.codec
    if codec is Codec.H264:
        return H264Depacketizer()
    if codec is Codec.H265:
        return H265Depacketizer(donl=media.donl)
    if described.mux is not None:
        return LatmDepacketizer(partial(_unwrap, described.mux, described.track.timescale))
    found = described.configuration
    if codec is Codec.AAC:
        assert found is not None
        return AacDepacketizer(media.fmtp, frame_ticks=_frame_ticks(found, described.track.timescale))
    if codec in TRANSCODED:
        assert found is not None
        return SampledAudioDepacketizer(block=_block(found))
    return MetadataDepacketizer()


def _unwrap(mux: AudioMuxReader, clock_rate: int, element: bytes) -> tuple[tuple[bytes, ...], int]:
    frames = mux.frames(element)
    found = mux.configuration
    assert found is not None
    return frames, _frame_ticks(found, clock_rate)


def _frame_ticks(configuration: CodecConfiguration, clock_rate: int) -> int:
    if not configuration.sample_rate:
        return 1024
    return configuration.frame_samples * clock_rate // configuration.sample_rate or 1024


def _block(configuration: CodecConfiguration) -> int:
    """Octets with a whole number of samples: 8 code words of 3 or 5 bits fill 3 or 5 octets (RFC 3551 4.5.4)."""
    if configuration.codec is Codec.L16:
        return 2 * configuration.channels
    if configuration.codec is Codec.G726:
        return {"24": 3, "40": 5}.get(configuration.profile[-2:], 1)
    return configuration.channels
