"""Texts in drawings: nobody measures them before a browser does, so their width is estimated, generously."""

from __future__ import annotations

import unicodedata

from vssx.report.language import clipped

SIZE = 12.0
"""Of the letters, in units of a drawing (drawings.css)."""
_NARROW = frozenset("iljtfrI.,:;'|!()[] ")
_WIDE = frozenset("mwMW@%<>=+#~^&…—")


def width_of(text: str, size: float = SIZE) -> float:
    """About how wide ``text`` is drawn."""
    return sum(_share(character) for character in text) * size


def shortened(text: str, width: float, size: float = SIZE) -> str:
    """``text`` from outside, made visible, and cut with an ellipsis where it would be wider than ``width``."""
    fit = clipped(text)
    left = width / size
    for index, character in enumerate(fit):
        left -= _share(character)
        if left < 0:
            return fit[: max(index - 1, 1)] + "…"
    return fit


def _share(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if unicodedata.combining(character):
        return 0.0
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.9
    return 0.74 if character.isupper() else 0.62
