"""How a table of cameras is written: its encoding, what separates its cells, its decimal sign."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SEPARATORS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 1 << 20
_UTF8_CHARACTERS = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = bytes(range(128, 256))
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:[.,]\d{3})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """``encoding``: Python's name of it; ``separator``: one of SEPARATORS; ``decimal``: "." or ",", or "" where no
    number of the file tells. ``strict``: its header is the profile's, so the neutralisation of cells is undone."""

    encoding: str
    separator: str
    decimal: str
    strict: bool


def find_encoding(data: bytes) -> str:
    """The encoding of ``data``: what its byte order mark says, else UTF-8 or UTF-16 where it is that, else
    Windows-1252. A file that is UTF-8 but for a few bytes is taken for UTF-8."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return encoding
    start = data[:4096]
    if start.count(0) * 4 > len(start):  # letters of the Latin alphabet have every second byte 0 in UTF-16
        return "utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"
    if _is_utf8(data):
        return "utf-8"
    # One damaged character must not turn all the others into pairs of wrong ones.
    characters, rest = 0, 0
    for line in data.splitlines():
        if not line.isascii():
            kept, found = _UTF8_CHARACTERS.subn(b"", line)
            characters += found
            rest += len(kept) - len(kept.translate(None, _HIGH))
    return "utf-8" if characters > rest else "cp1252"


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for position in range(0, len(data), _PIECE):
            decoder.decode(data[position : position + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def split(line: str, separator: str) -> list[str]:
    """The cells of one line; none where its quotes are not balanced."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True, skipinitialspace=separator != "\t"), [])
    except csv.Error:
        return []


def decimal_sign(numbers: Iterable[str]) -> str:
    """ "," or "." where the numbers of a file tell, the more frequent one where both are there; "" where none does.

    ``1,234`` and ``1.234`` tell nothing: each may be a thousand and something.
    """
    seen: Counter[str] = Counter()
    for text in numbers:
        last = max(text.rfind("."), text.rfind(","))
        if last < 0:
            continue
        sign = text[last]
        if text.count(sign) == 1 and not _GROUPED.fullmatch(text):
            seen[sign] += 1
        elif _GROUPED.fullmatch(text) and text.count(sign) > 1:
            seen["," if sign == "." else "."] += 1
    return seen.most_common(1)[0][0] if seen else ""
