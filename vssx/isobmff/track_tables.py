"""The sample tables of one track, built in one pass over the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import add, attrgetter
from pathlib import Path

from vssx.errors import UnsupportedMediaError
from vssx.isobmff.decode_times import DecodeTimes
from vssx.isobmff.journal import CLEAN_POINT, HAS_DURATION, MAX_TICKS, PARAMETER_SETS, RunRecord, SampleRecord
from vssx.isobmff.spool import Spool
from vssx.model.media import NS, CodecConfiguration, SourceTrack, TimeSource, TrackType


def floor_100ns(utc_ns: int) -> int:
    """The resolution of ``cstb``: an origin on its grid loses nothing."""
    return utc_ns // 100 * 100


class TrackTables:
    """Takes the samples of one track in file order, which is its decoding order.

    ``origin_ns``: UTC of media time 0; ``priming``: ticks from there that are never presented. Presentation times are
    whole ticks after it: a run's anchor is rounded once, so that differences inside a run stay exact.
    """

    def __init__(self, track: SourceTrack, track_id: int, origin_ns: int, directory: Path, *, priming: int = 0) -> None:
        self.track = track
        self.track_id = track_id
        self.origin_ns = origin_ns
        self.priming = priming
        self.samples = 0
        self.clean_points = 0
        self.payload_bytes = 0
        self.entries_with_parameter_sets: set[int] = set()
        self.largest_sample = 0
        self.stsz = Spool(directory)
        self.stts = Spool(directory)
        self.ctts = Spool(directory)
        self.stss = Spool(directory)
        self.stsc = Spool(directory)
        self.offsets = Spool(directory, 8)
        self.has_composition_offsets = False
        self.first_composition = 0
        self.last_duration = 0
        self.last_duration_assumed = False
        self._times = DecodeTimes()
        self._latest_decode: int | None = None  # as derived, before the first sample took the distance of the track
        self._decode = self._ahead = 0
        self._delta = self._delta_count = self._nonzero_delta = 0
        self._shift = self._shift_count = 0
        self._chunk_samples = self._chunk_entry = 0
        self._chunk_layout: tuple[int, int] | None = None
        self._chunks = 0
        self._next_offset = -1
        self._anchors: dict[int, int] = {}
        self._time_sources: dict[TimeSource, None] = {}
        self._first_utc = self._last_utc = 0
        self._last_presentation: int | None = None
        self._last_known_duration: int | None = None

    @property
    def clamped(self) -> int:
        """Samples whose decode time had to be moved."""
        return self._times.clamped

    @property
    def time_sources(self) -> tuple[TimeSource, ...]:
        """How the times were obtained, in the order of first use."""
        return tuple(self._time_sources)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return self._chunks

    @property
    def presented_ns(self) -> int:
        """UTC at which the presentation of the track begins."""
        return self.origin_ns + self.priming * NS // self.track.timescale

    @property
    def first_utc_ns(self) -> int:
        """Smallest presentation time, ns UTC."""
        return self._first_utc

    @property
    def last_utc_ns(self) -> int:
        """Largest presentation time, ns UTC."""
        return self._last_utc

    @property
    def media_duration(self) -> int:
        """Ticks from media time 0 to the end of the sample presented last."""
        return (self._latest_decode or 0) + self.last_duration

    @property
    def end_ns(self) -> int:
        """UTC at which the sample presented last ends."""
        return self.origin_ns + self.media_duration * NS // self.track.timescale

    def end_chunk(self) -> None:
        """What follows is not contiguous with what was added."""
        if not self._chunk_samples:
            return
        layout = (self._chunk_samples, self._chunk_entry)
        self._chunks += 1
        if layout != self._chunk_layout:
            self.stsc.append(self._chunks)
            self.stsc.append(self._chunk_samples)
            self.stsc.append(self._chunk_entry + 1)
            self._chunk_layout = layout
        self._chunk_samples = 0

    def add(self, samples: Sequence[SampleRecord], runs: Sequence[RunRecord]) -> None:
        """The next samples, in file order; ``runs``: all of the file."""
        for (run, entry), group in groupby(samples, attrgetter("run", "entry")):
            self._add_alike(tuple(group), run, runs[run], entry)

    def _add_alike(self, samples: Sequence[SampleRecord], number: int, run: RunRecord, entry: int) -> None:
        """Samples of one run with one sample entry: whole columns at a time, since there are millions of them."""
        _, flags, _, _, _, sizes, offsets, ticks, _, _, _ = zip(*samples, strict=True)
        self._add_places(offsets, sizes, entry)
        before = self.samples
        self.samples += len(samples)
        self.payload_bytes += sum(sizes)
        self.largest_sample = max(self.largest_sample, *sizes)
        self.stsz.extend(sizes)
        seen = set(flags)
        if any(one & PARAMETER_SETS for one in seen):
            self.entries_with_parameter_sets.add(entry)
        if all(one & CLEAN_POINT for one in seen):
            self.clean_points += len(samples)
            self.stss.extend(range(before + 1, self.samples + 1))
        elif any(one & CLEAN_POINT for one in seen):
            clean = [at for at, one in enumerate(flags, before + 1) if one & CLEAN_POINT]
            self.clean_points += len(clean)
            self.stss.extend(clean)
        self._add_times(samples, ticks, number, run, first=not before)
        for spool in (self.stsz, self.stts, self.ctts, self.stss, self.stsc, self.offsets):
            spool.settle()

    def _add_places(self, offsets: Sequence[int], sizes: Sequence[int], entry: int) -> None:
        ends = list(map(add, offsets, sizes))
        if offsets[0] != self._next_offset or entry != self._chunk_entry:
            self.end_chunk()
        self._chunk_entry = entry
        if list(offsets[1:]) == ends[:-1]:
            if not self._chunk_samples:
                self.offsets.append(offsets[0])
            self._chunk_samples += len(sizes)
        else:
            for offset, end in zip(offsets, (offsets[0], *ends), strict=False):
                if offset != end:
                    self.end_chunk()
                if not self._chunk_samples:
                    self.offsets.append(offset)
                self._chunk_samples += 1
        self._next_offset = ends[-1]

    def _add_times(
        self, samples: Sequence[SampleRecord], ticks: Sequence[int], number: int, run: RunRecord, *, first: bool
    ) -> None:
        scale = self.track.timescale
        anchor = self._anchors.get(number)
        if anchor is None:
            anchor = ((run.start_ns - self.origin_ns) * scale + NS // 2) // NS
            self._time_sources[run.time_source] = None
            self._anchors = {number: anchor}  # only the present run: a recording may have any number of them
        latest, earliest = max(ticks), min(ticks)
        if self._last_presentation is None or anchor + latest >= self._last_presentation:
            self._last_presentation = anchor + latest
            last = samples[len(ticks) - 1 - ticks[::-1].index(latest)]
            self._last_known_duration = last.duration if last.flags & HAS_DURATION else None
        first_utc = run.start_ns + (earliest * NS + scale // 2) // scale
        last_utc = run.start_ns + (latest * NS + scale // 2) // scale
        self._first_utc = first_utc if first else min(self._first_utc, first_utc)
        self._last_utc = last_utc if first else max(self._last_utc, last_utc)
        self._derived(self._times.push([anchor + one for one in ticks]))

    def _derived(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Run lengths of decode time differences (``stts``) and composition offsets (``ctts``).

        The first sample is decoded at 0. Where the track begins later, this sample alone bridges the distance:
        players that seek by decode times would land too late if all samples were decoded too early.
        """
        for presentation, at in pairs:
            if self._latest_decode is None:
                self.first_composition = presentation
                self._ahead = at
            else:
                if self._ahead and at <= MAX_TICKS:
                    self._ahead = 0
                delta = at - self._ahead - self._decode
                if delta == self._delta:
                    self._delta_count += 1
                else:
                    self._add_delta(delta, apart=at - self._latest_decode)
            self._decode = at - self._ahead
            self._latest_decode = at
            shift = presentation - self._decode
            if shift != self._shift:
                self._flush_shift()
                self._shift = shift
            self._shift_count += 1

    def _add_delta(self, delta: int, *, apart: int) -> None:
        if delta != self._delta:
            self._flush_delta()
            self._delta = delta
            # A sample of SEIs alone shares the time of the picture before: no measure for what comes last.
            self._nonzero_delta = apart or self._nonzero_delta
        self._delta_count += 1

    def _flush_delta(self) -> None:
        if self._delta_count:
            self._in_range(self._delta, "duration")
            self.stts.append(self._delta_count)
            self.stts.append(self._delta)
        self._delta_count = 0

    def _flush_shift(self) -> None:
        if self._shift_count:
            self._in_range(abs(self._shift), "composition offset")
            self.has_composition_offsets |= self._shift != 0
            self.ctts.append(self._shift_count)
            self.ctts.append(self._shift & 0xFFFFFFFF)
        self._shift_count = 0

    def _in_range(self, ticks: int, what: str) -> None:
        # Mp4Writer.fits keeps this from happening; the samples are on the disk whatever is raised here.
        if ticks > MAX_TICKS:
            raise UnsupportedMediaError(
                f"a {what} of {ticks} ticks of 1/{self.track.timescale} s does not fit into one MP4 file",
                where=f"track {self.track_id}",
                next_step="Export the parts before and after it separately.",
            )

    def finish(self, configurations: Sequence[CodecConfiguration], shown_to_ns: int | None = None) -> None:
        """After the last sample: the tables are complete and the last duration is known or assumed.

        ``shown_to_ns``: where the footage beside a track of documents ends. The last one holds until there.
        """
        self._derived(self._times.finish())
        self.end_chunk()
        if self._last_known_duration is not None:
            self.last_duration = self._last_known_duration
        else:
            if shown_to_ns is None:
                self.last_duration = self._assumed_duration(configurations)
            else:
                end = (shown_to_ns - self.origin_ns) * self.track.timescale // NS
                self.last_duration = max(1, end - self.media_duration)
            self.last_duration_assumed = True
        self._add_delta(self.last_duration, apart=self.last_duration)
        self._flush_delta()
        self._flush_shift()

    def _assumed_duration(self, configurations: Sequence[CodecConfiguration]) -> int:
        if self._nonzero_delta:
            return self._nonzero_delta
        scale, last = self.track.timescale, configurations[-1]
        if last.frame_duration:
            return min(MAX_TICKS, round(last.frame_duration * scale))
        if last.frame_samples and last.sample_rate:
            return last.frame_samples * scale // last.sample_rate
        return max(1, scale // 25)

    @property
    def sync_table_needed(self) -> bool:
        """Without ``stss`` every sample is a sync sample (clause 8.6.2)."""
        return self.track.track_type is TrackType.VIDEO and self.clean_points < self.samples

    def close(self) -> None:
        """Give temporary files back."""
        for spool in (self.stsz, self.stts, self.ctts, self.stss, self.stsc, self.offsets):
            spool.close()
