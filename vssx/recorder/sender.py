"""Sends what a PLAY asks for: RTP with the replay extension, paced or as fast as the transport takes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from vssx.errors import VssxError
from vssx.recorder.payloads import payloads
from vssx.recorder.playback import Playback
from vssx.recorder.played_sample import PlayedSample
from vssx.recorder.session import Session, StoppableSender, Stream
from vssx.rtsp.packetize import DEFAULT_LIMIT
from vssx.rtsp.rtcp import Bye, SenderReport, serialise_rtcp, source_description
from vssx.rtsp.rtp import make_replay_extension
from vssx.times import NS, to_ntp

_UDP_BURST = 16  # packets
_UDP_BYTES_PER_S = 8_000_000  # without rate control; a receiver's default socket buffer holds 25 ms of it
_REPORT_INTERVAL_S = 5.0
_LONGEST_PAUSE_NS = NS  # a gap in the footage is not waited for


class Sender:
    """Plays the playbacks of a session one after the other and ends with BYE."""

    def __init__(self, session: Session, first: Playback, on_error: Callable[[str], None]) -> None:
        """``on_error``: told, in a line, why a playback broke off."""
        self._session = session
        self._playback: Playback | None = first
        self._on_error = on_error
        self._streams = {stream.track.index: stream for stream in session.streams.values()}

    def thread(self) -> StoppableSender:
        """A thread that does it."""
        return StoppableSender(self._run)

    def _run(self, thread: StoppableSender) -> None:
        playback = self._playback
        try:
            while playback is not None and not thread.stopped.is_set():
                self._play(playback, thread)
                if thread.stopped.is_set():
                    return
                playback = self._session.next_playback()
            self._bye()
        except VssxError as error:
            self._on_error(str(error))
            self._end_quietly()
        except OSError:
            pass  # the client closed its connection; the session goes with it

    def _end_quietly(self) -> None:
        try:
            self._bye()
        except OSError:
            return

    def _play(self, playback: Playback, thread: StoppableSender) -> None:
        pace = _Pace(playback, thread)
        cseq = playback.request.cseq
        report_at = 0.0
        for played in self._session.outgoing.samples(self._session, playback):
            if playback.request.rate_control:
                pace.wait_for(played)
                if time.monotonic() >= report_at:
                    self._report(playback, pace.elapsed_ns())
                    report_at = time.monotonic() + _REPORT_INTERVAL_S
            if thread.stopped.is_set():
                return
            stream = self._streams[played.track.index]
            extension = make_replay_extension(
                played.utc_ns,
                cseq=cseq,
                clean_point=played.sample.clean_point,
                end_of_section=played.end_of_section,
                discontinuity=played.discontinuity,
                terminal=played.terminal,
            )
            limit = self._session.outgoing.packet_limit(stream, DEFAULT_LIMIT)
            packets = stream.rtp.send(
                payloads(played.track, played.sample, limit), stream.timestamp(playback, played), extension
            )
            self._send(stream, packets, thread)
            self._session.position_ns = played.utc_ns

    def _send(self, stream: Stream, packets: list[bytes], thread: StoppableSender) -> None:
        if stream.transport.reliable:
            self._session.send(stream, packets)
            return
        for burst in _bursts(packets):
            self._session.send(stream, burst)
            thread.stopped.wait(sum(map(len, burst)) / _UDP_BYTES_PER_S)

    def _report(self, playback: Playback, elapsed_ns: int) -> None:
        """Sender reports: wall-clock now, and the timestamp that would be played now."""
        now = to_ntp(time.time_ns())
        for stream in self._streams.values():
            timestamp = (stream.start_timestamp(playback) + elapsed_ns * stream.track.clock_rate // NS) & 0xFFFFFFFF
            self._rtcp(stream, now, timestamp)

    def _rtcp(self, stream: Stream, ntp_time: int, timestamp: int, *ends: Bye) -> None:
        report = SenderReport(
            ssrc=stream.rtp.ssrc,
            ntp_time=ntp_time,
            rtp_timestamp=timestamp,
            packets=stream.rtp.packets,
            octets=stream.rtp.octets,
        )
        name = source_description(stream.rtp.ssrc, "vssx recorder")
        self._session.send_rtcp(stream, serialise_rtcp(report) + name + (serialise_rtcp(*ends) if ends else b""))

    def _bye(self) -> None:
        """The end of all streams. Its report says zero: nothing here can be taken for a recording time."""
        for stream in self._streams.values():
            self._rtcp(stream, 0, 0, Bye(ssrcs=(stream.rtp.ssrc,)))


def _bursts(packets: list[bytes]) -> Iterable[list[bytes]]:
    return (packets[start : start + _UDP_BURST] for start in range(0, len(packets), _UDP_BURST))


class _Pace:
    """When each sample is due: its decoding time, divided by the scale; in reverse a whole GOP at a time."""

    def __init__(self, playback: Playback, thread: StoppableSender) -> None:
        self._playback = playback
        self._thread = thread
        self._started = time.monotonic_ns()
        self._origin_ns: int | None = None
        self._last_ns = 0

    def elapsed_ns(self) -> int:
        """Wall-clock time since the first sample."""
        return time.monotonic_ns() - self._started

    def wait_for(self, played: PlayedSample) -> None:
        """Wait until the sample is due, or until the sender is stopped."""
        scale = self._playback.request.scale
        if self._playback.request.reverse and not played.discontinuity:
            return
        here_ns = played.decode_media_ns
        if self._origin_ns is None:
            # From the first presentation, not the first decoding: no picture comes later than it is shown, and players
            # that take arrival for time do not see the end of the range before the last picture.
            self._origin_ns, self._last_ns = played.media_ns, here_ns
        if not self._playback.request.reverse and here_ns - self._last_ns > _LONGEST_PAUSE_NS:
            self._origin_ns += here_ns - self._last_ns
        self._last_ns = here_ns
        due_ns = (here_ns - self._origin_ns) / scale
        self._thread.stopped.wait(max(due_ns - self.elapsed_ns(), 0) / NS)
