"""AAC in LATM out of RTP (RFC 6416 section 6): an AudioMuxElement a packet, or over several packets up to the marker.

What is inside an element is known to whoever makes the depacketizer; here only its frames and their times are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.rtsp.rtp import RtpPacket
from vssx.rtsp.units import GroupingDepacketizer, RawUnit, UnitBuilder

Unwrap = Callable[[bytes], tuple[Sequence[bytes], int]]
"""The frames of a whole AudioMuxElement, and RTP ticks from one to the next.

Raises MalformedMediaError for one that is not whole, UnsupportedMediaError for a multiplex that is not carried.
"""


class LatmDepacketizer(GroupingDepacketizer):
    """Each AAC frame is a unit; the further ones of an element get times of their own.

    An element that does not come out even is void: a unit without content that says why. One that does is whole,
    whatever was lost around it.
    """

    __slots__ = ("_unwrap",)

    def __init__(self, unwrap: Unwrap) -> None:
        super().__init__()
        self._unwrap = unwrap

    def _continues(self, unit: UnitBuilder, packet: RtpPacket) -> bool:
        # Senders exist that mark every packet, and others whose clock stands still for several elements.
        return super()._continues(unit, packet) and not (unit.marker and self._is_whole(unit))

    def _is_whole(self, unit: UnitBuilder) -> bool:
        try:
            self._unwrap(b"".join(unit.nals))
        except (MalformedMediaError, UnsupportedMediaError):
            return False
        return True

    def _content(self, unit: UnitBuilder, payload: bytes) -> None:
        unit.grow(len(payload))
        unit.nals.append(payload)

    def _interrupt(self) -> None:
        """Whether an element is whole shows when it is taken apart."""

    def _close(self, unit: UnitBuilder) -> None:
        """Nothing is begun that would need an end."""

    def _finish(self, unit: UnitBuilder) -> list[RawUnit]:
        return [frame for element in super()._finish(unit) for frame in self._frames(element)]

    def _frames(self, element: RawUnit) -> list[RawUnit]:
        if not element.nal_units:
            return [element]
        try:
            frames, ticks = self._unwrap(b"".join(element.nal_units))
        except (MalformedMediaError, UnsupportedMediaError) as error:
            if isinstance(error, UnsupportedMediaError) and not (element.damaged or element.restarted):
                raise  # of a torn element any bits may look like its configuration
            problems = (*element.problems, f"an AAC frame in LATM that is not whole ({error.message})")
            return [replace(element, nal_units=(), damaged=True, problems=problems)]
        first = replace(element, nal_units=tuple(frames[:1]), damaged=False, problems=())
        rest = [
            RawUnit(
                nal_units=(frame,),
                rtp_timestamp=(element.rtp_timestamp + number * ticks) & 0xFFFFFFFF,
                first_sequence=element.first_sequence,
            )
            for number, frame in enumerate(frames[1:], 1)
        ]
        return [first, *rest] if frames or element.lost_packets or element.restarted else []
