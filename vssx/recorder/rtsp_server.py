"""The recorder's RTSP port, plain or over TLS."""

from __future__ import annotations

import socketserver

from vssx.recorder.connection import Connection
from vssx.recorder.listener import Listener
from vssx.recorder.rtsp_service import RtspService
from vssx.recorder.tls import ServerTls, Stream

_RECEIVE = 64 * 1024


class RtspServer(Listener):
    """One connection, one conversation."""

    busy = b"RTSP/1.0 503 Service Unavailable\r\nConnection: close\r\n\r\n"

    def __init__(self, address: tuple[str, int], service: RtspService, tls: ServerTls | None = None) -> None:
        """Raises OSError where the port is taken."""
        self.service = service
        super().__init__(address, _Handler, tls)


class _Handler(socketserver.BaseRequestHandler):
    server: RtspServer
    request: Stream

    def handle(self) -> None:
        """Read requests until the client goes away."""
        service = self.server.service
        connection = Connection(self.request)
        conversation = service.opened(connection)
        try:
            while (data := self.request.recv(_RECEIVE)) and conversation.feed(data):
                pass
        finally:
            connection.shut()
            service.closed(connection)
