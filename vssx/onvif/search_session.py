"""Messages of search sessions of the Search service, both directions (ONVIF Recording Search, "Search Session").

``x()`` builds the request, ``read_x()`` parses it, ``x_response()`` builds the answer, ``read_x_response()`` parses it.
Readers take the first element of a SOAP body and raise ProtocolError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vssx import xml
from vssx.errors import ProtocolError
from vssx.model.recording import FindEventResult, RecordingInformation
from vssx.onvif import fields, notification, topic
from vssx.onvif.namespaces import ITEM_FILTER, TSE, TT, WSNT, prefixes
from vssx.onvif.recording_information import fill_recording, read_recording
from vssx.times import NS

COMPLETED = "Completed"
SEARCHING = "Searching"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchScope:
    """tt:SearchScope. ``recording_filter``: XPath in the search dialect; "" means all."""

    included_sources: tuple[str, ...] = ()
    included_recordings: tuple[str, ...] = ()
    recording_filter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindRecordings:
    """Request FindRecordings. ``keep_alive_ns``: how long the session lives without a request."""

    scope: SearchScope = field(default_factory=SearchScope)
    max_matches: int | None = None
    keep_alive_ns: int = 60 * NS


@dataclass(frozen=True, slots=True, kw_only=True)
class FindEvents:
    """Request FindEvents. ``end_ns`` before ``start_ns`` searches backwards; ``topics``: ConcreteSet expressions, any
    of which may match, () means all; ``message_filters``: content filters in the dialect ItemFilter, all of which
    must match."""

    start_ns: int
    end_ns: int | None = None
    scope: SearchScope = field(default_factory=SearchScope)
    topics: tuple[str, ...] = ()
    message_filters: tuple[str, ...] = ()
    include_start_state: bool = False
    max_matches: int | None = None
    keep_alive_ns: int = 60 * NS


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResults:
    """Request Get...SearchResults. Counts None: no limit told; ``wait_ns`` None: the recorder decides."""

    search_token: str
    min_results: int | None = None
    max_results: int | None = None
    wait_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResults:
    """tt:FindRecordingResultList. ``state``: Queued, Searching, Completed or Unknown."""

    state: str
    recordings: tuple[RecordingInformation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventResults:
    """tt:FindEventResultList. ``state`` as in RecordingResults."""

    state: str
    events: tuple[FindEventResult, ...] = ()


def message(name: str) -> xml.Element:
    """An empty message of the Search service."""
    return xml.new(TSE, name, nsmap=prefixes("tse", "tt"))


def add_scope(root: xml.Element, scope: SearchScope) -> None:
    """tse:Scope of a Find... request."""
    element = xml.add(root, TSE, "Scope")
    for source in scope.included_sources:
        xml.add(xml.add(element, TT, "IncludedSources"), TT, "Token", source)
    for recording in scope.included_recordings:
        xml.add(element, TT, "IncludedRecordings", recording)
    if scope.recording_filter:
        xml.add(element, TT, "RecordingInformationFilter", scope.recording_filter)


def read_scope(root: xml.Element) -> SearchScope:
    """tse:Scope of a Find... request; a missing one is everything."""
    element = xml.find(root, "Scope")
    return SearchScope(
        included_sources=tuple(xml.text(source, "Token") for source in xml.children(element, "IncludedSources")),
        included_recordings=tuple(xml.text(token) for token in xml.children(element, "IncludedRecordings")),
        recording_filter=xml.text(element, "RecordingInformationFilter"),
    )


def find_recordings(request: FindRecordings) -> xml.Element:
    """Request that starts a search for recordings."""
    root = message("FindRecordings")
    add_scope(root, request.scope)
    if request.max_matches is not None:
        xml.add(root, TSE, "MaxMatches", str(request.max_matches))
    xml.add(root, TSE, "KeepAliveTime", fields.to_duration(request.keep_alive_ns))
    return root


def read_find_recordings(root: xml.Element) -> FindRecordings:
    """The request."""
    return FindRecordings(
        scope=read_scope(root),
        max_matches=fields.integer_or_none(root, "MaxMatches"),
        keep_alive_ns=fields.duration_or_none(root, "KeepAliveTime") or 10 * NS,
    )


def find_recordings_response(search_token: str) -> xml.Element:
    """Answer."""
    return token_message("FindRecordingsResponse", search_token)


def token_message(name: str, search_token: str) -> xml.Element:
    """A message that holds a SearchToken."""
    root = message(name)
    xml.add(root, TSE, "SearchToken", search_token)
    return root


def read_search_token(root: xml.Element) -> str:
    """SearchToken of a Find...Response, of EndSearch or of GetSearchState."""
    return fields.required(root, "SearchToken")


def find_events(request: FindEvents) -> xml.Element:
    """Request that starts a search for events."""
    root = xml.new(TSE, "FindEvents", nsmap=prefixes("tse", "tt", "wsnt", "tns1"))
    fields.add_time(root, TSE, "StartPoint", request.start_ns)
    if request.end_ns is not None:
        fields.add_time(root, TSE, "EndPoint", request.end_ns)
    add_scope(root, request.scope)
    event_filter = xml.add(root, TSE, "SearchFilter")
    if request.topics:
        topic.add_expression(event_filter, "|".join(request.topics))
    for content in request.message_filters:
        xml.add(event_filter, WSNT, "MessageContent", content, Dialect=ITEM_FILTER)
    xml.add(root, TSE, "IncludeStartState", fields.boolean(request.include_start_state))
    if request.max_matches is not None:
        xml.add(root, TSE, "MaxMatches", str(request.max_matches))
    xml.add(root, TSE, "KeepAliveTime", fields.to_duration(request.keep_alive_ns))
    return root


def read_find_events(root: xml.Element) -> FindEvents:
    """The request; topics with the prefix tns1 where it means the ONVIF topics."""
    event_filter = xml.find(root, "SearchFilter")
    return FindEvents(
        start_ns=fields.time(root, "StartPoint"),
        end_ns=fields.time(root, "EndPoint") if xml.find(root, "EndPoint") is not None else None,
        scope=read_scope(root),
        topics=tuple(topic.read_topic(element) for element in xml.children(event_filter, "TopicExpression")),
        message_filters=tuple(xml.text(element) for element in xml.children(event_filter, "MessageContent")),
        include_start_state=fields.is_true(xml.text(root, "IncludeStartState")),
        max_matches=fields.integer_or_none(root, "MaxMatches"),
        keep_alive_ns=fields.duration_or_none(root, "KeepAliveTime") or 10 * NS,
    )


def find_events_response(search_token: str) -> xml.Element:
    """Answer."""
    return token_message("FindEventsResponse", search_token)


def results_request(name: str, request: GetResults) -> xml.Element:
    """A Get...SearchResults request."""
    root = token_message(name, request.search_token)
    if request.min_results is not None:
        xml.add(root, TSE, "MinResults", str(request.min_results))
    if request.max_results is not None:
        xml.add(root, TSE, "MaxResults", str(request.max_results))
    if request.wait_ns is not None:
        xml.add(root, TSE, "WaitTime", fields.to_duration(request.wait_ns))
    return root


def get_recording_search_results(request: GetResults) -> xml.Element:
    """Request for what a search for recordings found since the last one."""
    return results_request("GetRecordingSearchResults", request)


def get_event_search_results(request: GetResults) -> xml.Element:
    """Request for what a search for events found since the last one."""
    return results_request("GetEventSearchResults", request)


def read_get_results(root: xml.Element) -> GetResults:
    """Any of the Get...SearchResults requests."""
    return GetResults(
        search_token=read_search_token(root),
        min_results=fields.integer_or_none(root, "MinResults"),
        max_results=fields.integer_or_none(root, "MaxResults"),
        wait_ns=fields.duration_or_none(root, "WaitTime"),
    )


def get_recording_search_results_response(results: RecordingResults) -> xml.Element:
    """Answer."""
    root = message("GetRecordingSearchResultsResponse")
    element = xml.add(root, TSE, "ResultList")
    xml.add(element, TT, "SearchState", results.state)
    for value in results.recordings:
        fill_recording(xml.add(element, TT, "RecordingInformation"), value)
    return root


def read_get_recording_search_results_response(root: xml.Element) -> RecordingResults:
    """The results; RecordingInformation without a token is an error."""
    return RecordingResults(
        state=read_state(root),
        recordings=tuple(
            read_recording(element)
            for parent in (*xml.children(root, "ResultList"), root)
            for element in xml.children(parent, "RecordingInformation")
        ),
    )


def read_state(root: xml.Element) -> str:
    """SearchState, which some recorders put beside ResultList instead of into it."""
    return xml.text(root, "ResultList", "SearchState") or xml.text(root, "SearchState") or "Unknown"


def get_event_search_results_response(results: EventResults) -> xml.Element:
    """Answer."""
    root = xml.new(TSE, "GetEventSearchResultsResponse", nsmap=prefixes("tse", "tt", "wsnt", "tns1"))
    element = xml.add(root, TSE, "ResultList")
    xml.add(element, TT, "SearchState", results.state)
    for event in results.events:
        result = xml.add(element, TT, "Result")
        xml.add(result, TT, "RecordingToken", event.recording_token)
        xml.add(result, TT, "TrackToken", event.track_token)
        fields.add_time(result, TT, "Time", event.time_ns)
        notification.fill(xml.add(result, TT, "Event"), event.notification)
        xml.add(result, TT, "StartStateEvent", fields.boolean(event.start_state))
    return root


def read_get_event_search_results_response(
    root: xml.Element, unreadable: Callable[[ProtocolError], None] | None = None
) -> EventResults:
    """The results. An event without topic, message or time is a ProtocolError: left out it would falsify history.

    With ``unreadable`` it is told there, and the others are read.
    """
    events = []
    for parent in (*xml.children(root, "ResultList"), root):
        for element in xml.children(parent, "Result"):
            try:
                events.append(_read_event(element))
            except ProtocolError as problem:
                if unreadable is None:
                    raise
                unreadable(problem)
    return EventResults(state=read_state(root), events=tuple(events))


def _read_event(element: xml.Element) -> FindEventResult:
    event = fields.element(element, "Event")
    wrapped = xml.find(event, "NotificationMessage")
    read = notification.read_notification(wrapped if wrapped is not None else event)
    time_ns = fields.time_or_none(element, "Time")
    return FindEventResult(
        recording_token=xml.text(element, "RecordingToken"),
        track_token=xml.text(element, "TrackToken"),
        time_ns=read.utc_ns if time_ns is None else time_ns,
        notification=read,
        start_state=fields.is_true(xml.text(element, "StartStateEvent")),
    )


def end_search(search_token: str) -> xml.Element:
    """Request that ends a session which is not completed."""
    return token_message("EndSearch", search_token)


def end_search_response(end_point_ns: int) -> xml.Element:
    """Answer: the point that the search had reached."""
    root = message("EndSearchResponse")
    fields.add_time(root, TSE, "Endpoint", end_point_ns)
    return root


def get_search_state(search_token: str) -> xml.Element:
    """Request for a session's state (withdrawn with release 16.06)."""
    return token_message("GetSearchState", search_token)


def get_search_state_response(state: str) -> xml.Element:
    """Answer."""
    root = message("GetSearchStateResponse")
    xml.add(root, TSE, "State", state)
    return root
