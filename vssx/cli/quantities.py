"""Lengths of time, sizes and rates as people write them: 10m, 4GB, 20Mbit."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from vssx.times import NS

if TYPE_CHECKING:
    _Kind = click.ParamType[int, Any]
    _SplitKind = click.ParamType["Split", Any]
else:
    _Kind = _SplitKind = click.ParamType  # older releases are no generic class

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SMALLEST = 10**6
_BITS = {"kbit": 10**3, "Mbit": 10**6, "Gbit": 10**9}


class Quantity(_Kind):
    """A number with one of some units; the value is a whole number of the smallest one."""

    def __init__(self, name: str, units: dict[str, int], example: str) -> None:
        self.name = name
        self._units = {unit.casefold(): factor for unit, factor in units.items()}
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Fails with the command line's own error for anything else, and for nothing at all."""
        amount = self.read(str(value))
        if not amount:
            self.fail(f"{value!r} is no {self.name}; write for example {self._example}.", param, ctx)
        return amount

    def read(self, text: str) -> int | None:
        """The amount; None where ``text`` is none."""
        match = re.fullmatch(_NUMBER + r" ?([A-Za-z]+)", text.strip(), re.ASCII)
        if match is None or match[2].casefold() not in self._units:
            return None
        whole, _, fraction = match[1].partition(".")
        factor = self._units[match[2].casefold()]
        return int(whole) * factor + int(fraction or "0") * factor // int("1" + "0" * len(fraction))


DURATION = Quantity("length of time", {unit: factor * NS for unit, factor in _SECONDS.items()}, "90s, 10m or 1h")
"""In nanoseconds."""
SIZE = Quantity("size", _BYTES, "700MB or 4GB")
"""In bytes."""
RATE = Quantity("rate", _BITS, "20Mbit")
"""In bits a second."""


@dataclass(frozen=True, slots=True)
class Split:
    """When a new file begins beside gaps: after so many nanoseconds, or so many bytes."""

    length_ns: int | None = None
    size: int | None = None


class _SplitType(_SplitKind):
    name = "split"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Split:
        if isinstance(value, Split) or value == "gap":
            return value if isinstance(value, Split) else Split()
        length_ns, size = DURATION.read(str(value)), SIZE.read(str(value))
        if not length_ns and not size:
            self.fail(f"{value!r} is no way to split; write for example 10m, 4GB or gap.", param, ctx)
        if (length_ns is not None and length_ns < NS) or (size is not None and size < _SMALLEST):
            self.fail(f"{value!r} is too little for a file.", param, ctx)
        return Split(length_ns=length_ns, size=size)


SPLIT = _SplitType()


class Seconds(click.FloatRange):
    """A number of seconds in a range. Python reads "nan" as a number, which is in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return seconds
