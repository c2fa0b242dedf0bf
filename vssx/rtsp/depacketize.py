"""RTP payloads back to access units: H.264 (RFC 6184), H.265 (RFC 7798); other formats in modules beside it."""

from __future__ import annotations

from functools import lru_cache

from vssx.errors import UnsupportedMediaError
from vssx.rtsp.depacketize_aac import AacDepacketizer
from vssx.rtsp.packet_order import SequenceTracker
from vssx.rtsp.rtp import MAX_ALIKE, RtpPacket, count_alike, plain_header
from vssx.rtsp.units import Depacketizer, GroupingDepacketizer, RawUnit, UnitBuilder

__all__ = [
    "AacDepacketizer",
    "Depacketizer",
    "H264Depacketizer",
    "H265Depacketizer",
    "NalDepacketizer",
    "RawUnit",
]


_NO_EXTENSION = 12  # octets of a header without one
_MANY = 4096  # fragments that are kept apart


@lru_cache(maxsize=64)  # as many as count_alike looks at
def _contents(head: int, size: int, stride: int) -> tuple[slice, ...]:
    """Where the contents of packets of a run lie."""
    return tuple(slice(at + head, at + size) for at in range(0, MAX_ALIKE * stride, stride))


class NalDepacketizer(GroupingDepacketizer):
    """NAL units out of single, aggregation and fragmentation packets."""

    __slots__ = ("_fragments", "_head", "_open")

    def __init__(self) -> None:
        super().__init__()
        self._fragments: list[bytes | bytearray] = []
        self._open = False  # a fragmented NAL unit was begun and not ended
        # What the packet handed out last had before and behind its sequence number, up to the flags of its fragment,
        # and these: as take_alike found it, None when another came since.
        self._head: tuple[memoryview, memoryview, int] | None = None

    def push(self, packet: RtpPacket, *, lost_before: int | None) -> list[RawUnit]:
        """Take the next packet in order; get the units that are over now. Raises UnsupportedMediaError."""
        self._head = None
        return super().push(packet, lost_before=lost_before)

    def flush(self) -> list[RawUnit]:
        """The unit still held."""
        self._head = None
        return super().flush()

    def take_alike(
        self, data: memoryview, position: int, *, size: int, stride: int, tracker: SequenceTracker, payload_type: int
    ) -> int:
        """The fast way: packets of a run that can only be further fragments of the NAL unit in progress, all at once.

        The packet at ``position`` was pushed. Returns how many of those behind it were taken, exactly as ``push`` would
        have; ``tracker`` is advanced. What is in any way special is left to ``push``.
        """
        unit = self._unit
        first = position + stride
        if not self._open or unit is None or unit.marker or first + size > len(data):
            return 0
        header = plain_header(data, position, size)
        head = header + self._fragment_head(data[position + header]) if header else 0
        if head <= header or size <= head or data[position + 1] != payload_type:
            return 0
        expected = bytearray(data[position : position + head])
        flags = expected.pop()
        if (
            flags & 0x40
            or int.from_bytes(expected[4:8], "big") != unit.timestamp
            or not tracker.is_last(int.from_bytes(expected[2:4], "big"), int.from_bytes(expected[8:12], "big"))
            or (header > _NO_EXTENSION and expected[16:header] != unit.extension_bytes)
        ):
            return 0
        expected.append(flags & 0x7F)
        following = data[first : first + head]
        if following[:2] != expected[:2] or following[4:] != expected[4:]:
            return 0
        sequence = int.from_bytes(expected[2:4], "big")
        if following[2] << 8 | following[3] != (sequence + 1) & 0xFFFF:
            return 0
        count = count_alike(data, first, size=size, stride=stride, head=head)
        if not unit.fits(count * (size - head)):
            return 0  # ``push`` finds out where it ends
        unit.grow(count * (size - head))
        contents = _contents(head, size, stride)[:count]
        self._fragments.append(b"".join(map(data[first:].__getitem__, contents)))
        tracker.advance(count)
        self._head = following[:2], following[4 : head - 1], following[head - 1]
        return count

    def take_last(self, data: memoryview, tracker: SequenceTracker) -> bool:
        """The fast way, for the packet behind those that ``take_alike`` took: plainly the end of their NAL unit?

        If so, it is taken exactly as ``push`` would have, and ``tracker`` is advanced.
        """
        if self._head is None:
            return False
        first, rest, flags = self._head
        unit, head = self._unit, 5 + len(rest)
        content = len(data) - head
        if (
            unit is None
            or content < 1
            or data[head - 1] != flags | 0x40
            or data[4 : head - 1] != rest
            or data[0] != first[0]
            or data[1] & 0x7F != first[1]
            or not tracker.is_next(data[2] << 8 | data[3])
            or not unit.fits(content)
        ):
            return False
        extension = unit.extension
        if extension is not None and (extension.end_of_section or extension.terminal):
            return False  # a marker may end the unit at once
        unit.grow(content)
        self._fragments.append(bytes(data[head:]))
        self._end(unit)
        unit.marker = data[1] > 0x7F
        tracker.advance(1)
        self._head = None
        return True

    def _fragment_head(self, octet: int) -> int:
        """How many octets of the payload stand before the content of a fragment that is not the first one of its NAL
        unit, by the first of them; 0 when it is no fragment."""
        raise NotImplementedError

    def _continues(self, unit: UnitBuilder, packet: RtpPacket) -> bool:
        # Cameras store samples of SEIs alone with the time of the picture before: there the marker is right.
        return super()._continues(unit, packet) and not (unit.marker and self._starts_next(unit, packet.payload))

    def _starts_next(self, unit: UnitBuilder, payload: bytes) -> bool:
        """Whether the payload begins with a NAL unit that cannot follow the slices of the same access unit."""
        raise NotImplementedError

    def _whole(self, unit: UnitBuilder, nal: bytes) -> None:
        if self._open:
            self._end_forgotten(unit)
        unit.grow(len(nal))
        unit.nals.append(nal)

    def _fragmented(self, unit: UnitBuilder, flags: int, content: bytes, head: tuple[int, ...]) -> None:
        """``flags``: bit 7 starts, bit 6 ends a NAL unit; ``head``: the octets of the NAL unit's header."""
        if flags & 0x80:
            if self._open:
                self._end_forgotten(unit)
            self._fragments.append(bytes(head))
            self._open = True
        elif not self._open:
            unit.problem("a fragment of a NAL unit whose start is missing")
            return
        unit.grow(len(content))
        self._fragments.append(content)
        if len(self._fragments) > _MANY:  # a small one costs more than it holds
            gathered = self._fragments[0]
            gathered = gathered if isinstance(gathered, bytearray) else bytearray(gathered)
            gathered += b"".join(self._fragments[1:])
            self._fragments[:] = [gathered]
        if flags & 0x40:
            self._end(unit)

    def _end(self, unit: UnitBuilder) -> None:
        unit.nals.append(b"".join(self._fragments))
        self._fragments.clear()
        self._open = False

    def _end_forgotten(self, unit: UnitBuilder) -> None:
        """No packet is missing, so all of it is there; only the end bit is."""
        unit.problem("a fragmented NAL unit without its end bit")
        self._end(unit)

    def _interrupt(self) -> None:
        if self._open and self._unit is not None:
            self._unit.problem("a NAL unit was given up as fragments of it are missing")
        self._fragments.clear()
        self._open = False

    def _close(self, unit: UnitBuilder) -> None:
        if self._open:
            self._end_forgotten(unit)

    def _aggregated(self, unit: UnitBuilder, payload: bytes, position: int, skip: int = 0) -> None:
        """NAL units each behind its 16-bit size; ``skip`` octets stand before each size but the first."""
        size = len(payload)
        first = True
        while position < size:
            start = position + (0 if first else skip) + 2
            length = int.from_bytes(payload[start - 2 : start], "big") if start <= size else 0
            if length == 0 or start + length > size:
                if any(payload[position:]):  # zeros at the end are padding of careless senders
                    unit.problem("an aggregation packet that is cut short")
                return
            self._whole(unit, payload[start : start + length])
            position, first = start + length, False


class H264Depacketizer(NalDepacketizer):
    """RFC 6184 in packetization modes 0 and 1: single NAL unit packets, STAP-A, FU-A."""

    __slots__ = ()

    def _fragment_head(self, octet: int) -> int:
        return 2 if octet & 0x1F == 28 else 0

    def _starts_next(self, unit: UnitBuilder, payload: bytes) -> bool:
        kind = payload[0] & 0x1F if payload else 0
        if kind in (24, 28) and len(payload) > 3:
            kind = payload[3 if kind == 24 else 1] & 0x1F
        # ITU-T H.264 clause 7.4.1.2.3: SEI, parameter sets, access unit delimiter, 14 to 18
        return kind in (6, 7, 8, 9, 14, 15, 16, 17, 18) and any(1 <= nal[0] & 0x1F <= 5 for nal in unit.nals)

    def _content(self, unit: UnitBuilder, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if kind == 28:
            if len(payload) < 3:
                unit.problem("an FU-A packet that is cut short")
                return
            flags = payload[1]
            self._fragmented(unit, flags, payload[2:], (payload[0] & 0xE0 | flags & 0x1F,))
        elif 1 <= kind <= 23:
            self._whole(unit, payload)
        elif kind == 24:
            self._aggregated(unit, payload, 1)
        elif kind in (25, 26, 27, 29):
            raise UnsupportedMediaError(
                "H.264 in packetization mode 2 (interleaved) is not carried",
                where=f"RTP timestamp {unit.timestamp}",
                next_step="Set the recorder to packetization mode 1.",
            )
        else:
            unit.problem(f"a packet of the reserved type {kind} was left out")


class H265Depacketizer(NalDepacketizer):
    """RFC 7798: single NAL unit packets, AP, FU. ``donl``: decoding order numbers are present, as the SDP's
    sprop-max-don-diff (or sprop-depack-buf-nalus) above 0 tells; only where decoding order is sending order."""

    __slots__ = ("_donl", "_last_don")

    def __init__(self, *, donl: bool = False) -> None:
        super().__init__()
        self._donl = donl
        self._last_don: int | None = None

    def _fragment_head(self, octet: int) -> int:
        return 3 if octet >> 1 & 0x3F == 49 else 0

    def _starts_next(self, unit: UnitBuilder, payload: bytes) -> bool:
        kind = payload[0] >> 1 & 0x3F if payload else 0
        at = 6 if self._donl else 4
        if kind == 48 and len(payload) > at:
            kind = payload[at] >> 1 & 0x3F
        elif kind == 49 and len(payload) > 2:
            kind = payload[2] & 0x3F
        # ITU-T H.265 clause 7.4.2.4.4: parameter sets, access unit delimiter, prefix SEI, 41 to 44 and 48 to 55
        return (32 <= kind <= 35 or kind == 39 or 41 <= kind <= 44 or 48 <= kind <= 55) and any(
            nal[0] >> 1 & 0x3F < 32 for nal in unit.nals
        )

    def _content(self, unit: UnitBuilder, payload: bytes) -> None:
        kind = payload[0] >> 1 & 0x3F
        if kind == 49:
            self._fragment_packet(unit, payload)
        elif kind < 48:
            if len(payload) < (4 if self._donl else 2):
                unit.problem("an H.265 packet that is cut short")
            elif self._donl:
                self._order(unit, payload[2:4])
                self._whole(unit, payload[:2] + payload[4:])
            else:
                self._whole(unit, payload)
        elif kind == 48:
            if self._donl:
                self._order(unit, payload[2:4])
            self._aggregated(unit, payload, 4 if self._donl else 2, 1 if self._donl else 0)
        elif kind == 50:
            raise UnsupportedMediaError(
                "H.265 in PACI packets is not carried",
                where=f"RTP timestamp {unit.timestamp}",
                next_step="Export it with the recorder's own software, then use vssx remux.",
            )
        else:
            unit.problem(f"a packet of the reserved type {kind} was left out")

    def _fragment_packet(self, unit: UnitBuilder, payload: bytes) -> None:
        starts = len(payload) > 2 and payload[2] & 0x80
        position = 5 if self._donl and starts else 3
        if len(payload) <= position:
            unit.problem("an FU packet that is cut short")
            return
        flags = payload[2]
        if position == 5:
            self._order(unit, payload[3:5])
        self._fragmented(unit, flags, payload[position:], (payload[0] & 0x81 | (flags & 0x3F) << 1, payload[1]))

    def _interrupt(self) -> None:
        super()._interrupt()
        self._last_don = None  # behind a loss or in another PLAY numbers may begin anew

    def _order(self, unit: UnitBuilder, number: bytes) -> None:
        don = int.from_bytes(number, "big")
        if self._last_don is not None and (don - self._last_don) & 0xFFFF >= 0x8000:
            raise UnsupportedMediaError(
                "H.265 sent in another than decoding order is not carried",
                where=f"RTP timestamp {unit.timestamp}",
                next_step="Export it with the recorder's own software, then use vssx remux.",
            )
        self._last_don = don
