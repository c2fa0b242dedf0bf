"""Faults of the SOAP services: operations that are refused, and answers that say something else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from vssx import xml
from vssx.onvif import device, search_session
from vssx.onvif.namespaces import TDS
from vssx.recorder.faults import Faults
from vssx.recorder.soap_fault import FaultError
from vssx.times import NS

INSIDE = "198.51.100.1"  # RFC 5737: routed nowhere
UNKNOWN_HOST = "recorder.invalid"  # RFC 2606
DEAD_PORT = 1
DAYLIGHT_NS = 3600 * NS
_UNSET = "1970-01-01T00:00:00Z"
_POLLS = ("GetRecordingSearchResults", "GetEventSearchResults")
_OPTIONAL = frozenset(
    (
        "EarliestRecording", "LatestRecording", "RecordingStatus", "Content", "Description", "Location", "SourceId",
        "HardwareId", "FirmwareVersion", "DataFrom", "DataTo", "Scopes", "MediaAttributes", "StartStateEvent",
        "Version",
    )
)  # fmt: skip


class SoapFaults:
    """One recorder's faults of what its services answer; ``clock`` is its UTC in ns."""

    def __init__(self, faults: Faults, clock: Callable[[], int] = time.time_ns) -> None:
        self._faults = faults
        self._true_clock = clock
        self._lock = threading.Lock()
        self._polled: set[str] = set()
        self._jumped = False
        self._changes: tuple[tuple[str, Callable[[str, xml.Element], None]], ...] = (
            ("earliest-1970", _earliest_1970),
            ("summary-1970", _summary_1970),
            ("history-1970", _history_1970),
            ("no-tracks", _no_tracks),
            ("unlisted", _unlisted),
            ("source-address", self._source_address),
            ("sparse", _sparse),
            ("services-only", _services_only),
            ("capabilities-only", _capabilities_only),
            ("inside-xaddr", _at_host(INSIDE)),
            ("unknown-host", _at_host(UNKNOWN_HOST)),
            ("wrong-port", _at_dead_port),
            ("inside-rtsp", _replay_inside),
            ("uri-query", self._replay_query),
            ("upper-case", _replay_upper_case),
        )

    def clock(self) -> int:
        """The recorder's own idea of UTC, ns."""
        now = self._true_clock() + int((self._faults.number("clock-skew") or 0) * NS)
        if self._faults.on("daylight-off"):
            now += DAYLIGHT_NS
        return now + int((self._faults.number("clock-jump") or 0) * NS) if self._jumped else now

    def instead(self, name: str, request: xml.Element) -> xml.Element | None:
        """An answer that comes without the operation. Raises FaultError for what is refused."""
        faults = self._faults
        if name == "FindEvents" and faults.on("no-history"):
            raise FaultError("Receiver", "ActionNotSupported", reason="FindEvents is not implemented")
        if name == "GetServices" and faults.on("no-get-services"):
            raise FaultError("Receiver", "ActionNotSupported", reason="GetServices is not implemented")
        if name == "GetEventSearchResults" and faults.on("empty-search-fault"):
            raise FaultError("Receiver", "Action", "NoEvents", reason="no event was found")
        if name in (faults.text("soap11-fault"), faults.text("fault-400")):
            raise FaultError("Receiver", "Action", reason=f"{name} failed")
        if name == "GetReplayUri":
            self._jumped = True
        if name == "GetSystemDateAndTime":
            return self._told_clock()
        if name in _POLLS and faults.on("queued") and self._is_first_poll(request):
            return _queued(name, inside=faults.text("queued") == "inside")
        return None

    def _is_first_poll(self, request: xml.Element) -> bool:
        token = search_session.read_search_token(request)
        with self._lock:
            first = token not in self._polled
            self._polled.add(token)
        return first

    def _told_clock(self) -> xml.Element:
        ahead = self._faults.number("local-as-utc") or 0.0
        saving = self._faults.on("daylight-off")
        return device.get_system_date_and_time_response(
            device.SystemDateAndTime(
                utc_ns=self.clock() + int(ahead * 3600) * NS,
                time_zone="CET-1CEST,M3.5.0,M10.5.0/3" if saving else "",
                daylight_savings=saving,
            )
        )

    def changed(self, name: str, answer: xml.Element) -> xml.Element:
        """The answer as this recorder gives it; ``name``: of the operation."""
        for fault, change in self._changes:
            if self._faults.on(fault):
                change(name, answer)
        if name in _POLLS and self._faults.on("search-gone"):
            for state in answer.iter("{*}SearchState"):
                state.text = search_session.SEARCHING
        if name in _POLLS and self._faults.text("queued") == "outside":
            for state in list(answer.iter("{*}SearchState")):
                answer.append(state)
        return answer

    def _source_address(self, _name: str, answer: xml.Element) -> None:
        for source in answer.iter("{*}Source"):
            for address in xml.children(source, "Address"):
                address.text = self._faults.text("source-address")

    def _replay_query(self, _name: str, answer: xml.Element) -> None:
        for uri in _replay_uris(answer):
            uri.text = f"{uri.text}?{self._faults.text('uri-query')}"


def _queued(name: str, *, inside: bool) -> xml.Element:
    if name == "GetEventSearchResults":
        answer = search_session.get_event_search_results_response(search_session.EventResults(state="Queued"))
    else:
        answer = search_session.get_recording_search_results_response(search_session.RecordingResults(state="Queued"))
    if not inside:
        for state in list(answer.iter("{*}SearchState")):
            answer.append(state)
    return answer


def _remove(element: xml.Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _earliest_1970(name: str, answer: xml.Element) -> None:
    if name != "GetRecordingSummary":
        for element in answer.iter("{*}EarliestRecording", "{*}DataFrom"):
            element.text = _UNSET


def _summary_1970(name: str, answer: xml.Element) -> None:
    if name == "GetRecordingSummary":
        for element in answer.iter("{*}DataFrom"):
            element.text = _UNSET


def _history_1970(_name: str, answer: xml.Element) -> None:
    """Whatever the search's start: it recorded then, and never stopped before the end of what it holds."""
    results = list(answer.iter("{*}Result"))
    ends = [result for result in results if _value(result, "IsDataPresent", "IsRecording") == "false"]
    for result in results:
        state = _value(result, "IsDataPresent", "IsRecording")
        if xml.text(result, "StartStateEvent") == "true":
            _set_value(result, "true")
        elif state and (result not in ends or _has_later(result, results)):
            _remove(result)


def _has_later(result: xml.Element, results: list[xml.Element]) -> bool:
    """Whether the same state begins again afterwards: then its end was a gap."""
    track, time_text = xml.text(result, "TrackToken"), xml.text(result, "Time")
    return any(
        xml.text(other, "TrackToken") == track
        and xml.text(other, "Time") > time_text
        and _value(other, "IsDataPresent", "IsRecording") == "true"
        for other in results
    )


def _value(result: xml.Element, *names: str) -> str:
    items = (item for item in result.iter("{*}SimpleItem") if item.get("Name") in names)
    return next((item.get("Value") or "" for item in items), "")


def _set_value(result: xml.Element, value: str) -> None:
    for item in result.iter("{*}SimpleItem"):
        if item.get("Name") in ("IsDataPresent", "IsRecording"):
            item.set("Value", value)


def _no_tracks(_name: str, answer: xml.Element) -> None:
    for information in answer.iter("{*}RecordingInformation"):
        for track in list(xml.children(information, "Track")):
            _remove(track)


def _unlisted(name: str, answer: xml.Element) -> None:
    if name in ("GetRecordingSearchResults", "GetRecordings"):
        for element in list(answer.iter("{*}RecordingInformation", "{*}RecordingItem")):
            _remove(element)


def _sparse(_name: str, answer: xml.Element) -> None:
    for element in list(answer.iter()):
        if element is not answer and xml.local_name(element) in _OPTIONAL:
            _remove(element)


def _services_only(name: str, answer: xml.Element) -> None:
    if name == "GetCapabilities":
        for element in list(answer.iter("{*}Extension")):
            _remove(element)


def _capabilities_only(name: str, answer: xml.Element) -> None:
    if name == "GetServices":
        for service in list(xml.children(answer, "Service")):
            if xml.text(service, "Namespace") != TDS:
                _remove(service)


def _at_host(host: str) -> Callable[[str, xml.Element], None]:
    def change(_name: str, answer: xml.Element) -> None:
        for address in answer.iter("{*}XAddr"):
            address.text = _moved(address.text or "", host=host)

    return change


def _at_dead_port(_name: str, answer: xml.Element) -> None:
    for address in answer.iter("{*}XAddr"):
        address.text = _moved(address.text or "", port=DEAD_PORT)


def _moved(url: str, *, host: str | None = None, port: int | None = None) -> str:
    parts = urlsplit(url)
    name = host or parts.hostname or ""
    place = f"[{name}]" if ":" in name else name
    number = port if port is not None else parts.port
    return urlunsplit(parts._replace(netloc=place if number is None else f"{place}:{number}"))


def _replay_uris(answer: xml.Element) -> list[xml.Element]:
    return [uri for uri in answer.iter("{*}Uri") if (uri.text or "").lower().startswith("rtsp")]


def _replay_inside(_name: str, answer: xml.Element) -> None:
    for uri in _replay_uris(answer):
        uri.text = _moved(uri.text or "", host=INSIDE)


def _replay_upper_case(_name: str, answer: xml.Element) -> None:
    for uri in _replay_uris(answer):
        scheme, colon, rest = (uri.text or "").partition(":")
        uri.text = f"{scheme.upper()}{colon}{rest}"
