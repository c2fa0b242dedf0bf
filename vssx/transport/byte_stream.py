"""The bytes of one RTSP connection, whatever carries them: TCP, TLS over TCP (tunnels have a module of their own)."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Protocol

from vssx.errors import RecorderUnreachableError
from vssx.model.network import TlsPeer, TlsPolicy
from vssx.rtsp.session import netloc
from vssx.transport.tls import TlsConnector

CHUNK = 1024 * 1024  # the larger, the fewer runs of packets are cut in two
_TLS_CHUNK = 64 * 1024  # one record has at most 16 KiB


class NoConnectionError(RecorderUnreachableError):
    """Nobody answers at the port: another one may help."""


class ByteStream(Protocol):
    """Both directions of an RTSP connection. ``receive`` and ``send`` raise OSError when it breaks, VssxError."""

    @property
    def text(self) -> str:
        """What carries RTSP, for the record, e.g. ``TLS over TCP``."""
        ...

    @property
    def tls(self) -> TlsPeer | None:
        """Who answered over TLS, None without it."""
        ...

    @property
    def plain_tcp(self) -> socket.socket | None:
        """The only socket, where RTP may go beside it over UDP; None where it may not."""
        ...

    def pending(self) -> bool:
        """Whether ``receive`` has something that no socket will announce."""
        ...

    def receive(self, timeout_s: float) -> bytes | None:
        """What one read brings, b"" at the end, None when nothing came in time."""
        ...

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of ``data``, whole messages."""
        ...

    def close(self) -> None:
        """Close; never raises."""
        ...


def open_socket(host: str, port: int, *, timeout_s: float, where: str) -> socket.socket:
    """A TCP connection. Raises NoConnectionError."""
    try:
        connected = socket.create_connection((host, port), timeout=timeout_s)
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that IDNA does not know
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NoConnectionError(
            f"no connection: {reason}", where=where, next_step="Check the address, the port and the network."
        ) from None
    with contextlib.suppress(OSError):  # closed already: the first use tells why
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def shown_certificate(host: str, port: int, timeout_s: float) -> TlsPeer:
    """The certificate that a recorder shows, verified by nobody; nothing is sent to it. For a person to compare.

    Raises RecorderUnreachableError.
    """
    where = netloc(host, port)
    plain = open_socket(host, port, timeout_s=timeout_s, where=where)
    secure, peer = TlsConnector(TlsPolicy(insecure=True), lambda _event: None).wrap(plain, host, where=where)
    secure.close()
    return peer


def read(source: socket.socket, timeout_s: float) -> bytes | None:
    """One read of a socket; None when nothing came in about half the time to the whole of it."""
    wanted, present = max(timeout_s, 0.001), source.gettimeout()
    try:
        if present is None or not wanted / 2 <= present <= wanted * 1.01:  # each change is a system call
            source.settimeout(wanted)
        return source.recv(_TLS_CHUNK if isinstance(source, ssl.SSLSocket) else CHUNK)
    except (TimeoutError, ssl.SSLWantReadError):
        return None


class TcpStream:
    """RTSP over TCP, or over TLS over TCP."""

    def __init__(self, connected: socket.socket, tls: TlsPeer | None) -> None:
        self._socket = connected
        self.tls = tls

    @classmethod
    def connect(cls, host: str, port: int, *, tls: TlsConnector | None, timeout_s: float, where: str) -> TcpStream:
        """``tls``: None for plain TCP. Raises NoConnectionError, RecorderUnreachableError, UsageError."""
        connected = open_socket(host, port, timeout_s=timeout_s, where=where)
        if tls is None:
            return cls(connected, None)
        return cls(*tls.wrap(connected, host, where=where))

    @property
    def text(self) -> str:
        """What carries RTSP."""
        return "TCP" if self.tls is None else "TLS over TCP"

    @property
    def plain_tcp(self) -> socket.socket:
        """The socket."""
        return self._socket

    def pending(self) -> bool:
        """Whether decrypted octets wait."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def receive(self, timeout_s: float) -> bytes | None:
        """One read."""
        return read(self._socket, timeout_s)

    def send(self, data: bytes, timeout_s: float) -> None:
        """All of it."""
        self._socket.settimeout(timeout_s)
        self._socket.sendall(data)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
