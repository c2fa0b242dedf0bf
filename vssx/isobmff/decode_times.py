"""Decode times for samples whose source only knows presentation times."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

MAX_REORDER = 16
"""H.264 (clause A.3.1) and H.265 (clause A.4.2) keep at most 16 pictures back."""


class DecodeTimes:
    """Gives the i-th sample in decoding order the i-th smallest presentation time of the track.

    It looks ahead over the largest reorder depth that the codecs allow, so that a reorder depth stated wrongly by the
    parameter sets does no harm. Where presentation times are still out of order beyond that, the decode time is
    clamped to the one before and counted.
    """

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._waiting: list[int] = []
        self._last: int | None = None
        self.clamped = 0

    def push(self, presentations: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Take the next samples in decoding order; yields (presentation, decode) of those that are certain."""
        heap, waiting = self._heap, self._waiting
        waiting += presentations
        room = MAX_REORDER - len(heap)
        for presentation in presentations[:room]:
            heapq.heappush(heap, presentation)
        smallest = [heapq.heappushpop(heap, presentation) for presentation in presentations[room:]]
        yield from self._ascending(smallest)

    def finish(self) -> Iterator[tuple[int, int]]:
        """What is left at the end."""
        smallest = sorted(self._heap)
        self._heap.clear()
        yield from self._ascending(smallest)

    def _ascending(self, smallest: list[int]) -> Iterator[tuple[int, int]]:
        certain = self._waiting[: len(smallest)]
        del self._waiting[: len(smallest)]
        last = self._last
        for presentation, decode in zip(certain, smallest, strict=True):
            if last is not None and decode < last:
                decode = last
                self.clamped += 1
            last = self._last = decode
            yield presentation, decode
