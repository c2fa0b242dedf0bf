"""Packets of recorded audio become timed AAC frames that a player puts at the same instants.

    packets -> decoder -> samples -> encoder -> frames, each at the time of its first sample

An encoder puts 1024 samples of its own before the first one (priming). Frame 0 therefore stands that much earlier, and
the file tells players to pass over it. Times are counted in samples from the first packet; a packet that comes up to
5 ms beside its place changes nothing. Where packets are missing for no more than two frames, silence stands in their
place and is counted; where more is missing, the encoder is ended and a new one begins behind the hole, which stays
one. Its priming lies inside the hole. A clock that drifts against the samples moves the frames, not the samples.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from vssx.codec.audio_decoding import AudioDecoder
from vssx.codec.audio_encoding import FRAME, PRIMING, AacEncoder
from vssx.model.media import NS, AccessUnit, Codec, CodecConfiguration, SourceTrack, TimeSource

_MAX_SILENCE = 2 * FRAME
_TOLERANCES_A_SECOND = 200


@dataclass(slots=True)
class _Stretch:
    """Sound from one encoder. Its tick 0 is its first sample, at ``start_ns``."""

    encoder: AacEncoder
    run: int
    start_ns: int
    base: int  # ticks of its first sample in its run
    samples: int = 0  # taken so far
    end: int = 0  # ticks behind the last one, by the packets' own times
    frames: int = 0
    last: int | None = None  # ticks of the frame given out last


class AudioTranscoder:
    """Takes the packets of one track in order. ``track``: the track as an MP4 has it, in ticks of one sample.

    ``stretches``: encoders begun; ``silent_samples``: put in place of missing ones; ``moved``: times that the clock of
    the packets was followed where it left the count of samples.
    """

    def __init__(self, source: SourceTrack, original: CodecConfiguration) -> None:
        """Raises UnsupportedMediaError for a codec that is none of ``vssx.model.media.TRANSCODED``."""
        self.source = source
        self.original = original
        self.track = replace(source, codec=Codec.AAC, timescale=original.sample_rate)
        self._rate = original.sample_rate
        self._decoder = AudioDecoder(original)
        self._configuration: CodecConfiguration | None = None
        self._stretch: _Stretch | None = None
        self._shifts: deque[tuple[int, int]] = deque()  # (from this sample on, ticks to add)
        self._waiting = bytearray()
        self._time_source = TimeSource.REPLAY_EXTENSION
        self.stretches = self.silent_samples = self.moved = 0
        self.bit_rate = 0

    def push(self, unit: AccessUnit) -> list[AccessUnit]:
        """Take the next packet; get the AAC frames that are ready. Raises MalformedMediaError."""
        count = self._decoder.samples(len(unit.payload))
        self._time_source = unit.time_source
        out: list[AccessUnit] = []
        stretch = self._stretch
        stretch = self._begin(unit) if stretch is None else self._follow(stretch, unit, count, out)
        stretch.samples += count
        stretch.end = self._place(stretch, unit) + count
        self._waiting += unit.payload
        if self._decoder.samples(len(self._waiting)) >= FRAME:
            self._encode(stretch, out)
        return out

    def finish(self) -> list[AccessUnit]:
        """The frames still due at the end of the file."""
        out: list[AccessUnit] = []
        if self._stretch is not None:
            self._end(self._stretch, out)
        return out

    def _place(self, stretch: _Stretch, unit: AccessUnit) -> int:
        """Ticks of the packet behind the first sample of the stretch, by its own time."""
        rate = self._rate
        ticks = unit.ticks if unit.timescale == rate else _rounded(unit.ticks * rate, unit.timescale)
        if unit.run_start_ns != stretch.start_ns:
            ticks += _rounded((unit.run_start_ns - stretch.start_ns) * rate, NS)
        return ticks - stretch.base

    def _begin(self, unit: AccessUnit) -> _Stretch:
        encoder = AacEncoder(self._rate, self._decoder.layout)
        stretch = _Stretch(encoder=encoder, run=unit.run, start_ns=unit.run_start_ns, base=0)
        stretch.base = self._place(stretch, unit)
        self._stretch = stretch
        self._shifts = deque([(-PRIMING, 0)])
        self.stretches += 1
        self.bit_rate = encoder.bit_rate
        if self._configuration is None:
            self._configuration = encoder.configuration()
        return stretch

    def _follow(self, stretch: _Stretch, unit: AccessUnit, count: int, out: list[AccessUnit]) -> _Stretch:
        """Compare the packet's time with where the samples have got to."""
        place = self._place(stretch, unit)
        shift = self._shifts[-1][1]
        behind = place - (stretch.samples + shift)  # above 0: something is missing
        tolerance = self._rate // _TOLERANCES_A_SECOND
        if abs(behind) > tolerance:
            step = place - stretch.end
            back = unit.run != stretch.run and behind < -PRIMING
            if behind > _MAX_SILENCE or back:
                self._end(stretch, out)
                return self._begin(unit)
            if step > max(tolerance, count // 2):
                self._encode(stretch, out)
                self._time(stretch, stretch.encoder.push_silence(behind), out)
                stretch.samples += behind
                self.silent_samples += behind
            else:
                self._shifts.append((stretch.samples, shift + behind))
                self.moved += 1
        return stretch

    def _encode(self, stretch: _Stretch, out: list[AccessUnit]) -> None:
        """What waits goes through in one piece: a call of libav for each packet would cost more than the encoding."""
        waiting, self._waiting = bytes(self._waiting), bytearray()
        for frame in self._decoder.decode(waiting) if waiting else ():
            self._time(stretch, stretch.encoder.push(frame), out)

    def _end(self, stretch: _Stretch, out: list[AccessUnit]) -> None:
        self._encode(stretch, out)
        self._time(stretch, stretch.encoder.finish(), out)
        self._stretch = None
        rest = stretch.samples % FRAME
        if rest and out:
            out[-1] = replace(out[-1], duration_ticks=rest)

    def _time(self, stretch: _Stretch, encoded: list[bytes], out: list[AccessUnit]) -> None:
        configuration = self._configuration
        assert configuration is not None
        for payload in encoded:
            sample = stretch.frames * FRAME - PRIMING
            while len(self._shifts) > 1 and self._shifts[1][0] <= sample:
                self._shifts.popleft()
            ticks = sample + self._shifts[0][1]
            if stretch.last is not None:
                ticks = max(ticks, stretch.last + 1)
            stretch.last = ticks
            stretch.frames += 1
            out.append(
                AccessUnit(
                    track=self.source.index,
                    payload=payload,
                    run=stretch.run,
                    run_start_ns=stretch.start_ns,
                    ticks=stretch.base + ticks,
                    timescale=self._rate,
                    clean_point=True,
                    configuration=configuration,
                    time_source=self._time_source,
                    duration_ticks=FRAME,
                )
            )


def _rounded(numerator: int, denominator: int) -> int:
    return (numerator + denominator // 2) // denominator
