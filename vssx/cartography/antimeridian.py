"""Areas cut where longitudes jump (RFC 7946, 3.1.9), also those about a pole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from vssx.cartography.ellipsoid import Polygon, Position, Ring

_DIGITS = 10  # of a degree: 0.01 mm
_NO_AREA = 1e-14  # square degrees: less is what rounding leaves along a cut

_ROUND = 1080  # degrees along the edge of the map

_Run = list[Position]


def cut(rings: Sequence[Ring]) -> tuple[Polygon, ...]:
    """The area left of ``rings`` as polygons within -180 and 180 degrees, rounded to 0.01 mm.

    ``rings``: longitude and latitude, closed, not crossing each other, neighbours less than half a turn apart; walking
    along one the area is on the left hand. Outer rings come out counterclockwise, holes clockwise; an area about a
    pole is closed along the edge of the map.
    """
    whole: list[_Run] = []
    runs: list[_Run] = []
    for ring in rings:
        parts = _split(_unrolled(ring))
        (runs if len(parts) > 1 else whole).extend(parts)
    found = [closed for line in (*whole, *_joined(runs)) if (closed := _rounded(line))]
    holes = [ring for ring in found if _area(ring) < 0]
    return tuple((outer, *(hole for hole in holes if _holds(outer, hole[0]))) for outer in found if _area(outer) > 0)


def _unrolled(ring: Ring) -> _Run:
    """Longitudes go on past 180: none is further than half a turn from the one before."""
    line = [ring[0]]
    for longitude, latitude in ring[1:]:
        before = line[-1][0]
        line.append((before + (longitude - before + 180) % 360 - 180, latitude))
    # Closed exactly: what rounding adds up to is a crossing where a ring begins on the antimeridian.
    line[-1] = (line[0][0] + 360 * round((line[-1][0] - line[0][0]) / 360), ring[-1][1])
    return line


def _split(line: _Run) -> list[_Run]:
    """The runs between crossings of the antimeridian, each from edge to edge of the map; ``line`` without any."""
    runs: list[_Run] = []
    turn = _turn(line[0][0])
    run: _Run = [(line[0][0] - 360 * turn, line[0][1])]
    for before, after in pairwise(line):
        if _turn(after[0]) != turn:
            east = _turn(after[0]) > turn
            meridian = 360 * turn + (180 if east else -180)
            share = (meridian - before[0]) / (after[0] - before[0])
            latitude = before[1] + share * (after[1] - before[1])
            run.append((180.0 if east else -180.0, latitude))
            runs.append(run)
            run = [(-180.0 if east else 180.0, latitude)]
            turn = _turn(after[0])
        run.append((after[0] - 360 * turn, after[1]))
    if not runs:
        return [run]
    runs[0] = run[:-1] + runs[0]  # the line began amid a run
    return runs if len(runs) > 1 else [*runs, []]


def _turn(longitude: float) -> int:
    return math.floor((longitude + 180) / 360)


def _joined(runs: Sequence[_Run]) -> list[_Run]:
    """Runs closed along the edge of the map, which is walked counterclockwise too: the area is on its left."""
    left = {number: _along(run[0]) for number, run in enumerate(runs) if run}
    joined = []
    while left:
        first = number = next(iter(left))
        line: _Run = []
        while number in left:
            run = runs[number]
            del left[number]
            line += run
            end = _along(run[-1])
            starts = left | {first: _along(runs[first][0])}
            number = min(starts, key=lambda one: (starts[one] - end) % _ROUND)
            way = (starts[number] - end) % _ROUND
            line += [corner for far, corner in _corners(end) if far < way]
        joined.append([*line, line[0]])
    return joined


def _along(position: Position) -> float:
    """How far along the edge of the map, from its south-east corner by north-east, north-west and south-west."""
    longitude, latitude = position
    return 90 + latitude if longitude > 0 else 540 + 90 - latitude


def _corners(end: float) -> list[tuple[float, Position]]:
    places = ((180, (180.0, 90.0)), (540, (-180.0, 90.0)), (720, (-180.0, -90.0)), (_ROUND, (180.0, -90.0)))
    return sorted(((place - end) % _ROUND, corner) for place, corner in places)


def _rounded(line: Sequence[Position]) -> Ring:
    """Without doubles; empty where nothing is left."""
    points: list[Position] = []
    for longitude, latitude in line:
        point = (round(longitude, _DIGITS), round(latitude, _DIGITS))
        if not points or point != points[-1]:
            points.append(point)
    return tuple(points) if len(points) >= 4 and abs(_area(points)) > _NO_AREA else ()


def _area(line: Sequence[Position]) -> float:
    """Twice the area in square degrees, positive where the closed line turns counterclockwise."""
    x, y = line[0]  # near it nothing is lost by subtraction
    return sum((one[0] - x) * (other[1] - y) - (other[0] - x) * (one[1] - y) for one, other in pairwise(line))


def _holds(ring: Ring, point: Position) -> bool:
    """``point`` lies within ``ring``: a way out of it crosses the ring an odd number of times."""
    x, y = point
    crossed = [
        x < one[0] + (y - one[1]) / (other[1] - one[1]) * (other[0] - one[0])
        for one, other in pairwise(ring)
        if (one[1] > y) != (other[1] > y)
    ]
    return sum(crossed) % 2 == 1
