"""RTP payloads back to ONVIF metadata documents (ONVIF Streaming, "RTP payload format for metadata")."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace

from vssx.errors import MalformedMediaError
from vssx.rtsp.rtp import RtpPacket
from vssx.rtsp.units import GroupingDepacketizer, RawUnit, UnitBuilder

MAX_DOCUMENT = 16 << 20
"""Octets of an access unit of metadata; a document is at most a second of what a camera says."""
_MANY = 4096  # fragments that are kept apart; documents that are told apart
_UNPACKED = MAX_DOCUMENT  # octets of packed documents that are looked through for where they end
_MAX_MEMBERS = 4096  # gzip members of an access unit that are told apart
_PIECE = 1 << 16

_HEAD = rb"\s*(?:\xef\xbb\xbf\s*)?<(?:\?xml[\s?]|(?:[\w.-]+:)?MetadataStream[\s/>])"
_DOCUMENT_START = re.compile(_HEAD + rb"|\x1f\x8b\x08")
_NEXT = re.compile(_HEAD)
_ONE_BEHIND_ANOTHER = re.compile(rb"(?:MetadataStream\s*|/)>" + _HEAD)
_TAG = re.compile(rb"<!--|<!\[CDATA\[|</(?:[\w.-]+:)?MetadataStream\s*>|<(?:[\w.-]+:)?MetadataStream(?:\s[^<>]*)?/>")
_HIDING = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}  # what may hide tags, and how it ends
_NAME = b"MetadataStream"
_SPACE = re.compile(rb"\s*")
_WHOLE = re.compile(rb"(?:MetadataStream\s*|/)>\s*\Z")


class MetadataDepacketizer(GroupingDepacketizer):
    """An access unit of metadata as one element; ``documents_of`` takes it apart.

    A document ends at the marker. Where recorders set it wrongly the start of the next document decides.
    """

    __slots__ = ("_hole",)

    def __init__(self) -> None:
        super().__init__()
        self._hole = False  # packets are missing before the next one, perhaps one with a marker

    def _continues(self, unit: UnitBuilder, packet: RtpPacket) -> bool:
        starts = _DOCUMENT_START.match(packet.payload) is not None
        hole, self._hole = self._hole, False
        if hole and starts:
            return False
        if packet.timestamp != unit.timestamp:
            return not unit.marker and not starts
        return super()._continues(unit, packet) and not (unit.marker and starts)

    def _content(self, unit: UnitBuilder, payload: bytes) -> None:
        if unit.size + len(payload) > MAX_DOCUMENT:
            raise MalformedMediaError(
                f"metadata of more than {MAX_DOCUMENT} octets in one access unit",
                where=f"RTP timestamp {unit.timestamp}",
            )
        unit.size += len(payload)
        unit.nals.append(payload)
        if len(unit.nals) > _MANY:  # a small one costs more than it holds
            unit.nals[:] = [b"".join(unit.nals)]

    def _interrupt(self) -> None:
        self._hole = True

    def _close(self, unit: UnitBuilder) -> None:
        if unit.nals:
            unit.nals = [b"".join(unit.nals)]


def documents_of(unit: RawUnit) -> list[RawUnit]:
    """A unit for each document of an access unit. What was lost or wrong is told with the first of them: nobody knows
    where it was."""
    first, *others = documents_in(b"".join(unit.nal_units))
    if not others:
        return [unit]
    plain = replace(unit, damaged=False, lost_packets=0, restarted=False, problems=())
    return [replace(unit, nal_units=(first,)), *(replace(plain, nal_units=(one,)) for one in others)]


def documents_in(payload: bytes) -> list[bytes]:
    """The documents of an access unit, in their order; together they are all of its bytes.

    What cannot be told apart stays together.
    """
    if payload.startswith(b"\x1f\x8b"):
        return _packed(payload)
    if _is_single(payload) or _ONE_BEHIND_ANOTHER.search(payload) is None:
        return [payload]
    documents: list[bytes] = []
    start = position = 0
    while len(documents) < _MANY and (tag := _TAG.search(payload, position)) is not None:
        position = tag.end()
        hides = _HIDING.get(tag[0])
        if hides is not None:
            position = payload.find(hides, position)
            if position < 0:
                break
        elif _NEXT.match(payload, position) is not None:
            space = _SPACE.match(payload, position)
            assert space is not None
            position = space.end()
            documents.append(payload[start:position])
            start = position
    return [*documents, payload[start:]]


def _is_single(payload: bytes) -> bool:
    """Plainly one document: the tag that begins it and the one that ends it, or less. What most of them are."""
    count = payload.count(_NAME)
    if count != 2:
        return count < 2
    tag = payload.rfind(b"<", 0, payload.rfind(_NAME))
    return payload[tag : tag + 2] == b"</"


def _packed(payload: bytes) -> list[bytes]:
    """Documents of which each is a gzip member (RFC 1952); one may also be of several."""
    documents: list[bytes] = []
    start, position, room, members = 0, 0, _UNPACKED, 0
    while members < _MAX_MEMBERS and payload.find(b"\x1f\x8b\x08", position + 1) > 0:  # else there is but one
        members += 1
        found = _member(payload, position, room)
        if found is None or not payload.startswith(b"\x1f\x8b", found[0]):
            break
        position, tail, unpacked = found
        room -= unpacked
        if _WHOLE.search(tail):
            documents.append(payload[start:position])
            start = position
    return [*documents, payload[start:]]


def _member(payload: bytes, start: int, room: int) -> tuple[int, bytes, int] | None:
    """Where the gzip member at ``start`` ends, the last octets that it holds, and how many it holds; None where nobody
    can tell, or where it holds more than ``room``."""
    unpack, view = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS), memoryview(payload)
    position, tail, unpacked = start, b"", 0
    while not unpack.eof:
        data: bytes | memoryview = view[position : position + _PIECE]
        if not data:
            return None
        position += len(data)
        while data and not unpack.eof:
            try:
                content = unpack.decompress(data, _PIECE)
            except zlib.error:
                return None
            tail, unpacked = (tail + content)[-256:], unpacked + len(content)
            if unpacked > room:
                return None
            data = unpack.unconsumed_tail
    return position - len(unpack.unused_data), tail, unpacked
