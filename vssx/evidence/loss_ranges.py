"""Losses for the record: one by one while they are few, else those of one kind that lie near each other as a range.

The log tells each of them; the record has to stay readable, and smaller than what a reader takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from vssx.model.media import NS, Loss

MOST_LOSSES = 2000
_EVERYWHERE_NS = 1 << 62
_DIGITS = re.compile(r"[0-9]+")


def joined(losses: Sequence[Loss], most: int = MOST_LOSSES) -> tuple[Loss, ...]:
    """``losses`` as they are where they are at most ``most``; else those of a kind within a second are
    joined, within four, and so on, until they are.

    A kind is a track, a text, and whether time and number of packets are known. No count gets less, and no time that
    was known is left out of its range. Where texts that differ in numbers alone are too many, these are replaced by N.
    """
    found = tuple(losses)
    for kind in (_same, _alike):
        within_ns = NS
        while len(found) > most and within_ns <= _EVERYWHERE_NS:
            found = _joined(found, within_ns, kind)
            within_ns *= 4
    return found


def _same(detail: str) -> str:
    return detail


def _alike(detail: str) -> str:
    return _DIGITS.sub("N", detail)


def _joined(losses: Sequence[Loss], within_ns: int, kind: Callable[[str], str]) -> tuple[Loss, ...]:
    found: list[Loss] = []
    last: dict[tuple[object, ...], int] = {}
    for loss in sorted(losses, key=lambda one: (one.at_ns is None, one.at_ns or 0)):
        key = (loss.track, kind(loss.detail), loss.packets is None, loss.at_ns is None)
        number = last.get(key)
        if number is None or _until_ns(loss) - (found[number].at_ns or 0) > within_ns:
            last[key] = len(found)
            found.append(loss)
        else:
            found[number] = _both(found[number], loss, kind)
    return tuple(found)


def _both(one: Loss, other: Loss, kind: Callable[[str], str]) -> Loss:
    known = one.packets is not None and other.packets is not None
    return replace(
        one,
        until_ns=None if one.at_ns is None else max(_until_ns(one), _until_ns(other)),
        packets=(one.packets or 0) + (other.packets or 0) if known else None,
        count=one.count + other.count,
        detail=one.detail if one.detail == other.detail else kind(one.detail),
    )


def _until_ns(loss: Loss) -> int:
    return loss.until_ns if loss.until_ns is not None else loss.at_ns or 0
