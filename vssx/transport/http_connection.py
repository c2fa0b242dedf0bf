"""HTTP connections to recorders: answers whose Content-Length is wrong, and the certificate of the other side.

Recorders declare a length beyond the body and keep the connection open, or a length short of it, counting characters
instead of bytes. A SOAP answer says itself where it ends: behind ``Envelope>``. And answers that trickle: a whole one,
its header and chunk sizes included, has to come in ``TIMEOUTS`` times the time for which the socket may be silent.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from urllib3.connection import HTTPConnection, HTTPSConnection

_END = b"Envelope>"
_PIECE = 65_536
TIMEOUTS = 4


class EnvelopeReader(io.BufferedIOBase):
    """Body of an answer that declares ``length`` bytes: ends with the envelope, without one at the length.

    ``on_deviation`` is called once the declared length turns out wrong.
    """

    def __init__(self, stream: BinaryIO, length: int, on_deviation: Callable[[], None]) -> None:
        super().__init__()
        self._stream = stream
        self._left = length
        self._on_deviation = on_deviation
        self._tail = b""
        self._is_envelope = False

    def readable(self) -> bool:
        """True."""
        return True

    def read1(self, size: int | None = -1) -> bytes:
        """At most one read of the socket; b"" at the end of the body."""
        complete = self._tail.rstrip(b" \t\r\n\x00").endswith(_END)
        if self._left <= 0 and (complete or not self._is_envelope):
            return b""
        if complete or self._left <= 0:
            self._on_deviation()
        if complete:
            return b""
        piece = _PIECE if size is None or size < 0 else min(size, _PIECE)
        # read1 of the buffered socket never waits for more than there is.
        data = bytes(self._stream.read1(min(piece, self._left) if self._left > 0 else piece))  # type: ignore[attr-defined]
        self._is_envelope = self._is_envelope or b"Envelope" in self._tail + data[:1024]
        self._left -= len(data)
        self._tail = (self._tail + data)[-64:]
        return data

    def read(self, size: int | None = -1) -> bytes:
        """All that is left; with a size one piece of at most so many bytes."""
        if size is None or size < 0:
            return b"".join(iter(self.read1, b""))
        return self.read1(size)

    def close(self) -> None:
        """Close the socket's file."""
        self._stream.close()
        super().close()


class _BoundedReader(io.RawIOBase):
    """What a socket brings until a deadline; the socket's own timeout begins anew with every byte."""

    def __init__(self, stream: io.RawIOBase, connected: socket.socket) -> None:
        super().__init__()
        self._stream = stream
        self._socket = connected
        self._timeout = connected.gettimeout()
        self._deadline = time.monotonic() + TIMEOUTS * (self._timeout or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - typeshed's Buffer differs between versions
        if self._timeout is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("no whole answer in time")
            self._socket.settimeout(min(self._timeout, left))
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - the base's
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), sock))

    def begin(self) -> None:
        super().begin()
        if self.length and not self.chunked:
            self.fp: Any = EnvelopeReader(self.fp, self.length, self._deviates)
            self.length = None

    def _deviates(self) -> None:
        self.will_close = True  # what may still come belongs to no answer


class RecorderConnection(HTTPConnection):
    """Plain HTTP."""

    response_class = _Answer


class SecureRecorderConnection(HTTPSConnection):
    """HTTPS; hands each connection to ``on_connection``, which raises for one that is not to be used."""

    response_class = _Answer

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        on_connection: Callable[[ssl.SSLSocket], None],
        **options: Any,  # noqa: ANN401 - whatever the pool of urllib3 hands on
    ) -> None:
        super().__init__(host, port, **options)
        self._on_connection = on_connection

    def connect(self) -> None:
        """Connect, and have the certificate judged before anything is sent."""
        super().connect()
        self.is_verified = True  # urllib3 would warn on stderr; who switched verification off has it in the record
        assert isinstance(self.sock, ssl.SSLSocket)
        self._on_connection(self.sock)
