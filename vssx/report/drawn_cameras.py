"""Cameras as marks on a drawing: those that nobody could tell apart become one mark, so they are never too many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vssx.cartography.ellipsoid import Position
from vssx.report.camera_map import DrawnCamera, NumberedCamera

MAX_MARKS = 600
_CLOSE = 6.0
_POINTER = 14.0
_MAX_POINTERS = 4
_MAX_NUMBERS = 4
_MAX_TITLES = 10
_MAX_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A camera and its place in the drawing. ``heading``: degrees clockwise from up; None: not known there."""

    numbered: NumberedCamera
    place: Position
    heading: float | None


def drawn_cameras(spots: Sequence[Spot]) -> tuple[list[DrawnCamera], list[tuple[str, ...]]]:
    """The marks, and for each what its label may be, best first. Those of the handover come first."""
    joined = _joined(spots)
    marks, names = [], []
    # labels are given out in order of the marks: cameras of the handover, and those by themselves, need them most
    for members in sorted(joined, key=lambda one: (not _recorded(one), len(one), one[0].numbered.number)):
        marks.append(_mark(members))
        names.append(_names(members))
    return marks, names


def _joined(spots: Sequence[Spot]) -> list[list[Spot]]:
    close = _CLOSE
    while True:
        cells: dict[tuple[int, int], list[Spot]] = {}
        for spot in spots:
            x, y = spot.place
            home = (math.floor(x / close), math.floor(y / close))
            cells.setdefault(_near(cells, home, spot.place, close), []).append(spot)
        if len(cells) <= MAX_MARKS:
            return list(cells.values())
        close *= 1.5


def _near(
    cells: dict[tuple[int, int], list[Spot]], home: tuple[int, int], place: Position, close: float
) -> tuple[int, int]:
    """The cell of a mark that is close already, else the camera's own."""
    if home in cells:
        return home
    around = [(home[0] + right, home[1] + down) for right in (-1, 0, 1) for down in (-1, 0, 1)]
    near = [cell for cell in around if cell in cells and math.dist(cells[cell][0].place, place) < close]
    return min(near, key=lambda cell: math.dist(cells[cell][0].place, place), default=home)


def _recorded(members: Sequence[Spot]) -> bool:
    return any(one.numbered.recordings for one in members)


def _mark(members: Sequence[Spot]) -> DrawnCamera:
    x, y = members[0].place
    titles = [f"{one.numbered.number} {one.numbered.name[:_MAX_NAME]}" for one in members[:_MAX_TITLES]]
    more = len(members) - len(titles)
    return DrawnCamera(
        x=x,
        y=y,
        count=len(members),
        recorded=_recorded(members),
        title=", ".join(titles) + (f", +{more}" if more else ""),
        pointers="".join(
            _pointer((x, y), one.heading, _POINTER)
            for one in members
            if one.heading is not None and len(members) <= _MAX_POINTERS
        ),
    )


def _names(members: Sequence[Spot]) -> tuple[str, ...]:
    first = members[0].numbered
    if len(members) == 1:
        return f"{first.number} {first.name}", str(first.number)
    numbers = [str(one.numbered.number) for one in members[:_MAX_NUMBERS]]
    if len(members) > _MAX_NUMBERS:
        return (f"{numbers[0]}, … (×{len(members)})", f"×{len(members)}")
    return (", ".join(numbers), f"×{len(members)}")


def pointer_ends(spots: Sequence[Spot]) -> list[tuple[float, float, float, float]]:
    """Boxes about the ends of pointers, which no label shall cover."""
    ends = [
        (
            spot.place[0] + _POINTER * math.sin(math.radians(spot.heading)),
            spot.place[1] - _POINTER * math.cos(math.radians(spot.heading)),
        )
        for spot in spots
        if spot.heading is not None
    ]
    return [(x - 2, y - 2, x + 2, y + 2) for x, y in ends]


def _pointer(place: Position, heading: float, length: float) -> str:
    """SVG path data of a line from ``place``, ``heading`` degrees clockwise from up."""
    angle = math.radians(heading)
    return f"M{place[0]:g} {place[1]:g}l{round(length * math.sin(angle), 1):g} {round(-length * math.cos(angle), 1):g}"
