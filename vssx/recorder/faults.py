"""Fault switches: what recorders do wrong in the field, for the embedded recorder to do on purpose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from vssx.errors import UsageError

_LIST_THEM = "`vssx recorder faults` lists them all."
_MAX_TEXT = 200


class Area(StrEnum):
    """Where a fault shows."""

    SEARCH = "Search and SOAP"
    ADDRESSES = "Addresses and logging in"
    RTSP = "RTSP"
    TIMES = "Times of the stream"
    STREAM = "Stream"
    METADATA = "Metadata and events"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultValue:
    """What a switch may be given: a number of ``low`` to ``high`` in a unit, one of ``choices``, or a text.

    ``default`` holds where the switch is given without a value; ``meaning``: the unit or what the text is.
    """

    meaning: str
    default: float | str
    low: float = 0.0
    high: float = 1e9
    choices: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The choices, or what stands for the value: ``SECONDS``."""
        return "|".join(self.choices) if self.choices else self.meaning.upper().replace(" ", "-")

    @property
    def default_text(self) -> str:
        """The default as one writes it."""
        return f"{self.default:.12g}" if isinstance(self.default, float) else self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSwitch:
    """One fault. ``does``: what the recorder does, in plain words; ``value``: None for a switch without one."""

    name: str
    area: Area
    does: str
    value: FaultValue | None = None


class Faults:
    """The faults that are switched on, with their values."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, float | str] | None = None) -> None:
        self._values = dict(values or {})

    def __bool__(self) -> bool:
        return bool(self._values)

    def on(self, name: str) -> bool:
        """Whether the fault is switched on."""
        return name in self._values

    def value(self, name: str) -> float | str:
        """What the fault was given; "" for one without a value. Raises KeyError where it is off."""
        return self._values[name]

    def number(self, name: str) -> float | None:
        """Value of a fault that has a number; None where it is off."""
        value = self._values.get(name)
        return value if isinstance(value, float) else None

    def text(self, name: str) -> str | None:
        """Value of a fault that has a text; None where it is off."""
        value = self._values.get(name)
        return value if isinstance(value, str) else None


def parse_faults(words: Iterable[str], known: Mapping[str, FaultSwitch]) -> Faults:
    """Read ``NAME`` and ``NAME=VALUE``. Raises UsageError that names the fault and says what it wants."""
    values: dict[str, float | str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        switch = known.get(name.strip())
        if switch is None:
            raise UsageError(f"no fault {name.strip()[:60]!r}", where="--fault", next_step=_LIST_THEM)
        if switch.name in values:
            raise UsageError("given twice", where=f"--fault {switch.name}")
        values[switch.name] = _value(switch, text.strip() if equals else None)
    return Faults(values)


def _value(switch: FaultSwitch, text: str | None) -> float | str:
    where = f"--fault {switch.name}"
    wanted = switch.value
    if wanted is None:
        if text is not None:
            raise UsageError("takes no value", where=where, next_step=_LIST_THEM)
        return ""
    if text is None:
        return wanted.default
    if wanted.choices:
        if text not in wanted.choices:
            raise UsageError(f"{text[:40]!r} is none of {', '.join(wanted.choices)}", where=where)
        return text
    if isinstance(wanted.default, str):
        if not text or not text.isprintable() or len(text) > _MAX_TEXT:
            raise UsageError(f"wants a text: {wanted.meaning}", where=where, next_step=_LIST_THEM)
        return text
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not wanted.low <= number <= wanted.high:
        span = f"{wanted.low:g} to {wanted.high:g}"
        raise UsageError(f"{text[:40]!r} is no number of {wanted.meaning} from {span}", where=where)
    return number
