"""A4 pages as PDF through fpdf2 (the extra ``pdf``): lines of text in three faces, and simple shapes.

Texts from outside go through ``fit`` first: controls and bidirectional overrides become escapes. So does, in any text,
every character that none of this system's fonts has; ``replaced`` tells that there was one.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from vssx import __version__
from vssx.errors import UsageError
from vssx.report.language import Language, clipped
from vssx.report.pdf_fonts import FontFiles, find_fonts, font_directories

if TYPE_CHECKING:
    from fpdf import FPDF

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POINT = 25.4 / 72  # mm
_LEADING = 1.25
_GREY = 90
_CORE = ("helvetica", "courier")  # fonts that every reader of PDF has; they know Latin-1
# Joined letters look well and are searched for in vain in some readers.
_FEATURES = {"liga": False, "clig": False, "dlig": False}


class Face(StrEnum):
    """Which letters."""

    PLAIN = "plain"
    BOLD = "bold"
    MONOSPACED = "monospaced"


def require_pdf() -> None:
    """Raises UsageError where the packages for PDF files are not installed."""
    try:
        import fpdf  # noqa: F401
        import uharfbuzz  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"PDF files need packages that are not installed ({error.name})",
            next_step="Install them with: pip install 'vssx[pdf]', or write an .html file and print that.",
        ) from None


class PdfDocument:
    """Pages that grow from the top down. Lengths are mm, sizes of letters points.

    ``created_ns``: the date in the file, ns UTC, so that equal content makes equal files. Raises UsageError where the
    packages are missing.
    """

    def __init__(
        self,
        *,
        title: str,
        language: Language,
        created_ns: int,
        margins: tuple[float, float] = (14, 12),
        fonts: FontFiles | None = None,
    ) -> None:
        require_pdf()
        from fpdf import FPDF

        self._fonts = find_fonts(font_directories()) if fonts is None else fonts
        self._fallbacks: list[str] = []
        self._untried = list(self._fonts.fallbacks)
        self.replaced = False
        self.pdf: FPDF = FPDF(orientation="portrait", unit="mm", format="A4")
        self.pdf.set_creation_date(_EPOCH + timedelta(microseconds=created_ns // 1000))
        self.pdf.set_producer(f"vssx {__version__} (fpdf2)")
        self.pdf.set_lang(str(language))
        self.pdf.set_title(clipped(title))
        self.pdf.set_margins(margins[0], margins[1])
        self.pdf.set_auto_page_break(True, margin=margins[1])
        self.pdf.c_margin = 0
        self._faces = {
            Face.PLAIN: self._face("text", self._fonts.plain, (_CORE[0], "")),
            Face.BOLD: self._face("strong", self._fonts.bold or self._fonts.plain, (_CORE[0], "B")),
            Face.MONOSPACED: self._face("code", self._fonts.monospaced, (_CORE[1], "")),
        }
        if self._fonts.plain is not None:
            self.pdf.set_text_shaping(True, features=_FEATURES)
        self.pdf.add_page()

    @property
    def left(self) -> float:
        """Abscissa of the left margin."""
        return float(self.pdf.l_margin)

    @property
    def width(self) -> float:
        """Between the margins."""
        return float(self.pdf.epw)

    def fit(self, text: str) -> str:
        """A text from outside with escapes for what must not be, or cannot be, printed."""
        return self._printable(clipped(text), Face.PLAIN)

    def write(
        self,
        text: str,
        *,
        x: float | None = None,
        width: float = 0,
        size: float = 9,
        face: Face = Face.PLAIN,
        grey: bool = False,
        space: float = 0,
    ) -> None:
        """Lines of text from ``x`` (default: the margin), wrapped after ``width`` (0: to the right margin); the next
        ones begin below, ``space`` further down."""
        self.pdf.set_x(self.left if x is None else x)
        self._set(face, size)
        self.pdf.set_text_color(_GREY if grey else 0)
        self.pdf.multi_cell(
            width, size * _POINT * _LEADING, self._printable(text, face), align="L", new_x="LMARGIN", new_y="NEXT"
        )
        if space:
            self.pdf.ln(space)

    def height(self, text: str, width: float, *, size: float = 9, face: Face = Face.PLAIN) -> float:
        """Of the lines that ``write`` makes."""
        self._set(face, size)
        line = size * _POINT * _LEADING
        lines = self.pdf.multi_cell(width, line, self._printable(text, face), align="L", dry_run=True, output="LINES")
        assert isinstance(lines, list)
        return len(lines) * line

    def row(
        self, cells: Sequence[tuple[str, Face]], widths: Sequence[float], *, size: float = 8, line: bool = True
    ) -> None:
        """Cells beside each other, on one page, with a line below; the next row begins there."""
        gap = 2.0
        height = max(
            self.height(text, width - gap, size=size, face=face)
            for (text, face), width in zip(cells, widths, strict=True)
        )
        self.keep_together(height + 1)
        top, x = self.pdf.get_y(), self.left
        for (text, face), width in zip(cells, widths, strict=True):
            self.pdf.set_y(top)
            self.write(text, x=x, width=width - gap, size=size, face=face)
            x += width
        self.pdf.set_y(top + height + 0.6)
        if line:
            self.rule()
            self.pdf.ln(0.6)

    def keep_together(self, height: float) -> None:
        """Begin a new page where less than ``height`` is left on this one."""
        if self.pdf.will_page_break(height):
            self.pdf.add_page()

    def rule(self, *, x: float | None = None, width: float | None = None, thick: float = 0.1) -> None:
        """A horizontal line at the current height."""
        begin = self.left if x is None else x
        self.pdf.set_line_width(thick)
        self.pdf.set_draw_color(0)
        self.pdf.line(begin, self.pdf.get_y(), begin + (self.width if width is None else width), self.pdf.get_y())

    def number_pages(self, text: str) -> None:
        """Write ``text``, with ``{page}`` and ``{pages}`` in it, at the foot of every page. Nothing more after it."""
        self.pdf.set_auto_page_break(False)
        total = self.pdf.pages_count
        for number in range(1, total + 1):
            self.pdf.page = number
            self.pdf.set_y(-9)
            self.write(text.format(page=number, pages=total), size=7, grey=True)
        self.pdf.page = total

    def output(self) -> bytes:
        """The file."""
        return bytes(self.pdf.output())

    def _face(self, family: str, path: Path | None, core: tuple[str, str]) -> tuple[str, str]:
        if path is None:
            return core
        self.pdf.add_font(family, fname=path)
        return family, ""

    def _set(self, face: Face, size: float) -> None:
        family, style = self._faces[face]
        self.pdf.set_font(family, style, size)

    def _has(self, character: str, face: Face) -> bool:
        family = self._faces[face][0]
        if family in _CORE:
            return character.isascii() or "\xa1" <= character <= "\xff"
        code = ord(character)
        return (
            code in self._cmap(family) or any(code in self._cmap(name) for name in self._fallbacks) or self._found(code)
        )

    def _cmap(self, family: str) -> Container[int]:
        from fpdf.fonts import TTFFont

        font = self.pdf.fonts[family]
        assert isinstance(font, TTFFont)
        return font.cmap

    def _found(self, code: int) -> bool:
        """Whether one of the other fonts has it, which is then loaded; they are large."""
        while self._untried:
            path = self._untried.pop(0)
            family = f"other{len(self._fallbacks)}"
            self.pdf.add_font(family, fname=path)
            self._fallbacks.append(family)
            self.pdf.set_fallback_fonts(self._fallbacks, exact_match=False)
            if code in self._cmap(family):
                return True
        return False

    def _printable(self, text: str, face: Face) -> str:
        return "".join(character if self._has(character, face) else self._escape(character) for character in text)

    def _escape(self, character: str) -> str:
        self.replaced = True
        return f"\\u{{{ord(character):x}}}"
