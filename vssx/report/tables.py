"""Tables of the report: as many rows as a page may have, and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Generic[Row]):
    """``left_out``: how many more there are."""

    rows: Sequence[Row]
    left_out: int = 0

    @property
    def total(self) -> int:
        """How many there are, shown or not."""
        return len(self.rows) + self.left_out

    def __bool__(self) -> bool:
        """There are any."""
        return self.total > 0


def at_most(rows: Iterable[Row], most: int) -> Rows[Row]:
    """The first ``most``; the others are counted, not kept."""
    iterator = iter(rows)
    kept = list(islice(iterator, most))
    return Rows(rows=kept, left_out=sum(1 for _ in iterator))


class Gathered(Generic[Row]):
    """The first ``most`` of rows that come one by one; the others are counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[Row] = []
        self._left_out = 0

    def add(self, row: Row) -> None:
        """One row more."""
        if len(self._kept) < self._most:
            self._kept.append(row)
        else:
            self._left_out += 1

    @property
    def rows(self) -> Rows[Row]:
        """What has come so far."""
        return Rows(rows=self._kept, left_out=self._left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many rows a table of each recording may have, where a page has ``recordings`` of them."""

    recordings: int

    def rows(self, of_all: int, at_least: int = 2) -> int:
        """The share of one recording in ``of_all`` rows of that kind in the page."""
        return max(at_least, of_all // max(1, self.recordings))
