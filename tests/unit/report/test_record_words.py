"""Sentences of records on pages in other languages."""

from __future__ import annotations

import pytest

from vssx.evidence import record
from vssx.jobs.clock import clock_synchronisation
from vssx.report.language import Language, Translator
from vssx.report.page import Page
from vssx.report.record_words import SENTENCES


def test_what_records_always_say_is_known_word_by_word() -> None:
    assert {record.CLOCK_STATEMENT, record.NO_CLOCK_STATEMENT, clock_synchronisation()} <= SENTENCES


@pytest.mark.parametrize("language", [Language.FRENCH, Language.GERMAN])
def test_they_are_translated(language: Language) -> None:
    assert all(Translator(language).text(one) != one for one in SENTENCES)
    page = Page(language=language).render("no_page.html.j2", name="report.html", why=record.CLOCK_STATEMENT).decode()
    assert str(Translator(language)(record.CLOCK_STATEMENT)) in page
    assert 'lang="en"' not in page
