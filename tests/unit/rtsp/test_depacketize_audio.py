"""Sampled audio (RFC 3551) and LATM (RFC 6416) out of RTP."""

import pytest

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.rtsp.depacketize_audio import SampledAudioDepacketizer
from vssx.rtsp.depacketize_latm import LatmDepacketizer
from vssx.rtsp.rtp import RtpPacket, make_replay_extension, serialise_replay_extension

NS = 1_000_000_000


def packet(payload, timestamp=0, sequence=0, *, marker=False, extension=None):
    if extension is None:
        return RtpPacket(0, marker, sequence, timestamp, 1, payload)
    return RtpPacket(0, marker, sequence, timestamp, 1, payload, 0xABAC, serialise_replay_extension(extension))


def test_every_packet_is_a_unit():
    depacketizer = SampledAudioDepacketizer()
    extension = make_replay_extension(NS, cseq=3, clean_point=True)
    (first,) = depacketizer.push(packet(b"\x01\x02", 160, 7, extension=extension), lost_before=0)
    assert (first.nal_units, first.rtp_timestamp, first.first_sequence) == ((b"\x01\x02",), 160, 7)
    assert first.extension == extension
    (second,) = depacketizer.push(packet(b"\x03", 480, 10), lost_before=2)
    assert (second.lost_packets, second.damaged) == (2, False)
    (third,) = depacketizer.push(packet(b"\x03", 0, 0), lost_before=None)
    assert third.restarted
    assert depacketizer.flush() == []


def test_losses_outlive_an_empty_packet_and_the_end():
    depacketizer = SampledAudioDepacketizer()
    assert depacketizer.push(packet(b"", 160, 4), lost_before=3) == []
    (end,) = depacketizer.flush()
    assert (end.nal_units, end.lost_packets, end.rtp_timestamp) == ((), 3, 160)


@pytest.mark.parametrize(("block", "size"), [(4, 6), (3, 4), (5, 9)])
def test_a_payload_that_is_no_whole_number_of_samples_is_void(block, size):
    (unit,) = SampledAudioDepacketizer(block=block).push(packet(bytes(size)), lost_before=0)
    assert unit.nal_units == ()
    assert unit.damaged
    assert str(size) in unit.problems[0]


def unwrap(element):
    """A stand-in for a multiplex: each frame behind its length in a byte."""
    frames = []
    while element:
        size = element[0]
        if size == 0xFF:
            raise UnsupportedMediaError("several programs")
        if len(element) <= size:
            raise MalformedMediaError("ends too early")
        frames.append(element[1 : 1 + size])
        element = element[1 + size :]
    return frames, 1024


def push_all(depacketizer, packets):
    return [unit for one in packets for unit in depacketizer.push(one, lost_before=0)] + depacketizer.flush()


def test_an_element_over_several_packets_and_several_frames_in_it():
    extension = make_replay_extension(NS, cseq=3)
    units = push_all(
        LatmDepacketizer(unwrap),
        [
            packet(b"\x03a", 100, 1, extension=extension),
            packet(b"bc\x02de", 100, 2, marker=True),
            packet(b"\x01f", 2148, 3, marker=True),
        ],
    )
    assert [unit.nal_units for unit in units] == [(b"abc",), (b"de",), (b"f",)]
    assert [unit.rtp_timestamp for unit in units] == [100, 1124, 2148]
    assert [unit.extension for unit in units] == [extension, None, None]
    assert not any(unit.damaged for unit in units)


def test_a_marker_on_every_packet_does_not_tear_an_element():
    units = push_all(
        LatmDepacketizer(unwrap),
        [packet(b"\x03a", 100, 1, marker=True), packet(b"bc", 100, 2, marker=True), packet(b"\x01f", 1124, 3)],
    )
    assert [unit.nal_units for unit in units] == [(b"abc",), (b"f",)]


def test_a_clock_that_stands_still_does_not_join_elements():
    units = push_all(
        LatmDepacketizer(unwrap), [packet(b"\x01a", 100, 1, marker=True), packet(b"\x01b", 100, 2, marker=True)]
    )
    assert [unit.nal_units for unit in units] == [(b"a",), (b"b",)]


def test_a_lost_fragment_voids_its_element_only():
    depacketizer = LatmDepacketizer(unwrap)
    units = depacketizer.push(packet(b"\x05ab", 100, 1), lost_before=0)
    units += depacketizer.push(packet(b"e", 100, 3, marker=True), lost_before=1)
    units += depacketizer.push(packet(b"\x01f", 1124, 4, marker=True), lost_before=0)
    units += depacketizer.flush()
    assert [unit.nal_units for unit in units] == [(), (b"f",)]
    assert (units[0].lost_packets, units[0].damaged) == (1, True)
    assert "not whole" in units[0].problems[-1]


def test_a_whole_element_behind_a_loss_is_whole():
    depacketizer = LatmDepacketizer(unwrap)
    units = depacketizer.push(packet(b"\x01a", 100, 1, marker=True), lost_before=0)
    units += depacketizer.push(packet(b"\x01b", 3172, 4, marker=True), lost_before=2)
    units += depacketizer.flush()
    assert [(unit.nal_units, unit.damaged) for unit in units] == [((b"a",), False), ((b"b",), False)]
    assert sum(unit.lost_packets for unit in units) == 2


def test_a_multiplex_that_is_not_carried_ends_the_export_only_where_nothing_is_torn():
    """The rest of an element whose start was lost may begin with any bits."""
    depacketizer = LatmDepacketizer(unwrap)
    units = depacketizer.push(packet(b"\x01a", 100, 1, marker=True), lost_before=0)
    units += depacketizer.push(packet(b"\xff", 1124, 3, marker=True), lost_before=1)
    units += depacketizer.push(packet(b"\x01b", 2148, 4, marker=True), lost_before=0)
    units += depacketizer.flush()
    assert [(unit.nal_units, unit.damaged) for unit in units] == [((b"a",), False), ((), True), ((b"b",), False)]
    depacketizer.push(packet(b"\xff", 3172, 5, marker=True), lost_before=0)
    with pytest.raises(UnsupportedMediaError, match="several programs"):
        depacketizer.flush()
