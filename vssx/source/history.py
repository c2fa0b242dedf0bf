"""What the recorder's own history of a recording says about a gap, and about footage still to come."""

from __future__ import annotations

from collections.abc import Iterator

from vssx.model.media import NS
from vssx.model.recording import RecordingHistory, Span
from vssx.source.time_base import GapPart

TOLERANCE_NS = 3 * NS // 2  # of one that tells whole seconds: cut off at one end, a second late at the other
END_TOLERANCE_NS = NS // 2  # of a recorder that tells fractions of seconds
FRAME_NS = NS // 25
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


def parts_of_gap(
    history: RecordingHistory | None, track_token: str, start_ns: int, end_ns: int, usual_ns: int
) -> list[GapPart]:
    """The gap, cut where the history stops confirming it. ``usual_ns``: how exact the gap's own edges are, a frame.

    Confirmed: the history has no data then. Not confirmed: it has. None, and in one piece, where it was not asked or
    does not reach there. Edges of the history count as those of the gap when they lie within a frame of them, or
    within its own tolerance where it tells whole seconds only.
    """
    if history is None or not history.available or end_ns <= history.from_ns or start_ns >= history.to_ns:
        return [GapPart(start_ns, end_ns, None)]
    tolerance_ns = max(usual_ns, FRAME_NS) if _tells_fractions(history) else TOLERANCE_NS
    parts: list[GapPart] = []
    position = start_ns
    for begin, end in _holes(history, track_token):
        if min(end, end_ns) <= max(begin, start_ns):
            continue
        begin = start_ns if begin <= start_ns + tolerance_ns else begin
        end = end_ns if end >= end_ns - tolerance_ns else end
        if begin > position:
            parts.append(GapPart(position, begin, False))
        parts.append(GapPart(begin, end, True))
        position = end
    if position < end_ns:
        parts.append(GapPart(position, end_ns, False))
    return parts


def _tells_fractions(history: RecordingHistory) -> bool:
    """Whether any event has a time between whole seconds; the window's start, where a state held, is no event."""
    spans = (*history.spans, *(span for track in history.tracks for span in track.spans))
    times_ns = {ns for span in spans for ns in (span.start_ns, span.end_ns) if ns is not None}
    return any(ns % NS for ns in times_ns - {history.from_ns})


def recorded_after(history: RecordingHistory | None, track_token: str, time_ns: int, to_ns: int) -> Span | None:
    """The first span with data after ``time_ns`` (by more than the tolerance) and before ``to_ns``, cut to that time.

    The tolerance is a second and a half, half of one where the history tells fractions of seconds: a proof of the end
    that passes over seconds of footage would be none.

    None: nothing more is recorded there, or there is no history that could tell (see ``knows``).
    """
    if history is None or not history.available:
        return None
    tolerance_ns = END_TOLERANCE_NS if _tells_fractions(history) else TOLERANCE_NS
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


def section_after(history: RecordingHistory | None, track_token: str, end_ns: int | None) -> int | None:
    """Start of the section that follows the one that ends at ``end_ns``; None where the history knows of none."""
    if history is None or not history.available or end_ns is None:
        return None
    return min((span.start_ns for span in spans_of(history, track_token) if span.start_ns > end_ns), default=None)


def section_end(history: RecordingHistory | None, track_token: str, time_ns: int) -> int | None:
    """End of the contiguous section that holds ``time_ns``; None where the history cannot tell, or it has no end."""
    if history is None or not history.available:
        return None
    for span in spans_of(history, track_token):
        if span.start_ns <= time_ns + TOLERANCE_NS and (span.end_ns is None or time_ns < span.end_ns):
            return history.to_ns if span.end_ns is None else span.end_ns
    return None
