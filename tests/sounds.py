"""Sound for tests: a signal that is like itself nowhere, as every codec carries it, and where it is found again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.peers import need
from vssx.model.media import NS, AccessUnit, Codec, CodecConfiguration, SourceTrack, TimeSource, TrackType
from vssx.rtsp.rtp import make_replay_extension

Samples = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """How ffmpeg makes the payload of a codec. ``bits``: of a sample; ``arguments``: of ffmpeg's output."""

    codec: Codec
    profile: str
    bits: int
    arguments: tuple[str, ...]
    rate: int = 8000
    channels: int = 1

    @property
    def configuration(self) -> CodecConfiguration:
        return CodecConfiguration(codec=self.codec, profile=self.profile, sample_rate=self.rate, channels=self.channels)

    def track(self, index: int = 1) -> SourceTrack:
        return SourceTrack(
            index=index, track_type=TrackType.AUDIO, codec=self.codec, timescale=self.rate, description=self.profile
        )


def _g726(rate: int, *, little: bool) -> Recorded:
    name = "g726le" if little else "g726"
    return Recorded(
        codec=Codec.G726,
        profile=f"{'' if little else 'AAL2-'}G726-{rate}",
        bits=rate // 8,
        arguments=("-c:a", name, "-code_size", str(rate // 8), "-f", name),
    )


PCMU = Recorded(codec=Codec.PCMU, profile="PCMU", bits=8, arguments=("-f", "mulaw"))
PCMA = Recorded(codec=Codec.PCMA, profile="PCMA", bits=8, arguments=("-f", "alaw"))
L16 = Recorded(codec=Codec.L16, profile="L16", bits=32, arguments=("-f", "s16be"), rate=44_100, channels=2)
L16_MONO = Recorded(codec=Codec.L16, profile="L16", bits=16, arguments=("-f", "s16be"), rate=16_000)
S16LE = Recorded(codec=Codec.PCM, profile="s16le", bits=16, arguments=("-f", "s16le"), rate=48_000)
G726 = tuple(_g726(rate, little=little) for little in (True, False) for rate in (16, 24, 32, 40))
ALL = (PCMU, PCMA, L16, L16_MONO, S16LE, *G726)


def signal(seconds: float, rate: int, *, seed: int = 1) -> Samples:
    """Clicks at random distances, each a short fading tone of its own pitch: correlates with itself at 0 only."""
    chance = np.random.default_rng(seed)
    out = np.zeros(round(seconds * rate))
    at = 0
    while at < len(out):
        length = round(rate * chance.uniform(0.02, 0.06))
        time = np.arange(length) / rate
        tone = np.sin(2 * np.pi * chance.uniform(300, 2500) * time) * np.exp(-time * 60) * chance.uniform(0.2, 0.7)
        part = out[at : at + length]
        part += tone[: len(part)]
        at += length + round(rate * chance.uniform(0.0, 0.05))
    return out


def payload(sound: Samples, how: Recorded) -> bytes:
    """The signal, the same on each channel, as the codec carries it."""
    pcm = np.repeat((sound * 32767).astype("<i2"), how.channels).tobytes()
    source = ["-f", "s16le", "-ar", str(how.rate), "-ac", str(how.channels), "-i", "-"]
    command = [need("ffmpeg"), "-v", "error", *source, *how.arguments, "-"]
    return subprocess.run(command, input=pcm, capture_output=True, check=True).stdout


def packets(
    data: bytes, how: Recorded, *, start_ns: int, samples: int = 160, track: int = 1, run: int = 0
) -> Iterator[AccessUnit]:
    """``data`` in packets of ``samples`` samples, the first one at ``start_ns``."""
    size = samples * how.bits // 8
    configuration = how.configuration
    for number, offset in enumerate(range(0, len(data), size)):
        yield AccessUnit(
            track=track,
            payload=data[offset : offset + size],
            run=run,
            run_start_ns=start_ns,
            ticks=number * samples,
            timescale=how.rate,
            clean_point=True,
            configuration=configuration,
            time_source=TimeSource.REPLAY_EXTENSION,
            rtp_timestamp=number * samples & 0xFFFFFFFF,
            extension=make_replay_extension(start_ns + number * samples * NS // how.rate, cseq=3),
        )


def lag(found: Samples, expected: Samples) -> int:
    """Samples by which ``expected`` lies later in ``found`` than at its beginning, by the best correlation."""
    size = 1 << (len(found) + len(expected)).bit_length()
    spectrum = np.fft.rfft(found, size) * np.conj(np.fft.rfft(expected, size))
    correlation = np.fft.irfft(spectrum, size)
    best = int(np.argmax(correlation))
    return best if best < size // 2 else best - size
