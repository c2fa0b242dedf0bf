"""One MP4 in ``work/``, from its first access unit to the read-back that makes it CheckedMedia."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vssx.evidence.digest import TrackDigest
from vssx.evidence.read_back import read_back
from vssx.isobmff.frames import write_frames
from vssx.isobmff.writer import Mp4Writer, SampleEntryChoice
from vssx.model.handover import CheckedMedia, ExportUnit, Position, SourceIdentity, WrittenFile
from vssx.model.media import AccessUnit, SourceTrack

MEDIA_SUFFIX = ".mp4"
FRAMES_SUFFIX = ".frames.csv.gz"
JOURNAL_SUFFIX = ".journal"


class GrowingFile:
    """A writer and the acquisition's digests of its tracks."""

    def __init__(self, directory: Path, name: str, writer: Mp4Writer, digests: dict[int, TrackDigest]) -> None:
        self.directory = directory
        self.name = name
        self.writer = writer
        self._digests = digests

    @classmethod
    def create(cls, directory: Path, name: str, tracks: Sequence[SourceTrack], *, durable: bool) -> GrowingFile:
        """A new file. Raises StorageError."""
        media, journal = directory / f"{name}{MEDIA_SUFFIX}", directory / f"{name}{JOURNAL_SUFFIX}"
        writer = Mp4Writer(media, journal, tracks, durable=durable)
        return cls(directory, name, writer, {track.index: TrackDigest() for track in tracks})

    @classmethod
    def resume(cls, directory: Path, name: str) -> GrowingFile | None:
        """What an earlier run left, hashed again; None when nothing of it had reached the disk."""
        media, journal = directory / f"{name}{MEDIA_SUFFIX}", directory / f"{name}{JOURNAL_SUFFIX}"
        digests: dict[int, TrackDigest] = {}

        def feed(track: int, payload: memoryview) -> None:
            digests.setdefault(track, TrackDigest()).update(payload)

        writer = Mp4Writer.resume(media, journal, on_sample=feed)
        for track in writer.tracks:
            digests.setdefault(track.index, TrackDigest())
        if writer.samples == 0:
            writer.abandon()
            media.unlink(missing_ok=True)
            journal.unlink(missing_ok=True)
            return None
        return cls(directory, name, writer, digests)

    def add(self, unit: AccessUnit) -> None:
        """Write and count one access unit."""
        self.writer.add(unit)
        self._digests[unit.track].update(unit.payload)

    def abandon(self) -> None:
        """Leave the file for the next run."""
        self.writer.abandon()

    def finish(
        self,
        place: Callable[[int, int], str],
        *,
        export_unit: ExportUnit,
        source: SourceIdentity,
        position: Position | None,
        sample_entry: SampleEntryChoice,
    ) -> CheckedMedia:
        """Close, write frames.csv.gz, read back. The files still lie in ``work/``; the result names their places.

        ``place``: path in the bag without ending, from first and last UTC. Raises ReadBackMismatchError.
        """
        origin_ns = self.writer.origin_ns
        assert origin_ns is not None, "a file is begun by its first access unit"
        closed = self.writer.close(
            export_unit=export_unit,
            sources={track.index: source for track in self.writer.tracks},
            position=position,
            creation_ns=origin_ns,
            sample_entry=sample_entry,
        )
        frames = self.directory / f"{self.name}{FRAMES_SUFFIX}"
        frames.unlink(missing_ok=True)  # of a run that was cut here
        write_frames(self.writer.journal, frames)
        tracks = tuple(track.summary(self._digests[track.track.index].hexdigest()) for track in closed.tracks)
        path = place(min(track.first_utc_ns for track in tracks), max(track.last_utc_ns for track in tracks))
        written = WrittenFile(
            path=f"{path}{MEDIA_SUFFIX}",
            frames_path=f"{path}{FRAMES_SUFFIX}",
            size=closed.size,
            sha256=closed.sha256,
            tracks=tracks,
        )
        return read_back(closed.path, written)
