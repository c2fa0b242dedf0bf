"""FindEvents as a client: every kind of recorder that searches badly, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from vssx import xml
from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError
from vssx.model.recording import FindEventResult, Notification, SimpleItem
from vssx.onvif import search_session as messages
from vssx.onvif import soap
from vssx.onvif.search_session import EventResults, FindEvents
from vssx.source import events as module
from vssx.source.events import EventQuery, EventsOutcome, search_events
from vssx.source.found_events import FoundEvents
from vssx.source.search_session import Searcher

NS = 10**9
T = 1_700_000_000 * NS
MOTION = "tns1:VideoSource/MotionAlarm"
QUERY = EventQuery(recording="rec", from_ns=T, to_ns=T + 3600 * NS)


def event(second: float, topic: str = MOTION, *, state: bool = False, recording: str = "rec", **more: Any) -> Any:
    at_ns = T + round(second * NS)
    note = Notification(
        topic=topic,
        utc_ns=at_ns,
        operation="Initialized" if state else "Changed",
        source=(SimpleItem(name="Source", value="V1"),),
        data=(SimpleItem(name="State", value="true"),),
    )
    values = {"recording_token": recording, "track_token": "", "time_ns": at_ns, "start_state": state} | more
    return FindEventResult(notification=note, **values)


def refusal(reason: str = "refused", *subcodes: str) -> soap.SoapFaultError:
    return soap.SoapFaultError(soap.Fault(code="Sender", subcodes=subcodes, reason=reason))


class Recorder:
    """Answers FindEvents honestly from ``stored``; tests replace what they need."""

    def __init__(self, *stored: FindEventResult) -> None:
        self.stored = list(stored)
        self.requests: list[FindEvents] = []
        self.asked: list[str] = []
        self.refuses: Callable[[FindEvents], bool] = lambda _request: False
        self.find: Callable[[FindEvents], Iterable[FindEventResult]] = self.honest
        self.page = 100
        self.answer: Callable[[xml.Element], xml.Element] = lambda answer: answer
        self._waiting: list[FindEventResult] = []

    def honest(self, request: FindEvents) -> list[FindEventResult]:
        assert request.end_ns is not None
        return [
            one
            for one in self.stored
            if (one.start_state and request.include_start_state)
            or (not one.start_state and request.start_ns <= one.time_ns <= request.end_ns)
        ]

    def __call__(self, body: xml.Element) -> xml.Element:
        body = xml.parse(xml.serialize(body))
        name = xml.local_name(body)
        self.asked.append(name)
        if name == "FindEvents":
            request = messages.read_find_events(body)
            self.requests.append(request)
            if self.refuses(request):
                raise refusal()
            self._waiting = list(self.find(request))
            return messages.find_events_response("t")
        if name == "EndSearch":
            return messages.end_search_response(T)
        size = min(self.page, messages.read_get_results(body).max_results or self.page)
        page, self._waiting = self._waiting[:size], self._waiting[size:]
        state = "Searching" if self._waiting else "Completed"
        answer = messages.get_event_search_results_response(EventResults(state=state, events=tuple(page)))
        return xml.parse(xml.serialize(self.answer(answer)))


def run(
    recorder: Any, query: EventQuery = QUERY, stalled_s: float = 60.0
) -> tuple[EventsOutcome, list[FindEventResult]]:
    with FoundEvents(query.from_ns) as store:
        outcome = search_events(Searcher(ask=recorder, pause=lambda _s: None, stalled_s=stalled_s), query, store)
        assert outcome.events == len(store)
        return outcome, list(store)


def times(found: list[FindEventResult]) -> list[float]:
    return [(one.notification.utc_ns - T) / NS for one in found]


def test_all_topics_with_states_in_pages():
    recorder = Recorder(event(-500, state=True), *(event(second) for second in range(250)))
    outcome, found = run(recorder)
    assert outcome == EventsOutcome(events=251, states=1, outside=0)
    assert times(found) == [-500, *range(250)]
    assert found[0].start_state
    first = recorder.requests[0]
    assert first.topics == () and first.include_start_state
    assert first.scope.included_recordings == ("rec",)
    assert found[1].notification == recorder.stored[1].notification


def test_nothing_found():
    recorder = Recorder()
    assert run(recorder) == (EventsOutcome(events=0, states=0, outside=0), [])
    assert recorder.asked == ["FindEvents", "GetEventSearchResults"]


def test_duplicates_are_taken_once():
    recorder = Recorder(event(1), event(1), event(2), event(2), event(2))
    outcome, found = run(recorder)
    assert times(found) == [1, 2]
    assert outcome.notes == ("3 results came more than once and are taken once",)


def test_recorder_that_begins_anew_at_each_poll():
    recorder = Recorder(*(event(second) for second in range(5)))
    polls = []

    def ask(body: xml.Element) -> xml.Element:
        if xml.local_name(body) != "GetEventSearchResults":
            return recorder(body)
        polls.append(1)
        page = tuple(event(second) for second in range(min(5, len(polls) + 1)))
        state = "Completed" if len(polls) > 6 else "Searching"
        return messages.get_event_search_results_response(EventResults(state=state, events=page))

    outcome, found = run(ask)
    assert times(found) == [0, 1, 2, 3, 4]
    assert not outcome.losses


def test_order_of_the_answer_does_not_matter():
    recorder = Recorder(event(3), event(1), event(2), event(0, state=True))
    outcome, found = run(recorder)
    assert times(found) == [0, 1, 2, 3]
    assert found[0].start_state
    assert "another order" in outcome.notes[0]


def test_times_outside_are_kept_and_told(monkeypatch):
    monkeypatch.setattr(module, "MAX_OUTSIDE", 2)
    years = 10 * 365 * 86400
    recorder = Recorder()
    recorder.find = lambda _request: [event(1), event(-years), event(years), event(2), event(years + 1)]
    outcome, found = run(recorder)
    assert outcome.outside == 2
    assert sorted(times(found)) == [-years, 1, 2, years]
    assert "outside the range" in outcome.losses[0]
    assert not outcome.notes  # a time of another year is no sign of another order


def test_years_that_nanoseconds_of_64_bits_do_not_reach():
    recorder = Recorder()
    year_9999 = 253_402_000_000 - 1_700_000_000
    recorder.find = lambda _request: [event(year_9999), event(-60_000_000_000)]
    _, found = run(recorder)
    assert times(found) == [-60_000_000_000, year_9999]


@pytest.mark.parametrize(
    ("refuses", "said", "loss"),
    [
        (lambda request: request.message_filters, "content filters, which were applied here", False),
        (lambda request: request.topics, "for all topics, of which those asked for were taken here", False),
        (lambda request: request.topics or request.include_start_state, "states at the start", False),
        (
            lambda request: not request.topics or request.message_filters or request.include_start_state,
            "ONVIF knows",
            True,
        ),
        (lambda request: request.topics != ("tns1:RecordingHistory//.",), "the recording history only", True),
    ],
)
def test_poorer_requests(refuses, said, loss):
    query = replace(QUERY, topics=(MOTION, "tns1:RuleEngine//."), contents=('boolean(//SimpleItem[@Name="State"])',))
    recorder = Recorder(event(0, state=True), event(1), event(2, "tns1:Other/Thing"), event(3, "tns1:RuleEngine/a/b"))
    recorder.refuses = lambda request: bool(refuses(request))
    outcome, found = run(recorder, query)
    assert [one for one in times(found) if one] == [1, 3]
    assert any(said in text for text in (outcome.losses if loss else outcome.notes))
    assert bool(outcome.losses) == loss


def test_every_request_refused():
    recorder = Recorder(event(1))
    recorder.refuses = lambda _request: True
    with pytest.raises(soap.SoapFaultError, match="refused"):
        run(recorder)


def test_ignored_filters_and_other_recordings_are_left_out():
    recorder = Recorder(event(1), event(2, "tns1:Other/Thing"), event(3, recording="another"), event(4, recording=""))
    outcome, found = run(recorder, replace(QUERY, topics=(MOTION,)))
    assert times(found) == [1, 4]
    assert [note.split(" in the")[0] for note in outcome.notes] == [
        "1 results of other recordings were",
        "1 results that no filter matches were",
    ]


def test_content_filters_are_applied_here_too():
    recorder = Recorder(event(1), event(2))
    outcome, found = run(
        recorder, replace(QUERY, contents=('boolean(//SimpleItem[@Name="State" and @Value="false"])',))
    )
    assert recorder.requests[0].message_filters
    assert found == []
    assert "no filter matches" in outcome.notes[0]


def test_search_that_is_complete_too_early_goes_on():
    stored = [event(second) for second in range(25)]
    recorder = Recorder(*stored)
    recorder.find = lambda request: recorder.honest(request)[:10]
    outcome, found = run(recorder)
    assert times(found) == list(range(25))
    assert outcome.notes == ("the recorder called the search complete while there were more events; it went on",)
    assert not outcome.losses


@pytest.mark.parametrize(
    ("passed", "losses"),
    [({"topic": "tns1:Other/Thing"}, ()), ({"recording": "another"}, ("maybe one recording after the other",))],
)
def test_search_cut_before_what_is_wanted_came_goes_on(passed, losses):
    """What is filtered out here shows as well how far the recorder got."""
    recorder = Recorder(*(event(second, **passed) for second in range(25)), event(30), event(31))
    recorder.find = lambda request: recorder.honest(request)[:10]
    recorder.refuses = lambda request: bool(request.topics)
    outcome, found = run(recorder, replace(QUERY, topics=(MOTION,)))
    assert times(found) == [30, 31]
    assert any("while there were more events; it went on" in note for note in outcome.notes)
    assert any(note.startswith("25 results") for note in outcome.notes)
    assert len(outcome.losses) == len(losses)
    assert all(said in told for said, told in zip(losses, outcome.losses, strict=True))


def test_search_cut_among_unwanted_results_that_cannot_get_on_is_a_loss():
    other = "tns1:Other/Thing"
    crowd = (event(5, f"{other}{number}") for number in range(10))
    recorder = Recorder(event(1, other), *crowd, event(30))
    recorder.find = lambda request: recorder.honest(request)[:5]
    outcome, found = run(recorder, replace(QUERY, topics=(MOTION,)))
    assert found == []
    assert "complete after 5 results; whether there are more" in outcome.losses[0]


def test_unwanted_results_that_come_at_each_poll_again_are_no_progress():
    recorder = Recorder()

    def ask(body: xml.Element) -> xml.Element:
        if xml.local_name(body) == "GetEventSearchResults":
            page = (event(1, "tns1:Other/Thing"),)
            return messages.get_event_search_results_response(EventResults(state="Searching", events=page))
        return recorder(body)

    outcome, found = run(ask, replace(QUERY, topics=(MOTION,)), stalled_s=0.0)
    assert found == []
    assert "neither ends nor finds" in outcome.losses[0]


@pytest.mark.parametrize(("faults", "states"), [(3, 1), (4, 0)])
def test_fault_of_the_recorder_itself_may_pass(faults, states):
    """Asked for the same three times more, then for less."""
    recorder = Recorder(event(0, state=True), event(1))
    left = [soap.Fault(code="Receiver", subcodes=("Action",), reason="busy")] * faults

    def ask(body: xml.Element) -> xml.Element:
        if xml.local_name(body) == "FindEvents" and left:
            raise soap.SoapFaultError(left.pop())
        return recorder(body)

    outcome, found = run(ask)
    assert (len(found), outcome.states) == (1 + states, states)
    assert not outcome.losses
    assert bool(outcome.notes) == (not states)


def test_of_several_refusals_the_one_that_may_hide_events_is_raised():
    def ask(body: xml.Element) -> xml.Element:
        if messages.read_find_events(body).include_start_state:
            raise refusal("no states", "ActionNotSupported")
        raise refusal("database is being rebuilt", "Action")

    with pytest.raises(soap.SoapFaultError, match="rebuilt"):
        run(ask)


def test_search_that_breaks_is_taken_up_again():
    recorder = Recorder(*(event(second) for second in range(30)))
    recorder.page = 10
    breaks = [7, 3]

    def ask(body: xml.Element) -> xml.Element:
        if xml.local_name(body) == "GetEventSearchResults" and breaks and len(recorder.asked) % breaks[-1] == 0:
            breaks.pop()
            raise RecorderUnreachableError("gone", where="here")
        return recorder(body)

    outcome, found = run(ask)
    assert times(found) == list(range(30))
    assert "taken up again" in outcome.notes[0]
    assert not outcome.losses
    assert recorder.requests[-1].start_ns > T
    assert not recorder.requests[-1].include_start_state


def test_search_that_breaks_for_good_keeps_what_came():
    recorder = Recorder(*(event(second) for second in range(300)))

    def ask(body: xml.Element) -> xml.Element:
        if recorder.asked.count("GetEventSearchResults") >= 2 and xml.local_name(body) == "GetEventSearchResults":
            raise ProtocolError("nonsense", where="here")
        return recorder(body)

    outcome, found = run(ask)
    assert times(found) == list(range(200))
    assert "broke off at 2023-11-14T22:16:39Z after 200 events" in outcome.losses[0]
    assert "nonsense" in outcome.losses[0]


def test_session_that_is_gone_ends_the_search():
    recorder = Recorder(event(1), event(2))
    recorder.page = 1

    def ask(body: xml.Element) -> xml.Element:
        if recorder.asked.count("GetEventSearchResults") == 1 and xml.local_name(body) == "GetEventSearchResults":
            recorder.asked.append("GetEventSearchResults")
            raise refusal("no session", "InvalidArgVal", "InvalidToken")
        return recorder(body)

    outcome, found = run(ask)
    assert times(found) == [1, 2]  # asked again from there
    assert any("its session was gone" in note for note in outcome.notes)


@pytest.mark.parametrize(
    "error", [RecorderUnreachableError("gone"), NotAuthenticatedError("no"), ProtocolError("what")]
)
def test_errors_before_anything_came_are_raised(error):
    def ask(_body: xml.Element) -> xml.Element:
        raise error

    with pytest.raises(type(error)):
        run(ask)


def test_endless_search(monkeypatch):
    monkeypatch.setattr(module, "MAX_EVENTS", 1000)

    def endless(_request: FindEvents) -> list[FindEventResult]:
        return [event(second / 10) for second in range(2000)]

    recorder = Recorder()
    recorder.find = endless
    outcome, found = run(recorder)
    assert len(found) == 1001
    assert "more than 1000 events" in outcome.losses[0]
    assert recorder.asked[-1] == "EndSearch"


def test_search_that_stalls_after_some_results():
    recorder = Recorder(event(1))

    def ask(body: xml.Element) -> xml.Element:
        if xml.local_name(body) == "GetEventSearchResults":
            page = (event(1),)
            return messages.get_event_search_results_response(EventResults(state="Searching", events=page))
        return recorder(body)

    outcome, found = run(ask, stalled_s=0.0)
    assert times(found) == [1]
    assert "neither ends nor finds" in outcome.losses[0]


def test_events_that_cannot_be_read_are_told_and_the_others_kept():
    recorder = Recorder(event(1), event(2), event(3))

    def spoil(answer: xml.Element) -> xml.Element:
        second = [one for one in answer.iter() if xml.local_name(one) == "Message" and xml.attribute(one, "UtcTime")]
        if len(second) == 3:
            second[1].set("UtcTime", "yesterday")
        return answer

    recorder.answer = spoil
    outcome, found = run(recorder)
    assert times(found) == [1, 3]
    assert outcome.losses[0].startswith("1 results in the recorder's answers cannot be read")
    assert "yesterday" in outcome.losses[0]


def test_huge_notification_is_told(monkeypatch):
    monkeypatch.setattr(module, "MAX_MESSAGE", 1000)
    small = event(1)
    huge = replace(small, notification=replace(small.notification, data=(SimpleItem(name="x", value="y" * 2000),)))
    outcome, found = run(Recorder(huge, event(2)))
    assert times(found) == [2]
    assert "bytes" in outcome.losses[0]


def test_utc_time_counts_and_not_the_time_of_the_answer():
    shifted = replace(event(10), time_ns=T + 100 * NS)
    outcome, found = run(Recorder(shifted))
    assert times(found) == [10]
    assert "UtcTime counts" in outcome.notes[0]


def test_markup_in_topics_and_values_comes_through():
    note = Notification(
        topic="tns1:A/<script>&amp;",
        utc_ns=T + NS,
        source=(SimpleItem(name='"><b>', value="]]>\n=cmd|'/c calc'!A1"),),
    )
    hostile = replace(event(1), notification=note)
    _, found = run(Recorder(hostile))
    assert found[0].notification == note
    assert b"<script>" not in found[0].notification.raw


def test_recorder_that_always_has_one_more(monkeypatch):
    monkeypatch.setattr(module, "_MAX_ROUNDS", 20)
    recorder = Recorder()
    recorder.find = lambda _request: [event(len(recorder.requests) / 1000)]
    outcome, found = run(recorder)
    assert len(found) == len(recorder.requests) == 21
    assert "the next one had more events again" in outcome.losses[0]


def test_answers_that_are_too_large_are_asked_for_in_smaller_parts():
    """Its pages of a hundred cannot be read; those of five can."""
    recorder = Recorder(*(event(second) for second in range(30)))
    recorder.page = 20

    def refuse(answer: xml.Element) -> xml.Element:
        if len([one for one in answer.iter() if xml.local_name(one) == "Result"]) > 5 and len(recorder.requests) > 1:
            raise ProtocolError("an answer of more than 8 MB")
        if len(recorder.asked) == 3:
            raise ProtocolError("an answer of more than 8 MB")
        return answer

    recorder.answer = refuse
    outcome, found = run(recorder)
    assert times(found) == list(range(30))
    assert not outcome.losses
    assert "more than 8 MB" in outcome.notes[0]


def test_search_that_is_complete_too_early_and_in_no_order_may_have_left_out_others():
    stored = [event(second) for second in (5, 2, 9, 1, 12, 20, 15)]
    recorder = Recorder(*stored)
    recorder.find = lambda request: recorder.honest(request)[:4]
    outcome, found = run(recorder)
    assert times(found) == [1, 2, 5, 9, 12, 15, 20]
    assert "in no order: others may be missing" in outcome.losses[0]
