"""One recording of an export, from its replay address to checked files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from vssx import times
from vssx.evidence.added_documents import load_documents
from vssx.evidence.media import MediaFiles, MediaTarget
from vssx.evidence.media_state import MediaState
from vssx.evidence.staging import Staging, unknown_state
from vssx.evidence.state import from_json, to_json
from vssx.jobs.added_events import beyond_search, with_events
from vssx.jobs.config import RecorderAddress
from vssx.jobs.levels import NOTHING_DEMANDED, LevelDemand, refuse_unless_borne
from vssx.jobs.spans import TimeSpan
from vssx.model.acquisition import AcquisitionEvent, Observe
from vssx.model.handover import AcquiredRecording, CameraMatch, Received
from vssx.model.media import EVERY_TRACK, Assumption, StreamItem, TrackChoice
from vssx.model.recording import RecordingHistory, RecordingInformation

if TYPE_CHECKING:
    from vssx.source.replay import ReplaySource

RecordingProgress = Callable[[int, int, int], None]
"""Called with the media time in ns since the start of the range, the payload bytes and the losses so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What there is to do for one recording; it holds no secret.

    ``camera``: what the recorder calls the camera. ``uri``: where it is replayed, "" where its history says that there
    is nothing; ``http_address``: any URL of the HTTP server that answered. ``from_ns``/``to_ns``: UTC in the
    recorder's clock. ``log``: path of its log in the bag. ``demand``: what its tracks must bear.
    ``bytes_per_second``: the most that is read in a second; None: as fast as it comes. ``tracks``: which ones to take.
    ``map_camera``: its row of the cartography, ``assumptions``: what the record has to say besides.
    """

    target: MediaTarget
    camera: str
    uri: str
    http_address: str
    from_ns: int
    to_ns: int
    recording: RecordingInformation
    history: RecordingHistory
    log: str
    demand: LevelDemand = NOTHING_DEMANDED
    bytes_per_second: int | None = None
    tracks: TrackChoice = EVERY_TRACK
    map_camera: CameraMatch | None = None
    assumptions: tuple[Assumption, ...] = ()

    @property
    def empty(self) -> bool:
        """The recorder's history says that nothing is recorded there, so it is not replayed."""
        return not self.uri

    @property
    def span(self) -> TimeSpan:
        """From when to when, in the recorder's clock."""
        return TimeSpan(from_ns=self.from_ns, to_ns=self.to_ns)


def acquire(
    assignment: Assignment,
    address: RecorderAddress,
    staging: Staging,
    observe: Observe,
    progress: RecordingProgress,
) -> AcquiredRecording:
    """Replay, write and check one recording; what an earlier run of it left is continued.

    Raises every error of ``vssx.source.replay`` and ``MediaFiles.receive``.
    """
    losses = 0

    def watch(event: AcquisitionEvent) -> None:
        nonlocal losses
        losses += event.kind == "loss"
        observe(event)

    staging.begin_run(assignment.target.camera)
    added = load_documents(staging, assignment.target.camera)
    with (
        MediaFiles(staging, assignment.target, watch) as files,
        open_replay(
            assignment,
            address,
            watch,
            from_ns=assignment.from_ns,
            to_ns=assignment.to_ns,
            resume_from_ns=files.resume_from_ns,
            known_sets=files.known_sets,
        ) as source,
    ):
        refuse_unless_borne(
            assignment.demand,
            source.tracks,
            where=f"recording {assignment.target.recording_token}",
            events=None if added is None else added.summary.events,
        )
        tracks, items = with_events(
            added,
            source.tracks,
            _at_rate(source, assignment.bytes_per_second),
            base_ns=assignment.from_ns,
            gap_split_ns=assignment.target.gap_split_ns,
            resumed=files.resume_from_ns is not None,
        )
        received = files.receive(
            tracks,
            items,
            lambda ns, size: progress(ns - assignment.from_ns, size, losses),
        )
    acquired = acquired_from(assignment, staging, received, transport=source.transport)
    acquired = beyond_search(acquired, added)
    staging.save(_done(assignment.target.camera), to_json(acquired))
    return acquired


def _at_rate(source: ReplaySource, bytes_per_second: int | None) -> Iterator[StreamItem]:
    from vssx.source.pace import paced

    if bytes_per_second is not None and source.transport.startswith("RTP over UDP"):
        bytes_per_second = None  # what is not read in time would be lost
        detail = "the recorder sends over UDP, which nothing slows down: it was read as fast as it came"
        yield Assumption(subject="rate", detail=detail)
    yield from paced(source, bytes_per_second)


def open_replay(
    assignment: Assignment,
    address: RecorderAddress,
    observe: Observe,
    *,
    from_ns: int,
    to_ns: int,
    resume_from_ns: int | None = None,
    known_sets: Mapping[int, tuple[bytes, ...]] = MappingProxyType({}),
) -> ReplaySource:
    """The recording's stream, connected and not played yet. Raises as ``vssx.source.replay.replay``."""
    from vssx.source.replay import replay

    return replay(
        assignment.uri,
        credentials=address.stream_credentials,
        from_ns=from_ns,
        to_ns=to_ns,
        history=assignment.history,
        observe=observe,
        timeout=address.timeout,
        tls=address.tls,
        transport=address.transport,
        http_address=assignment.http_address,
        resume_from_ns=resume_from_ns,
        choice=assignment.tracks,
        range_time_zone=address.range_time_zone,
        known_sets=known_sets,
    )


def acquired_from(assignment: Assignment, staging: Staging, received: Received, *, transport: str) -> AcquiredRecording:
    """What the record says of a recording that was received, now."""
    return AcquiredRecording(
        directory=assignment.target.camera,
        camera=assignment.camera,
        received=replace(received, assumptions=(*received.assumptions, *assignment.assumptions)),
        started_ns=staging.started_ns(assignment.target.camera),
        finished_ns=times.now(),
        transport=transport,
        log=assignment.log,
        resumed=staging.resumed(assignment.target.camera),
        recording_token=assignment.target.recording_token,
        from_ns=assignment.from_ns,
        to_ns=assignment.to_ns,
        recording=assignment.recording,
        history=assignment.history,
        map_camera=assignment.map_camera,
    )


def acquired_before(staging: Staging, directory: str) -> AcquiredRecording | None:
    """A recording that an earlier run had received completely, its files read back again; None when none had.

    Raises ReadBackMismatchError, StorageError.
    """
    document = staging.saved(_done(directory))
    if document is None:
        return None
    try:
        acquired = from_json(AcquiredRecording, document)
    except (ValueError, LookupError, TypeError):
        raise unknown_state(staging.work / _done(directory)) from None
    media = tuple(MediaState(staging, directory).media)
    if [one.file for one in media] != [one.file for one in acquired.received.media]:
        raise unknown_state(staging.work / _done(directory))
    return replace(acquired, received=replace(acquired.received, media=media))


def _done(directory: str) -> str:
    return f"done-{directory}.json"
