"""Everything that the pages say is translated, whole and with the same values."""

from __future__ import annotations

import re

import pytest

from tests.unit.report.messages import all_messages, catalogs, missing
from vssx.cells import visible
from vssx.report.language import Language, Translator

TRANSLATED = [language for language in Language if language is not Language.ENGLISH]
_VALUE = re.compile(r"%\(\w+\)s|%%|%")


def test_there_are_messages() -> None:
    assert "Skip to the content" in {message.one for message in all_messages()}


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing(language: Language) -> None:
    assert [f"{message.where}: {message.one}" for message in missing(language)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_fuzzy_obsolete_or_said_in_two_ways(language: Language) -> None:
    said: dict[object, object] = {}
    messages = {(one.one, one.more) if one.more else one.one for one in all_messages()}
    for name, catalog in catalogs(language).items():
        assert not catalog.obsolete
        for entry in catalog:
            if entry.id:
                assert not entry.fuzzy, entry.id
                assert entry.id in messages, f"{name}: nobody says {entry.id!r}"
                assert said.setdefault(entry.id, entry.string) == entry.string, f"{name}: {entry.id!r} once more"


@pytest.mark.parametrize("language", TRANSLATED)
def test_values_are_the_same_in_every_language(language: Language) -> None:
    for catalog in catalogs(language).values():
        for entry in catalog:
            ids = [entry.id] if isinstance(entry.id, str) else list(entry.id)
            strings = [entry.string] if isinstance(entry.string, str) else list(entry.string)
            if ids != [""]:
                wanted = set(_VALUE.findall(ids[-1]))
                assert "%" not in wanted, ids
                for text in strings:
                    assert set(_VALUE.findall(text)) == wanted, ids


def test_messages_hold_no_markup() -> None:
    for message in all_messages():
        assert not re.search(r"<[a-z/]|&[a-z#]+;", message.one + message.more), message


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_of_a_translation_is_escaped_where_it_is_plain_text(language: Language) -> None:
    """Pages show what nobody sees as ``\\u{hex}``; French has blanks that do not break."""
    translate = Translator(language)
    for message in all_messages():
        if "%" not in message.one:
            assert visible(translate.text(message.one)) == translate.text(message.one).replace("\\", "\\\\")
