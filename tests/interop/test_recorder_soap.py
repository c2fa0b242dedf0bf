"""Other people's clients ask the embedded recorder: onvif-zeep-async, curl; the official schemas judge its answers."""

from __future__ import annotations

import asyncio
import subprocess
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.onvif_schemas import assert_valid
from tests.peers import need, need_module
from vssx import xml
from vssx.model.acquisition import Credentials
from vssx.onvif import device, metadata_search, recording, replay, search, search_session, soap
from vssx.onvif.namespaces import WSNT, prefixes
from vssx.recorder.server import RecorderServer
from vssx.times import NS, from_xs_datetime

pytestmark = pytest.mark.interop

USER, PASSWORD = "operätor", "geheim §1"
NORTH_GATE = datetime(2026, 3, 14, 6, 30, tzinfo=UTC)
SIDE_DOOR = datetime(2026, 3, 14, 21, 40, 10, tzinfo=UTC)
CAR_PARK = datetime(2026, 3, 14, 17, 5, 30, tzinfo=UTC)
GAP = (CAR_PARK + timedelta(seconds=14), CAR_PARK + timedelta(seconds=61.5))
END = CAR_PARK + timedelta(seconds=77.5)


@pytest.fixture(scope="module")
def recorder(samples: Path) -> Iterator[RecorderServer]:
    with RecorderServer(samples, credentials=Credentials(user=USER, password=PASSWORD)) as server:
        yield server


def with_camera(recorder: RecorderServer, work: Callable[[Any], Awaitable[None]], password: str = PASSWORD) -> None:
    need_module("onvif")
    from onvif import ONVIFCamera

    async def main() -> None:
        camera = ONVIFCamera("127.0.0.1", recorder.http_port, USER, password)
        try:
            await camera.update_xaddrs()
            await work(camera)
        finally:
            await camera.close()

    asyncio.run(main())


def test_zeep_device_service(recorder: RecorderServer) -> None:
    async def work(camera: Any) -> None:
        service = await camera.create_devicemgmt_service()
        clock = await service.GetSystemDateAndTime()
        moment = clock.UTCDateTime
        told = datetime(
            moment.Date.Year,
            moment.Date.Month,
            moment.Date.Day,
            moment.Time.Hour,
            moment.Time.Minute,
            moment.Time.Second,
            tzinfo=UTC,
        )
        assert abs(told - datetime.now(UTC)) < timedelta(seconds=30)
        assert (await service.GetDeviceInformation()).Manufacturer == "vssx"
        scopes = [scope.ScopeItem for scope in await service.GetScopes()]
        assert "onvif://www.onvif.org/Profile/G" in scopes
        services = await service.GetServices({"IncludeCapability": True})
        assert {one.Namespace.split("/")[-2] for one in services} == {"device", "search", "replay", "recording"}
        capabilities = await service.GetCapabilities({"Category": "All"})
        # zeep leaves what follows an xs:any as elements.
        addresses = [element.findtext("{*}XAddr") for element in capabilities.Extension._value_1]
        assert any(address.endswith("/onvif/search_service") for address in addresses)
        assert (await service.GetServiceCapabilities()).Security.HttpDigest is True

    with_camera(recorder, work)


def test_zeep_recording_service(recorder: RecorderServer) -> None:
    async def work(camera: Any) -> None:
        service = await camera.create_recording_service()
        items = await service.GetRecordings()
        assert [item.RecordingToken for item in items] == [
            *("car-park", "loading-dock", "north-gate", "reception", "side-door")
        ]
        assert [track.TrackToken for track in items[2].Tracks.Track] == ["VIDEO001", "AUDIO001"]
        assert (await service.GetRecordingConfiguration("north-gate")).Source.SourceId == "VSSX-0001"
        configuration = await service.GetTrackConfiguration({"RecordingToken": "north-gate", "TrackToken": "AUDIO001"})
        assert configuration.TrackType == "Audio"
        assert (await service.GetRecordingOptions("north-gate")).Job.Spare == 0
        assert not await service.GetRecordingJobs()
        assert (await service.GetServiceCapabilities()).DynamicRecordings is False

    with_camera(recorder, work)


async def found_recordings(service: Any, xpath: str = "") -> list[Any]:
    scope = {"RecordingInformationFilter": xpath} if xpath else {}
    token = await service.FindRecordings({"Scope": scope, "KeepAliveTime": timedelta(seconds=10)})
    found: list[Any] = []
    while True:
        results = await service.GetRecordingSearchResults({"SearchToken": token, "MaxResults": 2})
        found += results.RecordingInformation
        if results.SearchState == "Completed":
            return found


def test_zeep_finds_recordings(recorder: RecorderServer) -> None:
    async def work(camera: Any) -> None:
        service = await camera.create_search_service()
        summary = await service.GetRecordingSummary()
        assert summary.NumberRecordings == 5
        assert (summary.DataFrom, summary.DataUntil) == (NORTH_GATE, SIDE_DOOR + timedelta(seconds=30))
        assert len(await found_recordings(service)) == 5
        with_audio = await found_recordings(service, 'boolean(//Track[TrackType = "Audio"])')
        assert [one.RecordingToken for one in with_audio] == ["north-gate", "reception"]
        one = await service.GetRecordingInformation("car-park")
        assert (one.EarliestRecording, one.LatestRecording) == (CAR_PARK, END)
        assert one.Source.Location == "Car park P1, upper deck, row C and D"
        attributes = await service.GetMediaAttributes({"RecordingTokens": ["north-gate"], "Time": NORTH_GATE})
        video, audio = attributes[0].TrackAttributes
        assert (video.VideoAttributes.Width, video.VideoAttributes.Height) == (640, 360)
        assert (video.VideoAttributes.Encoding, video.VideoAttributes.Framerate) == ("H264", 25.0)
        assert (audio.AudioAttributes.Encoding, audio.AudioAttributes.Samplerate) == ("AAC", 48_000)

    with_camera(recorder, work)


def test_zeep_finds_events(recorder: RecorderServer) -> None:
    async def work(camera: Any) -> None:
        service = await camera.create_search_service()
        token = await service.FindEvents(
            {
                "StartPoint": CAR_PARK + timedelta(seconds=5),
                "EndPoint": END,
                "Scope": {"IncludedRecordings": ["car-park"]},
                "SearchFilter": {},
                "IncludeStartState": True,
                "KeepAliveTime": timedelta(seconds=10),
            }
        )
        results = await service.GetEventSearchResults({"SearchToken": token})
        assert results.SearchState == "Completed"
        told = [(one.Time, one.TrackToken, one.StartStateEvent) for one in results.Result]
        start = CAR_PARK + timedelta(seconds=5)
        assert told[:3] == [(start, None, True), (start, "VIDEO001", True), (start, "VIDEO001", True)]
        assert [time for time, track, virtual in told if not track and not virtual] == [*GAP, END]
        state = results.Result[0].Event.Message._value_1.Data.SimpleItem[0]
        assert (state.Name, state.Value) == ("IsRecording", "true")

    with_camera(recorder, work)


async def results_of(fetch: Callable[[dict[str, Any]], Awaitable[Any]], token: str) -> list[Any]:
    """All results of a search, three at a time."""
    found: list[Any] = []
    while True:
        page = await fetch({"SearchToken": token, "MaxResults": 3})
        found += page.Result
        if page.SearchState == "Completed":
            return found


def test_zeep_filters_events(recorder: RecorderServer) -> None:
    dialect = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
    items = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"

    async def work(camera: Any) -> None:
        service = await camera.create_search_service()
        assert (await service.GetServiceCapabilities()).GeneralStartEvents is True
        span = {"StartPoint": SIDE_DOOR, "EndPoint": SIDE_DOOR + timedelta(seconds=30)}
        rest = {"Scope": {}, "IncludeStartState": False, "KeepAliveTime": timedelta(seconds=10)}

        async def times(topics: str, content: str = "", **changed: Any) -> list[float]:
            filters = [xml.new(WSNT, "TopicExpression", topics, nsmap=prefixes("tns1"), Dialect=dialect)]
            if content:
                filters.append(xml.new(WSNT, "MessageContent", content, nsmap=prefixes("tt"), Dialect=items))
            token = await service.FindEvents({**span, **rest, "SearchFilter": {"_value_1": filters}, **changed})
            found = await results_of(service.GetEventSearchResults, token)
            return [(one.Time - SIDE_DOOR).total_seconds() for one in found]

        assert await times("tns1:AccessControl//.|tns1:Device/Trigger/DigitalInput") == [0.0, 12.96, 15.04, 18.0, 25.6]
        forced = 'boolean(//tt:SimpleItem[@Name="State" and @Value="DoorForcedOpen"])'
        assert await times("tns1:Door//.", forced) == [18.034]
        backward = {"StartPoint": span["EndPoint"], "EndPoint": span["StartPoint"]}
        assert await times("tns1:AccessControl//.", **backward) == [15.04, 12.96]
        later = {"StartPoint": SIDE_DOOR + timedelta(seconds=20), "IncludeStartState": True}
        assert await times("tns1:Door/State/DoorAlarm", **later) == [20.0, 27.5]

    with_camera(recorder, work)


def test_zeep_searches_metadata(recorder: RecorderServer) -> None:
    async def work(camera: Any) -> None:
        service = await camera.create_search_service()
        assert (await service.GetServiceCapabilities()).MetadataSearch is True
        asked = {"Scope": {}, "KeepAliveTime": timedelta(seconds=10), "StartPoint": SIDE_DOOR}
        plates = {"MetadataStreamFilter": 'boolean(//PlateNumber[@Likelihood > "0.9"])'}
        token = await service.FindMetadata({**asked, "MetadataFilter": plates})
        found = await results_of(service.GetMetadataSearchResults, token)
        assert {(one.RecordingToken, one.TrackToken) for one in found} == {("side-door", "META001")}
        assert {1 <= (one.Time - SIDE_DOOR).total_seconds() <= 6.4 for one in found} == {True}
        volume = {
            "MinPosition": {"PanTilt": {"x": 0.2, "y": -1.0}, "Zoom": {"x": 0.0}},
            "MaxPosition": {"PanTilt": {"x": 1.0, "y": 1.0}, "Zoom": {"x": 1.0}},
        }
        token = await service.FindPTZPosition({**asked, "SearchFilter": {**volume, "EnterOrExit": True}})
        entered, left = await results_of(service.GetPTZPositionSearchResults, token)
        assert 9.0 < (entered.Time - SIDE_DOOR).total_seconds() < 11.4
        assert 25.6 < (left.Time - SIDE_DOOR).total_seconds() < 28.0
        assert (entered.Position.PanTilt.x >= 0.2, left.Position.PanTilt.x >= 0.2) == (True, False)
        token = await service.FindPTZPosition({**asked, "SearchFilter": {**volume, "EnterOrExit": False}})
        assert len(await results_of(service.GetPTZPositionSearchResults, token)) > 10

    with_camera(recorder, work)


def test_zeep_replay_service_and_faults(recorder: RecorderServer) -> None:
    async def work(camera: Any) -> None:
        from onvif.exceptions import ONVIFError
        from zeep.exceptions import Fault

        service = await camera.create_replay_service()
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        uri = await service.GetReplayUri({"StreamSetup": setup, "RecordingToken": "north-gate"})
        assert uri == f"rtsp://127.0.0.1:{recorder.rtsp_port}/recordings/north-gate"
        assert (await service.GetServiceCapabilities()).ReversePlayback is True
        assert (await service.GetReplayConfiguration()).SessionTimeout == timedelta(seconds=60)
        await service.SetReplayConfiguration({"Configuration": {"SessionTimeout": timedelta(seconds=60)}})
        for changed, said in (
            ({"RecordingToken": "nope"}, "no recording"),
            ({"StreamSetup": {**setup, "Stream": "RTP-Multicast"}}, "Multicast"),
        ):
            with pytest.raises((Fault, ONVIFError), match=said):
                await service.GetReplayUri({"StreamSetup": setup, "RecordingToken": "north-gate", **changed})
        finder = await camera.create_search_service()
        with pytest.raises((Fault, ONVIFError), match="no such search"):
            await finder.EndSearch("0123456789abcdef")

    with_camera(recorder, work)


def test_zeep_with_a_wrong_password_is_refused(recorder: RecorderServer) -> None:
    async def work(camera: Any) -> None:
        from onvif.exceptions import ONVIFError
        from zeep.exceptions import Fault

        service = await camera.create_recording_service()
        with pytest.raises((Fault, ONVIFError), match="wrong"):
            await service.GetRecordings()

    with_camera(recorder, work, password="something else")


def test_curl_digest_sha_256(recorder: RecorderServer) -> None:
    body = soap.render(recording.get_recordings()).decode()
    done = curl(recorder, "--digest", "--user", f"{USER}:{PASSWORD}", "--data-binary", body)
    assert b"GetRecordingsResponse" in done.stdout
    assert "algorithm=SHA-256" in sent_authorization(done)


def curl(recorder: RecorderServer, *more: str) -> subprocess.CompletedProcess[bytes]:
    url = f"http://127.0.0.1:{recorder.http_port}/onvif/recording_service"
    command = [need("curl"), "--silent", "--verbose", "--max-time", "20", *more, url]
    return subprocess.run(command, capture_output=True, timeout=30, check=False)


def sent_authorization(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    return next((line for line in lines if line.startswith("> Authorization:")), "")


def test_curl_with_a_wrong_password_is_refused(recorder: RecorderServer) -> None:
    body = soap.render(recording.get_recordings()).decode()
    done = curl(recorder, "--digest", "--user", f"{USER}:wrong", "--data-binary", body, "--write-out", "%{http_code}")
    assert done.stdout.endswith(b"401")
    assert b"GetRecordingsResponse" not in done.stdout


def test_curl_digest_md5(samples: Path) -> None:
    # curl takes the strongest algorithm on offer: with MD5 alone it must do that one.
    credentials = Credentials(user=USER, password=PASSWORD)
    with RecorderServer(samples, credentials=credentials, algorithms=("MD5",)) as server:
        body = soap.render(recording.get_recordings()).decode()
        done = curl(server, "--digest", "--user", f"{USER}:{PASSWORD}", "--data-binary", body)
        assert b"GetRecordingsResponse" in done.stdout
        assert "algorithm=MD5" in sent_authorization(done)


REQUESTS = [
    device.get_system_date_and_time(),
    device.get_device_information(),
    device.get_scopes(),
    device.get_services(include_capability=True),
    device.get_capabilities(),
    xml.new("http://www.onvif.org/ver10/device/wsdl", "GetServiceCapabilities"),
    recording.get_recordings(),
    recording.get_recording_configuration("car-park"),
    recording.get_track_configuration("car-park", "VIDEO001"),
    recording.get_recording_options("car-park"),
    recording.get_recording_jobs(),
    recording.get_service_capabilities(),
    search.get_service_capabilities(),
    search.get_recording_summary(),
    search.get_recording_information("north-gate"),
    search.get_media_attributes(["north-gate"], from_xs_datetime("2026-03-14T06:30:01Z")),
    search_session.find_recordings(search_session.FindRecordings()),
    replay.get_service_capabilities(),
    replay.get_replay_uri(replay.ReplayUriRequest(recording_token="north-gate")),
    replay.get_replay_configuration(),
    replay.set_replay_configuration(60 * NS),
]


@pytest.fixture(scope="module")
def open_recorder(samples: Path) -> Iterator[RecorderServer]:
    with RecorderServer(samples) as server:
        yield server


def ask(recorder: RecorderServer, body: xml.Element) -> xml.Element:
    """One request without any client library; the answer's body, valid by the official schema."""
    request = urllib.request.Request(recorder.http_url, soap.render(body))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as answered:
        envelope = soap.parse(answered.read())
    assert envelope.body is not None, envelope.fault
    assert xml.local_name(envelope.body) == f"{xml.local_name(body)}Response"
    assert_valid(envelope.body)
    return envelope.body


@pytest.mark.parametrize(
    "body", REQUESTS, ids=lambda body: "-".join((xml.namespace(body).split("/")[-2], xml.local_name(body)))
)
def test_answers_obey_the_official_schemas(open_recorder: RecorderServer, body: xml.Element) -> None:
    ask(open_recorder, body)


def test_search_answers_obey_the_official_schemas(open_recorder: RecorderServer) -> None:
    started = ask(open_recorder, search_session.find_recordings(search_session.FindRecordings()))
    token = search_session.read_search_token(started)
    request = search_session.GetResults(search_token=token, max_results=1)
    ask(open_recorder, search_session.get_recording_search_results(request))
    ask(open_recorder, search_session.get_search_state(token))
    ask(open_recorder, search_session.end_search(token))
    started = ask(
        open_recorder, search_session.find_events(search_session.FindEvents(start_ns=0, include_start_state=True))
    )
    request = search_session.GetResults(search_token=search_session.read_search_token(started))
    events = search_session.read_get_event_search_results_response(
        ask(open_recorder, search_session.get_event_search_results(request))
    )
    topics = {event.notification.topic for event in events.events}
    assert len([topic for topic in topics if topic.startswith("tns1:RecordingHistory/")]) == 4
    assert len(topics) == 12  # and what is known of the side door


def test_searches_in_metadata_obey_the_official_schemas(open_recorder: RecorderServer) -> None:
    anything = metadata_search.FindMetadata(start_ns=0, stream_filter="boolean(//Object)")
    token = search_session.read_search_token(ask(open_recorder, metadata_search.find_metadata(anything)))
    page = search_session.GetResults(search_token=token, max_results=1)
    answer = ask(open_recorder, metadata_search.get_metadata_search_results(page))
    found = metadata_search.read_get_metadata_search_results_response(answer)
    assert (found.state, len(found.results)) == ("Searching", 1)
    ask(open_recorder, search_session.end_search(token))
    anywhere = metadata_search.FindPtzPosition(
        start_ns=0, min_position=metadata_search.PtzVector(), max_position=metadata_search.PtzVector()
    )
    token = search_session.read_search_token(ask(open_recorder, metadata_search.find_ptz_position(anywhere)))
    page = search_session.GetResults(search_token=token)
    answer = ask(open_recorder, metadata_search.get_ptz_position_search_results(page))
    positions = metadata_search.read_get_ptz_position_search_results_response(answer)
    assert positions.state == "Completed"
    assert len(positions.results) > 30
    at_ns = from_xs_datetime("2026-03-14T21:40:11Z")
    answer = ask(open_recorder, search.get_media_attributes(["side-door"], at_ns))
    attributes = answer.find(".//{*}MetadataAttributes")
    assert attributes is not None
    assert [xml.local_name(child) for child in attributes] == [
        *("CanContainPTZ", "CanContainAnalytics", "CanContainNotifications")
    ]
