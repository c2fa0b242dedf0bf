"""Units out of packets: by the octet, and with what recorders and networks do to them."""

from __future__ import annotations

import pytest

from vssx.errors import UnsupportedMediaError
from vssx.rtsp import units as units_module
from vssx.rtsp.depacketize import H264Depacketizer, H265Depacketizer
from vssx.rtsp.depacketize_metadata import MetadataDepacketizer
from vssx.rtsp.rtp import RtpPacket, make_replay_extension, serialise_replay_extension

SECOND = 10**9


def packet(payload, timestamp=0, marker=False, sequence=0, **bits):
    if not bits:
        return RtpPacket(96, marker, sequence, timestamp, 1, payload)
    extension = make_replay_extension(bits.pop("at", 0) * SECOND, cseq=1, **bits)
    return RtpPacket(96, marker, sequence, timestamp, 1, payload, 0xABAC, serialise_replay_extension(extension))


def run(depacketizer, *packets, flush=True):
    """Packets, or (packet, lost before)."""
    out = []
    for each in packets:
        data, lost = each if not isinstance(each, RtpPacket) else (each, 0)
        out += depacketizer.push(data, lost_before=lost)
    return out + (depacketizer.flush() if flush else [])


def test_h264_packet_types_by_the_octet():
    (unit,) = run(
        H264Depacketizer(),
        packet(bytes.fromhex("18 0002 6742 0003 68ce06"), sequence=9),  # STAP-A
        packet(bytes.fromhex("06 05")),  # single: SEI
        packet(bytes.fromhex("7c 85 aabb")),  # FU-A, start, of an IDR slice
        packet(bytes.fromhex("7c 05 cc")),
        packet(bytes.fromhex("7c 45 dd"), marker=True),
    )
    assert [nal.hex() for nal in unit.nal_units] == ["6742", "68ce06", "0605", "65aabbccdd"]
    assert (unit.damaged, unit.problems, unit.first_sequence) == (False, (), 9)


def test_h265_packet_types_by_the_octet():
    (unit,) = run(
        H265Depacketizer(),
        packet(bytes.fromhex("6001 0003 400101 0003 420102")),  # AP
        packet(bytes.fromhex("4401 c0")),  # single: PPS
        packet(bytes.fromhex("6201 93 aabb")),  # FU, start, of IDR_W_RADL (19)
        packet(bytes.fromhex("6201 13 cc")),
        packet(bytes.fromhex("6201 53 dd"), marker=True),
    )
    assert [nal.hex() for nal in unit.nal_units] == ["400101", "420102", "4401c0", "2601aabbccdd"]
    assert not unit.damaged


def test_h265_with_decoding_order_numbers():
    (unit,) = run(
        H265Depacketizer(donl=True),
        packet(bytes.fromhex("6001 0001 0003 400101 00 0003 420102")),
        packet(bytes.fromhex("4401 0003 c0")),
        packet(bytes.fromhex("6201 93 0004 aabb")),
        packet(bytes.fromhex("6201 53 dd"), marker=True),
    )
    assert [nal.hex() for nal in unit.nal_units] == ["400101", "420102", "4401c0", "2601aabbdd"]
    with pytest.raises(UnsupportedMediaError, match="decoding order"):
        run(H265Depacketizer(donl=True), packet(bytes.fromhex("4401 0003 c0")), packet(bytes.fromhex("4401 0002 c0")))


@pytest.mark.parametrize("lost_before", [None, 40_000])
def test_decoding_order_numbers_begin_anew_behind_a_break(lost_before):
    depacketizer = H265Depacketizer(donl=True)
    depacketizer.push(packet(bytes.fromhex("4401 0003 c0"), marker=True), lost_before=0)
    depacketizer.push(packet(bytes.fromhex("4401 0002 c0"), timestamp=3600, marker=True), lost_before=lost_before)
    assert depacketizer.flush()[-1].nal_units == (bytes.fromhex("4401c0"),)


@pytest.mark.parametrize("kind", [25, 26, 27, 29])
def test_interleaved_h264_is_named(kind):
    with pytest.raises(UnsupportedMediaError, match="mode 2"):
        run(H264Depacketizer(), packet(bytes([kind, 0, 0, 0])))


def test_paci_is_named():
    with pytest.raises(UnsupportedMediaError, match="PACI"):
        run(H265Depacketizer(), packet(b"\x64\x01\x00\x00"))


@pytest.mark.parametrize(
    ("depacketizer", "payload", "whole"),
    [
        (H264Depacketizer, "00aa", []),  # reserved
        (H264Depacketizer, "1eaa", []),
        (H264Depacketizer, "7c", []),
        (H264Depacketizer, "7c85", []),
        (H264Depacketizer, "7c05aa", []),  # a middle without start
        (H264Depacketizer, "7c45aa", []),
        (H264Depacketizer, "18 0002 6742 0009 68", ["6742"]),  # the second is cut short
        (H264Depacketizer, "18 01", []),
        (H264Depacketizer, "7c85aabb", ["65aabb"]),  # never ended, and nothing follows: no loss, so it is all there
        (H265Depacketizer, "46", []),
        (H265Depacketizer, "6201", []),
        (H265Depacketizer, "620193", []),
        (H265Depacketizer, "7e01aa", []),  # reserved 63
    ],
)
def test_broken_payloads_are_declared(depacketizer, payload, whole):
    (unit,) = run(depacketizer(), packet(bytes.fromhex(payload), marker=True))
    assert [nal.hex() for nal in unit.nal_units] == whole
    assert unit.damaged
    assert unit.problems
    assert unit.lost_packets == 0


def test_padding_in_an_aggregation_packet_is_no_damage():
    (unit,) = run(H264Depacketizer(), packet(bytes.fromhex("18 0002 6742 000000"), marker=True))
    assert [nal.hex() for nal in unit.nal_units] == ["6742"]
    assert not unit.damaged


def test_empty_payloads_are_nothing():
    (unit,) = run(H264Depacketizer(), packet(b""), packet(b"\x41\x01"), packet(b"", marker=True))
    assert unit.nal_units == (b"\x41\x01",)
    assert not unit.damaged
    assert run(H264Depacketizer(), packet(b"", 0), packet(b"\x18\x00", 1), packet(b"", 2, True)) == []
    assert run(MetadataDepacketizer(), packet(b"", 0), packet(b"", 2, True)) == []


def test_forgotten_end_bit():
    """No packet is missing, so the NAL unit is whole; but it is told."""
    first, second = run(
        H264Depacketizer(),
        packet(bytes.fromhex("7c85 aa")),
        packet(bytes.fromhex("7c05 bb")),
        packet(bytes.fromhex("0605")),
        packet(bytes.fromhex("7c85 cc")),
        packet(bytes.fromhex("7cc5 dd"), 3000, True),
    )
    assert [nal.hex() for nal in first.nal_units] == ["65aabb", "0605", "65cc"]
    assert first.damaged
    assert first.problems == ("a fragmented NAL unit without its end bit",)
    assert [nal.hex() for nal in second.nal_units] == ["65dd"]
    assert not second.damaged


def test_loss_within_a_fragmented_nal_unit():
    lost, after = run(
        H264Depacketizer(),
        packet(b"\x67\x42"),
        packet(bytes.fromhex("7c85 aa")),
        (packet(bytes.fromhex("7c05 bb")), 2),
        packet(bytes.fromhex("7c45 cc"), marker=True),
        packet(b"\x41\x01", 3000, True),
    )
    assert lost.nal_units == (b"\x67\x42",)
    assert (lost.damaged, lost.lost_packets) == (True, 2)
    assert "a NAL unit was given up as fragments of it are missing" in lost.problems
    assert (after.damaged, after.lost_packets, after.nal_units) == (False, 0, (b"\x41\x01",))


def test_loss_between_units_with_markers_is_of_the_second():
    first, second = run(
        H264Depacketizer(), packet(b"\x41\x01", 0, True), (packet(b"\x41\x02", 6000, True), 3), flush=True
    )
    assert (first.damaged, first.lost_packets) == (False, 0)
    assert (second.damaged, second.lost_packets) == (True, 3)


def test_loss_behind_a_unit_without_marker_may_be_of_either():
    first, second = run(H264Depacketizer(), packet(b"\x41\x01", 0), (packet(b"\x41\x02", 6000, True), 3))
    assert (first.damaged, first.lost_packets) == (True, 3)
    assert (second.damaged, second.lost_packets) == (True, 0)
    assert second.problems == ("packets were lost before it",)


def test_sequence_that_starts_anew():
    first, second, third = run(
        H264Depacketizer(),
        packet(b"\x41\x01", 0, True),
        (packet(b"\x41\x02", 3000), None),
        (packet(b"\x41\x03", 9000, True), None),
    )
    assert (first.restarted, second.restarted, third.restarted) == (False, True, True)
    assert not any(unit.damaged or unit.lost_packets for unit in (first, second, third))


def test_extension_bits_are_gathered_and_the_first_time_counts():
    (unit,) = run(
        H264Depacketizer(),
        packet(b"\x67\x01", at=5, clean_point=True),
        packet(b"\x68\x01"),
        packet(b"\x65\x01", at=5, discontinuity=True),
        packet(b"\x65\x02", marker=True, at=6, end_of_section=True),
    )
    extension = unit.extension
    assert extension.utc_ns == 5 * SECOND
    assert (extension.clean_point, extension.discontinuity, extension.end_of_section, extension.terminal) == (
        True, True, True, False
    )  # fmt: skip


def test_the_last_unit_comes_at_once_where_markers_are_trusted():
    depacketizer = H264Depacketizer()
    assert run(depacketizer, packet(b"\x41\x01"), packet(b"\x41\x02", marker=True), flush=False) == []
    assert len(run(depacketizer, packet(b"\x41\x01", 3000), flush=False)) == 1
    (unit,) = run(depacketizer, packet(b"\x41\x02", 3000, True, at=1, terminal=True), flush=False)
    assert unit.extension.terminal
    assert depacketizer.flush() == []
    (more,) = run(depacketizer, packet(b"\x41\x03", 3000, True))
    assert more.damaged, "it goes on where the unit before had ended"


def test_units_with_one_timestamp_and_two_times():
    """RTP timestamps that stand still: the recorder's time tells the units apart."""
    units = run(H264Depacketizer(), *(packet(b"\x41\x01", 0, True, at=n, clean_point=True) for n in range(3)))
    assert [unit.extension.utc_ns for unit in units] == [0, SECOND, 2 * SECOND]


def test_flush_amid_a_nal_unit_of_a_stream_without_markers():
    """Nothing but the open fragment tells that the connection broke amid the unit."""
    depacketizer = H264Depacketizer()
    run(depacketizer, packet(b"\x41\x01"), packet(b"\x41\x02", 3000), packet(b"\x7c\x81begun", 6000), flush=False)
    (unit,) = depacketizer.flush()
    assert (unit.nal_units, unit.damaged) == ((), True)


def test_flush():
    depacketizer = H264Depacketizer()
    assert depacketizer.flush() == []
    (cut,) = run(depacketizer, packet(b"\x41\x01"), packet(bytes.fromhex("7c85aa")))
    assert cut.nal_units == (b"\x41\x01",)
    assert cut.damaged
    units = run(H264Depacketizer(), packet(b"\x41\x01", 0), packet(b"\x41\x01", 3000))
    assert [unit.damaged for unit in units] == [False, False], "a stream that never sets markers"


def test_bounds(monkeypatch):
    monkeypatch.setattr(units_module, "MAX_UNIT", 1000)
    monkeypatch.setattr(units_module, "MAX_NALS", 10)
    for endless in (
        [packet(b"\x41")] * 20,
        [packet(bytes.fromhex("7c85aa")), *[packet(b"\x7c\x05" + bytes(500))] * 20],
    ):
        given_up, whole = run(H264Depacketizer(), *endless, packet(b"\x41\x02", 3000, True))
        assert given_up.nal_units == ()
        assert given_up.problems[-1].endswith("or 10 NAL units: given up")
        assert (whole.nal_units, whole.damaged) == ((b"\x41\x02",), False)


XML = [b"<?xml version='1.0'?><tt:Meta", b"dataStream>a</tt:Meta", b"dataStream>"]


def test_metadata_document_in_pieces():
    one, two = run(
        MetadataDepacketizer(),
        *(packet(part, 0, part is XML[-1]) for part in XML),
        packet(b"<tt:MetadataStream/>", 3000, True, at=2, end_of_section=True),
    )
    assert one.nal_units == (b"".join(XML),)
    assert two.nal_units == (b"<tt:MetadataStream/>",)
    assert two.extension.end_of_section
    assert not one.damaged


def test_metadata_with_wrong_markers_and_timestamps():
    document = b"".join(XML)
    # a marker on every packet
    units = run(MetadataDepacketizer(), *(packet(part, 0, True) for part in XML), packet(document, 3000, True))
    assert [unit.nal_units for unit in units] == [(document,), (document,)]
    # two documents with one timestamp
    units = run(MetadataDepacketizer(), packet(document, 0, True), packet(document, 0, True))
    assert [unit.nal_units for unit in units] == [(document,), (document,)]
    # a timestamp of its own for every packet, and no marker at all
    units = run(MetadataDepacketizer(), *(packet(part, n) for n, part in enumerate(XML * 2)))
    assert [unit.nal_units for unit in units] == [(document,), (document,)]


def test_metadata_with_a_hole_is_damaged():
    (unit,) = run(MetadataDepacketizer(), packet(XML[0]), (packet(XML[2], marker=True), 1))
    assert (unit.damaged, unit.lost_packets) == (True, 1)


def test_a_nal_unit_of_very_many_fragments():
    """Octet by octet, as nobody would send it: the fragments are gathered before they cost more than they hold."""
    depacketizer, content = H264Depacketizer(), bytes(number % 251 for number in range(10_000))
    for number, octet in enumerate(content):
        flags = 0x80 if number == 0 else 0x40 if number == len(content) - 1 else 0
        packet = RtpPacket(96, flags == 0x40, number & 0xFFFF, 7, 1, bytes((0x7C, flags | 5, octet)))
        assert depacketizer.push(packet, lost_before=0) == []
    (unit,) = depacketizer.flush()
    assert unit.nal_units == (b"\x65" + content,)
    assert not unit.damaged
