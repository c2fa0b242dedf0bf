"""What a recorder says before anything is replayed: its clock, the recordings, where each is replayed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from vssx import times
from vssx.cartography.matching import identity_of
from vssx.cartography.namesakes import Namesakes
from vssx.errors import NothingRecordedError, ProtocolError, UsageError, VssxError
from vssx.evidence.acquisition_log import LOG_FILE
from vssx.evidence.cartography import ABOUT_CARTOGRAPHY
from vssx.evidence.media import RESERVED_DIRECTORIES, MediaTarget
from vssx.jobs.acquire import Assignment
from vssx.jobs.added_events import EventSources, refuse_unknown_recordings
from vssx.jobs.cartography import Matched, match_camera, position_of
from vssx.jobs.handover import demand
from vssx.jobs.known import Known
from vssx.jobs.levels import may_have_metadata, refuse_where_none_is_found, refuse_where_none_is_listed
from vssx.jobs.spans import Tell, TimeSpan, find_event, find_spans, no_event
from vssx.model.acquisition import ClockSample, RecorderIdentity
from vssx.model.handover import AcquiredRecording, CameraMatch, ExportUnit, Position, Received, SourceIdentity
from vssx.model.media import EndReason, StreamEnd
from vssx.model.recording import RecordingInformation, RecordingSourceInformation
from vssx.safe_names import safe_name, unique_name

if TYPE_CHECKING:
    from vssx.jobs.export import ExportRequest
    from vssx.source.search import RecorderSession

_GEO_URI = re.compile(
    r"\bgeo:(-?\d{1,3}(?:\.\d{1,15})?),(-?\d{1,3}(?:\.\d{1,15})?)(?:,(-?\d{1,6}(?:\.\d{1,15})?))?", re.ASCII
)
_Answer = TypeVar("_Answer")
OFFSET_LIMIT_NS = 2 * times.NS
"""Clocks that differ by more: it has to be said whose time a range is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The recorder, and what there is to do.

    ``assignments``: in the order of the record; one for each recording, or for each of its spans around events; those
    with nothing to replay are ``empty``. ``failed``: recordings that the recorder refuses to tell about, by token.
    ``sources``: where the events come from that are added. ``missing``: by token, why not all events may have been
    found around which its footage was to be.
    """

    clock: ClockSample
    identity: RecorderIdentity
    assignments: tuple[Assignment, ...]
    failed: Mapping[str, VssxError]
    missing: Mapping[str, str]
    sources: EventSources


def look_up(request: ExportRequest, session: RecorderSession, before: Known | None, tell: Tell) -> Found:
    """Ask for everything. ``before``: what an earlier run learned; its spans and directories stay. ``tell`` gets what
    belongs into the record of the whole.

    Raises UsageError where it is unclear whose time the range is in, NothingRecordedError for a recording that does
    not exist, where no event was found, and where there is nothing at all in the range, LevelNotBorneError where the
    recorder finds no metadata that is demanded, and whatever ``session`` raises; ProtocolError about one of several
    recordings is in ``failed``.
    """
    clock = session.sample_clock()
    failed: dict[str, VssxError] = {}
    recordings = _of_each(request.recordings, session.recording, failed)
    sources = _event_sources(request, clock, recordings)
    missing = {} if before is None else dict(before.missing)
    spans = _spans(request, session, clock, recordings, sources, failed, missing, before, tell)
    namesakes = _namesakes(session, recordings, tell)
    taken = {*RESERVED_DIRECTORIES, *(one.target.camera for one in (before.assignments if before else ()))}

    def assignments(token: str) -> list[Assignment]:
        known = before.of(token) if before is not None else ()
        return list(_assignments(request, session, recordings[token], spans[token], known, taken, namesakes))

    found = _of_each(spans, assignments, failed)
    planned = [one for each in found.values() for one in each]
    if not failed and all(one.empty for one in planned):
        raise _nothing(planned)
    needs = demand(request.handover, recordings=len(request.recordings))
    replayed = {one.recording.token: one.recording for one in planned if not one.empty}
    refuse_where_none_is_listed(needs, tuple(replayed.values()))
    for one in planned:
        if one.demand.timed_metadata and not one.empty and may_have_metadata(one.recording):
            found_some = session.has_metadata(one.recording, one.from_ns, one.to_ns)
            refuse_where_none_is_found(
                one.demand, found_some, where=f"recording {one.recording.token}, {one.span.text}"
            )
    return Found(
        clock=clock,
        identity=session.identity(),
        assignments=_sharing_the_rate(request, planned),
        failed=failed,
        missing=missing,
        sources=sources,
    )


def _of_each(
    tokens: Collection[str], ask: Callable[[str], _Answer], failed: dict[str, VssxError]
) -> dict[str, _Answer]:
    """What ``ask`` tells of each recording. What goes wrong with one of several must not keep the others back."""
    told: dict[str, _Answer] = {}
    for token in tokens:
        try:
            told[token] = ask(token)
        except ProtocolError as error:
            if len(tokens) == 1 and not failed:
                raise
            failed[token] = error
    return told


def _event_sources(
    request: ExportRequest, clock: ClockSample, recordings: Mapping[str, RecordingInformation]
) -> EventSources:
    """The operator's lists are in the same time as the range. Raises UsageError for a recording that they make up."""
    lists = request.handover.event_lists
    names = (each.source.name for each in recordings.values() if each.source.name)
    refuse_unknown_recordings(lists, (*request.recordings, *names))
    offset_ns = clock.offset_ns if request.clock == "true" else 0
    return EventSources(
        ask=request.handover.level.alpha_events or request.events is not None,
        lists=lists,
        offset_ns=offset_ns if abs(offset_ns) > OFFSET_LIMIT_NS else 0,
    )


def _spans(
    request: ExportRequest,
    session: RecorderSession,
    clock: ClockSample,
    recordings: Mapping[str, RecordingInformation],
    sources: EventSources,
    failed: dict[str, VssxError],
    missing: dict[str, str],
    before: Known | None,
    tell: Tell,
) -> dict[str, tuple[TimeSpan, ...]]:
    """What to replay of each recording. What an earlier run had found out stays as it is."""
    known = {} if before is None else {token: before.spans(token) for token in recordings if token not in before.failed}
    new = [token for token in recordings if token not in known]
    if not new:
        return known
    choice = request.events
    whole = None if request.range is None else recorder_range(request.range, request.clock, clock)
    if choice is None or choice.event:
        span = next((span for each in known.values() for span in each), None)
        if span is None and choice is not None:
            span = find_event(choice, session, [recordings[token] for token in new], whole, tell)
        wanted = span or whole
        assert wanted is not None
        return dict.fromkeys(recordings, (wanted,))
    assert whole is not None
    found = _of_each(new, lambda token: find_spans(choice, session, recordings[token], whole, sources, tell), failed)
    spans = known | {token: each.spans for token, each in found.items()}
    missing |= {token: each.missing for token, each in found.items() if each.missing}
    if not failed and not any(spans.values()):
        raise no_event(choice, recordings, whole, found.values())
    return {token: spans[token] for token in recordings if token in spans}


def _assignments(
    request: ExportRequest,
    session: RecorderSession,
    recording: RecordingInformation,
    spans: tuple[TimeSpan, ...],
    known: Sequence[Assignment],
    taken: set[str],
    namesakes: Callable[[], Namesakes],
) -> Iterator[Assignment]:
    """One for each span. ``known``: those of an earlier run, whose directories and rows of the cartography stay;
    ``taken``: all directories that are given."""
    token = recording.token
    name = recording.source.name or token
    unit = request.handover.export_unit
    uri = ""
    for number, span in enumerate(spans, 1):
        history = session.history(token, span.from_ns, span.to_ns)
        nothing = history.available and not history.spans
        uri = uri or ("" if nothing else session.replay_uri(token, request.address.transport))
        wanted = f"{name}_event-{number:03d}" if request.spans else name
        before = known[number - 1] if known else None
        directory = unique_name(safe_name(wanted), taken) if before is None else before.target.camera
        taken.add(directory)
        if before is None:
            identity = identity_of(recording, from_ns=span.from_ns, to_ns=span.to_ns)
            matched = match_camera(request.handover.cartography, identity, namesakes)
        else:
            matched = Matched(camera=before.map_camera, assumptions=before.assumptions)
        yield Assignment(
            target=_target(request, directory, unit, recording, uri, matched.camera),
            camera=name,
            uri="" if nothing else uri,
            from_ns=span.from_ns,
            to_ns=span.to_ns,
            recording=recording,
            history=history,
            log=f"data/log/recording_{directory}.jsonl" if request.several else LOG_FILE,
            tracks=request.handover.tracks,
            http_address=session.address,
            demand=demand(request.handover, recordings=len(request.recordings)),
            map_camera=matched.camera,
            assumptions=matched.assumptions,
        )


def _namesakes(
    session: RecorderSession, recordings: Mapping[str, RecordingInformation], tell: Tell
) -> Callable[[], Namesakes]:
    """Asks for all recordings of the recorder, once, when somebody wants to know."""

    @cache
    def ask() -> Namesakes:
        known: Iterable[RecordingInformation] = recordings.values()
        try:
            known = session.recordings()
        except ProtocolError as problem:
            detail = f"whether rows name cameras of other recordings, too, is not known, as it lists none: {problem}"
            tell(ABOUT_CARTOGRAPHY, detail)
        return Namesakes(identity_of(one, from_ns=one.earliest_ns, to_ns=one.latest_ns) for one in known)

    return ask


def _sharing_the_rate(request: ExportRequest, assignments: list[Assignment]) -> tuple[Assignment, ...]:
    if request.bits_per_second is None:
        return tuple(assignments)
    at_once = min(request.side_by_side, sum(not one.empty for one in assignments)) or 1
    each = max(1, request.bits_per_second // 8 // at_once)
    return tuple(replace(one, bytes_per_second=each) for one in assignments)


def nothing_recorded(one: Assignment) -> AcquiredRecording:
    """A recording of which the recorder's history says that it has nothing in the range."""
    end = StreamEnd(
        reason=EndReason.HISTORY,
        proven=True,
        detail="nothing was recorded in the range, says the recorder's history; it was not replayed",
    )
    return without_media(one, end)


def without_media(one: Assignment, end: StreamEnd) -> AcquiredRecording:
    """What the record says of a recording, or a span of one, that was asked for and of which there is no media."""
    nothing = nothing_received(one.target.recording_token, one.target.camera, end)
    return replace(
        nothing,
        camera=one.camera,
        received=replace(nothing.received, assumptions=one.assumptions),
        from_ns=one.from_ns,
        to_ns=one.to_ns,
        recording=one.recording,
        history=one.history,
        map_camera=one.map_camera,
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
    request: ExportRequest,
    directory: str,
    unit: ExportUnit,
    recording: RecordingInformation,
    uri: str,
    matched: CameraMatch | None,
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
        position=position_of(handover.position, matched) or _told_position(recording.source),
        source=SourceIdentity(name=recording.source.name or recording.token, url=uri),
    )


def recorder_range(asked: TimeSpan, whose: str | None, clock: ClockSample) -> TimeSpan:
    """The range in the recorder's own time. ``whose``: the time in which it was asked for, as in ExportRequest.

    Raises UsageError where nobody said it, and it matters.
    """
    offset_ns = clock.offset_ns
    shifted = TimeSpan(from_ns=asked.from_ns + offset_ns, to_ns=asked.to_ns + offset_ns)
    if whose == "true":
        return shifted
    if whose is None and abs(offset_ns) > OFFSET_LIMIT_NS:
        raise UsageError(
            f"the recorder's clock differs from this machine's by {offset_ns / times.NS:+.1f} s, so it is not clear"
            " whose time is meant",
            where="--from, --to",
            next_step=f"With --times recorder: {asked.text} of its clock; with --times true: {shifted.text} of its"
            " clock.",
        )
    return asked


def _nothing(empty: list[Assignment]) -> NothingRecordedError:
    first, last = empty[0], empty[-1]
    recordings = {each.recording.token: each.recording for each in empty}
    held = ", ".join(
        f"{token} holds {_text(each.earliest_ns)} to {_text(each.latest_ns)}" for token, each in recordings.items()
    )
    around = "" if (first.from_ns, first.to_ns) == (last.from_ns, last.to_ns) else " around any of the events found"
    return NothingRecordedError(
        f"nothing recorded{around} from {_text(first.from_ns)} to {_text(last.to_ns)}",
        where="recording " + ", ".join(recordings),
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
