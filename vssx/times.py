"""UTC nanoseconds since 1970 to and from the clocks of the standards. No leap seconds, as in POSIX.

Parsers raise ValueError; the caller knows where the text came from and makes it a VssxError.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vssx.errors import UsageError

NS = 1_000_000_000
_NTP_1970 = 2_208_988_800  # seconds from 1900 to 1970, RFC 5905 section 6
_1904_1970 = 2_082_844_800  # ISO/IEC 14496-12 clause 8.2.2
_1601_1970 = 11_644_473_600  # ONVIF Export File Format, cstb
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_CLOCK = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9})\d*)?Z?", re.ASCII)
_XS_DATETIME = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)?\s*", re.ASCII
)
_USER = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?\s*", re.ASCII
)


YEAR_2262 = 9_214_646_400 * NS
"""The last that 64 bits of ns reach, which journals keep times in, is in April of that year."""


def now() -> int:
    """This machine's clock in ns since 1970."""
    return time.time_ns()


def _seconds(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    # :60 is a leap second announced in UTC; POSIX time has none, so it is the next second's start.
    if second == 60:
        return _seconds(year, month, day, hour, minute, 59) + 1
    if hour == 24 and minute == 0 and second == 0:  # xs:dateTime allows 24:00:00
        return _seconds(year, month, day, 0, 0, 0) + 86_400
    return (datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)


def _fraction(digits: str | None) -> int:
    return int((digits or "").ljust(9, "0") or "0")


def _utc(ns: int) -> tuple[datetime, int]:
    seconds, fraction = divmod(ns, NS)
    try:
        return _EPOCH + timedelta(seconds=seconds), fraction
    except OverflowError:
        raise ValueError(f"time out of range: {ns} ns") from None


def from_ntp(ntp: int) -> int:
    """64-bit NTP timestamp (RFC 5905) to ns since 1970; values with the top bit clear are of era 1 (after 2036)."""
    if ntp < 1 << 63:
        ntp += 1 << 64
    return (ntp * NS + (1 << 31) >> 32) - _NTP_1970 * NS


def to_ntp(ns: int) -> int:
    """ns since 1970 to the 64-bit NTP timestamp, modulo the era; from_ntp(to_ntp(x)) == x from 1968 to 2104."""
    return ((ns + _NTP_1970 * NS << 32) + NS // 2) // NS & (1 << 64) - 1


def to_1904_seconds(ns: int) -> int:
    """ns since 1970 to whole seconds since 1904 (mvhd, tkhd, mdhd, suep), rounded down."""
    return ns // NS + _1904_1970


def from_1904_seconds(seconds: int) -> int:
    """Seconds since 1904 to ns since 1970."""
    return (seconds - _1904_1970) * NS


def to_1601_ticks(ns: int) -> int:
    """ns since 1970 to 100 ns ticks since 1601 (cstb), rounded to the nearest."""
    return (ns + 50) // 100 + _1601_1970 * 10_000_000


def from_1601_ticks(ticks: int) -> int:
    """100 ns ticks since 1601 to ns since 1970."""
    return (ticks - _1601_1970 * 10_000_000) * 100


def from_clock(text: str) -> int:
    """RTSP utc-time, e.g. ``20090615T114900.440Z`` (RFC 2326 section 3.7), to ns. Raises ValueError."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an RTSP clock time: {text[:40]!r}")
    *fields, fraction = match.groups()
    return _seconds(*map(int, fields)) * NS + _fraction(fraction)


def to_clock(ns: int) -> str:
    """ns to an RTSP utc-time with as many fractional digits as needed (0 to 9)."""
    moment, fraction = _utc(ns)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{moment.year:04d}{moment:%m%dT%H%M%S}{digits}Z"


def from_xs_datetime(text: str) -> int:
    """xs:dateTime to ns. Without a time zone UTC is assumed, as ONVIF demands UTC. Raises ValueError."""
    match = _XS_DATETIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not an xs:dateTime: {text[:40]!r}")
    *fields, fraction, zone = match.groups()
    return (_seconds(*map(int, fields)) - _offset_seconds(zone)) * NS + _fraction(fraction)


def _offset_seconds(zone: str | None) -> int:
    if zone in (None, "Z"):
        return 0
    assert zone is not None
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(f"not a time zone: {zone}")
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)


def to_xs_datetime(ns: int) -> str:
    """ns to xs:dateTime in UTC with Z; 0, 3, 6 or 9 fractional digits."""
    return to_xs_datetimes((ns,))[0]


def to_xs_datetimes(times_ns: Iterable[int]) -> list[str]:
    """``to_xs_datetime`` of many times: the calendar is asked once a second."""
    texts = []
    second, whole = None, ""
    for ns in times_ns:
        this_second, fraction = divmod(ns, NS)
        if this_second != second:
            moment, _ = _utc(ns)
            second, whole = this_second, f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}"
        if not fraction:
            texts.append(f"{whole}Z")
        elif fraction % 1000:
            texts.append(f"{whole}.{fraction:09d}Z")
        elif fraction % 1_000_000:
            texts.append(f"{whole}.{fraction // 1000:06d}Z")
        else:
            texts.append(f"{whole}.{fraction // 1_000_000:03d}Z")
    return texts


def to_file_name(ns: int) -> str:
    """ns to ``20240131T235959.123Z``: sorts by time and is fit for any file system; rounded down to ms."""
    moment, fraction = _utc(ns)
    return f"{moment.year:04d}{moment:%m%dT%H%M%S}.{fraction // 1_000_000:03d}Z"


def from_user(text: str, zone: str | None = None) -> int:
    """ISO 8601 with offset or Z, or local time in the IANA ``zone``. Raises UsageError.

    A local time without ``zone``, and one that a change to or from daylight saving makes ambiguous or skips,
    is an error that names the choices.
    """
    match = _USER.fullmatch(text)
    if match is None:
        raise UsageError(
            f"not a time: {text[:40]!r}", next_step="Write 2024-05-01T12:00:00Z, or local time as 2024-05-01 14:00:00."
        )
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    second, fraction, offset = int(match[6] or 0), _fraction(match[7]), match[8]
    try:
        if offset is not None:
            return (_seconds(year, month, day, hour, minute, second) - _offset_seconds(offset)) * NS + fraction
        local = datetime(year, month, day, hour, minute, second)
    except ValueError as error:
        raise UsageError(f"not a time: {text[:40]!r}: {error}") from None
    if zone is None:
        raise UsageError(
            f"{text.strip()!r} does not say its time zone",
            next_step=f"Write {text.strip()}Z for UTC, or name the zone with --tz Europe/Paris.",
        )
    return _local(local, zone) * NS + fraction


def to_local(ns: int, zone: str) -> int:
    """What a clock in the IANA ``zone`` shows, as if it were UTC. Raises UsageError for an unknown zone."""
    return ns + _offset_ns(ns, _zone(zone))


def from_local(local_ns: int, zone: str, near_ns: int) -> int | None:
    """The UTC at which a clock in ``zone`` shows ``local_ns``; of two, the one nearer to ``near_ns``.

    None for a time that a change to daylight saving skips. Raises UsageError for an unknown zone.
    """
    tz = _zone(zone)
    offsets = {_offset_ns(local_ns + days * 86_400 * NS, tz) for days in (-1, 1)}
    found = [local_ns - offset for offset in offsets if _offset_ns(local_ns - offset, tz) == offset]
    return min(found, key=lambda ns: abs(ns - near_ns), default=None)


def _offset_ns(ns: int, zone: ZoneInfo) -> int:
    return (
        ((_EPOCH + timedelta(seconds=ns // NS)).astimezone(zone).utcoffset() or timedelta())
        // timedelta(microseconds=1)
        * 1000
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"unknown time zone {name!r}", next_step="Use an IANA name such as Europe/Paris.") from None


def _local(local: datetime, zone: str) -> int:
    tz = _zone(zone)
    early, late = (local.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early == late:
        return (early - _EPOCH) // timedelta(seconds=1)
    first, second = (_offset_text(local.replace(tzinfo=tz, fold=fold).utcoffset()) for fold in (0, 1))
    exists = early.astimezone(tz).replace(tzinfo=None) == local
    reason = "occurs twice" if exists else "does not exist"
    raise UsageError(
        f"{local.isoformat()} {reason} in {zone}: the clock changes there",
        next_step=f"Write {local.isoformat()}{first} or {local.isoformat()}{second}.",
    )


def _offset_text(offset: timedelta | None) -> str:
    minutes = (offset or timedelta()) // timedelta(minutes=1)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
