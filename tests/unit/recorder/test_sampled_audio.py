"""Sampled audio in pieces of 20 ms: the same ones however a file groups its samples."""

from __future__ import annotations

from array import array
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.codec.packets import DemuxedTrack, Framing
from vssx.errors import MalformedMediaError
from vssx.model.media import Codec, CodecConfiguration
from vssx.recorder.sampled_audio import SampledAudio, bits_of_sample, repacked


def track(codec: Codec, *, profile: str = "", rate: int = 8_000, channels: int = 1, timescale: int = 0) -> DemuxedTrack:
    configuration = CodecConfiguration(codec=codec, profile=profile, sample_rate=rate, channels=channels)
    return DemuxedTrack(
        stream=1,
        codec=codec,
        framing=Framing.RAW,
        timescale=timescale or rate,
        extradata=b"",
        configuration=configuration,
    )


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=12), st.integers(0, 1000))
def test_pieces_lie_on_one_grid(sizes: list[int], start: int) -> None:
    audio = SampledAudio(track(Codec.PCMU))
    data = bytes(n % 251 for n in range(sum(sizes)))
    pieces, position = [], 0
    for size in sizes:
        pieces += audio.push(data[position : position + size], start + position)
        position += size
    pieces += audio.flush()
    assert b"".join(piece.payload for piece in pieces) == data
    assert [piece.first for piece in pieces[1:]] == list(range(start // 160 * 160 + 160, start + position, 160))
    assert all(piece.samples == len(piece.payload) <= 160 for piece in pieces)


def test_a_jump_ends_a_piece() -> None:
    audio = SampledAudio(track(Codec.PCMA))
    before = [*audio.push(bytes(100), 0), *audio.push(bytes(100), 4000), *audio.flush()]
    assert [(piece.first, piece.samples) for piece in before] == [(0, 100), (4000, 100)]


def test_times_in_milliseconds_do_not_cut_what_belongs_together() -> None:
    audio = SampledAudio(track(Codec.L16, rate=44_100, timescale=1000))
    pieces, first = [], 0
    for _ in range(20):
        pieces += audio.push(bytes(2048), round(first * 1000 / 44_100))
        first += 1024
    assert {piece.samples for piece in pieces} == {696}  # what fits a packet, in whole octets of any codec


@pytest.mark.parametrize("channels", [1, 2])
def test_little_endian_samples_are_turned(channels: int) -> None:
    audio = SampledAudio(track(Codec.L16, profile="s16le", channels=channels))
    (piece,) = [*audio.push(b"\x01\x02" * channels, 0), *audio.flush()]
    assert (piece.payload, piece.samples) == (b"\x02\x01" * channels, 1)


def test_a_track_without_a_sample_rate() -> None:
    with pytest.raises(MalformedMediaError, match="does not say its sample rate"):
        SampledAudio(track(Codec.PCMU, channels=0))


@pytest.mark.parametrize("bits", [2, 3, 4, 5])
def test_g726_is_repacked_as_libav_reads_it(bits: int, tmp_path: Path) -> None:
    """libav encodes with the first sample on top (g726) or at the bottom (g726le): its two encoders agree with us."""
    packed = {}
    for name in ("g726", "g726le"):
        encoder = av.CodecContext.create(name, "w")
        encoder.sample_rate, encoder.layout, encoder.format = 8_000, "mono", "s16"
        encoder.bit_rate, encoder.options = bits * 8_000, {"code_size": str(bits)}
        frame = av.AudioFrame("s16", "mono", 800)
        frame.planes[0].update(array("h", (n * 7919 % 20_000 - 10_000 for n in range(800))).tobytes())
        frame.sample_rate = 8_000
        packed[name] = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    assert bits_of_sample(CodecConfiguration(codec=Codec.G726, profile=f"AAL2-G726-{8 * bits}")) == bits
    assert repacked(packed["g726"], bits) == packed["g726le"]
