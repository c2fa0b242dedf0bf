"""Typed reading and building of XML Schema simple types; every error is a ProtocolError that names the element."""

from __future__ import annotations

import re

from vssx import xml
from vssx.errors import ProtocolError
from vssx.times import NS, from_xs_datetime, to_xs_datetime

_DURATION = re.compile(
    r"(-)?P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})(?:\.(\d{1,9})\d*)?S)?)?",
    re.ASCII,
)
_INT = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DAY = 86_400


def required(element: xml.Element, *path: str) -> str:
    """Text that must be there and not be empty. Raises ProtocolError."""
    value = xml.text(element, *path)
    if not value:
        raise ProtocolError(f"{'/'.join(path)} is missing in {xml.local_name(element)}")
    return value


def element(parent: xml.Element, *path: str) -> xml.Element:
    """Element that must be there. Raises ProtocolError."""
    found = xml.find(parent, *path)
    if found is None:
        raise ProtocolError(f"{'/'.join(path)} is missing in {xml.local_name(parent)}")
    return found


def parse_time(text: str) -> int:
    """xs:dateTime in ns UTC, of a time that can also be written again. Raises ValueError."""
    ns = from_xs_datetime(text)
    to_xs_datetime(ns)  # an offset can push year 1 or 9999 over the edge
    return ns


def time(parent: xml.Element, *path: str) -> int:
    """xs:dateTime that must be there, ns UTC. Raises ProtocolError."""
    text = required(parent, *path)
    try:
        return parse_time(text)
    except ValueError as problem:
        raise ProtocolError(f"{'/'.join(path)} in {xml.local_name(parent)}: {problem}") from None


def time_or_none(parent: xml.Element | None, *path: str) -> int | None:
    """xs:dateTime in ns UTC; None where it is missing or no time at all."""
    try:
        return parse_time(xml.text(parent, *path))
    except ValueError:
        return None


def integer_or_none(parent: xml.Element | None, *path: str) -> int | None:
    """xs:int, None where it is missing or no number."""
    text = xml.text(parent, *path)
    return int(text) if _INT.fullmatch(text) else None


def number_or_none(parent: xml.Element | None, *path: str) -> float | None:
    """xs:float, finite; None where it is missing or no number."""
    return number(xml.text(parent, *path))


def number(text: str) -> float | None:
    """xs:float, finite; None for what is no number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None  # also drops NaN and infinities


def coordinate(parent: xml.Element | None, name: str) -> float | None:
    """xs:float of an attribute, finite; None where it is missing or no number."""
    try:
        value = float((xml.attribute(parent, name) or "") if parent is not None else "")
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None  # as number_or_none


def is_true(text: str | None) -> bool:
    """xs:boolean; everything but true and 1 is false. Some recorders capitalise it."""
    return (text or "").strip().lower() in ("true", "1")


def boolean(value: bool) -> str:
    """xs:boolean."""
    return "true" if value else "false"


def duration(text: str) -> int:
    """xs:duration to ns; a month counts 30 days and a year 365. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or text.strip().endswith(("P", "T")):
        raise ValueError(f"not an xs:duration: {text[:40]!r}")
    years, months, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:7])
    total = ((years * 365 + months * 30 + days) * _DAY + hours * 3600 + minutes * 60 + seconds) * NS
    total += int((match[8] or "").ljust(9, "0") or "0")
    return -total if match[1] else total


def duration_or_none(parent: xml.Element, *path: str) -> int | None:
    """xs:duration in ns; None where it is missing or no duration."""
    try:
        return duration(xml.text(parent, *path))
    except ValueError:
        return None


def to_duration(ns: int) -> str:
    """Non-negative ns to xs:duration in seconds, e.g. ``PT1.5S``."""
    seconds, fraction = divmod(ns, NS)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"PT{seconds}{digits}S"


def add_time(parent: xml.Element, namespace: str, name: str, ns: int) -> None:
    """A child that holds an xs:dateTime in UTC with Z."""
    xml.add(parent, namespace, name, to_xs_datetime(ns))
