"""After a second PLAY: which units were delivered before. Nothing is ever written twice. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from vssx.model.media import AccessUnit, SourceTrack, TrackType
from vssx.source.timeline import Content, usable_time

if TYPE_CHECKING:
    from vssx.rtsp.depacketize import RawUnit

_REMEMBERED_UNITS = {TrackType.VIDEO: 4096, TrackType.AUDIO: 2048, TrackType.METADATA: 256}
_REMEMBERED_BYTES = 32 << 20


class Repeat(Enum):
    """A unit that is not new and is not known either."""

    EARLIER = "earlier"  # from before what is remembered
    DIFFERENT = "different"  # from a time already delivered, but missing or not the same then


class Overlap:
    """Remembers the last two GOPs of one track (of audio about 40 s) and recognises their units.

    A unit is the same when its payload is, byte for byte, and its extension time is, where both have one. The RTP
    timestamps do not count: a server may number anew at each PLAY.
    """

    def __init__(self, track: SourceTrack) -> None:
        self._by_gop = track.track_type is TrackType.VIDEO
        self._limit = _REMEMBERED_UNITS[track.track_type]
        self._previous: list[AccessUnit] = []
        self._current: list[AccessUnit] = []
        self._bytes = 0
        self._latest_ns: int | None = None
        self._window: list[AccessUnit] | None = None
        self._position = 0
        self.different = 0

    def remember(self, unit: AccessUnit) -> None:
        """A unit that the timeline delivered."""
        if (self._by_gop and unit.clean_point) or len(self._current) >= self._limit or self._bytes > _REMEMBERED_BYTES:
            self._previous, self._current, self._bytes = self._current, [], 0
        self._current.append(unit)
        self._bytes += len(unit.payload)

    def begin(self) -> None:
        """A new PLAY was answered."""
        window = self._previous + self._current
        self._window = window or None
        self._position = 0
        if window:
            self._latest_ns = max(unit.utc_ns for unit in window)

    def end(self) -> None:
        """What comes from now on is new."""
        self._window = None

    @property
    def expected(self) -> bool:
        """Repeated units may still come."""
        return self._window is not None

    @property
    def repeating(self) -> bool:
        """Units that were delivered before are still to come."""
        return self._window is not None and self._position < len(self._window)

    def resume_ns(self) -> int | None:
        """Where a new PLAY has to begin: the presentation time of the last clean point remembered, or unit."""
        for unit in reversed(self._previous + self._current):
            if unit.clean_point:
                return unit.utc_ns
        return None

    def recognise(self, unit: RawUnit, content: Content) -> AccessUnit | Repeat | None:
        """The unit delivered before; or that it is a repetition all the same; None: it is new."""
        window = self._window
        if window is None:
            return None
        extension = unit.extension
        known_time = extension is not None and usable_time(extension.ntp_time, extension.utc_ns)
        ntp = extension.ntp_time if extension is not None and known_time else None
        for number in range(self._position, len(window)):
            known = window[number]
            if known.payload == content.payload and (
                ntp is None or known.extension is None or known.extension.ntp_time == ntp
            ):
                self._position = number + 1
                return known
        if self._position == len(window):
            self._window = None
            return None
        if extension is not None and known_time and self._latest_ns is not None:
            if extension.utc_ns > self._latest_ns:
                self._window = None
                return None
            if extension.utc_ns < window[0].utc_ns:
                return Repeat.EARLIER
        if self._position == 0 and not known_time:
            return Repeat.EARLIER
        self.different += 1
        return Repeat.DIFFERENT
