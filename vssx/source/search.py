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
from vssx.errors import NotAuthenticatedError, NothingRecordedError, ProtocolError
from vssx.model.acquisition import ClockSample, Credentials, Observe, RecorderIdentity
from vssx.model.network import VERIFIED, StreamTransport, TlsPolicy
from vssx.model.recording import MediaAttributes, RecordingHistory, RecordingInformation, RecordingSummary
from vssx.onvif import device, recorded_data, recording, recording_history, replay, search
from vssx.onvif.metadata_search import FindMetadata
from vssx.onvif.namespaces import TRC, TRP, TSE
from vssx.onvif.search_session import FindEvents, SearchScope
from vssx.onvif.soap import SoapFaultError
from vssx.source import events, search_session
from vssx.source.address import device_address, reachable_stream
from vssx.source.found_events import FoundEvents
from vssx.source.recorder_calls import RecorderCalls
from vssx.times import NS
from vssx.transport.http import SoapHttpClient

HISTORY_TOPICS = "tns1:RecordingHistory//."
_STALLED_AGAIN_S = 10.0
_ANY_METADATA = "boolean(//Frame) or boolean(//PTZStatus) or boolean(//NotificationMessage)"
# tt:TransportProtocol, as it is asked for in turn
_PROTOCOLS = {
    StreamTransport.AUTO: ("RTSP", "UDP", "HTTP"),
    StreamTransport.TCP: ("RTSP",),
    StreamTransport.UDP: ("UDP", "RTSP"),
    StreamTransport.HTTP: ("HTTP", "RTSP"),
}
_NO_RECORDING = {"NoRecording", "InvalidToken", "NoSuchRecording", "InvalidRecordingToken"}


class RecorderSession:
    """A conversation with one recorder; for one thread. Make it with ``connect``, close it or use it with ``with``."""

    def __init__(self, calls: RecorderCalls, pause: Callable[[float], None] = time.sleep) -> None:
        self._calls = calls
        self._pause = pause
        self._stalls = False

    @classmethod
    def connect(
        cls,
        host: str,
        credentials: Credentials | None,
        *,
        timeout: float = 15.0,
        observe: Observe = lambda _event: None,
        tls: TlsPolicy = VERIFIED,
        pause: Callable[[float], None] = time.sleep,
        begin: bool = True,
    ) -> Self:
        """Ask the recorder for its clock, without credentials, and for its services; without ``begin`` for nothing yet.

        ``host``: host, host:port or URL. ``timeout`` in seconds. ``pause`` waits between polls, in seconds.
        """
        client = SoapHttpClient(
            device_address(host), credentials, timeout=timeout, observe=observe, tls=tls, pause=pause
        )
        calls = RecorderCalls(client, observe)
        if begin:
            try:
                calls.read_clock()
                calls.find_services()
            except BaseException:  # whatever it was, it goes on up: only the connections must not stay open
                client.close()
                raise
        return cls(calls, pause)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._calls.client.close()

    @property
    def address(self) -> str:
        """URL of the device service that answers."""
        return self._calls.address

    def sample_clock(self) -> ClockSample:
        """The recorder's clock between two readings of this machine's."""
        return self._calls.sample_clock()

    def services(self) -> tuple[device.Service, ...]:
        """The services that it tells of, as told. Raises ProtocolError where it tells of none at all."""
        return self._calls.find_services()

    # What it is and what it holds

    def authenticate(self) -> RecorderIdentity:
        """Manufacturer, model, firmware and serial number, which only a user may ask for. Raises also for a fault."""
        answer = self._calls.call(self.address, device.get_device_information())
        return device.read_get_device_information_response(answer, address=self.address)

    def identity(self) -> RecorderIdentity:
        """Manufacturer, model, firmware, serial number, name and location as stated; what is not told stays empty."""
        identity = RecorderIdentity(address=self.address)
        try:
            identity = self.authenticate()
        except ProtocolError as problem:
            self._calls.assume("recorder identity", f"not told: {problem}")
        scopes: tuple[str, ...] = ()
        try:
            scopes = device.read_get_scopes_response(self._calls.call(self.address, device.get_scopes()))
        except ProtocolError as problem:
            self._calls.assume("recorder name", f"not told: {problem}")
        return replace(
            identity,
            name=device.scope_text(scopes, device.SCOPE_NAME),
            location=device.scope_text(scopes, device.SCOPE_LOCATION),
            tls=self._calls.client.tls_peer,
        )

    def summary(self) -> RecordingSummary:
        """Span and number of all recordings, as the recorder tells them. The span may begin in 1970."""
        return search.read_get_recording_summary_response(self._calls.ask(TSE, search.get_recording_summary()))

    def recordings(self) -> tuple[RecordingInformation, ...]:
        """All recordings, by token: from a search; where that fails or finds none, from Recording Control."""
        found: tuple[RecordingInformation, ...] = ()
        problem: ProtocolError | None = None
        try:
            found, note = search_session.find_recordings(self._searcher())
            if note:
                self._calls.assume("list of recordings", note)
        except ProtocolError as failure:
            problem = failure
        if not found and self._calls.has(TRC):
            try:
                answer = self._calls.ask(TRC, recording.get_recordings())
                found = tuple(self._with_times(item) for item in recording.read_get_recordings_response(answer))
            except ProtocolError as failure:
                problem = problem or failure
            else:
                if found or problem:
                    why = f"the search failed: {problem}" if problem else "the search found nothing"
                    self._calls.assume("list of recordings", f"taken from Recording Control, since {why}")
                problem = None
        if not found and problem is not None:
            raise problem
        return tuple(sorted({item.token: item for item in found}.values(), key=lambda item: item.token))

    def _with_times(self, item: RecordingInformation) -> RecordingInformation:
        """Recording Control tells no times; GetRecordingInformation may."""
        try:
            answer = self._calls.ask(TSE, search.get_recording_information(item.token))
            told = search.read_get_recording_information_response(answer)
        except ProtocolError:
            return item
        return told if told.token == item.token else item

    def _searcher(self) -> search_session.Searcher:
        searcher = search_session.Searcher(
            ask=lambda body: self._calls.ask(TSE, body),
            wait_s=min(5.0, self._calls.client.timeout / 3),
            pause=self._pause,
            on_stall=self._has_stalled,
        )
        return replace(searcher, stalled_s=min(searcher.stalled_s, _STALLED_AGAIN_S)) if self._stalls else searcher

    def _has_stalled(self) -> None:
        """A recorder whose searches do not end is not waited for a minute at each of them."""
        self._stalls = True

    def recording(self, token: str) -> RecordingInformation:
        """One recording. Raises NothingRecordedError if the recorder does not know it."""
        try:
            answer = self._calls.ask(TSE, search.get_recording_information(token))
            found = search.read_get_recording_information_response(answer)
            if found.token == token:
                return found
        except SoapFaultError as problem:
            if _NO_RECORDING.intersection(problem.fault.subcodes):
                raise _unknown(token, self.address) from None
        except ProtocolError:
            if not self._calls.has(TRC):
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
                found, note = search_session.find_events(self._searcher(), request)
            except SoapFaultError:  # its topic expressions are poorer: take all events, and choose here
                found, note = search_session.find_events(self._searcher(), replace(request, topics=()))
        except (ProtocolError, NotAuthenticatedError) as problem:
            return RecordingHistory(
                recording_token=token, from_ns=from_ns, to_ns=to_ns, available=False, detail=str(problem)
            )
        told = recording_history.history(token, found, from_ns=from_ns, to_ns=to_ns)
        if note:
            self._calls.assume("recording history", note)
        return replace(told, detail=note) if note and told.available else told

    def find_events(self, query: events.EventQuery, into: FoundEvents) -> events.EventsOutcome:
        """Put the events that it finds into a store. Raises as ``vssx.source.events.search_events``."""
        return events.search_events(self._searcher(), query, into)

    def has_metadata(self, held: RecordingInformation, from_ns: int, to_ns: int) -> bool | None:
        """Whether it finds any metadata of a recording in a range, ns UTC of its clock; None where it cannot tell.

        None, too, where it finds none in all of the recording: whether it searches at all is not known then.
        """
        request = FindMetadata(
            start_ns=from_ns,
            end_ns=to_ns,
            scope=SearchScope(included_recordings=(held.token,)),
            stream_filter=_ANY_METADATA,
            max_matches=1,
        )
        try:
            if not self.search_capabilities().metadata_search:
                return None
            if search_session.finds_metadata(self._searcher(), request):
                return True
            if held.earliest_ns is None or held.latest_ns is None:
                return None
            whole = replace(request, start_ns=held.earliest_ns, end_ns=held.latest_ns)
            return False if search_session.finds_metadata(self._searcher(), whole) else None
        except (ProtocolError, NotAuthenticatedError):
            return None

    def search_capabilities(self) -> search.SearchCapabilities:
        """What its search service can do."""
        return search.read_get_service_capabilities_response(self._calls.ask(TSE, search.get_service_capabilities()))

    def replay_capabilities(self) -> replay.ReplayCapabilities:
        """What its replay service can do."""
        return replay.read_get_service_capabilities_response(self._calls.ask(TRP, replay.get_service_capabilities()))

    def own_export_formats(self) -> tuple[str, ...]:
        """File formats in which the recorder exports by itself; none where it does not, or does not say."""
        try:
            answer = self._calls.ask(TRC, recording.get_service_capabilities())
        except ProtocolError:
            return ()
        return recorded_data.supported_formats(xml.find(answer, "Capabilities"))

    def start_own_export(self, request: recorded_data.RecordedDataRequest) -> tuple[str, tuple[str, ...]]:
        """ExportRecordedData: the operation's token, and names of files as far as they are told."""
        answer = self._calls.ask(TRC, recorded_data.export_recorded_data(request))
        return recorded_data.read_export_recorded_data_response(answer)

    def own_export_state(self, operation: str) -> recorded_data.RecordedDataState:
        """GetExportRecordedDataState."""
        answer = self._calls.ask(TRC, recorded_data.get_export_recorded_data_state(operation))
        return recorded_data.read_get_export_recorded_data_state_response(answer)

    def attributes(self, token: str, time_ns: int) -> MediaAttributes | None:
        """Encodings, sizes and rates of a recording's tracks at a moment; None where the recorder does not tell."""
        try:
            answer = self._calls.ask(TSE, search.get_media_attributes((token,), time_ns))
            told = search.read_get_media_attributes_response(answer)
        except ProtocolError:
            return None
        return next((item for item in told if item.recording_token == token), None)

    def replay_uri(self, token: str, transport: StreamTransport = StreamTransport.AUTO) -> str:
        """Address of a recording for replay, with the host that answered. Raises NothingRecordedError, ProtocolError.

        ``transport``: some recorders have another address for each, others a fault for those they do not know.
        """
        wanted, *others = _PROTOCOLS[transport]
        try:
            answer = self._ask_replay_uri(token, wanted)
        except SoapFaultError as problem:
            answer = self._ask_other_replay_uri(token, others, problem)
        stream = reachable_stream(replay.read_get_replay_uri_response(answer), self.address)
        if stream.change:
            self._calls.assume("address of the replay", f"{stream.change}: {stream.url}")
        return stream.url

    def _ask_replay_uri(self, token: str, protocol: str) -> xml.Element:
        request = replay.ReplayUriRequest(recording_token=token, protocol=protocol)
        return self._calls.ask(TRP, replay.get_replay_uri(request))

    def _ask_other_replay_uri(self, token: str, protocols: list[str], problem: SoapFaultError) -> xml.Element:
        if _NO_RECORDING.intersection(problem.fault.subcodes):
            raise _unknown(token, self.address) from None
        for protocol in protocols:
            try:
                answer = self._ask_replay_uri(token, protocol)
            except SoapFaultError:
                continue
            self._calls.assume("address of the replay", f"the one for {protocol}, since {problem}")
            return answer
        raise problem


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
