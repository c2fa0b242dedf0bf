"""An indoor plan laid onto the earth by places that are known on both (affine, least squares)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vssx.cartography.ellipsoid import Position
from vssx.cartography.local_plane import LocalPlane
from vssx.errors import UsageError

_FEWEST = 3
FURTHEST = 50_000.0
"""Metres from the middle of the control points: no building is wider."""
_THIN = 0.01  # height of the triangle by its length, below which points count as lying on a line


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlace:
    """``x``, ``y``: on the plan, from its upper left corner; ``longitude``, ``latitude``: the same place, WGS 84."""

    x: float
    y: float
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPlacement:
    """Where a plan lies. Metres east and north on ``plane`` are ``east`` and ``north``: a * x + b * y + c.

    ``residuals``: metres between each control point and where the fit puts it; with three points there are none to
    tell anything by. ``mirrored``: the plan would have to be seen from behind. ``stretch``: its longer scale by its
    shorter one, 1 for a plan that is true to scale in all directions.
    """

    plane: LocalPlane
    east: tuple[float, float, float]
    north: tuple[float, float, float]
    residuals: tuple[float, ...]
    mirrored: bool
    stretch: float

    @property
    def metres_per_unit(self) -> float:
        """The mean scale."""
        return math.sqrt(abs(self.east[0] * self.north[1] - self.east[1] * self.north[0]))

    @property
    def rms(self) -> float:
        """Root mean square of the residuals, metres."""
        return math.sqrt(math.fsum(one * one for one in self.residuals) / len(self.residuals))

    def distance(self, x: float, y: float) -> float:
        """Metres from the middle of the control points."""
        return math.hypot(_apply(self.east, x, y), _apply(self.north, x, y))

    def to_degrees(self, points: Sequence[Position]) -> tuple[Position, ...]:
        """Longitude and latitude of each x, y on the plan."""
        return self.plane.to_degrees([(_apply(self.east, *one), _apply(self.north, *one)) for one in points])

    def to_plan(self, positions: Sequence[Position]) -> tuple[Position, ...]:
        """x, y on the plan of each longitude and latitude."""
        (a, b, c), (d, e, f) = self.east, self.north
        determinant = a * e - b * d
        found = []
        for east, north in self.plane.to_metres(positions):
            dx, dy = east - c, north - f
            found.append(((dx * e - dy * b) / determinant, (dy * a - dx * d) / determinant))
        return tuple(found)


def fit(points: Sequence[KnownPlace], *, where: str = "control_points") -> PlanPlacement:
    """The affine map that puts the control points best.

    Raises UsageError for fewer than three, for points on a line, and for places too far apart for a building.
    """
    if len(points) < _FEWEST:
        raise UsageError(
            f"{len(points)} control points; a plan is laid by {_FEWEST} or more",
            where=where,
            next_step="Add places that are far apart and not on one line.",
        )
    plane = LocalPlane.around([(one.longitude, one.latitude) for one in points])
    ground = plane.to_metres([(one.longitude, one.latitude) for one in points])
    if max(math.hypot(east, north) for east, north in ground) > FURTHEST:
        raise UsageError(
            "the control points are more than 50 km from their middle",
            where=where,
            next_step="Look for exchanged longitudes and latitudes, or a wrong CRS.",
        )
    on_plan = [(one.x, one.y) for one in points]
    for side, places in (("on the plan", on_plan), ("on the earth", ground)):
        if _thickness(places) < _THIN:
            raise UsageError(
                f"the control points lie on a line {side}, or in one place",
                where=where,
                next_step="Add one far from that line.",
            )
    east = _solve(on_plan, [one[0] for one in ground])
    north = _solve(on_plan, [one[1] for one in ground])
    residuals = tuple(
        math.hypot(_apply(east, x, y) - place[0], _apply(north, x, y) - place[1])
        for (x, y), place in zip(on_plan, ground, strict=True)
    )
    determinant = east[0] * north[1] - east[1] * north[0]
    if not determinant:
        raise UsageError("the control points contradict each other", where=where, next_step="Compare them.")
    return PlanPlacement(
        plane=plane,
        east=east,
        north=north,
        residuals=residuals,
        mirrored=determinant > 0,  # y goes down on the plan
        stretch=_stretch(east, north),
    )


def _apply(row: tuple[float, float, float], x: float, y: float) -> float:
    return row[0] * x + row[1] * y + row[2]


def _moments(places: Sequence[Position]) -> tuple[float, float, float, float, float]:
    """Means, then sums of squares about them: xx, xy, yy."""
    mean_x = math.fsum(x for x, _ in places) / len(places)
    mean_y = math.fsum(y for _, y in places) / len(places)
    xx = math.fsum((x - mean_x) ** 2 for x, _ in places)
    xy = math.fsum((x - mean_x) * (y - mean_y) for x, y in places)
    yy = math.fsum((y - mean_y) ** 2 for _, y in places)
    return mean_x, mean_y, xx, xy, yy


def _thickness(places: Sequence[Position]) -> float:
    """How wide the points spread across their main direction, by how long along it."""
    _, _, xx, xy, yy = _moments(places)
    middle, half = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return math.sqrt(max(middle - half, 0.0) / (middle + half)) if middle + half > 0 else 0.0


def _solve(places: Sequence[Position], values: Sequence[float]) -> tuple[float, float, float]:
    """Least squares about the means, so that far origins cost no digits."""
    mean_x, mean_y, xx, xy, yy = _moments(places)
    mean = math.fsum(values) / len(values)
    xv = math.fsum((x - mean_x) * (value - mean) for (x, _), value in zip(places, values, strict=True))
    yv = math.fsum((y - mean_y) * (value - mean) for (_, y), value in zip(places, values, strict=True))
    determinant = xx * yy - xy * xy
    a, b = (xv * yy - yv * xy) / determinant, (yv * xx - xv * xy) / determinant
    return a, b, mean - a * mean_x - b * mean_y


def _stretch(east: tuple[float, float, float], north: tuple[float, float, float]) -> float:
    (a, b, _), (d, e, _) = east, north
    middle, half = (a * a + b * b + d * d + e * e) / 2, math.hypot((a * a + d * d - b * b - e * e) / 2, a * b + d * e)
    return math.sqrt((middle + half) / max(middle - half, 1e-12 * middle))
