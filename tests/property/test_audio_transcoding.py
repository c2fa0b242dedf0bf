"""Packets of any size, with holes, trembling and drifting times: every AAC frame stands where its first sample was."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from vssx.codec.audio_encoding import FRAME, PRIMING
from vssx.codec.audio_transcoding import AudioTranscoder
from vssx.model.media import AccessUnit, Codec, CodecConfiguration, SourceTrack, TimeSource, TrackType

T0 = 1_714_564_800_000_000_000
RATE = 8000
TOLERANCE = RATE // 200
MULAW = CodecConfiguration(codec=Codec.PCMU, profile="PCMU", sample_rate=RATE, channels=1)
TRACK = SourceTrack(index=1, track_type=TrackType.AUDIO, codec=Codec.PCMU, timescale=RATE)


def packet(ticks: int, size: int, run: int = 0, start_ns: int = T0) -> AccessUnit:
    return AccessUnit(
        track=1,
        payload=bytes(size),
        run=run,
        run_start_ns=start_ns,
        ticks=ticks,
        timescale=RATE,
        clean_point=True,
        configuration=MULAW,
        time_source=TimeSource.REPLAY_EXTENSION,
    )


def transcode(packets: list[AccessUnit]) -> tuple[AudioTranscoder, list[AccessUnit]]:
    transcoder = AudioTranscoder(TRACK, MULAW)
    frames = [frame for one in packets for frame in transcoder.push(one)]
    return transcoder, frames + transcoder.finish()


sizes = st.lists(st.integers(1, 3000), min_size=1, max_size=40)


@settings(max_examples=50)
@given(sizes, st.integers(-5000, 5000))
def test_without_holes_every_frame_follows_the_one_before(lengths: list[int], start: int) -> None:
    packets, ticks = [], start
    for size in lengths:
        packets.append(packet(ticks, size))
        ticks += size
    transcoder, frames = transcode(packets)
    assert [frame.ticks for frame in frames] == [start - PRIMING + FRAME * n for n in range(len(frames))]
    assert sum(frame.duration_ticks or 0 for frame in frames) == sum(lengths) + PRIMING
    assert (transcoder.stretches, transcoder.silent_samples, transcoder.moved) == (1, 0, 0)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(100, 1500), st.integers(0, 6000)), min_size=1, max_size=25))
def test_holes_move_nothing(pieces: list[tuple[int, int]]) -> None:
    """Each piece: samples of a packet, and samples missing behind it."""
    packets, ticks, missing, silent = [], 0, 0, 0
    stretches = [[0, 0]]  # beginning and end
    for size, hole in pieces:
        if packets:
            if missing > 2 * FRAME:
                stretches.append([ticks, ticks])
            elif missing > max(TOLERANCE, size // 2):
                silent += missing
        packets.append(packet(ticks, size))
        ticks += size
        stretches[-1][1] = ticks
        hole = hole if hole > 800 else 0  # what is less than half a packet moves times instead
        missing = hole
        ticks += hole
    transcoder, frames = transcode(packets)
    assert transcoder.stretches == len(stretches)
    assert transcoder.silent_samples == silent
    assert transcoder.moved == 0
    expected = [first + place for first, behind in stretches for place in range(-PRIMING, behind - first, FRAME)]
    assert [frame.ticks for frame in frames] == expected


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(-3000, 9000), st.integers(0, 1)), min_size=1, max_size=40))
def test_whatever_the_times_frames_ascend_within_a_stretch(pieces: list[tuple[int, int, int]]) -> None:
    packets, ticks, run = [], 0, 0
    for size, step, other in pieces:
        run += other
        packets.append(packet(ticks, size, run))
        ticks = ticks + size + step if run else max(ticks + 1, ticks + size + step)
    transcoder, frames = transcode(packets)
    assert len(frames) >= sum(len(one.payload) for one in packets) // FRAME
    backwards = sum(b.ticks <= a.ticks for a, b in itertools.pairwise(frames))
    assert backwards < transcoder.stretches
