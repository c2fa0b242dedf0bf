"""One MP4 in ``work/``, from its first access unit to the read-back that makes it CheckedMedia."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from vssx.errors import MalformedMediaError
from vssx.evidence.audio_original import INDEX_SUFFIX
from vssx.evidence.digest import TrackDigest
from vssx.evidence.read_back import read_back
from vssx.evidence.track_digests import TrackDigests
from vssx.evidence.transcoded_audio import PACKETS_SUFFIX, TranscodedAudio, written_track
from vssx.isobmff.closed_file import ClosedFile
from vssx.isobmff.frames import write_frames
from vssx.isobmff.progress import ResumeState
from vssx.isobmff.writer import BLOCK_BYTES, Mp4Writer, SampleEntryChoice
from vssx.model.handover import CheckedMedia, ExportUnit, Position, SourceIdentity, TranscodedTrack, WrittenFile
from vssx.model.media import TRANSCODED, AccessUnit, AccessUnits, Assumption, SourceTrack

MEDIA_SUFFIX = ".mp4"
FRAMES_SUFFIX = ".frames.csv.gz"
JOURNAL_SUFFIX = ".journal"
_UNSYNCED_BLOCK_BYTES = 512 * 1024  # no larger than it has to be where none waits for the disk: memory stays small


class GrowingFile:
    """A writer and the acquisition's digests of its tracks."""

    def __init__(self, directory: Path, name: str, writer: Mp4Writer, digests: TrackDigests) -> None:
        self.directory = directory
        self.name = name
        self.writer = writer
        self._digests = digests
        self._transcoded: dict[int, TranscodedAudio] = {}
        self._asked: Sequence[SourceTrack] | None = None
        self.sync_beside: Callable[[], None] = lambda: None
        """Called before samples reach the disk: what came with them has to be there, too."""

    @classmethod
    def create(cls, directory: Path, name: str, tracks: Sequence[SourceTrack], *, durable: bool) -> GrowingFile:
        """A new file. Raises StorageError."""
        media, journal = directory / f"{name}{MEDIA_SUFFIX}", directory / f"{name}{JOURNAL_SUFFIX}"
        block_bytes = BLOCK_BYTES if durable else _UNSYNCED_BLOCK_BYTES
        writer = Mp4Writer(
            media, journal, tuple(map(written_track, tracks)), block_bytes=block_bytes, durable=durable, hashed=durable
        )
        file = cls(directory, name, writer, TrackDigests(track.index for track in tracks))
        if durable:
            writer.before_block = file._sync
        return file

    @classmethod
    def resume(cls, directory: Path, name: str) -> GrowingFile | None:
        """What an earlier run left, hashed again; None when nothing of it had reached the disk."""
        media, journal = directory / f"{name}{MEDIA_SUFFIX}", directory / f"{name}{JOURNAL_SUFFIX}"
        digests: dict[int, TrackDigest] = {}

        def feed(track: int, payload: memoryview) -> None:
            digests.setdefault(track, TrackDigest()).update(payload)

        writer = Mp4Writer.resume(media, journal, on_sample=feed)
        if writer.samples == 0:
            writer.abandon()
            for path in (media, journal, *packet_files(directory, name)):
                path.unlink(missing_ok=True)
            return None
        file = cls(directory, name, writer, TrackDigests((track.index for track in writer.tracks), digests))
        writer.before_block = file._sync
        file._take_up_audio()
        return file

    def _take_up_audio(self) -> None:
        for path in packet_files(self.directory, self.name):
            index = int(path.name.removesuffix(PACKETS_SUFFIX).rpartition("-")[2])
            written = self._digests.settled()[index]
            found = TranscodedAudio.resume(path, written)
            if found is None:
                if written.samples:
                    raise MalformedMediaError(
                        f"holds none of the packets of which {written.samples} frames were made",
                        where=str(path),
                        next_step="Move the unfinished export away and start it again.",
                    )
                path.unlink()
                continue
            self._transcoded[index], frames = found
            self._write(frames)

    @property
    def resumed(self) -> ResumeState:
        """What an earlier run left, after ``resume``: of transcoded audio its packets."""
        state = self.writer.resumed
        assert state is not None
        tracks = tuple(
            self._transcoded[one.track.index].resumed(state.continue_ns) if one.track.index in self._transcoded else one
            for one in state.tracks
        )
        return dataclasses.replace(state, tracks=tracks)

    @property
    def notes(self) -> tuple[Assumption, ...]:
        """What belongs into the record."""
        return tuple(
            Assumption(
                subject="audio encoded again",
                detail="after an interruption the encoder gave other AAC frames for the same packets (another version,"
                " another processor); those of the earlier run were kept, the sound goes on behind them",
                track=index,
            )
            for index, audio in self._transcoded.items()
            if audio.differs
        )

    @property
    def begun_ns(self) -> int:
        """Smallest presentation time, UTC."""
        origin_ns = self.writer.origin_ns
        assert origin_ns is not None, "a file is begun by its first access unit"
        return origin_ns

    @property
    def payload_bytes(self) -> int:
        """Of all samples."""
        return sum(digest.payload_bytes for digest in self._digests.settled().values())

    def takes(self, tracks: Sequence[SourceTrack], unit: AccessUnit) -> bool:
        """Whether the file has these tracks, and room for the unit."""
        return self._has(tracks) and self.writer.fits(unit)

    def add(self, unit: AccessUnit) -> None:
        """Write and count one access unit; a packet of audio that is no AAC is kept and encoded."""
        if unit.configuration.codec not in TRANSCODED:
            self.writer.add(unit)
            self._digests.update(unit.track, unit.payload)
            return
        audio = self._transcoded.get(unit.track)
        if audio is None:
            path = self.directory / f"{self.name}.audio-{unit.track}{PACKETS_SUFFIX}"
            source = next(track for track in self.writer.tracks if track.index == unit.track)
            audio = self._transcoded[unit.track] = TranscodedAudio.create(path, source, unit)
        self._write(audio.add(unit))

    def takes_all(self, tracks: Sequence[SourceTrack], units: AccessUnits) -> bool:
        """Whether ``add_all`` may be called with these."""
        return units.configuration.codec not in TRANSCODED and self._has(tracks) and self.writer.fits_all(units)

    def _has(self, tracks: Sequence[SourceTrack]) -> bool:
        if tracks is not self._asked:  # the same ones for every unit of a stream
            if self.writer.tracks != tuple(map(written_track, tracks)):
                return False
            self._asked = tracks
        return True

    def add_all(self, units: AccessUnits) -> None:
        """Write and count many access units."""
        self.writer.add_all(units)
        self._digests.update_many(units.track, units.payloads)

    def _write(self, frames: Sequence[AccessUnit]) -> None:
        for frame in frames:
            self.writer.add(frame)
            self._digests.update(frame.track, frame.payload)

    def _sync(self) -> None:
        """Before frames reach the disk the packets are there that they were made of."""
        for audio in self._transcoded.values():
            audio.sync()
        self.sync_beside()

    def abandon(self) -> None:
        """Leave the file for the next run."""
        self.writer.abandon()
        self._digests.close()
        for audio in self._transcoded.values():
            audio.close()

    def finish(
        self,
        place: Callable[[int, int], str],
        *,
        export_unit: ExportUnit,
        source: SourceIdentity,
        sources: Mapping[int, SourceIdentity],
        position: Position | None,
        sample_entry: SampleEntryChoice,
    ) -> CheckedMedia:
        """Close, write frames.csv.gz, read back. The files still lie in ``work/``; the result names their places.

        ``sources``: by index, of the tracks that come from elsewhere than ``source``.
        ``place``: path in the bag without ending, from first and last UTC. Raises ReadBackMismatchError.
        """
        for audio in self._transcoded.values():
            self._write(audio.finish())
        digests = self._digests.settled()
        self._digests.close()
        closed = self.writer.close(
            export_unit=export_unit,
            sources={
                track.index: _adder(export_unit) if track.added else sources.get(track.index, source)
                for track in self.writer.tracks
            },
            position=position,
            creation_ns=self.begun_ns,
            sample_entry=sample_entry,
            content_sha256=_content_sha256(self.writer.tracks, digests),
        )
        tracks = tuple(track.summary(digests[track.track.index].hexdigest()) for track in closed.tracks)
        transcoded = self._keep_originals(closed)
        path = place(self.begun_ns, max(track.last_utc_ns for track in tracks))
        written = WrittenFile(
            path=f"{path}{MEDIA_SUFFIX}",
            frames_path=f"{path}{FRAMES_SUFFIX}",
            size=closed.size,
            sha256=closed.sha256 or "",
            tracks=tracks,
            transcoded=tuple(_placed(one, path) for one in transcoded),
        )
        frames = self.directory / f"{self.name}{FRAMES_SUFFIX}"
        frames.unlink(missing_ok=True)  # of a run that was cut here
        with ThreadPoolExecutor(1) as executor:
            listed = executor.submit(write_frames, self.writer.journal, frames)
            checked = read_back(closed.path, written, frame_sha256=closed.frame_sha256)
            listed.result()
        self.writer.synced()
        return checked

    def _keep_originals(self, closed: ClosedFile) -> list[TranscodedTrack]:
        ids = {track.track.index: track.track_id for track in closed.tracks}
        return [
            audio.keep(self.directory, f"{self.name}.audio-{ids[index]}", ids[index])
            for index, audio in self._transcoded.items()
        ]


def _adder(unit: ExportUnit) -> SourceIdentity:
    """Of what the exporter adds it is the source itself."""
    return SourceIdentity(name=unit.name, url=unit.url, mac=unit.mac)


def _content_sha256(tracks: Sequence[SourceTrack], digests: Mapping[int, TrackDigest]) -> bytes:
    """Of all samples of the file: however it is cut into blocks, the same content has the same identity."""
    return hashlib.sha256("".join(digests[track.index].hexdigest() for track in tracks).encode()).digest()


def packet_files(directory: Path, name: str) -> list[Path]:
    """Where packets of transcoded audio wait for the file ``name`` to be finished."""
    return sorted(directory.glob(f"{name}.audio-*{PACKETS_SUFFIX}"))


def _placed(one: TranscodedTrack, path: str) -> TranscodedTrack:
    """With the places of its original in the bag: beside the MP4."""
    original, stem = one.original, f"{path}.audio-{one.track_id}"
    placed = dataclasses.replace(
        original, path=f"{stem}{PurePosixPath(original.path).suffix}", index_path=f"{stem}{INDEX_SUFFIX}"
    )
    return dataclasses.replace(one, original=placed)
