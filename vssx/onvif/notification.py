"""Notifications, both directions (OASIS WS-BaseNotification 1.3, 3.2; ONVIF Core, "Notification data structure").

A wsnt:NotificationMessage (or an element of its type, such as the tt:Event of a search result) holds a wsnt:Topic and a
wsnt:Message with one tt:Message. Elements are found by their local names: recorders get namespaces wrong.
"""

from __future__ import annotations

from vssx import xml
from vssx.errors import ProtocolError
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif import fields
from vssx.onvif.namespaces import CONCRETE_SET, PREFIXES, TT, WSNT
from vssx.onvif.topic import declared_prefixes, read_topic
from vssx.times import to_xs_datetime

OPERATIONS = ("Initialized", "Changed", "Deleted")
MAX_TOPIC = 1000
"""Characters of a topic; longer ones are refused."""

_KNOWN = {prefix: PREFIXES[prefix] for prefix in ("tt", "wsnt")}
_MESSAGE = (WSNT, "NotificationMessage")


def read_notification(parent: xml.Element) -> Notification:
    """Notification from an element that holds wsnt:Topic and wsnt:Message.

    Raises ProtocolError where topic, message or UtcTime are missing or cannot be read. A PropertyOperation that the
    standard does not know counts as none, an item without name or value has an empty one: ``raw`` keeps what was sent.
    """
    topic = xml.find(parent, "Topic")
    message = xml.find(parent, "Message", "Message")
    if topic is None or message is None:
        raise ProtocolError(f"{xml.local_name(parent)} holds no {'topic' if topic is None else 'message'}")
    name = read_topic(topic) if len(xml.text(topic)) <= MAX_TOPIC else ""
    if not name:
        raise ProtocolError(f"the topic of a {xml.local_name(parent)} is empty or longer than {MAX_TOPIC} characters")
    try:
        utc_ns = fields.parse_time(xml.attribute(message, "UtcTime") or "")
    except ValueError as problem:
        raise ProtocolError(f"UtcTime of a message with the topic {name[:100]!r}: {problem}") from None
    operation = (xml.attribute(message, "PropertyOperation") or "").strip().capitalize()
    return Notification(
        topic=name,
        utc_ns=utc_ns,
        operation=operation if operation in OPERATIONS else "",
        source=_items(message, "Source"),
        key=_items(message, "Key"),
        data=_items(message, "Data"),
        elements=_elements(message),
        raw=xml.standalone(parent, tag=_MESSAGE, known=_KNOWN),
    )


def _items(message: xml.Element, name: str) -> tuple[SimpleItem, ...]:
    return tuple(
        SimpleItem(name=xml.attribute(item, "Name") or "", value=xml.attribute(item, "Value") or "")
        for group in xml.children(message, name)
        for item in xml.children(group, "SimpleItem")
    )


def _elements(message: xml.Element) -> tuple[ElementItem, ...]:
    """An item with anything but one element in it is kept whole."""
    return tuple(
        ElementItem(
            name=xml.attribute(item, "Name") or "",
            xml=xml.standalone(item[0] if len(item) == 1 else item, known=_KNOWN),
        )
        for group in xml.children(message, "Data")
        for item in xml.children(group, "ElementItem")
    )


def fill(parent: xml.Element, value: Notification) -> None:
    """Add wsnt:Topic and wsnt:Message to ``parent``, of type wsnt:NotificationMessageHolderType.

    Written from the values, never from ``raw``. Raises UsageError for text that XML cannot carry.
    """
    xml.add(parent, WSNT, "Topic", value.topic, nsmap=declared_prefixes(value.topic), Dialect=CONCRETE_SET)
    message = xml.add(xml.add(parent, WSNT, "Message"), TT, "Message", UtcTime=to_xs_datetime(value.utc_ns))
    if value.operation:
        message.set("PropertyOperation", value.operation)
    for name, items, elements in (
        ("Source", value.source, ()),
        ("Key", value.key, ()),
        ("Data", value.data, value.elements),
    ):
        if items or elements:
            group = xml.add(message, TT, name)
            for item in items:
                xml.add(group, TT, "SimpleItem", Name=item.name, Value=item.value)
            for element in elements:
                xml.add_copy(xml.add(group, TT, "ElementItem", Name=element.name), element.xml)


def add_message(parent: xml.Element, value: Notification) -> None:
    """A wsnt:NotificationMessage as last child of ``parent``: as received where ``raw`` is there, else written."""
    if value.raw:
        xml.add_copy(parent, value.raw)
    else:
        fill(xml.add(parent, WSNT, "NotificationMessage"), value)


def item(items: tuple[SimpleItem, ...], *names: str) -> str:
    """Value of the first item that has one of these names, "" if there is none."""
    return next((entry.value for name in names for entry in items if entry.name == name), "")
