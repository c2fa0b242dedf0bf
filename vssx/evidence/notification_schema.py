"""Whether a notification follows the schemas of WS-BaseNotification and ONVIF, as far as can be told without them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vssx import xml
from vssx.errors import ProtocolError
from vssx.model.recording import Notification
from vssx.onvif.namespaces import TT, WSNT
from vssx.onvif.notification import OPERATIONS

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_PARTS = tuple(f"{{{WSNT}}}{name}" for name in ("SubscriptionReference", "Topic", "ProducerReference", "Message"))
_GROUPS = tuple(f"{{{TT}}}{name}" for name in ("Source", "Key", "Data", "Extension"))
_MESSAGE, _SIMPLE, _ELEMENT = (f"{{{TT}}}{name}" for name in ("Message", "SimpleItem", "ElementItem"))


def as_received(notification: Notification) -> bool:
    """Whether ``raw`` is there and may stand in a valid wsnt:Notify: names, namespaces, order, what has to be there."""
    if not notification.raw:
        return False
    try:
        root = xml.parse(notification.raw)
    except ProtocolError:
        return False
    if root.attrib or not _in_order(root, _PARTS):
        return False
    parts = {child.tag: child for child in root}
    topic, holder = parts.get(_PARTS[1]), parts.get(_PARTS[3])
    if topic is None or not topic.get("Dialect") or holder is None or len(holder) != 1 or holder[0].tag != _MESSAGE:
        return False
    message = holder[0]
    return (
        _DATE_TIME.fullmatch(message.get("UtcTime", "").strip()) is not None
        and message.get("PropertyOperation", OPERATIONS[0]) in OPERATIONS
        and _in_order(message, _GROUPS)
        and all(_is_item(item) for group in message for item in group if group.tag != _GROUPS[3])
    )


def _in_order(parent: xml.Element, known: tuple[str, ...]) -> bool:
    """Whether the children are among these, each once at most, in this order."""
    places = [known.index(tag) if tag in known else -1 for tag in _tags(parent)]
    return -1 not in places and places == sorted(set(places))


def _tags(parent: xml.Element) -> Iterable[str]:
    return (str(child.tag) for child in parent)


def _is_item(item: xml.Element) -> bool:
    if item.tag == _SIMPLE:
        return item.get("Name") is not None and item.get("Value") is not None and not len(item)
    if item.tag == _ELEMENT:
        return item.get("Name") is not None and len(item) == 1
    return item.tag == _GROUPS[3]
