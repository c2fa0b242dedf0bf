"""What DESCRIBE and SETUP bring: URLs, their credentials, tracks and interleaved channels (RFC 2326)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from vssx.errors import ProtocolError
from vssx.model.acquisition import Credentials
from vssx.rtsp.message import Response
from vssx.rtsp.sdp import MediaDescription, SessionDescription, control_urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Answer to DESCRIBE. ``base_url``: Content-Base, else Content-Location, else the URL that was asked."""

    session: SessionDescription
    base_url: str
    response: Response

    @property
    def aggregate_url(self) -> str:
        """URL for PLAY, PAUSE, TEARDOWN of the whole session."""
        return control_urls(self.base_url, self.session.control)[0]

    def track_urls(self, media: MediaDescription) -> tuple[str, ...]:
        """URLs to try for SETUP of ``media``, best first: recorders differ in what a control is relative to."""
        bases = (self.aggregate_url, self.base_url)
        return tuple(dict.fromkeys(url for base in bases for url in control_urls(base, media.control)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupResult:
    """Answer to SETUP: the URL that worked and the interleaved channels that the server chose."""

    url: str
    rtp_channel: int
    rtcp_channel: int
    response: Response


DEFAULT_PORTS: Final[Mapping[str, int]] = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


def netloc(host: str, port: int | None = None) -> str:
    """Host and port as they stand in a URL; an IPv6 address in brackets."""
    place = f"[{host}]" if ":" in host else host
    return place if port is None else f"{place}:{port}"


def split_url(url: str, *, schemes: tuple[str, ...] = ("rtsp", "rtsps")) -> tuple[str, Credentials | None]:
    """``url`` fit for a request line, without userinfo, and the credentials that stood in it.

    Recorders name these URLs: raises ProtocolError for anything but ``schemes``; the message shows no password.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise ProtocolError("the replay address is no URL", where=url.rpartition("@")[2][:80]) from None
    if parts.scheme not in schemes or not parts.hostname:
        raise ProtocolError(
            f"{parts.scheme or 'no scheme'}:// is not supported for replay",
            where=parts.hostname or "",
            next_step="Choose RTSP in the recorder's settings.",
        )
    credentials = None
    if parts.username is not None:
        credentials = Credentials(user=unquote(parts.username), password=unquote(parts.password or ""))
    clean = urlunsplit((parts.scheme, netloc(parts.hostname, port), parts.path, parts.query, ""))
    return quote(clean, safe="!#$%&'()*+,/:;=?@[]~"), credentials


def answered_with_tcp(transport: str) -> bool:
    """Whether a Transport header says interleaved, or RTP/AVP/TCP."""
    return bool(re.search(r"interleaved\s*=|RTP/AVP/TCP", transport, re.IGNORECASE))


def server_ports(transport: str, *, where: str = "") -> tuple[tuple[int, int] | None, str]:
    """RTP and RTCP port of the server in a Transport header that answers SETUP with UDP, None where it does not say;
    and the numeric address it says it sends from, "" where it says none.

    Raises ProtocolError for multicast.
    """
    if re.search(r"(?:^|;)\s*multicast\s*(?:;|$)", transport, re.IGNORECASE):
        raise ProtocolError(f"SETUP was answered with another transport: {transport[:80]!r}", where=where)
    source = re.search(r"(?:^|;)\s*source\s*=\s*\"?\[?([0-9A-Fa-f.:]{2,45})\]?\"?\s*(?:;|$)", transport, re.IGNORECASE)
    match = re.search(r"server_port\s*=\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?", transport, re.IGNORECASE | re.ASCII)
    address = source[1] if source else ""
    if match is None:
        return None, address
    first = int(match[1])
    second = int(match[2]) if match[2] else first + 1
    return ((first, second) if 0 < first <= 65535 and 0 < second <= 65535 else None), address


def told_ssrc(transport: str) -> int | None:
    """SSRC of the media that a Transport header announces (RFC 2326 section 12.39); None where it does not say."""
    match = re.search(r"(?:^|;)\s*ssrc\s*=\s*\"?([0-9A-F]{1,8})\"?\s*(?:;|,|$)", transport, re.IGNORECASE)
    return int(match[1], 16) if match else None


def interleaved_channels(transport: str, asked: int, *, where: str = "") -> tuple[int, int]:
    """RTP and RTCP channel of a Transport header that answers SETUP; ``asked`` where it does not say.

    Raises ProtocolError when it is no transport over TCP.
    """
    match = re.search(r"interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?", transport, re.IGNORECASE | re.ASCII)
    if match:
        first = int(match[1])
        second = int(match[2]) if match[2] else first + 1
        if first <= 255 and second <= 256:
            return first, second
    elif not transport or "tcp" in transport.lower():
        return asked, asked + 1
    raise ProtocolError(f"SETUP was answered with another transport: {transport[:80]!r}", where=where)
