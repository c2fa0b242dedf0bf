"""Whether a camera was in service at a time, as far as its row tells."""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from datetime import UTC, datetime

from vssx.model.cartography import MapCamera
from vssx.times import NS

_MOMENT = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?", re.ASCII
)
_DAY = 86_400
_EAST, _WEST = 14 * 3600, 12 * 3600
"""Seconds that local time may be from UTC."""


def in_service(camera: MapCamera, from_ns: int | None, to_ns: int | None) -> bool:
    """Whether it may have been in service between two times, UTC; None: unknown. Only what is certain says no.

    A date, and a time without a zone, may be meant in any zone of the earth.
    """
    since, until = _bounds(camera.in_service_since), _bounds(camera.in_service_until)
    if since is not None and to_ns is not None and to_ns < since[0]:
        return False
    return until is None or from_ns is None or from_ns < until[1]


def _bounds(text: str) -> tuple[int, int] | None:
    """The earliest and the latest UTC (ns) that a date or time can mean; None where it is none."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    try:
        start = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), tzinfo=UTC)
    except ValueError:
        return None
    seconds = round(start.timestamp()) + int(second or 0)
    if hour is not None:
        length = 1 if second else 60
    elif day is not None:
        length = _DAY
    else:
        length = (monthrange(int(year), int(month))[1] if month else 365 + isleap(int(year))) * _DAY
    first, last = (-_EAST, _WEST) if zone is None else (-_offset(zone), -_offset(zone))
    return (seconds + first) * NS, (seconds + length + last) * NS


def _offset(zone: str) -> int:
    """Seconds east of UTC."""
    if zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -seconds if zone[0] == "-" else seconds
