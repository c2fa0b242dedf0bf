"""Events as rows of a listing: with an id, a name in plain words and their place on the video's timeline."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from vssx.evidence.event_store import StoredRow
from vssx.evidence.metadata_samples import MetadataMovie
from vssx.model.event import AlphaEvent, ListedEvent, Provenance, ProvenanceKind
from vssx.model.recording import Notification, SimpleItem
from vssx.onvif.topic_names import state_words, topic_name
from vssx.times import NS, to_xs_datetime

_NEAR_NS = 10 * NS  # recorders that record on events begin a little after them
_OVERLAPPING = 16  # files that are looked at for one time: more than ever cover it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    name: str
    start_ns: int
    from_ns: int
    to_ns: int


@dataclass(slots=True)
class Timeline:
    """Which file of a recording shows a time, and where in it."""

    _spans: list[_Span] = field(default_factory=list)
    _end_ns: int = 0

    def add(self, movie: MetadataMovie) -> None:
        """One more file."""
        span = _Span(name=movie.name, start_ns=movie.start_ns, from_ns=movie.shown_from_ns, to_ns=movie.shown_to_ns)
        self._end_ns = max(self._end_ns, span.to_ns) if self._spans else span.to_ns
        insort(self._spans, span, key=attrgetter("from_ns", "name"))

    @property
    def start_ns(self) -> int | None:
        """The first time that is shown; None without any file."""
        return self._spans[0].from_ns if self._spans else None

    def near(self, utc_ns: int) -> bool:
        """Whether it lies within ten seconds of the time from the first to the last file."""
        if not self._spans:
            return False
        return self._spans[0].from_ns - _NEAR_NS <= utc_ns <= self._end_ns + _NEAR_NS

    def place(self, utc_ns: int, provenances: Sequence[Provenance]) -> tuple[str, int | None]:
        """Name of the file, and the time behind the start of its media timeline; "" and None where none shows it.

        Of several (the recorder's clock stepped back) the one in which it was recorded, else the one that begins last.
        """
        end = bisect_right(self._spans, utc_ns, key=attrgetter("from_ns"))
        near = reversed(self._spans[max(0, end - _OVERLAPPING) : end])
        found = [span for span in near if utc_ns <= span.to_ns]  # the last picture shows what happens as it ends
        if not found:
            return "", None
        recorded = [way.where for way in provenances if way.kind is ProvenanceKind.RECORDED]
        own = (span for span in found if any(where.startswith(f"{span.name} track ") for where in recorded))
        span = next(own, found[0])
        return span.name, utc_ns - span.start_ns


def listed_row(row: StoredRow, recording: str, timeline: Timeline) -> ListedEvent:
    """A row of the store as one of a listing."""
    event = AlphaEvent(notification=row.notification, provenances=row.provenances, start_state=row.is_state)
    file, media_ns = timeline.place(row.utc_ns, row.provenances)
    return ListedEvent(
        event_id=row.event_id,
        event=event,
        utc_ns=row.utc_ns,
        name=topic_name(row.notification.topic),
        state="unknown" if row.unknown else state_words(row.notification),
        recording=recording,
        file=file,
        media_ns=media_ns,
        unknown=row.unknown,
        more=row.more,
    )


def as_json(listed: ListedEvent) -> dict[str, object]:
    """JSON values of one row, as ``vssx events --json`` prints them; what is not known is null."""
    notification = listed.event.notification
    return {
        "id": listed.event_id,
        "utc": to_xs_datetime(listed.utc_ns),
        "recording": listed.recording,
        "file": listed.file,
        "media": None if listed.media_ns is None else round(listed.media_ns / NS, 6),
        "kind": "state" if listed.event.start_state else "event",
        "name": listed.name,
        "state": listed.state,
        "topic": notification.topic,
        "operation": "" if listed.event.start_state else notification.operation,
        "source": _items(notification.source),
        "key": _items(notification.key),
        "data": None if listed.unknown else _items(notification.data),
        "elements": [] if listed.unknown else _elements(notification),
        "provenance": [{"kind": str(way.kind), "where": way.where} for way in listed.event.provenances],
        "more_provenances": listed.more,
    }


def _items(items: tuple[SimpleItem, ...]) -> list[dict[str, str]]:
    return [{"name": item.name, "value": item.value} for item in items]


def _elements(notification: Notification) -> list[dict[str, str]]:
    return [{"name": one.name, "xml": one.xml.decode()} for one in notification.elements]
