"""``vssx export``: a time range of one or several recordings, from the recorder to a published handover."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from vssx import times
from vssx.errors import (
    NotAuthenticatedError,
    NothingRecordedError,
    ProtocolError,
    RecorderUnreachableError,
    UsageError,
    VssxError,
)
from vssx.evidence.acquisition_log import Relay, open_log
from vssx.evidence.staging import PARTIAL_SUFFIX, Staging, open_staging
from vssx.jobs.acquire import Assignment, acquire, acquired_before
from vssx.jobs.added_events import add_to_recordings
from vssx.jobs.cartography import attach_cartography
from vssx.jobs.clock import clock_synchronisation
from vssx.jobs.config import RecorderAddress
from vssx.jobs.handover import Handover, HandoverRequest, Progress, finish, open_signer, publish_sealed
from vssx.jobs.known import Known, load_known, save_known
from vssx.jobs.lookup import Found, look_up, nothing_recorded, without_media
from vssx.jobs.native import NativeStorage, chosen_format, preserve, preserved
from vssx.jobs.spans import ABOUT_EVENTS, AroundEvents, TimeSpan, tell_missing
from vssx.jobs.workers import Workers, combined
from vssx.model.acquisition import AcquisitionEvent, ClockSample, Observe
from vssx.model.handover import AcquiredRecording, Acquisition, Requested
from vssx.model.media import Assumption, EndReason, StreamEnd
from vssx.model.network import StreamTransport
from vssx.safe_names import safe_name

if TYPE_CHECKING:
    from vssx.source.search import RecorderSession

_MOST_JOBS = 4
CLOCK_STEP_NS = 2 * times.NS  # clocks that tell whole seconds differ by a second from one look to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What to export. ``from_ns``/``to_ns`` as the user said them; ``clock`` says whose time that is.

    ``events``: only around which events; for a single one the range, which may be None then, is where to look for it.
    ``clock``: ``true``, ``recorder``, or None when the user did not say: then an offset above 2 s is an error.
    ``jobs``: how many recordings at a time; None: as many as there are processors, at most four.
    ``native``: where the recorder's own export is to go, which is then kept as well.
    ``bits_per_second``: the most that is read of all together; None: as fast as it comes.
    ``said``: the options that named the range, as they were written, for the record.
    """

    address: RecorderAddress
    recordings: tuple[str, ...]
    from_ns: int | None
    to_ns: int | None
    clock: str | None
    handover: HandoverRequest
    events: AroundEvents | None = None
    jobs: int | None = None
    native: NativeStorage | None = None
    bits_per_second: int | None = None
    said: tuple[tuple[str, str], ...] = ()

    @property
    def range(self) -> TimeSpan | None:
        """The range as the user said it."""
        if self.from_ns is None or self.to_ns is None:
            return None
        return TimeSpan(from_ns=self.from_ns, to_ns=self.to_ns)

    @property
    def spans(self) -> bool:
        """Of each recording there may be any number of spans, not known before the recorder was asked."""
        return self.events is not None and not self.events.event

    @property
    def several(self) -> bool:
        """More than one thing to receive, perhaps."""
        return self.spans or len(self.recordings) > 1

    @property
    def side_by_side(self) -> int:
        """How many are received at a time, as far as the recorder allows it."""
        most = self.jobs or min(os.cpu_count() or 1, _MOST_JOBS)
        return most if self.spans else min(most, len(self.recordings))


def export(request: ExportRequest, progress: Progress) -> Handover:
    """Export and publish; a directory ``NAME.partial`` of an earlier run of the same request is continued.

    Raises every error of the packages below; whatever was received stays in ``NAME.partial``.
    """
    from vssx.source.search import RecorderSession

    check_request(request)
    signer = open_signer(request.handover)
    name = request.handover.name or _default_name(request)
    before: Known | None = None
    if (request.handover.output / f"{name}{PARTIAL_SUFFIX}").exists():
        with open_staging(request.handover.output, name, _described(request)) as staging:
            if staging.sealed:
                return publish_sealed(staging)
            before = load_known(staging)
    relay = Relay()
    told = _Told(relay)
    address = request.address
    with (
        Workers(request.side_by_side if request.several else 0) as workers,
        RecorderSession.connect(
            address.host, address.credentials, timeout=address.timeout, observe=told, tls=address.tls
        ) as session,
    ):
        formats = session.own_export_formats()
        native_format = chosen_format(formats, session.address) if request.native else ""
        if formats and not request.native:
            told.assume("recorder's own export", f"it offers one ({', '.join(formats)[:200]}), which was not asked for")
        for one in before.assumptions if before is not None else ():
            if one.subject == ABOUT_EVENTS:  # what the earlier run found is not looked for again
                told.assume(one.subject, one.detail)
        found = look_up(request, session, before, told.assume)
        with open_staging(request.handover.output, name, _described(request)) as staging:
            staging.begin_run()
            with open_log(staging.path) as log:
                relay.attach(log.observe)
                matches = (one.map_camera for one in found.assignments)
                attach_cartography(staging, request.handover.cartography, matches)
                save_known(staging, _known(request, found, told))
                add_to_recordings(staging, found.assignments, found.sources, session)
                acquired = _acquire(request, found, staging, workers, told, progress)
                acquired = tuple(_with_native(session, request.native, native_format, one, staging) for one in acquired)
                clock_after = _clock_after(session, found.clock, told)
                acquisition = Acquisition(
                    requested=_requested(request, found),
                    started_ns=staging.started_ns(),
                    finished_ns=times.now(),
                    recordings=acquired,
                    assumptions=tuple(told.assumptions),
                    recorder=found.identity,
                    clock_before=found.clock,
                    clock_after=clock_after,
                    clock_synchronisation=clock_synchronisation(),
                    resumed=staging.resumed(),
                )
            return finish(staging, name, acquisition, signer)


def _with_native(
    session: RecorderSession, storage: NativeStorage | None, file_format: str, one: AcquiredRecording, staging: Staging
) -> AcquiredRecording:
    made = preserved(staging, one.directory)
    if made is None and storage is not None and one.received.media:
        made = preserve(session, storage, file_format, one, staging)
    return replace(one, native_export=made)


def check_request(request: ExportRequest) -> None:
    """Raises UsageError for what makes no sense before anybody is asked."""
    whole = request.range
    if whole is None:
        if request.events is None or not request.events.event:
            raise UsageError("says no range", where="--from, --to", next_step="Name both.")
    elif whole.to_ns == whole.from_ns:
        raise UsageError(
            "the range is empty: it ends where it begins", where="--from, --to", next_step="Name a later --to."
        )
    elif whole.to_ns < whole.from_ns:
        raise UsageError("the range ends before it begins", where="--from, --to", next_step="Exchange the two.")
    if request.events is not None:
        request.events.event_filter()  # what cannot be read is told before anybody is asked
    if request.bits_per_second is not None and request.address.transport is StreamTransport.UDP:
        raise UsageError(
            "what comes over UDP cannot be slowed down, only lost",
            where="--max-rate",
            next_step="Leave it out, or use --transport tcp.",
        )
    if len(set(request.recordings)) != len(request.recordings):
        raise UsageError("names a recording twice", where="--recording")
    if len(request.recordings) > 1 and request.handover.position is not None:
        raise UsageError(
            "several cameras do not stand at one place",
            where="--position",
            next_step="Export the recordings one by one, each with its position.",
        )


class _Told:
    """What is assumed about the recorder as a whole goes into the record as well as into the log."""

    def __init__(self, observe: Observe) -> None:
        self._observe = observe
        self.assumptions: dict[Assumption, None] = {}

    def __call__(self, event: AcquisitionEvent) -> None:
        if event.kind == "assumption":
            subject, detail = str(event.detail.get("subject", "")), str(event.detail.get("detail", ""))
            self.assumptions[Assumption(subject=subject, detail=detail)] = None
        self._observe(event)

    def assume(self, subject: str, detail: str) -> None:
        self(AcquisitionEvent(at_ns=times.now(), kind="assumption", detail={"subject": subject, "detail": detail}))

    def log(self, event: AcquisitionEvent) -> None:
        """What concerns one recording is in its section, and only logged here."""
        self._observe(event)


def _acquire(
    request: ExportRequest, found: Found, staging: Staging, workers: Workers, told: _Told, progress: Progress
) -> tuple[AcquiredRecording, ...]:
    """All there is to receive, in the order of the record. Raises the error of what failed, when all have ended."""
    acquired: dict[int, AcquiredRecording] = {}
    failed: list[tuple[str, VssxError]] = list(found.failed.items())
    missing: dict[int, Assignment] = {}
    for number, one in enumerate(found.assignments):
        before = nothing_recorded(one) if one.empty else acquired_before(staging, one.target.camera)
        if before is None:
            missing[number] = one
        else:
            acquired[number] = before
    watch = _by_recording(request, found, progress)
    if not request.several:
        for number, one in missing.items():
            acquired[number] = acquire(one, request.address, staging, told.log, partial(watch, number))
    elif missing:
        outcome = workers.acquire(missing, request.address, staging, watch)
        acquired |= outcome.acquired
        for number, error in sorted(outcome.failed.items()):
            one = missing[number]
            if request.spans and isinstance(error, NothingRecordedError):
                acquired[number] = _without_footage(one, error)
            else:
                failed.append((one.target.recording_token + (f" {one.span.text}" if request.spans else ""), error))
        if outcome.one_session:
            told.assume(
                "one replay at a time",
                "the recorder refused a replay while another one ran, so the recordings were taken one after the other"
                f" ({outcome.one_session})",
            )
    if failed:
        raise combined(failed, len(acquired))
    if not any(one.received.media for one in acquired.values()):
        raise NothingRecordedError(
            "the recorder delivered nothing around any of the events",
            where="recording " + ", ".join(request.recordings),
            next_step="; ".join(dict.fromkeys(one.received.end.detail for one in acquired.values())),
        )
    return tell_missing([acquired[number] for number in range(len(found.assignments))], found.missing)


def _without_footage(one: Assignment, error: NothingRecordedError) -> AcquiredRecording:
    """A span around an event of which nothing came must not keep the others back."""
    end = StreamEnd(reason=EndReason.SILENCE, proven=False, detail=str(error))
    return replace(without_media(one, end), log=one.log)


def _by_recording(request: ExportRequest, found: Found, progress: Progress) -> Progress:
    """Tells ``progress`` of each recording as a whole, however many spans of it are received."""
    numbers = {token: number for number, token in enumerate(request.recordings)}
    of_recording = [numbers[one.target.recording_token] for one in found.assignments]
    came: dict[int, dict[int, tuple[int, int, int]]] = {number: {} for number in of_recording}

    def watch(number: int, media_ns: int, payload_bytes: int, losses: int) -> None:
        recording = of_recording[number]
        came[recording][number] = (media_ns, payload_bytes, losses)
        progress(recording, *(sum(column) for column in zip(*came[recording].values(), strict=True)))

    return watch


def _clock_after(session: RecorderSession, before: ClockSample, told: _Told) -> ClockSample | None:
    """The clock once more; that all media is here does not depend on it."""
    with suppress(RecorderUnreachableError, NotAuthenticatedError, ProtocolError):
        after = session.sample_clock()
        if abs(step_ns := after.offset_ns - before.offset_ns) > CLOCK_STEP_NS:
            told.assume(
                "recorder clock",
                f"its offset from this machine's clock changed by {step_ns / times.NS:+.0f} s during the export: one of"
                " the two clocks was set",
            )
        return after
    told.assume("recorder clock", "it could not be asked again after the export")
    return None


def _known(request: ExportRequest, found: Found, told: _Told) -> Known:
    return Known(
        requested=_requested(request, found),
        recorder=found.identity,
        clock=found.clock,
        assignments=found.assignments,
        failed=tuple(found.failed),
        assumptions=tuple(told.assumptions),
        missing=tuple(found.missing.items()),
    )


def _requested(request: ExportRequest, found: Found) -> Requested:
    handover = request.handover
    rate = request.bits_per_second
    asked = request.range
    if request.events is not None and request.events.event:
        asked = next((one.span for one in found.assignments), asked)
    return Requested(
        command="export",
        source=request.address.host,
        recordings=request.recordings,
        from_ns=asked.from_ns if asked else None,
        to_ns=asked.to_ns if asked else None,
        level=handover.level,
        accept_lower=handover.accept_lower,
        case=handover.case,
        exhibit=handover.exhibit,
        operator=handover.operator,
        legal_basis=handover.legal_basis,
        options=(
            ("times", request.clock or "not said"),
            *(request.events.options if request.events else ()),
            ("tls", request.address.tls.text if _over_tls(found) else "not used: the recorder was asked without TLS"),
            ("transport", str(request.address.transport)),
            *([("max_rate_bits_per_second", str(rate))] if rate else []),
            *([("native_storage", request.native.token)] if request.native else []),
            *([("jobs", str(request.side_by_side))] if request.several else []),
            *handover.options,
        ),
        said=request.said,
    )


def _over_tls(found: Found) -> bool:
    secure = ("rtsps://", "https://")
    return found.identity.tls is not None or any(one.uri.lower().startswith(secure) for one in found.assignments)


def _described(request: ExportRequest) -> dict[str, object]:
    """What makes another run the same request; the secret parts and the key are no part of it."""
    return {
        "command": "export",
        "host": request.address.host,
        "recordings": list(request.recordings),
        "from_ns": request.from_ns,
        "to_ns": request.to_ns,
        "times": request.clock,
        **({"events": list(request.events.options)} if request.events else {}),
        **request.handover.described,
    }


def _default_name(request: ExportRequest) -> str:
    more = len(request.recordings) - 1
    name = f"{safe_name(request.recordings[0])}{f'_and_{more}_more' if more else ''}"
    if request.events is not None and request.events.event:
        return f"{name}_around_{request.events.event}"
    whole = request.range
    assert whole is not None
    start, end = times.to_file_name(whole.from_ns), times.to_file_name(whole.to_ns)
    return f"{name}{'_events' if request.spans else ''}_{start}_{end}"
