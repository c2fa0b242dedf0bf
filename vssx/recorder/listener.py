"""What the recorder's two servers have in common: a listening TCP socket, and a thread for each connection."""

from __future__ import annotations

import os
import socket
import socketserver
import sys
from typing import Any


class Listener(socketserver.ThreadingTCPServer):
    """Listens once it is made, over IPv4 or IPv6; ``serve_forever`` answers."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would share the port with another program
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[socketserver.BaseRequestHandler]) -> None:
        """Raises OSError where the port is taken."""
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's types
        """A client that goes away in the middle of something is nothing to report; anything else is a bug."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
