from __future__ import annotations

import av
import pytest

from tests.clips import encode
from vssx.bitstream import h264, h265
from vssx.bitstream.nal import join_length_prefixed, split_annex_b
from vssx.bitstream.stream import ParameterSetTracker, configuration, is_clean_point
from vssx.errors import MalformedMediaError
from vssx.model.media import Codec

SLICE = {Codec.H264: b"\x41\x9a\x02", Codec.H265: b"\x02\x01\xd0"}


@pytest.fixture(scope="module", params=[Codec.H264, Codec.H265])
def clips(request, tmp_path_factory):
    """(codec, sets of a small picture, sets of a larger picture under the same ids)."""
    codec = request.param
    sets = []
    module, encoder, suffix = (h264, "libx264", "264") if codec is Codec.H264 else (h265, "libx265", "265")
    for number, size in enumerate(((64, 64), (128, 96))):
        # a raw stream: libav's MP4 muxer has been seen to refuse x265's own parameter sets, now and then
        path = encode(tmp_path_factory.mktemp("clip") / f"{number}.{suffix}", encoder, size=size, frames=2)
        found = [bytes(nal) for nal in split_annex_b(path.read_bytes()) if module.is_parameter_set(nal)]
        sets.append(module.configuration(found).parameter_sets)
    return codec, *sets


def test_the_same_object_while_the_sets_are_the_same(clips):
    codec, small, large = clips
    tracker = ParameterSetTracker(codec)
    first = tracker.update([*small, SLICE[codec]])
    assert (first.width, first.height) == (64, 64)
    assert first == configuration(codec, small)
    assert tracker.update([SLICE[codec]]) is first
    assert tracker.update(small) is first
    second = tracker.update(large)
    assert (second.width, second.height) == (128, 96)
    assert tracker.update(small) is first
    assert tracker.update(large) is second


def test_sets_of_a_session_description_are_replaced_by_those_in_the_stream(clips):
    codec, small, large = clips
    tracker = ParameterSetTracker(codec, small)
    assert tracker.current == configuration(codec, small)
    assert tracker.update(large) == configuration(codec, large)


def test_unreadable_and_incomplete_sets_of_a_session_description_are_no_obstacle(clips):
    codec, small, _ = clips
    broken = small[-2][:3]
    tracker = ParameterSetTracker(codec, [broken, small[-1]])
    assert tracker.current is None
    assert tracker.unreadable == [broken]
    with pytest.raises(MalformedMediaError):
        tracker.update([SLICE[codec]])
    assert tracker.update(small) == configuration(codec, small)


def test_a_broken_set_in_the_stream_is_reported_and_the_good_ones_are_taken(clips):
    codec, small, large = clips
    tracker = ParameterSetTracker(codec, small)
    broken = small[-2][:3]
    with pytest.raises(MalformedMediaError):
        tracker.update([broken, *large])
    assert tracker.current == configuration(codec, large)


def test_an_initial_configuration_is_used_as_it_is(clips):
    codec, small, large = clips
    initial = configuration(codec, small)
    tracker = ParameterSetTracker(codec, initial=initial)
    assert tracker.examine([SLICE[codec]]).configuration is initial
    assert tracker.examine([*small, SLICE[codec]]).configuration is initial
    other = configuration(codec, large)
    assert tracker.replace(other) is other
    assert tracker.replace(configuration(codec, small)) is initial


def test_what_an_access_unit_is(clips):
    codec, small, _ = clips
    tracker = ParameterSetTracker(codec, small)
    plain = tracker.examine_sample(join_length_prefixed([SLICE[codec]]))
    assert (plain.clean_point, plain.has_slice, plain.has_parameter_sets) == (False, True, False)
    sei = b"\x06\x05\x01\x00\x80" if codec is Codec.H264 else b"\x4e\x01\x05\x01\x00\x80"
    alone = tracker.examine([sei])
    assert (alone.clean_point, alone.has_slice, alone.has_parameter_sets) == (False, False, False)
    recovery = b"\x06\x06\x01\x84\x80" if codec is Codec.H264 else b"\x4e\x01\x06\x01\x84\x80"
    full = tracker.examine([*small, recovery, SLICE[codec]])
    assert (full.clean_point, full.has_slice, full.has_parameter_sets) == (True, True, True)
    assert is_clean_point(codec, [recovery, SLICE[codec]])
    with pytest.raises(MalformedMediaError):
        tracker.examine_sample(b"\0\0\0\5\x41")


def test_sets_that_alternate_forever_need_no_more_memory(clips):
    codec, small, large = clips
    tracker = ParameterSetTracker(codec, small)
    objects = set()
    for _ in range(100):
        objects.add(id(tracker.update(large)))
        objects.add(id(tracker.update(small)))
    assert len(objects) == 2


def test_only_video_has_nal_units():
    with pytest.raises(ValueError, match="AAC"):
        ParameterSetTracker(Codec.AAC)


def test_in_band_sets_of_an_encoder(tmp_path):
    path = encode(tmp_path / "clip.264", options={"g": "5", "x264-params": "repeat-headers=1:aud=1"}, frames=20)
    with av.open(str(path)) as file:
        units = [split_annex_b(bytes(packet)) for packet in file.demux(video=0) if packet.size]
    tracker = ParameterSetTracker(Codec.H264)
    examined = [tracker.examine(nals) for nals in units]
    assert len({id(one.configuration) for one in examined}) == 1
    assert [one.has_parameter_sets for one in examined] == [number % 5 == 0 for number in range(20)]
    assert [one.clean_point for one in examined] == [number % 5 == 0 for number in range(20)]


def test_parameter_sets_without_end_are_refused():
    tracker = ParameterSetTracker(
        Codec.H264, [b"\x67" + bytes.fromhex("42801696540601bd350606064000000300400000066101")]
    )
    pps = [b"\x68" + bytes([0x80 >> 1, number]) + b"\xff" * 60_000 for number in range(2)]
    ids = [b"\x68" + bytes([1, 8 * number + 4]) + b"\xff" * 60_000 for number in range(20)]
    with pytest.raises(MalformedMediaError, match="bytes of parameter sets"):
        tracker.update([*pps, *ids])
