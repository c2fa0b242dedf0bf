"""What the recorder's own history of a recording says about a gap, and about footage still to come."""

from __future__ import annotations

from collections.abc import Iterator

from vssx.model.media import NS
from vssx.model.recording import RecordingHistory, Span

TOLERANCE_NS = 2 * NS  # history events have been seen with whole seconds and a second of delay
_EXACT_TOLERANCE_NS = NS // 2  # of a recorder that tells fractions of seconds
_FOREVER = 1 << 63


def spans_of(history: RecordingHistory, track_token: str) -> tuple[Span, ...]:
    """Spans with data on the track where the history tells them, else those of the recording."""
    for track in history.tracks:
        if track.track_token == track_token and track.spans:
            return track.spans
    return history.spans


def _holes(history: RecordingHistory, track_token: str) -> Iterator[tuple[int, int]]:
    """Times without data. What lies outside the history's own window counts as a hole only beside one inside."""
    position = -_FOREVER
    for span in spans_of(history, track_token):
        if span.start_ns > history.from_ns and span.start_ns > position:
            yield position, span.start_ns
        position = max(position, _FOREVER if span.end_ns is None else span.end_ns)
        if position >= history.to_ns:
            return
    yield position, _FOREVER


def confirms_gap(history: RecordingHistory | None, track_token: str, start_ns: int, end_ns: int) -> bool | None:
    """Does the history show the interruption? None where it was not asked, or does not reach there.

    True: a time without data begins and ends where the gap does, two seconds more or less; so a gap that is longer
    than the interruption in the history is not confirmed.
    """
    if history is None or not history.available or end_ns <= history.from_ns or start_ns >= history.to_ns:
        return None
    return any(
        begin <= start_ns + TOLERANCE_NS and end >= end_ns - TOLERANCE_NS and min(end, end_ns) > max(begin, start_ns)
        for begin, end in _holes(history, track_token)
    )


def _tells_fractions(history: RecordingHistory) -> bool:
    """Whether any event has a time between whole seconds; the window's start, where a state held, is no event."""
    spans = (*history.spans, *(span for track in history.tracks for span in track.spans))
    times_ns = {ns for span in spans for ns in (span.start_ns, span.end_ns) if ns is not None}
    return any(ns % NS for ns in times_ns - {history.from_ns})


def recorded_after(history: RecordingHistory | None, track_token: str, time_ns: int, to_ns: int) -> Span | None:
    """The first span with data after ``time_ns`` (by more than the tolerance) and before ``to_ns``, cut to that time.

    The tolerance is two seconds, half of one where the history tells fractions of seconds: a proof of the end that
    passes over seconds of footage would be none.

    None: nothing more is recorded there, or there is no history that could tell (see ``knows``).
    """
    if history is None or not history.available:
        return None
    tolerance_ns = _EXACT_TOLERANCE_NS if _tells_fractions(history) else TOLERANCE_NS
    for span in spans_of(history, track_token):
        end = to_ns if span.end_ns is None else min(span.end_ns, to_ns)
        start = max(span.start_ns, time_ns)
        if start < to_ns and end - start > tolerance_ns:
            return Span(start_ns=start, end_ns=end)
    return None


def knows(history: RecordingHistory | None, time_ns: int, to_ns: int) -> bool:
    """Can the history tell what is recorded from ``time_ns`` to ``to_ns``?"""
    return (
        history is not None
        and history.available
        and history.from_ns <= time_ns + TOLERANCE_NS
        and history.to_ns >= to_ns
        and bool(history.spans or history.tracks)
    )


def section_end(history: RecordingHistory | None, track_token: str, time_ns: int) -> int | None:
    """End of the contiguous section that holds ``time_ns``; None where the history cannot tell, or it has no end."""
    if history is None or not history.available:
        return None
    for span in spans_of(history, track_token):
        if span.start_ns <= time_ns + TOLERANCE_NS and (span.end_ns is None or time_ns < span.end_ns):
            return history.to_ns if span.end_ns is None else span.end_ns
    return None
