"""Messages of the searches in metadata tracks, both directions (ONVIF Recording Search, FindMetadata, FindPTZPosition).

``x()`` builds the request, ``read_x()`` parses it, ``x_response()`` builds the answer, ``read_x_response()`` parses it.
Readers take the first element of a SOAP body and raise ProtocolError.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vssx import xml
from vssx.onvif import fields
from vssx.onvif.namespaces import TSE, TT
from vssx.onvif.search_session import (
    GetResults,
    SearchScope,
    add_scope,
    message,
    read_scope,
    read_state,
    results_request,
    token_message,
)
from vssx.times import NS


@dataclass(frozen=True, slots=True, kw_only=True)
class PtzVector:
    """tt:PTZVector. Coordinates in the spaces named; None where the vector does not have them, "" for a space that is
    not named (then it is the generic one)."""

    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None
    pan_tilt_space: str = ""
    zoom_space: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindMetadata:
    """Request FindMetadata. ``end_ns`` before ``start_ns`` searches backwards; ``stream_filter``: XPath on the
    tt:MetadataStream, e.g. ``boolean(//Object/Appearance/Class)``."""

    start_ns: int
    stream_filter: str
    end_ns: int | None = None
    scope: SearchScope = field(default_factory=SearchScope)
    max_matches: int | None = None
    keep_alive_ns: int = 60 * NS


@dataclass(frozen=True, slots=True, kw_only=True)
class FindPtzPosition:
    """Request FindPTZPosition: when the camera pointed into a volume. ``enter_or_exit``: only when it came into it."""

    start_ns: int
    min_position: PtzVector
    max_position: PtzVector
    enter_or_exit: bool = False
    end_ns: int | None = None
    scope: SearchScope = field(default_factory=SearchScope)
    max_matches: int | None = None
    keep_alive_ns: int = 60 * NS


@dataclass(frozen=True, slots=True, kw_only=True)
class FindMetadataResult:
    """tt:FindMetadataResult: where metadata matched. ``time_ns``: ns UTC."""

    recording_token: str
    track_token: str
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindPtzPositionResult:
    """tt:FindPTZPositionResult. ``time_ns``: when the position was valid, ns UTC."""

    recording_token: str
    track_token: str
    time_ns: int
    position: PtzVector


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataResults:
    """tt:FindMetadataResultList. ``state``: Queued, Searching, Completed or Unknown."""

    state: str
    results: tuple[FindMetadataResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PtzPositionResults:
    """tt:FindPTZPositionResultList. ``state`` as in MetadataResults."""

    state: str
    results: tuple[FindPtzPositionResult, ...] = ()


# Requests


def _begin(name: str, request: FindMetadata | FindPtzPosition) -> xml.Element:
    root = message(name)
    fields.add_time(root, TSE, "StartPoint", request.start_ns)
    if request.end_ns is not None:
        fields.add_time(root, TSE, "EndPoint", request.end_ns)
    add_scope(root, request.scope)
    return root


def _complete(root: xml.Element, request: FindMetadata | FindPtzPosition) -> xml.Element:
    if request.max_matches is not None:
        xml.add(root, TSE, "MaxMatches", str(request.max_matches))
    xml.add(root, TSE, "KeepAliveTime", fields.to_duration(request.keep_alive_ns))
    return root


def _read_end(root: xml.Element) -> int | None:
    return fields.time(root, "EndPoint") if xml.find(root, "EndPoint") is not None else None


def _read_keep_alive(root: xml.Element) -> int:
    return fields.duration_or_none(root, "KeepAliveTime") or 10 * NS


def find_metadata(request: FindMetadata) -> xml.Element:
    """Request that starts a search in metadata tracks."""
    root = _begin("FindMetadata", request)
    xml.add(xml.add(root, TSE, "MetadataFilter"), TT, "MetadataStreamFilter", request.stream_filter)
    return _complete(root, request)


def read_find_metadata(root: xml.Element) -> FindMetadata:
    """The request."""
    return FindMetadata(
        start_ns=fields.time(root, "StartPoint"),
        end_ns=_read_end(root),
        scope=read_scope(root),
        stream_filter=fields.required(root, "MetadataFilter", "MetadataStreamFilter"),
        max_matches=fields.integer_or_none(root, "MaxMatches"),
        keep_alive_ns=_read_keep_alive(root),
    )


def find_ptz_position(request: FindPtzPosition) -> xml.Element:
    """Request that starts a search for PTZ positions."""
    root = _begin("FindPTZPosition", request)
    volume = xml.add(root, TSE, "SearchFilter")
    _add_vector(volume, "MinPosition", request.min_position)
    _add_vector(volume, "MaxPosition", request.max_position)
    xml.add(volume, TT, "EnterOrExit", fields.boolean(request.enter_or_exit))
    return _complete(root, request)


def read_find_ptz_position(root: xml.Element) -> FindPtzPosition:
    """The request."""
    volume = fields.element(root, "SearchFilter")
    return FindPtzPosition(
        start_ns=fields.time(root, "StartPoint"),
        end_ns=_read_end(root),
        scope=read_scope(root),
        min_position=_read_vector(fields.element(volume, "MinPosition")),
        max_position=_read_vector(fields.element(volume, "MaxPosition")),
        enter_or_exit=fields.is_true(xml.text(volume, "EnterOrExit")),
        max_matches=fields.integer_or_none(root, "MaxMatches"),
        keep_alive_ns=_read_keep_alive(root),
    )


def _add_vector(parent: xml.Element, name: str, value: PtzVector) -> None:
    element = xml.add(parent, TT, name)
    if value.pan is not None and value.tilt is not None:
        pan_tilt = xml.add(element, TT, "PanTilt", x=repr(value.pan), y=repr(value.tilt))
        if value.pan_tilt_space:
            pan_tilt.set("space", value.pan_tilt_space)
    if value.zoom is not None:
        zoom = xml.add(element, TT, "Zoom", x=repr(value.zoom))
        if value.zoom_space:
            zoom.set("space", value.zoom_space)


def _read_vector(element: xml.Element) -> PtzVector:
    """Half a pan and tilt is none: a volume needs both."""
    pan_tilt, zoom = xml.find(element, "PanTilt"), xml.find(element, "Zoom")
    pan, tilt = fields.coordinate(pan_tilt, "x"), fields.coordinate(pan_tilt, "y")
    whole = pan is not None and tilt is not None
    depth = fields.coordinate(zoom, "x")
    return PtzVector(
        pan=pan if whole else None,
        tilt=tilt if whole else None,
        zoom=depth,
        pan_tilt_space=(xml.attribute(pan_tilt, "space") or "") if pan_tilt is not None and whole else "",
        zoom_space=(xml.attribute(zoom, "space") or "") if zoom is not None and depth is not None else "",
    )


# Answers


def find_metadata_response(search_token: str) -> xml.Element:
    """Answer."""
    return token_message("FindMetadataResponse", search_token)


def find_ptz_position_response(search_token: str) -> xml.Element:
    """Answer."""
    return token_message("FindPTZPositionResponse", search_token)


def get_metadata_search_results(request: GetResults) -> xml.Element:
    """Request for what a search in metadata found since the last one."""
    return results_request("GetMetadataSearchResults", request)


def get_ptz_position_search_results(request: GetResults) -> xml.Element:
    """Request for what a search for PTZ positions found since the last one."""
    return results_request("GetPTZPositionSearchResults", request)


def get_metadata_search_results_response(results: MetadataResults) -> xml.Element:
    """Answer."""
    root = message("GetMetadataSearchResultsResponse")
    element = xml.add(root, TSE, "ResultList")
    xml.add(element, TT, "SearchState", results.state)
    for value in results.results:
        _add_result(element, value)
    return root


def _add_result(parent: xml.Element, value: FindMetadataResult | FindPtzPositionResult) -> xml.Element:
    result = xml.add(parent, TT, "Result")
    xml.add(result, TT, "RecordingToken", value.recording_token)
    xml.add(result, TT, "TrackToken", value.track_token)
    fields.add_time(result, TT, "Time", value.time_ns)
    return result


def read_get_metadata_search_results_response(root: xml.Element) -> MetadataResults:
    """The results. One without a time is a ProtocolError."""
    return MetadataResults(
        state=read_state(root),
        results=tuple(
            FindMetadataResult(
                recording_token=xml.text(element, "RecordingToken"),
                track_token=xml.text(element, "TrackToken"),
                time_ns=fields.time(element, "Time"),
            )
            for parent in (*xml.children(root, "ResultList"), root)
            for element in xml.children(parent, "Result")
        ),
    )


def get_ptz_position_search_results_response(results: PtzPositionResults) -> xml.Element:
    """Answer."""
    root = message("GetPTZPositionSearchResultsResponse")
    element = xml.add(root, TSE, "ResultList")
    xml.add(element, TT, "SearchState", results.state)
    for value in results.results:
        _add_vector(_add_result(element, value), "Position", value.position)
    return root


def read_get_ptz_position_search_results_response(root: xml.Element) -> PtzPositionResults:
    """The results. One without a time or a position is a ProtocolError."""
    return PtzPositionResults(
        state=read_state(root),
        results=tuple(
            FindPtzPositionResult(
                recording_token=xml.text(element, "RecordingToken"),
                track_token=xml.text(element, "TrackToken"),
                time_ns=fields.time(element, "Time"),
                position=_read_vector(fields.element(element, "Position")),
            )
            for parent in (*xml.children(root, "ResultList"), root)
            for element in xml.children(parent, "Result")
        ),
    )
