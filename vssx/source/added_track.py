"""The track of what the exporter adds: its documents come into the stream where the footage has got as far. Pure.

A document stands at its time. Where there is no footage at that time it stands at the nearest footage before it, at the
start of the stream behind it: the timeline of a file begins and ends with what the recorder gave. The time of the event
itself is in the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vssx.model.event import ABOUT_EVENTS
from vssx.model.media import (
    AccessUnit,
    AccessUnits,
    Assumption,
    Codec,
    CodecConfiguration,
    Gap,
    SourceTrack,
    StreamEnd,
    StreamItem,
    TimeSource,
    TrackType,
    leading,
)
from vssx.model.metadata import ADDED_TRACK
from vssx.times import NS

TIMESCALE = 10_000
"""Ticks a second: 0.1 ms, and 2^31 of them are 59 hours."""
_LAST_PICTURE_NS = NS  # nobody knows how long it lasts
_CONFIGURATION = CodecConfiguration(codec=Codec.ONVIF_METADATA)


class AddedTrack:
    """Documents on their way into the stream that has ``tracks``; ``track`` is their own.

    ``documents``: time in ns UTC and bytes, ascending. ``base_ns``: what their ticks count from, the same in every run.
    ``gap_split_ns``: a longer gap ends a file. ``resumed``: the stream goes on where an earlier run got to.
    ``all_of_them``: also what lies before the first or behind the last picture; otherwise it is left out, and that is
    told.
    """

    def __init__(
        self,
        documents: Iterable[tuple[int, bytes]],
        tracks: Sequence[SourceTrack],
        *,
        base_ns: int,
        gap_split_ns: int,
        resumed: bool = False,
        all_of_them: bool = True,
    ) -> None:
        self.track = SourceTrack(
            index=max(track.index for track in tracks) + 1,
            track_type=TrackType.METADATA,
            codec=Codec.ONVIF_METADATA,
            timescale=TIMESCALE,
            description=ADDED_TRACK,
            added=True,
        )
        self._waiting = iter(documents)
        self._next = next(self._waiting, None)
        self._base_ns = base_ns
        self._gap_split_ns = gap_split_ns
        self._reference = tracks[leading(tracks)].index
        self._footage = {track.index for track in tracks if track.track_type is not TrackType.METADATA}
        self._first_ns: int | None = None
        self._last_ns: int | None = None
        self._resumed = resumed
        self._all_of_them = all_of_them
        self._left_out = 0

    def into(self, items: Iterable[StreamItem | AccessUnits]) -> Iterator[StreamItem | AccessUnits]:
        """The stream with the documents in it. Raises what ``items`` and the documents raise."""
        for item in items:
            if isinstance(item, (AccessUnit, AccessUnits)):
                yield item
                if item.track in self._footage:
                    first_ns, last_ns = _span(item)
                    if self._first_ns is None and not self._resumed:
                        self._first_ns = first_ns
                    self._last_ns = last_ns if self._last_ns is None else max(self._last_ns, last_ns)
                    if item.track == self._reference:
                        yield from self._until(last_ns)
            elif isinstance(item, StreamEnd):
                if self._last_ns is not None:
                    yield from self._until(None, latest_ns=self._last_ns)
                if self._left_out:
                    detail = f"left out, since before or behind the footage: {self._left_out} of the events"
                    yield Assumption(subject=ABOUT_EVENTS, detail=detail)
                yield item
            else:
                if isinstance(item, Gap) and item.track == self._reference:
                    yield from self._before(item)
                yield item

    def _before(self, gap: Gap) -> Iterator[AccessUnit]:
        """What happened in a gap that ends a file stands at the end of that file."""
        if gap.end_ns - gap.start_ns > self._gap_split_ns and self._last_ns is not None:
            yield from self._until(gap.end_ns - 1, latest_ns=self._last_ns)
        elif gap.end_ns < gap.start_ns:
            # The recorder's clock was set back: from here on the same times come once more.
            yield from self._until(gap.start_ns)

    def _until(self, time_ns: int | None, latest_ns: int | None = None) -> Iterator[AccessUnit]:
        """The documents up to a time; None: all that are left. None of them stands later than ``latest_ns``."""
        while self._next is not None and (time_ns is None or self._next[0] <= time_ns):
            at_ns, document = self._next
            self._next = next(self._waiting, None)
            if not self._all_of_them and self._is_beyond(at_ns, latest_ns if time_ns is None else None):
                self._left_out += 1
                continue
            if self._first_ns is not None:
                at_ns = max(at_ns, self._first_ns)
            if latest_ns is not None:
                at_ns = min(at_ns, latest_ns)
            yield self._unit(at_ns, document)

    def _is_beyond(self, at_ns: int, end_ns: int | None) -> bool:
        before = self._first_ns is not None and at_ns < self._first_ns
        return before or (end_ns is not None and at_ns > end_ns + _LAST_PICTURE_NS)

    def _unit(self, at_ns: int, document: bytes) -> AccessUnit:
        return AccessUnit(
            track=self.track.index,
            payload=document,
            run=0,
            run_start_ns=self._base_ns,
            ticks=-((self._base_ns - at_ns) * TIMESCALE // NS),  # rounded up: never before the first frame
            timescale=TIMESCALE,
            clean_point=True,
            configuration=_CONFIGURATION,
            time_source=TimeSource.DOCUMENT,
        )


def _span(item: AccessUnit | AccessUnits) -> tuple[int, int]:
    """First and last time of what comes at once."""
    if isinstance(item, AccessUnit):
        return item.utc_ns, item.utc_ns
    return item.utc_ns(min(item.ticks)), item.utc_ns(max(item.ticks))
