"""Filters on notifications (ONVIF Core, "Message Content Filter"; dialect ItemFilter)."""

from __future__ import annotations

import pytest

from vssx.errors import UsageError
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif.content_filter import parse_content_filter, parse_event_filter

CROSSED = Notification(
    topic="tns1:RuleEngine/LineDetector/Crossed",
    utc_ns=0,
    operation="Changed",
    source=(SimpleItem(name="Rule", value='Gate "2" <b>'), SimpleItem(name="VideoSource", value="1")),
    data=(SimpleItem(name="ObjectId", value="15"),),
    elements=(ElementItem(name="Shape", xml=b"<x/>"),),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('boolean(//tt:SimpleItem[@Name="VideoSource" and @Value="1"])', True),
        ('boolean(//tt:SimpleItem[@Name="VideoSource" and @Value="2"])', False),
        ('boolean(//tt:SimpleItem[@Name="Rule" and @Value="1"])', False),  # both of one item
        ('boolean(//SimpleItem[@Name="VideoSource"])', True),
        ('not(boolean(//tt:SimpleItem[@Name="VideoAnalytics"]))', True),
        ('boolean(//tt:ElementItem[@Name="Shape"])', True),
        ('boolean(//tt:ElementItem[@Name="Rule"])', False),
        ('boolean(//tt:SimpleItem[@Name="a"]) or boolean(//tt:SimpleItem[@Name="ObjectId"])', True),
        (
            'boolean(//tt:SimpleItem[@Name="a"]) and boolean(//tt:SimpleItem[@Name="b"])'
            ' or boolean(//tt:SimpleItem[@Name="ObjectId"])',
            True,
        ),
        ('boolean(//tt:SimpleItem[(@Name="x" or @Name="Rule") and not(@Value="1")])', True),
        ("boolean(//tt:SimpleItem[@Name=“Rule” and @Value='Gate \"2\" <b>'])", True),
        ('boolean(//tt:SimpleItem[@Name="ObjectId" and @Value>"9"])', True),
        ('boolean(//tt:Source/tt:SimpleItem[@Name="ObjectId"])', False),
        ('boolean(//tt:Message[@PropertyOperation="Changed"])', True),
        ('contains(//tt:SimpleItem/@Value, "Gate")', True),
    ],
)
def test_content(text, expected):
    assert parse_content_filter(text).matches(CROSSED) is expected


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "ends too early"),
        ("//tt:SimpleItem", "ends too early"),
        ('boolean(//tt:SimpleItem[@Name="a")', "expected"),
        ("boolean(//tt:SimpleItem[@Name=a])", "a text in quotes expected"),
        ('boolean("a")', "a path expected"),
        ('boolean(//tt:SimpleItem["a"="b"])', "a path expected"),
        ("boolean(//a//a//a//a//a//a//a//a//a//a//a//a//a)", "more than 12 steps"),
        ("boolean(//tt:SimpleItem) or", "ends too early"),
        ("document('http://x')", "unknown function"),
        ("(" * 30 + "boolean(//a)" + ")" * 30, "nested too deeply"),
        ("boolean(//a) " * 200, "more than 2000 characters"),
        ("\x1b[31m", "cannot be read from"),
        ('boolean(//tt:SimpleItem[@name="Rule"])', "'@name' in character 25: SimpleItem has @Name and @Value"),
        ('boolean(//tt:SimpleItem[(@Name="a") and not(@Text="b")])', "'@Text' in character 45"),
        ('contains(//tt:ElementItem/@Value, "a")', "'@Value' in character 10: ElementItem has @Name"),
        ('boolean(//xyz:SimpleItem[@Name="Rule"])', "'xyz:SimpleItem' in character 9: the prefix"),
        ('boolean(//tt:Message[@xyz:PropertyOperation="Changed"])', "'@xyz:PropertyOperation'"),
    ],
)
def test_what_is_no_filter(text, match):
    with pytest.raises(UsageError, match=f"not a content filter: .*{match}"):
        parse_content_filter(text)


def test_any_topic_and_every_content():
    rule = 'boolean(//tt:SimpleItem[@Name="VideoSource" and @Value="1"])'
    other = 'boolean(//tt:SimpleItem[@Name="VideoSource" and @Value="2"])'
    assert parse_event_filter([]).matches(CROSSED)
    assert parse_event_filter(["tns1:Door//.", "tns1:RuleEngine//."], [rule]).matches(CROSSED)
    assert not parse_event_filter(["tns1:Door//."], [rule]).matches(CROSSED)
    assert not parse_event_filter(["tns1:RuleEngine//."], [rule, other]).matches(CROSSED)
    with pytest.raises(UsageError, match="not a topic expression"):
        parse_event_filter(["//"])
    with pytest.raises(UsageError, match="not a content filter"):
        parse_event_filter([], ["x"])
