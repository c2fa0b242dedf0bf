"""Recording-history events to spans."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.model.recording import Notification, Span, TrackHistory
from vssx.onvif.recording_history import history, recording_state, track_state


def track(*changes: tuple[int, bool], token: str = "V", start: bool | None = None):
    events = [track_state("r", token, time_ns=at, data_present=on) for at, on in changes]
    return (
        [] if start is None else [track_state("r", token, time_ns=0, data_present=start, start_state=True)]
    ) + events


def spans(events, from_ns=10, to_ns=100):
    [only] = history("r", events, from_ns=from_ns, to_ns=to_ns).tracks
    return [(span.start_ns, span.end_ns) for span in only.spans]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (track(start=True), [(10, None)]),
        (track(start=False), []),
        (track((20, True), (30, False), start=False), [(20, 30)]),
        (track((20, False), (30, True), start=True), [(10, 20), (30, None)]),
        (track((20, False)), [(10, 20)]),  # an end without a beginning held since the start
        (track((20, True), (25, True), (30, False), (35, False)), [(20, 30)]),
        (track((30, False), (20, True)), [(20, 30)]),  # answers out of order
        (track((20, True), (20, False), (40, True), (50, False)), [(40, 50)]),
        (track((20, True), (200, False)), [(20, 200)]),
        (track((200, True)), []),
        (track((5, True), (30, False)), [(10, 30)]),  # dated before the range, as some date start states
    ],
)
def test_spans(events, expected):
    assert spans(events) == expected


def test_recordings_spans_are_those_of_its_tracks_data():
    events = [
        recording_state("r", time_ns=0, recording=True, start_state=True),
        *track((20, True), (40, False), start=False),
        *track((30, True), (50, False), token="A", start=False),
        *track((70, True), token="A"),
    ]
    told = history("r", events, from_ns=10, to_ns=100)
    assert told.available
    assert told.spans == (Span(start_ns=20, end_ns=50), Span(start_ns=70, end_ns=None))
    assert told.tracks[0] == TrackHistory(track_token="V", spans=(Span(start_ns=20, end_ns=40),))


def test_without_tracks_the_recordings_state_counts():
    told = history("r", [recording_state("r", time_ns=20, recording=False)], from_ns=10, to_ns=100)
    assert told.spans == (Span(start_ns=10, end_ns=20),)


def test_foreign_events_prove_nothing():
    other = [replace(event, recording_token="other") for event in track((20, True))]
    strange = [replace(track((20, True))[0], notification=Notification(topic="tns1:Other", utc_ns=20))]
    told = history("r", other + strange, from_ns=10, to_ns=100)
    assert (told.available, told.spans, told.tracks) == (False, (), ())
    assert told.detail


def test_a_recording_that_began_in_1970():
    told = history("r", track((0, True), (5, False), (10**18, True)), from_ns=0, to_ns=2 * 10**18)
    assert told.spans == (Span(start_ns=0, end_ns=5), Span(start_ns=10**18, end_ns=None))


@given(
    st.lists(st.tuples(st.integers(0, 120), st.booleans(), st.sampled_from("VA")), max_size=20),
    st.sampled_from([None, True, False]),
)
def test_spans_ascend_and_do_not_touch(changes, start):
    events = track(start=start) + [track_state("r", t, time_ns=at, data_present=on) for at, on, t in changes]
    told = history("r", events, from_ns=10, to_ns=100)
    for group in (told.spans, *(each.spans for each in told.tracks)):
        assert all(span.end_ns is None or span.start_ns < span.end_ns for span in group)
        assert all(a.end_ns is not None and a.end_ns <= b.start_ns for a, b in itertools.pairwise(group))
        assert all(10 <= span.start_ns <= 100 for span in group)
