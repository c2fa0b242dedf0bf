"""What the recorder's history confirms, and what it says of the end."""

from __future__ import annotations

import pytest

from tests.unit.source.raw import NS, T0, VIDEO
from vssx.model.media import EndReason, Gap, Loss
from vssx.model.recording import RecordingHistory, Span, TrackHistory
from vssx.source.end import Stopped, judge, missing_tail
from vssx.source.history import FRAME_NS, knows, parts_of_gap, recorded_after, section_end


def at(seconds: float) -> int:
    return T0 + round(seconds * NS)


def history(*pairs, tracks=(), **options) -> RecordingHistory:
    return RecordingHistory(
        **{
            "recording_token": "R",
            "from_ns": at(0),
            "to_ns": at(100),
            "spans": tuple(Span(start_ns=at(a), end_ns=None if b is None else at(b)) for a, b in pairs),
            "tracks": tracks,
            **options,
        }
    )


def parts(told, token, start, end, usual=0.0):
    """Parts of the gap in seconds."""
    found = parts_of_gap(told, token, at(start), at(end), round(usual * NS))
    return [((part.start_ns - T0) / NS, (part.end_ns - T0) / NS, part.confirmed) for part in found]


@pytest.mark.parametrize(
    ("start", "end", "confirmed"),
    [
        (20, 50, True),
        (19, 51.5, True),  # whole seconds and a late event
        (20, 60, [(20, 50, True), (50, 60, False)]),  # longer than what the history shows
        (10, 50, [(10, 20, False), (20, 50, True)]),
        (10, 90, [(10, 20, False), (20, 50, True), (50, 80, False), (80, 90, True)]),
        (18.1, 45, [(18.1, 20, False), (20, 45, True)]),  # more than whole seconds explain
        (5, 7, False),  # recorded all the time
        (25, 40, True),
        (90, 99, True),  # nothing after the last span
        (120, 130, None),  # beyond what was asked for
    ],
)
def test_gap(start, end, confirmed):
    expected = confirmed if isinstance(confirmed, list) else [(start, end, confirmed)]
    assert parts(history((0, 20), (50, 80)), "V", start, end) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (10, 10.1, [(10, 10.1, True)]),
        (9.97, 10.13, [(9.97, 10.13, True)]),  # a frame
        (9.9, 10.1, [(9.9, 10, False), (10, 10.1, True)]),
        (8.5, 12, [(8.5, 10, False), (10, 10.1, True), (10.1, 12, False)]),
    ],
)
def test_a_gap_is_taken_as_exactly_as_the_history_tells(start, end, expected):
    told = history((0, 10), (10.1, 90))
    assert parts(told, "V", start, end) == expected
    assert parts(told, "V", start, end, usual=1.9) == [(start, end, True)]  # of two pictures in four seconds


def test_nobody_to_ask():
    assert parts(None, "V", 1, 2) == [(1, 2, None)]
    assert parts(history(available=False), "V", 1, 2) == [(1, 2, None)]
    assert not knows(None, at(0), at(1))
    assert not knows(history(available=False), at(0), at(1))


def test_the_track_counts_before_the_recording():
    track = TrackHistory(track_token="V", spans=(Span(start_ns=at(0), end_ns=at(10)),))
    told = history((0, 100), tracks=(track,))
    assert parts(told, "V", 10, 90) == [(10, 90, True)]
    assert parts(told, "A", 10, 90) == [(10, 90, False)]


def test_recorded_after():
    told = history((0, 20), (50, None))
    assert recorded_after(told, "V", at(5), at(100)) == Span(start_ns=at(5), end_ns=at(20))
    assert recorded_after(told, "V", at(19), at(100)) == Span(start_ns=at(50), end_ns=at(100))
    assert recorded_after(told, "V", at(19), at(40)) is None


def test_section_end():
    told = history((0, 20), (50, None))
    assert section_end(told, "V", at(3)) == at(20)
    assert section_end(told, "V", at(60)) == at(100)
    assert section_end(told, "V", at(30)) is None


SIGNS = dict.fromkeys(("bye", "ended", "terminal", "asked", "beyond"), False)


def stopped(**options) -> Stopped:
    return Stopped(**{**SIGNS, "position_ns": at(20), **options})


@pytest.mark.parametrize(
    ("signs", "told", "reason", "proven"),
    [
        ({"bye": True}, None, EndReason.BYE, False),
        ({"bye": True}, history((0, 20)), EndReason.BYE, True),
        ({"bye": True, "asked": True}, None, EndReason.BYE, True),
        ({"bye": True, "asked": True}, history((0, 80)), EndReason.BYE, False),
        ({"bye": True}, history((0, 80)), EndReason.BYE, False),
        ({"ended": True}, None, EndReason.END_BIT, False),
        ({"ended": True}, history((0, 20)), EndReason.END_BIT, True),
        ({"ended": True}, history((0, 20), to_ns=at(30)), EndReason.END_BIT, False),
        ({"ended": True, "asked": True}, None, EndReason.END_BIT, True),
        ({"ended": True, "beyond": True}, None, EndReason.END_BIT, True),
        ({"ended": True, "terminal": True}, None, EndReason.END_BIT, True),
        ({"ended": True, "terminal": True}, history((0, 80)), EndReason.END_BIT, False),
        ({"ended": True}, history((0, 80)), EndReason.END_BIT, False),
        ({"beyond": True}, None, EndReason.RANGE_COVERED, True),
        ({}, history((0, 20)), EndReason.HISTORY, True),
        ({}, history((0, 80)), EndReason.SILENCE, False),
        ({}, history((0, 20), to_ns=at(30)), EndReason.SILENCE, False),
        ({}, None, EndReason.SILENCE, False),
    ],
)
def test_end(signs, told, reason, proven):
    end = judge(stopped(**signs), told, "V", at(60))
    assert (end.reason, end.proven) == (reason, proven)


def test_missing_tail():
    assert [type(item) for item in missing_tail(history((0, 20)), VIDEO, at(20), at(60))] == [Gap]
    assert [type(item) for item in missing_tail(history((0, 20), (40, 50)), VIDEO, at(20), at(60))] == [Loss]
    assert list(missing_tail(None, VIDEO, at(20), at(60))) == []
    assert list(missing_tail(None, VIDEO, at(20), at(20.9))) == []
    assert list(missing_tail(history((0, 20)), VIDEO, at(59.97), at(60))) == []  # less than a frame
    assert [type(item) for item in missing_tail(history((0, 20)), VIDEO, at(18.1), at(60))] == [Loss]


@pytest.mark.parametrize(
    ("told", "position", "expected"),
    [
        (history((0, 20)), 20, [(20, 20.9)]),
        (history((0, 20)), 20.05, [(20.05, 20.9)]),
        (history((0, 20.05)), 20, [(20.05, 20.9)]),  # a frame is 40 ms
        (history((0, 20.04)), 20, [(20, 20.9)]),
        (history((0, 20.3)), 20, [(20.3, 20.9), "early end"]),  # no more than histories are off
        (history((0, 20.6)), 20, ["by its own history"]),
        (history((0, 21)), 20, ["early end"]),  # whole seconds
    ],
)
def test_less_than_a_second_at_the_end(told, position, expected):
    found = [
        ((item.start_ns - T0) / NS, (item.end_ns - T0) / NS)
        if isinstance(item, Gap)
        else next(word for word in ("early end", "by its own history") if word in f"{item}")
        for item in missing_tail(told, VIDEO, at(position), at(20.9), FRAME_NS)
    ]
    assert found == expected
    assert all(item.confirmed for item in missing_tail(told, VIDEO, at(position), at(20.9)) if isinstance(item, Gap))


def test_a_history_that_tells_fractions_of_seconds_is_taken_at_its_word():
    """What proves the end must not pass over seconds of footage that the recorder knows of."""
    whole, exact = history((0, 20)), history((0, 20.4))
    assert recorded_after(whole, "VIDEO001", at(18.5), at(60)) is None
    assert recorded_after(exact, "VIDEO001", at(19), at(60)) == Span(start_ns=at(19), end_ns=at(20.4))
    assert recorded_after(exact, "VIDEO001", at(20), at(60)) is None
    assert recorded_after(history((0, 20.4), to_ns=at(20.4)), "VIDEO001", at(19), at(20.4)) is not None
    edge = history((0.25, 20), from_ns=at(0.25))  # the range's own start is no event
    assert recorded_after(edge, "VIDEO001", at(18.5), at(60)) is None
