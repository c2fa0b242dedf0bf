"""Is it the end? What a stream that stopped proves, and what the recorder's history says of the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from vssx.model.media import NS, Assumption, EndReason, Gap, GapCause, Loss, SourceTrack, StreamEnd, StreamItem
from vssx.model.recording import RecordingHistory
from vssx.source.history import END_TOLERANCE_NS, FRAME_NS, knows, parts_of_gap, recorded_after
from vssx.source.time_base import GapPart
from vssx.times import to_clock

SHORT_NS = NS // 5  # what is missing of video for longer is told


class Outcome(Enum):
    """How one PLAY ended: data beyond the range, T, BYE, silence, footage that came before, data
    without end that brings it no further, a broken connection."""

    COVERED = "covered"
    TERMINAL = "terminal"
    BYE = "bye"
    QUIET = "quiet"
    REPEATED = "repeated"
    STANDING = "standing"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """How a stream stopped, once no more is to be had.

    ``bye``: RTCP BYE on every track. ``ended``: E or T on the last access unit of every track that delivered any;
    ``terminal``: T on each. ``asked``: another PLAY from there on brought nothing new, and did not break off.
    ``beyond``: every such track went beyond the range, though no clean point followed that ends the last GOP.
    ``position_ns``: where the delivered footage ends.
    """

    bye: bool
    ended: bool
    terminal: bool
    asked: bool
    beyond: bool
    position_ns: int


def judge(stopped: Stopped, history: RecordingHistory | None, track_token: str, to_ns: int) -> StreamEnd:
    """The end of a stream that stopped: proven by its own signs or by the history, unless the history contradicts."""
    more = recorded_after(history, track_token, stopped.position_ns, to_ns) is not None
    but = "; but the recorder's history tells of more in the range" if more else ""
    if stopped.terminal:
        detail = f"the last access units carried T: no more footage{but}"
        return StreamEnd(reason=EndReason.END_BIT, proven=not more, detail=detail)
    if stopped.bye or stopped.ended:
        return _section_ended(stopped, but, known=not more and knows(history, stopped.position_ns, to_ns))
    if stopped.beyond:
        return StreamEnd(
            reason=EndReason.RANGE_COVERED,
            proven=True,
            detail="data came beyond the range; no clean point followed that would have ended the last GOP",
        )
    if not more and knows(history, stopped.position_ns, to_ns):
        return StreamEnd(
            reason=EndReason.HISTORY,
            proven=True,
            detail="the recorder fell silent, and its history tells of nothing more in the range",
        )
    return StreamEnd(
        reason=EndReason.SILENCE,
        proven=False,
        detail=f"the recorder fell silent and another PLAY brought nothing more{but}",
    )


def _section_ended(stopped: Stopped, but: str, *, known: bool) -> StreamEnd:
    """E stands before a gap as well as at the end, and BYE where a recorder gives up: alone they prove nothing."""
    what = "RTCP BYE came on every track" if stopped.bye else "the last access units carried E"
    proven = known or stopped.beyond or (stopped.asked and not but)
    if known:
        why = ", and the recorder's history tells of nothing more in the range"
    elif stopped.beyond:
        why = ", and data came beyond the range"
    elif stopped.asked:
        why = ", and another PLAY from there brought nothing more"
    else:
        why = ", which may stand before a gap, too: what follows could not be asked for"
    reason = EndReason.BYE if stopped.bye else EndReason.END_BIT
    return StreamEnd(reason=reason, proven=proven, detail=f"{what}{but or why}")


def clock_went_back(judged: StreamEnd) -> StreamEnd:
    """The end of a stream that stopped at a time that its footage holds twice; PLAY cannot be told which is meant."""
    if judged.proven:
        return judged
    return StreamEnd(
        reason=judged.reason,
        proven=False,
        detail="the recorder's clock went back within the footage, so that a time is no place in it: the recorder fell "
        "silent, and another PLAY would have brought footage a second time",
    )


def began_again(judged: StreamEnd) -> StreamEnd:
    """The end of a stream whose recorder began to send the same footage again."""
    detail = "the recorder began to send the same footage again; it was not written a second time"
    if judged.proven and judged.reason is EndReason.HISTORY:
        detail += ", and its history tells of nothing more in the range"
    elif judged.proven:
        return judged
    return StreamEnd(reason=judged.reason, proven=judged.proven, detail=detail)


def absent(history: RecordingHistory | None, track: SourceTrack, start_ns: int, until_ns: int) -> Iterator[StreamItem]:
    """What a track beside the leading one left out from ``start_ns`` to ``until_ns``, where that one went on."""
    if until_ns - start_ns <= NS:
        return
    yield from gaps_of(track.index, parts_of_gap(history, track.token, start_ns, until_ns, 0))


def gaps_of(track: int, parts: Iterable[GapPart]) -> Iterator[Gap]:
    """Gaps that no sign in the stream told."""
    for start_ns, end_ns, confirmed in parts:
        cause = GapCause.HISTORY if confirmed else GapCause.TIME_JUMP
        yield Gap(track=track, start_ns=start_ns, end_ns=end_ns, cause=cause, confirmed=confirmed)


def missing_tail(
    history: RecordingHistory | None, track: SourceTrack, position_ns: int, to_ns: int, usual_ns: int = 0
) -> Iterator[StreamItem]:
    """What the history says of the time between the last access unit and the end of the range, if it says anything.

    ``usual_ns``: the usual frame duration; nothing shorter is a gap.
    """
    if to_ns - position_ns <= max(usual_ns, FRAME_NS):
        return
    later = recorded_after(history, track.token, position_ns, to_ns)
    if later is not None:
        yield Loss(
            track=track.index,
            at_ns=later.start_ns,
            packets=None,
            detail=f"by its own history the recorder holds footage from {to_clock(later.start_ns)} to "
            f"{to_clock(later.end_ns or to_ns)}, but it delivered none of it",
        )
        return
    if to_ns - position_ns <= NS:
        parts = parts_of_gap(history, track.token, position_ns, to_ns, usual_ns)
        yield from gaps_of(track.index, surely_empty(parts))
        if (held_ns := held(parts)) > SHORT_NS:
            detail = f"ends before the requested end; {held_told(held_ns)}"
            yield Assumption(subject="early end", detail=detail, track=track.index, at_ns=position_ns)
        return
    parts = parts_of_gap(history, track.token, position_ns, to_ns, END_TOLERANCE_NS)
    if any(part.confirmed for part in parts):
        yield from gaps_of(track.index, parts)


def surely_empty(parts: Iterable[GapPart]) -> list[GapPart]:
    """Those that the history confirms, but for what is no longer than a frame."""
    return [part for part in parts if part.confirmed and part.end_ns - part.start_ns > FRAME_NS]


def held(parts: Iterable[GapPart]) -> int:
    """How many ns of them the history says to be recorded."""
    return sum(part.end_ns - part.start_ns for part in parts if part.confirmed is False)


def held_told(held_ns: int) -> str:
    """Of an edge of the range where the history and the footage disagree by less than histories are often off."""
    return (
        f"by the recorder's history it holds footage for {held_ns / NS:.2f} s of that, which did not come; the times "
        "of a history may be off by as much"
    )
