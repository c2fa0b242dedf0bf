"""SDP (RFC 8866) as RTSP servers send it: read with tolerance, written strictly; control URLs (RFC 2326 C.1.1)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from vssx.errors import ProtocolError

MAX_SDP = 256 * 1024
MAX_MEDIA = 128
Attributes = tuple[tuple[str, str | None], ...]
_STATIC: Final[Mapping[int, tuple[str, int]]] = {  # RFC 3551 section 6; 2 stood for G.721 in RFC 1890, the same code
    0: ("PCMU", 8000), 2: ("G726-32", 8000), 3: ("GSM", 8000), 4: ("G723", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000),
    10: ("L16", 44100), 11: ("L16", 44100), 14: ("MPA", 90000), 18: ("G729", 8000), 26: ("JPEG", 90000),
    31: ("H261", 90000), 32: ("MPV", 90000), 33: ("MP2T", 90000), 34: ("H263", 90000),
}  # fmt: skip
_STEREO = 10  # of the static ones only L16 comes with two channels
_RTPMAP = re.compile(r"\s*(\d{1,3})\s+([^\s/]+)\s*(?:/\s*(\d{1,9}))?\s*(?:/\s*(\d{1,3}))?\s*", re.ASCII)
_LINE = re.compile(r"[^\x00\r\n]*")
_MEDIA = re.compile(r"(\S+)\s+(\d{1,5})(?:/\d+)?\s+(\S+)\s*(.*)", re.ASCII)


def _first(attributes: Attributes, name: str) -> str | None:
    return next((value or "" for key, value in attributes if key.lower() == name), None)


def _direction(attributes: Attributes) -> str:
    known = ("sendrecv", "sendonly", "recvonly", "inactive")
    return next((key.lower() for key, _ in attributes if key.lower() in known), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpMap:
    """a=rtpmap: ``encoding`` as sent (names compare without case), ``clock_rate`` in Hz, ``channels``."""

    encoding: str
    clock_rate: int
    channels: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDescription:
    """One m= section. ``attributes``: every a= line in order, value None for a flag; ``other``: further lines."""

    media: str
    port: int = 0
    protocol: str = "RTP/AVP"
    formats: tuple[str, ...] = ()
    attributes: Attributes = ()
    other: tuple[tuple[str, str], ...] = ()

    @property
    def payload_type(self) -> int | None:
        """The first RTP payload type."""
        first = self.formats[0] if self.formats else ""
        return int(first) if first.isascii() and first.isdigit() and len(first) <= 3 and int(first) < 128 else None

    @property
    def rtpmap(self) -> RtpMap | None:
        """Mapping of the first payload type; for static ones (RFC 3551) without a=rtpmap what they stand for."""
        for key, value in self.attributes:
            match = _RTPMAP.fullmatch(value or "") if key.lower() == "rtpmap" else None
            if match and int(match[1]) == self.payload_type and int(match[3] or 1) > 0:
                rate = int(match[3] or (90000 if self.media == "video" else 8000))
                return RtpMap(encoding=match[2], clock_rate=rate, channels=int(match[4] or 1))
        static = _STATIC.get(-1 if self.payload_type is None else self.payload_type)
        channels = 2 if self.payload_type == _STEREO else 1
        return RtpMap(encoding=static[0], clock_rate=static[1], channels=channels) if static else None

    @property
    def encoding(self) -> str:
        """Encoding name in lower case, "" when unknown."""
        mapping = self.rtpmap
        return mapping.encoding.lower() if mapping else ""

    @property
    def fmtp(self) -> Mapping[str, str]:
        """Parameters of a=fmtp of the first payload type, names in lower case; of repeated ones the first counts."""
        parameters: dict[str, str] = {}
        for key, value in self.attributes:
            number, _, text = (value or "").strip().partition(" ")
            if key.lower() != "fmtp" or number != str(self.payload_type):
                continue
            for part in text.split(";"):
                name, _, content = part.partition("=")
                if name.strip():
                    parameters.setdefault(name.strip().lower(), content.strip())
        return parameters

    @property
    def control(self) -> str:
        """a=control, "" without."""
        return (_first(self.attributes, "control") or "").strip()

    @property
    def track_reference(self) -> str:
        """a=x-onvif-track: the token of the recording's track, "" without."""
        return (_first(self.attributes, "x-onvif-track") or "").strip()

    @property
    def direction(self) -> str:
        """sendrecv, sendonly, recvonly, inactive, or "" when nothing is said."""
        return _direction(self.attributes)

    def attribute(self, name: str) -> str | None:
        """Value of the first a= line of this name ("" for a flag), or None."""
        return _first(self.attributes, name.lower())

    def parameter_sets(self) -> tuple[bytes, ...]:
        """NAL units of sprop-parameter-sets (RFC 6184) or sprop-vps, -sps, -pps (RFC 7798), in this order.

        What is no base64 is left out: the sets may come in band.
        """
        fmtp = self.fmtp
        names = ("sprop-parameter-sets",) if self.encoding == "h264" else ("sprop-vps", "sprop-sps", "sprop-pps")
        texts = [text for name in names for text in fmtp.get(name, "").strip('"').split(",")]
        return tuple(nal for text in texts if (nal := _base64(text)))

    def config(self) -> bytes:
        """AudioSpecificConfig of fmtp config (RFC 3640, hexadecimal). Raises ProtocolError when it is none."""
        text = self.fmtp.get("config", "").strip('"')
        try:
            data = bytes.fromhex(text) if text.isascii() else b""
        except ValueError:
            data = b""
        if not data:
            raise ProtocolError(f"the audio description has no usable config: {text[:40]!r}")
        return data

    @property
    def donl(self) -> bool:
        """Whether H.265 packets carry decoding order numbers (RFC 7798 section 4.4.1)."""
        return any(
            self.fmtp.get(name, "0").strip() not in ("", "0")
            for name in ("sprop-max-don-diff", "sprop-depack-buf-nalus")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDescription:
    """A whole description. ``other``: session lines besides o=, s=, t= and a=, in order."""

    name: str = " "
    origin: str = "- 0 0 IN IP4 0.0.0.0"
    time: str = "0 0"
    attributes: Attributes = ()
    other: tuple[tuple[str, str], ...] = ()
    media: tuple[MediaDescription, ...] = ()

    @property
    def control(self) -> str:
        """a=control of the session, "" without."""
        return (_first(self.attributes, "control") or "").strip()

    @property
    def range(self) -> str:
        """a=range of the session, "" without."""
        return (_first(self.attributes, "range") or "").strip()

    def attribute(self, name: str) -> str | None:
        """Value of the first session-level a= line of this name ("" for a flag), or None."""
        return _first(self.attributes, name.lower())


def _base64(text: str) -> bytes:
    text = text.strip()
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _lines(data: bytes) -> Iterator[tuple[str, str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    for line in re.split(r"[\r\n\x00]+", text):
        kind, equals, value = line.lstrip(" \t").partition("=")
        if equals and len(kind) == 1:
            yield kind, value


def _attribute(value: str) -> tuple[str, str | None]:
    name, colon, content = value.partition(":")
    return name.strip(), content if colon else None


def parse_sdp(data: bytes) -> SessionDescription:
    """Read a description. Lines that make no sense are passed over; UTF-8, else latin-1.

    Raises ProtocolError when it is no SDP at all, above 256 KiB, or has more than 128 media.
    """
    if len(data) > MAX_SDP:
        raise ProtocolError(f"a session description of {len(data)} bytes; at most {MAX_SDP} are read")
    fields = {"o": SessionDescription().origin, "s": SessionDescription().name, "t": SessionDescription().time}
    seen: set[str] = set()
    session_attributes: list[tuple[str, str | None]] = []
    session_other: list[tuple[str, str]] = []
    media: list[MediaDescription] = []
    head: re.Match[str] | None = None
    attributes, other = session_attributes, session_other

    def close() -> None:
        if head is not None:
            media.append(
                MediaDescription(
                    media=head[1].lower(),
                    port=min(int(head[2]), 0xFFFF),
                    protocol=head[3],
                    formats=tuple(head[4].split()),
                    attributes=tuple(attributes),
                    other=tuple(other),
                )
            )

    for kind, value in _lines(data):
        if kind == "m":
            match = _MEDIA.fullmatch(value.strip())
            close()
            # Behind an m= line that cannot be read its attributes belong to nothing.
            head, attributes, other = match, [], []
            if len(media) >= MAX_MEDIA:
                raise ProtocolError(f"a session description with more than {MAX_MEDIA} media")
        elif kind == "a":
            attributes.append(_attribute(value))
        elif kind in fields and other is session_other and kind not in seen:
            fields[kind] = value
        elif kind != "v":
            other.append((kind, value))
        seen.add(kind)
    close()
    if not seen & {"v", "m"}:
        raise ProtocolError(f"this is no session description: {data[:40]!r}")
    return SessionDescription(
        name=fields["s"],
        origin=fields["o"],
        time=fields["t"],
        attributes=tuple(session_attributes),
        other=tuple(session_other),
        media=tuple(media),
    )


def build_sdp(session: SessionDescription) -> bytes:
    """Bytes of a description in RFC 8866 order. Raises ProtocolError for values with line breaks."""
    before = [line for line in session.other if line[0] in "iuepcb"]
    after = [line for line in session.other if line[0] not in "iuepcb"]
    lines = [("v", "0"), ("o", session.origin), ("s", session.name), *before, ("t", session.time), *after]
    lines += [("a", _attribute_text(*each)) for each in session.attributes]
    for each in session.media:
        lines.append(("m", f"{each.media} {each.port} {each.protocol} {' '.join(each.formats)}".rstrip()))
        lines += each.other
        lines += [("a", _attribute_text(*attribute)) for attribute in each.attributes]
    for kind, value in lines:
        if len(kind) != 1 or not _LINE.fullmatch(value):
            raise ProtocolError(f"a line that cannot stand in a session description: {value[:80]!r}")
    return "".join(f"{kind}={value}\r\n" for kind, value in lines).encode()


def _attribute_text(name: str, value: str | None) -> str:
    return name if value is None else f"{name}:{value}"


def control_urls(base: str, control: str) -> tuple[str, ...]:
    """URLs to try for a control attribute, best first.

    ``base``: Content-Base, else Content-Location, else the URL of DESCRIBE. RFC 2326 says "relative URL", but servers
    and players append: that comes first. Behind a query it is disputed, so the control before the query and without
    it follow. An absolute control stays as it is, even when it names another host: it goes over the same connection.
    Raises ProtocolError for a ``base`` that is no URL.
    """
    control = control.strip()
    if control in ("", "*"):
        return (base,)
    if re.match(r"rtsp[su]?://", control, re.IGNORECASE):
        return (control,)
    try:
        parts = urlsplit(base)
    except ValueError:
        raise ProtocolError(f"this is no URL: {base[:80]!r}") from None
    if control.startswith("?"):
        appended = base.split("?")[0].rstrip("/") + control
    elif control.startswith("/") and len(parts.path) > 1:
        # Both readings exist: an absolute path of the server, and a careless relative one.
        return (urlunsplit((parts.scheme, parts.netloc, "", "", "")) + control, base.rstrip("/") + control)
    else:
        appended = base.rstrip("/") + "/" + control.lstrip("/")
    if not parts.query:
        return (appended,)
    path = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/" + control.lstrip("/"), "", ""))
    glue = "&" if "?" in control else "?"
    return tuple(dict.fromkeys((appended, f"{path}{glue}{parts.query}", path)))
