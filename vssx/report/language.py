"""Languages of the pages: English in the code and the templates, the others out of catalogs (``locale/*/*.po``)."""

from __future__ import annotations

import functools
import gettext
import io
import unicodedata
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable

from markupsafe import Markup, escape

from vssx.cells import visible

MOST_SHOWN = 1000
"""Characters of one text from outside that a page shows."""
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})

_UNBROKEN = {0xA0: " ", 0x202F: " "}


class Language(StrEnum):
    """Language of a page."""

    ENGLISH = "en"
    FRENCH = "fr"
    GERMAN = "de"


def marked(message: str) -> str:
    """``message`` itself, marked for the catalogs where it is translated later (``translate(words[kind])``)."""
    return message


class Translator:
    """Says things in one language; in templates it is ``_``, and its ``plural`` is ``ngettext``.

    Messages hold no markup. Values are put where ``%(name)s`` stands (a percent sign itself is ``%%``): Markup as it
    is, every other text escaped and made visible.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._catalog = _catalog(language)

    def __call__(self, message: str, **values: object) -> Markup:
        """In HTML, for text and attributes."""
        return _filled(self._catalog.gettext(message), values)

    def plural(self, one: str, more: str, count: int, /, **values: object) -> Markup:
        """As above, by number; ``%(count)s`` is the number."""
        return _filled(self._catalog.ngettext(one, more, count), {"count": count, **values})

    def text(self, message: str, **values: object) -> str:
        """As plain text: for a PDF, for a script's words. Values are made visible. Blanks that do not break become
        usual ones: a page that shows a plain text would take them for something that hides."""
        shown = {name: clipped(value) if isinstance(value, str) else value for name, value in values.items()}
        return self._catalog.gettext(message).translate(_UNBROKEN) % shown


def clipped(text: str) -> str:
    r"""``text`` from outside with ``\u{hex}`` for what nobody sees, cut after MOST_SHOWN characters."""
    return visible(text) if len(text) <= MOST_SHOWN else visible(text[:MOST_SHOWN]) + " ..."


def isolated(text: str) -> str:
    """As ``clipped``; with letters that run from right to left it also stands between U+2068 and U+2069, so that it
    turns nothing round it (Unicode Standard Annex 9), for places where no bdi element can be."""
    fit = clipped(text)
    if fit.isascii() or not any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in fit):
        return fit
    return f"\u2068{fit}\u2069"


def _filled(message: str, values: dict[str, object]) -> Markup:
    fit = {
        name: isolated(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        for name, value in values.items()
    }
    return escape(message) % fit


@functools.cache
def _catalog(language: Language) -> gettext.NullTranslations:
    if language is Language.ENGLISH:
        return gettext.NullTranslations()
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    whole = Catalog(locale=str(language))
    for source in sorted(catalog_files(language), key=lambda file: file.name):
        with source.open("rb") as lines:
            for message in read_po(lines, locale=str(language)):
                if message.id:
                    whole.add(message.id, message.string)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def catalog_files(language: Language) -> list[Traversable]:
    """The catalogs of a language, one for each area of the pages."""
    directory = resources.files("vssx.report").joinpath("locale", str(language))
    return [file for file in directory.iterdir() if file.name.endswith(".po")]
