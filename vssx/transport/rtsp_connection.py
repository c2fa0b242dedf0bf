"""One RTSP connection (RFC 2326): requests and their answers, keep-alives, and media from wherever it comes."""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from vssx.digest_auth import AuthenticationClient
from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent, Observe
from vssx.rtsp.connection import FRAME_COST, ClientConnection, Event, FrameRun, InterleavedFrame
from vssx.rtsp.message import Request, Response
from vssx.rtsp.session import split_url
from vssx.transport.byte_stream import ByteStream
from vssx.transport.datagrams import Datagrams
from vssx.transport.route import Route
from vssx.transport.unasked import Unasked

_MAX_QUEUED = 256 * 1024 * 1024
# What the log tells of a request and its answer; nothing of it can hold a secret.
_TOLD: Final = frozenset(("range", "scale", "rate-control", "frames", "immediate", "require", "transport", "rtp-info"))
_TOLD_CHARACTERS = 300
Headers = Iterable[tuple[str, str]]


class RtspConnection:
    """One connection at a time to one server, used by one thread; connects with the first request.

    ``timeout_s``: for connecting, and for silence while an answer is awaited. Every exchange is reported to ``observe``
    as kind ``rtsp``. All methods raise RecorderUnreachableError when the connection fails, NotAuthenticatedError, and
    ProtocolError. Garbage between messages is reported as kind ``note``.
    """

    def __init__(self, route: Route, *, timeout_s: float, observe: Observe) -> None:
        self.url = route.url
        self._route = route
        self._timeout_s = timeout_s
        self._observe = observe
        self._unasked = Unasked(observe)
        self._authentication = AuthenticationClient(route.credentials)
        self._connection = ClientConnection(where=route.where, runs=True)
        self._stream: ByteStream | None = None
        self._datagrams: Datagrams | None = None
        self._events: Iterator[Event] = iter(())  # what was read and not yet sorted out
        self._frames: deque[InterleavedFrame | FrameRun] = deque()  # media that came while an answer was awaited
        self._queued = 0
        self._drop_media = False  # while the session is being ended: a fast recorder sends much until it hears of it
        self._public: frozenset[str] = frozenset()
        self._keep_alive_url = self.url
        self._keep_alive_cseq: int | None = None
        self._next_keep_alive = float("inf")
        self._session_lost = False  # a keep-alive was answered with 454

    @property
    def where(self) -> str:
        """Scheme, host and port, for messages."""
        return self._route.where

    @property
    def last_cseq(self) -> int:
        """CSeq of the request sent last; after ``play`` its low byte comes back in the replay extension."""
        return self._connection.last_cseq

    def connect(self) -> ByteStream:
        """Connect, if not yet connected. A broken connection starts anew, without a session."""
        if self._stream is None:
            self._stream = self._route.connect()
            self._authentication.allow_basic = self._stream.tls is not None and self._stream.tls.verified != "no"
            self._connection = ClientConnection(where=self.where, runs=True)
            self._events, self._frames, self._queued = iter(()), deque(), 0
            self._drop_media = False
        return self._stream

    def request(
        self, method: str, url: str | None = None, headers: Headers = (), body: bytes = b"", *, timeout_s: float = 0
    ) -> Response:
        """Send a request and wait for its response; answers a 401 with the credentials.

        Media that arrives meanwhile is kept for ``packets()``. Any status but 401 is returned.
        """
        target = self.url if url is None else url
        fields, limit = list(headers), timeout_s or self._timeout_s
        for attempt in range(3):
            try:
                response = self._exchange(method, target, fields, body, limit)
            except RecorderUnreachableError:
                if attempt == 0 or self._connection.session or self._stream is not None:
                    raise
                # Some cameras close the connection behind a 401.
                response = self._exchange(method, target, fields, body, limit)
            if information := response.headers.get("Authentication-Info"):
                self._authentication.information(information)
            if response.status != 401:
                return response
            values = response.headers.get_all("WWW-Authenticate")
            where = f"{self.where}, {method}"
            if not self._authentication.challenged(values, retried=attempt > 0, where=where):
                break
        raise NotAuthenticatedError(
            "user name or password is wrong",
            where=f"{self.where}, {method}",
            next_step="Some recorders have RTSP users of their own: give one with --rtsp-user.",
        )

    def _exchange(
        self, method: str, url: str, fields: list[tuple[str, str]], body: bytes, timeout_s: float
    ) -> Response:
        cseq = self._send_request(method, url, fields, body)
        start = last = time.monotonic()
        while True:
            if time.monotonic() - last >= timeout_s or time.monotonic() - start >= 6 * timeout_s:
                self._report(method, url, None, cseq)
                raise RecorderUnreachableError(
                    f"no answer to {method} within {timeout_s:g} s",
                    where=f"{self.where}, CSeq {cseq}",
                    next_step="Check the recorder's load and the network, then try again.",
                )
            answer: Response | None = None
            for event in self._events:
                last = time.monotonic()
                answer = self._dispatch(event, cseq) or answer
            if answer is not None:
                self._report(method, url, answer.status, cseq, fields, answer.headers.fields)
                return answer
            self._receive(timeout_s)

    def _send_request(self, method: str, url: str, fields: list[tuple[str, str]], body: bytes = b"") -> int:
        self.connect()
        authorization = self._authentication.authorization(method, url, body)
        extra = [("Authorization", authorization)] if authorization is not None else []
        self._send(self._connection.request(method, url, [*fields, *extra], body))
        if self._connection.session:
            self._next_keep_alive = time.monotonic() + self.keep_alive_interval_s
        return self._connection.last_cseq

    def _send(self, data: bytes) -> None:
        assert self._stream is not None
        try:
            self._stream.send(data, self._timeout_s)
        except OSError as error:
            raise self._broken(error) from None

    def _broken(self, error: OSError | None) -> RecorderUnreachableError:
        reason = f"the connection broke: {error.strerror or error}" if error else "the recorder closed the connection"
        self._drop()
        return RecorderUnreachableError(reason, where=self.where, next_step="Run the same command again.")

    def _receive(self, timeout_s: float) -> None:
        """Read what arrives within ``timeout_s`` into ``_events``; nothing when nothing does."""
        stream = self._stream
        if stream is None:
            raise RecorderUnreachableError(
                "there is no connection any more", where=self.where, next_step="Run the same command again."
            )
        if self._datagrams is not None and self._datagrams.started:
            frames, readable = _wait(stream, self._datagrams, timeout_s)
            if frames:
                self._events = iter(frames)
            if frames or not readable:
                return
        try:
            data = stream.receive(timeout_s)
        except OSError as error:
            raise self._broken(error) from None
        if data is None:
            return
        if not data:
            raise self._broken(None)
        self._events = self._connection.feed(data)

    def _dispatch(self, event: Event, awaited: int | None) -> Response | None:
        """Sort out one event; the response that is awaited comes back."""
        if isinstance(event, tuple):
            if self._drop_media:
                return None
            self._queued += len(event[1]) + FRAME_COST
            if self._queued > _MAX_QUEUED:
                raise ProtocolError(
                    f"more than {_MAX_QUEUED} bytes of media before an answer",
                    where=self.where,
                    next_step="Check the recorder's firmware.",
                )
            self._frames.append(event)
        elif isinstance(event, Response):
            if event.status < 200:
                return None
            if self._keep_alive_cseq is not None and event.cseq == self._keep_alive_cseq:
                self._keep_alive_answered(event)
            elif awaited is not None and (event.cseq == awaited or (event.cseq is None and event.answers is not None)):
                return event
        elif isinstance(event, Request):
            self._serve(event)
        else:
            self._unasked.skipped(event.count)
        return None

    def _serve(self, request: Request) -> None:
        """Answer a request of the server: it only wants to know that the client lives."""
        status = 200 if request.method in ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE") else 501
        self._send(self._connection.response(request, status))
        self._unasked.request(request.method, _shown(request.uri), status)

    def _report(
        self,
        method: str,
        url: str,
        status: int | None,
        cseq: int,
        asked: Headers = (),
        answered: Headers = (),
    ) -> None:
        detail: dict[str, object] = {"method": method, "url": _shown(url), "status": status, "cseq": cseq}
        for name, headers in (("asked", asked), ("answered", answered)):
            told = {key: value[:_TOLD_CHARACTERS] for key, value in headers if key.lower() in _TOLD}
            if told:
                detail[name] = told
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind="rtsp", detail=detail))

    @property
    def keep_alive_interval_s(self) -> float:
        """Seconds between keep-alives: half the session timeout that SETUP answered."""
        return max(1.0, self._connection.session_timeout_s / 2)

    def keep_alive(self) -> None:
        """Send a keep-alive and do not wait; its answer is taken out of the stream by ``packets()``."""
        self._keep_alive_cseq = self._send_request(self._keep_alive_method(), self._keep_alive_url, [])

    def _keep_alive_method(self) -> str:
        return "GET_PARAMETER" if "GET_PARAMETER" in self._public else "OPTIONS"

    def _keep_alive_answered(self, response: Response) -> None:
        method, url = response.answers or ("OPTIONS", self._keep_alive_url)
        cseq, self._keep_alive_cseq = self._keep_alive_cseq or 0, None
        self._report(method, url, response.status, cseq)
        if information := response.headers.get("Authentication-Info"):
            self._authentication.information(information)
        if response.status == 454:
            self._session_lost = True
        elif response.status == 401:
            # The nonce is used up: take the new one; the next keep-alive, due at once, answers it.
            values = response.headers.get_all("WWW-Authenticate")
            if self._authentication.challenged(values, retried=False, where=self.where):
                self._next_keep_alive = min(self._next_keep_alive, time.monotonic() + 1)
        elif response.status >= 400:
            self._public -= {"GET_PARAMETER"}

    def is_alive(self) -> bool:
        """Ask whether server and session are still there; waits for the answer. Media stays for ``packets()``."""
        if self._session_lost:
            return False
        try:
            response = self.request(self._keep_alive_method(), self._keep_alive_url)
        except (RecorderUnreachableError, ProtocolError, NotAuthenticatedError):
            return False
        self._session_lost = response.status == 454
        return response.status != 454

    def drop_queued(self, channels: Collection[int]) -> None:
        """Forgets what came on ``channels`` before the last answer."""
        kept = [frame for frame in self._frames if frame[0] not in channels]
        self._frames, self._queued = deque(kept), sum(len(frame[1]) + FRAME_COST for frame in kept)

    def packets(self, *, silence_s: float) -> Iterator[InterleavedFrame | FrameRun]:
        """Interleaved frames (channel, content) as they come; keep-alives are sent meanwhile.

        Ends when no frame came for ``silence_s`` seconds (counted while waiting), which proves nothing; calling it
        again goes on. Raises RecorderUnreachableError when the connection breaks, behind the last frame that came.
        """
        quiet_since = time.monotonic()
        while True:
            while self._frames:
                frame = self._frames.popleft()
                self._queued -= len(frame[1]) + FRAME_COST
                yield frame
                quiet_since = -1.0
            # The iterator is kept in self: a consumer that stops here finds the rest when it calls again.
            for event in self._events:
                if isinstance(event, tuple):
                    yield event
                    quiet_since = -1.0
                else:
                    self._dispatch(event, None)
            if self._frames:  # the consumer awaited an answer meanwhile
                continue
            now = time.monotonic()
            if quiet_since < 0:  # the consumer's time between frames is no silence of the recorder
                quiet_since = now
            if self._connection.session and now >= self._next_keep_alive:
                self.keep_alive()
            left = quiet_since + silence_s - now
            if left <= 0:
                return
            self._receive(min(left, max(self._next_keep_alive - now, 0.01)))

    def _drop(self) -> None:
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._unasked.sum_up()


def _wait(stream: ByteStream, datagrams: Datagrams, timeout_s: float) -> tuple[list[InterleavedFrame], bool]:
    """Frames that came over UDP, and whether the RTSP connection has something."""
    if stream.pending():
        return datagrams.take(), True
    connected = stream.plain_tcp
    with selectors.DefaultSelector() as selector:
        selector.register(datagrams.wake, selectors.EVENT_READ)
        if connected is not None:
            selector.register(connected, selectors.EVENT_READ)
        ready = {key.fileobj for key, _ in selector.select(max(timeout_s, 0.001))}
    return datagrams.take(), connected in ready


def _shown(url: str) -> str:
    try:
        return split_url(url)[0]
    except ProtocolError:
        return url if "@" not in url else url.rpartition("@")[2]
