"""RTP, the replay extension, sequence numbers, RTCP: by the octet."""

from __future__ import annotations

import pytest

from vssx.errors import MalformedMediaError
from vssx.rtsp.packet_order import SequenceTracker
from vssx.rtsp.rtcp import (
    Bye,
    OtherRtcp,
    ReceiverReport,
    SenderReport,
    parse_rtcp,
    serialise_rtcp,
    source_description,
)
from vssx.rtsp.rtp import (
    RtpPacket,
    make_replay_extension,
    parse_rtp,
    replay_extension,
    serialise_replay_extension,
    serialise_rtp,
)
from vssx.times import from_clock

# Version 2, extension, payload type 96 with marker, sequence 258, timestamp 1, SSRC 2; extension 0xABAC of 3 words:
# NTP time 3886000000 s and a half, C and D, CSeq 7 (ONVIF Streaming Specification, RTP header extension).
REPLAY = bytes.fromhex("90e00102 00000001 00000002 abac0003 e79f9f8080000000 a0070000") + b"data"


def test_replay_packet_by_the_octet():
    packet = parse_rtp(REPLAY)
    assert packet == RtpPacket(96, True, 258, 1, 2, b"data", 0xABAC, REPLAY[16:28])
    extension = replay_extension(packet)
    assert extension.ntp_time == 0xE79F9F8080000000
    assert extension.utc_ns == (0xE79F9F80 - 2_208_988_800) * 10**9 + 5 * 10**8
    assert (extension.clean_point, extension.end_of_section) == (True, False)
    assert (extension.discontinuity, extension.terminal, extension.cseq) == (True, False, 7)
    assert serialise_rtp(packet) == REPLAY


def test_flags_and_cseq():
    made = make_replay_extension(from_clock("20090615T114900.440Z"), cseq=0x1FF, end_of_section=True, terminal=True)
    assert (made.cseq, made.end_of_section, made.terminal, made.clean_point) == (255, True, True, False)
    assert abs(made.utc_ns - from_clock("20090615T114900.440Z")) <= 1


@pytest.mark.parametrize("extension", [(None, b""), (0xABAD, bytes(12)), (0xABAC, bytes(8)), (0xBEDE, b"")])
def test_other_extensions_are_kept_but_no_replay_time(extension):
    packet = RtpPacket(96, False, 1, 2, 3, b"x", *extension)
    assert parse_rtp(serialise_rtp(packet)) == packet
    assert replay_extension(packet) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(11),
        b"\x00" + bytes(20),  # version 0
        b"\xc0" + bytes(20),  # version 3
        b"\x8f" + bytes(40),  # 15 sources do not fit
        b"\x90" + bytes(12),  # no room for the extension's head
        REPLAY[:27],
        b"\xa0" + bytes(11) + b"\x00",  # padding of 0
        b"\xa0" + bytes(11) + b"\x02",  # padding longer than the rest
        b"\xa0" + bytes(11),  # padding, and nothing there
    ],
)
def test_truncated_packets(data):
    with pytest.raises(MalformedMediaError):
        parse_rtp(data)


def test_every_cut_of_a_packet_is_refused_or_shorter():
    packet = RtpPacket(96, True, 1, 2, 3, b"payload", 0xABAC, bytes(16), (7, 8), 4)
    data = serialise_rtp(packet)
    assert parse_rtp(data) == packet
    for cut in range(12 + 8 + 4 + 16):
        with pytest.raises(MalformedMediaError):
            parse_rtp(data[:cut])


@pytest.mark.parametrize(
    "change",
    [
        {"extension": b"abc"}, {"extension": b"abcd", "extension_profile": None}, {"csrc": (1,) * 16}, {"padding": 256},
        {"sequence": 65536}, {"timestamp": -1}, {"csrc": (-1,)}, {"payload_type": 300},
    ],
)  # fmt: skip
def test_impossible_packets(change):
    packet = RtpPacket(96, True, 1, 2, 3, b"", 0xABAC, b"")._replace(**change)
    with pytest.raises(ValueError):
        serialise_rtp(packet)


def packet(sequence, ssrc=1):
    return RtpPacket(96, False, sequence & 0xFFFF, 0, ssrc, b"")


def run(tracker, numbers):
    return [
        (ordered.packet.sequence, ordered.lost_before) for number in numbers for ordered in tracker.push(packet(number))
    ]


def test_in_order_over_the_wrap():
    assert run(SequenceTracker(), [65534, 65535, 0, 1]) == [(65534, 0), (65535, 0), (0, 0), (1, 0)]


def test_reordered_and_twice():
    tracker = SequenceTracker(4)
    assert run(tracker, [10, 12, 13, 12, 11, 10, 14]) == [(10, 0), (11, 0), (12, 0), (13, 0), (14, 0)]
    assert (tracker.lost, tracker.ignored) == (0, 2)


def test_lost_when_the_window_is_full():
    tracker = SequenceTracker(2)
    assert run(tracker, [65533, 65535, 1]) == [(65533, 0)]
    assert run(tracker, [2]) == [(65535, 1)]
    assert run(tracker, [5]) == [(1, 1), (2, 0)]
    assert [(o.packet.sequence, o.lost_before) for o in tracker.flush()] == [(5, 2)]
    assert tracker.lost == 4
    assert run(tracker, [0]) == []
    assert tracker.ignored == 1


def test_without_a_window_nothing_waits():
    assert run(SequenceTracker(0), [1, 3, 2, 4]) == [(1, 0), (3, 1), (4, 0)]
    with pytest.raises(ValueError):
        SequenceTracker(-1)


def test_a_jump_or_another_source_starts_anew():
    tracker = SequenceTracker(8)
    assert run(tracker, [1, 3, 40000]) == [(1, 0)]
    assert run(tracker, [40001]) == [(3, 1), (40000, None), (40001, 0)]
    assert tracker.restarts == 1
    assert tracker.push(packet(40002, ssrc=9)) == []
    assert [o.lost_before for o in tracker.push(packet(40003, ssrc=9))] == [None, 0]
    assert tracker.restarts == 2
    tracker.restart()
    assert run(tracker, [7]) == [(7, 0)]


def timed(sequence, timestamp, *, ssrc=1, bits=""):
    extension = make_replay_extension(10**18, cseq=1, discontinuity="D" in bits)
    return packet(sequence, ssrc)._replace(
        timestamp=timestamp & 0xFFFFFFFF, extension_profile=0xABAC, extension=serialise_replay_extension(extension)
    )


def handed(tracker, *packets):
    return [(o.packet.sequence, o.lost_before) for one in packets for o in tracker.push(one)]


@pytest.mark.parametrize(
    ("jump", "ticks", "lost"),
    [(3500, 76_500, 3500), (60_000, 76_500, 60_000), (3500, 90_000 * 120, None), (3500, -10, None), (3500, 0, None)],
)
def test_a_jump_over_a_plausible_time_is_a_loss(jump, ticks, lost):
    tracker = SequenceTracker()
    at = 0xFFFFF000
    assert handed(tracker, timed(10, at), timed(11 + jump, at + ticks)) == [(10, 0)]
    assert handed(tracker, timed(12 + jump, at + ticks)) == [((11 + jump) & 0xFFFF, lost), ((12 + jump) & 0xFFFF, 0)]
    assert (tracker.lost, tracker.restarts) == (lost or 0, lost is None)


@pytest.mark.parametrize("back", [2, 26, 99, 100])
@pytest.mark.parametrize("ticks", [3600, 90_000 * 3600, -90_000 * 60])
@pytest.mark.parametrize("bits", ["", "D"])
def test_numbers_that_start_anew_a_little_back_are_no_duplicates(back, ticks, bits):
    tracker = SequenceTracker()
    handed(tracker, *(timed(1000 + n, 100) for n in range(200)))
    first = 1200 - back
    got = handed(tracker, timed(first, 100 + ticks, bits=bits), timed(first + 1, 100 + ticks))
    assert got == [(first, None), (first + 1, 0)]
    assert (tracker.ignored, tracker.stray, tracker.restarts) == (0, 0, 1)


def test_numbers_that_start_anew_one_back_cost_a_packet_that_is_counted():
    tracker = SequenceTracker()
    assert handed(tracker, timed(10, 1), timed(10, 2), timed(11, 2), timed(12, 2)) == [(10, 0), (11, 0), (12, 0)]
    tracker.flush()
    assert (tracker.ignored, tracker.stray) == (0, 1)
    told = [timed(10, 1), timed(10, 2, bits="D"), timed(11, 2)]
    assert handed(SequenceTracker(), *told) == [(10, 0), (10, None), (11, 0)]


def test_what_is_out_of_line_alone_starts_nothing():
    tracker = SequenceTracker()
    alone = [timed(5, 9000), timed(30_000, 100), timed(12, 100, ssrc=4)]
    packets = [timed(10, 100), alone[0], timed(11, 100), alone[1], timed(12, 100), alone[2], timed(13, 100)]
    assert handed(tracker, *packets) == [(10, 0), (11, 0), (12, 0), (13, 0)]
    assert handed(tracker, timed(40_000, 0)) == []
    assert (tracker.stray, tracker.restarts, tracker.lost) == (3, 0, 0)
    assert [(o.packet.sequence, o.lost_before) for o in tracker.flush()] == [(40_000, None)]  # none comes behind it
    assert tracker.stray == 3


def test_two_that_change_places_start_anew_too():
    tracker = SequenceTracker()
    assert handed(tracker, timed(1, 1), timed(9001, 5), timed(9000, 5)) == [(1, 0), (9000, 8998), (9001, 0)]


def test_duplicates_amid_reordered_pictures_are_duplicates():
    """Shown in another order: what comes twice has a newer RTP timestamp than the packet before it."""
    tracker = SequenceTracker()
    sent = [timed(1, 10_800), timed(2, 10_800), timed(3, 3600)]
    assert handed(tracker, *sent, *sent[:2], sent[2], timed(4, 7200)) == [(1, 0), (2, 0), (3, 0), (4, 0)]
    assert (tracker.ignored, tracker.stray) == (3, 0)


def test_sender_report_by_the_octet():
    data = bytes.fromhex("80c80006 00000001 0000000200000003 00000004 00000005 00000006")
    report = SenderReport(ssrc=1, ntp_time=0x0000000200000003, rtp_timestamp=4, packets=5, octets=6)
    assert parse_rtcp(data) == (report,)
    assert serialise_rtcp(report) == data


def test_compound_with_bye():
    data = (
        serialise_rtcp(ReceiverReport(ssrc=5))
        + source_description(5, "cam")
        + serialise_rtcp(Bye(ssrcs=(5, 6), reason="over"))
    )
    assert len(data) % 4 == 0
    assert parse_rtcp(memoryview(data)) == (
        ReceiverReport(ssrc=5), OtherRtcp(packet_type=202), Bye(ssrcs=(5, 6), reason="over")
    )  # fmt: skip
    assert parse_rtcp(b"\x81\xcb\x00\x01\x00\x00\x00\x07") == (Bye(ssrcs=(7,)),)
    with pytest.raises(ValueError):
        serialise_rtcp(Bye(ssrcs=(1,) * 32))


@pytest.mark.parametrize(
    "data",
    ["80c8", "00c80000", "80c80001", "80c8000100000001", "80c90000", "82cb000100000001"],
)
def test_truncated_rtcp(data):
    with pytest.raises(MalformedMediaError):
        parse_rtcp(bytes.fromhex(data))
