"""Units into packets: by the octet (that they come back is in tests/property)."""

from __future__ import annotations

import pytest

from vssx.errors import MalformedMediaError
from vssx.rtsp.depacketize import H264Depacketizer, H265Depacketizer
from vssx.rtsp.packetize import (
    RtpSender,
    aggregate_aac,
    packetize_aac,
    packetize_h264,
    packetize_h265,
    packetize_metadata,
)
from vssx.rtsp.rtp import make_replay_extension, parse_rtp, replay_extension


def test_h264_by_the_octet():
    sps, pps, idr = bytes.fromhex("6742"), bytes.fromhex("08ce06"), b"\x65" + bytes(range(30))
    payloads = packetize_h264([sps, pps, idr], 17)
    assert payloads[0].hex() == "78" + "00026742" + "000308ce06"  # STAP-A with the higher NRI of the two
    assert payloads[1] == b"\x7c\x85" + bytes(range(15))
    assert payloads[2] == b"\x7c\x45" + bytes(range(15, 30))
    assert packetize_h264([sps, pps], 17, aggregate=False) == [sps, pps]
    assert packetize_h264([idr], 31) == [idr]
    assert packetize_h264([]) == []


def test_h265_by_the_octet():
    vps, sps, idr = bytes.fromhex("4009ff"), bytes.fromhex("4202ff"), b"\x26\x01" + bytes(range(28))
    payloads = packetize_h265([vps, sps, idr], 17)
    assert payloads[0].hex() == "6001" + "00034009ff" + "00034202ff"  # AP: lowest layer, lowest temporal id
    assert payloads[1] == b"\x62\x01\x93" + bytes(range(14))
    assert payloads[2] == b"\x62\x01\x53" + bytes(range(14, 28))
    assert packetize_h265([vps, sps], 17, aggregate=False) == [vps, sps]


@pytest.mark.parametrize("kind", range(32))
@pytest.mark.parametrize("size", [1, 15, 16, 17, 40])
def test_every_h264_type_and_size_comes_back(kind, size):
    nal = bytes([0x60 | kind]) + bytes(size - 1)
    depacketizer = H264Depacketizer()
    for raw in RtpSender(payload_type=96, ssrc=1).send(packetize_h264([nal], 16), 0):
        depacketizer.push(parse_rtp(raw), lost_before=0)
    (unit,) = depacketizer.flush()
    assert unit.nal_units == (nal,)
    assert not unit.damaged


@pytest.mark.parametrize("kind", range(64))
@pytest.mark.parametrize("size", [2, 15, 16, 17, 40])
def test_every_h265_type_and_size_comes_back(kind, size):
    nal = bytes([kind << 1 | 1, 0x0B]) + bytes(size - 2)
    depacketizer = H265Depacketizer()
    for raw in RtpSender(payload_type=96, ssrc=1).send(packetize_h265([nal], 16), 0):
        depacketizer.push(parse_rtp(raw), lost_before=0)
    (unit,) = depacketizer.flush()
    assert unit.nal_units == (nal,)
    assert not unit.damaged


def test_aac_by_the_octet():
    assert packetize_aac(b"abc") == [bytes.fromhex("0010 0018") + b"abc"]
    assert packetize_aac(b"a" * 20, 16) == [
        bytes.fromhex("0010 00a0") + b"a" * 12,
        bytes.fromhex("0010 00a0") + b"a" * 8,
    ]
    assert aggregate_aac([b"a", b"bc"]) == bytes.fromhex("0020 0008 0010") + b"abc"


@pytest.mark.parametrize(
    "make",
    [
        lambda: packetize_h264([b""]),
        lambda: packetize_h265([b""]),
        lambda: packetize_h265([b"x"]),
        lambda: packetize_aac(b""),
        lambda: packetize_aac(bytes(8192)),
        lambda: aggregate_aac([]),
    ],
)
def test_what_cannot_be_sent(make):
    with pytest.raises(MalformedMediaError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: packetize_h264([b"ab"], 15),
        lambda: packetize_h265([b"ab"], 15),
        lambda: packetize_aac(b"ab", 15),
        lambda: packetize_metadata(b"ab", 0),
    ],
)
def test_payloads_too_small(make):
    with pytest.raises(ValueError):
        make()


def test_sender():
    sender = RtpSender(payload_type=96, ssrc=7, sequence=65535)
    extension = make_replay_extension(10**9, cseq=2, clean_point=True)
    first, second = (parse_rtp(raw) for raw in sender.send([b"a", b"bc"], 1 << 32, extension))
    assert (first.sequence, first.marker, first.timestamp, first.ssrc) == (65535, False, 0, 7)
    assert (second.sequence, second.marker) == (0, True)
    assert replay_extension(first) == extension
    assert replay_extension(second) is None
    assert (sender.sequence, sender.packets, sender.octets) == (1, 2, 3)
    raws = sender.send([b"a", b"b"], 0, extension, extension_on_all=True)
    assert [replay_extension(parse_rtp(raw)) for raw in raws] == [extension, extension]
    assert sender.send([], 0) == []
