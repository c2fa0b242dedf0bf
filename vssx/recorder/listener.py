"""What the recorder's two servers have in common: a listening TCP socket, and a thread for each connection."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import sys
import threading
from typing import Any

from vssx.recorder.tls import ServerTls, TlsStream

MAX_CONNECTIONS = 128


class Listener(socketserver.ThreadingTCPServer):
    """Listens once it is made, over IPv4 or IPv6, plain or encrypted; ``serve_forever`` answers.

    ``busy``: said to those who come while MAX_CONNECTIONS are open, unless encryption would have to be agreed first.
    """

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would share the port with another program
    request_queue_size = 64
    busy = b""

    def __init__(
        self, address: tuple[str, int], handler: type[socketserver.BaseRequestHandler], tls: ServerTls | None
    ) -> None:
        """Raises OSError where the port is taken."""
        self.tls = tls
        self._open = 0
        self._counting = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's types
        """A thread for the connection, or a word of refusal where there are too many."""
        with self._counting:
            admitted = self._open < MAX_CONNECTIONS
            self._open += admitted
        if admitted:
            try:
                super().process_request(request, client_address)
            except RuntimeError:  # the system gives no more threads
                with self._counting:
                    self._open -= 1
                self.shutdown_request(request)
            return
        if self.tls is None:
            with contextlib.suppress(OSError):
                request.send(self.busy)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """The thread of a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._counting:
                self._open -= 1

    def shutdown(self) -> None:
        """End ``serve_forever``: it looks up at once where the system wakes those who wait for a closed listener."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        super().shutdown()

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Encrypted first where it is wanted, then the handler."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        stream = TlsStream(request, self.tls)
        stream.handshake()
        try:
            self.RequestHandlerClass(stream, client_address, self)  # type: ignore[arg-type]  # has a socket's calls
        finally:
            stream.say_goodbye()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's types
        """A client that goes away in the middle of something is nothing to report; anything else is a bug."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
