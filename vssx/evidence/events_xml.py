"""events.xml: a wsnt:Notify with all notifications as received, and where each of them came from."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vssx import xml
from vssx.errors import ProtocolError
from vssx.evidence.derived_file import DerivedFile
from vssx.evidence.metadata_xml import seconds, start
from vssx.model.event import ListedEvent
from vssx.model.recording import Notification
from vssx.onvif import notification as messages
from vssx.onvif.namespaces import TT, WSNT
from vssx.times import to_xs_datetime

NAMESPACE = "urn:vssx:events:1"
_HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<wsnt:Notify xmlns:wsnt="{WSNT}">\n'.encode()
_TAIL = b"</wsnt:Notify>\n"
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_GROUPS = ("Source", "Key", "Data")


class EventsXml:
    """Writes events.xml into ``out`` (docs/events.md): first ``add`` for each, then ``tell`` for each in that order.

    The schema of wsnt:Notify wants all notifications first; what is said of each stands behind them.
    """

    def __init__(self, out: DerivedFile) -> None:
        self._out = out
        self._told = 0
        self.rewritten = 0
        """Notifications that do not follow the schema, and were written anew from what they say."""
        out.write(_HEAD)

    def add(self, notification: Notification) -> None:
        """One notification."""
        raw = notification.raw if as_received(notification) else b""
        if not raw:
            self.rewritten += 1
            raw = written(notification)
        self._out.write(raw, b"\n")

    def begin_telling(self) -> None:
        """Behind the last notification."""
        self._out.write(f'<vssx:Listing xmlns:vssx="{NAMESPACE}">\n'.encode())

    def tell(self, listed: ListedEvent) -> None:
        """What the listing says of the next notification."""
        self._told += 1
        attributes = {
            "notification": str(self._told),
            "id": listed.event_id,
            "kind": "state" if listed.event.start_state else "event",
            "utc": to_xs_datetime(listed.utc_ns),
        }
        if listed.file and listed.media_ns is not None:
            attributes |= {"file": listed.file, "media": seconds(listed.media_ns)}
        if not as_received(listed.event.notification):
            attributes["asReceived"] = "false"
        if listed.more:
            attributes["moreProvenances"] = str(listed.more)
        self._out.write(start("Event", attributes))
        for way in listed.event.provenances:
            self._out.write(start("Provenance", {"kind": str(way.kind), "where": way.where}, empty=True))
        self._out.write(b"</vssx:Event>\n")

    def finish(self) -> None:
        """Behind everything."""
        self._out.write(b"</vssx:Listing>\n", _TAIL)
        self._out.finish()


def written(notification: Notification) -> bytes:
    """The wsnt:NotificationMessage made of the values."""
    root = xml.new(WSNT, "NotificationMessage", nsmap={"wsnt": WSNT, "tt": TT})
    messages.fill(root, notification)
    return xml.standalone(root)


def as_received(notification: Notification) -> bool:
    """Whether ``raw`` is there and follows WS-BaseNotification and the ONVIF schema as far as can be told without
    them: names, namespaces, order, what has to be there."""
    if not notification.raw:
        return False
    try:
        root = xml.parse(notification.raw)
    except ProtocolError:
        return False
    parts = [child for child in root if xml.namespace(child) == WSNT]
    names = [xml.local_name(child) for child in parts]
    order = [name for name in ("SubscriptionReference", "Topic", "ProducerReference", "Message") if name in names]
    if len(parts) != len(root) or names != order or "Topic" not in names or names[-1] != "Message" or root.attrib:
        return False
    topic, holder = parts[names.index("Topic")], parts[-1]
    if not topic.get("Dialect") or len(holder) != 1 or holder[0].tag != f"{{{TT}}}Message":
        return False
    message = holder[0]
    return (
        _DATE_TIME.fullmatch(message.get("UtcTime", "").strip()) is not None
        and message.get("PropertyOperation", "Changed") in messages.OPERATIONS
        and _in_order([child.tag for child in message])
        and all(map(_is_item, (item for group in message for item in group if xml.local_name(group) in _GROUPS)))
    )


def _in_order(tags: Iterable[object]) -> bool:
    known = [f"{{{TT}}}{name}" for name in (*_GROUPS, "Extension")]
    places = [known.index(tag) if tag in known else -1 for tag in map(str, tags)]
    return -1 not in places and places == sorted(set(places))


def _is_item(item: xml.Element) -> bool:
    if item.tag == f"{{{TT}}}SimpleItem":
        return item.get("Name") is not None and item.get("Value") is not None and not len(item)
    if item.tag == f"{{{TT}}}ElementItem":
        return item.get("Name") is not None and len(item) == 1
    return item.tag == f"{{{TT}}}Extension"
