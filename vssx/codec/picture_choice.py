"""Which samples show the pictures that are wanted, and where decoding must start for each: one pass over the tables."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vssx.isobmff.sample_tables import Sample

_STARTS = 3  # gradual refresh, or a mark that lies, may need a clean point before the nearest one


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A sample by its number, with its composition time in ticks.

    ``starts``: numbers of clean points that decoding may start at, the nearest first; of those behind which the
    picture would be a leading one, none.
    """

    number: int
    composition: int
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """For each wanted time, in order: the sample on show (``exact``), and the clean point at or before it."""

    exact: tuple[Choice, ...]
    clean: tuple[Choice, ...]


_Found = tuple[int, int, tuple[tuple[int, int], ...]]


class _Latest:
    """Of samples in any order, the one with the largest composition time not above each of some times."""

    def __init__(self, wanted: Sequence[int]) -> None:
        self._wanted = wanted
        self._found: list[_Found | None] = [None] * len(wanted)
        self._first: _Found | None = None

    def add(self, sample: Sample, starts: tuple[tuple[int, int], ...]) -> None:
        composition = sample.composition
        if not starts or composition < starts[-1][1]:
            return  # a leading picture without the one that it leads to: nobody can decode it
        if self._first is None or composition < self._first[0]:
            self._first = (composition, sample.number, starts)
        at = bisect_left(self._wanted, composition)
        if at < len(self._wanted):
            best = self._found[at]
            if best is None or composition > best[0]:
                self._found[at] = (composition, sample.number, starts)

    def choices(self) -> tuple[Choice, ...]:
        made: list[Choice] = []
        best = self._first
        for found in self._found:
            if found is not None and best is not None and found[0] >= best[0]:
                best = found
            if best is not None:
                made.append(_choice(best))
        return tuple(made)


def choose(samples: Iterable[Sample], wanted: Sequence[int]) -> Choices:
    """``samples``: all of a track, in decoding order; ``wanted``: ascending composition times in ticks.

    The first sample, or clean point, stands in where a time is before it. Both are empty for a track without samples,
    ``clean`` also for one without clean points.
    """
    exact, clean = _Latest(wanted), _Latest(wanted)
    starts: tuple[tuple[int, int], ...] = ()
    for sample in samples:
        if sample.sync:
            starts = ((sample.number, sample.composition), *starts[: _STARTS + 1])
            clean.add(sample, starts)
        exact.add(sample, starts)
    return Choices(exact=exact.choices(), clean=clean.choices())


def _choice(found: _Found) -> Choice:
    composition, number, starts = found
    usable = [start for start, shown in starts if shown <= composition][:_STARTS]
    return Choice(number=number, composition=composition, starts=tuple(usable))
