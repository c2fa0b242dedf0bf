"""Sampled audio as it was recorded becomes samples that an encoder takes: G.711, G.726 and linear PCM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.media import Codec, CodecConfiguration

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_DECODERS = {Codec.PCMU: "pcm_mulaw", Codec.PCMA: "pcm_alaw", Codec.L16: "pcm_s16be"}
PCM_FORMATS = ("u8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be")
"""Sample formats of linear PCM in local files, in libav's words."""


class AudioDecoder:
    """Decodes one track, packet by packet, in order: G.726 remembers what came before."""

    def __init__(self, configuration: CodecConfiguration) -> None:
        """Raises UnsupportedMediaError for anything but the codecs of ``vssx.model.media.TRANSCODED``."""
        import av
        from av.audio.codeccontext import AudioCodecContext

        name, options = _decoder(configuration)
        context = av.CodecContext.create(name, "r")
        assert isinstance(context, AudioCodecContext)
        self.layout = "mono" if configuration.channels == 1 else "stereo"
        context.sample_rate = configuration.sample_rate
        context.layout = self.layout
        context.options = options
        context.open()
        self._context = context
        self._bits = sample_bits(configuration)
        # Floating point samples may be no numbers at all, or beyond all bounds: 16 bits hold neither.
        steps = ("s16", "fltp") if configuration.profile.startswith("f") else ("fltp",)
        self._conversions = [
            av.AudioResampler(format=step, layout=self.layout, rate=configuration.sample_rate) for step in steps
        ]

    def samples(self, size: int) -> int:
        """Samples (of each channel) that ``size`` bytes hold."""
        return 8 * size // self._bits

    def decode(self, payload: bytes) -> list[AudioFrame]:
        """Planar floating point samples, as many as ``payload`` holds. Raises MalformedMediaError."""
        import av
        from av.error import FFmpegError

        try:
            frames = self._context.decode(av.Packet(payload))
            for conversion in self._conversions:
                frames = [converted for frame in frames for converted in conversion.resample(_untimed(frame))]
        except FFmpegError as error:
            raise MalformedMediaError(
                f"{len(payload)} bytes of audio cannot be decoded ({error.strerror or error})", where="audio"
            ) from None
        return [_untimed(frame) for frame in frames]


def _decoder(configuration: CodecConfiguration) -> tuple[str, dict[str, str]]:
    """libav's name of the decoder, and its options."""
    codec, profile = configuration.codec, configuration.profile
    if codec is Codec.G726:
        # RFC 3551 packs the first code word into the low bits, ITU-T I.366.2 (AAL2) into the high ones.
        return "g726" if profile.startswith("AAL2") else "g726le", {
            "bits_per_coded_sample": str(sample_bits(configuration))
        }
    if codec is Codec.PCM and profile in PCM_FORMATS:
        return f"pcm_{profile}", {}
    if codec not in _DECODERS:
        raise UnsupportedMediaError(
            f"{codec} {profile} cannot be made AAC", where="audio", next_step="Leave it out with --skip-unsupported."
        )
    return _DECODERS[codec], {}


def sample_bits(configuration: CodecConfiguration) -> int:
    """Bits of one sample of all channels together."""
    codec, profile = configuration.codec, configuration.profile
    if codec is Codec.G726:
        return int(profile.rpartition("-")[2]) // 8
    if codec is Codec.PCM:
        return int("".join(character for character in profile if character.isdigit())) * configuration.channels
    return (16 if codec is Codec.L16 else 8) * configuration.channels


def _untimed(frame: AudioFrame) -> AudioFrame:
    """Times are kept by who counts the samples."""
    frame.pts = None
    return frame
