"""``vssx export``: a time range of one recording, from the recorder to a published handover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vssx import times
from vssx.errors import NothingRecordedError, UsageError
from vssx.evidence.acquisition_log import LOG_FILE, Relay, open_log
from vssx.evidence.media import RESERVED_DIRECTORIES, MediaFiles, MediaTarget
from vssx.evidence.signature import Signer
from vssx.evidence.staging import PARTIAL_SUFFIX, Staging, open_staging
from vssx.jobs.clock import clock_synchronisation
from vssx.jobs.config import RecorderAddress
from vssx.jobs.handover import (
    Handover,
    HandoverRequest,
    Progress,
    finish,
    open_signer,
    publish_sealed,
    refuse_unless_borne,
)
from vssx.model.acquisition import ClockSample, RecorderIdentity
from vssx.model.handover import AcquiredRecording, Acquisition, Position, Requested, SourceIdentity
from vssx.model.recording import RecordingHistory, RecordingInformation, RecordingSourceInformation
from vssx.safe_names import safe_name, unique_name

if TYPE_CHECKING:
    from vssx.source.search import RecorderSession

_GEO_URI = re.compile(
    r"\bgeo:(-?\d{1,3}(?:\.\d{1,15})?),(-?\d{1,3}(?:\.\d{1,15})?)(?:,(-?\d{1,6}(?:\.\d{1,15})?))?", re.ASCII
)
_OFFSET_LIMIT_NS = 2 * times.NS


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What to export. ``from_ns``/``to_ns`` as the user said them; ``clock`` says whose time that is.

    ``clock``: ``true``, ``recorder``, or None when the user did not say: then an offset above 2 s is an error.
    """

    address: RecorderAddress
    recording: str
    from_ns: int
    to_ns: int
    clock: str | None
    handover: HandoverRequest


def export(request: ExportRequest, progress: Progress) -> Handover:
    """Export and publish; a directory ``NAME.partial`` of an earlier run of the same request is continued.

    Raises every error of the packages below; whatever was received stays in ``NAME.partial``.
    """
    from vssx.source.search import RecorderSession

    if request.to_ns <= request.from_ns:
        raise UsageError("the range ends before it begins", where="--from, --to")
    signer = open_signer(request.handover)
    name = request.handover.name or _default_name(request)
    if (request.handover.output / f"{name}{PARTIAL_SUFFIX}").exists():
        with open_staging(request.handover.output, name, _described(request)) as staging:
            if staging.sealed:
                return publish_sealed(staging)
    relay = Relay()
    address = request.address
    with RecorderSession.connect(
        address.host, address.credentials, timeout=address.timeout, observe=relay, tls=address.tls
    ) as session:
        asked = _look_up(request, session)
        with open_staging(request.handover.output, name, _described(request)) as staging:
            staging.begin_run()
            with open_log(staging.path) as log:
                relay.attach(log.observe)
                acquisition = _acquire(request, asked, session, staging, relay, signer, progress)
            return finish(staging, name, acquisition, signer, request.handover.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The range in the recorder's time, and what the recorder says about it before anything is replayed."""

    from_ns: int
    to_ns: int
    clock: ClockSample
    identity: RecorderIdentity
    recording: RecordingInformation
    history: RecordingHistory


def _look_up(request: ExportRequest, session: RecorderSession) -> _Asked:
    clock = session.sample_clock()
    from_ns, to_ns = _recorder_range(request, clock)
    recording = session.recording(request.recording)
    history = session.history(request.recording, from_ns, to_ns)
    if history.available and not history.spans:
        held = f"it holds {_text(recording.earliest_ns)} to {_text(recording.latest_ns)}"
        raise NothingRecordedError(
            f"nothing recorded from {_text(from_ns)} to {_text(to_ns)}",
            where=f"recording {request.recording}",
            next_step=f"The recorder says that {held}; `vssx recordings` shows its gaps.",
        )
    identity = session.identity()
    return _Asked(from_ns=from_ns, to_ns=to_ns, clock=clock, identity=identity, recording=recording, history=history)


def _recorder_range(request: ExportRequest, clock: ClockSample) -> tuple[int, int]:
    offset_ns = clock.offset_ns
    if request.clock == "recorder":
        return request.from_ns, request.to_ns
    if request.clock == "true":
        return request.from_ns + offset_ns, request.to_ns + offset_ns
    if abs(offset_ns) > _OFFSET_LIMIT_NS:
        shifted = f"{_text(request.from_ns + offset_ns)} to {_text(request.to_ns + offset_ns)}"
        raise UsageError(
            f"the recorder's clock differs from this machine's by {offset_ns / times.NS:+.1f} s, so it is not clear"
            " whose time is meant",
            where="--from, --to",
            next_step=f"With --times recorder: {_text(request.from_ns)} to {_text(request.to_ns)} of its clock;"
            f" with --times true: {shifted} of its clock.",
        )
    return request.from_ns, request.to_ns


def _acquire(
    request: ExportRequest,
    asked: _Asked,
    session: RecorderSession,
    staging: Staging,
    relay: Relay,
    signer: Signer | None,
    progress: Progress,
) -> Acquisition:
    from vssx.source.replay import replay

    uri = session.replay_uri(request.recording, request.address.transport)
    target = MediaTarget(
        camera=unique_name(safe_name(asked.recording.source.name or request.recording), set(RESERVED_DIRECTORIES)),
        recording_token=request.recording,
        gap_split_ns=request.handover.gap_split_ns,
        export_unit=request.handover.export_unit,
        sample_entry=request.handover.sample_entry,
        position=request.handover.position or _told_position(asked.recording.source),
        source=SourceIdentity(name=asked.recording.source.name or request.recording, url=uri),
    )
    with (
        MediaFiles(staging, target, relay) as files,
        replay(
            uri,
            credentials=request.address.credentials,
            from_ns=asked.from_ns,
            to_ns=asked.to_ns,
            history=asked.history,
            observe=relay,
            timeout=request.address.timeout,
            tls=request.address.tls,
            transport=request.address.transport,
            http_address=session.address,
            resume_from_ns=files.resume_from_ns,
        ) as source,
    ):
        refuse_unless_borne(request.handover.level, source.tracks, signer)
        received = files.receive(source.tracks, source, lambda ns, size: progress(ns - asked.from_ns, size))
    acquired = AcquiredRecording(
        directory=target.camera,
        camera=asked.recording.source.name or request.recording,
        received=received,
        started_ns=staging.started_ns,
        finished_ns=times.now(),
        transport=source.transport,
        log=LOG_FILE,
        resumed=staging.resumed,
        recording_token=request.recording,
        from_ns=asked.from_ns,
        to_ns=asked.to_ns,
        recording=asked.recording,
        history=asked.history,
    )
    return Acquisition(
        requested=_requested(request),
        started_ns=staging.started_ns,
        finished_ns=times.now(),
        recordings=(acquired,),
        recorder=asked.identity,
        clock_before=asked.clock,
        clock_after=session.sample_clock(),
        clock_synchronisation=clock_synchronisation(),
        resumed=staging.resumed,
    )


def _told_position(source: RecordingSourceInformation) -> Position | None:
    """A geo URI (RFC 5870) in what the recorder says about the camera; most recorders say nothing."""
    for text in (source.location, source.description):
        match = _GEO_URI.search(text)
        if match is not None:
            latitude, longitude, altitude = (float(part or 0) for part in match.groups())
            if abs(latitude) <= 90 and abs(longitude) <= 180 and abs(altitude) < 32768:
                return Position(
                    longitude=longitude,
                    latitude=latitude,
                    altitude=altitude,
                    name=source.location,
                    notes="position of the camera, not of what it looks at; as the recorder describes it",
                )
    return None


def _requested(request: ExportRequest) -> Requested:
    handover = request.handover
    return Requested(
        command="export",
        source=request.address.host,
        recordings=(request.recording,),
        from_ns=request.from_ns,
        to_ns=request.to_ns,
        level=handover.level,
        case=handover.case,
        exhibit=handover.exhibit,
        operator=handover.operator,
        options=(
            ("times", request.clock or "not said"),
            ("tls", request.address.tls.text),
            *handover.options,
        ),
    )


def _described(request: ExportRequest) -> dict[str, object]:
    """What makes another run the same request; the secret parts and the key are no part of it."""
    return {
        "command": "export",
        "host": request.address.host,
        "recording": request.recording,
        "from_ns": request.from_ns,
        "to_ns": request.to_ns,
        "times": request.clock,
        **request.handover.described,
    }


def _default_name(request: ExportRequest) -> str:
    start, end = times.to_file_name(request.from_ns), times.to_file_name(request.to_ns)
    return f"{safe_name(request.recording)}_{start}_{end}"


def _text(ns: int | None) -> str:
    return "unknown" if ns is None else times.to_xs_datetime(ns)
