"""PDF files with this system's fonts, with others, and without any."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest

from tests.unit.report.sheets import sheet
from vssx.errors import UsageError
from vssx.report import pdf_document
from vssx.report.language import Language
from vssx.report.page_time import PageTime
from vssx.report.pdf_document import PdfDocument
from vssx.report.pdf_fonts import FontFiles, find_fonts, font_directories
from vssx.report.sheet_pdf import sheet_pdf

NO_FONTS = FontFiles(plain=None, bold=None, monospaced=None, fallbacks=())


def document(fonts: FontFiles) -> PdfDocument:
    return PdfDocument(title="t", language=Language.ENGLISH, created_ns=0, fonts=fonts)


def subset(source: Path, target: Path, characters: str) -> Path:
    """A font with these characters only."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(source)
    subsetter = Subsetter(Options(layout_features=[]))
    subsetter.populate(text=characters)
    subsetter.subset(font)
    font.save(target)
    return target


def dejavu() -> Path:
    plain = find_fonts(font_directories()).plain
    if plain is None or plain.name != "DejaVuSans.ttf":
        pytest.skip("DejaVu Sans is not installed")
    return plain


def content_of(data: bytes) -> bytes:
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    return b"".join(zlib.decompress(one) for one in streams if one[:1] == b"\x78")


def test_without_fonts_other_letters_are_escapes():
    page = document(NO_FONTS)
    assert page.fit("Müller, Zürich") == "Müller, Zürich"
    assert not page.replaced
    assert page.fit("Иванов") == "".join(f"\\u{{{ord(one):x}}}" for one in "Иванов")
    assert page.replaced
    page.write(page.fit("Иванов"))
    assert rb"\\u{418}" in content_of(page.output())


def test_controls_are_escapes_and_no_replacement():
    page = document(NO_FONTS)
    assert page.fit("a\u202eb\x1b[2J\\") == r"a\u{202e}b\u{1b}[2J\\"
    assert not page.replaced


def test_a_fallback_is_used_only_for_what_is_missing(tmp_path: Path):
    plain = subset(dejavu(), tmp_path / "plain.ttf", "abc \\u{}0123456789")
    first = subset(dejavu(), tmp_path / "first.ttf", "где")
    second = subset(dejavu(), tmp_path / "second.ttf", "שלום")
    fonts = FontFiles(plain=plain, bold=None, monospaced=plain, fallbacks=(first, second))
    page = document(fonts)
    assert page.fit("abc") == "abc"
    assert len(page.pdf.fonts) == 3
    assert page.fit("где") == "где"
    assert len(page.pdf.fonts) == 4
    assert page.fit("שלום где") == "שלום где"
    assert not page.replaced
    assert page.fit("北") == r"\u{5317}"
    assert page.replaced
    page.write(page.fit("abc где שלום 北"))
    assert page.output().startswith(b"%PDF-")


def test_fonts_are_found_by_name(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    for name in ("dejavusans.TTF", "deep/DejaVuSans-Bold.ttf", "arial.ttf", "NotoSansThai-Regular.ttf", "other.ttf"):
        (tmp_path / name).write_bytes(b"")
    found = find_fonts((tmp_path / "none", tmp_path))
    assert found.plain == tmp_path / "dejavusans.TTF"
    assert found.bold == tmp_path / "deep/DejaVuSans-Bold.ttf"
    assert found.monospaced is None
    assert found.fallbacks == (tmp_path / "NotoSansThai-Regular.ttf",)
    assert find_fonts((tmp_path / "none",)) == NO_FONTS


@pytest.mark.parametrize("fonts", [NO_FONTS, None], ids=["without", "of-the-system"])
def test_the_same_handover_makes_the_same_file(fonts: FontFiles | None):
    made = [sheet_pdf(sheet(), Language.ENGLISH, PageTime(None), fonts) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].count(b"/Type /Page\n") == 1


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch):
    import sys

    monkeypatch.setitem(sys.modules, "uharfbuzz", None)
    with pytest.raises(UsageError, match=r"uharfbuzz.*vssx\[pdf\]"):
        pdf_document.require_pdf()
