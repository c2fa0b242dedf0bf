"""A small RTSP-over-HTTP server of the test's own: a GET for answers, POSTs in base64 for requests."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from vssx.rtsp.connection import ServerConnection
from vssx.rtsp.message import Request

Answer = Callable[[Request], bytes]


@dataclass
class Seen:
    """One HTTP request: its first line, its headers (names in lower case), and how many octets of body came."""

    line: str
    headers: dict[str, str]
    body: int = 0

    @property
    def method(self) -> str:
        return self.line.split()[0]


@dataclass(kw_only=True)
class TunnelServer:
    """``answer`` gives the bytes for an RTSP request. ``gate`` may answer an HTTP request itself, with raw bytes.

    ``close_post_after``: RTSP requests after which a POST is closed, 0 for never; ``reply``: what it then sends first.
    ``greeting``: bytes that come in one piece with the head of the answer to the GET.
    """

    answer: Answer
    gate: Callable[[Seen], bytes | None] = lambda _seen: None
    close_post_after: int = 0
    reply: bytes = b""
    greeting: bytes = b""
    tls: ssl.SSLContext | None = None
    http: list[Seen] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.codec = ServerConnection()
        self._sockets: list[socket.socket] = []
        self._downstream: dict[str, socket.socket] = {}
        self._ready = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(10)
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def posts(self) -> list[Seen]:
        return [seen for seen in self.http if seen.method == "POST"]

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.tls is not None:
                connected = self.tls.wrap_socket(connected, server_side=True)
            self._sockets.append(connected)
            stream = connected.makefile("rb")
            head: list[str] = []
            while line := stream.readline().decode("latin-1").rstrip("\r\n"):
                head.append(line)
            if not head:
                return
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            seen = Seen(head[0], headers)
            self.http.append(seen)
            refusal = self.gate(seen)
            if refusal is not None:
                connected.sendall(refusal)
                connected.shutdown(socket.SHUT_WR)
                connected.close()
            elif seen.method == "GET":
                connected.sendall(
                    b"HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n" + self.greeting
                )
                with self._ready:
                    self._downstream[seen.headers["x-sessioncookie"]] = connected
                    self._ready.notify_all()
            else:
                self._post(connected, stream, seen)

    def _post(self, connected: socket.socket, stream, seen: Seen) -> None:
        cookie = seen.headers["x-sessioncookie"]
        with self._ready:
            assert self._ready.wait_for(lambda: cookie in self._downstream, 10)
        down, text, served = self._downstream[cookie], b"", 0
        left = int(seen.headers["content-length"])
        while left and (piece := stream.read1(min(left, 7))):
            left -= len(piece)
            seen.body += len(piece)
            text += piece
            whole = len(text) // 4 * 4
            for event in self.codec.feed(base64.b64decode(text[:whole])):
                if isinstance(event, Request):
                    self.requests.append(event)
                    served += 1
                    down.sendall(self.answer(event))
            text = text[whole:]
            if served and served == self.close_post_after:
                break
        if self.reply:
            connected.sendall(self.reply)
        connected.shutdown(socket.SHUT_RDWR)
        connected.close()
