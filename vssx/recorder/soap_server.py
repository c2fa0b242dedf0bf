"""The recorder's HTTP side: one POST, one SOAP answer; and the entrance of RTSP tunnels."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BufferedReader
from typing import Any, cast

from vssx import __version__, xml
from vssx.digest_auth import Verdict
from vssx.errors import ProtocolError
from vssx.onvif import soap
from vssx.recorder.http_tunnel import CONTENT_TYPE, COOKIE, MAX_COOKIE, Tunnels
from vssx.recorder.listener import Listener
from vssx.recorder.outgoing import HttpAnswer, Outgoing
from vssx.recorder.services import Addresses, Services
from vssx.recorder.soap_authentication import OPEN_REQUESTS, SoapAuthentication
from vssx.recorder.soap_fault import FaultError
from vssx.recorder.tls import ServerTls

MAX_BODY = 1 << 20
IDLE_S = 60.0
_LINGER_S = 2.0
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class SoapServer(Listener):
    """The HTTP port. Not http.server's own server, which asks a name server for this host's name."""

    busy = _BUSY

    def __init__(
        self,
        address: tuple[str, int],
        services: Services,
        authentication: SoapAuthentication,
        rtsp_port: Callable[[], int],
        outgoing: Outgoing,
        tunnels: Tunnels,
        tls: ServerTls | None = None,
    ) -> None:
        """Raises OSError where the port is taken."""
        self.tunnels = tunnels
        self.services = services
        self.authentication = authentication
        self.rtsp_port = rtsp_port
        self.outgoing = outgoing
        super().__init__(address, _Handler, tls)


class _Handler(BaseHTTPRequestHandler):
    server: SoapServer
    protocol_version = "HTTP/1.1"
    server_version = f"vssx/{__version__}"
    sys_version = ""
    timeout = IDLE_S
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base class's names
        """Nothing is written: the recorder's one line on stdout is for scripts."""

    def do_GET(self) -> None:
        """Only POST makes sense; a browser gets a line to read."""
        self._operation = ""
        if COOKIE in self.headers:
            self._tunnel_answers(self.headers[COOKIE])
            return
        text = f"vssx recorder {__version__}: ONVIF Device, Search, Replay and Recording services answer to POST.\n"
        self._send(HTTPStatus.OK, text.encode(), content_type="text/plain; charset=utf-8")

    def do_POST(self) -> None:
        """One SOAP request."""
        self._operation = ""
        length = self.headers.get("Content-Length", "")
        if COOKIE in self.headers:
            self._tunnel_requests(self.headers[COOKIE], length)
            return
        if not (length.isascii() and length.isdigit()):
            self.close_connection = True
            self._send(HTTPStatus.LENGTH_REQUIRED, b"")
            return
        if len(length) > 18 or int(length) > MAX_BODY:  # thousands of digits are no int to Python
            self.close_connection = True
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
            return
        data = self.rfile.read(int(length))
        try:
            self._answer(data)
        except FaultError as error:
            self._fault(error.fault)
        except ProtocolError as error:
            self._fault(soap.Fault(code="Sender", subcodes=("WellFormed",), reason=str(error)))

    def _tunnel_answers(self, cookie: str) -> None:
        """The GET of a tunnel: its answer ends with the tunnel."""
        if not self._may_tunnel(cookie):
            return
        self.close_connection = True
        made = HttpAnswer(status=HTTPStatus.OK, headers=(("Content-Type", CONTENT_TYPE), *_TUNNEL_HEADERS))
        answer = self.server.outgoing.http("", made)
        self._transmit(answer)
        if answer.status == HTTPStatus.OK:
            self.server.tunnels.carry_answers(cookie, self.connection, self.rfile)

    def _tunnel_requests(self, cookie: str, length: str) -> None:
        """A POST of a tunnel. It is answered where its length is used up; some clients write on regardless."""
        if not self._may_tunnel(cookie):
            return
        tunnel = self.server.tunnels.find(cookie)
        if tunnel is None:
            self.close_connection = True
            self._send(HTTPStatus.NOT_FOUND, b"")
            self._linger()
            return
        known = length.isascii() and length.isdigit() and len(length) <= 18
        wanted = int(length) if known else sys.maxsize
        while self.server.tunnels.carry_requests(tunnel, self.connection, self.rfile, wanted):
            self._transmit(HttpAnswer(status=HTTPStatus.OK, headers=(("Content-Length", "0"),)))
            if cast("BufferedReader", self.rfile).peek(1)[:5] in (b"", b"POST ", b"GET /"):
                return
            wanted = sys.maxsize
        self.close_connection = True

    def _may_tunnel(self, cookie: str) -> bool:
        """Whether the tunnel's request is let in; if not, it has been answered."""
        authentication = self.server.authentication
        if len(cookie) > MAX_COOKIE:
            self.close_connection = True
            self._send(HTTPStatus.BAD_REQUEST, b"")
            return False
        verdict = authentication.http(self.headers.get("Authorization"), self.command, self.path)
        if verdict is Verdict.ACCEPTED or not authentication.challenges():  # then RTSP itself asks
            return True
        self.close_connection = True
        self._challenge(stale=verdict is Verdict.STALE)
        self._linger()
        return False

    def _linger(self) -> None:
        """Take what the client still sends: closed at once, the connection would lose the answer on its way."""
        self.connection.settimeout(_LINGER_S)
        left = MAX_BODY
        with contextlib.suppress(OSError):
            while left > 0 and (data := self.rfile.read1(left)):
                left -= len(data)

    def _answer(self, data: bytes) -> None:
        authentication = self.server.authentication
        # Digest is judged first: a client that is refused need not know whether its XML was read.
        authorization = self.headers.get("Authorization")
        verdict = authentication.http(authorization, "POST", self.path) if authorization else None
        if not data and authorization is None and authentication.challenges():
            self._challenge(stale=False)  # curl, for one, keeps the body back until it knows how to log in
            return
        envelope = soap.parse(data)
        if envelope.body is None:
            raise FaultError("Sender", "WellFormed", reason="an envelope without a request")
        self._operation = xml.local_name(envelope.body)
        token = envelope.username_token
        if self._operation not in OPEN_REQUESTS and verdict is not Verdict.ACCEPTED:
            if token is None or not authentication.reads_tokens:
                if authentication.challenges():
                    self._challenge(stale=verdict is Verdict.STALE)
                    return
                if not authentication.is_open:
                    raise FaultError("Sender", "NotAuthorized", reason="a WS-UsernameToken is wanted")
            elif reason := authentication.token(token):
                self._fault(soap.Fault(code="Sender", subcodes=("NotAuthorized",), reason=reason))
                return
        body = self.server.services.answer(envelope.body, self._addresses())
        self._send(HTTPStatus.OK, soap.render(body))

    def _addresses(self) -> Addresses:
        """The client's own word for this host is the one that it can reach."""
        host = self.headers.get("Host", "")
        local_host, local_port = self.connection.getsockname()[:2]
        if not host or any(c not in _HOST_CHARACTERS for c in host):
            host = f"[{local_host}]:{local_port}" if ":" in local_host else f"{local_host}:{local_port}"
        name = host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
        s = "" if self.server.tls is None else "s"
        return Addresses(http=f"http{s}://{host}", rtsp=f"rtsp{s}://{name}:{self.server.rtsp_port()}")

    def _challenge(self, *, stale: bool) -> None:
        fault = soap.Fault(code="Sender", subcodes=("NotAuthorized",), reason="user name and password are wanted")
        challenges = self.server.authentication.challenges(stale=stale)
        headers = [("WWW-Authenticate", value) for value in challenges]
        self._send(HTTPStatus.UNAUTHORIZED, soap.render_fault(fault), headers=headers)

    def _fault(self, fault: soap.Fault) -> None:
        self._send(HTTPStatus(fault.http_status), soap.render_fault(fault))

    def _send(
        self,
        status: HTTPStatus,
        body: bytes,
        *,
        content_type: str = soap.CONTENT_TYPE,
        headers: list[tuple[str, str]] | None = None,
    ) -> None:
        fields = [*(headers or []), ("Content-Type", content_type), ("Content-Length", str(len(body)))]
        if self.close_connection:
            fields.append(("Connection", "close"))
        made = HttpAnswer(status=status, headers=tuple(fields), body=body)
        self._transmit(self.server.outgoing.http(self._operation, made))

    def _transmit(self, answer: HttpAnswer) -> None:
        self.close_connection = self.close_connection or answer.closes
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)


_TUNNEL_HEADERS = (("Cache-Control", "no-store"), ("Pragma", "no-cache"), ("Connection", "close"))
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]")
