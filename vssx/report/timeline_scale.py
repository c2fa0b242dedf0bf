"""Where a time lies on a drawing, and which times are worth a line."""

from __future__ import annotations

from dataclasses import dataclass

from vssx.report.page_time import PageTime, utc_text
from vssx.times import NS

_MS = 1_000_000
_MINUTE, _HOUR, _DAY = 60 * NS, 3600 * NS, 86_400 * NS
_STEPS = (
    *(count * _MS for count in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(count * NS for count in (1, 2, 5, 10, 15, 30)),
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 6, 12)),
    *(count * _DAY for count in (1, 2, 7, 14, 30, 91, 182, 365, 730, 1826, 3652, 7305, 18_262, 73_050, 365_250)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line at a round time of UTC. ``utc``, ``local``: time of day, or the date where steps are days;
    ``utc_date``, ``local_date``: where the date is told, at the first tick and where it changed; ``offset``: what local
    time is ahead of UTC, where it is told, as the dates are. Local texts are empty without a zone."""

    x: float
    utc: str
    utc_date: str
    local: str = ""
    local_date: str = ""
    offset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeScale:
    """``start_ns`` lies at ``left``, ``end_ns`` ``width`` further on; ``end_ns`` is later than ``start_ns``."""

    start_ns: int
    end_ns: int
    left: float
    width: float

    def x(self, ns: int) -> float:
        """Where ``ns`` lies; times beyond the drawing at its edge."""
        inside = min(max(ns, self.start_ns), self.end_ns) - self.start_ns
        return round(self.left + self.width * (inside / (self.end_ns - self.start_ns)), 1)

    def holds(self, ns: int) -> bool:
        """The time lies within the drawing."""
        return self.start_ns <= ns <= self.end_ns

    def ticks(self, time: PageTime, at_most: int = 9) -> tuple[Tick, ...]:
        """Lines at round times of UTC, ``at_most`` of them; local texts where ``time`` knows a zone."""
        step = next((one for one in _STEPS if (self.end_ns - self.start_ns) // one < at_most), _STEPS[-1])
        first = -(-self.start_ns // step) * step
        found = list(range(first, self.end_ns + 1, step))[:at_most]
        ticks: list[Tick] = []
        last_date = last_local = last_offset = ""
        for ns in found:
            date, clock = _date_and_time(utc_text(ns), step)
            local_date = local_time = offset = ""
            if local := time.local(ns):
                local_date, local_time = _date_and_time(local[:-6], step)
                offset = local[-6:]
            ticks.append(
                Tick(
                    x=self.x(ns),
                    utc=clock,
                    utc_date=date if date != last_date else "",
                    local=local_time,
                    local_date=local_date if local_date != last_local else "",
                    offset=offset if offset != last_offset else "",
                )
            )
            last_date, last_local, last_offset = date, local_date, offset
        return tuple(ticks)


def _date_and_time(text: str, step: int) -> tuple[str, str]:
    """Date, and what there is to say of the time of day where ticks lie ``step`` apart."""
    date, _, time = text.removesuffix("Z").partition("T")
    if step >= _DAY and time == "00:00:00":
        return date, "00:00"
    return date, time[:5] if step >= _MINUTE and time[5:] == ":00" else time[:12]
