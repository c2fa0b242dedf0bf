"""What makes two notifications the same event, and the id that an event goes by."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

from vssx import xml
from vssx.errors import ProtocolError
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif import fields
from vssx.times import NS

ID_DIGITS = 8
"""Hexadecimal digits of an event's id; more where two events of a listing would have the same."""
FINEST = 3
"""Fraction digits down to which times from different sources are compared: many recorders keep milliseconds only."""
_UTC_TIME = re.compile(rb"""UtcTime\s*=\s*["']([^"']{1,80})["']""")
_FRACTION = re.compile(r"\.(\d+)", re.ASCII)


def content_digest(notification: Notification) -> bytes:
    """SHA-256 over topic, source, key, data and elements, whatever their order: what must be equal beside the time."""
    return _digest(_content(notification))


def property_digest(notification: Notification) -> bytes:
    """SHA-256 over topic, source and key: the property of which a property event tells the state."""
    return _digest([notification.topic, _items(notification.source), _items(notification.key)])


def event_digest(notification: Notification) -> str:
    """SHA-256 in hex over content, operation and UtcTime; its first digits (``ID_DIGITS``) are the event's id."""
    return _digest(["event", notification.utc_ns, notification.operation, *_content(notification)]).hex()


def state_digest(notification: Notification, start_ns: int, *, unknown: bool = False) -> str:
    """SHA-256 in hex over content and start of the range: the id of a row that states what held there.

    ``unknown``: of one that states that nobody tells it, over the property and the start.
    """
    if unknown:
        return _digest(["unknown", start_ns, property_digest(notification).hex()]).hex()
    return _digest(["state", start_ns, *_content(notification)]).hex()


def fraction_digits(notification: Notification) -> int:
    """How many digits of a second the sender gave, 0 to 9; where that is not kept, as many as the time needs."""
    for found in _UTC_TIME.finditer(notification.raw):
        text = found[1].decode("ascii", "replace")
        try:
            if fields.parse_time(text) != notification.utc_ns:
                continue
        except ValueError:
            continue
        digits = _FRACTION.search(text)
        return min(len(digits[1]), 9) if digits else 0
    return len(f"{notification.utc_ns % NS:09d}".rstrip("0"))


def same_time(one_ns: int, one_digits: int, other_ns: int, other_digits: int) -> bool:
    """Whether two times from different sources are equal once both are cut to the coarser one's resolution."""
    step: int = 10 ** (9 - min(one_digits, other_digits, FINEST))
    return one_ns // step == other_ns // step


def _content(notification: Notification) -> list[object]:
    return [
        notification.topic,
        _items(notification.source),
        _items(notification.key),
        _items(notification.data),
        sorted((element.name, _canonical(element)) for element in notification.elements),
    ]


def _items(items: Iterable[SimpleItem]) -> list[tuple[str, str]]:
    return sorted((item.name, item.value) for item in items)


def _canonical(element: ElementItem) -> str:
    try:
        return xml.canonical(xml.parse(element.xml)).decode()
    except ProtocolError:  # it grew beyond all bounds when it was written out: compared as it is
        return hashlib.sha256(element.xml).hexdigest()


def _digest(value: object) -> bytes:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()).digest()
