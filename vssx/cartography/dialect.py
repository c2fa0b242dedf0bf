"""How a table of cameras is written: its cells and its decimal sign."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_NATIONAL_DATE = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2\d{4}", re.ASCII)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:[.,]\d{3})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """``encoding``: Python's name of it; ``separator``: one of ``vssx.separated_text.SEPARATORS``.

    ``decimal``: "." or ",", or "" where no number of the file tells. ``strict``: its header is the profile's, so the
    neutralisation of cells is undone.
    """

    encoding: str
    separator: str
    decimal: str
    strict: bool


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


def date_order(dates: Iterable[str]) -> str:
    """What dates like ``31/05/2024`` tell of those like ``02/05/2024``: "day-first" or "month-first"; "" where none of
    either kind is there, or they contradict each other."""
    told, open_ones = set[str](), 0
    for text in dates:
        if (match := _NATIONAL_DATE.fullmatch(text)) is None:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            told.add("day-first")
        elif second > 12 >= first:
            told.add("month-first")
        else:
            open_ones += first != second
    return told.pop() if len(told) == 1 and open_ones else ""
