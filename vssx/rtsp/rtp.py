"""RTP packets (RFC 3550), the ONVIF replay header extension, packets into their order."""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from typing import NamedTuple

from vssx.errors import MalformedMediaError
from vssx.model.media import ReplayExtension
from vssx.times import from_ntp, to_ntp

REPLAY_PROFILE = 0xABAC  # ONVIF Streaming Specification, Replay, "RTP header extension"
_FIXED = struct.Struct(">BBHII")
_EXTENSION = struct.Struct(">HH")
_REPLAY = struct.Struct(">QBBH")
_new = tuple.__new__


class RtpPacket(NamedTuple):
    """One RTP packet. A named tuple, not a dataclass: a million of them a second must be made.

    ``timestamp``: 32 bits in ticks of the payload's clock rate. ``extension_profile``: 16 bits, or None without a
    header extension; ``extension``: its content, whole 32-bit words, kept as received. ``padding``: octets of padding.
    """

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    extension_profile: int | None = None
    extension: bytes = b""
    csrc: tuple[int, ...] = ()
    padding: int = 0


def parse_rtp(data: bytes | memoryview) -> RtpPacket:
    """Parse one packet (RFC 3550 section 5.1). Raises MalformedMediaError when truncated or not version 2."""
    size = len(data)
    if size < 12:
        raise MalformedMediaError(f"an RTP packet of {size} octets; the header alone has 12")
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(data)
    if first == 0x80:
        # The plain case of a million packets a second; tuple.__new__ takes half the time of the class's own.
        payload = bytes(data[12:])
        return _new(RtpPacket, (second & 0x7F, second > 0x7F, sequence, timestamp, ssrc, payload, None, b"", (), 0))
    if first == 0x90 and size >= 16:  # nearly as plain: with an extension
        profile, words = _EXTENSION.unpack_from(data, 12)
        end = 16 + 4 * words
        if end <= size:
            content = bytes(data[16:end])
            payload = bytes(data[end:])
            return _new(
                RtpPacket,
                (second & 0x7F, second > 0x7F, sequence, timestamp, ssrc, payload, profile, content, (), 0),
            )
    if first & 0xC0 != 0x80:
        raise MalformedMediaError(f"an RTP packet of version {first >> 6}; only version 2 exists")
    position = 12 + 4 * (first & 0x0F)
    csrc: tuple[int, ...] = ()
    if first & 0x0F:
        if position > size:
            raise MalformedMediaError("an RTP packet that ends within its list of contributing sources")
        csrc = struct.unpack_from(f">{first & 0x0F}I", data, 12)
    profile, extension = None, b""
    if first & 0x10:
        if position + 4 > size:
            raise MalformedMediaError("an RTP packet that ends before its header extension")
        profile, words = _EXTENSION.unpack_from(data, position)
        start, position = position + 4, position + 4 + 4 * words
        if position > size:
            raise MalformedMediaError("an RTP packet that ends within its header extension")
        extension = bytes(data[start:position])
    padding = 0
    if first & 0x20:
        padding = data[size - 1]
        if padding == 0 or position + padding > size:
            raise MalformedMediaError(f"an RTP packet with {padding} octets of padding, which do not fit")
    payload = bytes(data[position : size - padding])
    return RtpPacket(
        second & 0x7F, second > 0x7F, sequence, timestamp, ssrc, payload, profile, extension, csrc, padding
    )


def plain_header(data: memoryview, position: int, size: int) -> int:
    """Octets of the header of a packet of ``size`` octets; 0 where more than an extension makes it a special one."""
    first = data[position] if size >= _FIXED.size else 0
    if first == 0x80:
        return _FIXED.size
    if first != 0x90 or size < _FIXED.size + _EXTENSION.size:
        return 0
    octets = _FIXED.size + _EXTENSION.size + 4 * (data[position + 14] << 8 | data[position + 15])
    return octets if octets <= size else 0


@lru_cache(maxsize=1024)  # a stream has few sizes of packets of which several follow each other
def _alike(head: int, between: int) -> re.Pattern[bytes]:
    return re.compile(rb"(?s:(..)..(.{%d})(?:.{%d}\1..\2)*)" % (head - 4, between))


MAX_ALIKE = 256
_ASCENDING = bytes(range(256)) * 3


def count_alike(data: memoryview, position: int, *, size: int, stride: int, head: int) -> int:
    """How many packets are like the one at ``position``: their first ``head`` octets are the same but for the sequence
    number, and that goes up by one. Itself counts; at most MAX_ALIKE are looked at.

    ``size``: of each packet; ``stride``: from one to the next. ``position`` leaves room for one at least.
    """
    found = _alike(head, stride - head).match(
        data, position, min(len(data), position + (MAX_ALIKE - 1) * stride + size)
    )
    assert found is not None
    count = (found.end() - position) // stride + 1
    high, low = data[position + 2], data[position + 3]
    end = position + count * stride
    carried = max(0, count - (256 - low))
    highs = bytes((high,)) * (count - carried) + bytes((high + 1 & 0xFF,)) * carried
    if data[position + 3 : end : stride] != _ASCENDING[low : low + count] or data[position + 2 : end : stride] != highs:
        return 1
    return count


def serialise_rtp(packet: RtpPacket) -> bytes:
    """Bytes of ``packet``; parse_rtp gives an equal packet back, unless the padding's own octets were not zero.

    Raises ValueError for fields out of range, an extension that is not whole words or without a profile, more than
    15 sources.
    """
    if len(packet.extension) % 4 or len(packet.csrc) > 15 or not 0 <= packet.padding <= 255:
        raise ValueError("extension not in whole words, too many contributing sources, or too much padding")
    if packet.extension and packet.extension_profile is None:
        raise ValueError("a header extension without its profile")
    first = 0x80 | len(packet.csrc)
    extension = b""
    if packet.extension_profile is not None:
        first |= 0x10
        extension = _EXTENSION.pack(packet.extension_profile, len(packet.extension) // 4) + packet.extension
    padding = b""
    if packet.padding:
        first |= 0x20
        padding = bytes(packet.padding - 1) + bytes([packet.padding])
    second = packet.payload_type | (0x80 if packet.marker else 0)
    try:
        header = _FIXED.pack(first, second, packet.sequence, packet.timestamp, packet.ssrc)
        sources = struct.pack(f">{len(packet.csrc)}I", *packet.csrc)
    except struct.error as error:
        raise ValueError(f"not an RTP packet: {error}") from None
    return header + sources + extension + packet.payload + padding


def replay_extension(packet: RtpPacket) -> ReplayExtension | None:
    """The 0xABAC extension of ``packet``, or None when it has another, none, or one shorter than 3 words."""
    if packet.extension_profile != REPLAY_PROFILE or len(packet.extension) < 12:
        return None
    ntp, flags, cseq, _ = _REPLAY.unpack_from(packet.extension)
    return ReplayExtension(
        ntp_time=ntp,
        utc_ns=from_ntp(ntp),
        clean_point=bool(flags & 0x80),
        end_of_section=bool(flags & 0x40),
        discontinuity=bool(flags & 0x20),
        terminal=bool(flags & 0x10),
        cseq=cseq,
    )


def serialise_replay_extension(extension: ReplayExtension) -> bytes:
    """The 3 words of a 0xABAC extension, without its 4-octet head. ``ntp_time`` counts, ``utc_ns`` is ignored."""
    flags = (
        (0x80 if extension.clean_point else 0)
        | (0x40 if extension.end_of_section else 0)
        | (0x20 if extension.discontinuity else 0)
        | (0x10 if extension.terminal else 0)
    )
    return _REPLAY.pack(extension.ntp_time, flags, extension.cseq, 0)


def make_replay_extension(
    utc_ns: int,
    *,
    cseq: int,
    clean_point: bool = False,
    end_of_section: bool = False,
    discontinuity: bool = False,
    terminal: bool = False,
) -> ReplayExtension:
    """The extension for a frame taken at ``utc_ns``; of ``cseq`` the low byte is kept."""
    ntp = to_ntp(utc_ns)
    return ReplayExtension(
        ntp_time=ntp,
        utc_ns=from_ntp(ntp),
        clean_point=clean_point,
        end_of_section=end_of_section,
        discontinuity=discontinuity,
        terminal=terminal,
        cseq=cseq & 0xFF,
    )
