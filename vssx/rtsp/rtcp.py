"""The little of RTCP that replay needs (RFC 3550 section 6): sender and receiver reports, BYE."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from vssx.errors import MalformedMediaError

_HEAD = struct.Struct(">BBH")
_SR, _RR, _SDES, _BYE = 200, 201, 202, 203


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """SR without its report blocks. ``ntp_time`` is no recording time: with rate control it is today's, else zero."""

    ssrc: int
    ntp_time: int
    rtp_timestamp: int
    packets: int
    octets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    """RR without report blocks: over TCP it only tells that the client lives."""

    ssrc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """BYE: these sources send no more."""

    ssrcs: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRtcp:
    """A packet of another type (SDES, APP, feedback), content left out."""

    packet_type: int


RtcpPacket = SenderReport | ReceiverReport | Bye | OtherRtcp


def parse_rtcp(data: bytes | memoryview) -> tuple[RtcpPacket, ...]:
    """All packets of a compound packet. Raises MalformedMediaError when truncated or not version 2."""
    data = bytes(data)
    packets: list[RtcpPacket] = []
    position = 0
    while position < len(data):
        if position + 4 > len(data):
            raise MalformedMediaError("an RTCP packet that ends within its header")
        first, packet_type, words = _HEAD.unpack_from(data, position)
        if first >> 6 != 2:
            raise MalformedMediaError(f"an RTCP packet of version {first >> 6}; only version 2 exists")
        end = position + 4 + 4 * words
        if end > len(data):
            raise MalformedMediaError("an RTCP packet shorter than it says")
        packets.append(_parse_one(packet_type, first & 0x1F, data[position + 4 : end]))
        position = end
    return tuple(packets)


def _parse_one(packet_type: int, count: int, content: bytes) -> RtcpPacket:
    try:
        if packet_type == _SR:
            ssrc, ntp, timestamp, packets, octets = struct.unpack_from(">IQIII", content)
            return SenderReport(ssrc=ssrc, ntp_time=ntp, rtp_timestamp=timestamp, packets=packets, octets=octets)
        if packet_type == _RR:
            return ReceiverReport(ssrc=struct.unpack_from(">I", content)[0])
        if packet_type == _BYE:
            ssrcs = struct.unpack_from(f">{count}I", content)
            rest = content[4 * count :]
            reason = rest[1 : 1 + rest[0]].decode("utf-8", "replace") if rest else ""
            return Bye(ssrcs=ssrcs, reason=reason)
    except struct.error:
        raise MalformedMediaError(f"an RTCP packet of type {packet_type} that is too short") from None
    return OtherRtcp(packet_type=packet_type)


def serialise_rtcp(*packets: SenderReport | ReceiverReport | Bye) -> bytes:
    """A compound packet of ``packets``, each without report blocks. Raises ValueError for more than 31 sources."""
    return b"".join(_serialise_one(packet) for packet in packets)


def _serialise_one(packet: SenderReport | ReceiverReport | Bye) -> bytes:
    if isinstance(packet, SenderReport):
        content = struct.pack(
            ">IQIII", packet.ssrc, packet.ntp_time, packet.rtp_timestamp, packet.packets, packet.octets
        )
        return _HEAD.pack(0x80, _SR, len(content) // 4) + content
    if isinstance(packet, ReceiverReport):
        return _HEAD.pack(0x80, _RR, 1) + struct.pack(">I", packet.ssrc)
    if len(packet.ssrcs) > 31:
        raise ValueError("a BYE names at most 31 sources")
    content = struct.pack(f">{len(packet.ssrcs)}I", *packet.ssrcs)
    if packet.reason:
        text = packet.reason.encode()[:255]
        content += bytes([len(text)]) + text
        content += bytes(-len(content) % 4)
    return _HEAD.pack(0x80 | len(packet.ssrcs), _BYE, len(content) // 4) + content


def source_description(ssrc: int, name: str) -> bytes:
    """SDES with a CNAME (RFC 3550 section 6.5.1), which a compound packet must hold beside its report."""
    text = name.encode()[:255]
    chunk = struct.pack(">IBB", ssrc, 1, len(text)) + text
    chunk += bytes(4 - len(chunk) % 4)  # at least one null ends the list of items
    return _HEAD.pack(0x81, _SDES, len(chunk) // 4) + chunk
