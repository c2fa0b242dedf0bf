"""Positions against each other: the same one twice, exchanged longitude and latitude, far from all others."""

from __future__ import annotations

import math
import struct
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping

from vssx.model.cartography import CartographyFinding, MapCamera, Severity

_EARTH = 6_371_008.8  # mean radius in metres: a kilometre more or less does not matter here
_NEAR = 50_000.0
_TIMES = 10.0
_CELL = 0.5  # degrees
_COMPANY = 3  # as many cameras in one region, far from the others, are another town rather than a mistake
_PLACE = struct.Struct("4d")
_Vector = tuple[float, float, float]


class PlaceCheck:
    """Takes cameras as they come; some 250 bytes for each that has a position.

    ``columns``: profile column -> header as written.
    """

    def __init__(self, file: str, columns: Mapping[str, str]) -> None:
        self._file = file
        self._columns = columns
        self._longitudes = array("d")
        self._latitudes = array("d")
        self._lines = array("q")
        self._first: dict[bytes, int] = {}

    def add(self, camera: MapCamera) -> Iterator[CartographyFinding]:
        """Note where it is, and tell where another one looks the same way from the same place."""
        if camera.longitude is None or camera.latitude is None:
            return
        self._longitudes.append(camera.longitude)
        self._latitudes.append(camera.latitude)
        self._lines.append(camera.line)
        place = _PLACE.pack(camera.longitude, camera.latitude, *map(_or_none, (camera.azimuth, camera.altitude)))
        first = self._first.setdefault(place + camera.floor[:20].encode(), camera.line)
        if first != camera.line:
            message = f"same position and direction as line {first}"
            yield self._finding(Severity.NOTE, "same-place", camera.line, camera.longitude, camera.latitude, message)

    def findings(self) -> Iterator[CartographyFinding]:
        """Of all that was added: positions far from where most cameras are, in the order of their lines."""
        if len(self._lines) < 3:
            return
        middle = self._middle()
        distances = array("d", (_distance(_vector(*place), middle) for place in self._positions()))
        limit = max(_NEAR, _TIMES * sorted(distances)[len(distances) // 2])
        cells = Counter(_cell(*place) for place in self._positions())
        for n, distance in enumerate(distances):
            if distance <= limit:
                continue
            longitude, latitude = self._longitudes[n], self._latitudes[n]
            meant = _meant(longitude, latitude, middle, limit)
            away = f"{distance / 1000:.0f} km from the middle of all"
            if meant:
                message = f"{away}: {meant}?"
                kind = "exchanged"
            elif _company(cells, longitude, latitude) < _COMPANY:
                message = f"far from all others, {away}"
                kind = "far"
            else:
                continue
            yield self._finding(Severity.WARNING, kind, self._lines[n], longitude, latitude, message)

    def _positions(self) -> Iterator[tuple[float, float]]:
        return zip(self._longitudes, self._latitudes, strict=True)

    def _middle(self) -> _Vector:
        """Medians, which a few wrong positions do not move; in space, where no meridian is an edge."""
        half = len(self._lines) // 2
        x, y, z = (sorted(_vector(*place)[axis] for place in self._positions())[half] for axis in range(3))
        length = math.hypot(x, y, z) or 1.0
        return x / length, y / length, z / length

    def _finding(
        self, severity: Severity, kind: str, line: int, longitude: float, latitude: float, message: str
    ) -> CartographyFinding:
        return CartographyFinding(
            severity=severity,
            file=self._file,
            line=line,
            column=self._columns.get("longitude", "longitude"),
            value=f"{longitude:.15g}, {latitude:.15g}",
            message=message,
            kind=kind,
        )


def _meant(longitude: float, latitude: float, middle: _Vector, limit: float) -> str:
    """What would bring the position to the others."""
    attempts = {
        "longitude and latitude exchanged": (latitude, longitude),
        "east and west exchanged": (-longitude, latitude),
        "north and south exchanged": (longitude, -latitude),
    }
    for words, (east, north) in attempts.items():
        if abs(north) <= 90 and _distance(_vector(east, north), middle) <= limit:
            return words
    return ""


def _or_none(value: float | None) -> float:
    """A number that no column allows, where none is said."""
    return -1e9 if value is None else value


def _vector(longitude: float, latitude: float) -> _Vector:
    east, north = math.radians(longitude), math.radians(latitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


def _distance(one: _Vector, other: _Vector) -> float:
    return 2 * _EARTH * math.asin(min(1.0, math.dist(one, other) / 2))


def _cell(longitude: float, latitude: float) -> tuple[int, int]:
    return math.floor(longitude / _CELL) % round(360 / _CELL), math.floor(latitude / _CELL)


def _company(cells: Mapping[tuple[int, int], int], longitude: float, latitude: float) -> int:
    """Cameras in the same part of the country, itself among them."""
    east, north = _cell(longitude, latitude)
    width = round(360 / _CELL)
    return sum(cells.get(((east + i) % width, north + j), 0) for i in (-1, 0, 1) for j in (-1, 0, 1))
