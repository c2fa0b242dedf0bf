"""The sound of a viewing copy: AAC as it is, any other decoded and encoded as AAC."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from vssx.codec.audio_encoding import FRAME, PRIMING, AacEncoder
from vssx.model.media import AAC_RATES

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream

_HOLE = Fraction(1, 10)
"""Seconds: behind a larger distance between the sound and its count of samples the encoder begins anew."""


def sound_of(stream: AudioStream, out: OutputContainer, start: Fraction) -> CopiedSound | EncodedSound:
    """The way for one track. ``start``: of the copy, in seconds of the source's clock."""
    context = stream.codec_context
    if context.name == "aac" and context.extradata:
        return CopiedSound(stream, out, start)
    return EncodedSound(stream, out, start)


class CopiedSound:
    """AAC, untouched. ``damaged``: samples that could not be decoded; nobody tries."""

    damaged = 0

    def __init__(self, stream: AudioStream, out: OutputContainer, start: Fraction) -> None:
        self.stream = stream
        self._out = out.add_stream_from_template(stream)
        base = stream.time_base
        self._shift = int(start / base) if base else 0

    def take(self, packet: Packet[Stream]) -> Sequence[Packet[Stream]]:
        """What is to be written."""
        if packet.dts is None or packet.pts is None:
            return ()
        packet.pts -= self._shift
        packet.dts -= self._shift
        packet.stream = self._out
        return (packet,)

    def finish(self) -> Sequence[Packet[Stream]]:
        """Nothing is held back."""
        return ()


class EncodedSound:
    """Any other sound. Behind each hole the encoder begins anew, so that every sound keeps its time."""

    def __init__(self, stream: AudioStream, out: OutputContainer, start: Fraction) -> None:
        import av

        self.stream = stream
        self.damaged = 0
        self._context: AudioCodecContext = stream.codec_context
        self._rate = min(AAC_RATES, key=lambda rate: (abs(rate - self._context.sample_rate), rate))
        self._layout = "mono" if self._context.channels == 1 else "stereo"
        self._resampler = av.AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
        self._out = out.add_stream("aac", rate=self._rate, layout=self._layout)
        self._start = start
        self._encoder: AacEncoder | None = None
        self._begun = self._frames = self._holes = 0

    def take(self, packet: Packet[Stream]) -> Sequence[Packet[Stream]]:
        """What is ready to be written."""
        from av.error import InvalidDataError

        try:
            frames = self._context.decode(packet)
        except InvalidDataError:
            self.damaged += 1
            return ()
        return [ready for frame in frames for ready in self._encoded(frame)]

    def finish(self) -> Sequence[Packet[Stream]]:
        """What is left."""
        return [] if self._encoder is None else self._packets(self._encoder.finish())

    def _encoded(self, frame: AudioFrame) -> list[Packet[Stream]]:
        made: list[Packet[Stream]] = []
        at = self._place(frame)
        if self._encoder is None or at - self._begun - self._encoder.samples > _HOLE * self._rate:
            made += self.finish()
            self._holes += self._encoder is not None
            self._encoder = AacEncoder(self._rate, self._layout)
            self._begun, self._frames = at, 0
        frame.pts = None
        for piece in self._resampler.resample(frame):
            piece.pts = None
            made += self._packets(self._encoder.push(piece))
        return made

    def _place(self, frame: AudioFrame) -> int:
        """In samples since the start of the copy; of sound without a time where the last one ended."""
        if frame.pts is None or frame.time_base is None:
            return 0 if self._encoder is None else self._begun + self._encoder.samples
        return round((frame.pts * frame.time_base - self._start) * self._rate)

    def _packets(self, payloads: Sequence[bytes]) -> list[Packet[Stream]]:
        import av

        made = []
        for payload in payloads:
            at = self._begun - PRIMING + self._frames * FRAME
            self._frames += 1
            if self._frames == 1 and self._holes:
                continue  # it only warms a decoder up, and its place may be that of the sound before
            packet = av.Packet(payload)
            packet.pts = packet.dts = at
            packet.duration = FRAME
            packet.time_base = Fraction(1, self._rate)
            packet.stream = self._out
            made.append(packet)
        return made
