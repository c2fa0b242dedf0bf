"""Topics and topic expressions (ONVIF Core, "Topic Expression"; dialect ConcreteSet), and notifications."""

from __future__ import annotations

from vssx import xml
from vssx.errors import ProtocolError
from vssx.model.recording import Notification, SimpleItem
from vssx.onvif import fields
from vssx.onvif.namespaces import CONCRETE_SET, TNS1, TT, WSNT
from vssx.times import to_xs_datetime

RECORDING_STATE = "tns1:RecordingHistory/Recording/State"
TRACK_STATE = "tns1:RecordingHistory/Track/State"
MAX_ALTERNATIVES = 200


def read_topic(element: xml.Element) -> str:
    """Text of a topic or topic expression with the prefix of the ONVIF topics always ``tns1``.

    A prefix that nobody declared stays as it is.
    """
    return "|".join(_normalise(part.strip(), element) for part in xml.text(element).split("|")[:MAX_ALTERNATIVES])


def _normalise(topic: str, element: xml.Element) -> str:
    prefix, colon, rest = topic.partition(":")
    return f"tns1:{rest}" if colon and element.nsmap.get(prefix) == TNS1 else topic


def add_expression(parent: xml.Element, expression: str) -> None:
    """wsnt:TopicExpression in the dialect ConcreteSet. An ancestor must declare tns1 (``prefixes("tns1")``)."""
    xml.add(parent, WSNT, "TopicExpression", expression, Dialect=CONCRETE_SET)


def matches(topic: str, expression: str) -> bool:
    """Whether the concrete ``topic`` is in the ConcreteSet ``expression``: alternatives with |, subtrees with //."""
    return any(_matches_one(topic, part.strip()) for part in expression.split("|")[:MAX_ALTERNATIVES])


def _matches_one(topic: str, expression: str) -> bool:
    if expression.endswith("//."):
        root = expression.removesuffix("//.").rstrip("/")
        return topic == root or topic.startswith(f"{root}/")
    pattern, steps = expression.split("/"), topic.split("/")
    return len(pattern) == len(steps) and all(p in ("*", s) for p, s in zip(pattern, steps, strict=True))


def notification(parent: xml.Element, value: Notification) -> None:
    """Add wsnt:Topic and wsnt:Message to ``parent`` (of type wsnt:NotificationMessageHolderType)."""
    xml.add(parent, WSNT, "Topic", value.topic, Dialect=CONCRETE_SET)
    message = xml.add(xml.add(parent, WSNT, "Message"), TT, "Message", UtcTime=to_xs_datetime(value.utc_ns))
    if value.operation:
        message.set("PropertyOperation", value.operation)
    for name, items in (("Source", value.source), ("Key", value.key), ("Data", value.data)):
        if items:
            group = xml.add(message, TT, name)
            for item in items:
                xml.add(group, TT, "SimpleItem", Name=item.name, Value=item.value)


def read_notification(parent: xml.Element) -> Notification:
    """Notification from an element that holds wsnt:Topic and wsnt:Message. Raises ProtocolError.

    Without UtcTime the notification has no time: ProtocolError.
    """
    topic = xml.find(parent, "Topic")
    message = xml.find(parent, "Message", "Message")
    if topic is None or message is None:
        raise ProtocolError(f"{xml.local_name(parent)} holds no topic or no message")
    try:
        utc_ns = fields.parse_time(xml.attribute(message, "UtcTime") or "")
    except ValueError as problem:
        raise ProtocolError(f"UtcTime of a message: {problem}") from None
    return Notification(
        topic=read_topic(topic),
        utc_ns=utc_ns,
        operation=xml.attribute(message, "PropertyOperation") or "",
        source=_items(message, "Source"),
        key=_items(message, "Key"),
        data=_items(message, "Data"),
    )


def _items(message: xml.Element, name: str) -> tuple[SimpleItem, ...]:
    return tuple(
        SimpleItem(name=xml.attribute(item, "Name") or "", value=xml.attribute(item, "Value") or "")
        for group in xml.children(message, name)
        for item in xml.children(group, "SimpleItem")
    )


def item(items: tuple[SimpleItem, ...], *names: str) -> str:
    """Value of the first item that has one of these names, "" if there is none."""
    return next((entry.value for name in names for entry in items if entry.name == name), "")
