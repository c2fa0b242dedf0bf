"""Faults of FindEvents: what it refuses, and what its answers hold."""

from __future__ import annotations

import copy
import threading

from vssx import xml
from vssx.onvif import fields, search_session
from vssx.recorder.faults import Faults
from vssx.recorder.faults_documents import HOSTILE_TOPIC, HOSTILE_VALUE
from vssx.recorder.soap_fault import FaultError
from vssx.times import to_xs_datetime

_RESULTS = "GetEventSearchResults"
_HISTORY = ":RecordingHistory/"
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#10;": "\n"}
_MAX_SEARCHES = 100


class EventFaults:
    """One recorder's faults of searches for events."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._lock = threading.Lock()
        self._asked: dict[int, str] = {}  # thread: search token of the request that it answers
        self._told: dict[str, int] = {}  # search token: results that it gave
        self._again: dict[str, xml.Element] = {}  # search token: its last answer

    def instead(self, name: str, request: xml.Element) -> xml.Element | None:
        """An answer that comes without the operation. Raises FaultError for what is refused."""
        if name == "FindEvents":
            self._refuse(search_session.read_find_events(request))
        if name != _RESULTS:
            return None
        token = search_session.read_search_token(request)
        with self._lock:
            self._asked[threading.get_ident()] = token
            again = self._again.get(token)
        return None if again is None else copy.deepcopy(again)

    def _refuse(self, request: search_session.FindEvents) -> None:
        what = self._faults.text("events-refused")
        if (
            (what == "content" and request.message_filters)
            or (what == "topics" and request.topics)
            or (what == "all-topics" and not request.topics)
        ):
            raise FaultError("Sender", "InvalidArgVal", "InvalidFilterFault", reason="this filter is not supported")
        if what == "states" and request.include_start_state:
            raise FaultError("Receiver", "ActionNotSupported", reason="IncludeStartState is not supported")

    def changed(self, name: str, answer: xml.Element) -> xml.Element:
        """The answer as this recorder gives it."""
        faults = self._faults
        if name in ("GetServiceCapabilities", "GetServices") and faults.on("events-no-states"):
            for capabilities in answer.iter("{*}Capabilities"):
                if capabilities.get("GeneralStartEvents") is not None:
                    capabilities.set("GeneralStartEvents", "false")
        if name != _RESULTS:
            return answer
        with self._lock:
            token = self._asked.pop(threading.get_ident(), "")
        if faults.on("events-no-states"):
            _remove([each for each in _others(answer) if fields.is_true(xml.text(each, "StartStateEvent"))])
        years = faults.number("metadata-clock")
        for event in _others(answer):
            if years is not None:
                _move(event, int(years))
            if faults.on("hostile-names"):
                _make_hostile(event)
        results = _results(answer)
        if faults.on("events-twice"):
            for event in results:
                event.addnext(copy.deepcopy(event))
        if faults.on("events-unordered") and results:
            parent = results[0].getparent()
            if parent is not None:
                for event in reversed(results):
                    parent.append(event)
        self._end(token, answer)
        return answer

    def _end(self, token: str, answer: xml.Element) -> None:
        """Says Completed too early, or never."""
        states = list(answer.iter("{*}SearchState"))
        most = self._faults.number("events-cut-short")
        with self._lock:
            if len(self._told) > _MAX_SEARCHES:
                self._told.clear()
                self._again.clear()
            told = self._told.get(token, 0)
            results = _results(answer)
            self._told[token] = told + len(results)
            if most is not None and self._told[token] >= most:
                _remove(results[int(most) - told :])
                for state in states:
                    state.text = search_session.COMPLETED
            if self._faults.on("events-endless"):
                if any(state.text == search_session.COMPLETED for state in states):
                    self._again[token] = copy.deepcopy(answer)
                    for state in self._again[token].iter("{*}SearchState"):
                        state.text = search_session.SEARCHING
                for state in states:
                    state.text = search_session.SEARCHING


def _results(answer: xml.Element) -> list[xml.Element]:
    return list(answer.iter("{*}Result"))


def _others(answer: xml.Element) -> list[xml.Element]:
    """Results that tell nothing of the recording itself."""
    return [each for each in _results(answer) if _HISTORY not in xml.text(each, "Event", "Topic")]


def _remove(elements: list[xml.Element]) -> None:
    for element in elements:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def _move(event: xml.Element, years: int) -> None:
    """The event's own time; the time at which the recorder found it stays."""
    for message in event.iter("{*}Message"):
        text = message.get("UtcTime")
        if text is not None:
            time_ns = fields.parse_time(text)
            moved = to_xs_datetime(time_ns)
            message.set("UtcTime", f"{int(moved[:4]) + years:04d}{moved[4:]}")


def _make_hostile(event: xml.Element) -> None:
    for topic in event.iter("{*}Topic"):
        topic.text = (topic.text or "") + _plain(HOSTILE_TOPIC)
    for item in event.iter("{*}SimpleItem"):
        item.set("Value", _plain(HOSTILE_VALUE) + (item.get("Value") or ""))


def _plain(text: str) -> str:
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return text
