"""Which of the received access units belong to the requested range: whole GOPs at both ends. Pure.

Start: a recorder is to begin at the clean point at or before the requested time (ONVIF Streaming, "Synchronization
points"). Some begin earlier: GOPs that end before the requested time are left out and counted. Units of video before
the first clean point cannot be decoded: they are left out and declared as a loss with their count; a stream that never
shows a clean point is kept whole instead, and that is said.
End: video is kept up to (not including) the first clean point at or after the requested end, so that the last GOP is
complete; the other tracks up to the same instant. What follows is counted. The recorder's word counts if earlier.
"""

from __future__ import annotations

from collections.abc import Sequence

from vssx.model.media import NS, AccessUnit, Assumption, Gap, Loss, SourceTrack, StreamItem, TrackType
from vssx.source.edge import Edge
from vssx.source.end import SHORT_NS, gaps_of, held, held_told, surely_empty
from vssx.source.history import FRAME_NS
from vssx.source.metadata_extent import MetadataExtent
from vssx.source.time_base import Confirm, GapPart
from vssx.times import to_xs_datetime

START_TOLERANCE_NS = 1_000_000
_HELD_BYTES = 64 << 20
_HELD_UNITS = 4096
_NO_CLEAN_POINT_UNITS = 1500
_ABSENT_NS = NS  # a track that begins later than this after the requested start has a gap there
INTERLEAVE_NS = 5 * NS  # a track that lies further behind than this has ended, or never began


class Extent:
    """Passes on the items of all tracks that belong to the range, in the order of arrival on each track."""

    def __init__(
        self,
        tracks: Sequence[SourceTrack],
        *,
        from_ns: int,
        to_ns: int,
        confirm: Confirm,
        tolerance_ns: int = START_TOLERANCE_NS,
    ) -> None:
        """``tolerance_ns``: a clean point this much after the start still counts as being at it. Below zero it keeps
        so much more before the start, of every track, for whoever compares it with what is there."""
        self._from_ns = from_ns
        self._to_ns = to_ns
        self._confirm = confirm
        self._tolerance_ns = tolerance_ns
        self._documents = MetadataExtent(tracks, from_ns=from_ns, to_ns=to_ns)
        self._edges = {track.index: Edge(track=track) for track in tracks if track.track_type is not TrackType.METADATA}
        self._videos = [edge for edge in self._edges.values() if edge.track.track_type is TrackType.VIDEO]
        self._lead = self._videos[0] if self._videos else None
        self._others = [edge for edge in self._edges.values() if edge.track.track_type is not TrackType.VIDEO]
        self._not_written = 0
        if self._lead is None:
            self._documents.start(from_ns + min(0, tolerance_ns))
            self._documents.end(to_ns)

    @property
    def not_written(self) -> int:
        """Access units from behind the range."""
        return self._not_written + self._documents.not_written

    def push(self, item: StreamItem) -> Sequence[StreamItem]:
        """The items to pass on now."""
        if isinstance(item, AccessUnit | Gap | Loss) and item.track not in self._edges:
            near_ns = None if self._lead is None else self._lead.latest_ns + INTERLEAVE_NS
            return self._documents.push(item.track, item, near_ns=near_ns)
        if isinstance(item, AccessUnit):
            edge = self._edges[item.track]
            take = self._video if edge.track.track_type is TrackType.VIDEO else self._other
            return take(edge, item)
        if isinstance(item, Loss) and item.at_ns is None:  # a count over the whole stream
            return (item,)
        if isinstance(item, Gap | Loss):
            edge = self._edges[item.track]
            if edge.ended:
                return (item,) if isinstance(item, Loss) and (item.at_ns or 0) < edge.end_ns else ()
            if edge.tail:
                edge.tail.append(item)
                return ()
            if not edge.started:
                edge.held.append(item)
                edge.gap_seen |= isinstance(item, Gap) and item.start_ns <= self._from_ns
                return ()
            if isinstance(item, Gap) and item.start_ns >= self._to_ns and item.end_ns >= item.start_ns:
                return ()
        return (item,)

    @property
    def delivered(self) -> int:
        """Access units passed on so far."""
        return sum(edge.delivered for edge in self._edges.values()) + self._documents.delivered

    def covers(self, track: int) -> bool:
        """Data beyond the range was seen on this track of video or audio."""
        return self._edges[track].ended

    @property
    def covered(self) -> bool:
        """Data beyond the range was seen on every track of video and audio.

        A track of audio that never brought anything does not count once the video is five seconds further; one that
        did may only be late. A metadata track is sparse by nature and proves nothing.
        """
        if self._lead is None:
            return all(edge.ended for edge in self._others)
        if not all(edge.ended for edge in self._videos):
            return False
        beyond = self._lead.latest_ns - self._lead.end_ns > INTERLEAVE_NS
        return all(edge.ended or (beyond and not edge.delivered and not edge.held) for edge in self._others)

    @property
    def complete(self) -> bool:
        """``covered``, and no metadata of the range is under way any more: it may lie five seconds behind."""
        return self.covered and (
            self._lead is None or self._lead.latest_ns - self._lead.end_ns > INTERLEAVE_NS or self._documents.beyond
        )

    def finish(self) -> list[StreamItem]:
        """The stream ended: what was held back, and what belongs in the record about the start."""
        items: list[StreamItem] = []
        for edge in self._videos:
            if not edge.started and edge.held:
                self._give_up_holding(edge, items)
        limit = self._to_ns if self._lead is None else max(self._to_ns, self._lead.latest_ns)
        for edge in self._others:
            if not edge.started:
                self._start_other(edge, self._from_ns, items)
            self._release(edge, limit, items, ended=False)
        for edge in self._edges.values():
            if not edge.started:  # nothing of the track was in the range, but something was missing
                items += [
                    item
                    for item in edge.held
                    if isinstance(item, Loss) or (isinstance(item, Gap) and item.end_ns > self._from_ns)
                ]
        items += self._documents.start(self._from_ns)
        if self._lead is not None and self._lead.ended:
            items += self._documents.tell_late(self._lead.end_ns, self._lead.latest_ns)
        else:
            items += self._documents.end(limit + 1)
        early = sum(edge.early for edge in self._edges.values()) + self._documents.early
        if early:
            items.append(
                Assumption(
                    subject="start",
                    detail=f"the recorder began earlier than needed: {early} access units that end before "
                    f"{to_xs_datetime(self._from_ns)} and are not needed to decode it were not written",
                    at_ns=self._from_ns,
                )
            )
        return items

    # video

    def _video(self, edge: Edge, unit: AccessUnit) -> Sequence[StreamItem]:
        utc = edge.word.earlier_ns(unit)
        if edge.ended:
            edge.latest_ns = max(edge.latest_ns, utc)
            self._not_written += 1
            return ()
        if unit.clean_point and utc >= self._to_ns and (edge.started or not edge.held or edge.gap_seen):
            return self._end_video(edge, utc)
        if edge.started:
            edge.delivered += 1
            if utc > edge.latest_ns:
                edge.latest_ns = utc
                if edge is self._lead and (self._documents or any(other.tail for other in self._others)):
                    items: list[StreamItem] = [unit]
                    for other in self._others:
                        self._release(other, utc, items, ended=False)
                    return items + self._documents.reach(utc)
            return (unit,)
        begun: list[StreamItem] = []
        self._begin_video(edge, unit, unit.utc_ns, begun)
        return begun

    def _begin_video(self, edge: Edge, unit: AccessUnit, utc: int, items: list[StreamItem]) -> None:
        """A unit that comes before the start is decided."""
        if unit.clean_point:
            if not edge.seen_clean:
                self._drop_undecodable(edge, unit, items)
            elif utc <= self._from_ns + self._tolerance_ns or edge.gap_seen:
                self._drop_held(edge)
            edge.seen_clean = True
        edge.held.append(unit)
        edge.held_units += 1
        edge.held_bytes += len(unit.payload)
        if edge.seen_clean and (utc >= self._from_ns or edge.held_bytes > _HELD_BYTES):
            self._start_video(edge, items)
            if unit.clean_point and edge.word.earlier_ns(unit) >= self._to_ns:  # the GOP before it was all there was
                edge.delivered -= 1
                items[:] = [item for item in items if item is not unit]
                items.extend(self._end_video(edge, edge.word.earlier_ns(unit)))
        elif edge.held_bytes > _HELD_BYTES or (edge.held_units >= _NO_CLEAN_POINT_UNITS and not edge.seen_clean):
            self._give_up_holding(edge, items)

    def _drop_undecodable(self, edge: Edge, unit: AccessUnit, items: list[StreamItem]) -> None:
        units = [item for item in edge.held if isinstance(item, AccessUnit)]
        if units:
            items.append(
                Loss(
                    track=edge.track.index,
                    at_ns=units[0].utc_ns,
                    packets=None,
                    detail=f"the recorder did not begin at a clean point: {len(units)} access units before "
                    f"{to_xs_datetime(unit.utc_ns)} cannot be decoded and were not written",
                )
            )
        edge.held = [item for item in edge.held if not isinstance(item, AccessUnit)]
        edge.held_units = edge.held_bytes = 0

    def _drop_held(self, edge: Edge) -> None:
        """A later clean point is at or before the start: the GOPs before it are not needed."""
        edge.early += edge.held_units
        edge.held = [item for item in edge.held if isinstance(item, Gap) and item.end_ns > self._from_ns]
        edge.held_units = edge.held_bytes = 0
        edge.gap_seen = False

    def _start_video(self, edge: Edge, items: list[StreamItem]) -> None:
        units = [item for item in edge.held if isinstance(item, AccessUnit)]
        edge.started = True
        edge.first_ns = units[0].utc_ns
        edge.latest_ns = max(unit.utc_ns for unit in units)
        edge.delivered += len(units)
        self._tell_absence(edge, edge.first_ns, items)
        items.extend(edge.held)
        edge.held = []
        if edge is self._lead:
            self._start_others(min(self._from_ns, edge.first_ns), items)

    def _give_up_holding(self, edge: Edge, items: list[StreamItem]) -> None:
        """No clean point came, or the stream ended before the start was reached."""
        units = [item for item in edge.held if isinstance(item, AccessUnit)]
        if not units:
            return
        before = max(unit.utc_ns for unit in units) < self._from_ns - _ABSENT_NS
        if edge.held_bytes <= _HELD_BYTES and (edge.gap_seen or (before and edge.seen_clean)):
            self._drop_held(edge)
            return
        if not edge.seen_clean:
            items.append(
                Assumption(
                    subject="no clean point",
                    detail=f"no clean point in the first {len(units)} access units; they are kept as they came and may "
                    "not decode from their start",
                    track=edge.track.index,
                    at_ns=units[0].utc_ns,
                )
            )
        edge.seen_clean = True
        self._start_video(edge, items)

    def _end_video(self, edge: Edge, utc: int) -> list[StreamItem]:
        items: list[StreamItem] = []
        if not edge.started:
            gaps = [item for item in edge.held if isinstance(item, Gap) and item.end_ns > self._from_ns]
            edge.early += edge.held_units
            edge.held, edge.started, edge.first_ns = [], True, utc
            items.extend(gaps)
            if not gaps:
                self._tell_absence(edge, utc, items)
            if edge is self._lead:
                self._start_others(self._from_ns, items)
        edge.ended, edge.end_ns, edge.latest_ns = True, utc, utc
        self._not_written += 1
        if edge is self._lead:
            for other in self._others:
                self._release(other, utc, items, ended=True)
            items += self._documents.end(utc)
        return items

    # audio

    def _other(self, edge: Edge, unit: AccessUnit) -> Sequence[StreamItem]:
        lead = self._lead
        if edge.ended:
            self._not_written += 1
            return ()
        if not edge.started:
            edge.held.append(unit)
            edge.held_units += 1
            edge.held_bytes += len(unit.payload)
            items: list[StreamItem] = []
            if lead is None:
                self._start_other(edge, self._from_ns, items)
            elif edge.held_units > _HELD_UNITS or edge.held_bytes > _HELD_BYTES or lead.started:
                self._start_other(edge, min(self._from_ns, lead.first_ns) if lead.started else self._from_ns, items)
            return items
        if edge.tail:
            edge.tail.append(unit)
            if len(edge.tail) > _HELD_UNITS:
                released, edge.tail = edge.tail, []
                edge.delivered += sum(isinstance(item, AccessUnit) for item in released)
                return released
            return ()
        utc = edge.word.earlier_ns(unit)
        if lead is None:
            if utc >= self._to_ns:
                edge.ended, edge.end_ns = True, self._to_ns
        elif lead.ended:
            edge.ended, edge.end_ns = utc >= lead.end_ns, lead.end_ns
        elif utc >= self._to_ns and utc > lead.latest_ns:
            edge.tail.append(unit)
            return ()
        if edge.ended:
            self._not_written += 1
            return ()
        edge.delivered += 1
        return (unit,)

    def _start_other(self, edge: Edge, start_ns: int, items: list[StreamItem]) -> None:
        """Passes on what was held from ``start_ns`` on. Stays undecided while nothing of it reaches that time."""
        if edge.started:
            return
        held, edge.held, edge.held_units, edge.held_bytes = edge.held, [], 0, 0
        start_ns += min(0, self._tolerance_ns)
        for number, item in enumerate(held):
            if isinstance(item, Gap):
                if item.end_ns > start_ns:
                    edge.held.append(item)
                continue
            if not isinstance(item, AccessUnit):
                edge.held.append(item)
                continue
            utc = item.utc_ns
            if utc + (item.duration_ticks or 0) * NS // item.timescale <= start_ns and utc < start_ns:
                edge.early += 1
                continue
            edge.started = True
            self._tell_absence(edge, utc, items)
            items.extend(edge.held)
            edge.held = []
            for later in held[number:]:
                items.extend(self.push(later))
            return

    def _start_others(self, start_ns: int, items: list[StreamItem]) -> None:
        items += self._documents.start(start_ns + min(0, self._tolerance_ns))
        for other in self._others:
            self._start_other(other, start_ns, items)

    def _release(self, edge: Edge, limit_ns: int, items: list[StreamItem], *, ended: bool) -> None:
        """Passes on what waits for the video to get as far; with ``ended`` the rest lies beyond the range."""
        tail, edge.tail = edge.tail, []
        for number, item in enumerate(tail):
            if isinstance(item, AccessUnit) and edge.word.earlier_ns(item) >= limit_ns + (not ended):
                rest = tail[number:]
                if ended:
                    edge.ended, edge.end_ns = True, limit_ns
                    self._not_written += sum(isinstance(later, AccessUnit) for later in rest)
                else:
                    edge.tail = rest
                return
            edge.delivered += isinstance(item, AccessUnit)
            items.append(item)

    def _tell_late_start(self, edge: Edge, late_ns: int, items: list[StreamItem]) -> None:
        """A recording may begin there, and its history be inexact."""
        video = edge.track.track_type is TrackType.VIDEO
        first_ns = self._from_ns + late_ns
        if self._tolerance_ns < 0 or late_ns <= (FRAME_NS if video else SHORT_NS):
            return
        parts = self._confirm(edge.track.token, self._from_ns, first_ns, 0)
        empty = surely_empty(parts)
        items += gaps_of(edge.track.index, empty)
        if late_ns - sum(part.end_ns - part.start_ns for part in empty) <= (SHORT_NS if video else _ABSENT_NS // 2):
            return
        around = self._confirm(edge.track.token, self._from_ns - 2 * NS, first_ns, 0)
        if video and late_ns >= _ABSENT_NS // 2 and all(part.confirmed is False for part in around):
            items += gaps_of(edge.track.index, [GapPart(self._from_ns, first_ns, confirmed=False)])
            return
        held_ns = held(parts)
        told = held_told(held_ns) if held_ns else "whether anything was recorded then is unknown"
        detail = f"begins {late_ns / NS:.2f} s after the requested start; {told}"
        items.append(Assumption(subject="late start", detail=detail, track=edge.track.index, at_ns=first_ns))

    def _tell_absence(self, edge: Edge, first_ns: int, items: list[StreamItem]) -> None:
        """The track begins well after the requested start: nothing was recorded in between, or nothing came."""
        if any(isinstance(item, Gap) for item in edge.held):
            return
        if first_ns - self._from_ns <= _ABSENT_NS:
            self._tell_late_start(edge, first_ns - self._from_ns, items)
        else:
            items += gaps_of(edge.track.index, self._confirm(edge.track.token, self._from_ns, first_ns, 0))
