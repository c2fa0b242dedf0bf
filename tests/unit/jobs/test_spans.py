"""Spans around events, in whatever order and at whatever times they are told."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.errors import NothingRecordedError, ProtocolError, UsageError
from vssx.jobs.added_events import EventSources
from vssx.jobs.spans import (
    MAX_SPANS,
    AroundEvents,
    FoundSpans,
    JoinedSpans,
    TimeSpan,
    find_event,
    find_spans,
    tell_missing,
)
from vssx.model.handover import AcquiredRecording, Received
from vssx.model.media import EndReason, StreamEnd
from vssx.model.recording import FindEventResult, Notification, RecordingInformation, RecordingSourceInformation
from vssx.onvif.event_identity import event_digest
from vssx.source.events import EventQuery, EventsOutcome
from vssx.source.found_events import FoundEvents
from vssx.source.search import RecorderSession
from vssx.times import NS

_TIMES = st.lists(st.integers(-50, 250), max_size=60)
_LENGTHS = st.integers(0, 20)


def joined(times: list[int], *, before: int, after: int) -> JoinedSpans:
    spans = JoinedSpans(from_ns=0, to_ns=200, before_ns=before, after_ns=after)
    for each in times:
        assert spans.add(each) == (0 <= each <= 200)
    return spans


@given(_TIMES, _LENGTHS, _LENGTHS)
def test_they_cover_what_lies_around_the_events_and_nothing_else(times, before, after):
    spans = joined(times, before=before, after=after).spans
    inside = [each for each in times if 0 <= each <= 200]
    wanted = {ns for each in inside for ns in range(max(0, each - before), min(200, each + after) + 1)}
    assert {ns for span in spans for ns in range(span.from_ns, span.to_ns + 1)} == wanted
    assert sum(span.events for span in spans) == len(inside)
    assert all(one.to_ns < other.from_ns for one, other in pairwise(spans))


@given(_TIMES, _LENGTHS, _LENGTHS, st.randoms())
def test_their_order_does_not_matter(times, before, after, random):
    shuffled = list(times)
    random.shuffle(shuffled)
    assert joined(times, before=before, after=after).spans == joined(shuffled, before=before, after=after).spans


def test_events_at_the_edges_of_the_range():
    spans = joined([0, 200], before=10, after=10).spans
    assert spans == (TimeSpan(from_ns=0, to_ns=10, events=1), TimeSpan(from_ns=190, to_ns=200, events=1))


def test_as_many_as_there_may_be():
    spans = JoinedSpans(from_ns=0, to_ns=10**9, before_ns=1, after_ns=1, where="recording x")
    for number in range(MAX_SPANS):
        spans.add(number * 10)
    assert len(spans.spans) == MAX_SPANS
    with pytest.raises(UsageError, match="recording x: the events lie so far apart"):
        spans.add(MAX_SPANS * 10)


def test_a_choice_in_words():
    choice = AroundEvents(topics=("tns1:Door//.", "tns1:Device//."), before_ns=10**9, after_ns=5 * 10**8)
    assert choice.text == "topic tns1:Door//. | tns1:Device//."
    assert choice.reach == "from 1 s before to 0.5 s after it"
    assert AroundEvents(event="0badcafe", before_ns=1, after_ns=1).text == "event 0badcafe"
    with pytest.raises(UsageError, match="not a topic expression"):
        AroundEvents(topics=("tns1:Door/",), before_ns=1, after_ns=1).event_filter()


class Session:
    """Tells so many events, a second apart from 0, and what went wrong."""

    def __init__(self, count: int, *losses: str) -> None:
        self._events = [Notification(topic="tns1:Device/Trigger/Relay", utc_ns=number * NS) for number in range(count)]
        self._losses = losses

    def find_events(self, query: EventQuery, into: FoundEvents) -> EventsOutcome:
        for note in self._events:
            into.add(
                FindEventResult(
                    recording_token=query.recording,
                    track_token="",
                    time_ns=note.utc_ns,
                    notification=note,
                    start_state=False,
                )
            )
        return EventsOutcome(events=len(into), states=0, outside=0, losses=self._losses)

    def around(self, event: str) -> TimeSpan:
        recording = RecordingInformation(
            token="door", source=RecordingSourceInformation(), earliest_ns=0, latest_ns=100 * NS
        )
        choice = AroundEvents(event=event, before_ns=NS, after_ns=2 * NS)
        return find_event(choice, cast(RecorderSession, self), [recording], None, lambda _subject, _detail: None)

    def spans(self) -> FoundSpans:
        recording = RecordingInformation(token="door", source=RecordingSourceInformation())
        choice = AroundEvents(topics=("tns1:Device//.",), before_ns=1, after_ns=1)
        whole = TimeSpan(from_ns=0, to_ns=100 * NS)
        session = cast(RecorderSession, self)
        return find_spans(choice, session, recording, whole, EventSources(), lambda _subject, _detail: None)


def test_an_id_that_several_events_have():
    """Of twenty events two begin with the same digit at least; more digits tell them apart."""
    digests = [
        event_digest(Notification(topic="tns1:Device/Trigger/Relay", utc_ns=number * NS)) for number in range(20)
    ]
    [(digit, _)] = Counter(digest[0] for digest in digests).most_common(1)
    with pytest.raises(UsageError, match="Write more digits"):
        Session(20).around(digit)
    assert Session(20).around(digests[7][:12]) == TimeSpan(from_ns=6 * NS, to_ns=9 * NS, events=1)


def test_a_search_that_was_not_complete():
    with pytest.raises(NothingRecordedError, match="the search was not complete: it broke"):
        Session(3, "it broke").around("0badcafe")
    assert Session(3, "it broke").spans().missing == "it broke"
    with pytest.raises(ProtocolError, match="no event was found, but the search was not complete: it broke"):
        Session(0, "it broke").spans()


def section(token: str, directory: str) -> AcquiredRecording:
    end = StreamEnd(reason=EndReason.RANGE_COVERED, proven=True)
    return AcquiredRecording(
        directory=directory,
        camera=token,
        received=Received(media=(), gaps=(), losses=(), assumptions=(), end=end),
        started_ns=0,
        finished_ns=1,
        transport="",
        log="",
        recording_token=token,
    )


def test_events_that_were_not_found_are_a_loss_of_the_last_span():
    sections = [section("door", "d1"), section("door", "d2"), section("yard", "y1")]
    told = tell_missing(sections, {"door": "it broke"})
    assert [len(one.received.losses) for one in told] == [0, 1, 0]
    assert "footage around further events may be missing: it broke" in told[1].received.losses[0].detail
