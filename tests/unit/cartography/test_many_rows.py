"""Twenty thousand rows with every fault: all findings in one run, the good rows usable, memory bounded."""

from __future__ import annotations

import tracemalloc
from collections import Counter

from tests.faulty_cartography import faulty_table, occurrences, usable
from vssx.cartography.matching import RecordingIdentity
from vssx.cartography.placed_table import PlacedTable
from vssx.jobs.carto import CartographyReview
from vssx.model.cartography import CartographyCheck, MapCamera

ROWS = 20_000
LIKE_OTHERS = {"range", "crs", "half", "similar-camera", "unknown-camera", "same-place"}
"""Kinds of which other faults of the table are, too."""


def test_all_faults_in_one_run() -> None:
    review = CartographyReview(PlacedTable(faulty_table(ROWS), "cameras.csv"))
    review.compare([RecordingIdentity(token=f"CAM-{n}") for n in range(ROWS)], "10.0.0.1")
    lines = Counter(one.kind for one in review if one.line)
    assert review.result is CartographyCheck.ERRORS
    expected = occurrences(ROWS)
    assert {kind: review.kinds[kind] for kind in expected.keys() - LIKE_OTHERS} == {
        kind: count for kind, count in expected.items() if kind not in LIKE_OTHERS
    }
    assert {kind for kind in LIKE_OTHERS if review.kinds[kind] < expected[kind]} == set()
    assert review.kinds.keys() - expected.keys() == {"no-position", "no-camera"}
    assert lines.keys() - {"no-camera"} == expected.keys() | {"no-position"}, "a finding without its line"
    assert review.usable == usable(ROWS)
    assert review.placed_table.table.rows == ROWS + 4


def test_memory_is_bounded() -> None:
    """Of 2,000 rows, and a line of 10 MB: pieces of the file, what tells doubles, and nothing of the findings."""
    data = faulty_table(2000)
    list(PlacedTable(faulty_table(100), "cameras.csv"))  # loads modules and PROJ
    tracemalloc.start()
    try:
        cameras = sum(isinstance(one, MapCamera) for one in PlacedTable(data, "cameras.csv"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert cameras == usable(2000)
    assert peak < 6 << 20
