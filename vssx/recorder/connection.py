"""A client's RTSP connection as those see it who send."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Protocol


class ClientConnection(Protocol):
    """What sessions need of a connection, whatever carries it."""

    local_host: str
    peer_host: str

    def write(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        ...

    def shut(self) -> None:
        """End it."""
        ...


class Connection:
    """One RTSP connection. Whole messages and frames are written, never parts of two mixed."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._lock = threading.Lock()
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_host: str = connected.getsockname()[0]
        self.peer_host: str = connected.getpeername()[0]

    def write(self, data: bytes) -> None:
        """Send all of it; waits while the client does not read. Raises OSError."""
        with self._lock:
            self._socket.sendall(data)

    def shut(self) -> None:
        """End the connection in both directions; a thread that waits in ``write`` gets an OSError."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
