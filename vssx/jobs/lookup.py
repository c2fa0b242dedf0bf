"""What a recorder says before anything is replayed: its clock, the recordings, where each is replayed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vssx import times
from vssx.errors import NothingRecordedError, ProtocolError, UsageError, VssxError
from vssx.evidence.acquisition_log import LOG_FILE
from vssx.evidence.media import RESERVED_DIRECTORIES, MediaTarget
from vssx.jobs.acquire import Assignment
from vssx.jobs.handover import demand
from vssx.model.acquisition import ClockSample, RecorderIdentity
from vssx.model.handover import AcquiredRecording, ExportUnit, Position, Received, SourceIdentity
from vssx.model.media import EndReason, StreamEnd
from vssx.model.recording import RecordingInformation, RecordingSourceInformation
from vssx.safe_names import safe_name, unique_name

if TYPE_CHECKING:
    from vssx.jobs.export import ExportRequest
    from vssx.source.search import RecorderSession

_GEO_URI = re.compile(
    r"\bgeo:(-?\d{1,3}(?:\.\d{1,15})?),(-?\d{1,3}(?:\.\d{1,15})?)(?:,(-?\d{1,6}(?:\.\d{1,15})?))?", re.ASCII
)
OFFSET_LIMIT_NS = 2 * times.NS
"""Clocks that differ by more: it has to be said whose time a range is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The range in the recorder's time, the recorder, and what there is to do.

    ``empty``: recordings that have nothing in the range, as their history says, with no replay address. ``failed``:
    recordings that the recorder refuses to tell about, by token.
    """

    from_ns: int
    to_ns: int
    clock: ClockSample
    identity: RecorderIdentity
    assignments: tuple[Assignment, ...]
    empty: tuple[Assignment, ...]
    failed: Mapping[str, VssxError]


def look_up(request: ExportRequest, session: RecorderSession, directories: Mapping[str, str]) -> Found:
    """Ask for everything. ``directories``: the names that an earlier run gave, by token.

    Raises UsageError where it is unclear whose time the range is in, NothingRecordedError for a recording that does
    not exist and where there is nothing at all in the range, and whatever ``session`` raises; ProtocolError about one
    of several recordings is in ``failed``.
    """
    clock = session.sample_clock()
    from_ns, to_ns = recorder_range(request, clock)
    assignments: list[Assignment] = []
    empty: list[Assignment] = []
    failed: dict[str, VssxError] = {}
    taken = {*RESERVED_DIRECTORIES, *directories.values()}
    unit = request.handover.export_unit
    rate = None if request.bits_per_second is None else max(1, request.bits_per_second // 8 // request.side_by_side)
    for token in request.recordings:
        try:
            recording = session.recording(token)
            history = session.history(token, from_ns, to_ns)
            nothing = history.available and not history.spans
            uri = "" if nothing else session.replay_uri(token, request.address.transport)
        except ProtocolError as error:
            if len(request.recordings) == 1:
                raise
            failed[token] = error
            continue
        name = recording.source.name or token
        directory = directories.get(token) or unique_name(safe_name(name), taken)
        taken.add(directory)
        target = _target(request, directory, unit, recording, uri)
        one = Assignment(
            target=target,
            camera=name,
            uri=uri,
            from_ns=from_ns,
            to_ns=to_ns,
            recording=recording,
            history=history,
            log=LOG_FILE if len(request.recordings) == 1 else f"data/log/recording_{directory}.jsonl",
            bytes_per_second=rate,
            tracks=request.handover.tracks,
            http_address=session.address,
            demand=demand(request.handover, recordings=len(request.recordings)),
        )
        (empty if nothing else assignments).append(one)
    if not assignments and not failed:
        raise _nothing(empty)
    return Found(
        from_ns=from_ns,
        to_ns=to_ns,
        clock=clock,
        identity=session.identity(),
        assignments=tuple(assignments),
        empty=tuple(empty),
        failed=failed,
    )


def nothing_recorded(one: Assignment) -> AcquiredRecording:
    """A recording of which the recorder's history says that it has nothing in the range."""
    end = StreamEnd(
        reason=EndReason.HISTORY,
        proven=True,
        detail="nothing was recorded in the range, says the recorder's history; it was not replayed",
    )
    return replace(
        nothing_received(one.target.recording_token, one.target.camera, end),
        camera=one.camera,
        from_ns=one.from_ns,
        to_ns=one.to_ns,
        recording=one.recording,
        history=one.history,
    )


def nothing_received(token: str, directory: str, end: StreamEnd) -> AcquiredRecording:
    """A recording that was asked for and of which the handover holds no media."""
    now_ns = times.now()
    return AcquiredRecording(
        directory=directory,
        camera=token,
        received=Received(media=(), gaps=(), losses=(), assumptions=(), end=end),
        started_ns=now_ns,
        finished_ns=now_ns,
        transport="",
        log=LOG_FILE,
        recording_token=token,
    )


def _target(
    request: ExportRequest, directory: str, unit: ExportUnit, recording: RecordingInformation, uri: str
) -> MediaTarget:
    handover = request.handover
    return MediaTarget(
        camera=directory,
        recording_token=recording.token,
        gap_split_ns=handover.gap_split_ns,
        split_length_ns=handover.split_length_ns,
        split_bytes=handover.split_bytes,
        export_unit=unit,
        sample_entry=handover.sample_entry,
        position=handover.position or _told_position(recording.source),
        source=SourceIdentity(name=recording.source.name or recording.token, url=uri),
    )


def recorder_range(request: ExportRequest, clock: ClockSample) -> tuple[int, int]:
    """The range in the recorder's own time. Raises UsageError where nobody said whose time it is, and it matters."""
    offset_ns = clock.offset_ns
    if request.clock == "recorder":
        return request.from_ns, request.to_ns
    if request.clock == "true":
        return request.from_ns + offset_ns, request.to_ns + offset_ns
    if abs(offset_ns) > OFFSET_LIMIT_NS:
        shifted = f"{_text(request.from_ns + offset_ns)} to {_text(request.to_ns + offset_ns)}"
        raise UsageError(
            f"the recorder's clock differs from this machine's by {offset_ns / times.NS:+.1f} s, so it is not clear"
            " whose time is meant",
            where="--from, --to",
            next_step=f"With --times recorder: {_text(request.from_ns)} to {_text(request.to_ns)} of its clock;"
            f" with --times true: {shifted} of its clock.",
        )
    return request.from_ns, request.to_ns


def _nothing(empty: list[Assignment]) -> NothingRecordedError:
    one = empty[0]
    held = ", ".join(
        f"{each.recording.token} holds {_text(each.recording.earliest_ns)} to {_text(each.recording.latest_ns)}"
        for each in empty
    )
    return NothingRecordedError(
        f"nothing recorded from {_text(one.from_ns)} to {_text(one.to_ns)}",
        where="recording " + ", ".join(each.recording.token for each in empty),
        next_step=f"The recorder says that {held}; `vssx recordings` shows its gaps.",
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


def _text(ns: int | None) -> str:
    return "unknown" if ns is None else times.to_xs_datetime(ns)
