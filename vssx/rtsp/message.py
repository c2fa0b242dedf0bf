"""RTSP 1.0 messages (RFC 2326 sections 4 to 7, 12): values, and their bytes.

Header text is latin-1: every character stands for one byte as received.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from vssx.errors import ProtocolError

MAX_BODY = 4 * 1024 * 1024
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUS_LINE = re.compile(r"RTSP/\d\.\d[ \t]+(\d{3})(?:[ \t]+(.*))?", re.ASCII)
_REQUEST_LINE = re.compile(r"([A-Z][A-Z_]{0,31})[ \t]+(\S+)[ \t]+RTSP/\d\.\d[ \t]*", re.ASCII)
_UNFIT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_REASONS = {
    200: "OK", 301: "Moved Permanently", 302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    413: "Request Entity Too Large", 415: "Unsupported Media Type", 451: "Parameter Not Understood",
    453: "Not Enough Bandwidth",
    454: "Session Not Found", 455: "Method Not Valid in This State", 456: "Header Field Not Valid for Resource",
    457: "Invalid Range", 459: "Aggregate Operation Not Allowed", 460: "Only Aggregate Operation Allowed",
    461: "Unsupported Transport", 500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
    505: "RTSP Version Not Supported", 551: "Option not supported",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in the order received; names compare without case."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of ``name``."""
        folded = name.lower()
        return next((value for key, value in self.fields if key.lower() == folded), default)

    def get_all(self, name: str) -> tuple[str, ...]:
        """All values of ``name``, e.g. of WWW-Authenticate."""
        folded = name.lower()
        return tuple(value for key, value in self.fields if key.lower() == folded)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as read from the wire. ``cseq`` is None where the header is missing or no number."""

    method: str
    uri: str
    headers: Headers = Headers()
    body: bytes = b""

    @property
    def cseq(self) -> int | None:
        """Number of the CSeq header."""
        return _number(self.headers.get("CSeq"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response as read from the wire. ``answers``: method and URI of the request, as the client knows it."""

    status: int
    reason: str = ""
    headers: Headers = Headers()
    body: bytes = b""
    answers: tuple[str, str] | None = None

    @property
    def cseq(self) -> int | None:
        """Number of the CSeq header."""
        return _number(self.headers.get("CSeq"))


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def parse_first_line(line: bytes) -> Request | Response | None:
    """A request or response with nothing but its first line, or None if it is neither."""
    text = line.rstrip(b"\r").decode("latin-1")
    if match := _STATUS_LINE.fullmatch(text):
        return Response(status=int(match[1]), reason=(match[2] or "").strip(" \t"))
    if match := _REQUEST_LINE.fullmatch(text):
        return Request(method=match[1], uri=match[2])
    return None


def parse_headers(lines: Iterable[str]) -> Headers:
    """Header lines without the first line; lines without a name and a colon are passed over."""
    fields: list[tuple[str, str]] = []
    for line in lines:
        text = line.rstrip("\r")
        if text[:1] in (" ", "\t") and fields:  # folded line
            name, value = fields[-1]
            fields[-1] = (name, " ".join((value, text.strip(" \t"))).strip(" \t"))
            continue
        name, colon, value = text.partition(":")
        if colon and _TOKEN.fullmatch(name.strip(" \t")):
            fields.append((name.strip(" \t"), _UNFIT.sub(" ", value).strip(" \t")))
    return Headers(tuple(fields))


def content_length(headers: Headers) -> int:
    """Octets of the body, 0 without the header. Raises ProtocolError for no number, or more than MAX_BODY."""
    text = headers.get("Content-Length", "0").strip()
    length = _number(text) if text else 0
    if length is None:
        raise ProtocolError(f"an RTSP message with the Content-Length {text[:40]!r}")
    if length > MAX_BODY:
        raise ProtocolError(f"an RTSP message with a body of {length} bytes; at most {MAX_BODY} are read")
    return length


def _refuse(what: str, text: str) -> NoReturn:
    raise ProtocolError(f"{what} that cannot be sent: {text[:80]!r}")


def _head(first_line: str, fields: Iterable[tuple[str, str]], body: bytes) -> bytes:
    lines = [first_line]
    for name, value in fields:
        if not _TOKEN.fullmatch(name):
            _refuse("a header name", name)
        if _UNFIT.search(value):
            _refuse(f"a value of {name}", value)
        lines.append(f"{name}: {value}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    try:
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    except UnicodeEncodeError:
        raise ProtocolError("a header outside latin-1 that cannot be sent") from None


def serialise_request(method: str, uri: str, fields: Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """Bytes of a request; Content-Length is added for a body. Raises ProtocolError for CR, LF, blanks in a URI."""
    if not re.fullmatch(r"[A-Z][A-Z_]{0,31}", method):
        _refuse("a method", method)
    if not re.fullmatch(r"[!-~]+", uri):
        _refuse("a URI", uri)
    return _head(f"{method} {uri} RTSP/1.0", fields, body)


def serialise_response(status: int, fields: Iterable[tuple[str, str]], body: bytes = b"", reason: str = "") -> bytes:
    """Bytes of a response; Content-Length is added for a body. Raises ProtocolError for CR or LF."""
    text = reason or _REASONS.get(status, "Unknown")
    if not 100 <= status <= 999 or _UNFIT.search(text):
        _refuse("a status line", f"{status} {text}")
    return _head(f"RTSP/1.0 {status} {text}", fields, body)
