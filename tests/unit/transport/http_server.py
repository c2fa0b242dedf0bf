"""A small HTTP server whose answers a test writes byte by byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

from vssx.model.acquisition import AcquisitionEvent


def http(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """An HTTP answer; ``length`` lies about the body."""
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/soap+xml", *headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Request:
    """A request as it came over the wire."""

    def __init__(self, head: str, body: bytes, connection: int) -> None:
        self.line, *lines = head.split("\r\n")
        self.headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
        self.body = body
        self.connection = connection


Script = Callable[[Request], "bytes | None"]


class Server:
    """Answers each request with what the script gives, raw; None closes the connection without an answer."""

    def __init__(self, script: Script, *, keep_open: bool = True, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.script = script
        self.keep_open = keep_open
        self.requests: list[Request] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/onvif/device_service"
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=(connection, len(self.connections)), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            self._talk(self.tls.wrap_socket(connection, server_side=True) if self.tls else connection, number)

    def _talk(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(ValueError), connection, connection.makefile("rb") as stream:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = stream.readline()
                    if not line:
                        return
                    head += line
                request = Request(head.decode("latin-1").strip(), b"", number)
                request.body = stream.read(int(request.headers.get("content-length", "0")))
                self.requests.append(request)
                answer = self.script(request)
                if answer is None:
                    return
                connection.sendall(answer)
                if not self.keep_open:
                    return

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # ends accept(), which close() does not
        self.listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Log:
    """Collects events."""

    def __init__(self) -> None:
        self.events: list[AcquisitionEvent] = []

    def __call__(self, event: AcquisitionEvent) -> None:
        self.events.append(event)

    def of(self, kind: str) -> list[dict[str, object]]:
        return [dict(event.detail) for event in self.events if event.kind == kind]
