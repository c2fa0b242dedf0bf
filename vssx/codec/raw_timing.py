"""Presentation times for streams that carry none, from the order in which their pictures are shown.

Raw streams have no times at all and get a constant frame rate; AVI and ASF state decode times only.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction

from vssx.bitstream.nal import NalUnit, split_annex_b, split_length_prefixed
from vssx.bitstream.picture_order import Picture, PictureOrder
from vssx.codec.packets import DemuxedTrack, Framing, Packet, stated_configuration
from vssx.errors import MalformedMediaError, UnsupportedMediaError

_DEPTH = 16  # no stream holds back more pictures (H.264 clause A.3.1, H.265 clause A.4.2)
_MAX_WAITING = 64  # samples
_TIMESCALE = 90_000


class _Waiting:
    __slots__ = ("frame", "packet", "pictured")

    def __init__(self, packet: Packet, pictured: bool) -> None:
        self.packet = packet
        self.pictured = pictured
        self.frame: int | None = None


class FrameCounter:
    """Numbers samples in presentation order; takes and gives them in decoding order.

    A picture is numbered once 16 others wait, the one shown first of them (H.264 clause C.4.5.3, H.265 clause C.5.2.4).
    A sample without a picture gets the number of the sample before it.
    """

    def __init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        self._heap: list[tuple[int, int, _Waiting]] = []
        self._taken = 0
        self._next = 0
        self._last = 0

    def push(self, packet: Packet, picture: Picture | None) -> list[tuple[Packet, int]]:
        """Take the next sample; give those whose number is certain by now."""
        waiting = _Waiting(packet, picture is not None)
        if picture is not None:
            if picture.starts_sequence:
                self._number_down_to(0)
            self._taken += 1
            heapq.heappush(self._heap, (picture.order, self._taken, waiting))
            self._number_down_to(_DEPTH)
        self._queue.append(waiting)
        if len(self._queue) > _MAX_WAITING:
            self._number_down_to(0)
        return self._released()

    def finish(self) -> list[tuple[Packet, int]]:
        """The rest."""
        self._number_down_to(0)
        return self._released()

    def _number_down_to(self, left: int) -> None:
        while len(self._heap) > left:
            heapq.heappop(self._heap)[2].frame = self._next
            self._next += 1

    def _released(self) -> list[tuple[Packet, int]]:
        released = []
        while self._queue and not (self._queue[0].pictured and self._queue[0].frame is None):
            head = self._queue.popleft()
            if head.frame is not None:
                self._last = head.frame
            released.append((head.packet, self._last))
        return released


def raw_clock(frame_duration: Fraction, where: str) -> tuple[int, int]:
    """(timescale, ticks of a frame), exact; 90000 where it does. Raises UnsupportedMediaError for senseless rates."""
    if not Fraction(1, 1000) <= frame_duration <= 3600:
        raise UnsupportedMediaError(
            f"a frame of {float(frame_duration):g} s makes no sense", where=where, next_step="State the frame rate."
        )
    ticks = frame_duration * _TIMESCALE
    if ticks.denominator == 1:
        return _TIMESCALE, ticks.numerator
    if frame_duration.denominator >= 1 << 31:
        raise UnsupportedMediaError(f"no timescale for frames of {frame_duration} s", where=where)
    return frame_duration.denominator, frame_duration.numerator


def timed(packets: Iterable[Packet], track: DemuxedTrack, ticks: int) -> Iterator[Packet]:
    """The packets of a raw stream with times, ``ticks`` a frame, in decoding order still.

    Decode times advance by a frame a sample. Raises UnsupportedMediaError for streams whose order cannot be told.
    """
    clocked = (
        packet._replace(pts=number * ticks, dts=number * ticks, duration=ticks) for number, packet in enumerate(packets)
    )
    return reordered(clocked, {0: track})


def reordered(packets: Iterable[Packet], tracks: Mapping[int, DemuxedTrack]) -> Iterator[Packet]:
    """Packets of these video tracks come with decode times only; they get presentation times, the others pass.

    The picture shown n-th gets the n-th decode time. Order is kept within a track. Raises UnsupportedMediaError for
    streams whose order cannot be told.
    """
    clocks = {number: _Reordering(track) for number, track in tracks.items()}
    for packet in packets:
        clock = clocks.get(packet.track)
        if clock is None:
            yield packet
        else:
            yield from clock.push(packet)
    for clock in clocks.values():
        yield from clock.finish()


class _Reordering:
    def __init__(self, track: DemuxedTrack) -> None:
        self._order = _TolerantOrder(track)
        self._counter = FrameCounter()
        self._times: dict[int, int | None] = {}
        self._pictures = 0

    def push(self, packet: Packet) -> Iterator[Packet]:
        picture = self._order.picture(packet)
        if picture is not None:
            self._times[self._pictures] = packet.pts if packet.dts is None else packet.dts
            self._pictures += 1
            self._times.pop(self._pictures - 2 * _MAX_WAITING, None)
        return self._timed(self._counter.push(packet, picture))

    def finish(self) -> Iterator[Packet]:
        return self._timed(self._counter.finish())

    def _timed(self, ready: Iterable[tuple[Packet, int]]) -> Iterator[Packet]:
        for packet, frame in ready:
            yield packet._replace(pts=self._times.get(frame, packet.dts))


class _TolerantOrder:
    """Picture order of samples that may be damaged: whoever reads the sample says what is wrong with it."""

    def __init__(self, track: DemuxedTrack) -> None:
        self._length_size, known = stated_configuration(track)
        self._annex_b = track.framing is Framing.ANNEX_B
        self._order = PictureOrder(track.codec)
        self._last = 0
        self._use(known.parameter_sets if known is not None else ())

    def _use(self, nals: Iterable[NalUnit]) -> None:
        for nal in nals:
            with suppress(MalformedMediaError):
                self._order.use((bytes(nal),))

    def picture(self, packet: Packet) -> Picture | None:
        """None without a picture; one that cannot be read counts as shown behind the one decoded before it."""
        try:
            nals: Sequence[NalUnit] = (
                split_annex_b(packet.payload)
                if self._annex_b
                else split_length_prefixed(packet.payload, self._length_size)
            )
        except MalformedMediaError:
            return None
        self._use(nals)
        try:
            picture = self._order.read(nals)
        except MalformedMediaError:
            picture = Picture(self._last + 1, starts_sequence=False)
        if picture is not None:
            self._last = picture.order
        return picture
