"""AAC-LC out of samples, with libavcodec's own encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vssx.bitstream import aac
from vssx.model.media import CodecConfiguration

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

FRAME = 1024
"""Samples of an AAC-LC frame (ISO/IEC 14496-3 clause 4.4.1)."""
PRIMING = 1024
"""Samples that the encoder puts before the first one: frame 0 decodes to nothing but these."""
_BITS_A_SAMPLE = 5  # 40 kbit/s for 8 kHz mono; AAC allows six (ISO/IEC 14496-3 clause 4.5.3)
_MAX_BIT_RATE = 256_000


class AacEncoder:
    """Encodes one stretch of sound. Frame ``k`` begins at its sample ``(k - 1) * FRAME``.

    The same samples give the same frames, whatever their portions: only whole frames go to libavcodec.
    """

    def __init__(self, sample_rate: int, layout: str) -> None:
        import av
        from av.audio.codeccontext import AudioCodecContext
        from av.codec.context import Flags

        context = av.CodecContext.create("aac", "w")
        assert isinstance(context, AudioCodecContext)
        context.sample_rate = sample_rate
        context.layout = layout
        context.format = "fltp"
        channels = context.layout.nb_channels
        context.bit_rate = min(_BITS_A_SAMPLE * sample_rate * channels, _MAX_BIT_RATE)
        # No noise in place of what sounded like noise. With bits to spare the fast search is as true as the slow one.
        context.options = {"aac_coder": "fast", "aac_pns": "0"}
        context.flags |= Flags.bitexact  # no version of the library inside the frames
        context.open()
        self._context = context
        self._fifo = av.AudioFifo()
        self._layout = layout
        self._sample_rate = sample_rate
        self.samples = 0
        """Samples taken so far."""

    @property
    def bit_rate(self) -> int:
        """Bits a second that the encoder aims at."""
        return self._context.bit_rate or 0

    def configuration(self) -> CodecConfiguration:
        """With the priming that a player has to pass over."""
        found = aac.configuration(bytes(self._context.extradata or b""))
        return CodecConfiguration(
            codec=found.codec,
            decoder_configuration=found.decoder_configuration,
            sample_rate=found.sample_rate,
            channels=found.channels,
            frame_samples=found.frame_samples,
            profile=found.profile,
            priming=PRIMING,
        )

    def push(self, frame: AudioFrame) -> list[bytes]:
        """Take samples; get the frames that are ready."""
        self.samples += frame.samples
        self._fifo.write(frame)
        return self._encode()

    def push_silence(self, samples: int) -> list[bytes]:
        """Take samples of silence."""
        return self.push(_silence(samples, self._layout, self._sample_rate))

    def finish(self) -> list[bytes]:
        """The frames still due; the last one is filled up with silence."""
        missing = -self.samples % FRAME
        if missing:
            self._fifo.write(_silence(missing, self._layout, self._sample_rate))
        return [*self._encode(), *(bytes(packet) for packet in self._context.encode(None))]

    def _encode(self) -> list[bytes]:
        found = []
        frame: AudioFrame | None
        while (frame := self._fifo.read(FRAME)) is not None:
            frame.pts = None  # counted by who knows the times
            found += [bytes(packet) for packet in self._context.encode(frame)]
        return found


def encoder_name() -> str:
    """Which encoder, for the record."""
    import av

    version = ".".join(map(str, av.library_versions["libavcodec"]))
    return f"libavcodec {version}, encoder aac (AAC-LC), through PyAV {av.__version__}"


def _silence(samples: int, layout: str, sample_rate: int) -> AudioFrame:
    from av.audio.frame import AudioFrame

    frame = AudioFrame(format="fltp", layout=layout, samples=samples)
    frame.sample_rate = sample_rate
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.pts = None
    return frame
