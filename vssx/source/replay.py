"""A time range of a recording, replayed over RTSP, as one stream of timed items (ONVIF Streaming, "Playback").

What is asked, what is kept, and what becomes of an interruption: docs/replay.md. How the end is proven: ``end``.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Self

from vssx.errors import NothingRecordedError, RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent, Credentials, Observe
from vssx.model.media import (
    EVERY_TRACK,
    NS,
    EndReason,
    SourceTrack,
    StreamEnd,
    StreamItem,
    TrackChoice,
    TrackType,
)
from vssx.model.network import VERIFIED, StreamTransport, TlsPolicy
from vssx.model.recording import RecordingHistory
from vssx.source.end import Outcome, Stopped, began_again, clock_went_back, judge
from vssx.source.extent import START_TOLERANCE_NS, Extent
from vssx.source.history import knows, parts_of_gap, recorded_after
from vssx.source.position import Position
from vssx.source.progress import MAX_POOR, Progress
from vssx.source.range_time import range_anchor
from vssx.source.reception import Reception
from vssx.source.reconnection import connect_again
from vssx.source.replay_session import PlayAnswer, ReplaySession, SessionGoneError, untold
from vssx.source.replay_track import TrackReceiver
from vssx.source.time_base import RangeAnchor
from vssx.times import to_clock

END_MARGIN_NS = 10 * NS
_FURTHER_NS = 60 * NS
_QUIET_S = 5.0  # silence amid media after which the recorder is asked again
_MAX_STALLS = 5
_RESUME_TOLERANCE_NS = -NS  # another session anchors its times anew; what is there already is recognised later


def replay(
    session_uri: str,
    *,
    credentials: Credentials | None,
    from_ns: int,
    to_ns: int,
    history: RecordingHistory | None = None,
    observe: Observe = lambda _: None,
    timeout: float = 10.0,
    tls: TlsPolicy = VERIFIED,
    transport: StreamTransport = StreamTransport.AUTO,
    http_address: str = "",
    resume_from_ns: int | None = None,
    quiet_s: float | None = None,
    choice: TrackChoice = EVERY_TRACK,
    range_time_zone: str = "",
    known_sets: Mapping[int, tuple[bytes, ...]] = MappingProxyType({}),
) -> ReplaySource:
    """Connects, describes and sets up every track; iterate the answer to play.

    ``from_ns``/``to_ns``: UTC in the recorder's clock. ``resume_from_ns``: the last clean point of an interrupted
    export, where PLAY is to begin instead. ``timeout``: seconds for an answer, and for the first media after PLAY;
    ``quiet_s``: seconds of silence amid media (5, or the timeout if shorter). ``http_address``: any URL of the HTTP
    server that answered, for a tunnel through it. ``choice``: which tracks to take. ``range_time_zone``: of a recorder
    that takes ranges for its local time. ``known_sets``: by track, the parameter sets of an interrupted export.

    Raises RecorderUnreachableError, NotAuthenticatedError, NothingRecordedError, ProtocolError (also while iterating,
    when the recorder gives no time at all), UnsupportedMediaError for a codec that is not carried, MalformedMediaError.
    """
    connect = partial(
        ReplaySession,
        session_uri,
        credentials,
        timeout_s=timeout,
        observe=observe,
        tls=tls,
        transport=transport,
        http_address=http_address,
        choice=choice,
        range_time_zone=range_time_zone,
    )
    session = connect()
    return ReplaySource(
        session,
        reconnect=partial(connect, expected=len(session.tracks)),
        from_ns=from_ns if resume_from_ns is None else resume_from_ns,
        to_ns=to_ns,
        resumed=resume_from_ns is not None,
        history=history,
        observe=observe,
        timeout_s=timeout,
        quiet_s=min(timeout, _QUIET_S) if quiet_s is None else quiet_s,
        known_sets=known_sets,
    )


class ReplaySource:
    """The stream of one replay: iterate it once. ``tracks`` and ``transport`` are known before."""

    def __init__(
        self,
        session: ReplaySession,
        *,
        reconnect: partial[ReplaySession],
        from_ns: int,
        to_ns: int,
        resumed: bool,
        history: RecordingHistory | None,
        observe: Observe,
        timeout_s: float,
        quiet_s: float,
        known_sets: Mapping[int, tuple[bytes, ...]],
    ) -> None:
        self.tracks: tuple[SourceTrack, ...] = tuple(described.track for described in session.tracks)
        self.transport = session.transport
        self._session = session
        self._reconnect = reconnect
        self._from_ns = from_ns
        self._to_ns = to_ns
        self._history = history
        self._observe = observe
        self._timeout_s = timeout_s
        self._quiet_s = quiet_s
        confirm = partial(parts_of_gap, history)
        self._receivers = tuple(
            TrackReceiver(
                each,
                confirm=confirm,
                fallback=self._range_anchor,
                known_sets=known_sets.get(each.track.index, ()),
                reached=lambda: self._lead.timeline.last_end_ns if self._media else None,
                repeats=lambda: self._lead.overlap.repeating or not self._media,
                range_ns=(from_ns, to_ns),
            )
            for each in session.tracks
        )
        self._media = tuple(each for each in self._receivers if each.track.track_type is not TrackType.METADATA)
        self._lead = next(
            (each for each in self._receivers if each.track.track_type is TrackType.VIDEO),
            (*self._media, *self._receivers)[0],
        )
        self._extent = Extent(
            self.tracks,
            from_ns=from_ns,
            to_ns=to_ns,
            confirm=confirm,
            tolerance_ns=_RESUME_TOLERANCE_NS if resumed else START_TOLERANCE_NS,
        )
        self._position = Position(self._receivers, self._lead, self._extent, from_ns=from_ns, to_ns=to_ns)
        self._progress = Progress()
        self._answer: PlayAnswer | None = None
        self._reach_ns: int | None = to_ns + END_MARGIN_NS  # end of the ranges asked for, as the recorder takes them
        self._stalls = 0
        self._bye_ns = -1  # where the footage ended when BYE came
        self._played_ns = from_ns  # where the last PLAY began
        self._tried: set[int] = set()
        self._section_ns: int | None = None  # start of the section asked for, where times are derived
        self._broken: RecorderUnreachableError | None = None
        self._told: set[str] = set()
        self._reception: Reception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session; iterating to the end does it, too."""
        self._session.close()

    def __iter__(self) -> Iterator[StreamItem]:
        try:
            yield from untold(self._session.notes, self._told)
            start_ns = self._from_ns
            end: StreamEnd | None = None
            while end is None:
                before = sum(each.units for each in self._receivers)
                outcome = yield from self._play(start_ns)
                self._progress.ended_play()
                if outcome is not Outcome.COVERED:
                    self._stalls = 0 if sum(each.units for each in self._receivers) > before else self._stalls + 1
                following = self._after(outcome)
                if isinstance(following, StreamEnd):
                    end = following
                else:
                    start_ns = following
            yield from self._finish()
            yield from self._position.missing(self._history)
            self._note("end", reason=end.reason.value, proven=end.proven, detail=end.detail)
            yield StreamEnd(
                reason=end.reason, proven=end.proven, not_written=self._extent.not_written, detail=end.detail
            )
        finally:
            self.close()

    # one PLAY

    def _play(self, start_ns: int) -> Generator[StreamItem, None, Outcome]:
        """One PLAY from ``start_ns`` on: passes on what belongs to the range, and tells how it ended."""
        self._played_ns = start_ns
        first, anew = self._answer is None, start_ns == self._section_ns and start_ns not in self._tried
        if self._broken is not None and not self._connect_again(self._broken):
            return Outcome.LOST
        yield from untold(self._session.notes, self._told)
        try:
            if not first:
                self._note("retry", text=f"PLAY again from {to_clock(start_ns)}")
                for receiver in self._receivers:
                    receiver.restart(start_ns, by_content=self._position.times_misguide, anew=anew)
            self._answer = self._first_play(start_ns) if first else self._session.play(start_ns, self._reach_ns)
            if anew:
                self._tried.add(start_ns)
                if (self._answer.range_start_ns or 0) < self._position.ns:
                    raise NothingRecordedError("the recorder plays no section behind the one before")
            for receiver in self._receivers:
                rtp = self._answer.rtp_times.get(receiver.track.index)
                receiver.played(self._answer.cseq, began_ns=self._answer.range_start_ns, rtp_timestamp=rtp)
            self._reception = Reception(
                self._session,
                self._receivers,
                self._media,
                self._extent,
                timeout_s=self._timeout_s,
                quiet_s=self._quiet_s,
                progress=self._progress,
                note=lambda text: self._note("note", text=text),
            )
            outcome = yield from self._reception.items()
        except (RecorderUnreachableError, SessionGoneError) as error:
            if first and isinstance(error, SessionGoneError):
                raise
            self._broken = RecorderUnreachableError(error.message, where=error.where, next_step=error.next_step)
            outcome = Outcome.LOST
        except NothingRecordedError as error:
            if first:
                raise
            self._note("note", text=error.message)
            outcome = Outcome.QUIET
        for receiver in self._receivers:
            yield from self._passed(receiver.flush(final=False, broken=outcome is Outcome.LOST))
        if self._extent.covered:
            return Outcome.COVERED
        return outcome

    def _connect_again(self, broken: RecorderUnreachableError) -> bool:
        """False when the recorder is gone and its history proves that nothing is missing."""
        self._session.close()
        try:
            session = connect_again(
                self._reconnect,
                broken,
                pause_s=max(self._stalls, min(self._progress.poor - 1, _MAX_STALLS)),
                note=lambda kind, text: self._note(kind, text=text),
            )
        except RecorderUnreachableError:
            if self._judged(Outcome.LOST).proven:
                return False
            raise
        self._session, self._broken = session, None
        for receiver, described in zip(self._receivers, session.tracks, strict=True):
            receiver.described_again(described)
        return True

    def _first_play(self, start_ns: int) -> PlayAnswer:
        """Some recorders refuse (457) a range that ends behind their footage: ask for less, then without an end."""
        for reach_ns in (self._reach_ns, self._to_ns):
            try:
                return self._session.play(start_ns, reach_ns)
            except NothingRecordedError as error:
                self._note("note", text=error.message)
                self._reach_ns = self._to_ns if reach_ns != self._to_ns else None
        return self._session.play(start_ns, None)

    def _passed(self, items: list[StreamItem]) -> Iterator[StreamItem]:
        for item in items:
            yield from self._extent.push(item)

    # what follows

    def _after(self, outcome: Outcome) -> StreamEnd | int:
        """The end, or the time from which to play again."""
        place = self._position
        if outcome is Outcome.COVERED:
            return StreamEnd(reason=EndReason.RANGE_COVERED, proven=True, detail="data beyond the range came")
        if outcome is Outcome.STANDING or self._progress.poor >= MAX_POOR:
            return self._stood_still(outcome)
        if outcome is Outcome.LOST and not (place.terminal and (self._stalls or not place.awaits_documents)):
            return self._after_loss()
        if outcome is Outcome.LOST:
            place.leave_documents()
        if outcome is Outcome.REPEATED:
            return began_again(self._judged(outcome))
        if place.derived and (section_ns := self._next_section()) is not None:
            return section_ns
        if not place.derived and place.times_misguide:
            return clock_went_back(self._judged(outcome))
        position = place.ns
        later = recorded_after(self._history, self._lead.track.token, position, self._to_ns)
        if later is not None and later.start_ns not in self._tried and not place.derived:
            self._tried.add(later.start_ns)
            return later.start_ns
        self._bye_ns = position if outcome is Outcome.BYE else self._bye_ns
        said = self._bye_ns == position or place.at_section_end
        sure = place.terminal or (said and (place.beyond or knows(self._history, position, self._to_ns)))
        asked = self._played_ns >= position if said and not place.derived else self._stalls > 0
        if sure or asked or (place.derived and not said):
            return self._judged(outcome)
        if self._reach_ns is not None and self._reach_ns > self._to_ns:
            self._reach_ns = max(self._reach_ns, position + _FURTHER_NS)
        # E stands before a gap, too: what follows it is asked for, and not the last GOP.
        return position if said and not place.derived else self._resume_ns()

    def _stood_still(self, outcome: Outcome) -> StreamEnd:
        """The recorder sends on and on, and the footage does not get further."""
        came = self._progress.told()
        if outcome is Outcome.STANDING:
            detail = f"the recorder sent {came}: no footage has so much, and no more of it was received"
        else:
            detail = f"{MAX_POOR} PLAYs in a row brought less than a second of footage each; {came} in all"
        return StreamEnd(reason=EndReason.NO_PROGRESS, proven=False, detail=detail)

    def _resume_ns(self, stalls: int = 0) -> int:
        if self._lead.timeline.anew and self._section_ns is not None:
            return self._section_ns
        return self._position.resume_ns(stalls)

    def _next_section(self) -> int | None:
        """Start of the section that follows the one whose times are derived, where the history knows it."""
        known = [ns for each in self._media if (ns := each.timeline.next_section_ns) is not None]
        self._section_ns = min(known, default=None)
        if self._section_ns is None or self._section_ns >= self._to_ns or self._section_ns in self._tried:
            return None
        # Without an extension nothing tells packets of this PLAY that are under way from those of the next one.
        self._broken = RecorderUnreachableError("the next section is asked for in a session of its own")
        return self._section_ns

    def _after_loss(self) -> StreamEnd | int:
        """Connect again; some recorders close the connection where their footage ends."""
        assert self._broken is not None
        if self._stalls and self._judged(Outcome.LOST).proven:
            return self._judged(Outcome.LOST)
        if self._stalls < _MAX_STALLS:
            behind = self._stalls and self._position.at_section_end and not self._position.times_misguide
            return self._position.ns if behind else self._resume_ns(self._stalls)
        if not self._extent.delivered:
            raise self._broken
        return StreamEnd(
            reason=EndReason.CONNECTION_LOST, proven=False, detail=f"the connection was lost: {self._broken.message}"
        )

    def _judged(self, outcome: Outcome) -> StreamEnd:
        """No more comes."""
        place = self._position
        stopped = Stopped(
            bye=outcome is Outcome.BYE or self._bye_ns == place.ns,  # also where the PLAY behind it brought nothing
            ended=place.at_section_end,
            terminal=place.terminal,
            asked=self._stalls > 0
            and (self._played_ns >= place.ns or place.derived)
            and outcome in (Outcome.QUIET, Outcome.BYE)
            and not place.broke_off,
            beyond=place.beyond,
            position_ns=place.ns,
        )
        return judge(stopped, self._history, self._lead.track.token, self._to_ns)

    def _finish(self) -> Iterator[StreamItem]:
        for receiver in self._receivers:
            yield from self._passed(receiver.flush(final=True))
        for receiver in self._receivers:
            yield from self._passed(receiver.finish())
        yield from self._position.left
        yield from self._extent.finish()

    def _range_anchor(self, track: SourceTrack, media_seconds: float) -> RangeAnchor:
        """Times for a track without extension. Raises ProtocolError when there are none."""
        assert self._answer is not None
        first_media_at = 0.0 if self._reception is None else self._reception.first_media_at
        return range_anchor(
            self._answer,
            self._history,
            track,
            media_seconds=media_seconds,
            elapsed_s=time.monotonic() - (first_media_at or self._answer.at),
            where=f"{self._session.client.where}, track {track.token or track.index}",
        )

    def _note(self, kind: str, **detail: object) -> None:
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind=kind, detail=detail))
