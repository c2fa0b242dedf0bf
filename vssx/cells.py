"""Texts of recorders as cells of a CSV file that a spreadsheet may open: nothing of them is ever a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_CELL = 8000
"""Characters of a cell; Excel takes 32,767."""
# Controls, spaces but the usual one, formats (what turns text round among them), fillers, surrogates, private use.
# Written out: str.isprintable() follows the Unicode version of Python, which the bytes of derived files must not do.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
# Also behind what separates cells for a spreadsheet of another country, where the quotes no longer hold.
_FORMULA = re.compile(r"""(^|[;,|"])( *)(?=[=+\-@'＝＋－＠])""")

# Where ``cell`` puts an apostrophe, it always is the first character behind the blanks; so it is found again.
_APOSTROPHE = re.compile(r"""(^|[;,|"])( *)'(?=[=+\-@'＝＋－＠])""")
_ESCAPE = re.compile(r"\\\\|\\u\{([0-9a-f]{1,6})\}")


def row(cells: Iterable[str]) -> bytes:
    """A line of a CSV file (RFC 4180): every cell in quotes."""
    return (",".join(f'"{cell(text)}"' for text in cells) + "\r\n").encode("utf-8")


def cell(text: str) -> str:
    r"""``text`` without surrounding quotes, neutralised.

    A backslash is doubled; control, format (bidirectional overrides among them) and other characters that nobody sees
    become ``\u{hex}``; an apostrophe goes before = + - @ (also the wide ones) and ' at the start of the cell and
    behind ; , | and quotes, so that a spreadsheet takes none for a formula; quotes are doubled. Longer ones than
    MAX_CELL are cut and say so.
    """
    left_out = len(text) - MAX_CELL
    if left_out > 0:
        text = text[:MAX_CELL]
    text = _FORMULA.sub(r"\1\2'", visible(text))
    if left_out > 0:
        text += f" ... ({left_out} more characters in events.xml)"
    return text.replace('"', '""')


def text_of(cell: str) -> str:
    """What ``cell`` neutralised (no more than MAX_CELL characters), its doubled quotes already undone by a reader of
    CSV. Escapes that ``cell`` does not write stay as they are."""
    if "'" in cell:
        cell = _APOSTROPHE.sub(r"\1\2", cell)
    return _ESCAPE.sub(_unescaped, cell) if "\\" in cell else cell


def _unescaped(found: re.Match[str]) -> str:
    if found[0] == r"\\":
        return "\\"
    code = int(found[1], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else found[0]


def visible(text: str) -> str:
    r"""``text`` with a doubled backslash, and ``\u{hex}`` for every character that nobody sees."""
    return unhidden(text.replace("\\", r"\\"))


def unhidden(text: str) -> str:
    r"""``text`` with ``\u{hex}`` for what nobody sees, and backslashes as they are: for people alone."""
    return _UNSEEN.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text)


def unhidden_json(text: str) -> str:
    r"""A JSON text that says the same, with ``\uXXXX`` for what nobody sees; indentation stays."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] == "\n" else json_escape(found[0]), text)


def json_escape(character: str) -> str:
    r"""``\uXXXX``, of two surrogates where one is not enough (RFC 8259 section 7)."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
