"""An RTSP session of the recorder: the tracks that were set up, and what is being played."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vssx.recorder.connection import ClientConnection
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.outgoing import Outgoing
from vssx.recorder.payloads import payload_type
from vssx.recorder.playback import Playback
from vssx.recorder.played_sample import PlayedSample
from vssx.recorder.rtp_transport import InterleavedTransport, RtpTransport, UdpTransport
from vssx.recorder.store import StoredRecording
from vssx.rtsp.packetize import RtpSender
from vssx.times import NS

_MAX_QUEUED = 16


@dataclass(slots=True, kw_only=True)
class Stream:
    """A track of a session. ``base``: RTP timestamp of the time line's origin."""

    track: TrackIndex
    url: str
    transport: RtpTransport
    rtp: RtpSender
    base: int

    def timestamp(self, playback: Playback, played: PlayedSample) -> int:
        """RTP timestamp of a sample (ONVIF Streaming, "RTP timestamps")."""
        return self._at(playback, played.media_ns, played.utc_ns)

    def start_timestamp(self, playback: Playback) -> int:
        """For RTP-Info: the timestamp that goes with the start of the answered range."""
        return self._at(playback, playback.start_media_ns, playback.start_ns) & 0xFFFFFFFF

    def _at(self, playback: Playback, media_ns: int, utc_ns: int) -> int:
        """With rate control the time of playback; without it the original sampling time."""
        if playback.request.rate_control:
            elapsed = (media_ns - playback.start_media_ns) / playback.request.scale
            return self.base + round(elapsed * self.track.clock_rate / NS)
        since_start = utc_ns - playback.recording.start_ns
        return self.base + (since_start * self.track.clock_rate + NS // 2) // NS


class Session:
    """State of one session; the methods may be called from every thread."""

    def __init__(
        self,
        recording: StoredRecording,
        timeout_s: int,
        *,
        outgoing: Outgoing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock``: seconds that never go back."""
        self.outgoing = outgoing
        self.identifier = secrets.token_hex(8)
        self.recording = recording
        self.timeout_s = timeout_s
        self.lock = threading.RLock()
        self.streams: dict[str, Stream] = {}
        self.connection: ClientConnection | None = None  # the one that carries interleaved data
        self.control: ClientConnection | None = None  # the one over which it was set up
        self.plays = 0
        self.position_ns: int | None = None
        self._queue: deque[Playback] = deque()
        self._sender: StoppableSender | None = None
        self._clock = clock
        self._last_heard = clock()
        outgoing.opened(self)

    def touch(self) -> None:
        """Somebody used the session."""
        self._last_heard = self._clock()

    def is_expired(self) -> bool:
        """Whether nothing was heard of the client for longer than the timeout."""
        for stream in list(self.streams.values()):
            if isinstance(stream.transport, UdpTransport) and stream.transport.heard_from_client():
                self.touch()
        return self._clock() - self._last_heard > self.timeout_s

    def add_stream(self, track: TrackIndex, url: str, transport: RtpTransport) -> Stream:
        """Set up a track, or set it up anew."""
        with self.lock:
            old = self.streams.get(track.token)
            if old is not None:
                old.transport.close()
            rtp = RtpSender(payload_type=payload_type(track), ssrc=secrets.randbits(32), sequence=secrets.randbits(16))
            stream = Stream(track=track, url=url, transport=transport, rtp=rtp, base=secrets.randbits(32))
            self.streams[track.token] = stream
            return stream

    def uses_channel(self, channel: int) -> bool:
        """Whether an interleaved channel is one of its own."""
        transports = [stream.transport for stream in list(self.streams.values())]
        return any(isinstance(one, InterleavedTransport) and channel in one.channels for one in transports)

    def free_channels(self) -> tuple[int, int]:
        """The lowest pair of interleaved channels that it does not use yet."""
        first = next(first for first in range(0, 256, 2) if not self.uses_channel(first))
        return first, first + 1

    def send(self, stream: Stream, packets: Sequence[bytes]) -> None:
        """The one way of RTP packets to the client. Raises OSError when nobody is there any more."""
        stream.transport.send(self.outgoing.rtp(self, stream, packets))

    def send_rtcp(self, stream: Stream, packet: bytes) -> None:
        """The one way of RTCP to the client. Raises OSError."""
        passed = self.outgoing.rtcp(self, stream, packet)
        if passed is not None:
            stream.transport.send_rtcp(passed)

    @property
    def is_playing(self) -> bool:
        """Whether something is being sent."""
        return self._sender is not None and self._sender.is_active

    def enqueue(self, playback: Playback) -> bool:
        """Play it when what is being played has ended; False where nothing is, or too much waits already."""
        with self.lock:
            if not self.is_playing or len(self._queue) >= _MAX_QUEUED:
                return False
            self._queue.append(playback)
            return True

    def next_playback(self) -> Playback | None:
        """What waits; None ends the sender, and nothing can be put into the queue after that."""
        with self.lock:
            if self._queue:
                return self._queue.popleft()
            if self._sender is not None:
                self._sender.is_active = False
            return None

    def start(self, sender: StoppableSender) -> None:
        """Begin to send. The one before must have been stopped."""
        with self.lock:
            self._sender = sender
            sender.start()

    def stop(self) -> None:
        """Stop sending and wait until nothing more comes."""
        with self.lock:
            self._queue.clear()
            sender, self._sender = self._sender, None
        if sender is not None:
            sender.stop()

    def close(self) -> None:
        """End the session."""
        self.outgoing.closed(self)
        self.stop()
        with self.lock:
            for stream in self.streams.values():
                stream.transport.close()
            self.streams.clear()


class StoppableSender(threading.Thread):
    """A thread that sends; ``run`` looks at ``stopped`` between samples."""

    def __init__(self, target: Callable[[StoppableSender], None]) -> None:
        super().__init__(daemon=True)
        self._work = target
        self.stopped = threading.Event()
        self.is_active = True

    def run(self) -> None:
        """Call the target; afterwards nothing is sent any more."""
        try:
            self._work(self)
        finally:
            self.is_active = False

    def stop(self) -> None:
        """Make it stop, and wait for it unless it is the caller itself."""
        self.stopped.set()
        if threading.current_thread() is not self:
            self.join()
