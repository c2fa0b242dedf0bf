"""tt:MetadataStream documents (ONVIF Streaming, "Metadata"; ONVIF Analytics): reading, bounded and tolerant.

Elements are found by their local names, whatever their prefix or namespace. Objects and PTZ positions are in
``scene``.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vssx import xml
from vssx.errors import MalformedMetadataError, ProtocolError, UnsupportedMediaError
from vssx.model.recording import Notification
from vssx.onvif.notification import read_notification

MAX_BYTES = xml.MAX_BYTES
"""Of a document after unpacking."""
ROOT = "MetadataStream"
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_MEMBERS = 1024
_PIECE = 1 << 16
_ZEROS = re.compile(rb"\0*")
_EXI_COOKIE = b"$EXI"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataDocument:
    """A document that could be read.

    ``content``: the document in UTF-8, unpacked, less byte order mark and XML declaration. ``tolerated``: what had to
    be overlooked to read it; then ``content`` is not well-formed. "" where nothing had.
    """

    root: xml.Element = field(repr=False)
    content: bytes = field(repr=False)
    tolerated: str = ""


def read_document(data: bytes, encoding: str = "") -> MetadataDocument:
    """Read a sample of a metadata track. ``encoding``: "" (XML), "gzip" or "exi", as its sample entry says.

    What begins like gzip is unpacked, whatever ``encoding`` says. Raises MalformedMetadataError for what is no
    well-formed XML (prefixes that nobody declared and single bytes that are not UTF-8 are overlooked, and told), has
    another root, a document type declaration, more than ``MAX_BYTES`` or too much depth; UnsupportedMediaError for EXI.
    """
    if encoding == "exi" or data.startswith(_EXI_COOKIE):
        raise UnsupportedMediaError("metadata encoded as EXI is not decoded")
    if data.startswith(_GZIP_MAGIC):
        data = _unpacked(data)
    try:
        root, tolerant, tolerated = xml.parse(data, error=MalformedMetadataError), False, ""
    except MalformedMetadataError as problem:
        root, tolerant, tolerated = xml.parse(data, tolerant=True, error=MalformedMetadataError), True, problem.message
    if xml.local_name(root) != ROOT:
        raise MalformedMetadataError(f"the root is {xml.local_name(root)[:100]!r}, not {ROOT}")
    content = xml.content(data, tolerant=tolerant, error=MalformedMetadataError)
    return MetadataDocument(root=root, content=content, tolerated=tolerated)


def _unpacked(data: bytes) -> bytes:
    """RFC 1952; several members are joined, zeros behind them are dropped."""
    parts, size, position, members = [], 0, 0, 0
    view = memoryview(data)
    while position < len(data):
        members += 1
        if members > _MAX_MEMBERS:
            raise MalformedMetadataError(f"gzip of more than the {_MAX_MEMBERS} members that are read")
        unpacker = zlib.decompressobj(wbits=31)
        while not unpacker.eof:
            piece = view[position : position + _PIECE]  # zlib copies what lies behind the member
            if not piece:
                raise MalformedMetadataError("gzip that ends too early")
            try:
                parts.append(unpacker.decompress(piece, MAX_BYTES + 1 - size))
            except zlib.error as problem:
                raise MalformedMetadataError(f"gzip that cannot be unpacked: {problem}") from None
            size += len(parts[-1])
            if size > MAX_BYTES:
                raise MalformedMetadataError(f"gzip that unpacks to more than the {MAX_BYTES} bytes that are read")
            position += len(piece) - len(unpacker.unused_data)
        zeros = _ZEROS.match(data, position)
        position = zeros.end() if zeros else position
    return b"".join(parts)


def notifications(
    document: MetadataDocument, refused: Callable[[ProtocolError], None] | None = None
) -> Iterator[Notification]:
    """Every notification of the document's tt:Event, in order.

    One that cannot be read is told to ``refused``; without ``refused`` its ProtocolError is raised.
    """
    for element in notification_elements(document):
        try:
            yield read_notification(element)
        except ProtocolError as problem:
            if refused is None:
                raise
            refused(problem)


def notification_elements(document: MetadataDocument) -> Iterator[xml.Element]:
    """Every element of the document's tt:Event that stands for a notification."""
    for stream in xml.children(document.root, "Event"):
        yield from xml.children(stream, "NotificationMessage")
