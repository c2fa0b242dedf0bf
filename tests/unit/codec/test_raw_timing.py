from __future__ import annotations

from fractions import Fraction

import pytest

from vssx.bitstream.picture_order import Picture
from vssx.codec.packets import Packet
from vssx.codec.raw_timing import FrameCounter, raw_clock
from vssx.errors import UnsupportedMediaError


def _packet(number: int) -> Packet:
    return Packet(0, bytes([number % 256]), number, number, 1, False, False, None)


def _numbered(pictures):
    counter = FrameCounter()
    out = []
    for number, picture in enumerate(pictures):
        out += counter.push(_packet(number), picture)
    out += counter.finish()
    assert [packet.dts for packet, _ in out] == list(range(len(pictures)))
    return [frame for _, frame in out]


def test_pictures_are_numbered_in_the_order_in_which_they_are_shown():
    order = [0, 8, 4, 2, 6, 16, 12, 10, 14]
    assert _numbered([Picture(place, number == 0) for number, place in enumerate(order)]) == [0, 4, 2, 1, 3, 8, 6, 5, 7]


def test_a_new_sequence_is_shown_behind_the_old_one():
    assert _numbered([Picture(place, place == 0) for place in (0, 4, 2, 0, 4, 2)]) == [0, 2, 1, 3, 5, 4]


def test_a_sample_without_a_picture_has_the_number_of_the_one_before():
    assert _numbered([None, Picture(0, True), None, Picture(4, False), Picture(2, False), None]) == [0, 0, 0, 2, 1, 1]


def test_orders_that_only_descend_are_numbered_within_bounds():
    frames = _numbered([Picture(-place, place == 0) for place in range(500)])
    assert sorted(frames) == list(range(500))


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (Fraction(1, 25), (90_000, 3600)),
        (Fraction(1001, 30_000), (90_000, 3003)),
        (Fraction(6, 179), (179, 6)),
        (Fraction(60), (90_000, 5_400_000)),
    ],
)
def test_timescales_are_exact(duration, expected):
    assert raw_clock(duration, "x") == expected
    assert Fraction(expected[1], expected[0]) == duration


@pytest.mark.parametrize("duration", [Fraction(0), Fraction(1, 10_000), Fraction(4000), Fraction(3, (1 << 33) + 1) + 1])
def test_senseless_durations_are_refused(duration):
    with pytest.raises(UnsupportedMediaError):
        raw_clock(duration, "x")
