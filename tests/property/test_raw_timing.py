"""Numbering in presentation order: every frame once, bounded waiting, right whenever 16 pictures suffice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vssx.bitstream.picture_order import Picture
from vssx.codec.packets import Packet
from vssx.codec.raw_timing import FrameCounter

pictures = st.none() | st.builds(Picture, st.integers(-50, 50), st.booleans())


@given(st.lists(pictures, max_size=200))
def test_every_sample_comes_out_once_and_in_order_and_every_picture_has_its_own_number(shown):
    counter = FrameCounter()
    out, waiting = [], 0
    for number, picture in enumerate(shown):
        ready = counter.push(Packet(0, b"", number, number, 1, False, False, None), picture)
        out += ready
        waiting = number + 1 - len(out)
        assert waiting <= 64
    out += counter.finish()
    assert [packet.dts for packet, _ in out] == list(range(len(shown)))
    frames = [frame for (_, frame), picture in zip(out, shown, strict=True) if picture is not None]
    assert sorted(frames) == list(range(len(frames)))


@given(st.lists(st.permutations(range(8)), max_size=10))
def test_groups_that_reorder_within_sixteen_pictures_are_numbered_exactly(groups):
    places = [8 * number + place for number, group in enumerate(groups) for place in group]
    counter = FrameCounter()
    out = []
    for number, place in enumerate(places):
        out += counter.push(Packet(0, b"", number, number, 1, False, False, None), Picture(place, number == 0))
    out += counter.finish()
    assert [frame for _, frame in out] == places
