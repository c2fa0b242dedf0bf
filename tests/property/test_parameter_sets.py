"""Parameter sets: parse(serialize(x)) == x, and nothing but VssxError leaves a reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_nal import escaped
from vssx.bitstream import aac, h264, h265
from vssx.bitstream.h264_sets import parse_pps_ids, parse_sps
from vssx.bitstream.picture_order import PictureOrder
from vssx.bitstream.stream import ParameterSetTracker
from vssx.errors import VssxError
from vssx.model.media import Codec

BOTTLE = bytes.fromhex("0164001effe1001a6764001eacd940a02ff97011000003000600000301660f162d9601000668ebe24b22c0")
CAMERA = bytes.fromhex(
    "0121400000008000000000007bf000fcfdf8f800000f03200001001840010c01ffff21400000030080000003000003007b13024021"
    "0001002c42010121400000030080000003000003007ba0050201e16793b91283caae6e02020208006ddd000cdfe600402200010008"
    "4401c0373c046c90"
)
_SETS = {
    Codec.H264: h264.from_avcc(BOTTLE)[1].parameter_sets,
    Codec.H265: h265.from_hvcc(CAMERA)[1].parameter_sets,
}


def _ue(value: int) -> str:
    return f"{value + 1:b}".zfill(2 * (value + 1).bit_length() - 1)


def _nal(header: int, bits: str) -> bytes:
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return bytes([header]) + escaped(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)))


@given(
    st.integers(0, 31),
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(1, 120),
    st.integers(1, 120),
    st.booleans(),
    st.tuples(*[st.integers(0, 3)] * 4),
    st.none() | st.integers(0, 16),
    st.none() | st.tuples(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1)),
)
def test_an_h264_sps_is_read_as_it_was_written(
    sps_id, frame_bits, poc_bits, width, height, progressive, crop, reorder, timing
):
    bits = f"{100:08b}{0:08b}{40:08b}" + _ue(sps_id) + _ue(1) + _ue(0) + _ue(0) + "00"
    bits += _ue(frame_bits) + _ue(0) + _ue(poc_bits) + _ue(2) + "0" + _ue(width - 1) + _ue(height - 1)
    bits += ("1" if progressive else "00") + "1" + "1" + "".join(map(_ue, crop)) + "1"
    bits += "0000" + ("1" + f"{timing[0]:032b}{timing[1]:032b}1" if timing else "0") + "000"
    bits += "0" if reorder is None else "11" + _ue(2) + _ue(1) + _ue(16) + _ue(16) + _ue(reorder) + _ue(16)
    sps = parse_sps(_nal(0x67, bits))
    fields = 1 if progressive else 2
    assert (sps.id, sps.profile_idc, sps.level_idc) == (sps_id, 100, 40)
    assert (sps.log2_max_frame_num, sps.log2_max_poc_lsb) == (frame_bits + 4, poc_bits + 4)
    assert sps.width == 16 * width - 2 * (crop[0] + crop[1])
    assert sps.height == 16 * height * fields - 2 * fields * (crop[2] + crop[3])
    assert sps.reorder_frames == reorder
    if timing:
        assert sps.frame_duration * timing[1] == 2 * timing[0]


@given(st.integers(0, 255), st.integers(0, 31))
def test_an_h264_pps_is_read_as_it_was_written(pps_id, sps_id):
    assert parse_pps_ids(_nal(0x68, _ue(pps_id) + _ue(sps_id) + "0101")) == (pps_id, sps_id)


@given(st.sampled_from([h264.from_avcc, h265.from_hvcc, aac.configuration, aac.parse_adts]), st.binary(max_size=80))
def test_any_bytes_are_a_configuration_or_refused(reader, data):
    for one in (data, b"\x01" + data, b"\xff\xf1" + data):
        try:
            reader(one)
        except VssxError:
            continue


@given(st.sampled_from([Codec.H264, Codec.H265]), st.data())
def test_damaged_parameter_sets_are_read_or_refused(codec, data):
    sets = []
    for nal in _SETS[codec]:
        changed = bytearray(nal)
        for _ in range(data.draw(st.integers(0, 4))):
            changed[data.draw(st.integers(1, len(nal) - 1))] = data.draw(st.integers(0, 255))
        sets.append(bytes(changed[: data.draw(st.integers(1, len(nal)))]))
    tracker = ParameterSetTracker(codec, sets)
    order = PictureOrder(codec)
    try:
        configuration = tracker.update(sets)
        order.use(sets)
        order.read([data.draw(st.binary(max_size=40))])
    except VssxError:
        return
    assert configuration.width > 0
    assert configuration.height > 0
    assert 0 <= configuration.reorder_depth <= 16


@given(st.sampled_from([Codec.H264, Codec.H265]), st.lists(st.binary(max_size=30), max_size=6))
def test_any_access_unit_is_examined_or_refused(codec, nals):
    tracker = ParameterSetTracker(codec, _SETS[codec])
    known = tracker.current
    try:
        examined = tracker.examine(nals)
    except VssxError:
        return
    assert examined.configuration is known or examined.has_parameter_sets
    assert not examined.clean_point or examined.has_slice
