"""Sampled audio of a file (G.711, G.726, L16) in pieces of 20 ms, as a recorder sends it (RFC 3551 section 4.2)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from vssx.codec.packets import DemuxedTrack
from vssx.errors import MalformedMediaError
from vssx.model.media import Codec, CodecConfiguration

PIECES_A_SECOND = 50
_LARGEST_PIECE = 1400  # octets: each has to fit a packet
_ALIGNMENT = 8  # samples: with G.726 they fill whole octets, whatever their size


class Piece(NamedTuple):
    """``first``: number of its first sample on the file's own time line; ``samples``: of each channel."""

    first: int
    samples: int
    payload: bytes


class SampledAudio:
    """Cuts the samples of a track at multiples of a piece, counted from the file's time 0.

    So the pieces are the same wherever reading began, and however the file groups its samples.
    """

    def __init__(self, track: DemuxedTrack) -> None:
        """Raises MalformedMediaError for a track that does not say its sample rate."""
        stated = track.configuration
        if stated is None or stated.sample_rate <= 0 or stated.channels <= 0:
            raise MalformedMediaError(f"track {track.stream} does not say its sample rate and channels")
        self.sample_rate = stated.sample_rate
        self._bits = bits_of_sample(stated)
        piece = min(stated.sample_rate // PIECES_A_SECOND, _LARGEST_PIECE * 8 // self._bits)
        self._piece = max(piece - piece % _ALIGNMENT, _ALIGNMENT)
        self._swapped = stated.profile == "s16le"
        self._timescale = track.timescale
        self._tick = -(-stated.sample_rate // track.timescale)  # samples: times are no finer
        self._rest = b""
        self._first = 0

    def push(self, payload: bytes, pts: int) -> Iterator[Piece]:
        """The next packet of the file, with its time in ticks of the track."""
        if self._swapped:
            samples = array("H", payload[: len(payload) & ~1])
            samples.byteswap()
            payload = samples.tobytes()
        first = (pts * self.sample_rate + self._timescale // 2) // self._timescale
        if self._rest and abs(self._first + self._count(self._rest) - first) > self._tick:
            yield from self.flush()
        if self._rest:
            first, payload = self._first, self._rest + payload
        end = first + self._count(payload)
        position = 0
        while (stop := self._stop(first)) <= end:
            size = (stop - first) * self._bits // 8
            yield Piece(first, stop - first, payload[position : position + size])
            position, first = position + size, stop
        self._first, self._rest = first, payload[position:]

    def flush(self) -> Iterator[Piece]:
        """What is left at the end, or before a jump."""
        if self._rest:
            yield Piece(self._first, self._count(self._rest), self._rest)
            self._rest = b""

    def _count(self, payload: bytes) -> int:
        return len(payload) * 8 // self._bits

    def _stop(self, first: int) -> int:
        stop = (first // self._piece + 1) * self._piece
        return stop if (stop - first) * self._bits % 8 == 0 else first + self._piece


def bits_of_sample(configuration: CodecConfiguration) -> int:
    """Of all channels together."""
    if configuration.codec is Codec.G726:
        return int(configuration.profile.rpartition("-")[2]) // 8  # kbit/s at 8000 samples a second
    return configuration.channels * (16 if configuration.codec is Codec.L16 else 8)


def repacked(payload: bytes, bits: int) -> bytes:
    """G.726 with the first sample in the highest bits (AAL2-G726) to the first one in the lowest (RFC 3551 4.5.4)."""
    out = bytearray()
    mask = (1 << bits) - 1
    for start in range(0, len(payload), bits):
        group = payload[start : start + bits]  # eight samples
        packed, count = int.from_bytes(group, "big"), len(group) * 8 // bits
        spare = len(group) * 8 - count * bits
        value = 0
        for number in range(count):
            value |= (packed >> (spare + (count - 1 - number) * bits) & mask) << number * bits
        out += value.to_bytes(len(group), "little")
    return bytes(out)
