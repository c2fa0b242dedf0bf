"""RTSP 1.0 (RFC 2326) without a socket: bytes in, messages and interleaved frames out; both sides.

Header text is latin-1: every character stands for one byte as received.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from vssx import __version__
from vssx.errors import ProtocolError
from vssx.rtsp.message import (
    Request,
    Response,
    content_length,
    parse_first_line,
    parse_headers,
    serialise_request,
    serialise_response,
)

MAX_HEADER = 64 * 1024
MAX_LINE = 8 * 1024
MAX_SKIPPED = 256 * 1024
_DOLLAR = 0x24
HEAD = 4  # octets before a frame's content: dollar, channel, size
FRAME_COST = 256  # octets of memory that a frame takes beside its content
_METHOD_START = re.compile(rb"[A-Z][A-Z_]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Bytes between messages that are neither a message nor a frame; reading went on behind them."""

    count: int


# (channel, content): a plain tuple, as there are up to a million of them a second. The content is a view of bytes that
# never change, so it stays valid as long as someone holds it.
InterleavedFrame = tuple[int, memoryview]


class FrameRun(NamedTuple):
    """Three or more frames of one channel and one size, one right behind the other: found and passed on as one.

    ``data``: from the first one's content to the end of the last one's; between two contents of ``size`` octets stand
    the HEAD octets of a frame's head.
    """

    channel: int
    data: memoryview
    size: int

    def contents(self) -> Iterator[memoryview]:
        """The frames' contents one by one."""
        for start in range(0, len(self.data), self.size + HEAD):
            yield self.data[start : start + self.size]


Event = InterleavedFrame | FrameRun | Response | Request | Skipped


def interleaved(channel: int, data: bytes) -> bytes:
    """One interleaved frame (RFC 2326 section 10.12). Raises ValueError for more than 65535 bytes."""
    if len(data) > 0xFFFF:
        raise ValueError(f"{len(data)} bytes do not fit an interleaved frame")
    return b"$" + bytes((channel,)) + len(data).to_bytes(2, "big") + data


@lru_cache(maxsize=1024)  # a stream has few sizes of packets of which several follow each other
def _frames_like(head: bytes) -> re.Pattern[bytes]:
    """Whole frames with this head, as many as there are."""
    return re.compile(b"(?s:%b.{%d})+" % (re.escape(head), head[2] << 8 | head[3]))


class _Reader:
    """Cuts a byte stream into events; the same events however the stream is cut into pieces.

    ``runs``: frames may come as a FrameRun; how they are put together does depend on the pieces.
    """

    __slots__ = ("_broken", "_needed", "_rest", "_runs", "_skipped", "_where")

    def __init__(self, where: str, *, runs: bool = False) -> None:
        self._where = where
        self._runs = runs
        self._rest = bytearray()
        self._needed = 1  # octets before which looking again is useless
        self._skipped = 0
        self._broken: ProtocolError | None = None

    def read(self, data: bytes | bytearray | memoryview) -> Iterator[Event]:
        if self._broken is not None:
            return _fail(self._broken)
        if len(self._rest) + len(data) < self._needed:
            self._rest += data
            return iter(())
        if not isinstance(data, bytes):
            data = bytes(data)
        events: list[Event] = []
        try:
            position = self._complete_frame(data, events)
            if self._rest:
                data = bytes(self._rest) + data
                self._rest.clear()
            position = self._cut(data, position, events)
        except ProtocolError as error:
            error.where = error.where or self._where
            # What came before the fault is still good: the caller gets it first, then the error.
            self._broken = error
            return chain(events, _fail(error))
        if position < len(data):
            self._rest += memoryview(data)[position:]
        return iter(events)

    def _complete_frame(self, data: bytes, events: list[Event]) -> int:
        """A frame that was cut: only its own octets are put together, not all that came with its end.

        Position in ``data`` behind it; 0 when something else was cut.
        """
        rest = self._rest
        if len(rest) < HEAD or rest[0] != _DOLLAR or self._skipped:
            return 0
        missing = self._needed - len(rest)
        events.append((rest[1], memoryview(bytes(rest) + data[:missing])[HEAD:]))
        rest.clear()
        return missing

    def _cut(self, data: bytes, position: int, events: list[Event]) -> int:
        view, size, runs = memoryview(data), len(data), self._runs
        append = events.append
        while True:
            if self._skipped:
                position = self._resynchronise(data, position, events)
                if self._skipped:
                    return position
            while position + HEAD <= size and data[position] == _DOLLAR:
                start = position + HEAD
                end = start + (data[position + 2] << 8 | data[position + 3])
                if end > size:
                    self._needed = end - position
                    return position
                if runs and data.startswith(head := data[position:start], end):
                    content = end - start
                    if data.startswith(head, end + HEAD + content):
                        found = _frames_like(head).match(data, position)
                        if found is not None and found.end() > end + HEAD + content:
                            end = found.end()
                            append(FrameRun(head[1], view[start:end], content))
                            position = end
                            continue
                append((data[position + 1], view[start:end]))
                position = end
            if position == size or data[position] == _DOLLAR:
                self._needed = 1 if position == size else HEAD
                return position
            if data[position] in b"\r\n":
                position += 1
                continue
            after = self._message(data, position, events)
            if after == position and not self._skipped:
                return position
            position = after

    def _message(self, data: bytes, position: int, events: list[Event]) -> int:
        """Position behind the message; ``position`` itself where more is needed or where no message starts."""
        self._needed = len(data) - position + 1
        start = _METHOD_START.match(data, position)
        if start is None or (start.end() < len(data) and data[start.end()] not in b" \t/"):
            self._skipped = 1
            return position
        limit = position + MAX_HEADER + 4
        line_end = data.find(b"\n", position, position + MAX_LINE)
        first = parse_first_line(data[position:line_end]) if line_end >= 0 else None
        if first is None and (line_end >= 0 or len(data) - position >= MAX_LINE):
            self._skipped = 1
            return position
        head_end, after = _end_of_head(data, position, limit)
        if first is None or head_end < 0:
            if len(data) >= limit:
                raise ProtocolError(f"an RTSP message with a header of more than {MAX_HEADER} bytes")
            return position
        headers = parse_headers(data[line_end + 1 : max(head_end, line_end + 1)].decode("latin-1").split("\n"))
        length = content_length(headers)
        if after + length > len(data):
            self._needed = after + length - position
            return position
        body = data[after : after + length]
        if isinstance(first, Request):
            events.append(Request(method=first.method, uri=first.uri, headers=headers, body=body))
        else:
            events.append(self.answered(Response(status=first.status, reason=first.reason, headers=headers, body=body)))
        return after + length

    def answered(self, response: Response) -> Response:
        """Hook of the client: which request a response answers."""
        return response

    def _resynchronise(self, data: bytes, position: int, events: list[Event]) -> int:
        """Skip to the next thing that looks like a response or an RTP/RTCP frame; ``_skipped`` counts from 1."""
        start = position
        if self._skipped == 1:  # the first byte is known to be wrong
            position += 1
        while position < len(data):
            rest = data[position : position + 6]
            if rest[0] == _DOLLAR:
                if len(rest) < 5:
                    break
                if rest[4] >> 6 == 2:
                    return self._resynchronised(position - start, position, events)
            elif rest[0] == 0x52 and b"RTSP/".startswith(rest[:5]):
                if len(rest) < 5:
                    break
                return self._resynchronised(position - start, position, events)
            position += 1
        self._skipped += position - start
        self._needed = len(data) - position + 1
        if self._skipped > MAX_SKIPPED:
            raise ProtocolError(
                f"more than {MAX_SKIPPED} bytes that are no RTSP",
                next_step="Check that host and port are those of an RTSP server.",
            )
        return position

    def _resynchronised(self, skipped: int, position: int, events: list[Event]) -> int:
        events.append(Skipped(count=self._skipped - 1 + skipped))
        self._skipped = 0
        return position


def _fail(error: ProtocolError) -> Iterator[Event]:
    raise error
    yield  # a generator: the error comes when the events before it are consumed


def _end_of_head(data: bytes, position: int, limit: int) -> tuple[int, int]:
    """Where the header's text ends and the body starts; servers that end lines with LF alone exist. -1: not yet."""
    crlf, lf = data.find(b"\r\n\r\n", position, limit), data.find(b"\n\n", position, limit)
    if crlf >= 0 and (lf < 0 or crlf < lf):
        return crlf, crlf + 4
    return (lf, lf + 2) if lf >= 0 else (-1, -1)


@dataclass(slots=True, kw_only=True)
class _State:
    next_cseq: int = 1
    pending: dict[int, tuple[str, str]] = field(default_factory=dict)
    session: str = ""
    timeout_s: int = 60


class ClientConnection(_Reader):
    """Client side: numbers requests, knows the session, tells which request a response answers.

    ``where``: names the connection in errors. ``runs``: media may come as FrameRun, which is far faster.
    """

    __slots__ = ("_state", "user_agent")

    def __init__(self, user_agent: str = f"vssx/{__version__}", *, where: str = "", runs: bool = False) -> None:
        super().__init__(where, runs=runs)
        self.user_agent = user_agent
        self._state = _State()

    @property
    def session(self) -> str:
        """Session identifier that SETUP answered, "" before and after."""
        return self._state.session

    @property
    def session_timeout_s(self) -> int:
        """Seconds without a request after which the server may end the session; 60 unless it says otherwise."""
        return self._state.timeout_s

    @property
    def last_cseq(self) -> int:
        """CSeq of the request made last."""
        return self._state.next_cseq - 1

    @property
    def pending(self) -> tuple[int, ...]:
        """CSeq of the requests that wait for their response."""
        return tuple(self._state.pending)

    def request(self, method: str, uri: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> bytes:
        """Bytes to send for a request; CSeq, Session, User-Agent and Content-Length are added.

        Raises ProtocolError for text that would break the message (control characters, a URI with blanks).
        """
        state = self._state
        fields = [("CSeq", str(state.next_cseq)), ("User-Agent", self.user_agent)]
        if state.session:
            fields.append(("Session", state.session))
        data = serialise_request(method, uri, [*fields, *headers], body)
        state.pending[state.next_cseq] = (method, uri)
        state.next_cseq += 1
        return data

    def response(self, request: Request, status: int, headers: Iterable[tuple[str, str]] = ()) -> bytes:
        """Bytes that answer a request of the server."""
        return serialise_response(status, [("CSeq", str(request.cseq or 0)), *headers])

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Event]:
        """Events in ``data`` together with what came before, in order. Raises ProtocolError behind the last good one.

        All of ``data`` is read by the call itself; nothing is lost when the iterator is dropped half-way.
        """
        return self.read(data)

    def answered(self, response: Response) -> Response:
        """Find the request: by CSeq, or the only one pending where the server sends none."""
        state, cseq = self._state, response.cseq
        if cseq is None and len(state.pending) == 1:
            cseq = next(iter(state.pending))
        if 100 <= response.status < 200 and cseq is not None:
            answers = state.pending.get(cseq)  # a provisional answer, another follows
        else:
            answers = state.pending.pop(cseq, None) if cseq is not None else None
        if answers is not None and response.status == 200:
            if answers[0] == "SETUP":
                self._take_session(response.headers.get("Session"))
            elif answers[0] == "TEARDOWN":
                state.session = ""
        return Response(
            status=response.status,
            reason=response.reason,
            headers=response.headers,
            body=response.body,
            answers=answers,
        )

    def _take_session(self, value: str) -> None:
        identifier, _, parameters = value.partition(";")
        if identifier.strip():
            self._state.session = identifier.strip()
        match = re.search(r"(?:^|;)\s*timeout\s*=\s*\"?(\d{1,6})", parameters, re.IGNORECASE)
        if match and int(match[1]) > 0:
            self._state.timeout_s = int(match[1])


class ServerConnection(_Reader):
    """Server side: requests and interleaved frames (receiver reports) in, responses out."""

    __slots__ = ("server",)

    def __init__(self, server: str = f"vssx/{__version__}", *, where: str = "") -> None:
        super().__init__(where)
        self.server = server

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Event]:
        """Events in ``data`` together with what came before; ProtocolError behind the last good one."""
        return self.read(data)

    def response(
        self, cseq: int | None, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> bytes:
        """Bytes to send; CSeq (left out for None), Server and Content-Length are added."""
        fields = [("CSeq", str(cseq))] if cseq is not None else []
        return serialise_response(status, [*fields, ("Server", self.server), *headers], body)
