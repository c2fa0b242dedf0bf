"""The events that an export adds to its recordings: what the recorder finds, and what the operator lists."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import NotAuthenticatedError, ProtocolError, UsageError, VssxError
from vssx.evidence.added_documents import AddedDocuments, AddedSummary, load_documents, save_documents, save_summary
from vssx.evidence.staging import Staging
from vssx.jobs.spans import TimeSpan
from vssx.model.event import ABOUT_EVENTS, Provenance, ProvenanceKind
from vssx.model.handover import AcquiredRecording
from vssx.model.media import Assumption, Loss, SourceTrack, StreamItem, TrackType
from vssx.model.recording import FindEventResult, Notification
from vssx.onvif.soap import SoapFaultError
from vssx.shown import counted, shown

if TYPE_CHECKING:
    from vssx.jobs.acquire import Assignment
    from vssx.model.media import AccessUnits
    from vssx.source.event_list import EventList
    from vssx.source.events import EventsOutcome
    from vssx.source.found_events import FoundEvents
    from vssx.source.search import RecorderSession


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSources:
    """Where events come from. ``ask``: the recorder; ``lists``: of the operator.

    ``offset_ns``: the recorder's clock minus true time, where the lists tell true time and the clocks differ.
    """

    ask: bool = False
    lists: Sequence[EventList] = ()
    offset_ns: int = 0

    def __bool__(self) -> bool:
        return self.ask or bool(self.lists)

    def listed(self, names: Container[str]) -> Iterator[Notification]:
        """The listed events about a recording that goes by ``names``, by the recorder's clock."""
        return (note for one in self.lists for _, note in _about(one, names, self.offset_ns))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """For one recording: its place in the handover, the names by which a list may call it, and its range, of which the
    end may be open."""

    directory: str
    names: frozenset[str]
    from_ns: int
    to_ns: int | None


def read_lists(paths: Iterable[Path], zone: str | None) -> tuple[EventList, ...]:
    """The operator's lists, checked. ``zone``: IANA time zone of local times. Raises UsageError, StorageError."""
    from vssx.source.event_list import read_event_list

    return tuple(read_event_list(path, zone) for path in paths)


def refuse_unknown_recordings(lists: Iterable[EventList], known: Iterable[str]) -> None:
    """Raises UsageError for lines about a recording that is not exported. ``known``: tokens and names of the others."""
    names = set(known)
    for one in lists:
        unknown = [(line, name) for name, line in one.recordings.items() if name not in names]
        if unknown:
            told = "; ".join(f"line {line}: {shown(name)}" for line, name in unknown[:10])
            more = f"; and {len(unknown) - 10} more" if len(unknown) > 10 else ""
            raise UsageError(
                f"column 'recording': {told}{more}: no such recording is exported",
                where=shown(one.path),
                next_step=f"It may say: {', '.join(map(shown, sorted(names)[:20]))}; empty: all of them.",
            )


def add_to_recordings(
    staging: Staging, assignments: Iterable[Assignment], sources: EventSources, session: RecorderSession
) -> None:
    """Find the events of each recording, once: what an earlier run wrote down stays.

    Raises what ``session`` raises but ProtocolError and NotAuthenticatedError, which the record tells, UsageError and
    StorageError.
    """
    for one in assignments:
        if sources and not one.empty and load_documents(staging, one.target.camera) is None:
            wanted = _Wanted(
                directory=one.target.camera,
                names=frozenset((one.recording.token, one.camera)),
                from_ns=one.from_ns,
                to_ns=one.to_ns,
            )
            search = _search(one, session) if sources.ask else None
            _write_down(staging, wanted, sources, search, session.address)


def add_to_file(
    staging: Staging, directory: str, name: str, start_ns: int, lists: Sequence[EventList]
) -> AddedDocuments | None:
    """The operator's events for a local file called ``name``, whose footage begins at ``start_ns``."""
    if not lists:
        return None
    wanted = _Wanted(directory=directory, names=frozenset((directory, name)), from_ns=start_ns, to_ns=None)
    return _write_down(staging, wanted, EventSources(lists=lists), None, "")


def _search(one: Assignment, session: RecorderSession) -> Callable[[FoundEvents], EventsOutcome]:
    from vssx.source.events import EventQuery

    query = EventQuery(recording=one.target.recording_token, from_ns=one.from_ns, to_ns=one.to_ns)
    return lambda store: session.find_events(query, store)


def _write_down(
    staging: Staging,
    wanted: _Wanted,
    sources: EventSources,
    search: Callable[[FoundEvents], EventsOutcome] | None,
    address: str,
) -> AddedDocuments:
    from vssx.source.found_events import FoundEvents

    losses: list[str] = []
    notes: list[str] = []
    states = 0
    with FoundEvents(wanted.from_ns) as store:
        if search is not None:
            try:
                outcome = search(store)
            except (ProtocolError, NotAuthenticatedError) as problem:
                if has_no_search(problem):
                    notes.append(f"the recorder tells no events: {problem}")
                else:
                    losses.append(f"the recorder's events are not here: {problem}")
            else:
                states = outcome.states
                losses += outcome.losses
                notes += outcome.notes
                if outcome.outside:
                    notes.append(f"{counted(outcome.outside, 'event')} have a time outside the range")
        for one in sources.lists:
            notes += _take(one, wanted, sources.offset_ns, store)
        documents = save_documents(staging, wanted.directory, _documents(store, address))
        return save_summary(
            staging,
            wanted.directory,
            AddedSummary(
                documents=documents,
                events=documents - states,
                asked=search is not None,
                losses=tuple(map(shown, losses)),
                notes=tuple(map(shown, notes)),
            ),
        )


def has_no_search(problem: VssxError) -> bool:
    """Whether the recorder says that there is no such search: any other failure may hide events."""
    from vssx.source.recorder_calls import NoServiceError

    if isinstance(problem, SoapFaultError):
        return problem.fault.not_supported
    return isinstance(problem, NoServiceError)


def _about(one: EventList, names: Container[str], offset_ns: int) -> Iterator[tuple[int, Notification]]:
    """Lines about a recording, with their numbers; the events by the recorder's clock."""
    from vssx.source.event_list import in_recorders_time

    for line in one:
        if not line.recording or line.recording in names:
            yield line.line, in_recorders_time(line.notification, offset_ns) if offset_ns else line.notification


def _take(one: EventList, wanted: _Wanted, offset_ns: int, store: FoundEvents) -> Iterator[str]:
    """Put the lines about a recording into the store; what is to be said of it."""
    name = shown(one.path.name)
    taken = outside = 0
    for line, note in _about(one, wanted.names, offset_ns):
        if wanted.to_ns is not None and not wanted.from_ns <= note.utc_ns <= wanted.to_ns:
            outside += 1
            continue
        taken += 1
        event = FindEventResult(
            recording_token="", track_token="", time_ns=note.utc_ns, notification=note, start_state=False
        )
        store.add(event, f"{name}, line {line}")
    beyond = f"; left out, since outside the range: {counted(outside, 'event')}" if outside else ""
    yield f"the operator's list {name} (SHA-256 {one.sha256}) tells {counted(taken, 'event')}{beyond}"
    if offset_ns and taken:
        yield (
            f"its times are true time; they were moved by {offset_ns / 1e9:+.3f} s into the recorder's clock, and stand"
            " as they were listed in the item StatedTime"
        )


def _documents(store: FoundEvents, address: str) -> Iterator[tuple[int, bytes]]:
    from vssx.onvif.added_document import added_document

    found = Provenance(kind=ProvenanceKind.FOUND, where=address)
    for one in store.messages():
        provenance = Provenance(kind=ProvenanceKind.LISTED, where=one.origin) if one.origin else found
        # Written as it was received: what it says need not be read for that.
        whole = Notification(topic="", utc_ns=one.place_ns, raw=one.message)
        yield one.place_ns, added_document(whole, provenance, start_state=one.start_state)


def with_events(
    added: AddedDocuments | None,
    tracks: Sequence[SourceTrack],
    items: Iterable[StreamItem | AccessUnits],
    *,
    base_ns: int,
    gap_split_ns: int,
    resumed: bool = False,
    all_of_them: bool = True,
) -> tuple[tuple[SourceTrack, ...], Iterable[StreamItem | AccessUnits]]:
    """The tracks and items of a stream, with those of the events in them. As ``AddedTrack``."""
    from vssx.source.added_track import AddedTrack

    if added is None or not tracks:
        return tuple(tracks), items
    track = AddedTrack(
        added, tracks, base_ns=base_ns, gap_split_ns=gap_split_ns, resumed=resumed, all_of_them=all_of_them
    )
    told = _told(added.summary, track.track.index)
    if not added.summary.documents:
        return tuple(tracks), _behind(told, items)
    return (*tracks, track.track), _behind(told, track.into(items))


def _told(summary: AddedSummary, track: int) -> list[Assumption | Loss]:
    notes = [Assumption(subject=ABOUT_EVENTS, detail=detail) for detail in summary.notes]
    losses = [Loss(track=track, at_ns=None, packets=None, detail=detail) for detail in summary.losses]
    return [*notes, *losses]


def _behind(
    told: Iterable[StreamItem], items: Iterable[StreamItem | AccessUnits]
) -> Iterator[StreamItem | AccessUnits]:
    yield from told
    yield from items


def without_rest(acquired: AcquiredRecording, added: AddedDocuments | None) -> AcquiredRecording:
    """A recording that was cut, and what is to be said of the events behind its last picture: they are not in it."""
    footage = _footage(acquired)
    if added is None or footage is None:
        return acquired
    later = sum(at_ns > footage.to_ns for at_ns, _ in added)
    if not later:
        return acquired
    return _noted(
        acquired, f"not in the handover: {counted(later, 'event')} behind the last picture that had come", footage.to_ns
    )


def beyond_search(acquired: AcquiredRecording, added: AddedDocuments | None) -> AcquiredRecording:
    """What is to be said where the footage reaches over the range for which FindEvents was asked: events that it shows
    may not be in the handover."""
    footage = _footage(acquired)
    if added is None or not added.summary.asked or footage is None:
        return acquired
    asked = TimeSpan(
        from_ns=footage.from_ns if acquired.from_ns is None else acquired.from_ns,
        to_ns=footage.to_ns if acquired.to_ns is None else acquired.to_ns,
    )
    if asked.from_ns <= footage.from_ns and footage.to_ns <= asked.to_ns:
        return acquired
    return _noted(
        acquired,
        f"the recorder was asked for events (FindEvents) from {asked.text}; the footage, whole groups of pictures, goes"
        f" from {footage.text}: what FindEvents alone knows of the time outside of what was asked is not in the"
        " handover",
    )


def _footage(acquired: AcquiredRecording) -> TimeSpan | None:
    """From the first picture or sound to the last one; None: there is none."""
    tracks = [
        track
        for media in acquired.received.media
        for track in media.file.tracks
        if track.track_type is not TrackType.METADATA
    ]
    if not tracks:
        return None
    return TimeSpan(
        from_ns=min(track.first_utc_ns for track in tracks), to_ns=max(track.last_utc_ns for track in tracks)
    )


def _noted(acquired: AcquiredRecording, detail: str, at_ns: int | None = None) -> AcquiredRecording:
    note = Assumption(subject=ABOUT_EVENTS, detail=detail, at_ns=at_ns)
    received = replace(acquired.received, assumptions=(*acquired.received.assumptions, note))
    return replace(acquired, received=received)
