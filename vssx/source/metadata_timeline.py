"""UTC of every document of a metadata track: 0xABAC, else the document's own UtcTime, else where it came. Pure.

Never the RTP timestamp: recorders count it as they like. The order is that of arrival, whatever the times are; nothing
is a gap, since nobody says how often there is something to tell. docs/replay.md, "Times".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vssx.model.media import NS, AccessUnit, Assumption, SourceTrack, StreamItem, TimeSource
from vssx.onvif.metadata_time import first_utc_ns
from vssx.source.time_base import Content, usable_time
from vssx.source.time_notes import TimeNotes, damaged, missing
from vssx.times import to_xs_datetime

if TYPE_CHECKING:
    from vssx.model.media import ReplayExtension
    from vssx.rtsp.depacketize import RawUnit

TIMESCALE = 10_000
"""Ticks a second of a metadata track: a tenth of a millisecond, and 2^31 of them are longer than two days."""
_GRID_NS = NS // TIMESCALE
_FAR_NS = 24 * 3600 * NS  # a time that lies so far from the range, and from the footage that comes, is none


class MetadataTimeline:
    """Documents of one track in the order of arrival become access units of one run.

    Times are whole ticks since 1970, so that they do not depend on where a replay began.
    """

    # What the timeline of a track with a clock of its own also tells.
    time_source = TimeSource.REPLAY_EXTENSION
    usual_ns = 0
    back_ns = 0
    next_section_ns: int | None = None
    waits = stepped_back = untimed = anew = False

    def __init__(
        self,
        track: SourceTrack,
        *,
        reached: Callable[[], int | None] = lambda: None,
        range_ns: tuple[int, int] | None = None,
    ) -> None:
        """``reached``: UTC of the footage that came last on the leading track; None before any. ``range_ns``: what is
        asked for."""
        self.track = track
        self._reached = reached
        self._range_ns = range_ns
        self.run = -1
        self.section_ended = False
        self._fresh = True
        self._anchor_ns = 0
        self._last_ns: int | None = None
        self._furthest_ns: int | None = None
        self.late_ns: int | None = None
        """How far documents came behind the footage, and behind each other, at most, by the times that they have; None
        before any of them."""
        self._notes = TimeNotes(track.index)
        self._derived = {TimeSource.DOCUMENT: 0, TimeSource.NEIGHBOUR: 0}
        self._far: list[int] = []  # number of times that are far off, the first and the last of them

    @property
    def last_end_ns(self) -> int | None:
        """UTC of the document that came last; None before any."""
        return self._last_ns

    @property
    def furthest_ns(self) -> int | None:
        """UTC that the documents have reached."""
        return self._furthest_ns

    def restart(self, *, anew: bool = False) -> None:  # noqa: ARG002 - documents of another section are timed as any
        """A new PLAY is sent."""
        self._fresh = True

    def interrupted(self) -> list[StreamItem]:
        """The connection broke: no document waits for its time."""
        return []

    settle = interrupted

    def rebase(self, rtp_timestamp: int, known: AccessUnit) -> None:
        """A document that came again: RTP timestamps mean nothing here."""

    def push(self, unit: RawUnit, content: Content) -> list[StreamItem]:
        """Times one document."""
        items: list[StreamItem] = []
        extension, fresh, self._fresh = unit.extension, self._fresh, False
        utc_ns, source = self._time(extension, content)
        if extension is not None:
            self.section_ended = extension.end_of_section
        if unit.restarted and not fresh:
            self._notes.restarted(utc_ns, None, items)
        if source is not TimeSource.REPLAY_EXTENSION:
            self._derived[source] += 1
        if self.run < 0:
            self.run, self._anchor_ns = 0, utc_ns
        self._last_ns = utc_ns
        self._furthest_ns = max(utc_ns, self._furthest_ns or utc_ns)
        if source is not TimeSource.NEIGHBOUR:
            self.late_ns = max(self.late_ns or 0, self._furthest_ns - utc_ns, (self._reached() or 0) - utc_ns)
        if unit.lost_packets or unit.damaged:
            items.append(damaged(self.track.index, unit, utc_ns))
        items.append(
            AccessUnit(
                track=self.track.index,
                payload=content.payload,
                run=0,
                run_start_ns=self._anchor_ns,
                ticks=(utc_ns - self._anchor_ns) // _GRID_NS,
                timescale=TIMESCALE,
                clean_point=True,
                configuration=content.configuration,
                time_source=source,
                rtp_timestamp=unit.rtp_timestamp,
                extension=extension,
            )
        )
        return items

    def lost(self, unit: RawUnit) -> list[StreamItem]:
        """A document of which nothing arrived: only its loss is told."""
        return [missing(self.track.index, unit, self._last_ns or self._reached())]

    def finish(self) -> list[StreamItem]:
        """The stream ended: what was counted is told."""
        items: list[StreamItem] = []
        self._notes.tell_end(self._last_ns, items)
        for source, where in (
            (TimeSource.DOCUMENT, "their time is the first UtcTime in them"),
            (TimeSource.NEIGHBOUR, "nor a usable UtcTime in them: their time is that of the footage they came with"),
        ):
            if count := self._derived[source]:
                detail = f"{count} metadata documents came without a usable 0xABAC time, {where}"
                items.append(Assumption(subject="time derived", detail=detail, track=self.track.index))
                self._derived[source] = 0
        if self._far:
            count, first_ns, last_ns = self._far
            detail = (
                f"{count} times of metadata documents lie more than a day from all footage, from "
                f"{to_xs_datetime(first_ns)} to {to_xs_datetime(last_ns)}, and were not used"
            )
            items.append(Assumption(subject="metadata times", detail=detail, track=self.track.index))
            self._far = []
        return items

    def _time(self, extension: ReplayExtension | None, content: Content) -> tuple[int, TimeSource]:
        """On the grid of ticks, and where it is from."""
        if extension is not None:
            if not usable_time(extension.ntp_time, extension.utc_ns):
                self._notes.absurd += 1
            elif self._is_near(extension.utc_ns):
                return _on_grid(extension.utc_ns), TimeSource.REPLAY_EXTENSION
        own_ns = first_utc_ns(content.payload, content.configuration.profile)
        if own_ns is not None and self._is_near(own_ns):
            return _on_grid(own_ns), TimeSource.DOCUMENT
        before_ns = self._reached()
        if before_ns is None:
            before_ns = self._last_ns
        if before_ns is None:
            before_ns = 0 if self._range_ns is None else self._range_ns[0]
        return _on_grid(before_ns), TimeSource.NEIGHBOUR

    def _is_near(self, utc_ns: int) -> bool:
        """Whether it can be the time of something that the recorder sends now; counts those that cannot."""
        reached_ns = self._reached()
        places = [self._range_ns] if self._range_ns is not None else []
        if reached_ns is not None:
            places.append((reached_ns, reached_ns))
        if not places or any(first - _FAR_NS <= utc_ns <= last + _FAR_NS for first, last in places):
            return True
        count, first_ns, last_ns = self._far or (0, utc_ns, utc_ns)
        self._far = [count + 1, min(first_ns, utc_ns), max(last_ns, utc_ns)]
        return False


def _on_grid(utc_ns: int) -> int:
    return (utc_ns + _GRID_NS // 2) // _GRID_NS * _GRID_NS
