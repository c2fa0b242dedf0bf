"""RTSP within HTTP, spoken by hand: cookies, several POSTs, lengths that are used up, credentials, garbage."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vssx.digest_auth import AuthenticationClient
from vssx.model.acquisition import Credentials
from vssx.recorder.http_tunnel import Base64Error, Base64Stream
from vssx.recorder.server import RecorderServer
from vssx.rtsp.connection import ClientConnection
from vssx.rtsp.message import Response

CREDENTIALS = Credentials(user="operator", password="geheim")
PATH = "/recordings/three"


def test_base64_in_any_pieces() -> None:
    messages = [b"OPTIONS", b"", b"PLAY!", b"12345678", b"x"]
    text = b"\r\n".join(map(base64.b64encode, messages))
    for size in (1, 2, 3, 5, len(text)):
        stream = Base64Stream()
        got = b"".join(stream.feed(text[start : start + size]) for start in range(0, len(text), size))
        assert got == b"".join(messages)


@pytest.mark.parametrize("text", [b"AB*D", b"=AAA", b"A===", b"AA=A", b"\xffAAA"])
def test_no_base64(text: bytes) -> None:
    with pytest.raises(Base64Error):
        Base64Stream().feed(text)


class Tunnel:
    """A client's two ends."""

    def __init__(self, server: RecorderServer, cookie: str) -> None:
        self._address = ("127.0.0.1", server.http_port)
        self._cookie = cookie
        self.url = f"rtsp://127.0.0.1:{server.http_port}{PATH}"
        self.connection = ClientConnection()
        self.get, self.status = self._open("GET")
        self.post: socket.socket | None = None

    def _open(self, method: str, length: int | None = None, extra: str = "") -> tuple[socket.socket, str]:
        opened = socket.create_connection(self._address, timeout=10)
        size = "" if length is None else f"Content-Length: {length}\r\n"
        head = f"{method} {PATH} HTTP/1.0\r\nx-sessioncookie: {self._cookie}\r\n{size}{extra}\r\n"
        opened.sendall(head.encode())
        return opened, head_of(opened) if method == "GET" else ""

    def begin_post(self, length: int | None, extra: str = "") -> socket.socket:
        self.post, _ = self._open("POST", length, extra)
        return self.post

    def message(self, method: str, *headers: tuple[str, str], url: str = "") -> bytes:
        return base64.b64encode(self.connection.request(method, url or self.url, headers))

    def answer(self) -> Response:
        while True:
            for event in self.connection.feed(self.get.recv(1 << 16) or pytest.fail("closed")):
                if isinstance(event, Response):
                    return event

    def close(self) -> None:
        self.get.close()
        if self.post is not None:
            self.post.close()


def head_of(connected: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        piece = connected.recv(1)
        if not piece:
            break
        data += piece
    return data.decode("latin-1")


@contextmanager
def tunnel(server: RecorderServer, cookie: str) -> Iterator[Tunnel]:
    one = Tunnel(server, cookie)
    yield one
    one.close()


def test_one_long_post(recorder: RecorderServer) -> None:
    with tunnel(recorder, "a1") as client:
        assert client.status.startswith("HTTP/1.1 200 ")
        assert "application/x-rtsp-tunnelled" in client.status
        assert "Content-Length" not in client.status
        post = client.begin_post(32_767)
        for method in ("OPTIONS", "DESCRIBE", "OPTIONS"):
            text = client.message(method)
            post.sendall(text[:7])
            post.sendall(text[7:])
            assert client.answer().status == 200


def test_a_post_for_each_message_and_an_answer_for_each(recorder: RecorderServer) -> None:
    with tunnel(recorder, "a2") as client:
        for method in ("OPTIONS", "DESCRIBE"):
            text = client.message(method)
            with client.begin_post(len(text)) as post:
                post.sendall(text)
                assert client.answer().status == 200
                assert head_of(post).startswith("HTTP/1.1 200 ")


def test_who_writes_beyond_the_length_is_understood(recorder: RecorderServer) -> None:
    with tunnel(recorder, "a3") as client:
        first = client.message("OPTIONS")
        post = client.begin_post(len(first))
        post.sendall(first)
        assert client.answer().status == 200
        for _ in range(2):
            post.sendall(client.message("DESCRIBE"))
            assert client.answer().status == 200


def test_post_before_get(recorder: RecorderServer) -> None:
    text = base64.b64encode(ClientConnection().request("OPTIONS", f"rtsp://127.0.0.1{PATH}"))
    with socket.create_connection(("127.0.0.1", recorder.http_port), timeout=10) as post:
        head = f"POST {PATH} HTTP/1.0\r\nx-sessioncookie: a4\r\nContent-Length: 32767\r\n\r\n"
        post.sendall(head.encode() + text)
        with tunnel(recorder, "a4") as client:
            client.message("OPTIONS")
            assert client.answer().status == 200


def test_media_comes_behind_the_get(recorder: RecorderServer) -> None:
    with tunnel(recorder, "a5") as client:
        post = client.begin_post(None)
        transport = ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")
        post.sendall(client.message("SETUP", transport, url=f"{client.url}/VIDEO001"))
        assert client.answer().status == 200
        post.sendall(client.message("PLAY", ("Rate-Control", "no")))
        data = bytearray()
        while b"$\x00" not in data:
            data += client.get.recv(1 << 16)
        assert data.startswith(b"RTSP/1.0 200 OK")


def test_garbage_ends_the_tunnel(recorder: RecorderServer) -> None:
    with tunnel(recorder, "a6") as client:
        post = client.begin_post(32_767)
        post.sendall(b"<soap:Envelope/>")
        assert client.get.recv(100) == b""


def test_the_end_of_get_ends_its_posts_and_sessions(recordings: Path) -> None:
    with RecorderServer(recordings) as server, tunnel(server, "a7") as client:
        post = client.begin_post(32_767)
        transport = ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")
        post.sendall(client.message("SETUP", transport, url=f"{client.url}/VIDEO001"))
        assert client.answer().status == 200
        assert len(server._service.sessions.all()) == 1
        client.get.close()
        assert post.recv(100) == b""
        while server._service.sessions.all():
            pass


def test_post_without_get(recorder: RecorderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vssx.recorder.http_tunnel._GET_COMES_WITHIN_S", 0.05)
    with socket.create_connection(("127.0.0.1", recorder.http_port), timeout=10) as post:
        post.sendall(f"POST {PATH} HTTP/1.0\r\nx-sessioncookie: none\r\nContent-Length: 9\r\n\r\n".encode())
        post.shutdown(socket.SHUT_WR)
        assert head_of(post).startswith("HTTP/1.1 404 ")


def test_cookie_without_end(recorder: RecorderServer) -> None:
    with socket.create_connection(("127.0.0.1", recorder.http_port), timeout=10) as get:
        get.sendall(f"GET {PATH} HTTP/1.0\r\nx-sessioncookie: {'x' * 300}\r\n\r\n".encode())
        assert head_of(get).startswith("HTTP/1.1 400 ")


def test_credentials_are_wanted_for_both_ends(recordings: Path) -> None:
    def authorization(method: str, head: str) -> str:
        client = AuthenticationClient(CREDENTIALS)
        offered = [line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("WWW-Authenticate")]
        client.challenged(offered, retried=False)
        return f"Authorization: {client.authorization(method, PATH)}\r\n"

    with RecorderServer(recordings, credentials=CREDENTIALS) as server:
        refused = Tunnel(server, "b1")
        assert refused.status.startswith("HTTP/1.1 401 ")
        refused.close()
        with tunnel(server, "b2") as client:
            client.get.close()
            client.get, _ = client._open("GET", None, authorization("GET", refused.status))
            post = client.begin_post(32_767)
            post.sendall(client.message("OPTIONS"))
            challenge = head_of(post)
            assert challenge.startswith("HTTP/1.1 401 ")
            client.begin_post(32_767, authorization("POST", challenge)).sendall(client.message("OPTIONS"))
            assert client.answer().status == 200
