"""One recorder over SOAP: who it is, its clock, what it has recorded, where it replays (ONVIF Recording Search).

Errors: RecorderUnreachableError, NotAuthenticatedError, ProtocolError (faults are SoapFaultError),
NothingRecordedError for a recording that the recorder does not know.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from vssx import xml
from vssx.errors import NotAuthenticatedError, NothingRecordedError, ProtocolError, RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent, ClockSample, Credentials, Observe, RecorderIdentity
from vssx.model.recording import MediaAttributes, RecordingHistory, RecordingInformation, RecordingSummary
from vssx.onvif import device, recording, recording_history, replay, search
from vssx.onvif.namespaces import TRC, TRP, TSE
from vssx.onvif.search_session import FindEvents, SearchScope
from vssx.onvif.soap import SoapFaultError
from vssx.source import search_session
from vssx.source.address import Reachable, device_address, reachable_service, reachable_stream
from vssx.times import NS
from vssx.transport.http import SoapHttpClient

CLOCK_MAX_AGE_S = 30.0
CLOCK_DOUBT_NS = 5 * NS
HISTORY_TOPICS = "tns1:RecordingHistory//."
_NO_RECORDING = {"NoRecording", "InvalidToken", "NoSuchRecording", "InvalidRecordingToken"}
_SERVICES = {TSE: "search", TRC: "recording", TRP: "replay"}


class RecorderSession:
    """A conversation with one recorder; for one thread. Make it with ``connect``, close it or use it with ``with``."""

    def __init__(self, client: SoapHttpClient, observe: Observe, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._observe = observe
        self._pause = pause
        self._services: dict[str, tuple[Reachable, ...]] = {}
        self._reported: set[str] = set()
        self._clock_read = float("-inf")
        self._clock_doubted = False
        self._own_clock = False

    @classmethod
    def connect(
        cls,
        host: str,
        credentials: Credentials | None,
        *,
        timeout: float = 15.0,
        observe: Observe = lambda _event: None,
        insecure: bool = False,
        pause: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Ask the recorder for its clock, without credentials, and for its services.

        ``host``: host, host:port or URL. ``timeout`` in seconds. ``pause`` waits between polls, in seconds.
        """
        client = SoapHttpClient(
            device_address(host), credentials, timeout=timeout, observe=observe, insecure=insecure, pause=pause
        )
        session = cls(client, observe, pause)
        try:
            session._read_clock()
            session._find_services()
        except BaseException:
            client.close()
            raise
        return session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def address(self) -> str:
        """URL of the device service that answers."""
        return self._client.address

    def _report(self, kind: str, detail: dict[str, object]) -> None:
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind=kind, detail=detail))

    def _assume(self, subject: str, detail: str) -> None:
        """Once for each text: the same address is told with every request."""
        if detail not in self._reported:
            self._reported.add(detail)
            self._report("assumption", {"subject": subject, "detail": detail})

    # The clock

    def sample_clock(self) -> ClockSample:
        """The recorder's clock between two readings of this machine's."""
        try:
            return self._sample(authenticate=False)
        except (NotAuthenticatedError, SoapFaultError):
            return self._sample(authenticate=True)  # the specification wants it open to all; some recorders do not

    def _sample(self, *, authenticate: bool) -> ClockSample:
        sent_ns = time.time_ns()
        answer = self._client.call(self.address, device.get_system_date_and_time(), authenticate=authenticate)
        received_ns = time.time_ns()
        clock = device.read_get_system_date_and_time_response(answer)
        if not clock.utc_given:
            self._assume("recorder clock", "the recorder tells local time only; it was taken for UTC")
        sample = ClockSample(sent_ns=sent_ns, received_ns=received_ns, recorder_ns=clock.utc_ns)
        if not self._own_clock:
            self._client.clock_offset_ns = sample.offset_ns
        self._clock_read = time.monotonic()
        self._report(
            "clock",
            {
                "sent_ns": sent_ns,
                "received_ns": received_ns,
                "recorder_ns": clock.utc_ns,
                "resolution_ns": sample.resolution_ns,
                "time_zone": clock.time_zone,
                "ntp": clock.ntp,
            },
        )
        return sample

    def _read_clock(self) -> None:
        """Before everything else: tokens carry the recorder's time. Without its clock ours must do."""
        try:
            self.sample_clock()
        except (RecorderUnreachableError, NotAuthenticatedError):
            raise
        except ProtocolError as problem:
            if not isinstance(problem, SoapFaultError):
                raise
            self._assume("recorder clock", f"the recorder does not tell its clock; this machine's is used: {problem}")

    # Services and calls

    def _find_services(self) -> None:
        """GetServices, and GetCapabilities for what it leaves out or where it fails: recorders list by halves."""
        found: list[device.Service] = []
        problem: ProtocolError | None = None
        for request, read in (
            (device.get_services, device.read_get_services_response),
            (device.get_capabilities, device.read_get_capabilities_response),
        ):
            if {TSE, TRP} <= {service.namespace for service in found}:
                break
            try:
                found += read(self._call(self.address, request()))
            except ProtocolError as failure:
                problem = failure
        if not found and problem is not None:
            raise problem
        for service in found:
            if service.namespace in _SERVICES and service.namespace not in self._services:
                self._services[service.namespace] = reachable_service(service.xaddr, self.address)

    def _call(self, url: str, body: xml.Element) -> xml.Element:
        """A request with credentials. Before refused ones are believed: an old clock sample is renewed, and a clock
        far from ours is doubted once, since some recorders tell local time as UTC and check tokens by the true one."""
        try:
            return self._client.call(url, body)
        except NotAuthenticatedError:
            if time.monotonic() - self._clock_read >= CLOCK_MAX_AGE_S:
                self._sample(authenticate=False)
            elif self._clock_doubted or abs(self._client.clock_offset_ns) < CLOCK_DOUBT_NS:
                raise
            else:
                self._clock_doubted = True
                return self._call_by_own_clock(url, body)
            return self._client.call(url, body)

    def _call_by_own_clock(self, url: str, body: xml.Element) -> xml.Element:
        told_ns, self._client.clock_offset_ns = self._client.clock_offset_ns, 0
        try:
            answer = self._client.call(url, body)
        except NotAuthenticatedError:
            self._client.clock_offset_ns = told_ns
            raise
        self._own_clock = True
        self._assume(
            "recorder clock",
            f"the recorder tells a clock that is {told_ns / NS:+.0f} s from this machine's, but accepts tokens by this"
            " machine's clock only: the time it tells may be local time",
        )
        return answer

    def _ask(self, namespace: str, body: xml.Element) -> xml.Element:
        """A request to a service, at the first of its addresses that works."""
        addresses = self._services.get(namespace, ())
        if not addresses:
            raise ProtocolError(
                f"the recorder names no {_SERVICES[namespace]} service",
                where=self.address,
                next_step="It may not record, or hide it: check its ONVIF settings and the user's rights.",
            )
        for index, choice in enumerate(addresses):
            last = index + 1 == len(addresses)
            try:
                answer = self._call(choice.url, body)
            except RecorderUnreachableError:
                if last:
                    raise
            except ProtocolError as problem:
                # A fault is an answer of the service; anything else may be another program behind that address.
                if last or isinstance(problem, SoapFaultError):
                    raise
            else:
                self._settle(namespace, choice)
                return answer
        raise AssertionError("the last address answers or raises")

    def _settle(self, namespace: str, choice: Reachable) -> None:
        self._services[namespace] = (choice,)
        if choice.change:
            self._assume(f"address of the {_SERVICES[namespace]} service", f"{choice.change}: {choice.url}")

    def _has(self, namespace: str) -> bool:
        return bool(self._services.get(namespace))

    # What it is and what it holds

    def identity(self) -> RecorderIdentity:
        """Manufacturer, model, firmware, serial number, name and location as stated; what is not told stays empty."""
        identity = RecorderIdentity(address=self.address)
        try:
            answer = self._call(self.address, device.get_device_information())
            identity = device.read_get_device_information_response(answer, address=self.address)
        except ProtocolError as problem:
            self._assume("recorder identity", f"not told: {problem}")
        scopes: tuple[str, ...] = ()
        try:
            scopes = device.read_get_scopes_response(self._call(self.address, device.get_scopes()))
        except ProtocolError as problem:
            self._assume("recorder name", f"not told: {problem}")
        return replace(
            identity,
            name=device.scope_text(scopes, device.SCOPE_NAME),
            location=device.scope_text(scopes, device.SCOPE_LOCATION),
            tls_certificate_sha256=self._client.tls_certificate_sha256,
        )

    def summary(self) -> RecordingSummary:
        """Span and number of all recordings, as the recorder tells them. The span may begin in 1970."""
        return search.read_get_recording_summary_response(self._ask(TSE, search.get_recording_summary()))

    def recordings(self) -> tuple[RecordingInformation, ...]:
        """All recordings, by token: from a search; where that fails or finds none, from Recording Control."""
        found: tuple[RecordingInformation, ...] = ()
        problem: ProtocolError | None = None
        try:
            found, note = search_session.find_recordings(self._searcher())
            if note:
                self._assume("list of recordings", note)
        except ProtocolError as failure:
            problem = failure
        if not found and self._has(TRC):
            try:
                answer = self._ask(TRC, recording.get_recordings())
                found = tuple(self._with_times(item) for item in recording.read_get_recordings_response(answer))
            except ProtocolError as failure:
                problem = problem or failure
            else:
                if found or problem:
                    why = f"the search failed: {problem}" if problem else "the search found nothing"
                    self._assume("list of recordings", f"taken from Recording Control, since {why}")
                problem = None
        if not found and problem is not None:
            raise problem
        return tuple(sorted({item.token: item for item in found}.values(), key=lambda item: item.token))

    def _with_times(self, item: RecordingInformation) -> RecordingInformation:
        """Recording Control tells no times; GetRecordingInformation may."""
        try:
            answer = self._ask(TSE, search.get_recording_information(item.token))
            told = search.read_get_recording_information_response(answer)
        except ProtocolError:
            return item
        return told if told.token == item.token else item

    def _searcher(self) -> search_session.Searcher:
        return search_session.Searcher(
            ask=lambda body: self._ask(TSE, body), wait_s=min(5.0, self._client.timeout / 3), pause=self._pause
        )

    def recording(self, token: str) -> RecordingInformation:
        """One recording. Raises NothingRecordedError if the recorder does not know it."""
        try:
            answer = self._ask(TSE, search.get_recording_information(token))
            found = search.read_get_recording_information_response(answer)
            if found.token == token:
                return found
        except SoapFaultError as problem:
            if _NO_RECORDING.intersection(problem.fault.subcodes):
                raise _unknown(token, self.address) from None
        except ProtocolError:
            if not self._has(TRC):
                raise
        # The recorder does not do this call properly: look into the list.
        for item in self.recordings():
            if item.token == token:
                return item
        raise _unknown(token, self.address)

    def history(self, token: str, from_ns: int, to_ns: int) -> RecordingHistory:
        """What the recording-history events say about a recording between two times, ns UTC of the recorder's clock.

        ``available`` is False, with the reason, where the recorder has no such events or refuses the search.
        """
        request = FindEvents(
            start_ns=from_ns,
            end_ns=to_ns,
            scope=SearchScope(included_recordings=(token,)),
            topics=(HISTORY_TOPICS,),
            include_start_state=True,
        )
        try:
            try:
                events, note = search_session.find_events(self._searcher(), request)
            except SoapFaultError:  # its topic expressions are poorer: take all events, and choose here
                events, note = search_session.find_events(self._searcher(), replace(request, topics=()))
        except (ProtocolError, NotAuthenticatedError) as problem:
            return RecordingHistory(
                recording_token=token, from_ns=from_ns, to_ns=to_ns, available=False, detail=str(problem)
            )
        told = recording_history.history(token, events, from_ns=from_ns, to_ns=to_ns)
        if note:
            self._assume("recording history", note)
        return replace(told, detail=note) if note and told.available else told

    def attributes(self, token: str, time_ns: int) -> MediaAttributes | None:
        """Encodings, sizes and rates of a recording's tracks at a moment; None where the recorder does not tell."""
        try:
            answer = self._ask(TSE, search.get_media_attributes((token,), time_ns))
            told = search.read_get_media_attributes_response(answer)
        except ProtocolError:
            return None
        return next((item for item in told if item.recording_token == token), None)

    def replay_uri(self, token: str) -> str:
        """RTSP address of a recording, with the host that answered. Raises NothingRecordedError, ProtocolError."""
        try:
            answer = self._ask(TRP, replay.get_replay_uri(replay.ReplayUriRequest(recording_token=token)))
        except SoapFaultError as problem:
            if _NO_RECORDING.intersection(problem.fault.subcodes):
                raise _unknown(token, self.address) from None
            raise
        stream = reachable_stream(replay.read_get_replay_uri_response(answer), self.address)
        if stream.change:
            self._assume("address of the replay", f"{stream.change}: {stream.url}")
        return stream.url


def _unknown(token: str, address: str) -> NothingRecordedError:
    return NothingRecordedError(
        f"the recorder knows no recording {token[:100]!r}",
        where=address,
        next_step="List the recordings with: vssx recordings HOST",
    )


def size_estimate(
    attributes: MediaAttributes | None,
    history: RecordingHistory | None,
    information: RecordingInformation | None = None,
) -> int | None:
    """Bytes that a recording may have: the bit rates told, times the recorded time; None where nothing tells one.

    The time comes from the history's spans, else from first to last time of ``information``, gaps included.
    """
    rates = [track.bitrate for track in attributes.tracks if track.bitrate] if attributes is not None else []
    if not rates:
        return None
    if history is not None and history.available and history.spans:
        duration_ns = sum((history.to_ns if s.end_ns is None else s.end_ns) - s.start_ns for s in history.spans)
    elif information is not None and information.earliest_ns is not None and information.latest_ns is not None:
        duration_ns = information.latest_ns - information.earliest_ns
    else:
        return None
    return max(0, sum(rates) * 125 * duration_ns // NS)  # kbit/s
