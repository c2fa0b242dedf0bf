"""Where a stream stops: does anything show that its last unit is whole?"""

from __future__ import annotations

import pytest

from vssx.rtsp.depacketize import H264Depacketizer
from vssx.rtsp.rtp import RtpPacket


@pytest.mark.parametrize(
    ("markers", "open_end"),
    [
        ((0, 1, 0, 1), False),
        ((0, 1, 0, 0), True),
        ((0, 0, 0, 0), True),  # never set
        ((1, 1, 1, 1), True),  # set on every packet: the unit before went on behind one
    ],
)
def test_a_marker_is_believed_where_it_was_right(markers, open_end):
    """Pictures of two slices, a packet each."""
    depacketizer = H264Depacketizer()
    for number, marker in enumerate(markers):
        packet = RtpPacket(96, bool(marker), number, 3600 * (number // 2), 7, b"\x41slice")
        units = depacketizer.push(packet, lost_before=0)
        assert not any(unit.open_end for unit in units)
    (last,) = depacketizer.flush()
    assert last.open_end == open_end
