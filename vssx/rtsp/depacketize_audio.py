"""Sampled audio out of RTP (RFC 3551 sections 4.3 and 4.5): G.711, G.726 and L16. Every packet is a unit."""

from __future__ import annotations

from vssx.model.media import ReplayExtension
from vssx.rtsp.rtp import RtpPacket, replay_extension
from vssx.rtsp.units import RawUnit


class SampledAudioDepacketizer:
    """The payload of each packet, as it came. ``block``: octets that hold a whole number of samples of all channels.

    A payload that is no multiple of it is void: with it in the middle nobody could read what follows. Losses before a
    packet do not make it ``damaged``.
    """

    __slots__ = ("_block", "_last", "_lost", "_restarted")

    def __init__(self, *, block: int = 1) -> None:
        self._block = block
        self._lost = 0
        self._restarted = False
        self._last: tuple[int, int] = (0, 0)

    def push(self, packet: RtpPacket, *, lost_before: int | None) -> list[RawUnit]:
        """Take the next packet in order; get its samples."""
        if lost_before is None:
            self._restarted = True
        else:
            self._lost += lost_before
        self._last = (packet.sequence, packet.timestamp)
        if not packet.payload:
            return []
        extension = replay_extension(packet)
        if len(packet.payload) % self._block:
            size = len(packet.payload)
            return [self._unit((), extension, f"{size} octets are no whole number of samples ({self._block} each)")]
        return [self._unit((packet.payload,), extension)]

    def flush(self) -> list[RawUnit]:
        """Losses behind the last packet: a unit without content."""
        return [self._unit((), None, "packets were lost at the end")] if self._lost else []

    def _unit(self, content: tuple[bytes, ...], extension: ReplayExtension | None, problem: str = "") -> RawUnit:
        sequence, timestamp = self._last
        unit = RawUnit(
            nal_units=content,
            rtp_timestamp=timestamp,
            extension=extension,
            damaged=bool(problem),
            lost_packets=self._lost,
            restarted=self._restarted,
            problems=(problem,) if problem else (),
            first_sequence=sequence,
        )
        self._lost, self._restarted = 0, False
        return unit
