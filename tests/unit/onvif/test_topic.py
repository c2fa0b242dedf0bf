"""Topics and topic expressions (OASIS WS-Topics 1.3, 8; ONVIF Core, "Topic Filter")."""

from __future__ import annotations

import pytest

from vssx import xml
from vssx.errors import UsageError
from vssx.onvif import topic
from vssx.onvif.namespaces import CONCRETE_SET, FULL_TOPICS, TNS1, WSNT


@pytest.mark.parametrize(
    ("expression", "name", "expected"),
    [
        ("tns1:RecordingHistory//.", topic.TRACK_STATE, True),
        ("tns1:RecordingHistory/Track/State", topic.TRACK_STATE, True),
        ("tns1:RecordingHistory/*/State", topic.TRACK_STATE, True),
        ("tns1:Other | tns1:RecordingHistory/Track//.", topic.TRACK_STATE, True),
        ("tns1:RecordingHistory/Track/State//.", topic.TRACK_STATE, True),
        ("tns1:RecordingHistory/Track", topic.TRACK_STATE, False),
        ("tns1:Recording//.", topic.TRACK_STATE, False),
        ("tns1:RecordingHistory/Track/State/x", topic.TRACK_STATE, False),
        ("tns1:A//.", "tns1:A", True),
        ("tns1:A//*", "tns1:A", False),
        ("tns1:A//*", "tns1:A/b/c", True),
        ("tns1:A//c", "tns1:A/b/c", True),
        ("tns1:A//c", "tns1:A/c", True),
        ("tns1:A//c", "tns1:A/c/d", False),
        ("tns1:A//c//.", "tns1:A/b/c/d", True),
        ("tns1:A//b/d", "tns1:A/b/b/d", True),
        ("tns1:A/*", "tns1:A/b/c", False),
        ("//c", "tns1:A/b/c", True),
        ("//.", "anything/at/all", True),
        ("*//.", "tns1:A/b", True),
        ("tns1:*", "tns1:A", True),
        ("tns1:*", "other:A", False),
        ("*", "tns1:A/b", False),
        ("tns1:*", "A", False),
        ("tns1:A/tns1:*", "tns1:A/b", True),
        ("tns1:A/tns1:*", "tns1:A/tnsaxis:b", False),
        ("//tns1:b", "tns1:A/b", True),
        ("//tns1:A", "tns1:A", True),
        ("//tns1:A", "A", False),
        ("//A", "tns1:A", False),
        ("tnsaxis:*//.", "tnsaxis:CameraApplicationPlatform/VMD/Camera1ProfileANY", True),
        ("tns1:A/tns1:b", "tns1:A/b", True),
        ("tns1:A/tnsaxis:b", "tns1:A/tnsaxis:b", True),
        ("tns1:A/tnsaxis:b", "tns1:A/b", False),
        ("tns1:Tür/2x", "tns1:Tür/2x", True),
        ("tns1:A//b", "", False),
    ],
)
def test_expressions(expression, name, expected):
    assert topic.parse_expression(expression).matches(name) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "/a",
        "a/",
        "a//",
        "a///b",
        "a b",
        "a/.",
        ".",
        "a<b>",
        "*:a",
        ":a",
        "a:",
        "a:b:c",
        "a/[b]",
        "a\nb",
    ],
)
def test_what_is_no_expression_is_told_with_its_place(expression):
    with pytest.raises(UsageError, match="cannot be read from"):
        topic.parse_expression(expression)


@pytest.mark.parametrize(
    ("expression", "told"),
    [("", "it is empty"), (" ", "it is empty"), ("a|", "between the [|]"), ("|a", "between"), ("a||b", "between")],
)
def test_an_alternative_that_is_empty(expression, told):
    with pytest.raises(UsageError, match=f"not a topic expression: .*{told}"):
        topic.parse_expression(expression)


def test_expressions_are_bounded():
    with pytest.raises(UsageError, match="alternatives"):
        topic.parse_expression("|".join("a" for _ in range(topic.MAX_ALTERNATIVES + 1)))
    with pytest.raises(UsageError, match="steps"):
        topic.parse_expression("/".join("a" for _ in range(topic.MAX_STEPS + 1)))


def test_deep_wildcards_take_no_time_that_grows_beyond_bounds():
    expression = topic.parse_expression("a" + "//*" * (topic.MAX_STEPS - 1))
    assert not expression.matches("b/" * 400)
    assert expression.matches("a/" * 499 + "a")


@pytest.mark.parametrize(
    ("expression", "dialect"),
    [
        ("tns1:A/b", CONCRETE_SET),
        ("tns1:A//.", CONCRETE_SET),
        ("tns1:A//.|tns1:B/c", CONCRETE_SET),
        ("tns1:A/*", FULL_TOPICS),
        ("tns1:A//b", FULL_TOPICS),
        ("tns1:A//./b", FULL_TOPICS),
        ("//b", FULL_TOPICS),
        ("//.", FULL_TOPICS),
    ],
)
def test_the_narrowest_dialect_is_named(expression, dialect):
    parent = xml.new(WSNT, "Filter")
    topic.add_expression(parent, expression)
    [added] = parent
    assert added.get("Dialect") == dialect
    assert added.text == expression
    assert added.nsmap.get("tns1") == (TNS1 if "tns1:" in expression else None)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (f'<T xmlns:q="{TNS1}">q:A/b</T>', "tns1:A/b"),
        (f'<T xmlns:q="{TNS1}"> q:A/q:b | q:C </T>', "tns1:A/b|tns1:C"),
        ('<T xmlns:v="http://www.axis.com/2009/event/topics">v:A/b</T>', "tnsaxis:A/b"),
        (f'<T xmlns:q="{TNS1}" xmlns:v="http://www.axis.com/2009/event/topics">q:D/v:IO/p</T>', "tns1:D/tnsaxis:IO/p"),
        ('<T xmlns:v="urn:vendor">v:A/b</T>', "v:A/b"),
        ("<T>tns1:A/b</T>", "tns1:A/b"),
        ("<T>A/b</T>", "A/b"),
        (f'<T xmlns:q="{TNS1}">//q:b|q:A/q:*</T>', "//tns1:b|tns1:A/tns1:*"),
        ("<T>&lt;b&gt;</T>", "<b>"),
        ("<T/>", ""),
    ],
)
def test_topics_are_read_with_prefixes_that_we_know(document, expected):
    assert topic.read_topic(xml.parse(document.encode())) == expected
