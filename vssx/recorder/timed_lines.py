"""JSON Lines beside a recording: objects with a time each, in its order. Only times and places stay in memory."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from vssx.errors import StorageError, UsageError
from vssx.times import from_xs_datetime

MAX_LINE = 32 << 20  # a document of 16 MB in base64, or in text with escapes
_MAX_LINES = 10_000_000
_EARLIEST_NS = from_xs_datetime("1900-01-01T00:00:00Z")  # NTP begins there; 64 bits of ns end in 2262
_LATEST_NS = from_xs_datetime("2200-01-01T00:00:00Z")
_NEXT = "docs/recorder.md describes the file."

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedLines:
    """Lines of a file; ``utc_ns`` ascends, ``offsets`` are places in the file: 16 bytes a line."""

    path: Path
    utc_ns: array[int]
    offsets: array[int]

    def __len__(self) -> int:
        return len(self.utc_ns)

    def at_or_after(self, utc_ns: int) -> int:
        """Number of the first line that is not before that time; their count where there is none."""
        return bisect_left(self.utc_ns, utc_ns)

    def forward(self, first: int, end: int) -> Iterator[tuple[int, Line]]:
        """Lines from ``first`` to before ``end`` with their numbers from 0. Raises StorageError, UsageError."""
        if first >= end:
            return
        with _opened(self.path) as file:
            file.seek(self.offsets[first])
            for number in range(first, end):
                yield number, _object(file.readline(MAX_LINE + 1), f"{self.path}, line {number + 1}")

    def backward(self, first: int, end: int) -> Iterator[tuple[int, Line]]:
        """The same lines, the last one first."""
        if first >= end:
            return
        with _opened(self.path) as file:
            for number in range(end - 1, first - 1, -1):
                file.seek(self.offsets[number])
                yield number, _object(file.readline(MAX_LINE + 1), f"{self.path}, line {number + 1}")


def index_lines(path: Path, check: Callable[[Line], None]) -> TimedLines | None:
    """Read the file once; None where there is none. ``check`` raises ValueError for a line that will not do.

    Each line is an object with ``utc``, an xs:dateTime; empty lines are not allowed. Raises UsageError that names the
    line, StorageError.
    """
    if not path.is_file():
        return None
    utc_ns, offsets = array("q"), array("q")
    offset = 0
    with _opened(path) as file:
        while raw := file.readline(MAX_LINE + 1):
            where = f"{path}, line {len(utc_ns) + 1}"
            if len(utc_ns) >= _MAX_LINES:
                raise UsageError(f"more than {_MAX_LINES} lines", where=str(path))
            line = _object(raw, where)
            try:
                time_ns = time_of(line)
                check(line)
            except ValueError as error:
                raise UsageError(str(error), where=where, next_step=_NEXT) from None
            if utc_ns and time_ns < utc_ns[-1]:
                raise UsageError("its time is before that of the line above", where=where, next_step=_NEXT)
            utc_ns.append(time_ns)
            offsets.append(offset)
            offset += len(raw)
    return TimedLines(path=path, utc_ns=utc_ns, offsets=offsets)


def time_of(line: Line) -> int:
    """UTC in ns of a line. Raises ValueError."""
    value = line.get("utc")
    if not isinstance(value, str):
        raise ValueError('utc must be a time: "2024-05-01T12:00:00.5Z"')
    ns = from_xs_datetime(value)
    if not _EARLIEST_NS <= ns <= _LATEST_NS:
        raise ValueError("utc must be between the years 1900 and 2200")
    return ns


def known_keys(line: Line, known: frozenset[str]) -> None:
    """Raises ValueError for a key that is not known, so that a slip of the pen is seen."""
    unknown = set(line) - known
    if unknown:
        raise ValueError(f"unknown key {min(unknown)[:40]!r}")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise StorageError(error.strerror or str(error), where=str(path)) from None


def _object(raw: bytes, where: str) -> Line:
    if len(raw) > MAX_LINE:
        raise UsageError(f"a line of more than {MAX_LINE} bytes", where=where, next_step=_NEXT)
    try:
        line = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"no JSON: {error}", where=where, next_step=_NEXT) from None
    if not isinstance(line, dict):
        raise UsageError("no JSON object", where=where, next_step=_NEXT)
    return line
