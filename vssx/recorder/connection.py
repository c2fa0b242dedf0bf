"""A client's RTSP connection as those see it who send."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Protocol

from vssx.recorder.tls import Stream, TlsStream


class ClientConnection(Protocol):
    """What sessions need of a connection, whatever carries it. ``secure``: nobody on the way can read it."""

    local_host: str
    peer_host: str
    secure: bool

    def write(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        ...

    def shut(self) -> None:
        """End it."""
        ...


class Connection:
    """One RTSP connection. Whole messages and frames are written, never parts of two mixed."""

    def __init__(self, stream: Stream, clock: Callable[[], float] = time.monotonic) -> None:
        """``stream``: where answers and media go. ``clock``: seconds that never go back."""
        self._stream = stream
        self._lock = threading.Lock()
        self._clock = clock
        self._last_heard = clock()
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.secure = isinstance(stream, TlsStream)
        self.local_host: str = stream.getsockname()[0]
        self.peer_host: str = stream.getpeername()[0]

    def touch(self) -> None:
        """Something came from the client."""
        self._last_heard = self._clock()

    @property
    def silent_s(self) -> float:
        """Seconds since something came."""
        return self._clock() - self._last_heard

    def write(self, data: bytes) -> None:
        """Send all of it; waits while the client does not read. Raises OSError."""
        with self._lock:
            self._stream.sendall(data)

    def shut(self) -> None:
        """End the connection in both directions; a thread that waits in ``write`` gets an OSError."""
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)
