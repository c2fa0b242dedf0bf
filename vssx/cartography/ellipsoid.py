"""Distances and directions on the WGS 84 ellipsoid (geodesics after Karney, through pyproj's Geod)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproj import Geod

Position = tuple[float, float]
"""Longitude and latitude in WGS 84, degrees; or, on a plane, two coordinates in the order that is said there."""
Ring = tuple[Position, ...]
"""A closed line: the last position is the first one again."""
Polygon = tuple[Ring, ...]
"""The outer ring, then its holes."""


def forward(start: Position, azimuths: Sequence[float], distances: Sequence[float]) -> tuple[Position, ...]:
    """Where one comes from ``start`` in each direction (degrees clockwise from north) after each distance (metres)."""
    count = len(azimuths)
    longitudes, latitudes, _ = _geod().fwd([start[0]] * count, [start[1]] * count, list(azimuths), list(distances))
    return tuple((float(longitude), float(latitude)) for longitude, latitude in zip(longitudes, latitudes, strict=True))


def inverse(start: Position, ends: Sequence[Position]) -> tuple[tuple[float, float], ...]:
    """Azimuth at ``start`` (degrees, -180 to 180) and distance (metres) of the shortest way to each of ``ends``."""
    count = len(ends)
    azimuths, _, distances = _geod().inv(
        [start[0]] * count, [start[1]] * count, [end[0] for end in ends], [end[1] for end in ends]
    )
    return tuple((float(azimuth), float(distance)) for azimuth, distance in zip(azimuths, distances, strict=True))


def _geod() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")
