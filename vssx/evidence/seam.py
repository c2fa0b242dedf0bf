"""Where a continued export meets what an earlier run wrote: skip what is there, prove that it is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from vssx.isobmff.progress import WrittenSample
from vssx.model.media import AccessUnit, Loss


class Seam:
    """One track of a continued export.

    ``overlap``: the last samples of the earlier run in decoding order, for video its last whole GOP. The new stream
    is expected to repeat them; each one that does is compared byte for byte and not written again.
    """

    def __init__(self, track: int, overlap: Sequence[WrittenSample], tolerance_ns: int) -> None:
        self._track = track
        self._overlap = overlap
        self._tolerance = tolerance_ns
        self._next = 0
        self._begun = False
        self.compared = 0
        """Samples found equal so far."""

    @property
    def closed(self) -> bool:
        """All of the overlap has been seen (or was passed): everything that follows is new."""
        return self._next >= len(self._overlap)

    def admit(self, unit: AccessUnit) -> tuple[bool, Loss | None]:
        """Whether ``unit`` is new and has to be written, and what of the seam could not be proven."""
        if self.closed:
            return True, None
        if not self._begun:
            if unit.utc_ns < self._overlap[0].utc_ns - self._tolerance:
                return False, None  # the recorder started before the overlap: all that is in the file already
            while not self.closed and self._overlap[self._next].utc_ns < unit.utc_ns - self._tolerance:
                self._next += 1
            if self.closed:
                missing = f"the recorder did not repeat the last {len(self._overlap)} access units: seam not proven"
                return True, Loss(track=self._track, at_ns=unit.utc_ns, packets=None, detail=missing)
            self._begun = True
        found = next(
            (
                number
                for number in range(self._next, len(self._overlap))
                if abs(self._overlap[number].utc_ns - unit.utc_ns) <= self._tolerance
            ),
            None,
        )
        if found is None:
            return self._stranger(unit)
        expected = self._overlap[found]
        self._next = found + 1
        if len(unit.payload) == expected.size and hashlib.sha256(unit.payload).digest() == expected.sha256:
            self.compared += 1
            return False, None
        detail = "repeated after an interruption with other content: the earlier one was kept, seam not proven"
        return False, Loss(track=self._track, at_ns=unit.utc_ns, packets=None, detail=detail)

    def _stranger(self, unit: AccessUnit) -> tuple[bool, Loss | None]:
        """A unit at a time that the overlap does not have: behind all of it, or where the earlier run has nothing."""
        if unit.utc_ns > max(one.utc_ns for one in self._overlap) + self._tolerance:
            missing = len(self._overlap) - self._next
            self._next = len(self._overlap)
            detail = f"the recorder did not repeat the last {missing} access units: seam not proven"
            return True, Loss(track=self._track, at_ns=unit.utc_ns, packets=None, detail=detail)
        detail = "came only after an interruption, amid what was written before: not written"
        return False, Loss(track=self._track, at_ns=unit.utc_ns, packets=None, detail=detail)


class PassedOver:
    """A track of which nothing can be compared: what is not later than its last sample is in the files already.

    With the first later sample the earlier run is passed. What lies before it in time then comes after a step of the
    recorder's clock, and is new.
    """

    def __init__(self, last_ns: int, tolerance_ns: int) -> None:
        self._last_ns = last_ns + tolerance_ns
        self._passed = False

    def admit(self, unit: AccessUnit) -> tuple[bool, Loss | None]:
        """Whether ``unit`` is new; nothing is compared."""
        self._passed = self._passed or unit.utc_ns > self._last_ns
        return self._passed, None
