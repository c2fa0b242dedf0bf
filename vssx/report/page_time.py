"""Times on pages: ISO 8601, UTC always, and local time where the zone is known."""

from __future__ import annotations

from markupsafe import Markup, escape

from vssx.errors import UsageError
from vssx.times import NS, to_local, to_xs_datetime

_MS = 1_000_000


class PageTime:
    """Shows times. ``zone``: IANA name of the zone that local times are told in; None: UTC alone.

    Raises UsageError for a zone that nobody knows.
    """

    def __init__(self, zone: str | None) -> None:
        if zone is not None:
            to_local(0, zone)
        self.zone = zone

    @classmethod
    def of_record(cls, said: object) -> PageTime:
        """``said``: the zone a record names, if any. What this system's zone data does not know counts as not said."""
        if not isinstance(said, str):
            return cls(None)
        try:
            return cls(said)
        except UsageError:
            return cls(None)

    def utc(self, ns: int) -> Markup:
        """A time element: ``2024-05-01T12:00:00.123Z``, milliseconds where there is a fraction (cut, not rounded)."""
        return Markup('<time datetime="{0}">{0}</time>').format(utc_text(ns))

    def local(self, ns: int) -> str:
        """``2024-05-01T14:00:00.123+02:00``; "" where no zone is known."""
        if self.zone is None:
            return ""
        cut = ns - ns % _MS
        try:
            local_ns = to_local(cut, self.zone)
            shown = to_xs_datetime(local_ns).removesuffix("Z")
        except (OverflowError, ValueError):  # beyond the calendar
            return ""
        offset = (local_ns - cut) // NS
        sign, offset = ("-", -offset) if offset < 0 else ("+", offset)
        seconds = f":{offset % 60:02}" if offset % 60 else ""  # local mean time, before there were zones
        return f"{shown}{sign}{offset // 3600:02}:{offset // 60 % 60:02}{seconds}"

    def both(self, ns: int) -> Markup:
        """UTC, and local time behind it where a zone is known."""
        local = self.local(ns)
        if not local:
            return self.utc(ns)
        return self.utc(ns) + Markup(' <span class="local">({})</span>').format(escape(local))

    def plain(self, ns: int) -> str:
        """The same as plain text."""
        local = self.local(ns)
        return f"{utc_text(ns)} ({local})" if local else utc_text(ns)


def utc_text(ns: int) -> str:
    """``2024-05-01T12:00:00Z``, with three digits of a second's fraction where there is one; cut, not rounded.

    Beyond the years that calendars have: the last, or the first, with ``>`` or ``<`` before it.
    """
    try:
        return to_xs_datetime(ns - ns % _MS)
    except ValueError:  # a record may say what no calendar has, and so may a file
        return ">9999-12-31T23:59:59Z" if ns > 0 else "<0001-01-01T00:00:00Z"
