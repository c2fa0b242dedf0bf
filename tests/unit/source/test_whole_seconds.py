"""A run whose times are whole seconds is placed by where the second changes."""

from __future__ import annotations

import pytest

from tests.unit.source.raw import FRAME, NS, T0, content, timeline, unit
from vssx.model.media import AccessUnit, Assumption

FRAME_NS = NS // 25


@pytest.mark.parametrize("into", [0, 1, 12, 24])
def test_the_true_time_is_within_what_is_told(into):
    line = timeline()
    start = T0 // NS * NS + into * FRAME_NS
    items = []
    for n in range(100):
        items += line.push(unit(n * FRAME, (start + n * FRAME_NS) // NS * NS), content())
    items += line.finish()
    times = [item.utc_ns for item in items if isinstance(item, AccessUnit)]
    assert len(times) == 100
    assert all(0 <= start + n * FRAME_NS - found < FRAME_NS for n, found in enumerate(times))
    [told] = [item for item in items if isinstance(item, Assumption) and item.subject == "whole seconds"]
    assert "up to 40.0 ms later" in told.detail
