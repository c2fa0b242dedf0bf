"""The bytes of a table as lines, and lines as rows of cells: whatever is broken costs its own line only."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINE = 64 * 1024
"""Characters of a line."""
MAX_LINES = 1_000_000
TOO_MANY_LINES = "too-many-lines"
"""Kind of the broken row behind which nothing is read."""
_MAX_ROW = 100_000  # below the limit of csv for one cell, so that ours is the one that speaks
_MAX_LINES_A_ROW = 50
_UNDECODED = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cells that begin on ``line``, from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """A line of which no cells can be read. ``kind``: in one word; ``start``: the first characters."""

    line: int
    kind: str
    message: str
    start: str


class Lines:
    """The lines of a table, decoded as they are needed, and pushed back where a row turns out to be broken."""

    def __init__(self, data: bytes, encoding: str) -> None:
        errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
        self._text = io.TextIOWrapper(io.BytesIO(data), encoding, errors, newline="")
        self._waiting: deque[tuple[int, str]] = deque()
        self._line = 0

    def next(self) -> tuple[int, str] | None:
        """Number and text of the next line, with its end; a text of more than MAX_LINE characters is one too long."""
        if self._waiting:
            return self._waiting.popleft()
        line = self._text.readline(MAX_LINE + 1)
        if not line:
            return None
        self._line += 1
        rest = line
        while len(rest) > MAX_LINE and rest[-1] not in "\r\n":
            rest = self._text.readline(MAX_LINE + 1)
        return self._line, line

    def put_back(self, lines: list[tuple[int, str]]) -> None:
        """They are the next ones again."""
        self._waiting.extendleft(reversed(lines))


def rows(lines: Lines, separator: str, encoding: str) -> Iterator[Row | BrokenRow]:
    """All rows but empty ones. A quote that nothing closes spoils the line where it was opened, and no other."""
    taken: list[tuple[int, str]] = []

    def feed() -> Iterator[str]:
        length = 0
        while (one := lines.next()) is not None:
            taken.append(one)
            length += len(one[1])
            if len(taken) > _MAX_LINES_A_ROW or length > _MAX_ROW:
                raise _UnclosedError
            yield one[1]

    while (first := lines.next()) is not None:
        number, text = first
        if number > MAX_LINES:
            yield BrokenRow(line=number, kind=TOO_MANY_LINES, message=f"more than {MAX_LINES} lines", start="")
            return
        if broken := _damage(number, text, encoding):
            yield broken
            continue
        if '"' not in text:
            cells = text.rstrip("\r\n").split(separator)
            if any(cells) and (len(cells) > 1 or cells[0].strip()):
                yield Row(line=number, cells=cells)
            continue
        taken.clear()
        lines.put_back([first])
        try:
            cells = next(csv.reader(feed(), delimiter=separator, strict=True, skipinitialspace=separator != "\t"))
        except (csv.Error, _UnclosedError):
            lines.put_back(taken[1:])
            yield BrokenRow(line=number, kind="quotes", message=_QUOTES, start=text[:80].rstrip())
            continue
        damaged = next(filter(None, (_damage(at, more, encoding) for at, more in taken[1:])), None)
        if damaged is not None:
            yield damaged
        else:
            yield Row(line=number, cells=cells)


_QUOTES = "quotes that do not fit: one is not closed, or something stands behind the closing one; the row is not used"


class _UnclosedError(Exception):
    """A quoted cell that goes on and on."""


def _damage(line: int, text: str, encoding: str) -> BrokenRow | None:
    if len(text) > MAX_LINE:
        message = f"more than {MAX_LINE} characters in one line; the row is not used"
        return BrokenRow(line=line, kind="long-line", message=message, start=text[:80])
    if "\0" in text:
        return BrokenRow(line=line, kind="nul", message="NUL characters; the row is not used", start=text[:80])
    if not text.isascii() and (found := _UNDECODED.search(text)):
        start = text[max(0, found.start() - 20) : found.start() + 20]
        message = f"bytes that are no {encoding}; the row is not used"
        return BrokenRow(line=line, kind="encoding", message=message, start=start)
    return None
