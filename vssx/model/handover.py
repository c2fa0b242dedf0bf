"""Requests, media files and what was checked about them."""

from __future__ import annotations

from dataclasses import dataclass

from vssx.model.acquisition import ClockSample, RecorderIdentity
from vssx.model.cartography import AttachedCartography, IdentifierKind, MapCamera
from vssx.model.level import ExportLevel
from vssx.model.media import Assumption, Codec, Gap, Loss, StreamEnd, TimeSource, TrackType
from vssx.model.metadata import AlphaEvents, TimedMetadata
from vssx.model.recording import RecordingHistory, RecordingInformation


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """WGS 84 in degrees and metres, for ``loci``; ``notes`` say what the position is."""

    longitude: float
    latitude: float
    altitude: float = 0.0
    name: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceIdentity:
    """What ``suep`` says about one track's source (ONVIF Export File Format)."""

    name: str
    url: str = ""
    mac: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportUnit:
    """What ``suep`` says about the exporter. ``time_ns``: when the export was made."""

    name: str
    url: str = ""
    mac: str = ""
    time_ns: int = 0
    operator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSummary:
    """One track of a finished file.

    ``digest``: hex SHA-256 over, for every sample in order, its length in 8 bytes big-endian and its payload.
    ``first_utc_ns``/``last_utc_ns``: smallest presentation time, and largest one (start of that sample), of the track.
    ``sample_entries``: four-character codes in the order of stsd. ``decode_times_derived``: decode times do not come
    from the source. ``decode_times_clamped``: samples whose decode time had to be moved since the reorder depth lied.
    ``last_duration_ticks``: duration of the sample presented last, assumed when ``last_duration_assumed``.
    ``added``: holds what the exporter added, and nothing that the recorder sent.
    """

    track_id: int
    index: int
    track_type: TrackType
    codec: Codec
    timescale: int
    samples: int
    clean_points: int
    payload_bytes: int
    first_utc_ns: int
    last_utc_ns: int
    digest: str
    sample_entries: tuple[str, ...]
    time_sources: tuple[TimeSource, ...]
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0
    profile: str = ""
    last_duration_ticks: int = 0
    last_duration_assumed: bool = False
    decode_times_derived: bool = True
    decode_times_clamped: int = 0
    added: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioOriginal:
    """The payload of a transcoded track as it was received, in a playable file of its own that was read back.

    ``path`` and ``index_path`` (where each packet is, and its times) are relative to the bag. ``sha256``: hex, of the
    file of ``size`` bytes. ``digest``: of the packets, as that of a track. ``first_utc_ns``/``last_utc_ns``: smallest
    and largest time at which a packet begins.
    """

    path: str
    index_path: str
    size: int
    sha256: str
    codec: Codec
    profile: str
    sample_rate: int
    channels: int
    packets: int
    payload_bytes: int
    digest: str
    first_utc_ns: int
    last_utc_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscodedTrack:
    """How the sound of a track in an MP4 was made of its original.

    ``encoder``: which one, with versions; ``bit_rate`` in bit/s. ``priming``: samples before the first sound that the
    edit list passes over. ``stretches``: how often the encoder began; ``silent_samples``: put where packets were
    missing; ``moved``: how often the time of the packets was followed where it left the count of their samples.
    """

    track_id: int
    index: int
    encoder: str
    bit_rate: int
    priming: int
    stretches: int
    silent_samples: int
    moved: int
    original: AudioOriginal


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A closed MP4 whose content nobody has read back yet. ``path`` is relative to the bag (posix separators).

    ``frames_path``: its frames.csv.gz. A bag takes CheckedMedia only.
    """

    path: str
    frames_path: str
    size: int
    sha256: str
    tracks: tuple[TrackSummary, ...]
    transcoded: tuple[TranscodedTrack, ...] = ()

    def original(self, track: TrackSummary) -> AudioOriginal | None:
        """Of a transcoded track what it was made of."""
        return next((one.original for one in self.transcoded if one.index == track.index), None)

    def first_received_ns(self, track: TrackSummary) -> int:
        """Smallest time at which something begins that was received of a track."""
        original = self.original(track)
        return track.first_utc_ns if original is None else original.first_utc_ns

    def last_received_ns(self, track: TrackSummary) -> int:
        """Largest time at which something begins that was received of a track."""
        original = self.original(track)
        return track.last_utc_ns if original is None else original.last_utc_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedMedia:
    """A file that was read back: its SHA-256 and every track's digest equal the acquisition's.

    Only ``vssx.evidence.read_back`` makes one.
    """

    file: WrittenFile
    read_back_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """All that became of a stream."""

    media: tuple[CheckedMedia, ...]
    gaps: tuple[Gap, ...]
    losses: tuple[Loss, ...]
    assumptions: tuple[Assumption, ...]
    end: StreamEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """What the caller asked for: ``export`` or ``remux``; times ns UTC, in whose clock ``options`` say.

    ``recordings``: tokens, none for ``remux``. ``accept_lower``: a handover that bears less than ``level`` will do.
    ``said``: options that name times, as the operator wrote them. ``legal_basis``: of the handover, in words.
    """

    command: str
    source: str
    recordings: tuple[str, ...] = ()
    from_ns: int | None = None
    to_ns: int | None = None
    level: ExportLevel = ExportLevel.VIDEO
    accept_lower: bool = False
    case: str = ""
    exhibit: str = ""
    operator: str = ""
    legal_basis: str = ""
    options: tuple[tuple[str, str], ...] = ()
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A local file that remux read. ``sha256``: hex, of the whole file."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """A file of a recorder's own export. ``name``: as the recorder told it; ``path``: its copy in the bag."""

    name: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeExport:
    """What the recorder exported by itself. ``storage``: token of the storage that it wrote to; ``operation``: its
    token; ``finished_ns``: when the last file had been copied."""

    file_format: str
    storage: str
    operation: str
    finished_ns: int
    files: tuple[NativeFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMatch:
    """The row of the cartography that tells of a recording's camera. ``matched_by``: what its identifier is.

    ``loci``: where its files say that the camera looks, or stands; None: the row gives no position.
    """

    matched_by: IdentifierKind
    camera: MapCamera
    loci: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquiredRecording:
    """One recording, or one local file, and everything the record says about how it was obtained.

    ``directory``: its name below data/; ``camera``: what the recorder calls the camera. ``from_ns``/``to_ns``: the
    range asked for, UTC in the recorder's clock; None: everything. ``log``: path of its log in the bag.
    ``resumed``: how often a cut run was continued. ``transport``: how the media came. ``timed_metadata``,
    ``alpha_events``: None where there is nothing of the kind. ``map_camera``: None where no cartography tells of it.
    """

    directory: str
    camera: str
    received: Received
    started_ns: int
    finished_ns: int
    transport: str
    log: str
    resumed: int = 0
    recording_token: str = ""
    from_ns: int | None = None
    to_ns: int | None = None
    recording: RecordingInformation | None = None
    history: RecordingHistory | None = None
    source_file: SourceFile | None = None
    native_export: NativeExport | None = None
    timed_metadata: TimedMetadata | None = None
    alpha_events: AlphaEvents | None = None
    map_camera: CameraMatch | None = None

    @property
    def derived_files(self) -> tuple[str, ...]:
        """Paths in the bag of what was made of the metadata tracks of its MP4 files."""
        parts = (self.timed_metadata, self.alpha_events)
        return tuple(path for part in parts if part is not None for path in part.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """Everything the record says about how the media was obtained.

    ``assumptions``: those about the recorder as a whole; those about one recording are with it.
    """

    requested: Requested
    started_ns: int
    finished_ns: int
    recordings: tuple[AcquiredRecording, ...]
    assumptions: tuple[Assumption, ...] = ()
    recorder: RecorderIdentity | None = None
    clock_before: ClockSample | None = None
    clock_after: ClockSample | None = None
    clock_synchronisation: str = "unknown"
    resumed: int = 0
    cartography: AttachedCartography | None = None

    @property
    def media(self) -> tuple[CheckedMedia, ...]:
        """The files of all recordings."""
        return tuple(media for one in self.recordings for media in one.received.media)
