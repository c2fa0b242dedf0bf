"""The recorder session against a small recorder over real HTTP, with the faults of the field."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.transport.http_server import Log, Request, Server, http
from vssx import xml
from vssx.digest_auth import AuthenticationServer, Verdict
from vssx.errors import NotAuthenticatedError, NothingRecordedError, ProtocolError, RecorderUnreachableError
from vssx.model.acquisition import Credentials, RecorderIdentity
from vssx.model.media import TrackType
from vssx.model.network import StreamTransport
from vssx.model.recording import (
    MediaAttributes,
    RecordingHistory,
    RecordingInformation,
    RecordingSourceInformation,
    RecordingSummary,
    Span,
    TrackAttributes,
    TrackInformation,
)
from vssx.onvif import device, recording, recording_history, replay, search, search_session, soap
from vssx.onvif.namespaces import TRC, TRP, TSE
from vssx.onvif.search_session import EventResults, RecordingResults
from vssx.source.search import RecorderSession, size_estimate
from vssx.source.search_session import Searcher, find_recordings
from vssx.times import from_xs_datetime

USER = Credentials(user="user", password="geheim")
T = 1_700_000_000 * 10**9
HOUR = 3600 * 10**9
TRACK = TrackInformation(token="V", track_type=TrackType.VIDEO, data_from_ns=T, data_to_ns=T + HOUR)
FIRST = RecordingInformation(
    token="first",
    source=RecordingSourceInformation(name="Tor"),
    status="Recording",
    earliest_ns=0,
    latest_ns=T + HOUR,
    tracks=(TRACK,),
)
SECOND = RecordingInformation(token="second", source=RecordingSourceInformation())
ATTRIBUTES = MediaAttributes(
    recording_token="first",
    tracks=(TrackAttributes(track=TRACK, encoding="H264", width=1, height=1, framerate=1.0, bitrate=800),),
    from_ns=T,
    until_ns=T,
)
EVENTS = (
    recording_history.track_state("first", "V", time_ns=T, data_present=True, start_state=True),
    recording_history.track_state("first", "V", time_ns=T + 10, data_present=False),
    recording_history.track_state("first", "V", time_ns=T + 20, data_present=True),
)


def fault(*subcodes: str) -> soap.Fault:
    return soap.Fault(code="Sender", subcodes=subcodes, reason="refused")


def recordings(state: str, *found: RecordingInformation) -> xml.Element:
    return search_session.get_recording_search_results_response(RecordingResults(state=state, recordings=found))


def events(state: str, *found: Any) -> xml.Element:
    return search_session.get_event_search_results_response(EventResults(state=state, events=found))


class Recorder:
    """Answers each operation with a value, or with what a function gives for the request's body."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies: list[xml.Element] = []
        self.tokens: list[soap.UsernameToken | None] = []
        self.clock_s = 0.0  # the recorder's clock minus the true time
        self.port = 0
        self.answers: dict[str, Any] = {
            "GetSystemDateAndTime": lambda _body: device.get_system_date_and_time_response(
                device.SystemDateAndTime(utc_ns=time.time_ns() + int(self.clock_s * 10**9))
            ),
            "GetDeviceInformation": device.get_device_information_response(
                RecorderIdentity(address="", manufacturer="M", model="m", serial_number="s")
            ),
            "GetScopes": device.get_scopes_response((device.scope(device.SCOPE_NAME, "Tor 1"),)),
            "GetServices": lambda _body: device.get_services_response(self.services()),
            "GetCapabilities": fault("ActionNotSupported"),
            "GetRecordingSummary": search.get_recording_summary_response(
                RecordingSummary(data_from_ns=0, data_until_ns=T, number_recordings=2)
            ),
            "FindRecordings": search_session.find_recordings_response("search-1"),
            "GetRecordingSearchResults": recordings("Completed", SECOND, FIRST),
            "GetRecordingInformation": lambda body: (
                search.get_recording_information_response(FIRST)
                if search.read_get_recording_information(body) == "first"
                else fault("InvalidArgVal", "InvalidToken")
            ),
            "GetMediaAttributes": search.get_media_attributes_response((ATTRIBUTES,)),
            "FindEvents": search_session.find_events_response("search-2"),
            "GetEventSearchResults": events("Completed", *EVENTS),
            "EndSearch": search_session.end_search_response(T),
            "GetRecordings": recording.get_recordings_response((FIRST, SECOND)),
            "GetReplayUri": lambda body: (
                replay.get_replay_uri_response("rtsp://192.168.99.99:8554/replay?token=first")
                if replay.read_get_replay_uri(body).recording_token == "first"
                else fault("InvalidArgVal", "NoRecording")
            ),
        }

    def services(self) -> tuple[device.Service, ...]:
        base = f"http://127.0.0.1:{self.port}/onvif"
        return tuple(
            device.Service(namespace=ns, xaddr=f"{base}/{name}")
            for ns, name in ((TSE, "search"), (TRC, "recording"), (TRP, "replay"))
        )

    def one_after_the_other(self, operation: str, *answers: Any) -> None:
        waiting = list(answers)
        self.answers[operation] = lambda _body: waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def __call__(self, request: Request) -> bytes | None:
        envelope = soap.parse(request.body)
        assert envelope.body is not None
        operation = xml.local_name(envelope.body)
        self.asked.append(operation)
        self.bodies.append(envelope.body)
        self.tokens.append(envelope.username_token)
        answer = self.answers[operation]
        answer = answer(envelope.body) if callable(answer) else answer
        if isinstance(answer, soap.Fault):
            return http(answer.http_status, soap.render_fault(answer))
        if isinstance(answer, bytes) or answer is None:
            return answer
        return http(200, soap.render(xml.parse(xml.serialize(answer))))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def connect(recorder, log) -> Iterator[Callable[..., RecorderSession]]:
    server = Server(recorder)
    recorder.port = server.listener.getsockname()[1]

    def start(host: str = f"127.0.0.1:{recorder.port}", credentials: Credentials | None = USER) -> RecorderSession:
        return RecorderSession.connect(host, credentials, timeout=5.0, observe=log, pause=lambda _s: None)

    yield start
    server.close()


def test_order_of_the_first_requests(recorder, connect, log):
    """The clock comes first, without credentials; from then on tokens carry the recorder's time."""
    recorder.clock_s = -3600.0
    with connect() as session:
        assert session.address == f"http://127.0.0.1:{recorder.port}/onvif/device_service"
    assert recorder.asked == ["GetSystemDateAndTime", "GetServices"]
    assert recorder.tokens[0] is None
    token = recorder.tokens[1]
    assert token is not None
    assert soap.verify_username_token(token, USER.password)
    created = seconds_of(token.created)
    assert abs(created - (time.time() - 3600)) < 5
    assert [event["operation"] for event in log.of("soap")] == recorder.asked
    assert "geheim" not in repr(log.events)
    assert token.digest not in repr(log.events)


def seconds_of(text: str) -> float:
    return from_xs_datetime(text) / 10**9


def test_clock_sample(recorder, connect, log):
    recorder.clock_s = 90.0
    sample = connect().sample_clock()
    assert sample.offset_low_ns <= 90 * 10**9 <= sample.offset_high_ns
    assert sample.sent_ns <= sample.received_ns
    assert len(log.of("clock")) == 2


def test_clock_behind_a_password(recorder, connect):
    def clock(_body: xml.Element) -> Any:
        if recorder.tokens[-1] is None:
            return fault("NotAuthorized")
        return device.get_system_date_and_time_response(device.SystemDateAndTime(utc_ns=T))

    recorder.answers["GetSystemDateAndTime"] = clock
    assert connect().sample_clock().recorder_ns == T


def test_recorder_without_a_clock(recorder, connect, log):
    recorder.answers["GetSystemDateAndTime"] = fault("ActionNotSupported")
    connect()
    assert "this machine's is used" in str(log.of("assumption"))


def test_wrong_password_when_the_clock_is_locked(recorder, connect):
    recorder.answers["GetSystemDateAndTime"] = fault("NotAuthorized")
    with pytest.raises(NotAuthenticatedError):
        connect()


def test_clock_is_read_again_before_credentials_are_called_wrong(recorder, connect, monkeypatch):
    """A long export: the recorder's clock was set meanwhile."""
    session = connect()
    recorder.clock_s = 5000.0

    def summary(_body: xml.Element) -> Any:
        token = recorder.tokens[-1]
        assert token is not None
        fresh = abs(seconds_of(token.created) - time.time() - recorder.clock_s) < 10
        return recorder.answers["kept"] if fresh else fault("NotAuthorized")

    recorder.answers["kept"] = recorder.answers["GetRecordingSummary"]
    recorder.answers["GetRecordingSummary"] = summary
    with pytest.raises(NotAuthenticatedError):
        session.summary()  # just read: credentials must be wrong
    monkeypatch.setattr("vssx.source.recorder_calls.CLOCK_MAX_AGE_S", 0.0)
    assert session.summary().number_recordings == 2


def test_clock_that_tells_local_time_as_utc(recorder, connect, log):
    """Tokens by the clock it tells are refused, since it checks them by the true time; the session finds out once."""
    recorder.clock_s = 7200.0

    def services(_body: xml.Element) -> Any:
        token = recorder.tokens[-1]
        assert token is not None
        right = soap.verify_username_token(token, USER.password)
        fresh = abs(seconds_of(token.created) - time.time()) < 10
        return device.get_services_response(recorder.services()) if right and fresh else fault("NotAuthorized")

    recorder.answers["GetServices"] = services
    session = connect()
    assert recorder.asked.count("GetServices") == 2
    assert "may be local time" in str(log.of("assumption"))
    sample = session.sample_clock()
    assert sample.offset_low_ns <= 7200 * 10**9 <= sample.offset_high_ns  # evidence stays what the recorder told
    session.summary()
    assert recorder.tokens[-1] is not None
    assert abs(seconds_of(recorder.tokens[-1].created) - time.time()) < 10
    recorder.asked.clear()
    with pytest.raises(NotAuthenticatedError):
        connect(credentials=Credentials(user="user", password="wrong"))
    assert recorder.asked.count("GetServices") == 2  # no more tries than needed: accounts get locked


def test_http_digest_alone(recorder, log):
    """A recorder that ignores WS-UsernameToken and wants HTTP Digest."""
    authentication = AuthenticationServer(credentials=USER, algorithms=("MD5",))

    def script(request: Request) -> bytes | None:
        if b"GetSystemDateAndTime" in request.body:
            return recorder(request)
        verdict = authentication.verify(request.headers.get("authorization"), "POST", request.line.split()[1])
        if verdict is Verdict.ACCEPTED:
            return recorder(request)
        return http(401, b"", *(f"WWW-Authenticate: {value}" for value in authentication.challenges()))

    server = Server(script)
    recorder.port = server.listener.getsockname()[1]
    try:
        with RecorderSession.connect(f"127.0.0.1:{recorder.port}", USER, timeout=5.0, observe=log) as session:
            assert [item.token for item in session.recordings()] == ["first", "second"]
        assert [event["status"] for event in log.of("soap")].count(401) == 1
        with pytest.raises(NotAuthenticatedError):
            RecorderSession.connect(f"127.0.0.1:{recorder.port}", None, timeout=5.0)
    finally:
        server.close()


def test_identity(recorder, connect):
    identity = connect().identity()
    assert (identity.manufacturer, identity.serial_number, identity.name) == ("M", "s", "Tor 1")
    assert identity.address.endswith("/onvif/device_service")
    recorder.answers["GetDeviceInformation"] = fault("ActionNotSupported")
    recorder.answers["GetScopes"] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
    assert connect().identity() == RecorderIdentity(address=identity.address)


@pytest.mark.parametrize("services", [fault("ActionNotSupported"), device.get_services_response(())])
def test_services_in_capabilities_only(recorder, connect, services):
    recorder.answers["GetServices"] = services
    base = f"http://127.0.0.1:{recorder.port}"
    recorder.answers["GetCapabilities"] = device.get_capabilities_response(
        base, search=f"{base}/s", recording=f"{base}/r", replay=f"{base}/p"
    )
    assert len(connect().recordings()) == 2


def test_services_nowhere(recorder, connect):
    recorder.answers["GetServices"] = device.get_services_response(
        (device.Service(namespace="urn:other", xaddr="http://h"),)
    )
    session = connect()
    with pytest.raises(ProtocolError, match="no search service"):
        session.recordings()
    with pytest.raises(ProtocolError, match="no replay service"):
        session.replay_uri("first")
    recorder.answers["GetServices"] = fault("Action")
    with pytest.raises(ProtocolError, match="Sender"):
        connect()


@pytest.mark.parametrize("told", ["http://192.168.99.99:{port}/onvif/s", "http://no.such.host.invalid:1/onvif/s"])
def test_service_addresses_of_the_inside(recorder, connect, log, told):
    """The host that answered takes their place; where their port is dead, the port that answered too."""
    recorder.services = lambda: (device.Service(namespace=TSE, xaddr=told.format(port=recorder.port)),)
    session = connect()
    assert len(session.recordings()) == 2
    session.recordings()
    [assumption] = log.of("assumption")
    assert assumption["subject"] == "address of the search service"
    assert "replaced by 127.0.0.1" in str(assumption["detail"])


def test_recordings(recorder, connect):
    assert connect().recordings() == (FIRST, SECOND)
    assert "EndSearch" not in recorder.asked  # the session completed: EndSearch would fault


def test_polling_through_all_states(recorder, connect):
    recorder.one_after_the_other(
        "GetRecordingSearchResults",
        recordings("Queued"),
        recordings("Searching", FIRST),
        recordings("Searching"),
        recordings("Unknown", SECOND, FIRST),
        recordings("Completed"),
    )
    assert connect().recordings() == (FIRST, SECOND)
    assert "EndSearch" not in recorder.asked


def test_search_that_faults_when_it_is_done(recorder, connect, log):
    recorder.one_after_the_other(
        "GetRecordingSearchResults", recordings("Searching", FIRST), fault("InvalidArgVal", "InvalidToken")
    )
    assert connect().recordings() == (FIRST,)
    assert "its session was gone" in str(log.of("assumption"))
    assert "EndSearch" not in recorder.asked


def test_search_that_breaks_is_ended(recorder, connect):
    recorder.services = lambda: tuple(s for s in Recorder.services(recorder) if s.namespace == TSE)
    recorder.one_after_the_other("GetRecordingSearchResults", recordings("Searching", FIRST), fault("Action"))
    with pytest.raises(ProtocolError, match="Action"):
        connect().recordings()
    assert recorder.asked[-1] == "EndSearch"
    assert search_session.read_search_token(recorder.bodies[-1]) == "search-1"


def test_search_that_never_ends(recorder, connect, monkeypatch):
    monkeypatch.setattr("vssx.source.search_session.MAX_RESULTS", 10)
    recorder.services = lambda: tuple(s for s in Recorder.services(recorder) if s.namespace == TSE)
    count = itertools.count()
    recorder.answers["GetRecordingSearchResults"] = lambda _body: recordings(
        "Searching", dataclasses.replace(SECOND, token=f"R{next(count)}")
    )
    with pytest.raises(ProtocolError, match="more than 10 results"):
        connect().recordings()
    assert recorder.asked[-1] == "EndSearch"


def test_search_that_begins_anew_at_each_poll_stalls():
    """What came before is no progress; with a recorder that repeats itself this would go on for ever."""

    def ask(body: xml.Element) -> xml.Element:
        find = xml.local_name(body) == "FindRecordings"
        return Recorder().answers["FindRecordings"] if find else recordings("Searching", FIRST)

    with pytest.raises(ProtocolError, match="neither ends nor finds"):
        find_recordings(Searcher(ask=ask, stalled_s=0.0, pause=lambda _s: None))


def test_search_with_results_without_measure(recorder, connect, monkeypatch):
    monkeypatch.setattr("vssx.source.search_session.MAX_RESULT_BYTES", 5_000)
    number = itertools.count()

    def more(_body):
        return recordings("Searching", dataclasses.replace(SECOND, token=f"r{next(number)}", content="x" * 1000))

    recorder.answers["GetRecordingSearchResults"] = more
    recorder.answers["GetRecordings"] = fault("ActionNotSupported")
    with pytest.raises(ProtocolError, match="more than 5000 bytes"):
        connect().recordings()
    assert recorder.asked[-2:] == ["EndSearch", "GetRecordings"]


def test_a_recorder_that_stalled_is_waited_for_less_from_then_on(recorder, connect):
    session = connect()
    patient = session._searcher()
    patient.on_stall()
    assert session._searcher().stalled_s < patient.stalled_s


def test_search_that_stalls():
    asked = []
    told: list[int] = []

    def ask(body: xml.Element) -> xml.Element:
        asked.append(xml.local_name(body))
        return Recorder().answers["FindRecordings"] if len(asked) == 1 else recordings("Searching")

    with pytest.raises(ProtocolError, match="neither ends nor finds"):
        find_recordings(Searcher(ask=ask, stalled_s=0.0, pause=lambda _s: None, on_stall=lambda: told.append(1)))
    assert told == [1]
    assert asked == ["FindRecordings", "GetRecordingSearchResults", "EndSearch"]


@pytest.mark.parametrize("broken", [{"FindRecordings": fault("ActionNotSupported")}, {"none": None}])
def test_recordings_out_of_recording_control(recorder, connect, log, broken):
    """Where the search fails or finds nothing; times come from GetRecordingInformation where it answers."""
    recorder.answers.update(broken)
    recorder.answers["GetRecordingSearchResults"] = recordings("Completed")
    first, second = connect().recordings()
    assert first == FIRST
    assert (second.token, second.earliest_ns, second.tracks) == ("second", None, ())
    assert "Recording Control" in str(log.of("assumption"))


def test_no_recordings_at_all(recorder, connect):
    recorder.answers["GetRecordingSearchResults"] = recordings("Completed")
    recorder.answers["GetRecordings"] = recording.get_recordings_response(())
    assert connect().recordings() == ()


def test_recording(recorder, connect):
    session = connect()
    assert session.recording("first") == FIRST
    with pytest.raises(NothingRecordedError, match="'unknown'"):
        session.recording("unknown")
    recorder.answers["GetRecordingInformation"] = fault("ActionNotSupported")
    assert session.recording("second") == SECOND
    with pytest.raises(NothingRecordedError):
        session.recording("unknown")


def test_history(recorder, connect):
    told = connect().history("first", T, T + 100)
    assert told.available
    assert told.spans == (Span(start_ns=T, end_ns=T + 10), Span(start_ns=T + 20, end_ns=None))
    request = search_session.read_find_events(recorder.bodies[recorder.asked.index("FindEvents")])
    assert (request.start_ns, request.end_ns, request.include_start_state) == (T, T + 100, True)
    assert request.scope.included_recordings == ("first",)
    assert request.topics == ("tns1:RecordingHistory//.",)


def test_history_of_a_recorder_with_poor_topic_expressions(recorder, connect):
    recorder.answers["FindEvents"] = lambda body: (
        fault("InvalidArgVal", "InvalidFilterFault")
        if search_session.read_find_events(body).topics
        else search_session.find_events_response("x")
    )
    assert connect().history("first", T, T + 100).available


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("FindEvents", fault("ActionNotSupported")),
        ("FindEvents", fault("NotAuthorized")),
        ("GetEventSearchResults", fault("InvalidArgVal", "InvalidToken")),  # an empty search, to some recorders
        ("GetEventSearchResults", events("Completed")),
        ("GetEventSearchResults", http(200, b"garbage")),
        (
            "GetEventSearchResults",
            xml.parse(
                b"<GetEventSearchResultsResponse><ResultList><SearchState>Completed</SearchState><Result/></ResultList></GetEventSearchResultsResponse>"
            ),
        ),
    ],
)
def test_history_that_is_not_told(recorder, connect, operation, answer):
    recorder.answers[operation] = answer
    told = connect().history("first", T, T + 100)
    assert (told.available, told.spans) == (False, ())
    assert told.detail


def test_history_cut_short_says_so(recorder, connect, log):
    recorder.one_after_the_other(
        "GetEventSearchResults", events("Searching", *EVENTS), fault("InvalidArgVal", "InvalidToken")
    )
    told = connect().history("first", T, T + 100)
    assert told.available
    assert "its session was gone" in told.detail
    assert log.of("assumption")


def test_history_needs_a_recorder(recorder, connect):
    session = connect()
    recorder.answers["FindEvents"] = None
    with pytest.raises(RecorderUnreachableError):
        session.history("first", T, T + 100)


def test_attributes(recorder, connect):
    session = connect()
    assert session.attributes("first", T) == ATTRIBUTES
    assert session.attributes("second", T) is None
    recorder.answers["GetMediaAttributes"] = fault("ActionNotSupported")
    assert session.attributes("first", T) is None


def test_replay_uri(recorder, connect, log):
    session = connect()
    assert session.replay_uri("first") == "rtsp://127.0.0.1:8554/replay?token=first"
    session.replay_uri("first")
    [assumption] = log.of("assumption")
    assert assumption["subject"] == "address of the replay"
    assert "192.168.99.99" in str(assumption["detail"])
    with pytest.raises(NothingRecordedError):
        session.replay_uri("unknown")
    recorder.answers["GetReplayUri"] = fault("InvalidArgVal", "InvalidStreamSetup")
    with pytest.raises(soap.SoapFaultError, match="InvalidStreamSetup"):
        session.replay_uri("first")
    assert [told["subject"] for told in log.of("assumption")] == ["address of the replay"]
    recorder.answers["GetReplayUri"] = replay.get_replay_uri_response("rtsp://u:secret@127.0.0.1/x")
    assert session.replay_uri("first") == "rtsp://127.0.0.1/x"
    assert "secret" not in repr(log.events)


@pytest.mark.parametrize(
    ("transport", "asked"),
    [("auto", ["RTSP", "UDP", "HTTP"]), ("tcp", ["RTSP"]), ("udp", ["UDP", "RTSP"]), ("http", ["HTTP", "RTSP"])],
)
def test_a_recorder_that_knows_no_address_for_a_transport(recorder, connect, log, transport, asked):
    """Where another protocol has an address, that serves: RTSP itself says what goes over it."""
    session = connect()
    seen = []

    def answer(body):
        seen.append(replay.read_get_replay_uri(body).protocol)
        if seen[-1] == asked[-1] and len(asked) > 1:
            return replay.get_replay_uri_response("rtsp://127.0.0.1/x")
        return fault("InvalidArgVal", "InvalidStreamSetup")

    recorder.answers["GetReplayUri"] = answer
    if len(asked) == 1:
        with pytest.raises(soap.SoapFaultError, match="InvalidStreamSetup"):
            session.replay_uri("first", StreamTransport(transport))
    else:
        assert session.replay_uri("first", StreamTransport(transport)) == "rtsp://127.0.0.1/x"
        [told] = log.of("assumption")
        assert asked[-1] in str(told["detail"])
        assert "InvalidStreamSetup" in str(told["detail"])
    assert seen == asked


def test_nobody_there(recorder, connect):
    session = connect()
    recorder.answers = {}
    for host in ("127.0.0.1:1", "no.such.host.invalid"):
        with pytest.raises(RecorderUnreachableError):
            connect(host)
    session.close()


def history(*spans: Span, available: bool = True) -> RecordingHistory:
    return RecordingHistory(recording_token="first", from_ns=T, to_ns=T + HOUR, spans=spans, available=available)


@pytest.mark.parametrize(
    ("attributes", "told", "information", "expected"),
    [
        (ATTRIBUTES, history(Span(start_ns=T, end_ns=T + 10 * 10**9)), None, 1_000_000),
        (ATTRIBUTES, history(Span(start_ns=T, end_ns=None)), None, 360_000_000),
        (ATTRIBUTES, history(available=False), None, None),
        (ATTRIBUTES, None, SECOND, None),
        (ATTRIBUTES, None, RecordingInformation(token="x", source=SECOND.source, earliest_ns=T, latest_ns=T), 0),
        (None, history(Span(start_ns=T, end_ns=None)), FIRST, None),
        (
            MediaAttributes(recording_token="x", tracks=(), from_ns=T, until_ns=T),
            history(Span(start_ns=T, end_ns=None)),
            FIRST,
            None,
        ),
    ],
)
def test_size_estimate(attributes, told, information, expected):
    assert size_estimate(attributes, told, information) == expected
