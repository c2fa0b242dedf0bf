"""The recorder's Search service: a request's body in, the answer's body out, or a fault."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from vssx import xml
from vssx.errors import UsageError
from vssx.model.recording import FindEventResult, RecordingInformation
from vssx.onvif import metadata_search, search, search_session
from vssx.onvif.namespaces import TSE
from vssx.onvif.recording_information import fill_recording
from vssx.onvif.search_session import SearchScope
from vssx.onvif.xpath_dialect import parse_filter
from vssx.recorder.event_search import find_events
from vssx.recorder.metadata_search import find_metadata, find_ptz_positions
from vssx.recorder.search_sessions import SearchSessions
from vssx.recorder.soap_fault import FaultError
from vssx.recorder.store import RecordingStore, StoredRecording
from vssx.times import NS

_MOST_WAIT_NS = 10 * NS
CAPABILITIES = search.SearchCapabilities(metadata_search=True, general_start_events=True)

Result = TypeVar("Result")


class SearchService:
    """The operations of the service, and its open searches."""

    def __init__(self, store: RecordingStore, clock: Callable[[], int]) -> None:
        """``clock``: the recorder's UTC in ns."""
        self._store = store
        self._clock = clock
        monotonic = time.monotonic_ns
        self._recordings: SearchSessions[RecordingInformation] = SearchSessions(monotonic)
        self._events: SearchSessions[FindEventResult] = SearchSessions(monotonic)
        self._metadata: SearchSessions[metadata_search.FindMetadataResult] = SearchSessions(monotonic)
        self._positions: SearchSessions[metadata_search.FindPtzPositionResult] = SearchSessions(monotonic)
        self.operations: Mapping[str, Callable[[xml.Element], xml.Element]] = {
            "GetServiceCapabilities": lambda _: search.get_service_capabilities_response(CAPABILITIES),
            "GetRecordingSummary": lambda _: search.get_recording_summary_response(store.summary),
            "GetRecordingInformation": self._get_recording_information,
            "GetMediaAttributes": self._get_media_attributes,
            "FindRecordings": self._find_recordings,
            "GetRecordingSearchResults": self._get_recording_results,
            "FindEvents": self._find_events,
            "GetEventSearchResults": self._get_event_results,
            "FindMetadata": self._find_metadata,
            "GetMetadataSearchResults": self._get_metadata_results,
            "FindPTZPosition": self._find_ptz_position,
            "GetPTZPositionSearchResults": self._get_ptz_position_results,
            "GetSearchState": self._get_search_state,
            "EndSearch": self._end_search,
        }

    def _find(self, token: str) -> StoredRecording:
        found = self._store.find(token)
        if found is None:
            raise FaultError("Sender", "InvalidArgVal", "InvalidToken", reason=f"no recording {token[:64]!r}")
        return found

    def _get_recording_information(self, body: xml.Element) -> xml.Element:
        found = self._find(search.read_get_recording_information(body))
        return search.get_recording_information_response(found.information)

    def _get_media_attributes(self, body: xml.Element) -> xml.Element:
        tokens, time_ns = search.read_get_media_attributes(body)
        chosen = [self._find(token) for token in tokens] or self._store.recordings
        attributes = [one.media_attributes(time_ns) for one in chosen]
        return search.get_media_attributes_response([value for value in attributes if value is not None])

    def _in_scope(self, scope: SearchScope) -> list[StoredRecording]:
        for token in scope.included_recordings:
            self._find(token)
        chosen = list(self._store.recordings)
        if scope.included_recordings or scope.included_sources:
            chosen = [
                one
                for one in chosen
                if one.token in scope.included_recordings or one.description.serial in scope.included_sources
            ]
        if not scope.recording_filter:
            return chosen
        try:
            matches = parse_filter(scope.recording_filter)
        except ValueError as error:
            raise _bad_filter("RecordingInformationFilter", error) from None
        return [one for one in chosen if matches(_element(one.information))]

    # Searches

    def _find_recordings(self, body: xml.Element) -> xml.Element:
        request = search_session.read_find_recordings(body)
        token = self._recordings.start(
            [one.information for one in self._in_scope(request.scope)],
            max_matches=request.max_matches,
            keep_alive_ns=request.keep_alive_ns,
            reached_ns=lambda _: self._clock(),
        )
        return search_session.find_recordings_response(_opened(token))

    def _find_events(self, body: xml.Element) -> xml.Element:
        request = search_session.read_find_events(body)
        recordings = self._in_scope(request.scope)
        try:
            found = find_events(recordings, request)
        except UsageError as error:
            raise _bad_filter("SearchFilter", error) from None
        end_ns = request.end_ns if request.end_ns is not None else self._clock()
        token = self._events.start(
            found,
            max_matches=request.max_matches,
            keep_alive_ns=request.keep_alive_ns,
            reached_ns=lambda event: end_ns if event is None else event.time_ns,
        )
        return search_session.find_events_response(_opened(token))

    def _find_metadata(self, body: xml.Element) -> xml.Element:
        request = metadata_search.read_find_metadata(body)
        try:
            matches = parse_filter(request.stream_filter)
        except ValueError as error:
            raise _bad_filter("MetadataStreamFilter", error) from None
        end_ns = request.end_ns if request.end_ns is not None else self._clock()
        token = self._metadata.start(
            find_metadata(self._in_scope(request.scope), request, matches),
            max_matches=request.max_matches,
            keep_alive_ns=request.keep_alive_ns,
            reached_ns=lambda found: end_ns if found is None else found.time_ns,
        )
        return metadata_search.find_metadata_response(_opened(token))

    def _find_ptz_position(self, body: xml.Element) -> xml.Element:
        request = metadata_search.read_find_ptz_position(body)
        end_ns = request.end_ns if request.end_ns is not None else self._clock()
        token = self._positions.start(
            find_ptz_positions(self._in_scope(request.scope), request),
            max_matches=request.max_matches,
            keep_alive_ns=request.keep_alive_ns,
            reached_ns=lambda found: end_ns if found is None else found.time_ns,
        )
        return metadata_search.find_ptz_position_response(_opened(token))

    # Results

    def _get_recording_results(self, body: xml.Element) -> xml.Element:
        results, state = _fetched(self._recordings, body)
        return search_session.get_recording_search_results_response(
            search_session.RecordingResults(state=state, recordings=results)
        )

    def _get_event_results(self, body: xml.Element) -> xml.Element:
        results, state = _fetched(self._events, body)
        return search_session.get_event_search_results_response(
            search_session.EventResults(state=state, events=results)
        )

    def _get_metadata_results(self, body: xml.Element) -> xml.Element:
        results, state = _fetched(self._metadata, body)
        return metadata_search.get_metadata_search_results_response(
            metadata_search.MetadataResults(state=state, results=results)
        )

    def _get_ptz_position_results(self, body: xml.Element) -> xml.Element:
        results, state = _fetched(self._positions, body)
        return metadata_search.get_ptz_position_search_results_response(
            metadata_search.PtzPositionResults(state=state, results=results)
        )

    def _get_search_state(self, body: xml.Element) -> xml.Element:
        token = search_session.read_search_token(body)
        if not any(sessions.is_open(token) for sessions in self._all()):
            raise _no_session()
        return search_session.get_search_state_response(search_session.SEARCHING)

    def _end_search(self, body: xml.Element) -> xml.Element:
        token = search_session.read_search_token(body)
        for sessions in self._all():
            reached = sessions.end(token)
            if reached is not None:
                return search_session.end_search_response(reached)
        raise _no_session()

    def _all(self) -> Iterable[SearchSessions[Any]]:
        return self._recordings, self._events, self._metadata, self._positions


def _element(information: RecordingInformation) -> xml.Element:
    element = xml.new(TSE, "RecordingInformation")
    fill_recording(element, information)
    return element


def _fetched(sessions: SearchSessions[Result], body: xml.Element) -> tuple[tuple[Result, ...], str]:
    """Results, and the state that goes with them."""
    request = search_session.read_get_results(body)
    batch = sessions.fetch(request.search_token, request.max_results, min(request.wait_ns or 0, _MOST_WAIT_NS))
    if batch is None:
        raise _no_session()
    return batch[0], search_session.COMPLETED if batch[1] else search_session.SEARCHING


def _opened(token: str | None) -> str:
    if token is None:
        raise FaultError("Receiver", "Action", "ResourceProblem", reason="too many searches are open")
    return token


def _bad_filter(name: str, reason: object) -> FaultError:
    return FaultError("Sender", "InvalidArgVal", "InvalidFilterFault", reason=f"{name}: {reason}")


def _no_session() -> FaultError:
    return FaultError(
        "Sender", "InvalidArgVal", "InvalidToken", reason="no such search; it ended, or was never started"
    )
