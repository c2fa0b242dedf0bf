"""Tables as text, as spreadsheets and people save them: their encoding, and what separates their cells."""

from __future__ import annotations

import codecs
import re
from typing import IO

SEPARATORS = (",", ";", "\t", "|")
WINDOWS_1252 = "cp1252"
"""What ``find_encoding`` takes for granted where it is nothing else: a guess, which is to be said."""
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


def find_encoding(file: IO[bytes]) -> str:
    """Python's name of the encoding of a whole file: what its byte order mark says, else UTF-8 or UTF-16 where it is
    that, else WINDOWS_1252. A file that is UTF-8 but for a few bytes is taken for UTF-8."""
    file.seek(0)
    start = file.read(4096)
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return encoding
    if start.count(0) * 4 > len(start):  # letters of the Latin alphabet have every second byte 0 in UTF-16
        return "utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"
    if _is_utf8(file):
        return "utf-8"
    # One damaged character must not turn all the others into pairs of wrong ones.
    characters, rest = 0, 0
    file.seek(0)
    while line := file.readline(_PIECE):
        if not line.isascii():
            kept, found = _UTF8_CHARACTERS.subn(b"", line)
            characters += found
            rest += len(kept) - len(kept.translate(None, _HIGH))
    return "utf-8" if characters > rest else WINDOWS_1252


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def said_separator(line: str) -> str | None:
    """What ``sep=;`` says, which Excel puts first; None for any other line."""
    text = line.strip("\r\n \"'")
    return text[4] if len(text) == 5 and text[:4].lower() == "sep=" and text[4] in SEPARATORS else None
