"""Makes docs/report.png, the picture in README.md, out of a report as the embedded recorder's samples give it:
``.venv/bin/python -m tests.interop.picture``. Needs Chromium and the extras ``interop`` and ``test``."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from tests.interop import chromium
from tests.interop.page_reader import opened
from tests.interop.pages import depot
from tests.peers import ROOT
from vssx.report.language import Language

PICTURE = ROOT / "docs" / "report.png"
MOST = 200_000
"""Bytes that a picture in a README may have."""
_WIDTH = 880
_EDGE = 12
_COLUMNS = (
    ("body > header", "#summary > h2", "#summary > dl", "#r1 figure:has(svg.timeline)"),
    ("#map > h2", "#map > .legend", "#map figure:first-of-type", "#r1 ol.stills"),
)


def picture(path: Path) -> None:
    """Head and timeline of a report, its map and pictures, side by side."""
    with tempfile.TemporaryDirectory(prefix="vssx-picture-") as work:
        made = depot(Path(work), (Language.ENGLISH,), recordings=("car-park",), end="2026-03-14T17:06:47Z")
        page = made.pages["report", Language.ENGLISH]
        with chromium.launched() as browser, opened(browser, page, width=_WIDTH) as shown:
            shown.page.evaluate("document.querySelectorAll('ol.stills li:nth-child(n+4)').forEach(one => one.remove())")
            columns = [_stacked([_part(shown.page, part) for part in column]) for column in _COLUMNS]
    height = max(column.height for column in columns)
    whole = Image.new("RGB", (sum(column.width for column in columns), height), "white")
    left = 0
    for column in columns:
        whole.paste(column, (left, 0))
        left += column.width
    whole.quantize(160, dither=Image.Dither.NONE).save(path, optimize=True)


def _part(page: Any, selector: str) -> Image.Image:
    return Image.open(io.BytesIO(page.locator(selector).first.screenshot()))


def _stacked(parts: list[Image.Image]) -> Image.Image:
    width = max(part.width for part in parts) + 2 * _EDGE
    column = Image.new("RGB", (width, sum(part.height + _EDGE for part in parts) + _EDGE), "white")
    top = _EDGE
    for part in parts:
        column.paste(part, (_EDGE, top))
        top += part.height + _EDGE
    return column


if __name__ == "__main__":
    picture(PICTURE)
    if PICTURE.stat().st_size > MOST:
        sys.exit(f"{PICTURE} has more than {MOST} bytes")
