"""Clocks that tell whole seconds: where in a second a run begins shows only where the second changes. Pure."""

from __future__ import annotations

from vssx.model.media import NS

_WAIT_S = 2  # of RTP time, in which a clock that goes has shown another second
_NARROWED = 4  # times behind the change: pictures that come in decoding order may show it earlier than the first one


class WholeSeconds:
    """The extension times of a run's first units, from a first one without a fraction of a second on.

    A time that was cut off to ``S`` holds for an instant from ``S`` to ``S + 1``. So each time bounds where the run
    begins, and all together do by no more than a frame once a change of second is among them.
    """

    def __init__(self, ts: int, utc_ns: int, timescale: int) -> None:
        """``ts``: unwrapped RTP timestamp of the first unit, ``utc_ns`` its extension time."""
        self.first_ts, self._first_ns, self._scale = ts, utc_ns, timescale
        self._low_ns, self._high_ns = utc_ns, utc_ns + NS  # UTC of the first unit
        self._behind = 0
        self.found = False
        """The clock is seen to tell whole seconds only."""

    def take(self, ts: int, utc_ns: int | None) -> bool:
        """Another unit, with its extension time if it has one. True: nothing more is to be learnt, or too late."""
        gone = ts - self.first_ts
        late = abs(gone) > _WAIT_S * self._scale
        if utc_ns is None or gone == 0:
            return late
        gone_ns = gone * NS // self._scale
        if utc_ns % NS or late:
            return True
        if not self.found and abs(utc_ns - self._first_ns - gone_ns) < NS // 1000:
            return True  # a whole number of seconds went by
        self.found = True
        self._low_ns = max(self._low_ns, utc_ns - gone_ns)
        self._high_ns = min(self._high_ns, utc_ns + NS - gone_ns)
        self._behind += utc_ns != self._first_ns or self._behind > 0
        return self._behind > _NARROWED

    @property
    def anchor_ns(self) -> int:
        """UTC of the first unit: the earliest it can be. As it was told, where nothing shows that seconds are cut."""
        return self._low_ns if self.found else self._first_ns

    @property
    def uncertain_ns(self) -> int:
        """How much later than ``anchor_ns`` the first unit may have been taken; a second where times contradict."""
        return self._high_ns - self._low_ns if self._high_ns > self._low_ns else NS
