"""What of a metadata document becomes a sample, and which time it tells."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.onvif.metadata_sample import EXI, GZIP, XML, announced, sample_of
from vssx.onvif.metadata_time import first_utc_ns
from vssx.times import from_xs_datetime

ROOT = b'<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"/>'


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xef\xbb\xbf",
        b'<?xml version="1.0"?>',
        b'<?xml version="1.0" encoding="UTF-8"?>\n',
        b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n",
        b'<?xml version="1.0" encoding="US-ASCII"?>',
    ],
)
def test_byte_order_mark_and_declaration_are_taken_away(head):
    sample = sample_of(head + ROOT)
    assert (sample.payload, sample.configuration, sample.declared) == (ROOT, XML, "")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', "XML 1.0 in ISO-8859-1"),
        (b"\xef\xbb\xbf" + b'<?xml version="1.0" encoding="windows-1252"?><a/>', "windows-1252"),
        (b'<?xml version="1.1" encoding="UTF-8"?><a/>', "XML 1.1"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "UTF-16"),
        ("<a/>".encode("utf-16-be"), "UTF-16"),
        (b'<?xml version="1.0" encoding="UTF-8"<a/>', "cannot be read"),
    ],
)
def test_a_declaration_that_means_something_stays(document, why):
    sample = sample_of(document)
    assert sample.payload == document
    assert sample.configuration is XML
    assert why in sample.declared


def test_packed_documents_stay_as_they_are():
    packed = gzip.compress(b'<?xml version="1.0"?>' + ROOT)
    assert sample_of(packed).configuration is GZIP
    assert sample_of(packed).payload == packed
    assert sample_of(b"$EXI\x80\x01", XML).configuration is EXI
    assert sample_of(b"\x80\x01", EXI).configuration is EXI
    assert sample_of(b"\xef\xbb\xbf \n" + ROOT, EXI).configuration is XML
    assert sample_of(packed, EXI).configuration is GZIP
    assert sample_of(ROOT, GZIP).configuration is XML


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("vnd.onvif.metadata", XML),
        ("VND.ONVIF.METADATA", XML),
        ("vnd.onvif.metadata.gzip", GZIP),
        ("vnd.onvif.metadata+gzip", GZIP),
        ("vnd.onvif.metadata.exi.onvif", EXI),
        ("vnd.onvif.metadata.EXI.ext", EXI),
    ],
)
def test_names_of_the_encodings(name, found):
    assert announced(name) is found


@given(st.binary(max_size=200), st.sampled_from([XML, GZIP, EXI]))
def test_nothing_but_the_head_is_ever_taken_away(document, said):
    sample = sample_of(document, said)
    assert document.endswith(sample.payload)
    if sample.payload != document:
        assert document.startswith((b"\xef\xbb\xbf", b"<?xml"))
    first_utc_ns(sample.payload, sample.configuration.profile)


NOON = from_xs_datetime("2024-05-01T12:00:00.25Z")


@pytest.mark.parametrize(
    "document",
    [
        b'<tt:Frame UtcTime="2024-05-01T12:00:00.25Z"><tt:Object/></tt:Frame>',
        b"<tt:Message UtcTime = '2024-05-01T14:00:00.250+02:00'>",
        b"<tt:PTZStatus><tt:UtcTime> 2024-05-01T12:00:00.25Z </tt:UtcTime>",
        b'<a NotUtcTime="1999-01-01T00:00:00Z" UtcTime="2024-05-01T12:00:00.25Z"/>',
        b'<a UtcTime="2024-15-01T12:00:00Z"/><b UtcTime="2024-05-01T12:00:00.25Z"/>',
        b'<a UtcTime="2024-05-01T12:00:00.25Z"/><b UtcTime="2023-05-01T12:00:00.25Z"/>',
        '<tt:Frame UtcTime="2024-05-01T12:00:00.25Z"/>'.encode("utf-16"),
    ],
)
def test_the_first_time_in_a_document(document):
    assert first_utc_ns(document) == NOON
    assert first_utc_ns(gzip.compress(document), "gzip") == NOON
    assert first_utc_ns(document, "exi") is None


def test_a_document_without_a_time_has_none():
    assert first_utc_ns(ROOT) is None
    assert first_utc_ns(b"\x1f\x8b\x08 no gzip", "gzip") is None
    assert first_utc_ns(b'<a UtcTime="soon"/>' * 50) is None


def test_what_is_looked_at_is_bounded():
    late = b" " * (1 << 20) + b'<a UtcTime="2024-05-01T12:00:00Z"/>'
    assert first_utc_ns(late) is None
    assert first_utc_ns(gzip.compress(b"\0" * (64 << 20)), "gzip") is None
