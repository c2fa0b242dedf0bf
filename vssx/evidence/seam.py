"""Where a continued export meets what an earlier run wrote: skip what is there, prove that it is the same.

What follows goes on counting from there: its times are those that a run without interruption would have given it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from vssx.isobmff.progress import WrittenSample
from vssx.model.media import NS, AccessUnit, Loss

TOLERANCE_NS = 5_000_000
"""A recorder repeats the very times it gave before; rounding is all that may differ."""
_MOST_ROUNDINGS = 1000  # 44.1 kHz has 441; clocks that have more are 1 ns off at most


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shift:
    """From the counting of this run to that of the earlier one: ``run`` that starts at ``start_ns`` is the earlier
    run's ``to_run`` from ``to_start_ns`` on, ``ticks`` later."""

    run: int
    start_ns: int
    to_run: int
    to_start_ns: int
    ticks: int

    def __call__(self, unit: AccessUnit) -> AccessUnit:
        if (unit.run, unit.run_start_ns) != (self.run, self.start_ns):
            return dataclasses.replace(unit, run=unit.run - self.run + self.to_run)
        return dataclasses.replace(unit, run=self.to_run, run_start_ns=self.to_start_ns, ticks=unit.ticks + self.ticks)


class Seam:
    """One track of a continued export.

    ``overlap``: the last samples of the earlier run in decoding order, for video its last whole GOP. The new stream
    is expected to repeat them; each one that does is compared byte for byte and not written again. ``asked_ns``: from
    when on it was asked for; an overlap that ends before need not come again. ``by_content``: times are no place in the
    footage, since the recorder sends none or its clock went back: all is passed over until a sample is recognised.
    """

    def __init__(
        self,
        track: int,
        overlap: Sequence[WrittenSample],
        *,
        tolerance_ns: int = TOLERANCE_NS,
        asked_ns: int | None = None,
        by_content: bool = False,
        first_run: int = 0,
    ) -> None:
        """``first_run``: number of the first run of this stream where it joins no earlier one."""
        self._track = track
        self._overlap = overlap
        self._tolerance = tolerance_ns
        self._first_ns = min(one.utc_ns for one in overlap)
        self._last_ns = max(one.utc_ns for one in overlap)
        self._due = asked_ns is None or self._last_ns >= asked_ns - tolerance_ns
        self._by_content = by_content
        self._shift = _Shift(run=0, start_ns=-1, to_run=first_run, to_start_ns=0, ticks=0)
        self._agreeing_run: tuple[int, int] | None = None
        self._starts: dict[int, int] = {}
        self._next = 0
        self._met = False
        self._passed = 0
        self._different = 0
        self.compared = 0
        """Samples found equal so far."""

    @property
    def closed(self) -> bool:
        """All of the overlap has been seen (or was passed): everything that follows is new."""
        return self._next >= len(self._overlap)

    @property
    def expected(self) -> int:
        """Samples of the overlap."""
        return len(self._overlap)

    @property
    def last_ns(self) -> int:
        """UTC of the last sample that the earlier run wrote."""
        return self._last_ns

    def admit(self, unit: AccessUnit) -> tuple[AccessUnit | None, Loss | None]:
        """``unit`` as it has to be written, None when it is there already; and what of the seam was not proven."""
        if self.closed:
            return self._shift(unit), None
        known = self._find(unit)
        if known is not None:
            return None, None
        shifted = self._shift(unit)
        if not self._met:
            return self._before(unit, shifted)
        return self._stranger(shifted)

    def finish(self) -> Loss | None:
        """The stream is over: was the place found at all?"""
        if self._met or not self._passed:
            return None
        detail = (
            f"after the interruption the place where it had stopped was not found again: {self._passed} access units "
            "came that are not what was written before, and were not written"
        )
        return Loss(track=self._track, at_ns=self._last_ns, packets=None, detail=detail)

    def _find(self, unit: AccessUnit) -> WrittenSample | None:
        """The sample of the overlap that ``unit`` is; what lies between was not repeated, which costs nothing."""
        size, sha256 = len(unit.payload), b""
        for number in self._places(unit):
            known = self._overlap[number]
            if known.size != size or not self._same_time(unit, known):
                continue
            sha256 = sha256 or hashlib.sha256(unit.payload).digest()
            if known.sha256 == sha256:
                self._next, self._met = number + 1, True
                self.compared += 1
                self._shift = self._shifted(unit, known)
                return known
        return None

    def _shifted(self, unit: AccessUnit, known: WrittenSample) -> _Shift:
        """What makes ``unit`` stand where ``known`` does. Of a finished file only times are known: there the run stays
        one of its own, and begins so much earlier or later that both agree."""
        if known.run >= 0:
            to_run, to_start_ns, ticks = known.run, known.run_start_ns, known.ticks - unit.ticks
        else:
            to_run = unit.run - self._shift.run + self._shift.to_run
            ticks, to_start_ns = self._agreeing(unit, known.utc_ns)
        return _Shift(run=unit.run, start_ns=unit.run_start_ns, to_run=to_run, to_start_ns=to_start_ns, ticks=ticks)

    def _agreeing(self, unit: AccessUnit, utc_ns: int) -> tuple[int, int]:
        """Ticks later, and the start of the run, that give every recognised unit the time it had to the nanosecond.

        A tick may be no whole number of ns, so how the times were rounded tells which tick the run had begun at.
        """
        if (key := (unit.run, unit.run_start_ns)) != self._agreeing_run:
            self._agreeing_run, self._starts = key, {}
        period = unit.timescale // math.gcd(NS, unit.timescale)
        found = {
            ticks: utc_ns - _rounded(unit.ticks + ticks, unit.timescale)
            for ticks in self._starts or range(period if period <= _MOST_ROUNDINGS else 1)
        }
        self._starts = {ticks: ns for ticks, ns in found.items() if self._starts.get(ticks, ns) == ns} or found
        return next(iter(self._starts.items()))

    def _places(self, unit: AccessUnit) -> Sequence[int]:
        """Where to look. Silence sounds the same everywhere: a first place by content alone is the nearest in time."""
        rest = range(self._next, len(self._overlap))
        if self._met or not self._by_content:
            return rest
        return sorted(rest, key=lambda number: abs(self._overlap[number].utc_ns - unit.utc_ns))

    def _same_time(self, unit: AccessUnit, known: WrittenSample) -> bool:
        """By the recorder's own word where both have it: derived times depend on where a stream began."""
        if unit.extension is not None and known.ntp_time is not None:
            return unit.extension.ntp_time == known.ntp_time
        return self._by_content or abs(known.utc_ns - self._shift(unit).utc_ns) <= self._tolerance

    def _before(self, unit: AccessUnit, shifted: AccessUnit) -> tuple[AccessUnit | None, Loss | None]:
        """Nothing of the overlap has come yet."""
        if self._by_content:
            self._passed += 1
            return None, None
        if unit.utc_ns < self._first_ns - self._tolerance:
            return None, None  # the recorder started before the overlap: all that is in the file already
        if unit.utc_ns <= self._last_ns + self._tolerance:
            return None, self._differs(unit.utc_ns)
        self._next = len(self._overlap)
        if not self._due or self._different:  # what differs was told one by one
            return shifted, None
        detail = f"the recorder did not repeat the last {len(self._overlap)} access units: seam not proven"
        return shifted, Loss(track=self._track, at_ns=unit.utc_ns, packets=None, detail=detail)

    def _stranger(self, unit: AccessUnit) -> tuple[AccessUnit | None, Loss | None]:
        """A unit that the overlap does not have: behind all of it, or other than what the earlier run has there."""
        self._passed += 1
        rest = len(self._overlap) - self._next
        behind = self._passed > rest if self._by_content else unit.utc_ns > self._last_ns + self._tolerance
        if not behind:
            return None, self._differs(unit.utc_ns)
        self._next = len(self._overlap)
        detail = f"the recorder did not repeat the last {rest} access units: seam not proven"
        return unit, Loss(track=self._track, at_ns=unit.utc_ns, packets=None, detail=detail)

    def _differs(self, utc_ns: int) -> Loss:
        self._different += 1
        if any(abs(one.utc_ns - utc_ns) <= self._tolerance for one in self._overlap):
            detail = "repeated after an interruption with other content: the earlier one was kept, seam not proven"
        else:
            detail = "came only after an interruption, amid what was written before: not written"
        return Loss(track=self._track, at_ns=utc_ns, packets=None, detail=detail)


def _rounded(ticks: int, timescale: int) -> int:
    return (ticks * NS + timescale // 2) // timescale
