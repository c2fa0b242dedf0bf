"""events.xml: a wsnt:Notify with all notifications as received, and where each of them came from."""

from __future__ import annotations

import tempfile
from types import TracebackType
from typing import Self

from vssx import xml
from vssx.evidence.derived_file import DerivedFile
from vssx.evidence.event_store import storage
from vssx.evidence.metadata_xml import seconds, start
from vssx.model.event import ListedEvent
from vssx.model.recording import Notification
from vssx.onvif import notification as messages
from vssx.onvif.namespaces import TT, WSNT
from vssx.times import to_xs_datetime

NAMESPACE = "urn:vssx:events:1"
_HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<wsnt:Notify xmlns:wsnt="{WSNT}">\n'.encode()
_TAIL = b"</wsnt:Notify>\n"


class EventsXml:
    """Writes events.xml into ``out`` (docs/events.md). A context manager.

    The schema of wsnt:Notify wants all notifications first: what is said of each waits in a temporary file.
    """

    def __init__(self, out: DerivedFile) -> None:
        self._out = out
        self._count = 0
        self.rewritten = 0
        """Notifications that do not follow the schema, and were written anew from what they say."""
        with storage():
            self._listing = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        out.write(_HEAD)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listing.close()

    def add(self, listed: ListedEvent, *, as_received: bool) -> None:
        """One notification. ``as_received``: its ``raw`` follows the schema."""
        notification = listed.event.notification
        self._count += 1
        self.rewritten += not as_received
        self._out.write(notification.raw if as_received else written(notification), b"\n")
        attributes = {
            "notification": str(self._count),
            "id": listed.event_id,
            "kind": "state" if listed.event.start_state else "event",
            "utc": to_xs_datetime(listed.utc_ns),
        }
        if listed.media_ns is not None:
            attributes |= {"file": listed.file, "media": seconds(listed.media_ns)}
        if not as_received:
            attributes["asReceived"] = "false"
        if listed.more:
            attributes["moreProvenances"] = str(listed.more)
        ways = [
            start("Provenance", {"kind": str(way.kind), "where": way.where}, empty=True)
            for way in listed.event.provenances
        ]
        with storage():
            self._listing.write(b"".join([start("Event", attributes), *ways, b"</vssx:Event>\n"]))

    def finish(self) -> None:
        """Behind the last notification."""
        self._out.write(f'<vssx:Listing xmlns:vssx="{NAMESPACE}">\n'.encode())
        with storage():
            self._listing.seek(0)
            while part := self._listing.read(1 << 16):
                self._out.write(part)
        self._out.write(b"</vssx:Listing>\n", _TAIL)
        self._out.finish()


def written(notification: Notification) -> bytes:
    """The wsnt:NotificationMessage made of the values."""
    root = xml.new(WSNT, "NotificationMessage", nsmap={"wsnt": WSNT, "tt": TT})
    messages.fill(root, notification)
    return xml.standalone(root)
