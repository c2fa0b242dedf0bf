"""What a report says of the clocks."""

from __future__ import annotations

from typing import Any

import pytest

from vssx.report.clock_words import clock_words
from vssx.report.language import Language, Translator
from vssx.report.page_time import PageTime

UTC = PageTime(None)


def look(low: float, high: float) -> dict[str, Any]:
    """A look at the recorder's clock, which was ahead by ``low`` to ``high`` seconds."""
    return {
        "sent": "2024-05-01T12:00:00Z",
        "received": "2024-05-01T12:00:01Z",
        "recorder": "2024-05-01T12:01:00Z",
        "offset_low_seconds": low,
        "offset_high_seconds": high,
    }


def words(before: dict[str, Any] | None, after: dict[str, Any] | None, language: str = "en") -> list[str]:
    clock = {"before": before, "after": after, "synchronisation": "NTP"}
    return [one.striptags() for one in clock_words(clock, Translator(Language(language)), UTC).sentences]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (59.0, 60.5, "the recorder was ahead by 59 s to 1 min 0 s."),
        (-3725.0, -3700.25, "the recorder was behind by 1 h 1 min to 1 h 2 min."),
        (-0.25, 0.5, "they agreed as far as could be measured (to within 0.5 s)."),
        (0.0, 1.0, "they agreed as far as could be measured (to within 1 s)."),
        (-2.0, 0.0, "they agreed as far as could be measured (to within 2 s)."),
        (60.5, 59.0, "the recorder was ahead by 59 s to 1 min 0 s."),  # a record that has them the wrong way round
    ],
)
def test_ahead_behind_or_in_agreement(low: float, high: float, said: str) -> None:
    [sentence, _] = words(look(low, high), None)
    assert sentence == (
        "When the export began, the recorder's clock showed 2024-05-01T12:01:00Z and the exporting computer's"
        f" 2024-05-01T12:00:00Z: {said}"
    )


def test_before_and_after() -> None:
    assert [one.partition(",")[0] for one in words(look(1, 2), look(3, 4))] == [
        "When the export began",
        "When it was finished",
    ]
    assert words(look(1, 2), None)[1] == "When it was finished, the recorder could not be asked for its time again."
    assert words(None, None) == []


def test_synchronisation_is_of_interest_where_there_was_a_recorder() -> None:
    translate = Translator(Language.ENGLISH)
    for before, said in ((None, ""), (look(1, 2), "NTP")):
        clock = {"before": before, "after": None, "synchronisation": "NTP"}
        assert clock_words(clock, translate, UTC).synchronisation == said


@pytest.mark.parametrize(("language", "said"), [("fr", "12:01:00Z"), ("de", "12:01:00Z")])
def test_other_languages_have_the_same_times(language: str, said: str) -> None:
    [sentence, _] = words(look(59.0, 60.5), None, language)
    assert said in sentence
    assert "recorder's clock" not in sentence


def test_offsets_that_no_clock_has() -> None:
    (said,) = words(look(-1e308, 1e308), look(-1e308, 1e308))[:1]
    assert "they agreed as far as could be measured" in said
