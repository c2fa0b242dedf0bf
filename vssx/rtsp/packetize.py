"""Access units to RTP: H.264 (RFC 6184, mode 1), H.265 (RFC 7798), AAC (RFC 3640, AAC-hbr), ONVIF metadata.

``limit`` is the largest RTP payload in octets: the MTU less IP, UDP and RTP headers and the header extension.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vssx.errors import MalformedMediaError
from vssx.model.media import ReplayExtension
from vssx.rtsp.rtp import REPLAY_PROFILE, RtpPacket, serialise_replay_extension, serialise_rtp

DEFAULT_LIMIT = 1400
_SMALLEST_LIMIT = 16


def packetize_h264(nals: Sequence[bytes], limit: int = DEFAULT_LIMIT, *, aggregate: bool = True) -> list[bytes]:
    """Payloads that carry the NAL units of one access unit; small neighbours share an STAP-A unless told not to.

    Raises MalformedMediaError for an empty NAL unit, ValueError for a ``limit`` below 16.
    """
    payloads: list[bytes] = []
    for group in _groups(nals, limit, head=1, aggregate=aggregate):
        nal = group[0]
        kind = nal[0] & 0x1F
        if len(group) == 1 and len(nal) > limit:
            indicator, content = nal[0] & 0xE0 | 28, nal[1:]
            payloads += [bytes((indicator, flags | kind)) + part for flags, part in _fragments(content, limit - 2)]
        elif len(group) == 1 and 1 <= kind <= 23:
            payloads.append(nal)
        else:  # NAL unit types that RTP uses for its own ends travel inside an STAP-A
            head = max(each[0] & 0x60 for each in group) | (0x80 if any(each[0] & 0x80 for each in group) else 0) | 24
            payloads.append(bytes((head,)) + _sized(group))
    return payloads


def packetize_h265(nals: Sequence[bytes], limit: int = DEFAULT_LIMIT, *, aggregate: bool = True) -> list[bytes]:
    """Payloads that carry the NAL units of one access unit; small neighbours share an AP unless told not to.

    Raises MalformedMediaError for a NAL unit below 2 octets, ValueError for a ``limit`` below 16.
    """
    if any(len(nal) < 2 for nal in nals):
        raise MalformedMediaError("an H.265 NAL unit shorter than its header")
    payloads: list[bytes] = []
    for group in _groups(nals, limit, head=2, aggregate=aggregate):
        nal = group[0]
        kind = nal[0] >> 1 & 0x3F
        if len(group) == 1 and len(nal) > limit:
            head = bytes((nal[0] & 0x81 | 49 << 1, nal[1]))
            payloads += [head + bytes((flags | kind,)) + part for flags, part in _fragments(nal[2:], limit - 3)]
        elif len(group) == 1 and kind < 48:
            payloads.append(nal)
        else:
            layer = min((each[0] & 1) << 5 | each[1] >> 3 for each in group)
            temporal = min(each[1] & 7 for each in group)
            forbidden = max(each[0] & 0x80 for each in group)
            payloads.append(bytes((forbidden | 48 << 1 | layer >> 5, (layer & 31) << 3 | temporal)) + _sized(group))
    return payloads


def _groups(nals: Sequence[bytes], limit: int, *, head: int, aggregate: bool) -> Iterable[list[bytes]]:
    """NAL units that share a packet: neighbours, as long as all fit behind ``head`` octets."""
    if limit < _SMALLEST_LIMIT:
        raise ValueError(f"RTP payloads of {limit} octets are too small")
    group: list[bytes] = []
    size = head
    for nal in nals:
        if not nal:
            raise MalformedMediaError("an empty NAL unit")
        if group and (not aggregate or size + 2 + len(nal) > limit):
            yield group
            group, size = [], head
        group.append(nal)
        size += 2 + len(nal)
        if head + 2 + len(nal) > limit:  # alone, and perhaps as a fragmented or a plain packet
            yield group
            group, size = [], head
    if group:
        yield group


def _sized(nals: Iterable[bytes]) -> bytes:
    return b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def _fragments(content: bytes, limit: int) -> Iterable[tuple[int, bytes]]:
    last = (len(content) - 1) // limit
    for number in range(last + 1):
        flags = (0x80 if number == 0 else 0) | (0x40 if number == last else 0)
        yield flags, content[number * limit : (number + 1) * limit]


def packetize_aac(frame: bytes, limit: int = DEFAULT_LIMIT) -> list[bytes]:
    """One AAC frame with an AU header of sizelength 13 and indexlength 3, over several packets where it must.

    Raises MalformedMediaError for a frame that is empty or of 8192 octets and more, which 13 bits cannot tell.
    """
    if limit < _SMALLEST_LIMIT:
        raise ValueError(f"RTP payloads of {limit} octets are too small")
    head = _aac_headers([frame])
    step = limit - len(head)
    return [head + frame[start : start + step] for start in range(0, len(frame), step)]


def aggregate_aac(frames: Sequence[bytes]) -> bytes:
    """One payload with several whole AAC frames (RFC 3640 section 3.3.6). Raises MalformedMediaError as above."""
    return _aac_headers(frames) + b"".join(frames)


def _aac_headers(frames: Sequence[bytes]) -> bytes:
    if any(not 0 < len(frame) < 1 << 13 for frame in frames) or not 0 < len(frames) < 4096:
        raise MalformedMediaError("an AAC frame that is empty, or too large for RFC 3640's AAC-hbr")
    return (16 * len(frames)).to_bytes(2, "big") + b"".join((len(frame) << 3).to_bytes(2, "big") for frame in frames)


def packetize_metadata(document: bytes, limit: int = DEFAULT_LIMIT) -> list[bytes]:
    """A metadata document cut into payloads; the marker on the last one ends it."""
    if limit < 1:
        raise ValueError(f"RTP payloads of {limit} octets are too small")
    return [document[start : start + limit] for start in range(0, len(document), limit)]


@dataclass(slots=True, kw_only=True)
class RtpSender:
    """Makes the packets of one track. ``sequence``: that of the next packet; counts what a sender report tells."""

    payload_type: int
    ssrc: int
    sequence: int = 0
    packets: int = 0
    octets: int = 0

    def send(
        self,
        payloads: Sequence[bytes],
        timestamp: int,
        extension: ReplayExtension | None = None,
        *,
        extension_on_all: bool = False,
    ) -> list[bytes]:
        """RTP packets of one access unit: marker on the last, ``extension`` on the first (or on all of them)."""
        out = []
        content = serialise_replay_extension(extension) if extension is not None else b""
        for number, payload in enumerate(payloads):
            extended = extension is not None and (number == 0 or extension_on_all)
            packet = RtpPacket(
                self.payload_type,
                number == len(payloads) - 1,
                self.sequence,
                timestamp & 0xFFFFFFFF,
                self.ssrc,
                payload,
                REPLAY_PROFILE if extended else None,
                content if extended else b"",
            )
            out.append(serialise_rtp(packet))
            self.sequence = (self.sequence + 1) & 0xFFFF
            self.octets = (self.octets + len(payload)) & 0xFFFFFFFF
        self.packets = (self.packets + len(payloads)) & 0xFFFFFFFF
        return out
