"""How metres become units of a drawing, and the lines and bars that let one read them back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from vssx.cartography.ellipsoid import Position
from vssx.cartography.local_plane import LocalPlane
from vssx.report.camera_map import Frame, GridLine, ScaleBar

_LEAST_METRES = 40.0
_MARGIN = 0.08
_LINE_SPACE = 130.0
"""Units between two lines of the grid, at least about."""
_WHOLE_STEPS = (90.0, 45.0, 30.0, 15.0, 10.0, 5.0, 2.0, 1.0)
_STEPS: tuple[float, ...] = (*_WHOLE_STEPS, *(n / 10.0**digits for digits in range(1, 8) for n in (5, 2, 1)))
"""Degrees between two lines of the grid."""
_WIDE = 300_000.0
"""Metres across from which north is not up everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapScale:
    """``frame`` shows what lies about ``east``, ``north`` (metres on ``plane``), ``units`` of the drawing a metre."""

    plane: LocalPlane
    frame: Frame
    east: float
    north: float
    units: float

    @classmethod
    def fitting(cls, plane: LocalPlane, points: Sequence[Position], frame: Frame, heights: tuple[float, float]) -> Self:
        """The largest at which all ``points`` (metres) are in the frame, whose height is chosen between ``heights``."""
        low_x, high_x = min(x for x, _ in points), max(x for x, _ in points)
        low_y, high_y = min(y for _, y in points), max(y for _, y in points)
        across = max(high_x - low_x, _LEAST_METRES) * (1 + 2 * _MARGIN)
        up = max(high_y - low_y, _LEAST_METRES / 2) * (1 + 2 * _MARGIN)
        width = frame.right - frame.left
        units = min(width / across, heights[1] / up)
        height = min(max(up * units, heights[0]), heights[1])
        fitted = Frame(left=frame.left, top=frame.top, right=frame.right, bottom=round(frame.top + height, 1))
        return cls(plane=plane, frame=fitted, east=(low_x + high_x) / 2, north=(low_y + high_y) / 2, units=units)

    @property
    def wide(self) -> bool:
        """So wide that north is up in the middle only."""
        return (self.frame.right - self.frame.left) / self.units > _WIDE

    def place(self, point: Position) -> Position:
        """Where a point (metres on the plane) lies in the drawing."""
        frame = self.frame
        x = (frame.left + frame.right) / 2 + (point[0] - self.east) * self.units
        y = (frame.top + frame.bottom) / 2 - (point[1] - self.north) * self.units
        return round(x, 1), round(y, 1)

    def scale_bar(self) -> ScaleBar:
        """A bar of a round length, in the lower left corner."""
        metres, width = bar_of(self.units)
        return ScaleBar(x=self.frame.left + 14, y=self.frame.bottom - 14, width=width, metres=metres)

    def grid(self) -> tuple[GridLine, ...]:
        """Lines of longitude and latitude at round degrees; none where a pole is in the frame."""
        edge = self._edge()
        middle = self.plane.longitude
        longitudes = [middle + (longitude - middle + 180) % 360 - 180 for longitude, _ in edge]
        latitudes = [latitude for _, latitude in edge]
        west, east, south, north = min(longitudes), max(longitudes), min(latitudes), max(latitudes)
        if east - west > 180 or max(abs(south), abs(north)) > 89:
            return ()
        metres = (self.frame.right - self.frame.left) / self.units
        step_x = _step((east - west) * _LINE_SPACE / (self.frame.right - self.frame.left))
        step_y = _step((north - south) * _LINE_SPACE / (self.frame.bottom - self.frame.top))
        pieces = 1 if metres < 20_000 else 24
        lines = [
            self._line(_between((value, south), (value, north), pieces), _degrees(value, step_x), bottom=True)
            for value in _multiples(west, east, step_x)
        ]
        lines += [
            self._line(_between((west, value), (east, value), pieces), _degrees(value, step_y), bottom=False)
            for value in _multiples(south, north, step_y)
        ]
        return tuple(lines)

    def _edge(self) -> Sequence[Position]:
        half_x = (self.frame.right - self.frame.left) / 2 / self.units
        half_y = (self.frame.bottom - self.frame.top) / 2 / self.units
        shares = [-1 + step / 4 for step in range(9)]
        points = [(share, side) for share in shares for side in (-1.0, 1.0)]
        points += [(side, share) for share in shares for side in (-1.0, 1.0)]
        return self.plane.to_degrees([(self.east + x * half_x, self.north + y * half_y) for x, y in points])

    def _line(self, positions: Sequence[Position], text: str, *, bottom: bool) -> GridLine:
        places = [self.place(point) for point in self.plane.to_metres(positions)]
        at = _crossing(places, self.frame.bottom, axis=1) if bottom else _crossing(places, self.frame.left, axis=0)
        low, high = (self.frame.left, self.frame.right) if bottom else (self.frame.top, self.frame.bottom)
        label = text if at is not None and low + 4 < at < high - 4 else ""
        place = at if at is not None else 0.0
        return GridLine(
            path=path_of(places),
            label=label,
            x=round(place, 1) if bottom else self.frame.left - 6,
            y=self.frame.bottom + 16 if bottom else round(place + 4, 1),
            anchor="middle" if bottom else "end",
        )


def bar_of(units: float, at_most: float = 180.0) -> tuple[float, float]:
    """Metres and width of a scale bar of a round length, where ``units`` of the drawing are a metre."""
    raw = at_most / units
    power = 10.0 ** math.floor(math.log10(raw))
    metres = next(count * power for count in (5, 2, 1) if count * power <= raw)
    return metres, round(metres * units, 1)


def path_of(places: Iterable[Position], *, closed: bool = False, least: float = 0.0) -> str:
    """SVG path data; places nearer than ``least`` to the one before are left out."""
    kept: list[Position] = []
    for place in places:
        if not kept or math.dist(place, kept[-1]) >= least:
            kept.append(place)
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in kept) + ("Z" if closed else "")


def _step(wanted: float) -> float:
    return min((step for step in _STEPS if step >= wanted), default=_STEPS[0])


def _multiples(low: float, high: float, step: float) -> list[float]:
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _degrees(value: float, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    around = (value + 180) % 360 - 180 if abs(value) > 180 else value
    return f"{around:.{digits}f}°"


def _between(start: Position, end: Position, pieces: int) -> list[Position]:
    (x, y), (to_x, to_y) = start, end
    return [(x + (to_x - x) * piece / pieces, y + (to_y - y) * piece / pieces) for piece in range(pieces + 1)]


def _crossing(places: Sequence[Position], edge: float, *, axis: int) -> float | None:
    """Where the line crosses a vertical (axis 0) or horizontal (1) edge: the other coordinate."""
    for before, after in pairwise(places):
        low, high = sorted((before[axis], after[axis]))
        if low <= edge <= high and low < high:
            share = (edge - before[axis]) / (after[axis] - before[axis])
            return before[1 - axis] + share * (after[1 - axis] - before[1 - axis])
    return None
