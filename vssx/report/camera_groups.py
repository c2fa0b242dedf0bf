"""Which cameras lie so near each other that they belong on one map."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vssx.cartography.ellipsoid import Position

_Cell = tuple[int, int]


def groups(points: Sequence[Position], distance: float) -> list[list[int]]:
    """Indices of ``points`` (metres), grouped: whoever is nearer than about ``distance`` to one of a group is in it.

    By cells of a grid, so that twenty thousand take no longer than one look at each: up to twice the distance may join.
    """
    cells: dict[_Cell, list[int]] = {}
    for index, (x, y) in enumerate(points):
        cells.setdefault((math.floor(x / distance), math.floor(y / distance)), []).append(index)
    found = []
    left = set(cells)
    while left:
        open_cells = [left.pop()]
        members: list[int] = []
        while open_cells:
            cell = open_cells.pop()
            members += cells[cell]
            near = _around(cell) & left
            left -= near
            open_cells += near
        found.append(sorted(members))
    return sorted(found, key=lambda one: one[0])


def _around(cell: _Cell) -> set[_Cell]:
    x, y = cell
    return {(x + right, y + up) for right in (-1, 0, 1) for up in (-1, 0, 1)}
