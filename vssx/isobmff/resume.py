"""Going on with a file that was cut: what the journal proves is kept, what lies behind it is dropped."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from vssx.errors import MalformedMediaError, StorageError, UsageError
from vssx.isobmff.block_writer import FTYP, BlockWriter, begin
from vssx.isobmff.box import MediaFile
from vssx.isobmff.journal import (
    CLEAN_POINT,
    EXTENSION,
    HAS_RTP,
    DataBlock,
    JournalReader,
    RunRecord,
    SampleRecord,
    encode_header,
)
from vssx.isobmff.progress import Restored, ResumedTrack, ResumeState, TrackProgress, WrittenSample
from vssx.model.media import NS, SourceTrack, TrackType, leading
from vssx.times import from_ntp

SampleCallback = Callable[[int, memoryview], None]
"""Gets SourceTrack.index and payload of every sample that is kept, in file order; the view is valid during the call."""

_MAX_TAIL = 8192
_LATE_NS = 15 * NS  # documents of a metadata track come late, and are asked for again
_BEHIND = 64  # samples of a track that has not got as far as the last clean point of the video


class _Restore:
    """Reads the intact blocks and gathers what the writer needs."""

    def __init__(self, tracks: tuple[SourceTrack, ...], on_sample: SampleCallback | None) -> None:
        self.tracks = tracks
        self.progress = tuple(TrackProgress() for _ in tracks)
        self.runs: list[RunRecord] = []
        self.tails: tuple[deque[SampleRecord], ...] = tuple(deque(maxlen=_MAX_TAIL) for _ in tracks)
        self.position = len(FTYP)
        self.hash = hashlib.sha256(FTYP)
        self.journal_end = 0
        self._on_sample = on_sample

    def read(self, file: MediaFile, journal: JournalReader) -> None:
        if file.size < len(FTYP) or file.read(0, len(FTYP)) != FTYP:
            return
        for block in journal.blocks():
            if block.mdat_end > file.size:
                return  # torn: the file is shorter than the journal says
            self._block(file, block, journal.path)
            self.journal_end = journal.end

    def _block(self, file: MediaFile, block: DataBlock, journal: Path) -> None:
        if block.mdat_start != self.position or block.mdat_end < block.mdat_start:
            raise self._broken(file, journal, "its blocks do not follow each other")
        data = memoryview(file.read(block.mdat_start, block.mdat_end - block.mdat_start))
        self.hash.update(data)
        if self.hash.digest() != block.prefix_sha256:
            raise self._broken(file, journal, "the media is not what was written")
        for track, configuration in block.configurations:
            entries = self.progress[track].entries
            entries[configuration] = len(entries)
        self.runs += block.runs
        for sample in block.samples:
            start = sample.offset - block.mdat_start
            if start < 0 or start + sample.size > len(data):
                raise self._broken(file, journal, "a sample lies outside its block")
            self.progress[sample.track].note(self.utc_ns(sample))
            self.tails[sample.track].append(sample)
            if self._on_sample is not None:
                self._on_sample(self.tracks[sample.track].index, data[start : start + sample.size])
        self.position = block.mdat_end

    def _broken(self, file: MediaFile, journal: Path, message: str) -> MalformedMediaError:
        return MalformedMediaError(
            f"cannot be continued: {message} (journal {journal.name})",
            where=f"{file.path} at byte {self.position}",
            next_step="Move the unfinished export away and start it again.",
        )

    def utc_ns(self, sample: SampleRecord) -> int:
        scale = self.tracks[sample.track].timescale
        return self.runs[sample.run].start_ns + (sample.ticks * NS + scale // 2) // scale

    def _stated_ns(self, sample: SampleRecord) -> int:
        """The sample's time, or what the recorder itself said of it, where that is somewhat earlier."""
        utc_ns = self.utc_ns(sample)
        said_ns = from_ntp(sample.ntp) if sample.flags & EXTENSION else utc_ns
        return said_ns if 0 < utc_ns - said_ns <= 2 * NS else utc_ns

    def state(self, file: MediaFile, dropped: int) -> ResumeState:
        reference = leading(self.tracks)
        tails: list[list[SampleRecord]] = [list(tail) for tail in self.tails]
        last = max((n for n, one in enumerate(tails[reference]) if one.flags & CLEAN_POINT), default=0)
        tails[reference] = tails[reference][last:]
        continue_ns = self._stated_ns(tails[reference][0]) if tails[reference] else None
        for number, tail in enumerate(tails):
            if number != reference and continue_ns is not None:
                documents = self.tracks[number].track_type is TrackType.METADATA
                since_ns = continue_ns - (_LATE_NS if documents else 0)
                tails[number] = [one for one in tail if self.utc_ns(one) >= since_ns] or tail[-_BEHIND:]
        return ResumeState(
            tracks=tuple(
                ResumedTrack(
                    track=track,
                    samples=progress.samples,
                    tail=tuple(self._written(file, one) for one in tail),
                    last_ns=self._stated_ns(self.tails[number][-1]) if progress.samples else None,
                    configuration=tuple(progress.entries)[tail[-1].entry] if tail else None,
                )
                for number, (track, progress, tail) in enumerate(zip(self.tracks, self.progress, tails, strict=True))
            ),
            continue_ns=continue_ns,
            last_run=max((run.run for run in self.runs), default=-1),
            kept_bytes=self.position,
            dropped_bytes=dropped,
        )

    def _written(self, file: MediaFile, sample: SampleRecord) -> WrittenSample:
        return WrittenSample(
            utc_ns=self.utc_ns(sample),
            sha256=hashlib.sha256(file.read(sample.offset, sample.size)).digest(),
            size=sample.size,
            clean_point=bool(sample.flags & CLEAN_POINT),
            run=self.runs[sample.run].run,
            ticks=sample.ticks,
            rtp_timestamp=sample.rtp if sample.flags & HAS_RTP else None,
            run_start_ns=self.runs[sample.run].start_ns,
            ntp_time=sample.ntp if sample.flags & EXTENSION else None,
        )


def restore(
    path: Path, journal: Path, tracks: Sequence[SourceTrack] | None, on_sample: SampleCallback | None
) -> tuple[tuple[SourceTrack, ...], Restored]:
    """Verify the intact blocks, cut what lies behind them, and open both files for going on.

    Raises MalformedMediaError when the media is not what the journal says, or when the journal's header is torn and
    ``tracks`` is None; UsageError when ``tracks`` differ from the journal's; StorageError.
    """
    reader = JournalReader(journal)
    if not journal.exists() and not path.exists():
        raise StorageError("does not exist", where=str(path), next_step="Start the export again.")
    known = reader.tracks() if journal.exists() else None
    if known is None and tracks is None:
        raise MalformedMediaError(
            "the journal does not even hold its header, so nothing can be continued",
            where=str(journal),
            next_step="Remove the unfinished file and start the export again.",
        )
    if known is not None and tracks is not None and tuple(tracks) != known:
        raise UsageError(
            "the tracks are others than those of the unfinished file",
            where=str(path),
            next_step="The recording changed; move the unfinished export away and start it again.",
        )
    chosen = known if known is not None else tuple(tracks or ())
    found = _Restore(chosen, on_sample)
    try:
        file = path.open("r+b" if path.exists() else "w+b", buffering=0)
        index = journal.open("r+b" if journal.exists() else "w+b", buffering=0)
        with MediaFile(path) as media:
            if known is not None:
                found.read(media, reader)
            state = found.state(media, media.size - found.position if media.size > found.position else 0)
        _cut(file, found.position, FTYP)
        _cut(index, found.journal_end, encode_header(chosen))
    except OSError as error:
        raise StorageError(
            f"cannot be continued: {error.strerror}", where=str(path), next_step="Check the medium."
        ) from error
    return chosen, Restored(
        blocks=BlockWriter(path, file, journal, index, found.hash),
        position=found.position,
        tracks=found.progress,
        run_count=len(found.runs),
        state=state,
    )


def _cut(file: IO[bytes], end: int, head: bytes) -> None:
    """Drop what lies behind ``end``, or begin again when nothing was kept."""
    if end <= len(head):
        file.seek(0)
        file.truncate(0)
        begin(file, head)
        return
    file.truncate(end)
    file.seek(end)
