"""RTSP within HTTP: answers and media come behind a GET, requests go in base64 behind POSTs (ONVIF Streaming
Specification, "RTP/RTSP/HTTP/TCP"; the scheme is QuickTime's). HTTP 1.0: its answers are never chunked.
"""

from __future__ import annotations

import base64
import secrets
import selectors
import socket
import ssl
import time
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from vssx import __version__
from vssx.digest_auth import AuthenticationClient
from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent, Observe
from vssx.model.network import TlsPeer
from vssx.rtsp.message import Headers, parse_headers
from vssx.rtsp.session import DEFAULT_PORTS, netloc
from vssx.transport.busy import HTTP_BUSY, RecorderBusyError
from vssx.transport.byte_stream import open_socket, read
from vssx.transport.tls import TlsConnector

POST_LENGTH = 32_767
"""Octets that a POST announces: more than one message, as QuickTime did it and recorders expect it."""
_MAX_HEAD = 16 * 1024
_MAX_TRIES = 3
_AT_ONCE_S = 0.001
_GRACE_S = 0.3  # an answer may come a little after the end of the POST that brought its request
_TUNNELLED = "application/x-rtsp-tunnelled"


class TunnelRefusedError(ProtocolError):
    """The HTTP server knows no tunnel there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelEntry:
    """Where a tunnel begins. ``target``: path and query of the HTTP requests; ``tls``: None for plain HTTP."""

    host: str
    port: int
    target: str
    tls: TlsConnector | None

    @property
    def where(self) -> str:
        """For messages."""
        return f"http{'' if self.tls is None else 's'}://{netloc(self.host, self.port)}"


def entry_of(url: str, stream_url: str, tls: TlsConnector) -> TunnelEntry:
    """The tunnel at the server of ``url`` (http, https; rtsp, rtsps where the RTSP port may take it) to the path of
    ``stream_url``."""
    parts, stream = urlsplit(url), urlsplit(stream_url)
    secure = parts.scheme in ("https", "rtsps")
    target = (stream.path or "/") + (f"?{stream.query}" if stream.query else "")
    return TunnelEntry(
        host=parts.hostname or "",
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        target=target,
        tls=tls if secure else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHead:
    """Status and headers of an HTTP answer."""

    status: int
    headers: Headers


def parse_head(data: bytes, *, where: str) -> tuple[HttpHead, bytes] | None:
    """The head of an HTTP answer and what came behind it; None while it has no end. Raises ProtocolError."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > _MAX_HEAD:
            raise ProtocolError("an HTTP answer whose header does not end", where=where)
        return None
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/") or not (status.isascii() and status.isdigit()):
        raise ProtocolError(f"no HTTP answer: {first[:60]!r}", where=where)
    return HttpHead(status=int(status), headers=parse_headers(lines)), data[end + 4 :]


class HttpTunnel:
    """Both directions of one tunnel. ``authentication``: answers challenges of the HTTP server, nonces are its own."""

    def __init__(
        self, entry: TunnelEntry, authentication: AuthenticationClient, *, timeout_s: float, observe: Observe
    ) -> None:
        """Sends the GET and waits for its answer; the first POST goes with the first message.

        Raises NoConnectionError, RecorderUnreachableError, RecorderBusyError, NotAuthenticatedError,
        TunnelRefusedError.
        """
        self._entry = entry
        self._authentication = authentication
        self._timeout_s = timeout_s
        self._observe = observe
        self._cookie = secrets.token_hex(11)
        self._post: socket.socket | None = None
        self._post_left = 0
        self._post_answer = b""
        self._last: bytes | None = None  # the message that a refused POST did not bring over
        self._tries = 0
        self._alone = True  # it is the only one behind its POST
        self._heard = False  # something came from the server since it was sent
        self._single = False  # a POST for each message: the server closes them early
        self._exact = False  # a POST for each message, of exactly its length
        self.tls: TlsPeer | None = None
        self._get, self._rest = self._open_get()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._get, selectors.EVENT_READ)

    @property
    def text(self) -> str:
        """What carries RTSP."""
        return "HTTP over TCP" if self._entry.tls is None else "HTTPS over TCP"

    @property
    def plain_tcp(self) -> None:
        """A tunnel is used where UDP does not come through."""
        return

    def pending(self) -> bool:
        """Whether octets wait that came with the head of the answer, or are decrypted already."""
        return bool(self._rest) or (isinstance(self._get, ssl.SSLSocket) and self._get.pending() > 0)

    def receive(self, timeout_s: float) -> bytes | None:
        """One read of the answer to the GET; also sees what the server makes of the POST."""
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        if not self.pending():
            ready = {key.fileobj for key, _ in self._selector.select(max(timeout_s, 0.001))}
            # The answer first: a POST that is closed behind it took its message.
            if self._get not in ready:
                if self._post in ready:
                    self._read_post()
                    self._send_if_lost()
                return None
        data = read(self._get, timeout_s)
        self._heard = self._heard or data is not None
        return data

    def send(self, data: bytes, timeout_s: float) -> None:
        """One message: behind the POST that is open, or in a new one where its length is used up or it was closed."""
        self._heard = True  # what was sent before is no more awaited
        if self._post is not None and self._post_readable():
            self._read_post()
        self._last, self._tries = data, 0
        self._send_last(timeout_s)

    def close(self) -> None:
        """Close both connections."""
        self._close_post()
        self._get.close()
        self._selector.close()

    # GET

    def _open_get(self) -> tuple[socket.socket, bytes]:
        for attempt in range(_MAX_TRIES):
            connected = self._connect()
            try:
                self._send_head(connected, "GET", [("Accept", _TUNNELLED)])
                head, rest = self._read_head(connected)
                if head.status == HTTPStatus.OK:
                    return connected, rest
                self._refused(head, "GET", retried=attempt > 0)
            except OSError as error:
                connected.close()
                raise self._broken(error) from None
            except BaseException:
                connected.close()
                raise
            connected.close()
        raise NotAuthenticatedError(
            "the recorder asks for ever new Digest answers", where=self._entry.where, next_step="Use --transport tcp."
        )

    def _connect(self) -> socket.socket:
        entry = self._entry
        connected = open_socket(entry.host, entry.port, timeout_s=self._timeout_s, where=entry.where)
        if entry.tls is None:
            return connected
        secure, self.tls = entry.tls.wrap(connected, entry.host, where=entry.where)
        return secure

    def _send_head(self, connected: socket.socket, method: str, fields: list[tuple[str, str]]) -> None:
        host = self._entry.where.partition("://")[2]
        fields = [
            ("Host", host),
            ("User-Agent", f"vssx/{__version__}"),
            ("x-sessioncookie", self._cookie),
            ("Pragma", "no-cache"),
            ("Cache-Control", "no-cache"),
            *fields,
        ]
        authorization = self._authentication.authorization(method, self._entry.target)
        if authorization is not None:
            fields.append(("Authorization", authorization))
        lines = [f"{method} {self._entry.target} HTTP/1.0", *(f"{name}: {value}" for name, value in fields), "", ""]
        connected.settimeout(self._timeout_s)
        connected.sendall("\r\n".join(lines).encode("latin-1"))

    def _read_head(self, connected: socket.socket) -> tuple[HttpHead, bytes]:
        data = bytearray()
        deadline = time.monotonic() + self._timeout_s
        while True:
            head = parse_head(bytes(data), where=self._entry.where)
            if head is not None:
                return head
            connected.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = connected.recv(_MAX_HEAD)
            if not piece:
                raise RecorderUnreachableError(
                    "it closed the connection without an answer",
                    where=self._entry.where,
                    next_step="The recorder may know no RTSP over HTTP: use --transport tcp.",
                )
            data += piece

    def _refused(self, head: HttpHead, method: str, *, retried: bool) -> None:
        """Returns where it is worth another try. Raises what the status means."""
        where = f"{self._entry.where}, {method} of a tunnel"
        self._report(method, head.status)
        if head.status == HTTPStatus.UNAUTHORIZED:
            values = head.headers.get_all("WWW-Authenticate")
            if self._authentication.challenged(values, retried=retried, where=where):
                return
            raise NotAuthenticatedError(
                "user name or password is wrong", where=where, next_step="Check them at the recorder."
            )
        if head.status == HTTPStatus.FORBIDDEN:
            raise NotAuthenticatedError(
                "forbidden for this user", where=where, next_step="Use a user who may replay recordings."
            )
        if head.status in HTTP_BUSY:
            raise RecorderBusyError(
                f"the recorder is busy (HTTP {head.status})",
                where=where,
                next_step="Close its other clients, then repeat.",
            )
        raise TunnelRefusedError(
            f"HTTP status {head.status}",
            where=where,
            next_step="The recorder may know no RTSP over HTTP: use --transport tcp.",
        )

    def _broken(self, error: OSError) -> RecorderUnreachableError:
        timeout = isinstance(error, TimeoutError)
        reason = "no answer in time" if timeout else f"the connection broke: {error.strerror or error}"
        return RecorderUnreachableError(
            reason, where=self._entry.where, next_step="Check the address, the HTTP port and the network."
        )

    # POST

    def _send_last(self, timeout_s: float) -> None:
        assert self._last is not None
        text = base64.b64encode(self._last)
        self._alone = self._single or self._post is None or self._post_left < len(text)
        if self._alone:
            self._open_post(len(text))
        assert self._post is not None
        self._heard = False
        self._post.settimeout(timeout_s)
        try:
            self._post.sendall(text)
        except ConnectionError:
            if self._alone:
                raise
            self._close_post()
            self._single = True
            return self._send_last(timeout_s)
        self._post_left -= len(text)
        return None

    def _open_post(self, needed: int) -> None:
        self._close_post()
        length = needed if self._exact else max(POST_LENGTH, needed)
        self._post = self._connect()
        self._selector.register(self._post, selectors.EVENT_READ)
        fields = [
            ("Content-Type", _TUNNELLED),
            ("Content-Length", str(length)),
            ("Expires", "Sun, 9 Jan 1972 00:00:00 GMT"),
        ]
        self._send_head(self._post, "POST", fields)
        self._post_left, self._post_answer = length, b""

    def _close_post(self) -> None:
        if self._post is not None:
            self._selector.unregister(self._post)
            self._post.close()
            self._post = None

    def _post_readable(self) -> bool:
        return any(key.fileobj is self._post for key, _ in self._selector.select(0))

    def _read_post(self) -> None:
        """The server closed the POST, or answered it: 200 says nothing, 401 wants the credentials."""
        assert self._post is not None
        try:
            self._post.settimeout(_AT_ONCE_S)
            piece = self._post.recv(_MAX_HEAD)
        except (TimeoutError, ssl.SSLWantReadError):
            return  # TLS itself had something to say: a session ticket, say
        except OSError:  # as good as closed
            piece = b""
        self._post_answer += piece
        try:
            answer = parse_head(self._post_answer, where=self._entry.where) if self._post_answer else None
        except ProtocolError:
            self._close_post()
            raise
        if answer is not None and answer[0].status != HTTPStatus.OK:
            self._close_post()
            self._again(answer[0])
        elif not piece or answer is not None:
            self._close_post()
            self._single = True

    def _send_if_lost(self) -> None:
        """A POST was closed for the message before, and the last one came too late: nothing answers it."""
        if self._post is not None or self._alone or self._heard or self._tries >= _MAX_TRIES:
            return
        if not self._selector.select(_GRACE_S):
            self._tries += 1
            self._send_last(self._timeout_s)

    def _again(self, head: HttpHead) -> None:
        """The message behind a refused POST is sent once more, with credentials or with its exact length."""
        self._tries += 1
        helps = head.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.LENGTH_REQUIRED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if helps and not self._exact:
            self._exact = True
            self._report("POST", head.status)
        else:
            self._refused(head, "POST", retried=self._tries > 1)
        if self._last is None or self._tries >= _MAX_TRIES:
            raise TunnelRefusedError(
                f"POST was answered with HTTP status {head.status}",
                where=self._entry.where,
                next_step="Use --transport tcp.",
            )
        self._send_last(self._timeout_s)

    def _report(self, method: str, status: int) -> None:
        detail: dict[str, object] = {"method": method, "url": self._entry.where, "status": status, "tunnel": True}
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind="rtsp", detail=detail))
