"""UTC of every access unit of one track, with its gaps, losses and assumptions. Pure: no clock, no socket.

Inside a contiguous run it is the difference of RTP timestamps to the run's anchor (ONVIF Streaming, "RTP header
extension"); docs/replay.md, "Times". RTP timestamps of video are presentation times, not monotonic in decoding order.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from vssx.errors import ProtocolError
from vssx.model.media import (
    NS,
    AccessUnit,
    CodecConfiguration,
    Gap,
    GapCause,
    SourceTrack,
    StreamItem,
    TimeSource,
    TrackType,
)
from vssx.source.distances import AVERAGED, CLOCK_STEP_NS, SETTLED, Pauses, allowed_drop, may_be_slow
from vssx.source.time_base import RTP_MASK, Confirm, Content, Fallback, GapPart, rtp_step, usable_time, wrong_first
from vssx.source.time_notes import TimeNotes, after_a_jump, damaged, from_range, in_whole_seconds, missing
from vssx.source.whole_seconds import WholeSeconds

if TYPE_CHECKING:
    from vssx.rtsp.depacketize import RawUnit

_PENDING_UNITS = 256  # units that may wait for the first extension time of their run
_PENDING_BYTES = 64 << 20
_NO_EXTENSION_UNITS = 8  # without any extension at the start of a stream: there is none


class TrackTimeline:
    """Raw units of one track in the order of arrival become access units with UTC, gaps, losses and assumptions."""

    def __init__(self, track: SourceTrack, *, confirm: Confirm, fallback: Fallback) -> None:
        self._track = track
        self._scale = track.timescale
        self._sparse = track.track_type is TrackType.METADATA
        self._confirm = confirm
        self._fallback = fallback
        self.run = -1  # number of the present one, -1 before the first
        self._furthest_ns: int | None = None  # UTC reached by earlier runs
        self.time_source = TimeSource.REPLAY_EXTENSION  # of the present run
        self.back_ns = 0  # by which the recorder's clock went back, in all
        self.untimed = False  # units came whose time is unknown
        self._anchor_ns = 0  # UTC at self._base
        self._base = 0  # unwrapped RTP timestamp of the run's tick 0
        self._valid_until_ns: int | None = None
        self._next_ns: int | None = None  # where the section behind it begins
        self.anew = False  # another section was asked for, and is not timed yet
        self._last_rtp: int | None = None
        self._ts = 0  # unwrapped RTP timestamp of the last unit
        self._max_ts = 0  # largest one of the run
        self._usual = 0  # usual frame duration in ticks; 0: not known yet
        self._mark = (0, 0)  # (units of the run, max_ts) when the average was last taken
        self._units = 0  # units of the run
        self.section_ended = False  # the last unit carried E: a gap or the end of the footage follows
        self._fresh = True
        self._last_deviation = 0
        self._cut_off = False  # the present run has times in whole seconds
        self._pending: list[tuple[RawUnit, Content, int]] = []
        self._pending_bytes = 0
        self._pending_cause: GapCause | None = None
        self._seconds: WholeSeconds | None = None  # of the run that waits, if its first time has no fraction
        self._second: tuple[RawUnit, Content, int, int | None] | None = None  # held until the third one tells
        self._all_clean = False  # all units of the run are clean points
        self._sought = False  # the run that waits begins behind another PLAY
        self._notes = TimeNotes(track.index)
        self._pauses = Pauses(track, confirm)

    @property
    def last_end_ns(self) -> int | None:
        """UTC at which the unit presented last ends, or earlier by the recorder's word; None before any."""
        behind_ns = self._last_deviation if 2 * self._last_deviation < -self.usual_ns and not self._cut_off else 0
        return None if self.run < 0 else self._utc(self._max_ts + self._usual) + behind_ns

    @property
    def furthest_ns(self) -> int | None:
        """UTC that the stream has reached, also before a step back of the clock; None before any unit."""
        return None if self.run < 0 else max(self._utc(self._max_ts), self._furthest_ns or 0)

    @property
    def stepped_back(self) -> bool:
        """The clock went back, and its times are still ones that were there before."""
        return self._furthest_ns is not None and self._utc(self._max_ts) < self._furthest_ns

    @property
    def usual_ns(self) -> int:
        """Usual frame duration in ns, 0 while not known."""
        return self._usual * NS // self._scale

    @property
    def next_section_ns(self) -> int | None:
        """Where to PLAY from, since what comes now lies behind the section whose times are derived; else None."""
        return self._next_ns if self._pending and self.run >= 0 and not self.anew else None

    @property
    def waits(self) -> bool:
        """Units of a run wait for what tells their time."""
        return bool(self._pending)

    def restart(self, *, anew: bool = False) -> None:
        """A new PLAY is sent, which brings units that wait again: a D bit next is no gap (ONVIF "Go To Time").

        ``anew``: another section begins, with derived times of its own.
        """
        self.anew = anew = anew or self.anew
        self._notes.restart()
        self._fresh = True
        self._pending, self._pending_bytes, self._second, self._seconds = [], 0, None, None
        self._pending_cause, self._sought = GapCause.HISTORY if anew else None, False

    def interrupted(self) -> list[StreamItem]:
        """The connection broke. What waits comes again; of a stream without any extension it is taken all the same."""
        if (self.run < 0 or self.anew) and self._seconds is None and len(self._pending) >= _NO_EXTENSION_UNITS:
            with suppress(ProtocolError):  # too little came yet to tell how fast the recorder sends
                return self.settle()
        return []

    def settle(self) -> list[StreamItem]:
        """No extension time comes any more for units that wait: they get theirs as well as can be."""
        items: list[StreamItem] = []
        self._judge_second(None, None, items)
        if self._pending:
            self._settle(items)
        return items

    def rebase(self, rtp_timestamp: int, known: AccessUnit) -> None:
        """A unit that a new PLAY sent again carries ``rtp_timestamp`` now: go on counting from the known one."""
        if known.run == self.run and known.rtp_timestamp is not None:
            self._last_rtp = rtp_timestamp & RTP_MASK
            self._ts = self._base + known.ticks
            self._fresh = False

    def push(self, unit: RawUnit, content: Content) -> list[StreamItem]:
        """Times one unit. Usually one AccessUnit; none while its run still waits for a time. Raises ProtocolError."""
        rtp = unit.rtp_timestamp
        ts = rtp if self._last_rtp is None else self._ts + rtp_step(self._last_rtp, rtp)
        extension = unit.extension
        utc: int | None = None
        cause: GapCause | None = None
        ended, fresh, self._fresh = self.section_ended, self._fresh, False
        if extension is not None:  # an E bit reaches as far as the next extension: AAC frames share their packet's
            utc = extension.utc_ns
            if not usable_time(extension.ntp_time, utc):
                utc = None
                self._notes.absurd += 1
            if ended or (extension.discontinuity and not fresh):
                cause = GapCause.DISCONTINUITY_BIT
            self.section_ended = extension.end_of_section
        items: list[StreamItem] = []
        if unit.restarted and not fresh:
            self._notes.restarted(utc or self.last_end_ns, cause, items)
        starts = self._last_rtp is None
        self._last_rtp, self._ts = rtp, ts
        if self._seconds is not None and (cause is not None or self._seconds.take(ts, utc)):
            self._settle(items)
        if starts or self._pending or self.anew:
            self._wait(unit, content, ts, cause, utc, items)
            return items
        if fresh and utc is not None and 2 * abs(utc - self._utc(ts)) > self.usual_ns:
            # Not known from before: that its RTP timestamp goes on counting needs the extension's word.
            self._sought = True
            self._wait(unit, content, ts, None, utc, items)
            return items
        if self._second is not None:
            self._judge_second(ts, cause, items)
            if self._pending:
                self._wait(unit, content, ts, cause, utc, items)
                return items
        if cause is None and not self._contiguous(ts, utc, content.configuration):
            ahead_ns = (ts - self._max_ts) * NS // self._scale
            if may_be_slow(self._track, self._units, ahead_ns, utc and utc - self._utc(self._max_ts)):
                self._second = (unit, content, ts, utc)
                return items
            cause = GapCause.DISCONTINUITY_BIT if ended else GapCause.TIME_JUMP
        if cause is not None:
            self.section_ended = extension is not None and extension.end_of_section
            self._pending_cause = cause
            self._wait(unit, content, ts, None, utc, items)
            return items
        if self.time_source is TimeSource.PLAY_RANGE and (utc is not None or self._past_section(ts)):
            self._wait(unit, content, ts, None, utc, items)
            return items
        self._deliver(unit, content, ts, items)
        return items

    def lost(self, unit: RawUnit) -> list[StreamItem]:
        """A unit of which nothing whole arrived: only its loss is told."""
        at = None
        if self.run >= 0 and self._last_rtp is not None:
            at = self._utc(self._ts + rtp_step(self._last_rtp, unit.rtp_timestamp))
        return [missing(self._track.index, unit, at)]

    def finish(self) -> list[StreamItem]:
        """The stream ended: units that still wait are timed as well as can be, and what was counted is told."""
        items = self.settle()
        self._notes.tell_run(self.run, self.usual_ns, items)
        self._pauses.tell_run(items)
        self._notes.tell_end(self.last_end_ns, items)
        return items

    def _utc(self, ts: int) -> int:
        return self._anchor_ns + ((ts - self._base) * NS + self._scale // 2) // self._scale

    def _judge_second(self, ts: int | None, cause: GapCause | None, items: list[StreamItem]) -> None:
        """The picture after the one that was held, if one is, came at ``ts``; None: none came."""
        if self._second is None:
            return
        (unit, content, second_ts, utc), self._second = self._second, None
        interval = second_ts - self._max_ts
        if cause is None and ts is not None and interval <= 2 * (ts - second_ts) <= 4 * interval:
            self._usual = interval
            self._deliver(unit, content, second_ts, items)
        else:
            self._pending_cause = GapCause.TIME_JUMP
            self._wait(unit, content, second_ts, None, utc, items)

    def _contiguous(self, ts: int, utc: int | None, configuration: CodecConfiguration) -> bool:
        """Does the unit belong to the present run? Also notes how far its extension time deviates."""
        ahead = ts - self._max_ts
        if (
            self._units == 1
            and utc is not None
            and self._track.track_type is TrackType.AUDIO
            and wrong_first(utc - self._utc(self._max_ts), ahead * NS // self._scale, configuration)
        ):
            return False
        if ahead > 0:
            if ahead > self._usual + self._scale and not self._sparse:
                return False
        elif ahead < 0 and -ahead > allowed_drop(self._track, self._usual, self._units, configuration.reorder_depth):
            return False
        if utc is None or self.time_source is not TimeSource.REPLAY_EXTENSION:
            return True
        deviation = utc - self._anchor_ns - (ts - self._base) * NS // self._scale
        if not -CLOCK_STEP_NS <= deviation - self._last_deviation <= CLOCK_STEP_NS:
            return False
        if self._notes.drifts(deviation):
            return False
        self._last_deviation = deviation
        above = 2 * abs(deviation) * self._scale > self._usual * NS and self._usual > 0
        self._notes.compared(deviation, utc, above=above)
        return True

    def _past_section(self, ts: int) -> bool:
        return self._valid_until_ns is not None and self._utc(ts) > self._valid_until_ns

    def _deliver(self, unit: RawUnit, content: Content, ts: int, items: list[StreamItem]) -> None:
        units = self._units = self._units + 1
        self._all_clean = content.clean_point and (units == 1 or self._all_clean)
        if units == 1:
            self._max_ts, self._mark = ts, (1, ts)
        elif ts < self._mark[1] and self._mark[0] == 1:
            self._mark = (1, ts)  # leading pictures are presented before the clean point they follow
        elif ts > self._max_ts:
            if not self._sparse and not unit.lost_packets:
                last_ns, depth = self._utc(self._max_ts), content.configuration.reorder_depth
                self._pauses.step(last_ns, self._utc(ts), self.usual_ns, items, units=units, depth=depth)
            # What came before the furthest picture so far is whole; what comes before this one still comes.
            reached, self._max_ts, (since, mark) = self._max_ts, ts, self._mark
            if since == 1 and not self._sparse and units <= SETTLED:  # all intra pictures: none still to come
                to_come = 0 if self._all_clean else content.configuration.reorder_depth
                self._usual = max((ts - mark) // (units - 1 + to_come), 1)
            elif (since == 1 or units - 1 - since >= AVERAGED) and not self._sparse:
                self._usual = max((reached - mark) // (units - 1 - since), 1)
            if units - 1 - since >= AVERAGED and not self._sparse:
                self._mark = (units - 1, reached)
        configuration = content.configuration
        duration = None
        if configuration.frame_samples and configuration.sample_rate:
            duration = self._usual = configuration.frame_samples * self._scale // configuration.sample_rate
        elif not self._usual and configuration.frame_duration is not None and not self._sparse:
            self._usual = int(configuration.frame_duration * self._scale)
        if unit.lost_packets or unit.damaged:
            items.append(damaged(self._track.index, unit, self._utc(ts)))
        items.append(
            AccessUnit(
                track=self._track.index,
                payload=content.payload,
                run=self.run,
                run_start_ns=self._anchor_ns,
                ticks=ts - self._base,
                timescale=self._scale,
                clean_point=content.clean_point,
                configuration=configuration,
                time_source=self.time_source,
                has_parameter_sets=content.has_parameter_sets,
                duration_ticks=duration,
                rtp_timestamp=unit.rtp_timestamp,
                extension=unit.extension,
            )
        )

    def _wait(
        self,
        unit: RawUnit,
        content: Content,
        ts: int,
        cause: GapCause | None,
        utc: int | None,
        items: list[StreamItem],
    ) -> None:
        """A unit at or after the start of a run whose anchor is not known yet."""
        if self._pending:
            jumped = abs(ts - self._pending[-1][2]) > self._usual + 2 * self._scale and not self._sparse
            if jumped or cause is not None:
                self._settle(items)
                self._pending_cause = cause or GapCause.TIME_JUMP
        self._pending.append((unit, content, ts))
        self._pending_bytes += len(content.payload)
        if utc is not None and self._seconds is None:
            self._seconds = WholeSeconds(ts, utc, self._scale)
            if utc % NS:
                self._settle(items)
        elif len(self._pending) >= _PENDING_UNITS or self._pending_bytes > _PENDING_BYTES:
            self._settle(items)

    def _start_run(self, utc: int, ts: int, source: TimeSource, items: list[StreamItem]) -> None:
        """Anchors the units that wait: ``utc`` is the time at the unwrapped timestamp ``ts``."""
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        first_ts = pending[0][2]
        first_ns = utc + ((first_ts - ts) * NS + self._scale // 2) // self._scale
        if self.run >= 0:
            reached_ns = self._utc(self._max_ts)
            self._furthest_ns = max(reached_ns, self._furthest_ns or reached_ns)
            self._notes.tell_run(self.run, self.usual_ns, items)
            self._pauses.tell_run(items)
            self._tell_gap(first_ns, pending[0][1].configuration.reorder_depth, items)
        self._pending_cause, self._sought, self.anew = None, False, False
        self.run += 1
        self._anchor_ns, self._base, self.time_source = utc, ts, source
        self._units = self._last_deviation = 0
        if source is TimeSource.REPLAY_EXTENSION:
            self._valid_until_ns = self._next_ns = None
        for unit, content, unit_ts in pending:
            if self._past_section(unit_ts):
                self._untimed([(unit, content, unit_ts)])
            else:
                self._deliver(unit, content, unit_ts, items)

    def _tell_gap(self, first_ns: int, reorder_depth: int, items: list[StreamItem]) -> None:
        end_ns = self._utc(self._max_ts + self._usual)
        cause = self._pending_cause or GapCause.TIME_JUMP
        by_bit = cause is GapCause.DISCONTINUITY_BIT
        usual_ns = self.usual_ns
        drop_ns = allowed_drop(self._track, self._usual, self._units, reorder_depth) * NS // self._scale
        drifted = self._notes.take_drift()
        if first_ns < self._utc(self._max_ts) - drop_ns:
            cause = GapCause.BACKWARD_STEP
            self.back_ns += end_ns - first_ns
        elif drifted or first_ns - end_ns <= (usual_ns // 2 if by_bit else usual_ns) or (self._sparse and not by_bit):
            self._notes.rebased += not (by_bit or drifted or self._sought or self._sparse)
            return
        whole = GapPart(end_ns, first_ns, None)
        parts = self._confirm(self._track.token, end_ns, first_ns, usual_ns) if first_ns > end_ns else [whole]
        for start_ns, part_end_ns, confirmed in parts:
            items.append(
                Gap(track=self._track.index, start_ns=start_ns, end_ns=part_end_ns, cause=cause, confirmed=confirmed)
            )

    def _untimed(self, units: list[tuple[RawUnit, Content, int]]) -> None:
        """``units`` lie behind a section with derived times; one goes on waiting if the next can be asked for."""
        waits = self._next_ns is not None
        self._notes.unknown += 0 if waits else len(units)
        self.untimed = self.untimed or not waits
        self._pending, self._pending_bytes = units[:waits], 0

    def _settle(self, items: list[StreamItem]) -> None:
        """No extension time came for the units that wait: derive their time, or declare it unknown."""
        first_ts, last_ts = self._pending[0][2], self._pending[-1][2]
        count, index = len(self._pending), self._track.index
        seconds, self._seconds = self._seconds, None
        self._cut_off = seconds is not None and seconds.found
        if seconds is not None:
            if seconds.found:
                items.append(in_whole_seconds(index, self.run + 1, seconds.anchor_ns, seconds.uncertain_ns))
            self._start_run(seconds.anchor_ns, seconds.first_ts, TimeSource.REPLAY_EXTENSION, items)
            return
        if self.run < 0 or self.anew:
            anchor = self._fallback(self._track, (last_ts - first_ts) / self._scale)
            ts = first_ts if anchor.rtp_timestamp is None else first_ts + rtp_step(first_ts, anchor.rtp_timestamp)
            self._valid_until_ns, self._next_ns = anchor.valid_until_ns, anchor.next_ns
            items.append(from_range(index, anchor))
            self._start_run(anchor.utc_ns, ts, TimeSource.PLAY_RANGE, items)
            return
        if self.time_source is TimeSource.PLAY_RANGE:
            self._untimed(self._pending)
            return
        end_ns = self._utc(self._max_ts + self._usual)
        went_on = first_ts >= self._max_ts and (self._units > 1 or self._track.track_type is not TrackType.AUDIO)
        utc = self._utc(first_ts) if went_on else end_ns
        items.append(after_a_jump(index, count, utc, went_on=went_on))
        self._start_run(utc, first_ts, TimeSource.REPLAY_EXTENSION, items)
