"""SOAP over HTTP as a client: keep-alive, WS-UsernameToken by the recorder's clock, HTTP Digest, bounded answers.

No proxy, netrc or redirect is followed. Errors: RecorderUnreachableError (no connection, no answer in time, busy),
NotAuthenticatedError (401, 403, faults that say so), SoapFaultError (other faults), ProtocolError (everything else).
"""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, NewConnectionError, ReadTimeoutError, SSLError
from urllib3.exceptions import ProtocolError as BrokenConnectionError
from urllib3.exceptions import TimeoutError as NoAnswerError

from vssx import __version__, xml
from vssx.digest_auth import AuthenticationClient
from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError, UsageError, VssxError
from vssx.model.acquisition import AcquisitionEvent, Credentials, Observe
from vssx.model.network import VERIFIED, TlsPeer, TlsPolicy
from vssx.onvif import soap
from vssx.rtsp.session import netloc
from vssx.transport.busy import HTTP_BUSY, BusyWaits, RecorderBusyError
from vssx.transport.http_connection import TIMEOUTS, RecorderConnection, SecureRecorderConnection
from vssx.transport.tls import TlsConnector, tls_error, unverified

MAX_ANSWER = 8 << 20
MAX_CHALLENGES = 3  # a Digest challenge, a stale nonce, and one more
_CHECK_CREDENTIALS = "Check user name and password, and the user's rights at the recorder."

_Origin = tuple[str, str, int | None]


class _DroppedError(RecorderUnreachableError):
    """The connection ended before an answer, as kept-alive ones do: worth a second try."""


@dataclass(slots=True, kw_only=True)
class _Reply:
    """One HTTP answer; status 0: there was none."""

    status: int = 0
    data: bytes = b""
    challenges: tuple[str, ...] = ()
    retry_after: str = ""
    location: str = ""
    content_type: str = ""
    fault: str = ""


def without_user(url: str) -> str:
    """The URL without user name and password, for logs and messages."""
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return "an address that is no URL"


class SoapHttpClient:
    """Sends SOAP requests to the services of one recorder; for one thread.

    ``address``: URL of the device service. ``timeout``: seconds for a connection and between two pieces of an answer;
    a whole answer, its header included, may take four times as long. ``tls``: which certificates are accepted.
    ``pause`` waits, in seconds. ``clock_offset_ns``: recorder's clock minus this machine's; set it once it is known.
    ``tls_peer``: who answered over TLS last.
    """

    def __init__(
        self,
        address: str,
        credentials: Credentials | None,
        *,
        timeout: float = 15.0,
        observe: Observe = lambda _event: None,
        tls: TlsPolicy = VERIFIED,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address
        self.clock_offset_ns = 0
        self.tls_peer: TlsPeer | None = None
        self.timeout = timeout
        self._credentials = credentials
        self._observe = observe
        self._tls = TlsConnector(tls, observe)
        self._pause = pause
        self._pools: dict[_Origin, urllib3.HTTPConnectionPool] = {}
        # One for each origin: another port has other nonces, and Basic needs TLS.
        self._digests: dict[_Origin, AuthenticationClient] = {}
        self._length_reported = False

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    def call(self, url: str, body: xml.Element, *, authenticate: bool = True) -> xml.Element:
        """Send the request ``body`` and give the first element of the answer's body.

        ``authenticate``: with the credentials, if there are some. Raises the errors named above.
        """
        operation = xml.local_name(body)
        where = f"{operation} at {without_user(url)}"
        request = soap.action(body), xml.serialize(body)
        dropped, challenges = False, 0
        waits = BusyWaits(self._observe, self._pause)
        while challenges <= MAX_CHALLENGES:
            reply = _Reply()
            started_ns = time.time_ns()
            try:
                self._exchange(url, request, authenticate, where, reply)
                return _content(reply, operation, where)
            except _DroppedError:
                if dropped:
                    raise
                dropped = True
            except VssxError:
                if reply.status in HTTP_BUSY and waits.wait(f"{operation}, HTTP {reply.status}", reply.retry_after):
                    continue
                if reply.status != 401 or not authenticate or not reply.challenges:
                    raise
                if not self._digest(url).challenged(reply.challenges, retried=challenges > 0, where=where):
                    raise
                challenges += 1
            finally:
                self._log(operation, url, reply, started_ns)
        raise NotAuthenticatedError(
            "the recorder asks for ever new Digest answers", where=where, next_step=_CHECK_CREDENTIALS
        )

    def _log(self, operation: str, url: str, reply: _Reply, started_ns: int) -> None:
        detail: dict[str, object] = {
            "operation": operation,
            "url": without_user(url),
            "status": reply.status or None,
            "fault": reply.fault or None,
            "duration_ms": (time.time_ns() - started_ns) // 1_000_000,
        }
        self._observe(AcquisitionEvent(at_ns=started_ns, kind="soap", detail=detail))

    def _digest(self, url: str) -> AuthenticationClient:
        origin = _origin(url)
        if origin not in self._digests:
            self._digests[origin] = AuthenticationClient(
                self._credentials, allow_basic=origin[0] == "https" and self._tls.verifies
            )
        return self._digests[origin]

    def _headers(self, url: str, target: str, action: str, data: bytes, authenticate: bool) -> dict[str, str]:
        headers = {
            "Content-Type": f'{soap.CONTENT_TYPE}; action="{action}"',
            "User-Agent": f"vssx/{__version__}",
            "Accept": "application/soap+xml, text/xml",
        }
        authorization = self._digest(url).authorization("POST", target, data) if authenticate else None
        if authorization is not None:
            headers["Authorization"] = authorization
        return headers

    def _envelope(self, body: bytes, authenticate: bool) -> bytes:
        token = None
        if authenticate and self._credentials is not None:
            created_ns = time.time_ns() + self.clock_offset_ns
            token = soap.username_token(self._credentials, created_ns=created_ns, nonce=secrets.token_bytes(16))
        return soap.render(xml.parse(body), token=token)

    def _exchange(self, url: str, request: tuple[str, bytes], authenticate: bool, where: str, reply: _Reply) -> None:
        """One request and its answer, which goes into ``reply`` as far as it comes."""
        action, body = request
        data = self._envelope(body, authenticate)
        try:
            target = urllib3.util.parse_url(url).request_uri
            pool = self._pool(url)
            headers = self._headers(url, target, action, data, authenticate)
            response = pool.urlopen(
                "POST",
                target,
                body=data,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
            assert isinstance(response, urllib3.HTTPResponse)
            response.length_remaining = None  # the connection judges where the body ends
            reply.status = response.status
            reply.challenges = tuple(response.headers.getlist("WWW-Authenticate"))
            if authenticate and (information := response.headers.get("Authentication-Info")):
                self._digest(url).information(information)
            reply.retry_after = response.headers.get("Retry-After", "")
            reply.location = response.headers.get("Location", "")
            reply.content_type = response.headers.get("Content-Type", "")
            reply.data = self._read(response, where)
            self._check_length(url, response.headers.get("Content-Length", ""), reply.data)
        except LocationValueError as problem:
            raise UsageError(f"not an address: {without_user(url)[:200]!r}: {problem}") from None
        except HTTPError as problem:
            raise _unreachable(problem, where) from None

    def _read(self, response: urllib3.HTTPResponse, where: str) -> bytes:
        limit_s = TIMEOUTS * self.timeout
        deadline = time.monotonic() + limit_s
        data = bytearray()
        try:
            while piece := response.read1(65_536):
                data += piece
                if len(data) > MAX_ANSWER:
                    raise ProtocolError(
                        f"an answer of more than {MAX_ANSWER} bytes", where=where, next_step="Ask for a shorter range."
                    )
                if time.monotonic() > deadline:
                    raise RecorderUnreachableError(
                        f"no whole answer within {limit_s:g} s",
                        where=where,
                        next_step="Check the recorder's load and the network, then try again.",
                    )
        except (ReadTimeoutError, BrokenConnectionError):
            if not _is_whole(data):
                raise
        finally:
            response.close()
        return bytes(data)

    def _check_length(self, url: str, declared: str, data: bytes) -> None:
        known = declared.isascii() and declared.isdigit() and len(declared) <= 18
        if not known or int(declared) == len(data):
            return
        # What may still arrive on this connection belongs to no answer.
        self._pools.pop(_origin(url)).close()
        if _is_whole(data) and not self._length_reported:
            self._length_reported = True
            self._assume(
                "Content-Length",
                f"an answer declares {declared} bytes, its envelope has {len(data)}; the latter counts",
            )

    def _assume(self, subject: str, detail: str) -> None:
        content = {"subject": subject, "detail": detail}
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind="assumption", detail=content))

    def _pool(self, url: str) -> urllib3.HTTPConnectionPool:
        origin = _origin(url)
        if origin not in self._pools:
            scheme, host, port = origin
            options: dict[str, Any] = {
                "maxsize": 1,
                "block": False,
                "timeout": urllib3.Timeout(total=None, connect=self.timeout, read=self.timeout),
            }
            if scheme == "http":
                pool = urllib3.HTTPConnectionPool(host, port, **options)
                pool.ConnectionCls = RecorderConnection
            elif scheme == "https":
                pool = urllib3.HTTPSConnectionPool(host, port, ssl_context=self._tls.context, **options)
                where = f"https://{netloc(host, port or 443)}"
                judge = partial(self._judge, where)
                pool.ConnectionCls = partial(SecureRecorderConnection, on_connection=judge)  # type: ignore[assignment]
            else:
                raise UsageError(f"neither http nor https: {without_user(url)[:200]!r}")
            self._pools[origin] = pool
        return self._pools[origin]

    def _judge(self, where: str, connected: ssl.SSLSocket) -> None:
        peer = self._tls.accept(connected, where=where)
        if peer.verified == "no" and (self.tls_peer is None or self.tls_peer != peer):
            self._assume("TLS", unverified(peer, where))
        self.tls_peer = peer


def _is_whole(data: bytes | bytearray) -> bool:
    return data.rstrip(b" \t\r\n\x00").endswith(b"Envelope>")


def _origin(url: str) -> _Origin:
    parsed = urllib3.util.parse_url(url)
    if not parsed.host:
        raise LocationValueError("it names no host")
    return parsed.scheme or "http", parsed.host.strip("[]"), parsed.port


def _unreachable(problem: HTTPError, where: str) -> VssxError:
    if isinstance(problem, SSLError):
        inner = problem.args[0] if problem.args else None
        return tls_error(inner if isinstance(inner, Exception) else problem, where)
    if isinstance(problem, NoAnswerError) and not isinstance(problem, NewConnectionError):
        return RecorderUnreachableError(
            "no whole answer in time", where=where, next_step="Check address, port and network."
        )
    secure = " Some recorders answer to https:// only." if "://" in where and "https://" not in where else ""
    # urllib3 puts its connection object before the reason
    cause = str(problem.args[-1] if problem.args else problem).rpartition("): ")[2]
    if isinstance(problem, BrokenConnectionError):
        return _DroppedError(
            f"the connection broke: {cause}", where=where, next_step=f"Run the same command again.{secure}"
        )
    return RecorderUnreachableError(
        f"no connection: {cause}", where=where, next_step=f"Check address, port and network.{secure}"
    )


def _content(reply: _Reply, operation: str, where: str) -> xml.Element:
    """First element of the answer's body, or the error that the answer amounts to."""
    if reply.status in HTTP_BUSY:
        raise RecorderBusyError(
            f"the recorder is busy (HTTP {reply.status})",
            where=where,
            next_step="Close its other clients, then repeat.",
        )
    envelope = None
    try:
        envelope = soap.parse(reply.data, where=where)
    except ProtocolError as problem:
        garbage = problem
    if envelope is not None and envelope.fault is not None:
        fault = envelope.fault
        reply.fault = "/".join((fault.code, *fault.subcodes))
        if fault.not_authenticated or reply.status == 401:
            raise NotAuthenticatedError(f"the recorder answered {fault}", where=where, next_step=_CHECK_CREDENTIALS)
        raise soap.SoapFaultError(fault, where=where)
    if reply.status in (401, 403):
        message = f"the recorder refused the credentials (HTTP {reply.status})"
        raise NotAuthenticatedError(message, where=where, next_step=_CHECK_CREDENTIALS)
    if 300 <= reply.status < 400:
        next_step = f"Give {without_user(reply.location)[:200]} as the address if it is the recorder's."
        raise ProtocolError(
            f"the recorder sends to another address (HTTP {reply.status})", where=where, next_step=next_step
        )
    if not 200 <= reply.status < 300:
        raise ProtocolError(
            f"HTTP status {reply.status}", where=where, next_step="Check that an ONVIF service answers at this address."
        )
    if envelope is None:
        raise garbage
    name = xml.local_name(envelope.body) if envelope.body is not None else "nothing"
    if envelope.body is None or name != f"{operation}Response":
        # Read as an answer it would look empty.
        raise ProtocolError(
            f"the recorder answers {name[:60]}",
            where=where,
            next_step="Check that an ONVIF service answers at this address.",
        )
    return envelope.body
