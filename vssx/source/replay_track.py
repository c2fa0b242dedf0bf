"""One track of a replay: the way from RTP packets to timed items. No socket."""

from __future__ import annotations

from collections.abc import Callable

from vssx.errors import MalformedMediaError, ProtocolError
from vssx.model.media import NS, AccessUnit, Assumption, Loss, StreamItem, TrackType
from vssx.rtsp.depacketize import NalDepacketizer, RawUnit
from vssx.rtsp.depacketize_metadata import documents_of
from vssx.rtsp.packet_order import SequenceTracker
from vssx.rtsp.rtcp import Bye
from vssx.rtsp.rtp import RtpPacket, parse_rtp, replay_extension
from vssx.source.content import ContentReader
from vssx.source.described_track import DescribedTrack, depacketizer_of
from vssx.source.loop import LoopWatch
from vssx.source.metadata_overlap import MetadataOverlap
from vssx.source.metadata_timeline import MetadataTimeline
from vssx.source.overlap import Overlap
from vssx.source.time_base import Confirm, Content, Fallback
from vssx.source.timeline import TrackTimeline

_MAX_DOUBTFUL = 10_000  # packets that may wait for the first one with the Cseq of the new PLAY


class TrackReceiver:
    """RTP packets of one track in, timed items out; also what is known of the track's end."""

    def __init__(
        self,
        described: DescribedTrack,
        *,
        confirm: Confirm,
        fallback: Fallback,
        known_sets: tuple[bytes, ...] = (),
        reached: Callable[[], int | None] = lambda: None,
        repeats: Callable[[], bool] = lambda: True,
        range_ns: tuple[int, int] | None = None,
    ) -> None:
        """``known_sets``: parameter sets in force where an interrupted export stopped. ``reached``, ``repeats``,
        ``range_ns``: of the footage, what metadata documents are placed by (MetadataTimeline, MetadataOverlap)."""
        self.track = described.track
        self._payload_type = described.media.payload_type
        self._sequence = SequenceTracker()
        self._depacketizer = depacketizer_of(described)
        self._nals = self._depacketizer if isinstance(self._depacketizer, NalDepacketizer) else None
        self._reader = ContentReader(
            described.track,
            parameter_sets=(*described.media.parameter_sets(), *known_sets)
            if described.track.track_type is TrackType.VIDEO
            else (),
            configuration=described.configuration,
            mux=described.mux,
        )
        self.overlap: Overlap | MetadataOverlap
        self.timeline: TrackTimeline | MetadataTimeline
        if described.track.track_type is TrackType.METADATA:
            self.overlap = MetadataOverlap(footage_repeats=repeats)
            self.timeline = MetadataTimeline(described.track, reached=reached, range_ns=range_ns)
        else:
            self.overlap = Overlap(described.track)
            self.timeline = TrackTimeline(described.track, confirm=confirm, fallback=fallback)
        self.loop = LoopWatch()
        self.terminal = False  # T seen, or BYE, and nothing since
        self.byes: Bye | None = None  # the last one of this PLAY
        self.units = 0  # access units so far, repeated ones not counted
        self._cut: RawUnit | None = None
        self._began_behind = False  # the PLAY was asked to begin behind the last unit, and nothing came yet
        self._first_of_run: tuple[RawUnit, Content]
        self._cseq: int | None = None
        self._echoes: bool | None = None  # the extension's Cseq is that of the PLAY; some recorders leave it zero
        self._waits_for_cseq = False
        self._doubtful: list[RtpPacket] = []
        self._unreadable = 0
        self._foreign = 0

    @property
    def section_ended(self) -> bool:
        """E or T on the last unit: a gap or the end of the footage follows."""
        return self.terminal or self.timeline.section_ended

    @property
    def ssrc(self) -> int | None:
        """The source of the packets of this PLAY; None before the first."""
        return self._sequence.ssrc

    @property
    def bye(self) -> bool:
        """BYE came, and for this source, not for one of a PLAY before."""
        return self.byes is not None and self.ssrc in (None, *(self.byes.ssrcs or (self.ssrc,)))

    def push(self, data: memoryview) -> list[StreamItem]:
        """One RTP packet. Raises ProtocolError when the time of the recording is unknown."""
        try:
            packet = parse_rtp(data)
        except MalformedMediaError:
            self._unreadable += 1
            return []
        if packet.payload_type != self._payload_type:
            self._foreign += 1
            return []
        items: list[StreamItem] = []
        if self._waits_for_cseq:
            extension = replay_extension(packet)
            if extension is None or extension.cseq != self._cseq:
                self._doubtful.append(packet)
                if len(self._doubtful) < _MAX_DOUBTFUL:
                    return items
                self._trust(items)
                return items
            self._doubtful.clear()  # of the PLAY before; this one brings it again
            self._waits_for_cseq = False
        self._packet(packet, items)
        return items

    def push_run(self, data: memoryview, position: int, *, size: int, stride: int) -> tuple[list[StreamItem], int]:
        """One RTP packet, and in a run of equal size those behind it that are plainly more of the same NAL unit.

        Returns what ``push`` of the same packets would, and how many they were. Raises ProtocolError as ``push`` does.
        """
        nals = self._nals
        if len(data) == size:
            if nals is not None and nals.take_last(data, self._sequence):
                return [], 1
            return self.push(data), 1
        items = self.push(data[position : position + size])
        if nals is None or self._payload_type is None or self._waits_for_cseq:
            return items, 1
        taken = nals.take_alike(
            data, position, size=size, stride=stride, tracker=self._sequence, payload_type=self._payload_type
        )
        return items, 1 + taken

    def _packet(self, packet: RtpPacket, items: list[StreamItem]) -> None:
        if self._sequence.take(packet):
            for unit in self._depacketizer.push(packet, lost_before=0):
                self._unit(unit, items)
            return
        for ordered in self._sequence.push(packet):
            for unit in self._depacketizer.push(ordered.packet, lost_before=ordered.lost_before):
                self._unit(unit, items)

    def _trust(self, items: list[StreamItem]) -> None:
        """The Cseq of the new PLAY never came: the recorder does not renew it, so the packets are of this PLAY."""
        if not self._doubtful:
            return
        doubtful, self._doubtful = self._doubtful, []
        self._waits_for_cseq = self._echoes = False
        for packet in doubtful:
            self._packet(packet, items)

    def flush(self, *, final: bool, broken: bool = False) -> list[StreamItem]:
        """The recorder fell silent: what is still held.

        A unit cut off in the middle is kept back, as another PLAY brings it whole; with ``final`` none will come.
        ``broken``: the connection broke, so that what waits for a time comes again; more of the last unit may, too.
        """
        items: list[StreamItem] = []
        self._trust(items)
        for ordered in self._sequence.flush():
            for unit in self._depacketizer.push(ordered.packet, lost_before=ordered.lost_before):
                self._unit(unit, items)
        for unit in self._depacketizer.flush():
            if not (unit.damaged or (broken and _may_go_on(unit))):
                self._unit(unit, items)
            elif not self.overlap.repeating:
                self._cut = unit
        if final and self._cut is not None:
            self.overlap.end()
            cut, self._cut = self._cut, None
            self._unit(cut, items)
        items += self._remembered(self.timeline.interrupted() if broken else self.timeline.settle())
        self.overlap.conclude()
        self._tell_repetition(items)
        return items

    def expect(self, sequence: int) -> None:
        """The first packet's sequence number, as the recorder told it."""
        self._sequence.expect(sequence)

    def played(self, cseq: int, *, began_ns: int | None = None, rtp_timestamp: int | None = None) -> None:
        """PLAY was answered; ``cseq``: its CSeq, whose low byte is to come back in the extension. ``began_ns`` and
        ``rtp_timestamp``: where it begins, as Range and RTP-Info of the answer tell."""
        if began_ns is not None:
            self.overlap.began(began_ns, rtp_timestamp)
        self._waits_for_cseq = bool(self._echoes) and cseq & 0xFF != self._cseq
        self._cseq = cseq & 0xFF

    def restart(self, start_ns: int | None = None, *, by_content: bool = False, anew: bool = False) -> None:
        """Another PLAY begins, from ``start_ns``; call ``flush`` before. ``by_content``: see ``Overlap.begin``;
        ``anew``: of another section, so that nothing comes again."""
        self._sequence.restart()
        self.timeline.restart(anew=anew)
        self.loop.restart()
        last_ns = self.overlap.last_ns()
        sparse = self.track.track_type is TrackType.METADATA
        asked = start_ns is not None and last_ns is not None and not by_content and not sparse
        self._began_behind = asked and (start_ns or 0) > (last_ns or 0)
        self.overlap.begin(start_ns, by_content=by_content)
        if self.timeline.anew:
            self.overlap.end()
        self.terminal, self.byes = False, None

    def described_again(self, described: DescribedTrack) -> None:
        """Another session describes the track. Raises ProtocolError when it is another one."""
        now, then = described.track, self.track
        if (now.codec, now.timescale, now.token) != (then.codec, then.timescale, then.token):
            raise ProtocolError(
                f"the recorder described {then.codec} with {then.timescale} ticks a second first, and now {now.codec} "
                f"with {now.timescale}",
                where=f"track {then.token or then.index}",
                next_step="The recording changed; export the parts before and after the change separately.",
            )
        self._payload_type = described.media.payload_type

    def finish(self) -> list[StreamItem]:
        """The stream is over: what was counted goes into the record."""
        items: list[StreamItem] = [*self._reader.finish(), *self.timeline.finish()]
        index = self.track.index
        if isinstance(self.overlap, MetadataOverlap):
            items += self.overlap.finish(index)
        for count, detail in (
            (self._unreadable, "RTP packets could not be read and are missing"),
            (self._sequence.stray, "RTP packets were out of line, with none beside them, and were not used"),
            (self._foreign, "RTP packets of a payload type that the description does not give to this track"),
            (
                self.overlap.different,
                "access units came at a second PLAY from a time already delivered, and are missing or different in "
                "what was delivered then; they were not written",
            ),
        ):
            if count:
                items.append(Loss(track=index, at_ns=None, packets=None, detail=f"{count} {detail}"))
        if self._sequence.ignored:
            items.append(
                Assumption(
                    subject="RTP packets ignored",
                    detail=f"{self._sequence.ignored} RTP packets came twice, or too late",
                    track=index,
                )
            )
        return items

    def _unit(self, unit: RawUnit, items: list[StreamItem]) -> None:
        extension = unit.extension
        if extension is not None and self._echoes is None:
            self._echoes = extension.cseq == self._cseq
        if self._cut is not None and _same_time(self._cut, unit):
            self._cut = None  # here it is, whole
        if not unit.nal_units:
            self.terminal = extension is not None and extension.terminal
            items += self.timeline.lost(unit)
            return
        if self.track.track_type is not TrackType.METADATA:
            self._sample(unit, items)
            return
        for document in documents_of(unit):
            self._sample(document, items)

    def _sample(self, unit: RawUnit, items: list[StreamItem]) -> None:
        extension = unit.extension
        content = self._reader.read(unit)
        if content is None:
            return
        if self.overlap.expected:
            known = self.overlap.recognise(unit, content)
            self._tell_repetition(items, unit)
            self._tell_left_out(unit if known is None else None, items)
            if known is not None:
                self.terminal = extension is not None and extension.terminal
                if isinstance(known, AccessUnit):
                    self.timeline.rebase(unit.rtp_timestamp, known)
                return
        if self._cut is not None:
            cut, self._cut = self._cut, None
            if cut.extension is not None and extension is not None:
                self._unit(cut, items)  # its whole self did not come
        if extension is not None:
            self.terminal = extension.terminal
        if self.loop.again(unit, content, self.timeline.furthest_ns):
            return
        run, waited = self.timeline.run, self.timeline.waits
        items += self._remembered(self.timeline.push(unit, content))
        if not waited:
            self._first_of_run = (unit, content)
        if self.timeline.run != run:
            self.loop.begins_run(*self._first_of_run)
            self._first_of_run = (unit, content)

    def _remembered(self, items: list[StreamItem]) -> list[StreamItem]:
        for item in items:
            if isinstance(item, AccessUnit):
                self.units += 1
                self.overlap.remember(item)
        return items

    def _tell_repetition(self, items: list[StreamItem], first_new: RawUnit | None = None) -> None:
        """What another PLAY brought again: is the seam proven?"""
        found = self.overlap.take_repetition()
        if found is None:
            return
        if found.proven:
            detail = (
                f"after an interruption the recorder was asked to play again: the {found.equal} access units before "
                "the interruption came again, byte for byte the same, and what follows joins them"
            )
            items.append(Assumption(subject="seam", detail=detail, track=self.track.index, at_ns=found.at_ns))
        elif found.expected or self._leaves_out(first_new):
            detail = (
                f"after an interruption the recorder was asked to play again: of the {found.expected} access units "
                f"before the interruption {found.equal} came again unchanged; that nothing is missing there is not "
                "proven"
            )
            items.append(Loss(track=self.track.index, at_ns=found.at_ns, packets=None, detail=detail))

    def _tell_left_out(self, first_new: RawUnit | None, items: list[StreamItem]) -> None:
        """The first unit behind a PLAY that began behind the last unit, so that nothing of this track comes again."""
        behind, self._began_behind = self._began_behind, False
        end_ns = self.timeline.last_end_ns
        if behind and not self.timeline.section_ended and self._leaves_out(first_new) and end_ns is not None:
            detail = "after an interruption the recorder went on later than the access units before it end; what lies "
            detail += "between them is missing"
            items.append(Loss(track=self.track.index, at_ns=end_ns, packets=None, detail=detail))

    def _leaves_out(self, unit: RawUnit | None) -> bool:
        """``unit`` does not follow directly; a longer distance is a gap, which the timeline tells."""
        end_ns, usual_ns = self.timeline.last_end_ns, self.timeline.usual_ns
        if unit is None or unit.extension is None or end_ns is None:
            return False
        return usual_ns // 2 < unit.extension.utc_ns - end_ns <= usual_ns + NS


def _may_go_on(unit: RawUnit) -> bool:
    """Of a unit that the recorder calls the last one, no more is awaited; without a time it is not known again."""
    extension = unit.extension
    return unit.open_end and extension is not None and not (extension.end_of_section or extension.terminal)


def _same_time(one: RawUnit, other: RawUnit) -> bool:
    if one.extension is None or other.extension is None:
        return False
    return one.extension.ntp_time == other.extension.ntp_time
