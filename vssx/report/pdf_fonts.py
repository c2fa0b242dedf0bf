"""Fonts for PDF files: those of this system, since a PDF must carry the letters of every name in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PLAIN = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "arial.ttf")
_BOLD = {
    "DejaVuSans.ttf": "DejaVuSans-Bold.ttf",
    "NotoSans-Regular.ttf": "NotoSans-Bold.ttf",
    "LiberationSans-Regular.ttf": "LiberationSans-Bold.ttf",
    "arial.ttf": "arialbd.ttf",
}
_MONOSPACED = ("DejaVuSansMono.ttf", "NotoSansMono-Regular.ttf", "LiberationMono-Regular.ttf", "consola.ttf")
_FALLBACKS = (
    "NotoSansCJK-Regular.ttc",
    "DroidSansFallbackFull.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansBengali-Regular.ttf",
    "NotoSansTamil-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "NotoSansGeorgian-Regular.ttf",
    "NotoSansArmenian-Regular.ttf",
    "NotoSansEthiopic-Regular.ttf",
    "Arial Unicode.ttf",
    "msyh.ttc",
    "malgun.ttf",
    "nirmala.ttf",
    "leelawui.ttf",
)
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFiles:
    """What was found; ``plain`` None: nothing, the fonts that every reader has must do, which know Latin-1 alone.

    ``fallbacks``: for letters that ``plain`` lacks, the first ones first.
    """

    plain: Path | None
    bold: Path | None
    monospaced: Path | None
    fallbacks: tuple[Path, ...]


def font_directories() -> tuple[Path, ...]:
    """Where this system keeps its fonts."""
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",)
    if sys.platform == "darwin":
        return (Path("/Library/Fonts"), Path("/System/Library/Fonts"))
    return (Path("/usr/local/share/fonts"), Path("/usr/share/fonts"))


def find_fonts(directories: Sequence[Path]) -> FontFiles:
    """Look for fonts by their usual file names, upper and lower case aside."""
    found: dict[str, Path] = {}
    for path in _files(directories):
        found.setdefault(path.name.lower(), path)
    plain = _first(found, _PLAIN)
    bold = (
        None if plain is None else _first(found, [_BOLD[name] for name in _PLAIN if name.lower() == plain.name.lower()])
    )
    return FontFiles(
        plain=plain,
        bold=bold,
        monospaced=_first(found, _MONOSPACED),
        fallbacks=tuple(found[name.lower()] for name in _FALLBACKS if name.lower() in found),
    )


def _first(found: Mapping[str, Path], names: Sequence[str]) -> Path | None:
    return next((found[name.lower()] for name in names if name.lower() in found), None)


def _files(directories: Sequence[Path]) -> Iterator[Path]:
    left = _MOST_FILES
    for directory in directories:
        for parent, _directories, names in os.walk(directory):
            for name in sorted(names):
                yield Path(parent) / name
                left -= 1
                if not left:
                    return
