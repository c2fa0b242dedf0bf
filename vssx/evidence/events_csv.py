"""events.csv: one event a line, and the states at the start, for people with a spreadsheet."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from vssx.cells import row
from vssx.evidence.derived_file import DerivedFile
from vssx.evidence.metadata_xml import seconds
from vssx.model.event import ListedEvent
from vssx.model.recording import SimpleItem
from vssx.times import to_xs_datetime

COLUMNS = (
    "id", "utc", "file", "media_seconds", "kind", "name", "state", "source", "data", "topic", "operation", "provenance",
)  # fmt: skip
_LISTED = 5


class EventsCsv:
    """Writes events.csv into ``out`` (docs/events.md): UTF-8 with a byte order mark, without which Excel shows other
    letters than were meant."""

    def __init__(self, out: DerivedFile) -> None:
        self._out = out
        out.write(codecs.BOM_UTF8, row(COLUMNS))

    def add(self, listed: ListedEvent) -> None:
        """One line."""
        self._out.write(row(cells(listed)))

    def finish(self) -> None:
        """Behind the last line."""
        self._out.finish()


def cells(listed: ListedEvent) -> tuple[str, ...]:
    """The cells of a line, as they are meant: not yet neutralised."""
    notification = listed.event.notification
    data = [items(notification.data), *(f"{one.name} (XML, in events.xml)" for one in notification.elements)]
    return (
        listed.event_id,
        to_xs_datetime(listed.utc_ns),
        listed.file,
        "" if listed.media_ns is None else seconds(listed.media_ns),
        "state" if listed.event.start_state else "event",
        listed.name,
        listed.state,
        items((*notification.source, *notification.key)),
        "" if listed.unknown else "; ".join(filter(None, data)),
        notification.topic,
        "" if listed.event.start_state else notification.operation,
        provenance(listed),
    )


def items(of: Iterable[SimpleItem]) -> str:
    """Name=Value, separated by ``; ``."""
    return "; ".join(f"{item.name}={item.value}" for item in of)


def provenance(listed: ListedEvent) -> str:
    """Where it came from, in one text: the first five of them."""
    ways = listed.event.provenances
    more = listed.more + len(ways) - _LISTED
    told = "; ".join(f"{way.kind}: {way.where}" for way in ways[:_LISTED])
    return f"{told}; and {more} more in events.xml" if more > 0 else told
