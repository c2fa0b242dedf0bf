"""A table of cameras with every fault that ``vssx carto check`` finds; for tests and for the benchmark."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

_COLUMNS = (
    *("camera_id", "name", "latitude", "longitude", "azimuth", "horizontal_fov", "vertical_fov", "near_range"),
    *("far_range", "camera_type", "in_service_since", "in_service_until", "crs", "easting", "northing", "plan"),
    *("plan_x", "plan_y", "remarks"),
)
_EVERY = 50
"""Rows between two of the same fault; those between without one are good."""
_LONG = 10 << 20
_NOWHERE = {"latitude": "", "longitude": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``kind``: of the finding; ``cells``: what stands in the row, with the number of the row for ``{n}``, that of
    the last good one for ``{good}``, and its place. ``usable``: the row is, and so counts as a camera."""

    kind: str
    cells: Mapping[str, str]
    usable: bool = True


FAULTS = (
    Fault(kind="exchanged", cells={"latitude": "{east}", "longitude": "{north}"}),
    Fault(kind="zero", cells={"latitude": "0", "longitude": "0"}),
    Fault(kind="range", cells={"azimuth": "400"}),
    Fault(kind="azimuth", cells={"azimuth": "-90"}),
    Fault(kind="compass-point", cells={"azimuth": "NNE"}),
    Fault(kind="west-or-east", cells={"azimuth": "O"}),
    Fault(kind="duplicate-camera", cells={"camera_id": "CAM-0"}),
    Fault(kind="similar-camera", cells={"camera_id": "cam-{good}"}),
    Fault(kind="unknown-camera", cells={"camera_id": "NEW-{n}"}),
    Fault(kind="no-camera-id", cells={"camera_id": ""}, usable=False),
    Fault(kind="number", cells={"far_range": "wide"}),
    Fault(kind="exponent", cells={"far_range": "4e1"}),
    Fault(kind="decimal", cells={"far_range": "1.234"}),
    Fault(kind="far-range", cells={"far_range": "5000"}),
    Fault(kind="ranges", cells={"near_range": "50"}),
    Fault(kind="range", cells={"horizontal_fov": "700"}),
    Fault(kind="field-of-view", cells={"vertical_fov": "170"}),
    Fault(kind="angle", cells={"latitude": "abc"}),
    Fault(kind="half", cells={"longitude": ""}),
    Fault(kind="date", cells={"in_service_since": "31/31/2020"}),
    Fault(kind="service", cells={"in_service_until": "2019-01-01"}),
    Fault(kind="word", cells={"camera_type": "zeppelin"}),
    Fault(kind="no-crs", cells={**_NOWHERE, "easting": "842000", "northing": "6520000"}),
    Fault(kind="crs", cells={**_NOWHERE, "easting": "842000", "northing": "6520000", "crs": "EPSG:9"}),
    Fault(kind="outside-crs", cells={**_NOWHERE, "easting": "6520000", "northing": "842000", "crs": "2154"}),
    Fault(kind="two-positions", cells={"easting": "842000", "northing": "6420000", "crs": "2154"}),
    Fault(kind="no-plan", cells={"plan_x": "1", "plan_y": "2"}),
    Fault(kind="long-text", cells={"remarks": "x" * 3000}),
    Fault(kind="lost-character", cells={"name": "Entr\ufffde"}),
    Fault(kind="encoding", cells={"name": "Entr\udce9e"}, usable=False),
    Fault(kind="nul", cells={"name": "a\0b"}, usable=False),
    Fault(kind="quotes", cells={"name": '"open'}, usable=False),
    Fault(kind="cells", cells={"remarks": "a;b"}, usable=False),
)
"""Each in every _EVERY rows. Besides, one of each: a line of 10 MB, the same row twice, the same place twice, and
positions all over the world."""
ONCE = ("long-line", "duplicate-row", "same-place", "far")


def faulty_table(rows: int) -> bytes:
    """``rows`` cameras of a town, a third of them good."""
    chance = random.Random(5)
    lines = [";".join(_COLUMNS)]
    for n in range(rows):
        north, east = (f"{base + chance.random() / 10:.6f}".replace(".", ",") for base in (45.7, 4.8))
        cells = dict.fromkeys(_COLUMNS, "")
        cells |= {"camera_id": f"CAM-{n}", "name": f"Caméra {n}", "latitude": north, "longitude": east}
        cells |= {"azimuth": "12,5", "horizontal_fov": "60", "near_range": "2", "far_range": "40"}
        cells |= {"camera_type": "fixe", "in_service_since": "2020-01-01"}
        place = n % _EVERY
        if 0 < place <= len(FAULTS):
            named = {"n": n, "good": n - place, "north": north, "east": east}
            cells |= {name: text.format_map(named) for name, text in FAULTS[place - 1].cells.items()}
        lines.append(";".join(cells.values()))
    good = lines[1].split(";")
    lines.append(lines[1])
    lines.append(";".join(["SAME", *good[1:]]))
    lines.append(";".join(["FAR", "", "-33,86", "151,2", *[""] * (len(_COLUMNS) - 4)]))
    lines.append("LONG;" + "x" * _LONG)
    return "\r\n".join([*lines, ""]).encode("utf-8", "surrogateescape")


def occurrences(rows: int) -> dict[str, int]:
    """Kind -> how many findings of it there are in ``faulty_table(rows)``, at least."""
    found = dict.fromkeys(ONCE, 1)
    for place, fault in enumerate(FAULTS, 1):
        found[fault.kind] = found.get(fault.kind, 0) + len(range(place, rows, _EVERY))
    return found


def usable(rows: int) -> int:
    """How many of its rows can be used: all but those, the one that comes twice, and the long one."""
    lost = sum(len(range(place, rows, _EVERY)) for place, fault in enumerate(FAULTS, 1) if not fault.usable)
    return rows - lost + 2
