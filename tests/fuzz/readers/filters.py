"""Topic expressions and content filters, of operators and of the embedded recorder's clients."""

from __future__ import annotations

from vssx import xml
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif.content_filter import parse_content_filter
from vssx.onvif.namespaces import WSNT
from vssx.onvif.topic import add_expression, parse_expression, read_topic
from vssx.onvif.topic_names import state_words, topic_name

_EVENT = Notification(
    topic="tns1:RuleEngine/LineDetector/Crossed",
    utc_ns=0,
    operation="Changed",
    source=(SimpleItem(name="Rule", value="1"),),
    data=(SimpleItem(name="ObjectId", value="15"),),
    elements=(ElementItem(name="Shape", xml=b"<x/>"),),
)


def seeds() -> list[bytes]:
    """The first byte: 0 a topic expression, 1 a content filter, 2 a topic and a value."""
    return [
        b"\0tns1:RuleEngine//.|tns1:Device/Trigger/DigitalInput",
        b"\0tns1:*//Crossed|//tnsaxis:A/*|*//.",
        b'\1boolean(//tt:SimpleItem[@Name="Rule" and not(@Value!="1")]) or contains(//SimpleItem/@Value, "x")',
        b"\1(boolean(//tt:ElementItem[@Name='Shape']) and boolean(/tt:Message[@PropertyOperation=\"Changed\"]))",
        b"\2tns1:Door/State/DoorAlarm\0DoorForcedOpen",
    ]


def read(data: bytes) -> None:
    """Read one input."""
    kind, text = data[:1], data[1:].decode("utf-8", "replace")
    if kind == b"\0":
        expression = parse_expression(text)
        parent = xml.new(WSNT, "Filter")
        add_expression(parent, text)
        again = parse_expression(read_topic(parent[0]))
        assert again.dialect == expression.dialect
        assert again.matches(_EVENT.topic) == expression.matches(_EVENT.topic)
    elif kind == b"\1":
        parse_content_filter(text).matches(_EVENT)
    else:
        topic, _, value = text.partition("\0")
        assert topic_name(topic)
        state_words(Notification(topic=topic, utc_ns=0, data=(SimpleItem(name="State", value=value),)))
