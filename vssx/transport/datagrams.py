"""RTP over UDP (RFC 3550 section 11): pairs of ports, one for each track, read by a thread of their own.

A recorder that replays as fast as it can fills the system's buffer within milliseconds. So a thread does nothing but
take datagrams out; what it does not get is missing in the sequence numbers, which the receiver of the track declares.
"""

from __future__ import annotations

import contextlib
import secrets
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field

from vssx.errors import RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent, Observe
from vssx.rtsp.connection import FRAME_COST, InterleavedFrame
from vssx.rtsp.rtcp import ReceiverReport, serialise_rtcp, source_description

RECEIVE_BUFFER = 16 * 1024 * 1024
REPORT_INTERVAL_S = 5.0
_MAX_QUEUED = 256 * 1024 * 1024
_MAX_DATAGRAM = 65_536
_HEADER = 12
_CHANGED = 8  # packets of another source without one of the present between them: it is the recorder's new one
_BATCH = 256
_ATTEMPTS = 64
# An RTP packet without payload: opens the way through a NAT or firewall, and no receiver takes it for media.
_PUNCH = bytes((0x80, 0x7F)) + bytes(10)


@dataclass(slots=True, kw_only=True)
class _Pair:
    rtp: socket.socket
    rtcp: socket.socket
    rtp_channel: int = -1
    rtcp_channel: int = -1
    peers: tuple[tuple[str, int], tuple[str, int]] | None = None  # of RTP and RTCP; None where the server did not say
    ports_heard: list[int | None] = field(default_factory=lambda: [None, None])  # the server's, as told, or the first
    told_ssrc: int | None = None
    ssrc: int | None = None  # of the media since PLAY
    rivals: list[memoryview] = field(default_factory=list)  # RTP packets of another source, since the last of this one
    waiting: list[InterleavedFrame] = field(default_factory=list)

    @property
    def ports(self) -> tuple[int, int]:
        return self.rtp.getsockname()[1], self.rtcp.getsockname()[1]


class Datagrams:
    """The UDP side of one RTSP session. ``wake`` gets readable when there is something to ``take``.

    ``local``, ``peer``: host addresses of the RTSP connection; datagrams of other hosts and ports are counted, not
    taken, and neither is media of another SSRC than the one that the server told, or the first since PLAY.
    """

    def __init__(self, local: str, peer: str, *, observe: Observe, where: str) -> None:
        self._local = local
        self._peer = peer
        self._observe = observe
        self._where = where
        self._family = socket.AF_INET6 if ":" in local else socket.AF_INET
        self._pairs: list[_Pair] = []
        self.wake, self._waker = socket.socketpair()
        self._stop, self._stopper = socket.socketpair()
        self._lock = threading.Lock()
        self._queue: list[InterleavedFrame] = []
        self._queued = 0
        self._signalled = False
        self._foreign = 0
        self._other_sources = 0
        self._dropped = 0
        self._ssrc = secrets.randbits(32)
        self._thread: threading.Thread | None = None

    # set-up

    def open_pair(self) -> tuple[int, int]:
        """Bind another pair of ports, even and odd. Raises RecorderUnreachableError where none is free."""
        pair = self._bind()
        self._pairs.append(pair)
        return pair.ports

    def _bind(self) -> _Pair:
        reason = "every port that is free has a neighbour that is taken"
        for _ in range(_ATTEMPTS):
            with contextlib.ExitStack() as unused:
                try:
                    rtp = unused.enter_context(socket.socket(self._family, socket.SOCK_DGRAM))
                    rtcp = unused.enter_context(socket.socket(self._family, socket.SOCK_DGRAM))
                    rtp.bind((self._local, 0))
                    port = rtp.getsockname()[1]
                    if port % 2:
                        continue
                    rtcp.bind((self._local, port + 1))
                except OSError as error:  # mostly the neighbour is taken: another pair
                    reason = error.strerror or str(error)
                    continue
                unused.pop_all()
            _enlarge(rtp)
            rtp.setblocking(False)
            rtcp.setblocking(False)
            return _Pair(rtp=rtp, rtcp=rtcp)
        raise RecorderUnreachableError(
            f"no pair of UDP ports is free on this machine: {reason}",
            where=self._where,
            next_step="Use --transport tcp.",
        )

    def drop_pair(self) -> None:
        """Give the pair back that was opened last: the server did not want it."""
        pair = self._pairs.pop()
        pair.rtp.close()
        pair.rtcp.close()

    def connect_pair(
        self, channels: tuple[int, int], server_ports: tuple[int, int] | None, source: str, ssrc: int | None = None
    ) -> None:
        """What SETUP answered for the pair opened last. ``channels``: under which its frames are told.

        ``source``: address from which the server says it sends, "" where it does not say. Another one than that of the
        RTSP connection is not believed: anybody could be named there. ``ssrc``: of its media, as the server told.
        """
        pair = self._pairs[-1]
        pair.rtp_channel, pair.rtcp_channel = channels
        pair.told_ssrc = pair.ssrc = ssrc
        if source and source != self._peer:
            self._note(f"the recorder says that it sends from {source}; only what comes from {self._peer} is taken")
        if server_ports is not None:
            pair.peers = ((self._peer, server_ports[0]), (self._peer, server_ports[1]))
            pair.ports_heard[:] = server_ports

    def begin(self) -> None:
        """PLAY is sent: its media may have another SSRC. Reads from now on."""
        for pair in self._pairs:
            pair.ssrc = pair.told_ssrc
        self.start()

    @property
    def used(self) -> bool:
        """Whether any track comes this way."""
        return bool(self._pairs)

    def start(self) -> None:
        """Open the way for the server's packets, and read from now on; once for a session, before PLAY."""
        if self._thread is not None or not self._pairs:
            return
        size = self._pairs[0].rtp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self._note(f"RTP over UDP: {len(self._pairs)} pairs of ports, receive buffer of {size} bytes each")
        for pair in self._pairs:
            if pair.peers is not None:
                with contextlib.suppress(OSError):
                    pair.rtp.sendto(_PUNCH, pair.peers[0])
        self._report()
        self._thread = threading.Thread(target=self._read, name="vssx RTP over UDP", daemon=True)
        self._thread.start()

    @property
    def started(self) -> bool:
        """Whether frames may come."""
        return self._thread is not None

    # reading

    def take(self) -> list[InterleavedFrame]:
        """Frames (channel, content) that came since the last call, RTCP never before RTP that came earlier."""
        with self._lock:
            if self._signalled:
                self.wake.recv(1)
                self._signalled = False
            taken, self._queue, self._queued = self._queue, [], 0
        return taken

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._stop, selectors.EVENT_READ, None)
            for pair in self._pairs:
                selector.register(pair.rtp, selectors.EVENT_READ, pair)
                selector.register(pair.rtcp, selectors.EVENT_READ, pair)
            due = time.monotonic() + REPORT_INTERVAL_S
            while True:
                ready = selector.select(max(due - time.monotonic(), 0))
                if any(key.data is None for key, _ in ready):
                    return
                frames: list[InterleavedFrame] = []
                for pair in {id(key.data): key.data for key, _ in ready}.values():
                    control = self._drain(pair, 1)
                    # Read after RTCP: a BYE must not overtake the packets it follows.
                    frames += self._drain(pair, 0)
                    frames += control
                if frames:
                    self._put(frames)
                if time.monotonic() >= due:
                    self._report()
                    due = time.monotonic() + REPORT_INTERVAL_S

    def _drain(self, pair: _Pair, which: int) -> list[InterleavedFrame]:
        """``which``: 0 for RTP, 1 for RTCP."""
        frames: list[InterleavedFrame] = []
        source, channel = ((pair.rtp, pair.rtp_channel), (pair.rtcp, pair.rtcp_channel))[which]
        for _ in range(_BATCH):
            try:
                data, sender = source.recvfrom(_MAX_DATAGRAM)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error of a datagram sent before
                continue
            if sender[0] != self._peer or sender[1] != (pair.ports_heard[which] or sender[1]):
                self._foreign += 1
                continue
            pair.ports_heard[which] = sender[1]
            if which or len(data) < _HEADER:
                frames.append((channel, memoryview(data)))
            else:
                frames += [(channel, one) for one in self._of_one_source(pair, memoryview(data))]
        return frames

    def _of_one_source(self, pair: _Pair, data: memoryview) -> list[memoryview]:
        """What is media of the PLAY: of the source that was told, else of the first.

        Another one that alone goes on is taken from its first packet on: recorders tell a wrong source, or change it.
        """
        ssrc = int.from_bytes(data[8:12], "big")
        if pair.ssrc is None or ssrc == pair.ssrc:
            pair.ssrc = ssrc
            self._drop_rivals(pair)
            return [data]
        if pair.rivals and pair.rivals[0][8:12] != data[8:12]:
            self._drop_rivals(pair)
        pair.rivals.append(data)
        if len(pair.rivals) < _CHANGED:
            return []
        pair.ssrc, found, pair.rivals = ssrc, pair.rivals, []
        return found

    def _drop_rivals(self, pair: _Pair) -> None:
        self._other_sources += len(pair.rivals)
        pair.rivals = []

    def _put(self, frames: list[InterleavedFrame]) -> None:
        with self._lock:
            if self._queued > _MAX_QUEUED:
                self._dropped += len(frames)
                return
            self._queue += frames
            self._queued += sum(len(data) + FRAME_COST for _, data in frames)
            if not self._signalled:
                self._signalled = True
                self._waker.send(b"x")

    def _report(self) -> None:
        """Receiver reports: RFC 3550 wants them, and some recorders end a session without."""
        for number, pair in enumerate(self._pairs):
            if pair.peers is not None:
                ssrc = (self._ssrc + number) & 0xFFFFFFFF
                packet = serialise_rtcp(ReceiverReport(ssrc=ssrc)) + source_description(ssrc, "vssx")
                with contextlib.suppress(OSError):
                    pair.rtcp.sendto(packet, pair.peers[1])

    # the end

    def close(self) -> None:
        """End the thread, close the sockets, and tell what was not taken."""
        if self._thread is not None:
            self._stopper.send(b"x")
            self._thread.join()
            self._thread = None
        for pair in self._pairs:
            self._drop_rivals(pair)
            pair.rtp.close()
            pair.rtcp.close()
        self._pairs.clear()
        for one in (self.wake, self._waker, self._stop, self._stopper):
            one.close()
        if self._foreign:
            self._note(
                f"{self._foreign} datagrams came from other hosts or ports than the recorder's and were not taken"
            )
        if self._other_sources:
            self._note(f"{self._other_sources} RTP packets over UDP were of another SSRC and were not taken")
        if self._dropped:
            self._note(f"{self._dropped} datagrams came faster than they could be written, and were dropped")

    def _note(self, text: str) -> None:
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind="note", detail={"text": text}))


def _enlarge(receiving: socket.socket) -> None:
    """The largest buffer up to RECEIVE_BUFFER: Linux gives what it may, BSD and macOS refuse what is too much."""
    for halvings in range(8):
        with contextlib.suppress(OSError):
            receiving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER >> halvings)
            return
