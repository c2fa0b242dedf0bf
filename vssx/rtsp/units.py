"""Access units out of RTP packets: how packets are grouped into units, and how what is missing is located.

A unit is handed out when the first packet behind it shows that it is over: the marker bit alone cannot be trusted,
recorders that set it on every packet or never exist. Only with E or T in its replay extension (the last one, nothing
may follow) does a unit with a marker come at once. ``flush()`` gives the last one when a stream falls silent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from vssx.errors import MalformedMediaError
from vssx.model.media import ReplayExtension
from vssx.rtsp.rtp import REPLAY_PROFILE, RtpPacket, replay_extension

MAX_UNIT = 64 * 1024 * 1024
MAX_NALS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class RawUnit:
    """An access unit as far as it arrived.

    ``nal_units``: whole NAL units without start code or length; for audio and metadata one element, the frame or the
    document; empty when nothing of it is whole. ``extension``: that of its first packet that has one, with the C, E, D
    and T bits of all its packets. ``damaged``: something of it is, or may be, missing; always so where packets were
    lost at its edges, because nobody can tell whose they were. ``lost_packets``: missing packets located in this unit
    or directly before it; over all units each is counted once. ``restarted``: the sequence numbers started anew within
    or before it, so that an unknown number, perhaps none, is missing. ``problems``: in plain words, what was wrong.
    ``first_sequence``: sequence number of its first packet that arrived. ``open_end``: the stream stopped behind it,
    and nothing shows that its last packet came.
    """

    nal_units: tuple[bytes, ...]
    rtp_timestamp: int
    extension: ReplayExtension | None = None
    damaged: bool = False
    lost_packets: int = 0
    restarted: bool = False
    problems: tuple[str, ...] = ()
    first_sequence: int = 0
    open_end: bool = False


class Depacketizer(Protocol):
    """What all depacketizers do. Packets must come in order (SequenceTracker)."""

    def push(self, packet: RtpPacket, *, lost_before: int | None) -> list[RawUnit]:
        """Take the next packet. ``lost_before``: packets missing before it; None: the sequence started anew."""

    def flush(self) -> list[RawUnit]:
        """What is still held, at the end of a stream or before another PLAY."""


class UnitBuilder:
    """The unit in progress: shared bookkeeping of the depacketizers for video and metadata."""

    __slots__ = (
        "damaged",
        "extension",
        "extension_bytes",
        "first_sequence",
        "lost",
        "marker",
        "nals",
        "problems",
        "restarted",
        "size",
        "timestamp",
        "unmarked",
        "void",
    )

    def __init__(self, packet: RtpPacket) -> None:
        self.timestamp = packet.timestamp
        self.first_sequence = packet.sequence
        self.nals: list[bytes] = []
        self.size = 0
        self.marker = False
        self.unmarked = False  # a packet without a marker is in it
        self.extension: ReplayExtension | None = None
        self.extension_bytes = b""
        self.damaged = False
        self.lost = 0
        self.restarted = False
        self.problems: list[str] = []
        self.void = False  # beyond all bounds: what still comes of it is dropped

    def take_extension(self, packet: RtpPacket) -> None:
        """Keep the first 0xABAC extension; add the bits of later ones that differ."""
        if packet.extension == self.extension_bytes:
            return
        found = replay_extension(packet)
        if found is None:
            return
        self.extension_bytes = packet.extension
        self.extension = found if self.extension is None else merged(self.extension, found)

    def fits(self, octets: int) -> bool:
        """Whether the unit stays below MAX_UNIT octets and MAX_NALS NAL units with so many octets more."""
        return self.size + octets <= MAX_UNIT and len(self.nals) < MAX_NALS

    def grow(self, octets: int) -> None:
        """Count octets that were received. Raises MalformedMediaError where they do not fit."""
        fits = self.fits(octets)
        self.size += octets
        if not fits:
            raise MalformedMediaError(
                f"an access unit of more than {MAX_UNIT} octets or {MAX_NALS} NAL units",
                where=f"RTP timestamp {self.timestamp}",
            )

    def problem(self, text: str) -> None:
        """Mark the unit as damaged and say why, each reason once."""
        self.damaged = True
        if text not in self.problems and len(self.problems) < 20:
            self.problems.append(text)

    def build(self) -> RawUnit:
        """The unit as a value."""
        return RawUnit(
            nal_units=tuple(self.nals),
            rtp_timestamp=self.timestamp,
            extension=self.extension,
            damaged=self.damaged,
            lost_packets=self.lost,
            restarted=self.restarted,
            problems=tuple(self.problems),
            first_sequence=self.first_sequence,
        )


def merged(first: ReplayExtension, other: ReplayExtension) -> ReplayExtension:
    """``first`` with the bits of both."""
    return replace(
        first,
        clean_point=first.clean_point or other.clean_point,
        end_of_section=first.end_of_section or other.end_of_section,
        discontinuity=first.discontinuity or other.discontinuity,
        terminal=first.terminal or other.terminal,
    )


class GroupingDepacketizer:
    """Groups packets into units by timestamp and marker; subclasses know what a packet holds."""

    __slots__ = ("_ended", "_marker_confirmed", "_marker_missing", "_marker_wrong", "_unit")

    def __init__(self) -> None:
        self._unit: UnitBuilder | None = None
        self._ended: int | None = None  # timestamp of a unit that was handed out at its marker
        self._marker_confirmed = False  # a unit with a marker on its last packet only was over indeed
        self._marker_missing = False  # a whole unit came without a marker
        self._marker_wrong = False  # a unit went on behind a marker

    def push(self, packet: RtpPacket, *, lost_before: int | None) -> list[RawUnit]:
        """Take the next packet in order; get the units that are over now.

        A unit beyond all bounds is given up: what came of it is dropped, and it is damaged. Raises
        UnsupportedMediaError for a packetization that vssx does not carry.
        """
        out: list[RawUnit] = []
        unit = self._unit
        if unit is None or lost_before != 0 or unit.marker or packet.timestamp != unit.timestamp:
            unit = self._place(packet, lost_before, out)
        if packet.extension_profile == REPLAY_PROFILE:
            unit.take_extension(packet)
        if packet.payload and not unit.void:
            try:
                self._content(unit, packet.payload)
            except MalformedMediaError as error:
                unit.void = True
                self._interrupt()
                unit.nals.clear()
                unit.problem(f"{error.message}: given up")
        if packet.marker:
            unit.marker = True
            extension = unit.extension
            last = extension is not None and (extension.end_of_section or extension.terminal)
            if last and self._marker_confirmed and not self._marker_wrong:
                out += self._finish(unit)
                self._unit, self._ended = None, unit.timestamp
        else:
            unit.unmarked = True
        return out

    def _place(self, packet: RtpPacket, lost_before: int | None, out: list[RawUnit]) -> UnitBuilder:
        """The unit that ``packet`` belongs to, where that is not plain; what is over goes to ``out``."""
        unit = self._unit
        if lost_before != 0:
            self._interrupt()
        if unit is not None and self._continues(unit, packet):
            if unit.marker:
                self._marker_wrong = True
                unit.marker = False
            self._lose(unit, lost_before, "packets were lost within it")
            return unit
        owner_found = False
        if unit is not None:
            if unit.marker:
                self._marker_confirmed = self._marker_confirmed or unit.unmarked
            elif lost_before == 0:
                self._marker_missing = True
            if not (unit.marker and not self._marker_wrong):
                # Without a marker to trust, what is missing may be the end of this unit.
                owner_found = bool(lost_before)
                self._lose(unit, lost_before, "packets were lost at its end")
            out += self._finish(unit)
        self._unit = unit = UnitBuilder(packet)
        if self._ended == packet.timestamp:
            unit.problem("it goes on where the unit before had ended")
        self._ended = None
        if owner_found:
            unit.problem("packets were lost before it")
        else:
            self._lose(unit, lost_before, "packets were lost before it")
        return unit

    def _lose(self, unit: UnitBuilder, lost_before: int | None, where: str) -> None:
        if lost_before is None:
            unit.restarted = True
        elif lost_before:
            unit.lost += lost_before
            unit.problem(where)

    def _finish(self, unit: UnitBuilder) -> list[RawUnit]:
        self._close(unit)
        nothing = not (unit.nals or unit.damaged or unit.restarted or unit.extension)
        return [] if nothing else [unit.build()]  # empty packets are no access unit

    def flush(self) -> list[RawUnit]:
        """The unit still held; damaged when it has no marker, unless the stream never sets markers."""
        unit = self._unit
        if unit is None:
            return []
        if not unit.marker:
            self._interrupt()
            if self._marker_confirmed or not self._marker_missing:
                unit.problem("the stream stopped before its end")
        self._unit = None
        trusted = unit.marker and self._marker_confirmed and not self._marker_wrong
        found = self._finish(unit)
        return found if trusted else [replace(one, open_end=True) for one in found]

    def _continues(self, unit: UnitBuilder, packet: RtpPacket) -> bool:
        """Whether ``packet`` belongs to ``unit``."""
        if packet.timestamp != unit.timestamp:
            return False
        if unit.marker and unit.extension is not None:
            # A recorder whose RTP timestamps stand still: another time of day is another unit.
            found = replay_extension(packet)
            return found is None or found.ntp_time == unit.extension.ntp_time
        return True

    def _content(self, unit: UnitBuilder, payload: bytes) -> None:
        """Add what a payload of at least one octet holds."""
        raise NotImplementedError

    def _interrupt(self) -> None:
        """Packets are missing: what was begun and needs its next packet is void."""
        raise NotImplementedError

    def _close(self, unit: UnitBuilder) -> None:
        """The unit is over, and no packet is missing since its last one."""
        raise NotImplementedError
