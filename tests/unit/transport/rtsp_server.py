"""A scripted RTSP server on loopback for tests of the client: real sockets, real messages, answers as the test says."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from vssx.rtsp.connection import ServerConnection
from vssx.rtsp.message import Request

Answer = Callable[["ScriptedServer", Request], bytes | None]


class ScriptedServer:
    """Serves connections one after another; ``answer`` gives the bytes for a request, None closes the connection."""

    def __init__(self, answer: Answer, *, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.tls = tls
        self.requests: list[Request] = []
        self.connections = 0
        self.codec = ServerConnection()
        self.peer: socket.socket | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/rec?token=1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self.peer is not None:
            with suppress(OSError):
                self.peer.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.codec = ServerConnection()
            with suppress(OSError):
                self.peer = peer if self.tls is None else self.tls.wrap_socket(peer, server_side=True)
                with self.peer:
                    self._connection(self.peer)

    def _connection(self, peer: socket.socket) -> None:
        while data := peer.recv(65536):
            for event in self.codec.feed(data):
                if not isinstance(event, Request):
                    continue
                self.requests.append(event)
                out = self.answer(self, event)
                if out is None:
                    return
                peer.sendall(out)
