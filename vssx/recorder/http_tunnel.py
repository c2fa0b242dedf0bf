"""RTSP within HTTP: answers and media go out behind a GET, requests come in base64 behind POSTs.

Source: ONVIF Streaming, "RTP/RTSP/HTTP/TCP"; the scheme is QuickTime's. A cookie that the client makes up says which
POST belongs to which GET.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import socket
import threading
from io import BufferedIOBase

from vssx.recorder.connection import Connection
from vssx.recorder.rtsp_service import Conversation, RtspService
from vssx.recorder.tls import Stream

COOKIE = "x-sessioncookie"
CONTENT_TYPE = "application/x-rtsp-tunnelled"
MAX_COOKIE = 256
_READ = 64 * 1024
_GET_COMES_WITHIN_S = 5.0
_NO_TEXT = re.compile(rb"[^A-Za-z0-9+/=]")
_BLANKS = re.compile(rb"[ \t\r\n]+")
_QUANTA = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


class Base64Error(ValueError):
    """What came is no base64."""


class Base64Stream:
    """Decodes text that comes in pieces: each message may have been encoded by itself, with padding at its end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, text: bytes) -> bytes:
        """What can be decoded so far. Raises Base64Error."""
        text = self._rest + _BLANKS.sub(b"", text)
        if _NO_TEXT.search(text):
            raise Base64Error("characters that are no base64")
        whole = len(text) & ~3
        self._rest = text[whole:]
        out, position = bytearray(), 0
        while position < whole:
            match = _QUANTA.match(text, position, whole)
            if match is None or match.end() == position:
                raise Base64Error("padding where none can be")
            try:
                out += base64.b64decode(match[0], validate=True)
            except binascii.Error as error:
                raise Base64Error(str(error)) from None
            position = match.end()
        return bytes(out)


class Tunnel:
    """One GET with the POSTs that belong to it."""

    def __init__(self, cookie: str, connection: Connection, conversation: Conversation) -> None:
        self.cookie = cookie
        self.connection = connection
        self._conversation = conversation
        self._text = Base64Stream()
        self._lock = threading.Lock()
        self._posts: set[Stream] = set()
        self._closed = False

    def feed(self, text: bytes) -> bool:
        """A piece of a POST's body; False where the tunnel ends with it. Raises OSError."""
        with self._lock:
            try:
                data = self._text.feed(text)
            except Base64Error:
                return False
            return self._conversation.feed(data) if data else True

    def joined(self, post: Stream) -> bool:
        """A POST begins; False where the tunnel has ended meanwhile."""
        with self._lock:
            if not self._closed:
                self._posts.add(post)
            return not self._closed

    def left(self, post: Stream) -> None:
        """A POST has ended; another may follow."""
        with self._lock:
            self._posts.discard(post)

    def close(self) -> None:
        """End all its connections."""
        self.connection.shut()
        with self._lock:
            self._closed = True
            posts = list(self._posts)
        for post in posts:
            with contextlib.suppress(OSError):
                post.shutdown(socket.SHUT_RDWR)


class Tunnels:
    """The tunnels that are open, by their cookies."""

    def __init__(self, service: RtspService) -> None:
        self._service = service
        self._tunnels: dict[str, Tunnel] = {}
        self._changed = threading.Condition()

    def carry_answers(self, cookie: str, stream: Stream, reader: BufferedIOBase) -> None:
        """The GET, its head answered: returns when the client closes it or the tunnel ends."""
        stream.settimeout(None)
        connection = Connection(stream)
        tunnel = Tunnel(cookie, connection, self._service.opened(connection))
        with self._changed:
            before = self._tunnels.get(cookie)
            self._tunnels[cookie] = tunnel  # a client that lost its GET comes again
            self._changed.notify_all()
        if before is not None:
            before.close()
        try:
            while reader.read1(_READ):
                pass
        finally:
            with self._changed:
                if self._tunnels.get(cookie) is tunnel:
                    del self._tunnels[cookie]
            tunnel.close()
            self._service.closed(connection)

    def find(self, cookie: str) -> Tunnel | None:
        """The tunnel with this cookie; some clients do not wait for the answer to GET before they send POST."""
        with self._changed:
            self._changed.wait_for(lambda: cookie in self._tunnels, _GET_COMES_WITHIN_S)
            return self._tunnels.get(cookie)

    def carry_requests(self, tunnel: Tunnel, stream: Stream, reader: BufferedIOBase, length: int) -> bool:
        """The body of a POST of ``length`` octets; False where it or the tunnel ends before. Raises OSError."""
        stream.settimeout(None)
        if not tunnel.joined(stream):
            return False
        try:
            while length:
                text = reader.read1(min(length, _READ))
                if not text:
                    return False
                length -= len(text)
                if not tunnel.feed(text):
                    tunnel.close()
                    return False
            return True
        finally:
            tunnel.left(stream)
