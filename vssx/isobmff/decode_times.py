"""Decode times for samples whose source only knows presentation times."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator

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
        self._waiting: deque[int] = deque()
        self._last: int | None = None
        self.clamped = 0

    def push(self, presentation: int) -> Iterator[tuple[int, int]]:
        """Take the next sample in decoding order; yields (presentation, decode) of those that are certain."""
        heapq.heappush(self._heap, presentation)
        self._waiting.append(presentation)
        if len(self._waiting) > MAX_REORDER:
            yield self._pop()

    def finish(self) -> Iterator[tuple[int, int]]:
        """What is left at the end."""
        while self._waiting:
            yield self._pop()

    def _pop(self) -> tuple[int, int]:
        decode = heapq.heappop(self._heap)
        if self._last is not None and decode < self._last:
            decode = self._last
            self.clamped += 1
        self._last = decode
        return self._waiting.popleft(), decode
