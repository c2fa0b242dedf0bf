"""AAC out of RTP (RFC 3640)."""

from __future__ import annotations

import pytest

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.rtsp.depacketize import AacDepacketizer
from vssx.rtsp.rtp import RtpPacket, make_replay_extension, serialise_replay_extension

HBR = {"sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}


def packet(payload, timestamp=0, sequence=0, extension=None):
    if extension is None:
        return RtpPacket(97, True, sequence, timestamp, 1, payload)
    return RtpPacket(97, True, sequence, timestamp, 1, payload, 0xABAC, serialise_replay_extension(extension))


def test_two_frames_by_the_octet():
    depacketizer = AacDepacketizer(HBR)
    extension = make_replay_extension(10**9, cseq=3, clean_point=True)
    # 32 bits of headers: 2 octets and index 0, 3 octets and index delta 0
    units = depacketizer.push(packet(bytes.fromhex("0020 0010 0018 aabb ccddee"), 5, 7, extension), lost_before=0)
    assert [unit.nal_units for unit in units] == [(b"\xaa\xbb",), (b"\xcc\xdd\xee",)]
    assert [unit.rtp_timestamp for unit in units] == [5, 1029]
    assert [unit.extension for unit in units] == [extension, None]
    assert {unit.first_sequence for unit in units} == {7}
    assert depacketizer.flush() == []


def test_low_bit_rate_and_960_samples():
    low = AacDepacketizer({"sizelength": "6", "indexlength": "2", "indexdeltalength": "2"}, frame_ticks=960)
    units = low.push(packet(bytes.fromhex("0010 0804 aabb cc"), 0xFFFFFFFF), lost_before=0)
    assert [unit.nal_units for unit in units] == [(b"\xaa\xbb",), (b"\xcc",)]
    assert [unit.rtp_timestamp for unit in units] == [0xFFFFFFFF, 959]


def test_optional_fields_of_a_header():
    odd = AacDepacketizer(
        {"sizelength": "8", "ctsdeltalength": "8", "dtsdeltalength": "4", "randomaccessindication": "1",
         "streamstateindication": "2", "auxiliarydatasizelength": "8", "constantduration": "2048"}
    )  # fmt: skip
    # size 2, CTS flag and delta, no DTS, random access, stream state; then 8 bits of auxiliary size: 4 bits follow
    header = (2 << 13 | 1 << 12 | 0xAB << 4 | 0 << 3 | 1 << 2 | 3).to_bytes(3, "big")
    bits = int.from_bytes(header, "big")
    payload = (21).to_bytes(2, "big") + (bits << 3).to_bytes(3, "big") + b"\x04\xf0" + b"\x01\x02"
    (unit,) = odd.push(packet(payload), lost_before=0)
    assert unit.nal_units == (b"\x01\x02",)


def test_constant_size_and_no_headers():
    units = AacDepacketizer({"constantsize": "2"}).push(packet(b"aabbcc"), lost_before=0)
    assert [unit.nal_units for unit in units] == [(b"aa",), (b"bb",), (b"cc",)]
    (unit,) = AacDepacketizer({}).push(packet(b"whole"), lost_before=0)
    assert unit.nal_units == (b"whole",)


def fragment(content, size, timestamp=0, sequence=0):
    return packet(b"\x00\x10" + (size << 3).to_bytes(2, "big") + content, timestamp, sequence)


def test_fragmented_frame():
    depacketizer = AacDepacketizer(HBR)
    assert depacketizer.push(fragment(b"aa", 5, 9, 1), lost_before=0) == []
    assert depacketizer.push(fragment(b"bb", 5, 9, 2), lost_before=0) == []
    (unit,) = depacketizer.push(fragment(b"c", 5, 9, 3), lost_before=0)
    assert (unit.nal_units, unit.first_sequence, unit.damaged) == ((b"aabbc",), 1, False)


def test_lost_fragments():
    depacketizer = AacDepacketizer(HBR)
    depacketizer.push(fragment(b"aa", 6), lost_before=0)
    assert depacketizer.push(fragment(b"cc", 6), lost_before=1) == []
    gone, whole = depacketizer.push(fragment(b"zz", 2, 1024), lost_before=0)
    assert (gone.nal_units, gone.damaged, gone.lost_packets, gone.rtp_timestamp) == ((), True, 1, 0)
    assert (whole.nal_units, whole.damaged, whole.lost_packets) == ((b"zz",), False, 0)
    depacketizer.push(fragment(b"aa", 6, 2048), lost_before=2)
    (cut,) = depacketizer.flush()
    assert (cut.damaged, cut.lost_packets) == (True, 2)


def test_loss_before_a_whole_frame_does_not_damage_it():
    depacketizer = AacDepacketizer(HBR)
    (unit,) = depacketizer.push(fragment(b"aa", 2), lost_before=4)
    assert (unit.damaged, unit.lost_packets, unit.restarted) == (False, 4, False)
    (unit,) = depacketizer.push(fragment(b"bb", 2, 1024), lost_before=None)
    assert (unit.damaged, unit.lost_packets, unit.restarted) == (False, 0, True)


@pytest.mark.parametrize("payload", ["00", "0010", "001000", "ffff00", "0008ff", "0020 0010 0018 aabb cc"])
def test_broken_packets_are_declared(payload):
    units = AacDepacketizer(HBR).push(packet(bytes.fromhex(payload)), lost_before=0)
    assert units[-1].damaged
    assert units[-1].nal_units == ()
    assert units[-1].problems


def test_more_than_the_frame_is_damage():
    depacketizer = AacDepacketizer(HBR)
    depacketizer.push(fragment(b"aa", 3), lost_before=0)
    assert depacketizer.push(fragment(b"bbb", 3), lost_before=0) == []
    (unit,) = depacketizer.flush()
    assert unit.damaged


def test_interleaving_is_named():
    with pytest.raises(UnsupportedMediaError, match="interleaved"):
        AacDepacketizer(HBR).push(packet(bytes.fromhex("0020 0010 0019 aabb ccddee")), lost_before=0)


@pytest.mark.parametrize("value", ["x", "-1", "33", "1e3", "9999999999", "١"])
def test_parameters_that_are_no_numbers(value):
    with pytest.raises(MalformedMediaError, match="sizelength"):
        AacDepacketizer({"sizelength": value})


def test_headers_without_bits_come_to_an_end():
    """indexlength alone: the first header has 3 bits, all others none."""
    (unit,) = AacDepacketizer({"indexlength": "3"}).push(packet(bytes.fromhex("0010 0000 aa")), lost_before=0)
    assert unit.damaged
