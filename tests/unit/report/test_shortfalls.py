"""What keeps a recording from being complete, and tables that count what they leave out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.report.recordings import file, gap, loss, recording, track
from vssx.report.language import Language, Translator
from vssx.report.record_words import END_REASONS
from vssx.report.shortfalls import shortfalls
from vssx.report.tables import Allowance, Gathered, Rows, at_most

ENGLISH = Translator(Language.ENGLISH)
WHOLE = [file("a.mp4", track(0, 100))]


def of(*files: Any, **fields: Any) -> list[str]:
    return [str(one) for one in shortfalls(recording(files or WHOLE, **fields), ENGLISH)]


def test_nothing_is_missing() -> None:
    assert of() == []
    assert of(gaps=(gap(10, 20, confirmed=True),)) == []


def test_each_shortfall_in_its_words() -> None:
    gaps = (gap(1, 2), gap(3, 4, confirmed=False), gap(5, 6, confirmed=True), gap(9, 8, cause="backward-step"))
    assert of(gaps=gaps, losses=(loss(1, count=2), loss(None, count=3))) == [
        "5 losses: recorded, but not received, or received damaged",
        "2 gaps that the recorder&#39;s history does not confirm",
        "the recorder&#39;s clock stepped back",
    ]
    assert of(losses=(loss(1),)) == ["1 loss: recorded, but not received, or received damaged"]
    assert [str(one) for one in shortfalls(recording(), ENGLISH)] == ["nothing was recorded in the range"]


@pytest.mark.parametrize("reason", END_REASONS)
@pytest.mark.parametrize("language", Language)
def test_every_reason_for_an_unproven_end_has_words(reason: str, language: Language) -> None:
    one = recording(WHOLE, end_proven=False, raw={"acquired": {"end": {"reason": reason}}})
    [text] = shortfalls(one, Translator(language))
    assert (END_REASONS[reason] in text.unescape()) is (language is Language.ENGLISH)


def test_a_table_keeps_the_first_rows_and_counts_the_others() -> None:
    drawn = at_most(iter(range(10)), 4)
    assert (list(drawn.rows), drawn.left_out, drawn.total, bool(drawn)) == ([0, 1, 2, 3], 6, 10, True)
    assert (bool(at_most([], 4)), bool(at_most([1], 0)), at_most([1], 4).left_out) == (False, True, 0)
    assert Rows(rows=()).total == 0


def test_rows_that_come_one_by_one_are_kept_and_counted_in_the_same_way() -> None:
    gathered = Gathered[int](4)
    for number in range(10):
        gathered.add(number)
    assert gathered.rows == at_most(range(10), 4)


def test_recordings_share_the_rows_of_a_page_and_each_has_some() -> None:
    assert [Allowance(recordings=count).rows(600) for count in (0, 1, 7, 60, 1000)] == [600, 600, 85, 10, 2]
    assert Allowance(recordings=60).rows(120, 5) == 5
