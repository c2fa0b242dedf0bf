"""Twenty thousand rows with every fault: all findings in one run, the good rows usable, memory bounded."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter

from vssx.cartography.placed_table import PlacedTable
from vssx.model.cartography import MapCamera

_HEADER = (
    "camera_id;name;latitude;longitude;azimuth;horizontal_fov;near_range;far_range;camera_type;in_service_since\r\n"
)
_FAULTS = {
    1: ("exchanged", {2: "4,85", 3: "45,75"}),
    2: ("zero", {2: "0", 3: "0"}),
    3: ("far", None),
    4: ("range", {4: "400"}),
    5: ("duplicate-camera", {0: "CAM-0"}),
    6: ("range", {5: "700"}),
    7: ("ranges", {6: "50"}),
    8: ("cells", {9: "2020;x"}),
    9: ("quotes", {1: '"open'}),
    10: ("nul", {1: "a\0b"}),
    11: ("angle", {2: "abc"}),
    12: ("date", {9: "31/31/2020"}),
    13: ("word", {8: "zeppelin"}),
    14: ("no-camera-id", {0: ""}),
}


def _table(rows: int) -> bytes:
    chance = random.Random(5)
    lines = [_HEADER]
    for n in range(rows):
        east, north = (f"{base + chance.random() / 10:.6f}".replace(".", ",") for base in (4.8, 45.7))
        cells = [f"CAM-{n}", f"Caméra {n}", north, east, "12,5", "60", "2", "40", "fixe", "2020-01-01"]
        kind, changes = _FAULTS.get(n % 40, ("", {}))
        if kind == "far":  # each somewhere else: three in one place would be a town
            north, east = -60 + n / rows * 100, n * 37 % 3400 / 10 - 170
            changes = {2: f"{north:.4f}".replace(".", ","), 3: f"{east:.1f}".replace(".", ",")}
        for place, text in (changes or {}).items():
            cells[place] = text
        lines.append(";".join(cells) + "\r\n")
    return "".join(lines).encode("utf-8")


def _peak(data: bytes) -> tuple[int, Counter[str], int]:
    tracemalloc.start()
    try:
        kinds, cameras = Counter[str](), 0
        for one in PlacedTable(data, "cameras.csv"):
            if isinstance(one, MapCamera):
                cameras += 1
            else:
                kinds[one.kind] += 1
        return tracemalloc.get_traced_memory()[1], kinds, cameras
    finally:
        tracemalloc.stop()


def test_all_faults_in_one_run() -> None:
    peak, kinds, cameras = _peak(_table(20_000))
    expected = Counter(kind for kind, _ in _FAULTS.values())
    for kind, times in expected.items():
        if kind != "far":
            assert kinds[kind] == 500 * times, kind
    assert kinds["far"] > 100
    assert cameras == 20_000 - 4 * 500
    assert peak < 1000 * 20_000  # bytes: what tells doubles, and nothing of the findings
