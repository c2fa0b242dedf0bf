from __future__ import annotations

import pytest

from vssx.report.page_time import PageTime
from vssx.report.timeline_scale import TimeScale
from vssx.times import NS, from_xs_datetime

START = from_xs_datetime("2026-03-14T12:00:01Z")


def scale(seconds: float) -> TimeScale:
    return TimeScale(start_ns=START, end_ns=START + round(seconds * NS), left=100.0, width=800.0)


def test_times_lie_where_their_share_is_and_never_beyond():
    found = scale(10)
    assert found.x(START) == 100.0
    assert found.x(START + 5 * NS) == 500.0
    assert found.x(START - NS) == 100.0
    assert found.x(START + 100 * NS) == 900.0
    assert not found.holds(START - 1)


@pytest.mark.parametrize("seconds", [0.004, 0.3, 1, 7, 59, 61, 3600, 86_400, 40 * 86_400, 3 * 365 * 86_400, 3e9])
def test_there_are_some_lines_and_not_too_many(seconds):
    ticks = scale(seconds).ticks(PageTime("Europe/Paris"))
    assert 2 <= len(ticks) <= 9
    assert [tick.x for tick in ticks] == sorted({tick.x for tick in ticks})
    assert ticks[0].utc_date
    assert ticks[0].offset


def test_texts_are_as_fine_as_the_steps():
    assert [tick.utc for tick in scale(2).ticks(PageTime(None))][:2] == ["12:00:01", "12:00:01.500"]
    assert [tick.utc for tick in scale(1200).ticks(PageTime(None))][:2] == ["12:05", "12:10"]
    assert [tick.utc_date for tick in scale(8 * 86_400).ticks(PageTime(None))][:2] == ["2026-03-15", "2026-03-16"]


def test_local_times_beyond_the_calendar_are_left_out():
    end = from_xs_datetime("9999-12-31T23:59:59Z")
    edge = TimeScale(start_ns=end - 3600 * NS, end_ns=end, left=0.0, width=100.0)
    assert {tick.local for tick in edge.ticks(PageTime("Pacific/Kiritimati"))} == {""}


def test_a_scale_that_reaches_beyond_the_calendar():
    ticks = TimeScale(start_ns=253_402_000_000 * NS, end_ns=10**21, left=0.0, width=100.0).ticks(
        PageTime("Europe/Paris")
    )
    assert 2 <= len(ticks) <= 9
    assert any(tick.utc_date.startswith(">9999") for tick in ticks)
