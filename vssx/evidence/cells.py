"""Texts of recorders as cells of a CSV file that a spreadsheet may open: nothing of them is ever a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_CELL = 8000
"""Characters of a cell; Excel takes 32,767."""
# Also behind what separates cells for a spreadsheet of another country, where the quotes no longer hold.
_FORMULA = re.compile(r"""(^|[;,|"])( *)(?=[=+\-@'＝＋－＠])""")


def row(cells: Iterable[str]) -> bytes:
    """A line of a CSV file (RFC 4180): every cell in quotes."""
    return (",".join(f'"{cell(text)}"' for text in cells) + "\r\n").encode("utf-8")


def cell(text: str) -> str:
    r"""``text`` without surrounding quotes, neutralised.

    A backslash is doubled; control, format (bidirectional overrides among them) and other characters that do not print
    become ``\u{hex}``; an apostrophe goes before = + - @ (also the wide ones) and ' at the start of the cell and
    behind ; , | and quotes, so that a spreadsheet takes none for a formula; quotes are doubled. Longer ones than
    MAX_CELL are cut and say so.
    """
    left_out = len(text) - MAX_CELL
    if left_out > 0:
        text = text[:MAX_CELL]
    if not text.isprintable() or "\\" in text:
        text = "".join(one if one.isprintable() and one != "\\" else _escape(one) for one in text)
    text = _FORMULA.sub(r"\1\2'", text)
    if left_out > 0:
        text += f" ... ({left_out} more characters in events.xml)"
    return text.replace('"', '""')


def _escape(one: str) -> str:
    return "\\\\" if one == "\\" else f"\\u{{{ord(one):x}}}"
