"""Which documents of a metadata track belong to the requested range. Pure.

Each is judged by its own time, since they come in any order: from where the footage begins to where it ends. Those that
nobody can judge yet wait, and with them those behind, so that the order stays that of arrival.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from vssx.model.media import NS, AccessUnit, Assumption, Gap, Loss, SourceTrack, StreamItem, TimeSource, TrackType

_HELD_BYTES = 16 << 20
_HELD_ITEMS = 4096
_NEAR_NS = 5 * NS  # so far ahead of the video a time is believed
_SURELY_NS = NS  # a document so far behind the end shows that those of the range have come, though not all in order


class MetadataExtent:
    """All metadata tracks among those of a replay."""

    def __init__(self, tracks: Iterable[SourceTrack], *, from_ns: int, to_ns: int) -> None:
        self._tracks = {
            track.index: _Documents(track, from_ns=from_ns, to_ns=to_ns)
            for track in tracks
            if track.track_type is TrackType.METADATA
        }

    def __bool__(self) -> bool:
        return bool(self._tracks)

    @property
    def delivered(self) -> int:
        """Documents passed on."""
        return sum(one.delivered for one in self._tracks.values())

    @property
    def early(self) -> int:
        """Documents from before the start."""
        return sum(one.early for one in self._tracks.values())

    @property
    def not_written(self) -> int:
        """Documents from behind the end."""
        return sum(one.not_written for one in self._tracks.values())

    @property
    def beyond(self) -> bool:
        """On every track a document came that lies behind the range, and not far from the footage that came with it."""
        return all(one.is_through for one in self._tracks.values())

    def push(self, track: int, item: StreamItem, *, near_ns: int | None = None) -> Sequence[StreamItem]:
        """Takes the next item of a track; get those that are decided. ``near_ns``: how far a time may lie ahead that
        means the end."""
        return self._tracks[track].push(item, near_ns=near_ns)

    def start(self, start_ns: int) -> list[StreamItem]:
        """The footage begins there, unless that was told before."""
        return [item for one in self._tracks.values() for item in one.start(start_ns)]

    def reach(self, utc_ns: int) -> list[StreamItem]:
        """The footage has got so far."""
        return [item for one in self._tracks.values() for item in one.reach(utc_ns)]

    def end(self, end_ns: int) -> list[StreamItem]:
        """The footage ends before ``end_ns``."""
        return [item for one in self._tracks.values() for item in one.end(end_ns)]

    def tell_late(self, lead_end_ns: int, lead_latest_ns: int) -> list[StreamItem]:
        """The stream is over, the video was beyond the range; where nothing shows that the documents were, too."""
        return [item for one in self._tracks.values() for item in one.tell_late(lead_end_ns, lead_latest_ns)]


class _Documents:
    """One track."""

    def __init__(self, track: SourceTrack, *, from_ns: int, to_ns: int) -> None:
        self._track = track
        self._from_ns = from_ns
        self._to_ns = to_ns
        self._start_ns: int | None = None
        self._end_ns: int | None = None
        self._reached_ns = 0
        self._held: deque[StreamItem] = deque()
        self._held_bytes = 0
        self.delivered = self.early = self.not_written = 0
        self.beyond = False
        self._late_ns = 0  # how far documents came behind the footage, at most
        self._lead_ns = 0

    @property
    def is_through(self) -> bool:
        """One from beyond came, and the footage is as far beyond as documents were late: another source may lag."""
        end_ns = self._to_ns if self._end_ns is None else self._end_ns
        return self.beyond and (self._late_ns <= _SURELY_NS or self._lead_ns - end_ns > self._late_ns)

    def push(self, item: StreamItem, *, near_ns: int | None) -> Sequence[StreamItem]:
        if isinstance(item, AccessUnit):
            if near_ns is not None and item.time_source is not TimeSource.NEIGHBOUR and item.utc_ns >= self._from_ns:
                self._lead_ns = near_ns - _NEAR_NS
                self._late_ns = max(self._late_ns, self._lead_ns - item.utc_ns)
            self._held_bytes += len(item.payload)
            end_ns = self._to_ns if self._end_ns is None else self._end_ns
            self.beyond |= end_ns + _SURELY_NS <= item.utc_ns and (near_ns is None or item.utc_ns <= near_ns)
        self._held.append(item)
        return self._decided()

    def start(self, start_ns: int) -> Sequence[StreamItem]:
        if self._start_ns is None:
            self._start_ns = start_ns
        return self._decided()

    def reach(self, utc_ns: int) -> Sequence[StreamItem]:
        self._reached_ns = utc_ns
        return self._decided() if self._held else ()

    def end(self, end_ns: int) -> Sequence[StreamItem]:
        self._end_ns = end_ns
        return self._decided()

    def tell_late(self, lead_end_ns: int, lead_latest_ns: int) -> list[StreamItem]:
        if self._late_ns > max(_SURELY_NS, lead_latest_ns - lead_end_ns):
            detail = (
                f"documents came up to {self._late_ns / NS:.1f} s behind the video, and they were waited for until it "
                f"was {(lead_latest_ns - lead_end_ns) / NS:.1f} s beyond the range: the last may be missing"
            )
            return [Loss(track=self._track.index, at_ns=lead_end_ns, packets=None, detail=detail)]
        if self.beyond:
            return []
        detail = (
            f"metadata was waited for until the video was {(lead_latest_ns - lead_end_ns) / NS:.1f} s beyond "
            "the range, and none from beyond came; what the recorder sends even later is not there"
        )
        return [Assumption(subject="metadata", detail=detail, track=self._track.index, at_ns=lead_end_ns)]

    def _decided(self) -> list[StreamItem]:
        out: list[StreamItem] = []
        while self._held:
            item = self._held[0]
            belongs = self._belongs(item)
            if belongs is None:
                break
            self._held.popleft()
            if isinstance(item, AccessUnit):
                self._held_bytes -= len(item.payload)
                self.delivered += belongs
            if belongs:
                out.append(item)
        return out

    def _belongs(self, item: StreamItem) -> bool | None:
        """Whether ``item`` belongs to the range; None while that is open. Counts the documents that do not."""
        crowded = len(self._held) > _HELD_ITEMS or self._held_bytes > _HELD_BYTES
        if self._start_ns is None:
            if not crowded:
                return None
            self._start_ns = self._from_ns
        if isinstance(item, AccessUnit):
            utc_ns = item.utc_ns
        elif isinstance(item, Loss) and item.at_ns is not None:
            utc_ns = max(item.at_ns, self._start_ns)
        elif isinstance(item, Gap):
            utc_ns = max(item.start_ns, self._start_ns)
        else:
            return True
        if utc_ns < self._start_ns:
            self.early += 1
            return False
        if self._end_ns is None and (utc_ns < self._to_ns or utc_ns <= self._reached_ns):
            return True
        if self._end_ns is None and not crowded:
            return None
        belongs = self._end_ns is not None and utc_ns < self._end_ns
        self.not_written += isinstance(item, AccessUnit) and not belongs
        return belongs
