"""Where a replay stands: how far its tracks got, what they said of their end, and where another PLAY has to begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vssx.model.media import Assumption, Loss, StreamItem, TimeSource
from vssx.model.recording import RecordingHistory
from vssx.source.end import absent, missing_tail
from vssx.source.extent import INTERLEAVE_NS, Extent
from vssx.source.metadata_timeline import MetadataTimeline
from vssx.source.reception import at_section_end
from vssx.source.replay_track import TrackReceiver
from vssx.times import NS, to_clock

_STALLS_OF_DOCUMENTS = 2  # the same for documents that may have been on their way
_LATE_NS = NS  # documents that came so late may come behind the last picture
_MOST_LATE_NS = 60 * NS  # documents that come later are not waited for again; that is told
_STALLS_OF_SOUND = 3  # connections without anything new, after which sound that lags is left behind, and a loss


class Position:
    """The present place of all tracks of one replay in the footage; it stores nothing of its own."""

    def __init__(
        self, receivers: Sequence[TrackReceiver], lead: TrackReceiver, extent: Extent, *, from_ns: int, to_ns: int
    ) -> None:
        """``receivers``: of all tracks; ``lead``: the one that the others are measured by."""
        timelines = [each.timeline for each in receivers]
        self._documents = [one for one in timelines if isinstance(one, MetadataTimeline)]
        self._media = [each for each in receivers if each.timeline not in self._documents]
        self._of_documents = [each for each in receivers if each.timeline in self._documents]
        self._lead = lead
        self._extent = extent
        self.left: list[Loss | Assumption] = []
        """What was not asked for again, so that the footage gets on."""
        self._from_ns = from_ns
        self._to_ns = to_ns

    @property
    def derived(self) -> bool:
        """A track has no times of its own, only those of the Range that PLAY answered."""
        return any(each.timeline.time_source is TimeSource.PLAY_RANGE for each in self._media)

    @property
    def times_misguide(self) -> bool:
        """Times are no place in the footage: derived, or told twice since the recorder's clock went back."""
        return self.derived or self._lead.timeline.stepped_back

    @property
    def at_section_end(self) -> bool:
        """The last unit of every track carried E or T."""
        return at_section_end(self._media)

    @property
    def terminal(self) -> bool:
        """The last unit of every track carried T."""
        active = [each for each in self._media if each.timeline.last_end_ns is not None]
        return bool(active) and all(each.terminal for each in active)

    @property
    def beyond(self) -> bool:
        """Every track that brought anything went beyond the range."""
        ends = [(each.track.index, each.timeline.last_end_ns) for each in self._media]
        active = [(track, end_ns) for track, end_ns in ends if end_ns is not None]
        return bool(active) and all(self._extent.covers(track) or end_ns > self._to_ns for track, end_ns in active)

    @property
    def broke_off(self) -> bool:
        """Footage that was there before came again, but not as far as before."""
        return any(each.overlap.broke_off for each in self._media)

    @property
    def ns(self) -> int:
        """Where the delivered footage ends; the start of the range while nothing came."""
        ends = [each.timeline.last_end_ns for each in (self._lead, *self._media)]
        return max(next((end for end in ends if end is not None), self._from_ns), self._from_ns)

    def resume_ns(self, stalls: int = 0) -> int:
        """Where to play again: the last clean point, or the last unit of a track that had not got as far.

        ``stalls``: connections in a row that broke before they brought anything new, so that less has to come again:
        first from the last clean point itself, whatever follows it, then wherever the sound had got to.
        """
        found = self._resume_ns(stalls)
        reached_ns = self._lead.timeline.last_end_ns
        if not self._documents or reached_ns is None:
            return found
        # Documents that were on their way: as late as others were, or as nobody knows yet.
        late_ns = max(INTERLEAVE_NS if one.late_ns is None else one.late_ns for one in self._documents)
        wanted_ns = max(reached_ns - late_ns, found - _MOST_LATE_NS, self._from_ns)
        least_ns = (
            found
            if stalls >= _STALLS_OF_DOCUMENTS
            else max(each.overlap.surely_known_ns() or 0 for each in self._media)
        )
        asked_ns = min(found, max(wanted_ns, least_ns))
        if max(reached_ns - late_ns, self._from_ns) < asked_ns:
            self.left += [self._left_behind(one, wanted_ns, asked_ns) for one in self._documents]
        return asked_ns

    @property
    def awaits_documents(self) -> bool:
        """Documents came, and none of a track said that it is the last."""
        return any(not each.terminal for each in self._of_documents if each.timeline.last_end_ns is not None)

    def leave_documents(self) -> None:
        """The connection breaks behind the last picture again and again."""
        detail = (
            "the connection broke behind the last picture, where documents were on their way: the last may be missing"
        )
        for one in self._documents:
            track, at_ns = one.track.index, one.furthest_ns
            if (one.late_ns or 0) > _LATE_NS:
                self.left.append(Loss(track=track, at_ns=at_ns, packets=None, detail=detail))
            else:
                self.left.append(Assumption(subject="metadata", detail=detail, track=track, at_ns=at_ns))

    def _left_behind(self, documents: MetadataTimeline, wanted_ns: int, asked_ns: int) -> Loss | Assumption:
        detail = (
            f"after an interruption the recorder was asked to go on from {to_clock(asked_ns)}: documents that were on "
            "their way then, from before, may be missing"
        )
        track = documents.track.index
        if documents.late_ns is None:  # nothing says that any come late
            return Assumption(subject="metadata", detail=detail, track=track, at_ns=wanted_ns)
        return Loss(track=track, at_ns=wanted_ns, packets=None, detail=detail)

    def _resume_ns(self, stalls: int) -> int:
        open_receivers = [each for each in self._media if not self._extent.covers(each.track.index)]
        open_tracks = [each.overlap for each in open_receivers]
        late = [last for each in open_tracks if (last := each.last_ns()) is not None]
        if self._extent.covers(self._lead.track.index) and late:
            return min(late)
        found = self._lead.overlap.resume_ns(itself=stalls > 0)
        if found is None:
            return self._from_ns
        if len(late) < len(open_tracks):  # one that has not begun yet
            late.append(self._from_ns)
            return min((found, *(end for end in late if end > found - INTERLEAVE_NS)))
        if stalls >= _STALLS_OF_SOUND:
            return found
        lagging = [each.overlap for each in open_receivers if each.overlap.lags(found, each.timeline.usual_ns)]
        late = [last for each in lagging if (last := each.last_ns()) is not None]
        return min((found, *(end for end in late if end > found - INTERLEAVE_NS)))

    def missing(self, history: RecordingHistory | None) -> Iterator[StreamItem]:
        """What no track brought of the end of the range, and what one brought less than the leading one."""
        lead_ns = self.ns
        for each in self._media:
            if self._extent.covers(each.track.index):
                continue
            if each is self._lead and each.timeline.stepped_back:
                continue  # the history cannot tell which of the times that were there twice it means
            if each is self._lead and each.timeline.untimed:
                continue  # it came without a time, which is a loss of its own
            if each is self._lead:
                yield from missing_tail(
                    history, each.track, lead_ns + each.timeline.back_ns, self._to_ns, each.timeline.usual_ns
                )
            else:
                end_ns = each.timeline.last_end_ns
                start_ns = self._from_ns if end_ns is None else max(end_ns, self._from_ns)
                yield from absent(history, each.track, start_ns, min(lead_ns, self._to_ns))
