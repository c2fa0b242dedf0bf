"""tt:MetadataStream documents (ONVIF Streaming, "Metadata")."""

from __future__ import annotations

import gzip

import pytest

from tests import hostile_documents
from vssx import xml
from vssx.errors import MalformedMetadataError, ProtocolError, UnsupportedMediaError, VssxError
from vssx.onvif import metadata, scene
from vssx.onvif.namespaces import TNS1, TT, WSNT
from vssx.times import from_xs_datetime

T = from_xs_datetime("2026-01-01T00:00:00.5Z")
BODY = '<tt:VideoAnalytics><tt:Frame UtcTime="2026-01-01T00:00:00.5Z"/></tt:VideoAnalytics>'


def stream(body: str = BODY) -> bytes:
    names = f'xmlns:tt="{TT}" xmlns:wsnt="{WSNT}" xmlns:tns1="{TNS1}"'
    return f"<tt:MetadataStream {names}>{body}</tt:MetadataStream>".encode()


def read(body: str) -> metadata.MetadataDocument:
    return metadata.read_document(stream(body))


PLAIN = stream()


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        b'<?xml version="1.0" encoding="UTF-8"?>' + PLAIN,
        ('<?xml version="1.0" encoding="UTF-16"?>' + PLAIN.decode()).encode("utf-16"),
        gzip.compress(PLAIN),
        gzip.compress(PLAIN[:50]) + gzip.compress(PLAIN[50:]) + b"\0\0",
        gzip.compress(b"") * 1022 + gzip.compress(PLAIN[:50]) + bytes(70_000) + gzip.compress(PLAIN[50:]),
    ],
)
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_documents(data, encoding):
    document = metadata.read_document(data, encoding)
    assert document.content == PLAIN
    assert document.tolerated == ""
    assert len(list(document.root.iter())) == 3


@pytest.mark.parametrize(
    ("data", "content", "tolerated"),
    [
        (stream("<q:x/>"), stream("<q:x/>"), "Namespace prefix q"),
        (stream("<x>caf\xe9</x>").decode().encode("latin-1"), stream("<x>caf\xe9</x>"), "not in the encoding"),
        (PLAIN + b"\x00\x00", PLAIN, "not well-formed"),
    ],
)
def test_what_is_overlooked_is_told(data, content, tolerated):
    document = metadata.read_document(data)
    assert document.content == content
    assert tolerated in document.tolerated


BOMB = b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + PLAIN
WHOLE = gzip.compress(PLAIN)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "not well-formed"),
        (b"\x00" * 40, "not well-formed"),
        (PLAIN[:-5], "not well-formed"),
        (PLAIN + PLAIN, "not well-formed"),
        (stream("<tt:Frame></tt:Object>"), "not well-formed"),
        (stream("&x;"), "not well-formed"),
        (stream("&#0;"), "not well-formed"),
        (BOMB, "document type declaration"),
        (gzip.compress(BOMB), "document type declaration"),
        (b"<html/>", "the root is 'html'"),
        (PLAIN.decode().encode("utf-16-le"), "not well-formed"),
        (b'<?xml version="1.0" encoding="ebcdic-cp-us"?>' + PLAIN, "encoding"),
        (stream("<x>" * 70 + "</x>" * 70), "nested deeper"),
        (stream("<x/>" * 400_001), "tags"),
        (WHOLE[:-9], "gzip that ends too early"),
        (b"\x1f\x8b" + b"\xff" * 30, "cannot be unpacked"),
        (WHOLE[:12] + b"\xff\xff\xff" + WHOLE[15:], "cannot be unpacked"),
        (WHOLE + b"trailing", "cannot be unpacked"),
        (gzip.compress(b"", mtime=0) * 600_000 + WHOLE, "more than the 1024 members"),
    ],
)
def test_malformed_documents(data, match):
    with pytest.raises(MalformedMetadataError, match=match):
        metadata.read_document(data)


def test_a_bomb_of_a_gigabyte_is_not_unpacked():
    bomb = hostile_documents.gigabyte()
    assert len(bomb) < 2 << 20
    with pytest.raises(MalformedMetadataError, match="unpacks to more than"):
        metadata.read_document(bomb, "gzip")
    with pytest.raises(MalformedMetadataError, match="unpacks to more than"):
        metadata.read_document(gzip.compress(b" " * (5 << 20)) * 2, "gzip")  # each of them would fit


def test_a_document_that_is_too_long_is_refused():
    with pytest.raises(MalformedMetadataError, match="more than the 8388608"):
        metadata.read_document(stream(" " * metadata.MAX_BYTES))


@pytest.mark.parametrize(("data", "encoding"), [(b"$EXI\x80", ""), (b"\x80\x41", "exi"), (PLAIN, "exi")])
def test_exi_is_not_decoded(data, encoding):
    with pytest.raises(UnsupportedMediaError, match="EXI"):
        metadata.read_document(data, encoding)


EVENT = (
    "<wsnt:NotificationMessage><wsnt:Topic>tns1:A</wsnt:Topic><wsnt:Message>"
    '<tt:Message UtcTime="2026-01-01T00:00:0{}Z"/></wsnt:Message></wsnt:NotificationMessage>'
)


def test_notifications_come_in_order_and_bad_ones_are_told():
    document = read(
        f"<tt:Event>{EVENT.format(1)}{EVENT.format('x')}{EVENT.format(2)}</tt:Event>{BODY}<tt:Event>{EVENT.format(0)}</tt:Event>"
    )
    refused: list[ProtocolError] = []
    found = [each.utc_ns for each in metadata.notifications(document, refused.append)]
    assert found == [T + 500_000_000, T + 1_500_000_000, T - 500_000_000]
    assert [problem.message[:20] for problem in refused] == ["UtcTime of a message"]
    with pytest.raises(ProtocolError, match="UtcTime"):
        list(metadata.notifications(document))


def test_the_content_of_a_document_is_what_its_root_says():
    document = metadata.read_document(gzip.compress(b"\xef\xbb\xbf" + PLAIN))
    assert xml.canonical(xml.parse(document.content)) == xml.canonical(document.root)


def _refusal(data: bytes) -> VssxError | None:
    try:
        metadata.read_document(data)
    except (MalformedMetadataError, UnsupportedMediaError) as problem:
        return problem
    return None


def test_documents_that_mean_harm_are_read_or_refused_clearly():
    for hostile in hostile_documents.documents(T):
        problem = _refusal(hostile.data)
        assert (problem is None) == (hostile.read or hostile.tolerated), hostile.name
        if problem is not None:
            assert problem.message.isprintable(), hostile.name
            assert 0 < len(problem.message) < 400, hostile.name
            continue
        document = metadata.read_document(hostile.data)
        assert bool(document.tolerated) == hostile.tolerated, hostile.name
        refused: list[ProtocolError] = []
        for found in metadata.notifications(document, refused.append):
            assert len(found.raw) < 2 * len(document.content), hostile.name
        assert all(len(told.message) < 400 for told in refused), hostile.name
        for seen in (*scene.objects(document), *scene.ptz(document)):
            assert len(seen.details) <= scene.MAX_DETAILS, hostile.name


@pytest.mark.parametrize("name", ["n" * (1 << 20), "n\u0085\u202e"])
def test_what_is_said_of_a_fault_is_short_and_printable(name):
    problem = _refusal(f"<{name}></{name}x>".encode())
    assert problem is not None
    assert problem.message.isprintable()
    assert len(problem.message) < 400
