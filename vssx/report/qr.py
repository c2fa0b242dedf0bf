"""A QR code (ISO/IEC 18004) as runs of dark modules, to be drawn as a vector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

QUIET = 4
"""Modules of light ground on every side, as the standard demands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """``text``: what it holds. ``size``: modules of a side, with the light border. ``runs``: dark ones as
    (column, row, length)."""

    text: str
    size: int
    runs: tuple[tuple[int, int, int], ...]

    @property
    def path(self) -> Markup:
        """The dark modules as the path data of an SVG in a box of ``size`` by ``size``."""
        return Markup("").join(f"M{column} {row}h{length}v1h-{length}z" for column, row, length in self.runs)


def qr_code(text: str) -> QrCode:
    """The code of a short text, with error correction level M: a crease or a stamp may cover 15 % of it."""
    import segno

    made = segno.make_qr(text, error="m", boost_error=False)
    rows = [bytes(row) for row in made.matrix_iter(border=QUIET)]
    return QrCode(text=text, size=len(rows), runs=tuple(_runs(rows)))


def _runs(rows: list[bytes]) -> Iterator[tuple[int, int, int]]:
    for number, row in enumerate(rows):
        begin = None
        for column, dark in enumerate((*row, 0)):
            if dark and begin is None:
                begin = column
            elif not dark and begin is not None:
                yield begin, number, column - begin
                begin = None
