"""A plane in metres about a place: what maps are drawn on, and what plans are fitted to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from vssx.cartography.ellipsoid import Position, Ring, forward, inverse


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPlane:
    """Azimuthal equidistant on the WGS 84 ellipsoid: distance and direction from the centre are true.

    ``longitude``, ``latitude``: the centre, degrees. Between other points lengths are too long by (d/R)^2/6 at most
    at the distance d from the centre: 4 mm in 1 km at 10 km, 4 m at 300 km.
    """

    longitude: float
    latitude: float

    @classmethod
    def around(cls, positions: Sequence[Position]) -> Self:
        """The plane about the middle of ``positions`` (longitude, latitude), also across the antimeridian.

        Raises ValueError without positions.
        """
        if not positions:
            raise ValueError("no positions to lay a plane about")
        vectors = [_vector(one) for one in positions]
        x, y, z = (math.fsum(vector[axis] for vector in vectors) for axis in range(3))
        if math.hypot(x, y, z) < 1e-9 * len(positions):  # all round the earth: no middle
            return cls(longitude=positions[0][0], latitude=positions[0][1])
        return cls(longitude=math.degrees(math.atan2(y, x)), latitude=math.degrees(math.atan2(z, math.hypot(x, y))))

    def to_metres(self, positions: Sequence[Position]) -> tuple[Position, ...]:
        """East and north of the centre in metres, of each longitude and latitude."""
        found = []
        for azimuth, distance in inverse((self.longitude, self.latitude), positions):
            angle = math.radians(azimuth)
            found.append((distance * math.sin(angle), distance * math.cos(angle)))
        return tuple(found)

    def to_degrees(self, points: Sequence[Position]) -> tuple[Position, ...]:
        """Longitude and latitude of each point (metres east, metres north)."""
        azimuths = [math.degrees(math.atan2(east, north)) for east, north in points]
        distances = [math.hypot(east, north) for east, north in points]
        return forward((self.longitude, self.latitude), azimuths, distances)

    def rings_to_metres(self, rings: Sequence[Ring]) -> tuple[Ring, ...]:
        """Each ring of longitudes and latitudes in metres east and north."""
        return tuple(self.to_metres(ring) for ring in rings)


def _vector(position: Position) -> tuple[float, float, float]:
    longitude, latitude = math.radians(position[0]), math.radians(position[1])
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )
