"""Two access units with the same RTP timestamp: a marker is believed where the bitstream says the same."""

from __future__ import annotations

import pytest

from vssx.rtsp.depacketize import H264Depacketizer, H265Depacketizer
from vssx.rtsp.rtp import RtpPacket

SLICE_265, PREFIX_SEI_265, SUFFIX_SEI_265 = b"\x02\x01slice", b"\x4e\x01sei", b"\x50\x01sei"
AGGREGATE_265 = b"\x60\x01" + len(PREFIX_SEI_265).to_bytes(2, "big") + PREFIX_SEI_265
FRAGMENT_265 = b"\x62\x01" + bytes([0xC0 | 39]) + b"sei"
SLICE_264, SEI_264 = b"\x41slice", b"\x06sei"
AGGREGATE_264 = b"\x18" + len(SEI_264).to_bytes(2, "big") + SEI_264
FRAGMENT_264 = bytes([0x1C, 0xC0 | 6]) + b"sei"


def _units(depacketizer: H264Depacketizer | H265Depacketizer, *payloads: bytes) -> list[int]:
    """Number of NAL units of each access unit; every packet has a marker and the same timestamp."""
    out = []
    for number, payload in enumerate(payloads):
        packet = RtpPacket(96, True, number, 3600, 7, payload)
        out += depacketizer.push(packet, lost_before=0)
    out += depacketizer.flush()
    assert not any(unit.damaged for unit in out)
    return [len(unit.nal_units) for unit in out]


@pytest.mark.parametrize("sei", [PREFIX_SEI_265, AGGREGATE_265, FRAGMENT_265])
def test_h265_sei_behind_a_slice_is_the_next_unit(sei: bytes) -> None:
    assert _units(H265Depacketizer(), SLICE_265, sei) == [1, 1]


@pytest.mark.parametrize("sei", [SEI_264, AGGREGATE_264, FRAGMENT_264])
def test_h264_sei_behind_a_slice_is_the_next_unit(sei: bytes) -> None:
    assert _units(H264Depacketizer(), SLICE_264, sei) == [1, 1]


def test_markers_on_every_packet_do_not_tear_a_picture() -> None:
    assert _units(H265Depacketizer(), PREFIX_SEI_265, SLICE_265, SLICE_265, SUFFIX_SEI_265) == [4]
    assert _units(H264Depacketizer(), SEI_264, SLICE_264, SLICE_264) == [3]
