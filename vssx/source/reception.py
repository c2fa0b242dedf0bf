"""What one PLAY brings: the packets of the connection to the receivers of their tracks, until it is over.

Silence is judged here: how long none is one yet, whether the recorder still lives, whether what comes is media at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence

from vssx.errors import RecorderUnreachableError
from vssx.model.media import AccessUnit, StreamItem
from vssx.rtsp.connection import HEAD, FrameRun
from vssx.source.end import Outcome
from vssx.source.extent import Extent
from vssx.source.progress import Progress
from vssx.source.replay_session import ReplaySession, said_bye
from vssx.source.replay_track import TrackReceiver

_QUIET_AT_END_S = 1.0  # silence when the last units of all tracks carried E
_DRAIN_S = 0.05
_TERMINAL_S = 0.25  # T says that nothing follows; recorders are not believed before that is seen
_REPEATED_UNITS = 250  # of one track, after which a recorder is taken to send the same footage again
_IDLE_TIMEOUTS = 4  # packets that make no access unit keep a replay going for so many timeouts, then are silence


def at_section_end(media: Iterable[TrackReceiver]) -> bool:
    """The last unit of every track that delivered any carried E or T. ``media``: video and audio."""
    active = [each for each in media if each.timeline.last_end_ns is not None]
    return bool(active) and all(each.section_ended for each in active)


class Reception:
    """The packets of one PLAY. ``first_media_at``: ``time.monotonic()`` of its first item, 0 before."""

    def __init__(
        self,
        session: ReplaySession,
        receivers: Sequence[TrackReceiver],
        media: Sequence[TrackReceiver],
        extent: Extent,
        *,
        timeout_s: float,
        quiet_s: float,
        progress: Progress,
        note: Callable[[str], None],
    ) -> None:
        """``receivers``: of all tracks, by index; ``media``: of video and audio. ``timeout_s``: silence before the
        first media; ``quiet_s``: amid media. ``note``: takes what belongs in the log."""
        self._session = session
        self._receivers = receivers
        self._media = media
        self._extent = extent
        self._timeout_s = timeout_s
        self._idle_limit_s = _IDLE_TIMEOUTS * timeout_s
        self._quiet_s = quiet_s
        self._progress = progress
        self._note = note
        self.first_media_at = 0.0
        self._idling, self._idling_since = 0, 0.0  # packets since the last access unit; when there were 64 of them

    def items(self) -> Generator[StreamItem, None, Outcome]:
        """Passes on what belongs to the range, and tells how the PLAY ended.

        Raises RecorderUnreachableError when the connection breaks or the recorder answers no more, ProtocolError.
        """
        session, extent = self._session, self._extent
        for index, sequence in session.first_sequences.items():
            self._receivers[index].expect(sequence)
        receivers: list[TrackReceiver | None] = [None] * 256
        for channel, index in session.rtp_channels.items():
            receivers[channel] = self._receivers[index]
        # media came since PLAY; since the last look at the clock; the recorder was asked whether it lives since then
        came = recent = asked = False
        last_media_at = time.monotonic()
        drained_at = 0.0  # video and sound are beyond the range since; metadata may lie behind them
        while True:
            at_end = came and at_section_end(self._media)
            terminal = came and self._terminal()
            quiet_s = _TERMINAL_S if terminal else _QUIET_AT_END_S if at_end or drained_at else self._quiet_s
            silence = quiet_s if came else self._timeout_s
            for frame in session.client.packets(silence_s=_DRAIN_S if asked else silence):
                channel, data = frame[0], frame[1]
                size = frame[2] if isinstance(frame, FrameRun) else len(data)
                receiver = receivers[channel]
                if receiver is None:
                    if self._control(channel, data, size):
                        # Over UDP the last packets may be lost, and only asking again shows it.
                        return Outcome.QUIET if session.lossy else Outcome.BYE
                    # Sender reports are no media: a recorder may go on with them for ever.
                    now = time.monotonic()
                    if recent:
                        last_media_at, recent = now, False
                    elif now - last_media_at > silence:
                        return Outcome.QUIET
                    continue
                recent, asked = True, False
                position, stride, changed = 0, size + HEAD, False
                while position <= len(data) - size:
                    items, packets = receiver.push_run(data, position, size=size, stride=stride)
                    position += packets * stride
                    if self._idle(packets, found=bool(items)):
                        return Outcome.QUIET
                    if not items:
                        if receiver.loop.repeated and self._began_again():
                            return Outcome.REPEATED
                        if receiver.timeline.next_section_ns is not None and self._section_over():
                            return Outcome.QUIET
                        continue
                    if not self.first_media_at:
                        self.first_media_at = time.monotonic()
                    gets_on = True
                    for item in items:
                        if isinstance(item, AccessUnit):
                            gets_on = self._progress.take(item)
                        yield from extent.push(item)
                    if extent.not_written and extent.covered:
                        if extent.complete or (drained_at and time.monotonic() - drained_at > self._timeout_s):
                            return Outcome.COVERED
                        changed |= not drained_at
                        drained_at = drained_at or time.monotonic()
                    if not gets_on:
                        return Outcome.STANDING
                    ended = receiver.section_ended
                    if (
                        not came  # from now on silence means something else
                        or terminal != (ended and self._terminal())
                        or (ended and not at_end and at_section_end(self._media))
                    ):
                        came = changed = True
                if changed:
                    break
            else:
                if terminal:
                    return Outcome.TERMINAL
                if drained_at:
                    return Outcome.COVERED
                if asked:
                    return Outcome.QUIET
                if not session.client.is_alive():
                    raise RecorderUnreachableError(
                        "the recorder does not answer any more",
                        where=session.client.where,
                        next_step="Run the same command again.",
                    )
                asked = True  # what came while it answered is read before it is asked to play again

    def _idle(self, packets: int, *, found: bool) -> bool:
        """Counts packets since the last access unit: too many for too long are as good as silence."""
        if found:
            self._idling = 0
            return False
        before, self._idling = self._idling, self._idling + packets
        if before < 64 <= self._idling:
            self._idling_since = time.monotonic()
        elif (
            before >> 6 != self._idling >> 6  # a look at the clock once in 64 packets
            and time.monotonic() - self._idling_since > self._idle_limit_s
        ):
            self._note(f"{self._idling} RTP packets came that brought no access unit")
            return True
        return False

    def _control(self, channel: int, data: memoryview, size: int) -> bool:
        """RTCP packets of ``size`` octets: did the last track say BYE? One that has brought nothing proves nothing."""
        index = self._session.rtcp_channels.get(channel)
        if index is None:
            return False
        for at in range(0, len(data) or 1, size + HEAD):
            self._receivers[index].byes = said_bye(data[at : at + size]) or self._receivers[index].byes
        return all(each.bye for each in self._receivers) and any(each.ssrc is not None for each in self._receivers)

    def _section_over(self) -> bool:
        """All tracks are behind the section whose times are derived: what comes now has no time."""
        active = [each.timeline for each in self._media if each.timeline.last_end_ns is not None]
        return all(each.next_section_ns is not None for each in active)

    def _began_again(self) -> bool:
        """All tracks, or one for so long that the others have nothing of their own any more."""
        active = [each.loop.repeated for each in self._media if each.timeline.last_end_ns is not None]
        return all(active) or max(active, default=0) > _REPEATED_UNITS

    def _terminal(self) -> bool:
        """The last unit of every track carried T."""
        return all(each.terminal for each in self._receivers)
