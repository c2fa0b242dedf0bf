"""The XPath dialect of search filters, on metadata documents (on recordings: tests/unit/recorder/test_search.py)."""

from __future__ import annotations

import pytest

from vssx import xml
from vssx.onvif.xpath_dialect import parse_filter

DOCUMENT = xml.parse(
    b'<t:MetadataStream xmlns:t="urn:t"><t:VideoAnalytics><t:Frame UtcTime="2026-01-01T00:00:00Z">'
    b'<t:Object ObjectId="7"><t:Class><t:Type Likelihood="0.9">Human</t:Type></t:Class></t:Object></t:Frame>'
    b"</t:VideoAnalytics></t:MetadataStream>"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("boolean(//tt:Object)", True),
        ('boolean(//Object[@ObjectId="7"])', True),
        ('boolean(//Object/Class[Type="Human"])', True),
        ('boolean(//Object//Type[@Likelihood>"0.5"])', True),
        ('boolean(//Type[@Likelihood<"0.5"])', False),
        ("boolean(/MetadataStream/*/Frame)", True),
        ("boolean(/VideoAnalytics)", False),
        ("boolean(//Event)", False),
        ('contains(//Type, "uma")', True),
        ('boolean(/tt:MetadataStream/tt:VideoAnalytics/tt:Frame[@UtcTime >= "2026-01-01T00:00:00Z"])', True),
    ],
)
def test_documents(text, expected):
    assert parse_filter(text)(DOCUMENT) is expected


def test_nested_steps_find_each_element_once():
    deep = xml.parse(b"<a>" * 60 + b"</a>" * 60)
    assert parse_filter("boolean(//a" + "//a" * 11 + ")")(deep)
    assert not parse_filter("boolean(//a" + "//a" * 10 + "//b)")(deep)
