"""Packets of one track into their order (after RFC 3550 appendix A.1), and what is missing between them."""

from __future__ import annotations

from typing import NamedTuple

from vssx.rtsp.rtp import RtpPacket, replay_extension

_new = tuple.__new__
_MASK = (1 << 32) - 1
_LATE_TICKS = 10 * 90_000  # RTP timestamps of packets that come late, or twice, are behind by less
_LOST_TICKS = 60 * 90_000  # a jump of the sequence numbers over less time than this is a loss


class OrderedPacket(NamedTuple):
    """A packet in its place. ``lost_before``: packets missing between the one before and this one; None: the
    sequence numbers started anew, so that nobody can tell whether something is missing."""

    packet: RtpPacket
    lost_before: int | None


class SequenceTracker:
    """Puts the packets of one track into order and counts what is missing (after RFC 3550 appendix A.1).

    A packet that comes early waits until ``window`` others wait too; then what is missing counts as lost. One with a
    number further away than ``MAX_DROPOUT`` packets, with another SSRC, or with a number that was there while its RTP
    timestamp is new, waits for its neighbour: two of them start the sequence anew, or, where SSRC and RTP timestamp go
    on, show a loss. A D bit does so at once. Counters: ``lost`` packets, ``ignored`` ones (duplicates, or too late),
    ``stray`` ones (out of line, without a neighbour), ``restarts``.
    """

    MAX_DROPOUT = 3000
    MAX_MISORDER = 100

    __slots__ = (
        "_announced",
        "_expected",
        "_newest",
        "_odd",
        "_odd_at",
        "_ssrc",
        "_waiting",
        "_window",
        "ignored",
        "lost",
        "restarts",
        "stray",
    )

    def __init__(self, window: int = 32) -> None:
        if not 0 <= window < self.MAX_DROPOUT:
            raise ValueError(f"a reorder window of {window} packets")
        self._window = window
        self._expected = -1
        self._announced = -1
        self._ssrc = 0
        self._newest = 0  # RTP timestamp, pictures in another order than they are shown left aside
        self._odd: RtpPacket | None = None  # out of line, while this number was expected
        self._odd_at = -1
        self._waiting: dict[int, RtpPacket] = {}
        self.lost = 0
        self.ignored = 0
        self.restarts = 0
        self.stray = 0

    def take(self, packet: RtpPacket) -> bool:
        """Whether ``push`` would give back this packet alone and with no loss before it; then it is taken."""
        if packet.sequence != self._expected or packet.ssrc != self._ssrc or self._waiting:
            return False
        self._expected = (packet.sequence + 1) & 0xFFFF
        if packet.timestamp != self._newest:
            self._went_on(packet.timestamp)
        return True

    def push(self, packet: RtpPacket) -> list[OrderedPacket]:
        """Take a packet as it came; get those that are in order now."""
        sequence = packet.sequence
        if sequence == self._expected and packet.ssrc == self._ssrc:
            self._expected = (sequence + 1) & 0xFFFF
            self._went_on(packet.timestamp)
            if not self._waiting:
                return [_new(OrderedPacket, (packet, 0))]
            return [OrderedPacket(packet, 0), *self._ready()]
        return self._unexpected(packet)

    @property
    def ssrc(self) -> int | None:
        """The source of the packets since the sequence began; None before the first."""
        return None if self._expected < 0 else self._ssrc

    def is_last(self, sequence: int, ssrc: int) -> bool:
        """Whether this was the packet handed out last, and none waits."""
        return (sequence + 1) & 0xFFFF == self._expected and ssrc == self._ssrc and not self._waiting

    def is_next(self, sequence: int) -> bool:
        """Whether a packet of the same source with this number would be handed out at once, and alone."""
        return sequence == self._expected and not self._waiting

    def advance(self, count: int) -> None:
        """So many packets in order went past ``push``."""
        self._expected = (self._expected + count) & 0xFFFF

    def _unexpected(self, packet: RtpPacket) -> list[OrderedPacket]:
        if self._expected < 0:
            announced, self._announced = self._announced, -1
            if announced >= 0 and (packet.sequence - announced) & 0xFFFF < self.MAX_DROPOUT:
                self._ssrc, self._expected, self._newest = packet.ssrc, announced, packet.timestamp
                return self.push(packet)
            self._start(packet)
            return [OrderedPacket(packet, 0)]
        ahead = (packet.sequence - self._expected) & 0xFFFF
        if packet.ssrc != self._ssrc or self.MAX_DROPOUT <= ahead < 0x10000 - self.MAX_MISORDER:
            return self._out_of_line(packet)
        if packet.sequence in self._waiting:
            self.ignored += 1
            return []
        if ahead >= self.MAX_DROPOUT:
            if (self._newest - packet.timestamp) & _MASK > _LATE_TICKS:
                return self._out_of_line(packet)
            self.ignored += 1
            return []
        self._waiting[packet.sequence] = packet
        out = []
        while len(self._waiting) > self._window:
            out += self._skip()
        return out

    def _out_of_line(self, packet: RtpPacket) -> list[OrderedPacket]:
        """Begin anew with a neighbour of the packet that was out of line right before, or with a D bit."""
        extension = replay_extension(packet)
        odd = self._drop_odd()
        if odd is not None and odd.ssrc == packet.ssrc:
            step = (packet.sequence - odd.sequence) & 0xFFFF
            if step in (1, 0xFFFF):
                first, second = (odd, packet) if step == 1 else (packet, odd)
                self.stray -= 1
                return [*self._begin_anew(first), *self.push(second)]
        if extension is not None and extension.discontinuity:
            return self._begin_anew(packet)
        self._odd, self._odd_at = packet, self._expected
        return []

    def _drop_odd(self) -> RtpPacket | None:
        """The packet that was out of line goes; given back where nothing came since. It counts as stray."""
        odd, self._odd = self._odd, None
        self.stray += odd is not None
        return odd if self._odd_at == self._expected else None

    def _begin_anew(self, packet: RtpPacket) -> list[OrderedPacket]:
        out = self._flush_waiting()
        ahead = (packet.sequence - self._expected) & 0xFFFF
        lost: int | None = None
        extension = replay_extension(packet)
        if (
            packet.ssrc == self._ssrc
            and self.MAX_DROPOUT <= ahead < 0x10000 - self.MAX_MISORDER
            and 0 < (packet.timestamp - self._newest) & _MASK < _LOST_TICKS
            and not (extension is not None and extension.discontinuity)
        ):
            lost = ahead
            self.lost += ahead
        else:
            self.restarts += 1
        self._start(packet)
        out.append(OrderedPacket(packet, lost))
        return out

    def _went_on(self, timestamp: int) -> None:
        """Pictures that are shown before the one sent before them do not make it older."""
        if not 0 < (self._newest - timestamp) & _MASK <= _LATE_TICKS:
            self._newest = timestamp

    def _start(self, packet: RtpPacket) -> None:
        self._ssrc = packet.ssrc
        self._expected = (packet.sequence + 1) & 0xFFFF
        self._newest = packet.timestamp

    def _ready(self) -> list[OrderedPacket]:
        out: list[OrderedPacket] = []
        while self._waiting and (packet := self._waiting.pop(self._expected, None)) is not None:
            out.append(OrderedPacket(packet, 0))
            self._expected = (self._expected + 1) & 0xFFFF
            self._went_on(packet.timestamp)
        return out

    def _skip(self) -> list[OrderedPacket]:
        """Give up what is missing before the nearest waiting packet."""
        lost = min((sequence - self._expected) & 0xFFFF for sequence in self._waiting)
        nearest = (self._expected + lost) & 0xFFFF
        self.lost += lost
        self._expected = (nearest + 1) & 0xFFFF
        packet = self._waiting.pop(nearest)
        self._went_on(packet.timestamp)
        return [OrderedPacket(packet, lost), *self._ready()]

    def flush(self) -> list[OrderedPacket]:
        """All that still waits, with what is missing between counted as lost; for the end of a stream."""
        odd = self._drop_odd()
        if odd is None:
            return self._flush_waiting()
        self.stray -= 1
        return self._begin_anew(odd)

    def _flush_waiting(self) -> list[OrderedPacket]:
        out: list[OrderedPacket] = []
        while self._waiting:
            out += self._skip()
        return out

    def restart(self) -> None:
        """Forget the sequence, e.g. before another PLAY; the next packet starts it without a loss."""
        self._waiting.clear()
        self._drop_odd()
        self._expected = self._announced = -1

    def expect(self, sequence: int) -> None:
        """The number that the first packet has, as the server told: what is missing before the one that comes first
        counts as lost. A number that is far away from what comes is forgotten."""
        self._announced = sequence
