"""Events on a timeline: counted into bins as they come, so that a hundred thousand take no more room than a hundred."""

from __future__ import annotations

from dataclasses import dataclass

from vssx.report.event_kind import EventKind
from vssx.report.page_time import utc_text
from vssx.report.timeline import EventLane, EventMark, TimelineEvent
from vssx.report.timeline_scale import TimeScale

_BIN = 8.0
"""Width of a bin in units of the drawing: about that of a mark."""


@dataclass(slots=True)
class _Bin:
    count: int
    first_ns: int
    last_ns: int
    name: str


class EventBins:
    """``outside``: how many events lie beyond the drawing. ``most``: marks of one kind."""

    def __init__(self, scale: TimeScale, most: int) -> None:
        self.outside = 0
        self._scale = scale
        self._width = max(_BIN, scale.width / most)
        self._bins: dict[tuple[EventKind, int], _Bin] = {}

    def add(self, event: TimelineEvent) -> None:
        """One event more."""
        if not self._scale.holds(event.utc_ns):
            self.outside += 1
            return
        place = event.kind, int((self._scale.x(event.utc_ns) - self._scale.left) // self._width)
        found = self._bins.get(place)
        if found is None:
            self._bins[place] = _Bin(1, event.utc_ns, event.utc_ns, event.name)
            return
        found.count += 1
        if event.utc_ns < found.first_ns:
            found.name = event.name
        found.first_ns = min(found.first_ns, event.utc_ns)
        found.last_ns = max(found.last_ns, event.utc_ns)

    def lanes(self, *, top: float, height: float) -> tuple[EventLane, ...]:
        """A lane for each kind that occurs, from ``top`` downwards."""
        most = max((found.count for found in self._bins.values()), default=1)
        kinds = {kind for kind, _ in self._bins}
        lanes: list[EventLane] = []
        for kind in (one for one in EventKind if one in kinds):
            bins = [found for (of_kind, _), found in sorted(self._bins.items(), key=_place) if of_kind is kind]
            lanes.append(
                EventLane(
                    kind=kind,
                    y=top + len(lanes) * height,
                    height=height,
                    total=sum(found.count for found in bins),
                    marks=tuple(self._mark(found, most) for found in bins),
                )
            )
        return tuple(lanes)

    def _mark(self, found: _Bin, most: int) -> EventMark:
        middle = (self._scale.x(found.first_ns) + self._scale.x(found.last_ns)) / 2
        return EventMark(
            x=round(middle, 1),
            count=found.count,
            share=round(found.count / most, 2),
            first=utc_text(found.first_ns),
            last=utc_text(found.last_ns),
            name=found.name,
        )


def _place(item: tuple[tuple[EventKind, int], _Bin]) -> tuple[int, int]:
    (_, number), found = item
    return number, found.first_ns
