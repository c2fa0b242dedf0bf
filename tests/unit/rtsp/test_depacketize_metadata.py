"""Documents out of packets: several in one access unit, and none that can exhaust the memory or the time."""

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rtsp.test_depacketize import packet, run
from vssx.rtsp import depacketize_metadata
from vssx.rtsp.depacketize_metadata import MetadataDepacketizer, documents_in, documents_of
from vssx.rtsp.units import RawUnit

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
ONE = b'<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:PTZ/></tt:MetadataStream>'
TWO = b'<MetadataStream xmlns="http://www.onvif.org/ver10/schema"/>'
THREE = b'\xef\xbb\xbf<?xml version="1.0"?><o:MetadataStream xmlns:o="x" a=">">\n</o:MetadataStream >\r\n'


@pytest.mark.parametrize(
    "documents",
    [
        [ONE],
        [HEAD + ONE],
        [ONE, TWO, ONE],
        [HEAD + ONE + b"\n", THREE, TWO],
        [TWO + b" ", TWO],
        [gzip.compress(ONE, mtime=0), gzip.compress(HEAD + TWO, mtime=0)],
        [b"<!-- </tt:MetadataStream><tt:MetadataStream> -->" + ONE, TWO],
        [b"<tt:MetadataStream><![CDATA[</tt:MetadataStream><tt:MetadataStream/>]]></tt:MetadataStream>", ONE],
        [b"<tt:MetadataStream><!-- </tt:MetadataStream><tt:MetadataStream/> unended"],
        [b"no XML at all"],
        [gzip.compress(ONE[:40], mtime=0) + gzip.compress(ONE[40:], mtime=0)],
        [gzip.compress(ONE, mtime=0)[:-3] + b"\x1f\x8b\x08"],
        [b"<a/>" + ONE],
    ],
)
def test_documents_of_an_access_unit(documents):
    assert documents_in(b"".join(documents)) == documents


@given(
    st.lists(st.sampled_from([ONE, TWO, THREE, HEAD + ONE, b"<!--", b"-->", b"</tt:MetadataStream>", b"\x1f\x8b\x08"]))
)
def test_no_octet_is_lost_or_doubled(parts):
    assert b"".join(documents_in(b"".join(parts))) == b"".join(parts)


def test_what_was_lost_is_told_with_the_first_of_them():
    unit = RawUnit(nal_units=(ONE + TWO,), rtp_timestamp=9, damaged=True, lost_packets=3, problems=("lost",))
    first, second = documents_of(unit)
    assert (first.nal_units, first.lost_packets, first.damaged) == ((ONE,), 3, True)
    assert (second.nal_units, second.lost_packets, second.damaged, second.problems) == ((TWO,), 0, False, ())


@pytest.mark.parametrize("size", [1, 7, 100])
def test_several_documents_in_fragments(size):
    payload = HEAD + ONE + TWO + ONE
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)]
    packets = [packet(piece, 5, piece is pieces[-1]) for piece in pieces]
    [unit] = run(MetadataDepacketizer(), *packets)
    assert [one.nal_units[0] for one in documents_of(unit)] == [HEAD + ONE, TWO, ONE]


def test_a_marker_that_was_lost_does_not_swallow_the_next_document():
    """Both with one timestamp: nothing but its start tells the second one."""
    first, second = run(MetadataDepacketizer(), packet(ONE[:40], 5), (packet(HEAD + ONE, 5, True), 1))
    assert (first.nal_units, first.damaged, first.lost_packets) == ((ONE[:40],), True, 1)
    assert second.nal_units == (HEAD + ONE,)
    rest = run(MetadataDepacketizer(), packet(ONE[:40], 5), (packet(ONE[60:], 5, True), 1))
    assert [unit.nal_units for unit in rest] == [(ONE[:40] + ONE[60:],)]


def test_a_document_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(depacketize_metadata, "MAX_DOCUMENT", 1 << 20)
    reader = MetadataDepacketizer()
    tracemalloc.start()
    for number in range(5000):
        assert reader.push(packet(bytes(1400), 0, sequence=number), lost_before=0) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 20
    given_up, whole = run(reader, packet(ONE, 3000, True))
    assert given_up.nal_units == ()
    assert given_up.problems[-1].endswith("octets in one access unit: given up")
    assert (whole.nal_units, whole.damaged) == ((ONE,), False)


def test_a_document_octet_by_octet_is_whole():
    content = b"<tt:MetadataStream>" + b"x" * 70_000
    packets = [packet(content[at : at + 1], 0, at == len(content) - 1) for at in range(len(content))]
    [unit] = run(MetadataDepacketizer(), *packets)
    assert unit.nal_units == (content,)


@pytest.mark.parametrize(
    "hostile",
    [
        b"<!--" * 500_000,
        b"<![CDATA[" * 200_000,
        b"/>" + b" " * 2_000_000,
        b"/>" + b"\n" * 1_000_000 + b"<x",
        b'<MetadataStream "' * 100_000,
        b"<MetadataStream " * 100_000 + b"/><MetadataStream>",
        b"</MetadataStream" + b" " * 2_000_000,
        b"<" * 2_000_000,
        b"<a:" * 500_000,
        ONE + TWO * 60_000,
        gzip.compress(b"", mtime=0) * 600_000,
        gzip.compress(bytes(200 << 20), mtime=0) + b"\x1f\x8b\x08",
    ],
    ids=range(12),
)
def test_hostile_access_units_cost_no_more_than_they_hold(hostile):
    """Each of these took minutes where a search began again at every octet, or all of it was unpacked."""
    assert b"".join(documents_in(hostile)) == hostile
