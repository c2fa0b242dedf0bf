"""``vssx export --dry-run``: how much it would be and how long it would take, without writing anything."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from vssx import times
from vssx.errors import NothingRecordedError
from vssx.evidence.acquisition_log import Relay
from vssx.jobs.acquire import Assignment, open_replay
from vssx.jobs.config import RecorderAddress
from vssx.jobs.export import ExportRequest, check_request
from vssx.jobs.lookup import look_up
from vssx.model.media import AccessUnit
from vssx.model.recording import RecordingHistory, Span

_TRIED_NS = times.NS
TOLD = "bit rates that the recorder tells"
REPLAYED = "a replay of one second"
NOTHING = "nothing recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One recording, or one of its spans around events: from ``from_ns`` to ``to_ns``, UTC in the recorder's clock.

    ``recorded_ns``: how long the recorder says that it recorded in the range; where it has no history, from the first
    to the last time that it tells, or the whole range. ``size_bytes``: of the media, from ``basis``. ``seconds``: how
    long the export of this one alone would take, at the rate of a replay of one second or at the rate allowed.
    """

    token: str
    camera: str
    from_ns: int
    to_ns: int
    recorded_ns: int
    size_bytes: int
    basis: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """``seconds``: from the first media to the last; ``before_s``: until media came, and after it."""

    payload_bytes: int
    media_ns: int
    seconds: float
    before_s: float


def estimate(request: ExportRequest) -> tuple[Estimate, ...]:
    """Ask the recorder as an export does, and replay one second of each recording, of several spans in the first.

    Raises what an export raises before it writes anything.
    """
    from vssx.source.search import RecorderSession, size_estimate

    check_request(request)
    address = request.address
    estimates = []
    trials: dict[str, _Trial] = {}
    with RecorderSession.connect(
        address.host, address.credentials, timeout=address.timeout, observe=Relay(), tls=address.tls
    ) as session:
        found = look_up(request, session, None, lambda _subject, _detail: None)
        for token, error in found.failed.items():
            error.where = error.where or f"recording {token}"
            raise error
        for one in found.assignments:
            token = one.recording.token
            told = None
            if not one.empty:
                told = size_estimate(session.attributes(token, _start_ns(one)), _clipped(one))
                trials[token] = trials.get(token) or _try(one, address)
            estimates.append(_estimate(one, trials.get(token), told))
    return tuple(estimates)


def _estimate(one: Assignment, trial: _Trial | None, told: int | None) -> Estimate:
    """``trial``: None where there is nothing to replay."""
    if one.empty or trial is None:
        return Estimate(
            token=one.recording.token,
            camera=one.camera,
            from_ns=one.from_ns,
            to_ns=one.to_ns,
            recorded_ns=0,
            size_bytes=0,
            basis=NOTHING,
            seconds=0.0,
        )
    recorded_ns = sum((span.end_ns or one.to_ns) - span.start_ns for span in _clipped(one).spans)
    size = told if told else trial.payload_bytes * recorded_ns // trial.media_ns
    rate = trial.payload_bytes / trial.seconds
    if one.bytes_per_second is not None:
        rate = min(rate, one.bytes_per_second)
    return Estimate(
        token=one.recording.token,
        camera=one.camera,
        from_ns=one.from_ns,
        to_ns=one.to_ns,
        recorded_ns=recorded_ns,
        size_bytes=size,
        basis=TOLD if told else REPLAYED,
        seconds=trial.before_s + size / rate,
    )


def _clipped(one: Assignment) -> RecordingHistory:
    """The history within the range; without one what the recorder says of the recording's first and last time."""
    history = one.history
    told = Span(start_ns=one.recording.earliest_ns or one.from_ns, end_ns=one.recording.latest_ns)
    if told.start_ns >= one.to_ns or (told.end_ns is not None and told.end_ns <= one.from_ns):
        told = Span(start_ns=one.from_ns, end_ns=one.to_ns)
    spans = history.spans if history.available else (told,)
    cut = (
        Span(
            start_ns=max(span.start_ns, one.from_ns),
            end_ns=one.to_ns if span.end_ns is None else min(span.end_ns, one.to_ns),
        )
        for span in spans
    )
    return replace(history, available=True, spans=tuple(cut))


def _start_ns(one: Assignment) -> int:
    return _clipped(one).spans[0].start_ns


def _try(one: Assignment, address: RecorderAddress) -> _Trial:
    start_ns = _start_ns(one)
    begun = time.monotonic()
    payload_bytes, first_ns, last_ns, first_s, last_s = 0, None, 0, 0.0, 0.0
    with open_replay(one, address, Relay(), from_ns=start_ns, to_ns=start_ns + _TRIED_NS) as source:
        for item in source:
            if isinstance(item, AccessUnit):
                last_s = time.monotonic()
                if first_ns is None:
                    first_ns, first_s = item.utc_ns, last_s
                last_ns = max(last_ns, item.utc_ns)
                payload_bytes += len(item.payload)
    if first_ns is None or not payload_bytes:
        raise NothingRecordedError(
            "the recorder delivered nothing of the second that was tried",
            where=one.target.recording_token,
            next_step="Name a range that begins where it recorded, or export without --dry-run.",
        )
    seconds = max(last_s - first_s, 0.001)
    return _Trial(
        payload_bytes=payload_bytes,
        media_ns=max(last_ns - first_ns, _TRIED_NS // 2),
        seconds=seconds,
        before_s=time.monotonic() - begun - seconds,
    )
