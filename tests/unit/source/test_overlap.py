"""Silence sounds the same everywhere: which packet of it came again is told by times, or by the sound around it."""

import pytest

from tests.unit.source.raw import AUDIO, T0, content, unit
from vssx.model.media import AccessUnit, TimeSource
from vssx.rtsp.rtp import make_replay_extension
from vssx.source.overlap import Overlap, Repeat

SILENCE = b"\xff" * 160
STEP = 20_000_000


def delivered(overlap, payloads, *, timed=lambda _: True, first=0):
    for number, payload in enumerate(payloads, first):
        extension = make_replay_extension(T0 + number * STEP, cseq=3) if timed(number) else None
        overlap.remember(
            AccessUnit(
                track=1,
                payload=payload,
                run=0,
                run_start_ns=T0,
                ticks=number * 960,
                timescale=48_000,
                clean_point=True,
                configuration=content().configuration,
                time_source=TimeSource.REPLAY_EXTENSION,
                extension=extension,
            )
        )


def again(overlap, number, payload, *, timed=True):
    raw = unit(number * 960, T0 + number * STEP if timed else None, payload=payload)
    found = overlap.recognise(raw, content(payload))
    return found.ticks // 960 if isinstance(found, AccessUnit) else found


def test_by_times_each_packet_of_silence_is_itself():
    overlap = Overlap(AUDIO)
    delivered(overlap, [SILENCE] * 10)
    overlap.begin(T0 + 6 * STEP)
    assert [again(overlap, number, SILENCE) for number in range(6, 12)] == [6, 7, 8, 9, None, None]


def test_sound_that_ends_where_the_picture_begins_does_not_lag():
    overlap = Overlap(AUDIO)
    delivered(overlap, [SILENCE] * 10)
    assert [overlap.lags(T0 + 10 * STEP + later, STEP) for later in (-STEP, 0, 1, STEP)] == [False, False, True, True]


def test_sound_without_times_has_to_overlap_to_be_known_again():
    overlap = Overlap(AUDIO)
    delivered(overlap, [SILENCE] * 10, timed=lambda number: number < 9)
    assert [overlap.lags(T0 + 9 * STEP + later, STEP) for later in (0, 1)] == [False, True]


def test_a_frame_in_the_packet_of_a_new_one_is_new_where_nothing_came_again():
    overlap = Overlap(AUDIO)
    delivered(overlap, [SILENCE] * 10)
    overlap.begin(T0 + 10 * STEP)
    assert again(overlap, 10, b"tick") is None
    delivered(overlap, [b"tick"], first=10)
    assert again(overlap, 11, b"tock", timed=False) is None


def test_frames_without_a_time_of_their_own_follow_the_one_that_has_it():
    """Two AAC frames in each packet: only the first one of a packet brings the extension."""
    overlap = Overlap(AUDIO)
    delivered(overlap, [SILENCE] * 10, timed=lambda number: number % 2 == 0)
    overlap.begin(T0 + 4 * STEP)
    found = [again(overlap, number, SILENCE, timed=number % 2 == 0) for number in range(4, 10)]
    assert found == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("sound", [SILENCE, b"click"])
def test_without_times_silence_is_where_the_replay_began(sound):
    overlap = Overlap(AUDIO)
    payloads = [SILENCE] * 5 + [sound] + [SILENCE] * 4
    delivered(overlap, payloads, timed=lambda _: False)
    overlap.begin(T0 + 3 * STEP, by_content=True)
    found = [again(overlap, number, payloads[number], timed=False) for number in range(3, 10)]
    assert found == [3, 4, 5, 6, 7, 8, 9]
    assert again(overlap, 10, SILENCE, timed=False) is None


@pytest.mark.parametrize("payload", [b"other", SILENCE])
def test_another_time_is_another_packet(payload):
    overlap = Overlap(AUDIO)
    delivered(overlap, [SILENCE] * 3)
    overlap.begin(T0)
    assert again(overlap, 0, SILENCE) == 0
    raw = unit(0, T0 + STEP // 2, payload=payload)
    assert overlap.recognise(raw, content(payload)) is Repeat.DIFFERENT


def test_a_unit_that_came_ahead_comes_once():
    """Of the PLAY before, 4 to 6 still came, and 3 was lost: it is not written behind them, and nothing is proven."""
    overlap = Overlap(AUDIO)
    delivered(overlap, [b"%d" % number for number in range(3)])
    overlap.begin(T0 + STEP)
    assert [again(overlap, number, b"%d" % number) for number in (4, 5, 6)] == [None] * 3
    delivered(overlap, [b"4", b"5", b"6"], first=4)
    found = [again(overlap, number, b"%d" % number) for number in range(1, 9)]
    assert found == [1, 2, Repeat.DIFFERENT, 4, 5, 6, None, None]
    told = overlap.take_repetition()
    assert (told.equal, told.expected, told.proven) == (5, 6, False)


@pytest.mark.parametrize(
    ("repeated", "proven"),
    [
        ((1, 2, 3, 4, 5), True),
        ((1, 2, 3, 5), False),  # 4, which came ahead, does not come again
        ((1, 2, 5), False),
        ((3, 4, 5), False),  # only what came ahead comes again
    ],
)
def test_a_seam_with_units_ahead(repeated, proven):
    overlap = Overlap(AUDIO)
    delivered(overlap, [b"%d" % number for number in range(3)])
    overlap.begin(T0 + STEP)
    assert [again(overlap, number, b"%d" % number) for number in (3, 4)] == [None] * 2
    delivered(overlap, [b"3", b"4"], first=3)
    *known, new = [again(overlap, number, b"%d" % number) for number in repeated]
    assert (known, new) == (list(repeated[:-1]), None)
    assert overlap.take_repetition().proven is proven
