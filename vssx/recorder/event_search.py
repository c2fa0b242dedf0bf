"""FindEvents: the recording history and the events that were recorded, in one order (ONVIF Recording Search)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge

from vssx.model.recording import FindEventResult
from vssx.onvif.content_filter import EventFilter, parse_event_filter
from vssx.onvif.search_session import FindEvents
from vssx.recorder.history import changes, history_states
from vssx.recorder.store import StoredRecording
from vssx.recorder.stored_events import PAUSE_AFTER, states, stored_events


def find_events(recordings: Iterable[StoredRecording], request: FindEvents) -> Iterator[FindEventResult | None]:
    """Events of these recordings between the request's points, in its direction, start states first; None now and
    then while none is found.

    A backward search with start states has them for both ends, as the specification demands. Without an end point the
    search runs to the end of what is recorded. Raises UsageError for filters that make no sense, UsageError and
    StorageError for files that cannot be read.
    """
    wanted = parse_event_filter(request.topics, request.message_filters)
    return _found(list(recordings), request, wanted)


def _found(
    recordings: list[StoredRecording], request: FindEvents, wanted: EventFilter
) -> Iterator[FindEventResult | None]:
    first, last = request.start_ns, request.end_ns
    if last is None:
        last = max([first, *map(_newest_ns, recordings)])
    backward = last < first
    if request.include_start_state:
        yield from _wanted(_states(recordings, first), wanted)
    yield from _wanted(_between(recordings, min(first, last), max(first, last), backward=backward), wanted)
    if request.include_start_state and backward:
        yield from _wanted(_states(recordings, last), wanted)


def _newest_ns(recording: StoredRecording) -> int:
    events = recording.events
    return max(recording.end_ns, events.utc_ns[-1] if events is not None and len(events) else recording.end_ns)


def _wanted(found: Iterable[FindEventResult | None], wanted: EventFilter) -> Iterator[FindEventResult | None]:
    passed = 0
    for event in found:
        if event is None or wanted.matches(event.notification):
            yield event
        else:
            passed += 1
            if passed % PAUSE_AFTER == 0:
                yield None


def _states(recordings: list[StoredRecording], at_ns: int) -> Iterator[FindEventResult | None]:
    for recording in recordings:
        yield from history_states(recording, at_ns)
        if recording.events is not None:
            yield from states(recording.events, recording.token, at_ns)


def _between(
    recordings: list[StoredRecording], low_ns: int, high_ns: int, *, backward: bool
) -> Iterator[FindEventResult]:
    told = [event for recording in recordings for event in changes(recording) if low_ns <= event.time_ns <= high_ns]
    told.sort(key=_time, reverse=backward)
    recorded = [
        stored_events(recording.events, recording.token, low_ns, high_ns, backward=backward)
        for recording in recordings
        if recording.events is not None
    ]
    return merge(told, *recorded, key=_time, reverse=backward)


def _time(event: FindEventResult) -> int:
    return event.time_ns
