"""One stream of a camera into checked MP4 files: write, close, read back, name.

    StreamItem -> FileSplit -> Mp4Writer + TrackDigest -> ClosedFile -> read back -> CheckedMedia

Everything happens in ``work/`` of the staging directory; a file gets its name in ``data/`` only after its read-back.
What an earlier run left there is continued: its last group of pictures is expected again and compared (Seam).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType, TracebackType
from typing import Self

from vssx import times
from vssx.errors import NothingRecordedError
from vssx.evidence.file_split import FileSplit, FinishFile, Placement, StartFile
from vssx.evidence.growing_file import GrowingFile
from vssx.evidence.loss_ranges import joined
from vssx.evidence.media_state import MediaState
from vssx.evidence.metadata_seam import LAG_NS, MetadataSeam
from vssx.evidence.seam import Seam
from vssx.evidence.seams import Seams
from vssx.evidence.staging import Staging
from vssx.isobmff.progress import ResumeState
from vssx.isobmff.writer import SampleEntryChoice
from vssx.model.acquisition import AcquisitionEvent, Observe
from vssx.model.handover import ExportUnit, Position, Received, SourceIdentity
from vssx.model.media import (
    AccessUnit,
    AccessUnits,
    Assumption,
    Gap,
    Loss,
    SourceTrack,
    StreamEnd,
    StreamItem,
    TrackType,
)
from vssx.safe_names import unique_name

RESERVED_DIRECTORIES = ("log", "cartography")
"""Below data/, and therefore no name for a camera's directory."""

_OPEN_GROUP = Assumption(
    subject="split inside an open group of pictures",
    detail="the recording has no clean point that is free of the pictures before it: the first pictures of some files"
    " cannot be decoded without the file before",
)
_INTERLEAVE_NS = 10_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTarget:
    """Where the stream of a camera goes and what the files say about it. ``camera``: its directory below data/.

    ``split_length_ns``, ``split_bytes``: files of that length or size; None: only gaps split.
    ``durable``: blocks reach the disk as they come, since the source may never give them again.
    """

    camera: str
    recording_token: str
    gap_split_ns: int
    split_length_ns: int | None = None
    split_bytes: int | None = None
    export_unit: ExportUnit
    source: SourceIdentity
    position: Position | None = None
    sample_entry: SampleEntryChoice = "auto"
    durable: bool = True


class MediaFiles:
    """Receives the stream of one camera. A context manager: left early, everything stays for the next run."""

    def __init__(
        self,
        staging: Staging,
        target: MediaTarget,
        observe: Observe,
        *,
        sources: Mapping[int, SourceIdentity] = MappingProxyType({}),
    ) -> None:
        """``sources``: by index, of the tracks that come from elsewhere than the target's ``source``."""
        self._sources = sources
        self._staging = staging
        self._target = target
        self._observe = observe
        self._state = MediaState(staging, target.camera)
        self._files: list[GrowingFile] = []  # at most two: the current one last
        self._payload_bytes = 0
        self._resume_state: ResumeState | None = None
        self._names = {PurePosixPath(media.file.path).stem for media in self._state.media}
        self._take_up()

    @property
    def resume_from_ns(self) -> int | None:
        """UTC from which the replay has to go on after an earlier run. None: from the beginning.

        The last clean point that is written; earlier where another track had not got as far, since recorders
        interleave loosely. A track that lies far behind had ended; documents of a metadata track may always be late.
        """
        state, finished = self._resume_state, self._state.media[-1:]
        if state is None or state.continue_ns is None:
            last_ns = self._state.last_ns
            documents = any(track.track_type is TrackType.METADATA for media in finished for track in media.file.tracks)
            return self._before(last_ns) if documents and last_ns is not None else last_ns
        timed = [track for track in state.tracks if track.track.track_type is not TrackType.METADATA]
        begun = {track.track.index for track in timed if track.last_ns is not None}
        lagging = [track.last_ns for track in timed if track.last_ns is not None]
        for media in finished:  # a track that has not got to the present file yet
            lagging += [
                media.file.last_received_ns(track)
                for track in media.file.tracks
                if track.index not in begun and track.track_type is not TrackType.METADATA
            ]
        asked_ns = min((state.continue_ns, *(ns for ns in lagging if ns > state.continue_ns - _INTERLEAVE_NS)))
        documents = any(one.track.track_type is TrackType.METADATA and not one.track.added for one in state.tracks)
        return min(asked_ns, self._before(state.continue_ns)) if documents else asked_ns

    def _before(self, at_ns: int) -> int:
        """So long before ``at_ns`` as documents may come late, but not before the footage begins."""
        begun = [track.first_utc_ns for media in self._state.media[:1] for track in media.file.tracks]
        begun += [file.begun_ns for file in self._files[: not begun]]
        return min(at_ns, max(at_ns - LAG_NS, min(begun, default=at_ns)))

    @property
    def known_sets(self) -> dict[int, tuple[bytes, ...]]:
        """By track: the parameter sets in force where an earlier run stopped; a recorder may not repeat them."""
        resumed = self._resume_state.tracks if self._resume_state else ()
        return {one.track.index: one.configuration.parameter_sets for one in resumed if one.configuration is not None}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.abandon()

    def receive(
        self,
        tracks: Sequence[SourceTrack],
        items: Iterable[StreamItem | AccessUnits],
        progress: Callable[[int, int], None],
    ) -> Received:
        """Write, check and name everything that comes. ``progress`` gets UTC in ns and payload bytes.

        Raises NothingRecordedError when no access unit came, ReadBackMismatchError, StorageError and whatever the
        source raises; what was received then stays in the staging directory.
        """
        tracks = tuple(tracks)
        if all(track.track_type is TrackType.METADATA for track in tracks):
            raise NothingRecordedError("has no video and no audio track", where=self._target.recording_token)
        self._state.forget_after(self.resume_from_ns)
        seams = Seams(
            tracks,
            self._state.media,
            self._resume_state,
            root=self._staging.path,
            asked_ns=self.resume_from_ns,
            note=self._note,
            log=self._seam_met,
        )
        split = FileSplit(
            tracks,
            self._target.gap_split_ns,
            length_ns=self._target.split_length_ns,
            size=self._target.split_bytes,
        )
        if self._files:
            split.go_on(self._files[-1].begun_ns, self._files[-1].payload_bytes)
        end: StreamEnd | None = None
        for item in items:
            if isinstance(item, AccessUnit):
                if (unit := seams.admit(item)) is not None:
                    self._place(unit, split, tracks)
                    progress(item.utc_ns, self._payload_bytes)
            elif isinstance(item, AccessUnits):
                self._take_all(item, split, seams, tracks)
                progress(item.utc_ns(item.ticks[-1]), self._payload_bytes)
            elif isinstance(item, StreamEnd):
                end = item
            else:
                if isinstance(item, Gap) and seams.is_new(item):
                    split.gap(item)
                self._note(item)
        for placement in split.flush():
            self._apply(placement, tracks)
        seams.finish()
        if end is None:
            raise AssertionError("every stream ends with a StreamEnd")
        while self._files:
            self._finish_first()
        return self._received(end)

    def _place(self, unit: AccessUnit, split: FileSplit, tracks: Sequence[SourceTrack]) -> None:
        for placement in split.place(unit):
            self._apply(placement, tracks)
        self._payload_bytes += len(unit.payload)

    def _take_all(self, units: AccessUnits, split: FileSplit, seams: Seams, tracks: Sequence[SourceTrack]) -> None:
        """Many at once where nothing happens between them, else one by one."""
        if seams.behind and self._files and self._files[-1].takes_all(tracks, units) and split.place_all(units):
            self._files[-1].add_all(units)
            self._payload_bytes += sum(map(len, units.payloads))
            return
        for one in units.one_by_one():
            if (unit := seams.admit(one)) is not None:
                self._place(unit, split, tracks)

    def finish(self, end: StreamEnd) -> Received:
        """Close what earlier runs left; nothing more comes. Raises NothingRecordedError when they left nothing."""
        while self._files:
            self._finish_first()
        return self._received(end)

    def _received(self, end: StreamEnd) -> Received:
        self._state.sync_notes()
        media, notes = self._state.media, self._state.notes
        if not media:
            played = any(isinstance(item, Assumption) and item.subject == "start" for item in notes)
            hint = end.detail
            if played or end.not_written:
                hint = (
                    f"What it played lies outside ({end.detail}). "
                    "If it takes ranges for its local time, name its zone with --range-time-zone."
                )
            raise NothingRecordedError(
                "the recorder delivered nothing of the range", where=self._target.recording_token, next_step=hint
            )
        return Received(
            media=tuple(media),
            gaps=tuple(item for item in notes if isinstance(item, Gap)),
            losses=joined([item for item in notes if isinstance(item, Loss)]),
            assumptions=tuple(item for item in notes if isinstance(item, Assumption)),
            end=end,
        )

    def _take_up(self) -> None:
        """Close the files that an earlier run had only to close, and open its last one to go on."""
        names = self._state.unfinished()
        for name in names:
            growing = GrowingFile.resume(self._state.directory, name)
            if growing is not None:
                self._append(growing)
        while len(self._files) > 1:
            self._finish_first()
        if self._files:
            state = self._resume_state = self._files[0].resumed
            self._log("resume", kept_bytes=state.kept_bytes, dropped_bytes=state.dropped_bytes)

    def _seam_met(self, seam: Seam | MetadataSeam, track: int) -> None:
        self._log("resume", track=track, access_units_equal=seam.compared, access_units_expected=seam.expected)

    def _apply(self, placement: Placement, tracks: Sequence[SourceTrack]) -> None:
        if isinstance(placement, StartFile):
            self._start(tracks)
            if placement.open_group:
                self._note(_OPEN_GROUP)
        elif isinstance(placement, FinishFile):
            if len(self._files) > 1:  # a stream that begins with a gap has no file before the current one
                self._finish_first()
        else:
            unit = placement.unit
            if not self._files:
                self._start(tracks)
            number = -2 if placement.previous and len(self._files) > 1 else -1
            if not self._files[number].takes(tracks, unit):
                self._start(tracks)
                number = -1
            self._files[number].add(unit)

    def _start(self, tracks: Sequence[SourceTrack]) -> None:
        if len(self._files) > 1:
            self._finish_first()
        self._append(
            GrowingFile.create(self._state.directory, self._state.next_name(), tracks, durable=self._target.durable)
        )

    def _append(self, growing: GrowingFile) -> None:
        growing.sync_beside = self._state.sync_notes
        self._files.append(growing)

    def _finish_first(self) -> None:
        target = self._target
        growing = self._files[0]
        directory = self._staging.data / target.camera
        directory.mkdir(parents=True, exist_ok=True)
        checked = growing.finish(
            self._placed,
            export_unit=target.export_unit,
            source=target.source,
            sources=self._sources,
            position=target.position,
            sample_entry=target.sample_entry,
        )
        for note in growing.notes:
            self._note(note)
        del self._files[0]
        self._state.finished(growing.name, checked)
        if self._target.split_bytes is not None and checked.file.size > self._target.split_bytes:
            self._note(
                Assumption(
                    subject="size of a file",
                    detail=f"{checked.file.path} has {checked.file.size} bytes, more than was asked for: there was no"
                    " clean point to end it earlier",
                )
            )
        self._log("file", path=checked.file.path, size=checked.file.size, sha256=checked.file.sha256)

    def _placed(self, first_ns: int, last_ns: int) -> str:
        """Path of a file in the bag, without its ending; after a backward step two files may cover the same time."""
        camera = self._target.camera
        name = f"{camera}_{times.to_file_name(first_ns)}_{times.to_file_name(last_ns)}"
        if name in self._names:  # asked first, since there may be thousands, of which hardly any are alike
            name = unique_name(name, self._names)
        self._names.add(name)
        return f"data/{camera}/{name}"

    def _note(self, item: Gap | Loss | Assumption) -> None:
        if self._state.note(item):
            detail = {key: value for key, value in dataclasses.asdict(item).items() if value is not None}
            self._log(type(item).__name__.lower(), **detail)

    def _log(self, kind: str, **detail: object) -> None:
        self._observe(AcquisitionEvent(at_ns=times.now(), kind=kind, detail=detail))
