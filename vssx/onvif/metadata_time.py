"""The first UtcTime of a metadata document, found without reading the document as XML. Pure."""

from __future__ import annotations

import re
import zlib

from vssx.times import from_xs_datetime

_LOOKED_AT = 1 << 16  # octets of a document that are looked at; frames and messages tell their time early
_PACKED = 1 << 20  # octets of a packed one that are unpacked for it at most
_UTC_TIME = re.compile(rb"(?<![\w.-])UtcTime\s*(?:=\s*[\"']|>)\s*([0-9TZ.:+-]{10,48})\s*[\"'<]")
_MAX_TIMES = 16  # of which none can be read


def first_utc_ns(document: bytes, encoding: str = "") -> int | None:
    """The first tt:UtcTime (attribute of tt:Frame and tt:Message, element of tt:PTZStatus) in ns UTC; None without one.

    ``encoding``: as in the sample entry: "" (XML), "gzip" or "exi". Looks at the first 64 KiB only, also of what gzip
    holds: a document that is cut, or is no XML at all, has the time that can be seen in it.
    """
    if encoding == "exi":
        return None
    head = _unpacked(document) if encoding == "gzip" else document[:_LOOKED_AT]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head[:4]:
        head = head.replace(b"\0", b"")  # UTF-16: what is looked for is ASCII
    for number, found in enumerate(_UTC_TIME.finditer(head)):
        if number == _MAX_TIMES:
            break
        try:
            return from_xs_datetime(found[1].decode("ascii"))
        except ValueError:
            continue
    return None


def _unpacked(document: bytes) -> bytes:
    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        return unpack.decompress(document[:_PACKED], _LOOKED_AT)
    except zlib.error:
        return b""
