"""``vssx probe``: everything that an export will need, tried on a recorder one step after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vssx import times
from vssx.errors import ExitCode, NothingRecordedError, VssxError
from vssx.jobs.clock import clock_synchronisation
from vssx.jobs.config import RecorderAddress
from vssx.jobs.lookup import OFFSET_LIMIT_NS
from vssx.jobs.probe_events import EventsTrial, try_events
from vssx.jobs.probe_levels import levels
from vssx.jobs.probe_replay import ReplayTrial, try_replay
from vssx.model.acquisition import AcquisitionEvent, ClockSample
from vssx.model.media import TrackType
from vssx.model.probe import ProbeReport, ProbeStep, StepResult
from vssx.model.recording import RecordingHistory, RecordingInformation

if TYPE_CHECKING:
    from vssx.onvif.device import Service
    from vssx.source.search import RecorderSession

_NEEDED = {"search": "ver10/search/wsdl", "replay": "ver10/replay/wsdl"}
_VERIFIED = {
    "system": "its certificate is verified by the system's authorities",
    "ca": "its certificate is verified by the authority of --ca",
    "pinned": "its certificate is the pinned one",
    "no": "its certificate is not verified",
}
_NOT_NEEDED = ("capabilities", "history", "events")  # an export gets along without
_BEFORE_END_NS = 10 * times.NS  # footage that was just written may not be readable yet


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRequest:
    """What to probe. ``recording``: token of the recording to replay a second of; None: any with video.

    ``at_ns``: which second, in the recorder's time; None: one of which the recorder tells that it recorded then.
    """

    address: RecorderAddress
    recording: str | None = None
    at_ns: int | None = None


_Step = Callable[[], tuple[str, dict[str, object]]]  # what it found, for people and for programs


@dataclass(slots=True)
class _Found:
    """What earlier steps found out for later ones."""

    recording: RecordingInformation | None = None
    history: RecordingHistory | None = None
    events: EventsTrial | None = None
    uri: str = ""
    trial: ReplayTrial | None = None


@dataclass(slots=True)
class _Steps:
    """The steps so far; what the packages below report meanwhile becomes a remark of the step it happened in."""

    done: list[ProbeStep] = field(default_factory=list)
    exit_code: ExitCode = ExitCode.DONE
    _remarks: list[str] = field(default_factory=list)
    _tls: dict[str, object] = field(default_factory=dict)

    def observe(self, event: AcquisitionEvent) -> None:
        """Called by the packages below."""
        if event.kind == "assumption":
            self.remark(f"{event.detail['subject']}: {event.detail['detail']}")
        elif event.kind in ("retry", "note"):
            self.remark(str(event.detail.get("text", "")))
        elif event.kind == "tls":
            self._tls = dict(event.detail)

    def remark(self, text: str) -> None:
        """Something about the present step."""
        if text and text not in self._remarks:
            self._remarks.append(text)

    def tls(self) -> dict[str, object]:
        """Who showed which certificate, as told by the last connection; empty without TLS."""
        return self._tls

    def run(self, name: str, step: _Step, *, optional: bool) -> bool:
        """Do a step; False where it failed and an export needs it."""
        self._remarks = []
        try:
            text, facts = step()
        except VssxError as error:
            if optional:
                self.remark(str(error))
                self._add(name, StepResult.REMARK, "not told", "", {})
                return True
            where = f" ({error.where})" if error.where else ""
            self._add(name, StepResult.FAILED, f"{error.message}{where}", error.next_step, {})
            if self.exit_code is ExitCode.DONE:
                self.exit_code = error.exit_code
            return False
        self._add(name, StepResult.REMARK if self._remarks else StepResult.OK, text, "", facts)
        return True

    def skip(self, name: str, why: str) -> None:
        """A step that makes no sense after what failed."""
        self._remarks = []
        self._add(name, StepResult.NOT_TRIED, why, "", {})

    def _add(self, name: str, result: StepResult, text: str, next_step: str, facts: dict[str, object]) -> None:
        step = ProbeStep(
            name=name, result=result, text=text, next_step=next_step, remarks=tuple(self._remarks), facts=facts
        )
        self.done.append(step)


def probe(request: ProbeRequest, started: Callable[[str], None] = lambda _name: None) -> ProbeReport:
    """Try everything. ``started``: told the name of each step as it begins.

    Raises UsageError for an address that makes no sense, StorageError for the file of ``--ca``.
    """
    from vssx.source.search import RecorderSession

    steps, found, address = _Steps(), _Found(), request.address
    with RecorderSession.connect(
        address.host,
        address.credentials,
        timeout=address.timeout,
        observe=steps.observe,
        tls=address.tls,
        begin=False,
    ) as session:
        plan: tuple[tuple[str, _Step], ...] = (
            *((("certificate", lambda: _certificate(session, address, steps)),) if _is_https(session) else ()),
            ("clock", lambda: _clock(session, steps)),
            ("services", lambda: _services(session, steps)),
            ("login", lambda: _login(session)),
            ("capabilities", lambda: _capabilities(session)),
            ("recordings", lambda: _recordings(session, request, found)),
            ("history", lambda: _history(session, found, steps)),
            ("events", lambda: _events(session, found, request, steps)),
            ("replay address", lambda: _replay_address(session, found, address)),
            ("replay", lambda: _replay(found, request, session, steps)),
        )
        blocked = ""
        for name, step in plan:
            started(name)
            if blocked:
                steps.skip(name, f"needs the step that failed: {blocked}")
            elif not steps.run(name, step, optional=name in _NOT_NEEDED):
                blocked = name
        where = session.address
    return ProbeReport(
        address=where,
        steps=tuple(steps.done),
        levels=levels(found.recording, found.trial, found.events),
        exit_code=steps.exit_code,
    )


def _is_https(session: RecorderSession) -> bool:
    return session.address.startswith("https:")


def _certificate(session: RecorderSession, address: RecorderAddress, steps: _Steps) -> tuple[str, dict[str, object]]:
    """What it shows, before it is judged: a person can compare it, and pin it."""
    from vssx.transport.byte_stream import shown_certificate

    parts = urlsplit(session.address)
    peer = shown_certificate(parts.hostname or "", parts.port or 443, address.timeout)
    if peer.not_after_ns is not None and peer.not_after_ns < times.now():
        steps.remark("the certificate has expired")
    if address.tls.insecure:
        steps.remark("with --insecure nobody verifies it, and the record will say so; better pin it with --fingerprint")
    until = "" if peer.not_after_ns is None else f", valid until {times.to_xs_datetime(peer.not_after_ns)}"
    return f"{peer.subject or 'unreadable'}{until}; SHA-256 {peer.certificate_sha256}", {
        "certificate_sha256": peer.certificate_sha256,
        "subject": peer.subject,
        "issuer": peer.issuer,
        "version": peer.version,
    }


def _clock(session: RecorderSession, steps: _Steps) -> tuple[str, dict[str, object]]:
    sample = session.sample_clock()
    offset, bound = sample.offset_ns / times.NS, (sample.offset_high_ns - sample.offset_low_ns) / 2 / times.NS
    text = f"answers; its clock minus this machine's: {offset:+.1f} s (within {bound:.1f} s)"
    if _is_off(sample):
        steps.remark(
            "the clocks differ: export wants --times true or --times recorder, to know whose time a range means."
            f" This machine's clock: {clock_synchronisation()}"
        )
    facts: dict[str, object] = {
        "address": session.address,
        "clock": times.to_xs_datetime(sample.recorder_ns),
        "offset_seconds": [sample.offset_low_ns / times.NS, sample.offset_high_ns / times.NS],
    }
    tls = steps.tls()
    facts["tls"] = tls or None
    return f"{text}; {_VERIFIED[str(tls['verified'])] if tls else 'not encrypted'}", facts


def _is_off(sample: ClockSample) -> bool:
    return sample.offset_low_ns > OFFSET_LIMIT_NS or sample.offset_high_ns < -OFFSET_LIMIT_NS


def _services(session: RecorderSession, steps: _Steps) -> tuple[str, dict[str, object]]:
    told: dict[str, Service] = {}
    for service in session.services():
        told.setdefault(service.namespace, service)
    missing = [name for name, ending in _NEEDED.items() if not any(key.endswith(ending) for key in told)]
    for name in missing:
        steps.remark(f"no {name} service is told of: it may be switched off, or hidden from this user")
    names = sorted(_short(namespace) for namespace in told)
    return ", ".join(names) or "none", {
        "services": [
            {"namespace": one.namespace, "address": one.xaddr, "version": "{}.{:02d}".format(*one.version)}
            for one in told.values()
        ]
    }


def _short(namespace: str) -> str:
    """http://www.onvif.org/ver10/search/wsdl -> search (10)"""
    parts = namespace.rstrip("/").split("/")
    if len(parts) >= 3 and parts[-1] == "wsdl" and parts[-3].startswith("ver"):
        return f"{parts[-2]} {parts[-3]}"
    return namespace


def _login(session: RecorderSession) -> tuple[str, dict[str, object]]:
    identity = session.authenticate()
    name = " ".join(part for part in (identity.manufacturer, identity.model) if part) or "an unnamed device"
    firmware = f", firmware {identity.firmware_version}" if identity.firmware_version else ""
    serial = f", serial number {identity.serial_number}" if identity.serial_number else ""
    return f"{name}{firmware}{serial}", {
        "manufacturer": identity.manufacturer,
        "model": identity.model,
        "firmware_version": identity.firmware_version,
        "serial_number": identity.serial_number,
    }


def _capabilities(session: RecorderSession) -> tuple[str, dict[str, object]]:
    search, replay = session.search_capabilities(), session.replay_capabilities()
    told = {
        "replay over RTSP and TCP": replay.rtp_rtsp_tcp,
        "search in metadata": search.metadata_search,
        "state of events at the start of a search": search.general_start_events,
    }
    text = "; ".join(f"{name}: {'yes' if has else 'no'}" for name, has in told.items())
    return f"as told: {text}", {
        "rtp_rtsp_tcp": replay.rtp_rtsp_tcp,
        "metadata_search": search.metadata_search,
        "general_start_events": search.general_start_events,
    }


def _recordings(session: RecorderSession, request: ProbeRequest, found: _Found) -> tuple[str, dict[str, object]]:
    everything = session.recordings()
    if request.recording is not None:
        found.recording = session.recording(request.recording)
    else:
        with_video = [one for one in everything if any(track.track_type is TrackType.VIDEO for track in one.tracks)]
        found.recording = next(iter(with_video or everything), None)
    if found.recording is None:
        raise NothingRecordedError(
            "no recording at all",
            where=session.address,
            next_step="Some recorders list only what was recorded through ONVIF, or what this user may see.",
        )
    count = f"{len(everything)} recording{'s' if len(everything) != 1 else ''}"
    tried = found.recording.source.name or found.recording.token
    return f"{count}; the following steps use {tried}", {
        "count": len(everything),
        "tokens": [one.token for one in everything],
        "tried": found.recording.token,
    }


def _history(session: RecorderSession, found: _Found, steps: _Steps) -> tuple[str, dict[str, object]]:
    recording = found.recording
    assert recording is not None
    to_ns = recording.latest_ns if recording.latest_ns is not None else times.now()
    from_ns = recording.earliest_ns if recording.earliest_ns is not None else to_ns - 86_400 * times.NS
    history = session.history(recording.token, from_ns, to_ns)
    if not history.available:
        steps.remark(
            f"the recorder does not tell when it recorded and when not: {history.detail}. Gaps cannot be confirmed"
        )
        return "not told", {"available": False}
    found.history = history
    gaps = max(0, len(history.spans) - 1)
    spans = len(history.spans)
    return f"{spans} recorded span{'' if spans == 1 else 's'}, {gaps} gap{'' if gaps == 1 else 's'}", {
        "available": True,
        "spans": spans,
    }


def _events(
    session: RecorderSession, found: _Found, request: ProbeRequest, steps: _Steps
) -> tuple[str, dict[str, object]]:
    assert found.recording is not None
    latest_ns = found.recording.latest_ns
    until_ns = request.at_ns if request.at_ns is not None else times.now() if latest_ns is None else latest_ns
    found.events = try_events(session, found.recording.token, until_ns=until_ns)
    for remark in found.events.remarks:
        steps.remark(remark)
    return found.events.text, found.events.facts


def _replay_address(session: RecorderSession, found: _Found, address: RecorderAddress) -> tuple[str, dict[str, object]]:
    assert found.recording is not None
    found.uri = session.replay_uri(found.recording.token, address.transport)
    return found.uri, {"uri": found.uri}


def _replay(
    found: _Found, request: ProbeRequest, session: RecorderSession, steps: _Steps
) -> tuple[str, dict[str, object]]:
    assert found.recording is not None
    at_ns = request.at_ns if request.at_ns is not None else _moment(found.recording, found.history)
    if at_ns is None:
        raise NothingRecordedError(
            "the recorder does not tell when it recorded, so no second could be chosen",
            where=f"recording {found.recording.token}",
            next_step="Name one with --at, if you know a time at which it recorded.",
        )
    found.trial = try_replay(
        found.uri,
        request.address,
        at_ns=at_ns,
        http_address=session.address,
        observe=steps.observe,
    )
    for remark in found.trial.remarks:
        steps.remark(remark)
    return found.trial.text, found.trial.facts


def _moment(recording: RecordingInformation, history: RecordingHistory | None) -> int | None:
    """A time at which something was recorded, as far as told: shortly before the end of the last span."""
    if history is not None and history.spans:
        last = history.spans[-1]
        end_ns = last.end_ns if last.end_ns is not None else history.to_ns
        return max(last.start_ns, end_ns - _BEFORE_END_NS)
    if recording.latest_ns is not None:
        return max(recording.earliest_ns or 0, recording.latest_ns - _BEFORE_END_NS)
    return recording.earliest_ns
