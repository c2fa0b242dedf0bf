"""Spans around events, in whatever order and at whatever times they are told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.errors import UsageError
from vssx.jobs.spans import MAX_SPANS, AroundEvents, JoinedSpans, TimeSpan

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
