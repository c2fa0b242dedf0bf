"""Hardened XML."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx import xml
from vssx.errors import MalformedMediaError, ProtocolError, UsageError, VssxError

GOOD = [
    (b"<a>x</a>", "x"),
    (b"\xef\xbb\xbf<a>x</a>", "x"),
    (b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>', "é"),
    ('<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode("utf-16"), "é"),
    (b"<!-- <!DOCTYPE x> --><?pi <!DOCTYPE?><a><![CDATA[<!DOCTYPE]]></a>", "<!DOCTYPE"),
    (b"<a>&lt;&#233;</a>", "<é"),
    (b"<a><!-- gone -->x<?gone?></a>", "x"),
]


@pytest.mark.parametrize(("data", "text"), GOOD)
@pytest.mark.parametrize("tolerant", [False, True])
def test_well_formed(data, text, tolerant):
    assert xml.text(xml.parse(data, tolerant=tolerant)) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'<?xml version="1.0" encoding="UTF-8"?><a>caf\xe9 \xc3\xa9</a>', "café é"),
        (b"\r\n <?xml version='1.0'?><a>x</a>\x00\x00\n", "x"),
        (b"<q:a>x</q:a>", "x"),
    ],
)
def test_tolerated_only_where_told(data, text):
    root = xml.parse(data, tolerant=True)
    assert (xml.local_name(root), xml.text(root)) == ("a", text)
    with pytest.raises(ProtocolError):
        xml.parse(data)


BAD = {
    "empty": b"",
    "cut": b"<a><b></b>",
    "cut after an undeclared prefix": b"<q:a><q:b>",
    "trailing": b"<a/><b/>",
    "doctype": b"<!DOCTYPE a><a/>",
    "doctype after a comment": b"<!-- --> <?x y?>\n<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "external entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:1/x"> %b;]><a/>',
    "doctype in utf-16": '<?xml version="1.0"?><!DOCTYPE a><a/>'.encode("utf-16"),
    "utf-7": b'<?xml version="1.0" encoding="utf-7"?>+ADw-!DOCTYPE a+AD4-<a/>',
    "unknown encoding": b'<?xml version="1.0" encoding="x-none"?><a/>',
    "codec that is no text encoding": b'<?xml version="1.0" encoding="hex"?><a/>',
    "undefined entity": b"<a>&b;</a>",
    "control character": b"<a>\x01</a>",
    "nul inside": b"<a>\x00</a>",
    "deep": b"<a>" * 65 + b"</a>" * 65,
    "very deep": b"<a>" * 100_000,
    "too many tags": b"<a>" + b"<b/>" * 400_001 + b"</a>",
    "unclosed comment": b"<!-- ",
    "unclosed declaration": b"<?xml ",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
@pytest.mark.parametrize("tolerant", [False, True])
def test_refused(data, tolerant):
    started = time.monotonic()
    with pytest.raises(MalformedMediaError, match="here: "):
        xml.parse(data, where="here", tolerant=tolerant, error=MalformedMediaError)
    assert time.monotonic() - started < 5


def test_size_is_bounded():
    with pytest.raises(ProtocolError, match="more than the 10"):
        xml.parse(b"<a>01234</a>", max_bytes=10)


def test_deepest_allowed():
    xml.parse(b"<a>" * 64 + b"</a>" * 64)


@given(st.binary(max_size=300), st.booleans())
def test_only_vssx_errors_leave(data, tolerant):
    for document in (data, b"<a>" + data + b"</a>", b'<?xml version="1.0" encoding="' + data + b'"?><a/>'):
        with contextlib.suppress(VssxError):
            assert xml.local_name(xml.parse(document, tolerant=tolerant))


@given(st.text(max_size=50))
def test_text_survives_or_is_refused(text):
    try:
        root = xml.new("urn:x", "a", text, b=text)
    except UsageError:
        return
    again = xml.parse(xml.serialize(root))
    assert (again.text or "") == text
    assert xml.attribute(again, "b") == text
    assert xml.namespace(again) == "urn:x"


def test_lookup_by_local_name():
    root = xml.parse(b'<x:r xmlns:x="urn:1" xmlns:y="urn:2"><y:b y:k="1" j="2">t<c> u </c></y:b><b/><b>2</b></x:r>')
    assert (xml.local_name(root), xml.namespace(root)) == ("r", "urn:1")
    first = xml.find(root, "b")
    assert first is not None
    assert xml.namespace(first) == "urn:2"
    assert (xml.attribute(first, "k"), xml.attribute(first, "j"), xml.attribute(first, "n")) == ("1", "2", None)
    assert [xml.text(b) for b in xml.children(root, "b")] == ["t u", "", "2"]
    assert xml.text(root, "b", "c") == "u"
    assert xml.text(root, "no", "c") == xml.text(None) == ""
    assert xml.find(root, "b", "no") is None
    assert list(xml.children(None, "b")) == []
