"""After a second PLAY: which units were delivered before. Nothing is ever written twice. Pure.

It also proves the seam: from the first unit that comes again on, every remembered one has to, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from vssx.bitstream import h264, h265
from vssx.bitstream.nal import join_length_prefixed, split_length_prefixed
from vssx.model.media import NS, AccessUnit, Codec, SourceTrack, TrackType
from vssx.source.recorder_word import stated_ns
from vssx.source.time_base import Content, rtp_step, usable_time

if TYPE_CHECKING:
    from vssx.rtsp.depacketize import RawUnit

_REMEMBERED_UNITS = {TrackType.VIDEO: 4096, TrackType.AUDIO: 2048}
_REMEMBERED_BYTES = 32 << 20
_FOLLOWING_UNITS = 8
_AHEAD_UNITS = 256  # new units that may come before the repetition: what was under way when PLAY was sent


class Repeat(Enum):
    """A unit that is not new and is not known either."""

    EARLIER = "earlier"  # from before what is remembered
    DIFFERENT = "different"  # from a time already delivered, but missing or not the same then


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """What came again before the first new unit: ``equal`` of ``expected`` units. ``at_ns``: UTC of the last one.

    ``expected``: from the first one that came again to the last one delivered, those included that came ahead of the
    repetition; with none, all since the place that PLAY was asked for, which may be none either.
    """

    equal: int
    expected: int
    at_ns: int

    @property
    def proven(self) -> bool:
        """The seam is proven: everything there came again, byte for byte."""
        return 0 < self.equal == self.expected


class Overlap:
    """Remembers the last two GOPs of one track (of audio about 40 s) and recognises their units.

    A unit is the same when its payload is, byte for byte (but for parameter sets that it lacks after a seek), and its
    extension time is, where both have one. The RTP timestamps do not count: a server may number anew at each PLAY.
    """

    def __init__(self, track: SourceTrack) -> None:
        self._by_gop = track.track_type is TrackType.VIDEO
        self._limit = _REMEMBERED_UNITS[track.track_type]
        self._timescale = track.timescale
        self._previous: list[AccessUnit] = []
        self._current: list[AccessUnit] = []
        self._bytes = 0
        self._latest_ns: int | None = None  # of what was delivered before PLAY
        self._newest_ns: int | None = None  # of the window
        self._window: list[AccessUnit] | None = None
        self._known = 0  # units of the window that were delivered before PLAY; others came ahead of the repetition
        self._position = 0
        self._first: int | None = None  # place in the window of the first unit that came again
        self._asked_ns: int | None = None
        self._began_ns: int | None = None  # where PLAY began, at this RTP timestamp
        self._start_rtp: int | None = None
        self._by_content = False
        self._strange = 0  # units of this PLAY from a time already delivered that were others then
        self._astray = 0  # units since the last one that was recognised
        self._equal = 0
        self._closed: Repetition | None = None
        self.different = 0

    def remember(self, unit: AccessUnit) -> None:
        """A unit that the timeline delivered."""
        if (self._by_gop and unit.clean_point) or len(self._current) >= self._limit or self._bytes > _REMEMBERED_BYTES:
            self._previous, self._current, self._bytes = self._current, [], 0
        self._current.append(unit)
        self._bytes += len(unit.payload)
        if self._window is not None:
            self._window.append(unit)
            self._newest_ns = max(stated_ns(unit), self._newest_ns or 0)

    def begin(self, start_ns: int | None = None, *, by_content: bool = False) -> None:
        """A new PLAY was answered. ``start_ns``: from where; None: from before the last unit.

        ``by_content``: times say nothing about the place, since the recorder sends none or its clock went back:
        everything is passed over until the first unit that is known.
        """
        self._closed = None
        window = self._previous + self._current
        self._window = window or None
        self._known = len(window)
        self._position = self._astray = self._equal = self._strange = 0
        self._first = self._start_rtp = None
        self._began_ns = start_ns
        self._by_content = by_content
        self._latest_ns = self._newest_ns = max(map(stated_ns, window), default=None)
        self._asked_ns = start_ns if start_ns is not None or not window else window[0].utc_ns

    def began(self, at_ns: int, rtp_timestamp: int | None) -> None:
        """PLAY was answered: it begins at ``at_ns``, with this RTP timestamp (RTP-Info, else of the first unit)."""
        self._began_ns, self._start_rtp = at_ns, rtp_timestamp

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

    @property
    def broke_off(self) -> bool:
        """This PLAY brought something again, but not all that was delivered before it."""
        return self.repeating and (self._first is not None or self._astray > 0)

    def resume_ns(self, *, itself: bool = False) -> int | None:
        """Where a new PLAY has to begin: the time of the last clean point that enough units follow, else of one before.

        Recorders leave out pictures behind a seek. Of the derived time and the recorder's own, the earlier one.
        ``itself``: the last clean point in any case, where a PLAY from further back did not get as far.
        """
        found = None
        for count, unit in enumerate(reversed(self._previous + self._current)):
            if unit.clean_point:
                found = stated_ns(unit)
                if itself or count >= _FOLLOWING_UNITS:
                    break
        return found

    def surely_known_ns(self) -> int | None:
        """From where on a PLAY brings nothing that would not be known: units without extension are only known by those
        that are remembered. None: from anywhere."""
        window = self._previous + self._current
        return window[0].utc_ns if any(one.extension is None for one in window) else None

    def last_ns(self) -> int | None:
        """The time of the last unit, as ``resume_ns`` tells it."""
        last = self._current[-1:] or self._previous[-1:]
        return stated_ns(last[0]) if last else None

    def lags(self, start_ns: int, usual_ns: int) -> bool:
        """A PLAY from ``start_ns`` could leave out a unit behind the last one, each ``usual_ns`` long.

        A stream without an extension for each unit is known again by units that came before only.
        """
        last = self._current[-1:] or self._previous[-1:]
        if not last or last[0].extension is None or self._by_gop:
            usual_ns = 0
        return bool(last) and stated_ns(last[0]) + usual_ns < start_ns

    def take_repetition(self) -> Repetition | None:
        """What came again, once it is over; each is told once."""
        closed, self._closed = self._closed, None
        return closed

    def recognise(self, unit: RawUnit, content: Content) -> AccessUnit | Repeat | None:
        """The unit delivered before; or that it is a repetition all the same; None: it is new."""
        window = self._window
        if window is None:
            return None
        extension = unit.extension
        known_time = extension is not None and usable_time(extension.ntp_time, extension.utc_ns)
        ntp = extension.ntp_time if extension is not None and known_time else None
        if self._start_rtp is None:
            self._start_rtp = unit.rtp_timestamp
        number = self._find(window, content.payload, ntp, unit.rtp_timestamp)
        if number is None and ntp is not None and not content.has_parameter_sets:
            number = self._without_sets(window, content.payload, ntp)
        if number is not None:
            return self._again(number)
        self._astray += 1
        if self._first is None:
            return self._before_the_first(window, unit, known_time=known_time)
        if self._position == len(window) or self._beyond(window, unit, known_time=known_time):
            self._close()
            return None
        self.different += 1
        self._strange += 1
        return Repeat.DIFFERENT

    def _find(self, window: list[AccessUnit], payload: bytes, ntp: int | None, rtp: int) -> int | None:
        """Place of a unit in the window. Silence sounds the same everywhere: where content alone tells no first place,
        it is the one nearest to where the unit has to be, PLAY having begun where it was answered or asked to.
        """
        place = self._position
        following = window[place] if self._first is not None and place < len(window) else None
        if following is not None and following.payload == payload and _ntp(following) == ntp:
            return place
        same = [number for number in range(place, len(window)) if window[number].payload == payload]
        if ntp is not None:
            exact = [number for number in same if _ntp(window[number]) == ntp]
            same = exact or [number for number in same if window[number].extension is None]
        if self._first is None and len(same) > 1 and self._began_ns is not None and self._start_rtp is not None:
            due_ns = self._began_ns + rtp_step(self._start_rtp, rtp) * NS // self._timescale
            return min(same, key=lambda number: abs(window[number].utc_ns - due_ns))
        return same[0] if same else None

    def _without_sets(self, window: list[AccessUnit], payload: bytes, ntp: int) -> int | None:
        """Recorders exist that send the picture after a seek without the parameter sets that it has otherwise."""
        for number in range(self._position, len(window)):
            known = window[number]
            if known.has_parameter_sets and _ntp(known) == ntp:
                is_set = h264.is_parameter_set if known.configuration.codec is Codec.H264 else h265.is_parameter_set
                others = join_length_prefixed(nal for nal in split_length_prefixed(known.payload) if not is_set(nal))
                return number if others == payload else None
        return None

    def _again(self, number: int) -> AccessUnit:
        assert self._window is not None
        if self._first is None:
            self._first = number
        self._position = number + 1
        self._astray = 0
        self._equal += 1
        return self._window[number]

    def _before_the_first(self, window: list[AccessUnit], unit: RawUnit, *, known_time: bool) -> Repeat | None:
        """Nothing has come again yet."""
        if not (self._by_content or known_time) and len(window) > self._known:
            return None  # a frame in the packet of the new one before it
        if self._by_content or not known_time:
            return Repeat.EARLIER
        extension, latest_ns = unit.extension, self._latest_ns
        assert extension is not None
        assert latest_ns is not None
        if extension.utc_ns > latest_ns:
            if len(window) - self._known >= _AHEAD_UNITS:
                self._close()
            return None
        if extension.utc_ns < window[0].utc_ns:
            return Repeat.EARLIER
        self.different += 1
        self._strange += 1
        return Repeat.DIFFERENT

    def _beyond(self, window: list[AccessUnit], unit: RawUnit, *, known_time: bool) -> bool:
        """The unit lies behind all that was delivered, also of what came ahead of the repetition."""
        if self._by_content or not known_time:
            return self._astray > len(window) - self._position
        assert unit.extension is not None
        assert self._newest_ns is not None
        return unit.extension.utc_ns > self._newest_ns

    def conclude(self) -> None:
        """The PLAY is over: what did not come again will not."""
        window = self._window
        if window is None:
            return
        lost_way = self._by_content and self._first is None and self._astray > 0
        if lost_way or len(window) > self._known or self._position >= len(window):
            self._close()

    def _close(self) -> None:
        window = self._window
        assert window is not None
        asked_ns = self._asked_ns or 0
        if self._first is not None and self._first < self._known:
            equal, expected = self._equal, len(window) - self._first + self._strange
        else:  # what came ahead alone says nothing about what is before it
            equal, expected = 0, sum(one.utc_ns >= asked_ns for one in window[: self._known])
        at_ns = window[self._known - 1].utc_ns
        self._closed = Repetition(equal=equal, expected=expected, at_ns=at_ns)
        self._window = None


def _ntp(unit: AccessUnit) -> int | None:
    return None if unit.extension is None else unit.extension.ntp_time
