"""What libav says of a stream before its first packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from vssx.model.media import Codec, CodecConfiguration

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.codec.context import CodecContext
    from av.stream import Stream


def container_configuration(context: CodecContext, codec: Codec) -> CodecConfiguration:
    """What the container says of a codec whose stream says nothing of itself."""
    from av.audio.codeccontext import AudioCodecContext
    from av.video.codeccontext import VideoCodecContext

    if isinstance(context, VideoCodecContext):
        return CodecConfiguration(codec=codec, width=context.width, height=context.height)
    assert isinstance(context, AudioCodecContext)
    return CodecConfiguration(
        codec=codec,
        profile=_profile(context, codec),
        sample_rate=context.sample_rate,
        channels=context.channels,
    )


def _profile(context: AudioCodecContext, codec: Codec) -> str:
    """The name of the encoding in RFC 3551; of other PCM libav's name of the sample format."""
    if codec is Codec.G726:
        packing = "" if context.name.endswith("le") else "AAL2-"
        return f"{packing}G726-{round((context.bit_rate or 0) / 1000)}"
    named = {"pcm_mulaw": "PCMU", "pcm_alaw": "PCMA", "pcm_s16be": "L16"}
    return named.get(context.name, context.name.removeprefix("pcm_"))


def why_left_out(stream: Stream) -> str:
    """In words, for tracks that are neither video nor audio; "" for those that must be carried."""
    kind: Literal["video", "audio", "data", "subtitle", "attachment", "unknown"] = stream.type
    if _is_cover(stream):
        return f"track {stream.index} is a cover picture"
    if kind in ("video", "audio"):
        return ""
    tag = printable(stream.codec_context.codec_tag) if stream.codec_context is not None else ""
    return f"track {stream.index} ({kind}{', ' + tag if tag.strip() else ''}) is neither video nor audio"


def _is_cover(stream: Stream) -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def printable(text: str) -> str:
    """Without what could steer a terminal, or line breaks."""
    return "".join(character for character in text if character.isprintable()).strip()
