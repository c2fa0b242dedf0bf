"""The append-only MP4 writer: ``ftyp``, an ``mdat`` for every few MB, then one ``moov``, then ``meta`` last.

What is on the disk never changes, so the file's SHA-256 runs along, and the index journal lets a later run finish or
continue a file that was cut (``vssx.isobmff.resume``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from vssx.errors import NothingRecordedError, StorageError, UnsupportedMediaError
from vssx.isobmff.block_writer import FTYP, create
from vssx.isobmff.closed_file import ClosedFile, ClosedTrack
from vssx.isobmff.gathering import Gathering, size_before
from vssx.isobmff.journal import MAX_TICKS, JournalReader, RunRecord
from vssx.isobmff.meta_box import file_meta
from vssx.isobmff.movie_box import MovieTrack, movie
from vssx.isobmff.progress import Restored, ResumeState, TrackProgress
from vssx.isobmff.resume import SampleCallback, restore
from vssx.isobmff.sample_tables import MAX_SAMPLE
from vssx.isobmff.track_tables import TrackTables, floor_100ns
from vssx.model.handover import ExportUnit, Position, SourceIdentity
from vssx.model.media import NS, AccessUnit, AccessUnits, SourceTrack, TrackType, leading

SampleEntryChoice = Literal["auto", "in-band", "out-of-band"]

BLOCK_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 255
_FORCED_BLOCK_BYTES = 4 * BLOCK_BYTES
_BLOCK_SAMPLES = 1024
_ORDER = tuple(TrackType)  # of the tracks in the file: readers in the field take the first one
_MANY_RUNS = 16  # of a track that may go on
_NEAR = 1000  # seconds: samples that are no farther from each other fit into a file


class Mp4Writer:
    """Writes access units, in decoding order on every track, into a new file.

    ``tracks``: those of the source; AccessUnit.track is the index of one of them. Track IDs count from 1 in their
    order. ``journal`` belongs to the writer until the caller removes it. ``durable``: blocks reach the disk as they
    come, and the journal tells of no other; without it only the closed file is there, which suits a source that can be
    read again. Without ``hashed`` the payloads are not hashed while they are written: whoever reads the file back does
    that, and it is not continued.

    Raises HandoverError when a path exists, StorageError when the disk fails; after that every call raises it again,
    and what is on the disk can be continued.
    """

    def __init__(
        self,
        path: Path,
        journal: Path,
        tracks: Sequence[SourceTrack],
        *,
        block_bytes: int = BLOCK_BYTES,
        durable: bool = True,
        hashed: bool = True,
        restored: Restored | None = None,
    ) -> None:
        self.path = path
        self.journal = journal
        self.tracks = tuple(tracks)
        self._by_index = {track.index: number for number, track in enumerate(self.tracks)}
        if len(self._by_index) != len(self.tracks) or not self.tracks:
            raise ValueError("tracks need different indexes")
        for track in self.tracks:
            if not 0 < track.timescale < 1 << 32:
                raise UnsupportedMediaError(
                    f"a timescale of {track.timescale} ticks a second", where=f"{path}, track {track.index}"
                )
        self._reference = leading(self.tracks)
        self._block_bytes = block_bytes
        self.resumed: ResumeState | None = restored.state if restored else None
        """What an earlier run left, after ``resume``."""
        self._states = restored.tracks if restored else tuple(TrackProgress() for _ in self.tracks)
        self._run_count = restored.run_count if restored else 0
        self._position = restored.position if restored else len(FTYP)
        self._blocks = (
            restored.blocks if restored else create(path, journal, self.tracks, durable=durable, hashed=hashed)
        )
        self._origin_ns = min((one.presented_ns for one in self._states if one.samples), default=None)
        self._waiting = Gathering(len(self.tracks))
        self._hashed = hashed
        self._closed = False
        self.before_block: Callable[[], None] | None = None
        """Called before a block goes to the disk: what its samples were made of has to be there first."""

    @classmethod
    def resume(
        cls,
        path: Path,
        journal: Path,
        *,
        tracks: Sequence[SourceTrack] | None = None,
        on_sample: SampleCallback | None = None,
        block_bytes: int = BLOCK_BYTES,
    ) -> Mp4Writer:
        """Go on with a file that was cut at any point, or that is closed already (its ``moov`` is dropped).

        ``on_sample`` gets every sample that is kept, for the running digests. ``resumed`` tells what is there.
        ``tracks`` are compared with the journal's, and used when a kill tore even its first bytes.

        Raises MalformedMediaError when the media is not what the journal says or there is nothing to go on with,
        UsageError when the tracks are others, StorageError.
        """
        known, restored = restore(path, journal, tracks, on_sample)
        return cls(path, journal, known, block_bytes=block_bytes, restored=restored)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()

    @property
    def samples(self) -> int:
        """Samples so far, over all tracks."""
        return sum(state.samples for state in self._states)

    @property
    def origin_ns(self) -> int | None:
        """UTC of the earliest presentation so far; None without any."""
        return self._origin_ns

    def fits(self, unit: AccessUnit) -> bool:
        """Whether one MP4 file can hold this unit with those before it; otherwise start a new file with it.

        False for a step of more than 2^31-1 ticks on its track, a start that far after the beginning of the file, and
        more than 255 different codec configurations.
        """
        return self._fits(self._by_index[unit.track], unit, unit.utc_ns)

    def _fits(self, number: int, unit: AccessUnit, utc_ns: int) -> bool:
        state = self._states[number]
        if unit.configuration is not state.configuration and (
            len(state.entries) >= MAX_ENTRIES and unit.configuration not in state.entries
        ):
            return False
        origin_ns = self._origin_ns
        if origin_ns is None:
            return True
        before = state.last_ns if state.samples else origin_ns
        if abs(utc_ns - before) * unit.timescale > (MAX_TICKS - unit.timescale) * NS:
            return False
        # Every track starts near enough to the origin; only an earlier origin can change that.
        return utc_ns >= origin_ns or all(
            not other.samples or (other.first_ns - utc_ns) * track.timescale <= (MAX_TICKS - track.timescale) * NS
            for track, other in zip(self.tracks, self._states, strict=True)
        )

    def add(self, unit: AccessUnit) -> None:
        """Take the next sample of its track. It is on the disk some MB later, or after ``close``."""
        number = self._by_index[unit.track]
        state = self._states[number]
        if unit.timescale != self.tracks[number].timescale:
            raise ValueError("an access unit with another timescale than its track")
        utc_ns = unit.utc_ns
        if not self._fits(number, unit, utc_ns):
            raise UnsupportedMediaError(
                "the access unit cannot stand in one MP4 file with those before it",
                where=f"{self.path}, track {number + 1}, sample {state.samples + 1}",
                next_step="Export the parts before and after it separately.",
            )
        size = len(unit.payload)
        if size > MAX_SAMPLE:
            raise UnsupportedMediaError(f"an access unit of {size} bytes", where=f"{self.path}, track {number + 1}")
        self._maybe_flush(starts_group=number == self._reference and unit.clean_point)
        self._enter(number, state, unit)
        presented_ns = utc_ns if state.samples else utc_ns + unit.configuration.priming_ns
        state.note(utc_ns)
        if self._origin_ns is None or presented_ns < self._origin_ns:
            self._origin_ns = presented_ns
        self._waiting.add(unit, utc_ns, number=number, entry=state.entry, run=state.run)

    def fits_all(self, units: AccessUnits) -> bool:
        """Whether ``add_all`` may take these: they fit, and so plainly that not each needs to be looked at."""
        number = self._by_index[units.track]
        state = self._states[number]
        first_ns, last_ns = units.utc_ns(min(units.ticks)), units.utc_ns(max(units.ticks))
        return (
            state.samples > 0
            and self._origin_ns is not None
            and self._origin_ns <= first_ns
            and units.timescale == self.tracks[number].timescale
            and units.timescale < MAX_TICKS // (2 * _NEAR)
            and state.last_ns - _NEAR * NS < first_ns
            and last_ns < state.last_ns + _NEAR * NS
            and (units.configuration is state.configuration or len(state.entries) < MAX_ENTRIES)
            and max(map(len, units.payloads)) <= MAX_SAMPLE
        )

    def add_all(self, units: AccessUnits) -> None:
        """``add`` for units that ``fits_all`` allows; they stay together in the file."""
        number = self._by_index[units.track]
        clean = units.clean_points.index(True) if number == self._reference and True in units.clean_points else -1
        if clean > 0 and self._waiting.size + size_before(units.payloads, clean) >= self._block_bytes:
            self._add_all(number, units.part(0, clean))
            units, clean = units.part(clean, len(units.payloads)), 0
        self._maybe_flush(starts_group=clean == 0)
        self._add_all(number, units)

    def _add_all(self, number: int, units: AccessUnits) -> None:
        state = self._states[number]
        self._enter(number, state, units)
        state.first_ns = min(state.first_ns, units.utc_ns(min(units.ticks)))
        state.last_ns = units.utc_ns(units.ticks[-1])
        state.samples += len(units.payloads)
        self._waiting.add_all(units, number=number, entry=state.entry, run=state.run)

    def _enter(self, number: int, state: TrackProgress, unit: AccessUnit | AccessUnits) -> None:
        """Take note of a codec configuration or a run that is new."""
        if unit.configuration is not state.configuration:
            state.configuration = unit.configuration
            entry = state.entries.get(unit.configuration)
            if entry is None:
                entry = state.entries[unit.configuration] = len(state.entries)
                self._waiting.configurations.append((number, unit.configuration))
            state.entry = entry
        key = (unit.run, unit.run_start_ns, unit.time_source)
        if key != state.run_key:
            state.run_key = key
            known = state.runs.get(key)  # documents tell times of their own and none by turns
            if known is not None:
                state.run = known
                return
            if len(state.runs) >= _MANY_RUNS:
                state.runs.clear()
            state.run = state.runs[key] = self._run_count
            self._run_count += 1
            self._waiting.runs.append(RunRecord(number, unit.time_source, unit.run, unit.run_start_ns))

    def _maybe_flush(self, *, starts_group: bool) -> None:
        """Ends the block before the next sample where it is time for it."""
        waiting = self._waiting
        if (
            (starts_group and waiting.size >= self._block_bytes)
            or waiting.size >= _FORCED_BLOCK_BYTES
            or waiting.count >= _BLOCK_SAMPLES
        ):
            self._flush()

    def _flush(self) -> None:
        block = self._waiting.block(self._position)
        if block is not None:
            if self.before_block is not None:
                self.before_block()
            self._blocks.submit(block)
            self._position = block.end

    def close(
        self,
        *,
        export_unit: ExportUnit,
        sources: Mapping[int, SourceIdentity],
        position: Position | None,
        creation_ns: int,
        sample_entry: SampleEntryChoice = "auto",
        content_sha256: bytes | None = None,
    ) -> ClosedFile:
        """Write ``moov`` and ``meta``; the file is complete afterwards, and durable, without ``durable`` by ``synced``.

        ``sources``: by SourceTrack.index, one for every track with samples. ``creation_ns``: creation time of movie
        and tracks, the UTC at which the recording starts. ``sample_entry``: "in-band" writes avc3/hev1, "out-of-band"
        avc1/hvc1, "auto" the former where parameter sets travel in the samples. ``content_sha256``: of
        the content, which gives the file its identity; None: of what is written.

        Raises NothingRecordedError without samples, StorageError when the disk fails.
        """
        if self._closed or self._origin_ns is None:
            raise NothingRecordedError("no access unit was written", where=str(self.path))
        self._flush()
        self._blocks.drain()
        self._closed = True
        origin_ns = floor_100ns(self._origin_ns)
        tables: list[TrackTables] = []
        complete = False
        try:
            tables = self._tables(origin_ns)
            present = [one for one in tables if one.samples]
            present.sort(key=lambda one: (_ORDER.index(one.track.track_type), one.track_id))
            tracks = tuple(self._describe(one, sample_entry) for one in present)
            moov = movie(
                tracks,
                origin_ns=origin_ns,
                creation_ns=creation_ns,
                modification_ns=max(creation_ns, export_unit.time_ns),
                position=position,
                media_end=self._position,
            )
            content = self._blocks.digest() if content_sha256 is None else content_sha256
            meta = file_meta(present, export_unit=export_unit, sources=sources, content_sha256=content)
            size, digest = self._blocks.append(_joined(moov, meta))
            closed = tuple(self._closed_track(one) for one in tracks)
            complete = True
        finally:
            for one in tables:
                one.close()
            if not complete:
                self._blocks.close()
        return ClosedFile(
            path=self.path,
            size=size,
            sha256=digest if self._hashed else None,
            frame_sha256=None if self._hashed else digest,
            origin_ns=origin_ns,
            tracks=closed,
        )

    def synced(self) -> None:
        """After ``close``: wait until the file is on the disk, which with ``durable`` it is. Raises StorageError."""
        self._blocks.synced()

    def _tables(self, origin_ns: int) -> list[TrackTables]:
        """One pass over the journal."""
        tables = []
        for number, (track, state) in enumerate(zip(self.tracks, self._states, strict=True)):
            video = track.track_type is TrackType.VIDEO
            start = origin_ns if video or not state.samples else floor_100ns(state.first_ns)
            first = next(iter(state.entries), None)
            priming = first.priming * track.timescale // first.sample_rate if first is not None and first.priming else 0
            tables.append(TrackTables(track, number + 1, start, self.path.parent, priming=priming))
        runs: list[RunRecord] = []
        for block in JournalReader(self.journal).blocks():
            runs += block.runs
            for number, samples in groupby(block.samples, attrgetter("track")):
                tables[number].add(tuple(samples), runs)
                tables[number].end_chunk()
        for one, state in zip(tables, self._states, strict=True):
            if one.samples != state.samples:
                raise StorageError(
                    f"the journal holds {one.samples} of {state.samples} samples of track {one.track_id}",
                    where=str(self.journal),
                    next_step="Something else changed it; run the same command again.",
                )
        written = [(one, tuple(state.entries)) for one, state in zip(tables, self._states, strict=True) if one.samples]
        footage = [one for one, _ in written if one.track.track_type is not TrackType.METADATA]
        for one, entries in written:
            if one in footage:
                one.finish(entries)
        shown_to_ns = max((one.end_ns for one in footage), default=None)
        for one, entries in written:
            if one not in footage:
                one.finish(entries, shown_to_ns)
        return tables

    def _describe(self, tables: TrackTables, choice: SampleEntryChoice) -> MovieTrack:
        configurations = tuple(self._states[tables.track_id - 1].entries)
        seen = tables.entries_with_parameter_sets
        # Players skip sample entries of another kind than the first one.
        in_band = (bool(seen) if choice == "auto" else choice == "in-band",) * len(configurations)
        return MovieTrack(tables=tables, configurations=configurations, in_band=in_band)

    def _closed_track(self, track: MovieTrack) -> ClosedTrack:
        tables = track.tables
        return ClosedTrack(
            track_id=tables.track_id,
            track=tables.track,
            samples=tables.samples,
            clean_points=tables.clean_points,
            payload_bytes=tables.payload_bytes,
            first_utc_ns=tables.first_utc_ns,
            last_utc_ns=tables.last_utc_ns,
            sample_entries=track.codes,
            configurations=track.configurations,
            time_sources=tables.time_sources,
            last_duration_ticks=tables.last_duration,
            last_duration_assumed=tables.last_duration_assumed,
            decode_times_clamped=tables.clamped,
        )

    def checkpoint(self) -> None:
        """Bring everything so far to the disk, so that a later run can continue from here. Raises StorageError."""
        self._flush()
        self._blocks.wait()

    def abandon(self) -> None:
        """Stop writing. What is on the disk can be continued with ``resume``; what waits for its block is lost."""
        self._blocks.close()


def _joined(moov: Iterator[bytes], meta: bytes) -> Iterator[bytes]:
    """The end of the file in large pieces."""
    gathered, size = [], 0
    for piece in moov:
        gathered.append(piece)
        size += len(piece)
        if size >= BLOCK_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join((*gathered, meta))
