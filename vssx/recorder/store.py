"""The recordings of a directory, as the recorder's services tell of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from vssx.codec.seeking import SeekingDemuxer
from vssx.errors import MalformedMediaError, NothingRecordedError, StorageError, UnsupportedMediaError, UsageError
from vssx.model.media import NS, Codec, TrackType
from vssx.model.recording import (
    MediaAttributes,
    RecordingInformation,
    RecordingSourceInformation,
    RecordingSummary,
    TrackAttributes,
    TrackInformation,
)
from vssx.recorder.description import Description, read_description
from vssx.recorder.media_index import TrackIndex, index_file, recording_sections
from vssx.recorder.stored_events import open_events
from vssx.recorder.stored_metadata import open_metadata
from vssx.recorder.timed_lines import TimedLines

SUFFIXES = frozenset(
    (".mp4", ".m4v", ".mov", ".mkv", ".264", ".h264", ".avc", ".26l", ".265", ".h265", ".hevc")
)  # fmt: skip
_MAX_TOKEN = 64
ENCODINGS = {
    Codec.H264: "H264",
    Codec.H265: "H265",
    Codec.JPEG: "JPEG",
    Codec.AAC: "AAC",
    Codec.PCMU: "G711",
    Codec.PCMA: "G711",
    Codec.G726: "G726",
    Codec.L16: "L16",
    Codec.ONVIF_METADATA: "Metadata",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecording:
    """One recording. ``sections``: spans (UTC, ns) in which any track has data; ``events``: beside it, if any."""

    token: str
    path: Path
    description: Description
    tracks: tuple[TrackIndex, ...]
    sections: tuple[tuple[int, int], ...]
    events: TimedLines | None = None

    @property
    def start_ns(self) -> int:
        """UTC of the oldest data."""
        return self.sections[0][0]

    @property
    def end_ns(self) -> int:
        """UTC at which the newest data ends."""
        return self.sections[-1][1]

    @property
    def name(self) -> str:
        """Name of the camera; without one that of the file."""
        return self.description.name or self.path.stem

    def track(self, token: str) -> TrackIndex | None:
        """The track with this TrackReference."""
        return next((track for track in self.tracks if track.token == token), None)

    def track_information(self, track: TrackIndex) -> TrackInformation:
        """tt:TrackInformation."""
        return TrackInformation(
            token=track.token,
            track_type=track.track_type,
            description=track.description,
            data_from_ns=track.sections[0].start_ns,
            data_to_ns=track.sections[-1].end_ns,
        )

    @property
    def information(self) -> RecordingInformation:
        """tt:RecordingInformation. The camera's serial number is the source's id."""
        about = self.description
        return RecordingInformation(
            token=self.token,
            source=RecordingSourceInformation(
                source_id=about.serial,
                name=self.name,
                location=about.location,
                description=_with_position(about),
                address=about.address,
            ),
            content=f"Recording of {self.name}",
            status="Stopped",
            earliest_ns=self.start_ns,
            latest_ns=self.end_ns,
            tracks=tuple(map(self.track_information, self.tracks)),
        )

    def media_attributes(self, time_ns: int) -> MediaAttributes | None:
        """What the tracks held at that time; None where nothing was recorded."""
        span = next(((start, end) for start, end in self.sections if start <= time_ns <= end), None)
        if span is None:
            return None
        held = [track for track in self.tracks if any(s.start_ns <= time_ns <= s.end_ns for s in track.sections)]
        tracks = tuple(self._attributes(track) for track in held or self.tracks)
        return MediaAttributes(recording_token=self.token, tracks=tracks, from_ns=span[0], until_ns=span[1])

    def _attributes(self, track: TrackIndex) -> TrackAttributes:
        seconds = Fraction(max(track.media_ns, 1), NS)
        video = track.track_type is TrackType.VIDEO
        return TrackAttributes(
            track=self.track_information(track),
            encoding=ENCODINGS[track.codec],
            width=track.configuration.width if video else None,
            height=track.configuration.height if video else None,
            framerate=round(float(track.samples / seconds), 3) if video else None,
            bitrate=max(round(track.payload_bytes * 8 / seconds / 1000), 1),
            samplerate=track.configuration.sample_rate if track.track_type is TrackType.AUDIO else None,
            metadata=track.holds,
        )


def _with_position(about: Description) -> str:
    """The description, and the position as a geo URI (RFC 5870): the messages have no place of its own for it."""
    if about.position is None:
        return about.description
    position = f"geo:{about.position.latitude:.7g},{about.position.longitude:.8g}"
    if about.position.altitude:
        position += f",{about.position.altitude:g}"
    return f"{about.description} ({position})" if about.description else position


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStore:
    """All recordings of a directory, in the order of their tokens."""

    recordings: tuple[StoredRecording, ...]

    def find(self, token: str) -> StoredRecording | None:
        """The recording with this token."""
        return next((recording for recording in self.recordings if recording.token == token), None)

    @property
    def summary(self) -> RecordingSummary:
        """tt:RecordingSummary."""
        starts = [recording.start_ns for recording in self.recordings]
        ends = [recording.end_ns for recording in self.recordings]
        return RecordingSummary(
            data_from_ns=min(starts, default=None),
            data_until_ns=max(ends, default=None),
            number_recordings=len(self.recordings),
        )


def open_store(directory: Path, on_refused: Callable[[Path, str], None]) -> RecordingStore:
    """Read every MP4, MKV and raw .264/.265 file of ``directory``.

    A file that cannot be served is told to ``on_refused`` with the reason; the others are. Raises UsageError where
    there is no such directory, NothingRecordedError where no file can be served, StorageError for a directory that
    cannot be read.
    """
    if not directory.is_dir():
        raise UsageError("no such directory", where=str(directory))
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    except OSError as error:
        raise StorageError(error.strerror or str(error), where=str(directory)) from None
    tokens = _tokens(paths)
    recordings = []
    for path in paths:
        try:
            recordings.append(_open_recording(path, tokens[path], on_refused))
        except (UsageError, MalformedMediaError, UnsupportedMediaError, StorageError) as error:
            on_refused(path, str(error))
    if not recordings:
        raise NothingRecordedError(
            "no recording that can be served",
            where=str(directory),
            next_step="Put MP4, MKV or raw .264/.265 files with H.264 or H.265 into it.",
        )
    return RecordingStore(recordings=tuple(sorted(recordings, key=lambda recording: recording.token)))


def _open_recording(path: Path, token: str, report: Callable[[Path, str], None]) -> StoredRecording:
    description = read_description(path.with_suffix(".toml"))
    if description.fps is not None and _tells_its_rate(path):
        description = replace(description, fps=None)  # the stream knows better than a file beside it
    start_ns = description.start_ns
    if start_ns is None:
        start_ns = _own_start(path, description.fps)
    tracks = index_file(
        path,
        start_ns=start_ns,
        gaps=description.gaps,
        fps=description.fps,
        audio_payload=description.audio_payload,
    )
    tracks = (*tracks, *open_metadata(path, tracks, report))
    return StoredRecording(
        token=token,
        path=path,
        description=description,
        tracks=tracks,
        sections=recording_sections(tracks),
        events=open_events(path),
    )


def _tells_its_rate(path: Path) -> bool:
    """Whether the file opens without a frame rate from elsewhere; why it does not otherwise shows when it is read."""
    try:
        with SeekingDemuxer(path):
            return True
    except UnsupportedMediaError:
        return False


def _own_start(path: Path, fps: Fraction | None) -> int:
    """The creation time in the file's header, else the time of the file itself, in whole seconds."""
    with SeekingDemuxer(path, fps=fps) as demuxer:
        if demuxer.creation_ns is not None:
            return demuxer.creation_ns
    try:
        return int(path.stat().st_mtime) * NS
    except OSError as error:
        raise StorageError(error.strerror or str(error), where=str(path)) from None


def _tokens(paths: list[Path]) -> dict[Path, str]:
    """Recording tokens out of file names; two files that differ in their suffix only keep it."""
    stems: dict[str, int] = {}
    for path in paths:
        stems[path.stem] = stems.get(path.stem, 0) + 1
    return {path: recording_token(path.name if stems[path.stem] > 1 else path.stem) for path in paths}


def recording_token(name: str) -> str:
    """``name`` as a token of at most 64 characters that needs no quoting in a URI or in XML.

    A name that has other characters, or is too long, gets a part of its SHA-256, so that no two names share a token.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)
    if plain == name and len(name) <= _MAX_TOKEN:
        return name
    return f"{plain[: _MAX_TOKEN - 9]}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
