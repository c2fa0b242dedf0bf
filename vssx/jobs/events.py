"""``vssx events``: what happened, as a recorder finds it, or as it stands in a file or a handover."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import StorageError
from vssx.evidence.event_listing import Timeline, listed_row
from vssx.evidence.event_merging import merge
from vssx.evidence.event_reading import read_events
from vssx.evidence.event_store import EventStore
from vssx.jobs.config import RecorderAddress
from vssx.jobs.lookup import recorder_range
from vssx.jobs.spans import TimeSpan, all_of
from vssx.model.acquisition import AcquisitionEvent
from vssx.model.event import ListedEvent, Provenance, ProvenanceKind
from vssx.onvif.content_filter import parse_event_filter


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsRequest:
    """Which events. ``span``: from when to when; None: all. ``topics``: topic expressions, any of which may match;
    ``contents``: content filters, all of which must; () for all events."""

    span: TimeSpan | None = None
    topics: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventListing:
    """``rows``: by time, once. ``losses``: in plain words what is, or may be, missing; ``notes``: what else there is to
    say. ``span``: the range, of a recorder in its own clock; None: all that there is."""

    rows: Iterator[ListedEvent]
    span: TimeSpan | None = None
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@contextmanager
def find(address: RecorderAddress, token: str, request: EventsRequest, whose: str | None) -> Iterator[EventListing]:
    """Ask a recorder for the events of a recording, and the states at the start.

    ``whose``: the time in which the range is told: ``true``, ``recorder``, or None as in ExportRequest. Raises the
    errors of ``vssx.source.search`` and ``vssx.source.events``, and UsageError for a filter that cannot be read and a
    range of which it is not clear whose time it is in.
    """
    from vssx.source.events import EventQuery
    from vssx.source.found_events import FoundEvents
    from vssx.source.search import RecorderSession

    assumed: list[str] = []

    def observe(event: AcquisitionEvent) -> None:
        if event.kind == "assumption":
            assumed.append(f"{event.detail.get('subject')}: {event.detail.get('detail')}")

    parse_event_filter(request.topics, request.contents)  # told before anybody is asked
    with RecorderSession.connect(
        address.host, address.credentials, timeout=address.timeout, observe=observe, tls=address.tls
    ) as session:
        recording = session.recording(token)
        if request.span is None:
            span = all_of(recording)
        else:
            span = recorder_range(request.span, whose, session.sample_clock())
        query = EventQuery(
            recording=token,
            from_ns=span.from_ns,
            to_ns=span.to_ns,
            topics=request.topics,
            contents=request.contents,
        )
        with FoundEvents(span.from_ns) as store, EventStore() as listing:
            outcome = session.find_events(query, store)
            provenance = Provenance(kind=ProvenanceKind.FOUND, where=session.address)
            for found in store:
                listing.add(found.notification, provenance, start_state=found.start_state)
            merge(listing, span.from_ns)
            yield EventListing(
                rows=_rows(listing, token, of_all=not request.contents),
                span=span,
                losses=outcome.losses,
                notes=(*assumed, *outcome.notes),
            )


def _rows(listing: EventStore, token: str, *, of_all: bool) -> Iterator[ListedEvent]:
    """As a handover lists them. Not ``of_all``: what a filter of contents left out may have told another state."""
    for row in listing.rows():
        if of_all or not (row.unknown or row.repeated):
            yield listed_row(row, token, Timeline())


@contextmanager
def read(path: Path, request: EventsRequest) -> Iterator[EventListing]:
    """The events in an MP4 or in a handover, which is not verified.

    Raises the errors of ``read_events``, StorageError where there is nothing, and UsageError as ``find``.
    """
    wanted = parse_event_filter(request.topics, request.contents)
    if not path.exists():
        raise StorageError("does not exist", where=str(path), next_step="Check the path.")
    span = request.span
    with closing(read_events(path)) as rows:
        yield EventListing(
            rows=(
                row
                for row in rows
                if (span is None or span.from_ns <= row.utc_ns <= span.to_ns) and wanted.matches(row.event.notification)
            ),
            span=span,
        )
