"""The client reads answers that zeep renders out of the official WSDL: everything given, and only what must be.

A stranger's recorder: the same answers in other orders, with other prefixes, and with a maker's own extensions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from tests.conformance.zeep_answers import DISGUISES, rendered, wsdl
from vssx.model.media import TrackType
from vssx.model.recording import RecordingInformation, RecordingSourceInformation, RecordingSummary, TrackInformation
from vssx.onvif import device, metadata_search, recording, recording_history, replay, search, search_session, soap
from vssx.onvif.namespaces import TDS, TRC, TRP, TSE

pytestmark = pytest.mark.interop  # the schemas come with onvif-zeep-async
NOW = datetime(2024, 2, 29, 12, 34, 56, 789_000, tzinfo=UTC)
NS = 1_709_210_096_789_000_000


@pytest.fixture(params=DISGUISES, ids=lambda one: one.__name__)
def answer(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Body of an answer, read again out of its disguise."""

    def make(namespace: str, name: str, **values: Any) -> etree._Element:
        body = soap.parse(rendered(namespace, name, request.param, **values)).body
        assert body is not None
        return body

    return make


SOURCE = {"SourceId": "urn:cam", "Name": "Tor", "Location": "Süd", "Description": "", "Address": "http://192.0.2.7"}
TRACK = {
    "TrackToken": "V1",
    "TrackType": "Video",
    "Description": "",
    "DataFrom": NOW,
    "DataTo": NOW + timedelta(hours=1),
}
FULL = {
    "RecordingToken": "r1",
    "Source": SOURCE,
    "EarliestRecording": datetime(1970, 1, 1, tzinfo=UTC),
    "LatestRecording": NOW,
    "Content": "c",
    "Track": [TRACK, {**TRACK, "TrackToken": "A1", "TrackType": "Audio"}],
    "RecordingStatus": "Recording",
}
SPARSE = {
    "RecordingToken": "r2",
    "Source": {**dict.fromkeys(SOURCE, "")},
    "Content": "",
    "RecordingStatus": "Unknown",
}
READ_FULL = RecordingInformation(
    token="r1",
    source=RecordingSourceInformation(source_id="urn:cam", name="Tor", location="Süd", address="http://192.0.2.7"),
    content="c",
    status="Recording",
    earliest_ns=0,
    latest_ns=NS,
    tracks=(
        TrackInformation(token="V1", track_type=TrackType.VIDEO, data_from_ns=NS, data_to_ns=NS + 3600 * 10**9),
        TrackInformation(token="A1", track_type=TrackType.AUDIO, data_from_ns=NS, data_to_ns=NS + 3600 * 10**9),
    ),
)
READ_SPARSE = RecordingInformation(token="r2", source=RecordingSourceInformation())


def test_get_system_date_and_time(answer):
    moment = {
        "Time": {"Hour": 12, "Minute": 34, "Second": 56},
        "Date": {"Year": 2024, "Month": 2, "Day": 29},
    }
    system = {"DateTimeType": "NTP", "DaylightSavings": True, "UTCDateTime": moment, "TimeZone": {"TZ": "CET-1CEST"}}
    read = device.read_get_system_date_and_time_response(
        answer(TDS, "GetSystemDateAndTimeResponse", SystemDateAndTime=system)
    )
    assert (read.utc_ns, read.ntp, read.time_zone, read.utc_given) == (NS // 10**9 * 10**9, True, "CET-1CEST", True)
    local = {"DateTimeType": "Manual", "DaylightSavings": False, "LocalDateTime": moment}
    read = device.read_get_system_date_and_time_response(
        answer(TDS, "GetSystemDateAndTimeResponse", SystemDateAndTime=local)
    )
    assert (read.utc_ns, read.utc_given, read.time_zone) == (NS // 10**9 * 10**9, False, "")


def test_get_device_information(answer):
    values = {"Manufacturer": "M", "Model": "m", "FirmwareVersion": "1.2", "SerialNumber": "s", "HardwareId": "h"}
    read = device.read_get_device_information_response(
        answer(TDS, "GetDeviceInformationResponse", **values), address="http://192.0.2.1"
    )
    assert (read.manufacturer, read.model, read.firmware_version, read.serial_number, read.hardware_id) == tuple(
        values.values()
    )


def test_get_services(answer):
    service = {"Namespace": TSE, "XAddr": "http://192.0.2.1/s", "Version": {"Major": 2, "Minor": 60}}
    body = answer(TDS, "GetServicesResponse", Service=[service, {**service, "Namespace": TRP}])
    assert device.read_get_services_response(body) == (
        device.Service(namespace=TSE, xaddr="http://192.0.2.1/s", version=(2, 60)),
        device.Service(namespace=TRP, xaddr="http://192.0.2.1/s", version=(2, 60)),
    )


def test_get_capabilities(answer):
    extension = {
        "Search": {"XAddr": "http://192.0.2.1/s", "MetadataSearch": True},
        "Replay": {"XAddr": "http://192.0.2.1/p"},
    }
    read = device.read_get_capabilities_response(
        answer(TDS, "GetCapabilitiesResponse", Capabilities={"Extension": extension})
    )
    assert [(service.namespace, service.xaddr) for service in read] == [
        (TSE, "http://192.0.2.1/s"),
        (TRP, "http://192.0.2.1/p"),
    ]
    assert device.read_get_capabilities_response(answer(TDS, "GetCapabilitiesResponse", Capabilities={})) == ()


def test_get_scopes(answer):
    scope = {"ScopeDef": "Fixed", "ScopeItem": "onvif://www.onvif.org/name/x%20y"}
    read = device.read_get_scopes_response(answer(TDS, "GetScopesResponse", Scopes=[scope]))
    assert device.scope_text(read, device.SCOPE_NAME) == "x y"


@pytest.mark.parametrize(("value", "expected"), [(FULL, READ_FULL), (SPARSE, READ_SPARSE)])
def test_get_recording_information(answer, value, expected):
    body = answer(TSE, "GetRecordingInformationResponse", RecordingInformation=value)
    assert search.read_get_recording_information_response(body) == expected


def test_get_recording_summary(answer):
    summary = {"DataFrom": NOW, "DataUntil": NOW, "NumberRecordings": 2}
    body = answer(TSE, "GetRecordingSummaryResponse", Summary=summary)
    assert search.read_get_recording_summary_response(body) == RecordingSummary(
        data_from_ns=NS, data_until_ns=NS, number_recordings=2
    )


@pytest.mark.parametrize("state", ["Queued", "Searching", "Completed", "Unknown"])
def test_get_recording_search_results(answer, state):
    results = {"SearchState": state, "RecordingInformation": [FULL, SPARSE]}
    body = answer(TSE, "GetRecordingSearchResultsResponse", ResultList=results)
    read = search_session.read_get_recording_search_results_response(body)
    assert read == search_session.RecordingResults(state=state, recordings=(READ_FULL, READ_SPARSE))
    body = answer(TSE, "GetRecordingSearchResultsResponse", ResultList={"SearchState": state})
    assert search_session.read_get_recording_search_results_response(body).recordings == ()


def test_find_responses(answer):
    for name in (
        "FindRecordingsResponse",
        "FindEventsResponse",
        "FindMetadataResponse",
        "FindPTZPositionResponse",
    ):
        assert search_session.read_search_token(answer(TSE, name, SearchToken="token")) == "token"


def test_get_media_attributes(answer):
    video = {"Width": 1920, "Height": 1080, "Encoding": "H264", "Framerate": 12.5}
    audio = {"Bitrate": 64, "Encoding": "AAC", "Samplerate": 16000}
    tracks = [
        {"TrackInformation": TRACK, "VideoAttributes": {**video, "Bitrate": 4000}},
        {"TrackInformation": TRACK, "VideoAttributes": video},
        {"TrackInformation": TRACK, "AudioAttributes": audio},
        {"TrackInformation": TRACK},
    ]
    attributes = {"RecordingToken": "r1", "TrackAttributes": tracks, "From": NOW, "Until": NOW}
    [read] = search.read_get_media_attributes_response(
        answer(TSE, "GetMediaAttributesResponse", MediaAttributes=[attributes])
    )
    assert [track.bitrate for track in read.tracks] == [4000, None, 64, None]
    assert [(t.encoding, t.width, t.framerate, t.samplerate) for t in read.tracks] == [
        ("H264", 1920, 12.5, None),
        ("H264", 1920, 12.5, None),
        ("AAC", None, None, 16000),
        ("", None, None, None),
    ]


def test_get_event_search_results(answer):
    """zeep renders all but the text of wsnt:Topic, which it cannot: mixed content."""
    message = wsdl(TSE).get_element("{http://www.onvif.org/ver10/schema}Message")
    from zeep.xsd import AnyObject

    items = [{"Name": "RecordingToken", "Value": "r1"}, {"Name": "Track", "Value": "V1"}]
    content = message(
        UtcTime=NOW,
        PropertyOperation="Initialized",
        Source={"SimpleItem": items},
        Data={"SimpleItem": [{"Name": "IsDataPresent", "Value": "true"}]},
    )
    event = {
        "RecordingToken": "r1",
        "TrackToken": "V1",
        "Time": NOW,
        "Event": {
            "Topic": {"Dialect": "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"},
            "Message": {"_value_1": AnyObject(message, content)},
        },
        "StartStateEvent": True,
    }

    def fill_topic(message):
        [topic] = message.iter("{http://docs.oasis-open.org/wsn/b-2}Topic")
        topic.text = "tns1:RecordingHistory/Track/State"

    results = {"SearchState": "Completed", "Result": [event]}
    body = answer(TSE, "GetEventSearchResultsResponse", change=fill_topic, ResultList=results)
    read = search_session.read_get_event_search_results_response(body)
    assert read.state == "Completed"
    assert read.events == (recording_history.track_state("r1", "V1", time_ns=NS, data_present=True, start_state=True),)
    body = answer(TSE, "GetEventSearchResultsResponse", ResultList={"SearchState": "Searching"})
    assert search_session.read_get_event_search_results_response(body).events == ()


def test_searches_in_metadata(answer):
    where = {"RecordingToken": "r1", "TrackToken": "M1", "Time": NOW}
    results = {"SearchState": "Completed", "Result": [where]}
    read = metadata_search.read_get_metadata_search_results_response(
        answer(TSE, "GetMetadataSearchResultsResponse", ResultList=results)
    )
    at = metadata_search.FindMetadataResult(recording_token="r1", track_token="M1", time_ns=NS)
    assert read == metadata_search.MetadataResults(state="Completed", results=(at,))
    whole = {"PanTilt": {"x": -0.5, "y": 1.0, "space": "urn:pt"}, "Zoom": {"x": 0.25}}
    results = {"SearchState": "Searching", "Result": [{**where, "Position": whole}, {**where, "Position": {}}]}
    positions = metadata_search.read_get_ptz_position_search_results_response(
        answer(TSE, "GetPTZPositionSearchResultsResponse", ResultList=results)
    )
    assert [one.position for one in positions.results] == [
        metadata_search.PtzVector(pan=-0.5, tilt=1.0, zoom=0.25, pan_tilt_space="urn:pt"),
        metadata_search.PtzVector(),
    ]


def test_get_recordings(answer):
    configuration = {"Source": SOURCE, "Content": "c", "MaximumRetentionTime": timedelta(days=1)}
    track = {"TrackToken": "V1", "Configuration": {"TrackType": "Video", "Description": "d"}}
    items = [
        {"RecordingToken": "r1", "Configuration": configuration, "Tracks": {"Track": [track]}},
        {"RecordingToken": "r2", "Configuration": configuration, "Tracks": {}},
    ]
    first, second = recording.read_get_recordings_response(answer(TRC, "GetRecordingsResponse", RecordingItem=items))
    assert first.tracks == (TrackInformation(token="V1", track_type=TrackType.VIDEO, description="d"),)
    assert (second.token, second.tracks, second.source.name) == ("r2", (), "Tor")
    assert recording.read_get_recordings_response(answer(TRC, "GetRecordingsResponse")) == ()


def test_get_recording_configuration(answer):
    value = {"Source": SOURCE, "Content": "c", "MaximumRetentionTime": timedelta(days=1)}
    body = answer(TRC, "GetRecordingConfigurationResponse", RecordingConfiguration=value)
    assert recording.read_get_recording_configuration_response(body).maximum_retention_ns == 86_400 * 10**9


def test_replay(answer):
    body = answer(TRP, "GetReplayUriResponse", Uri="rtsp://192.0.2.1/x?a=1&b=2")
    assert replay.read_get_replay_uri_response(body) == "rtsp://192.0.2.1/x?a=1&b=2"
    body = answer(TRP, "GetReplayConfigurationResponse", Configuration={"SessionTimeout": timedelta(seconds=90)})
    assert replay.read_session_timeout(body) == 90 * 10**9
    body = answer(TRP, "GetServiceCapabilitiesResponse", Capabilities={"ReversePlayback": True, "RTP_RTSP_TCP": True})
    read = replay.read_get_service_capabilities_response(body)
    assert (read.reverse_playback, read.rtp_rtsp_tcp, read.session_timeout_range) == (True, True, ())


REQUESTS = [
    (TSE, search_session.find_recordings(search_session.FindRecordings(max_matches=3)), {"MaxMatches": 3}),
    (TSE, search.get_media_attributes(("a", "b"), NS), {"RecordingTokens": ["a", "b"], "Time": NOW}),
    (
        TSE,
        search_session.get_event_search_results(
            search_session.GetResults(search_token="t", min_results=1, max_results=5, wait_ns=5 * 10**9)
        ),
        {"SearchToken": "t", "MinResults": 1, "MaxResults": 5, "WaitTime": timedelta(seconds=5)},
    ),
    (
        TSE,
        metadata_search.find_metadata(metadata_search.FindMetadata(start_ns=NS, stream_filter="boolean(//Object)")),
        {"StartPoint": NOW, "EndPoint": None, "MaxMatches": None},
    ),
    (
        TSE,
        metadata_search.find_ptz_position(
            metadata_search.FindPtzPosition(
                start_ns=NS,
                min_position=metadata_search.PtzVector(),
                max_position=metadata_search.PtzVector(zoom=1.0),
                max_matches=2,
            )
        ),
        {"StartPoint": NOW, "MaxMatches": 2},
    ),
    (
        TRP,
        replay.get_replay_uri(replay.ReplayUriRequest(recording_token="r")),
        {"RecordingToken": "r"},
    ),
    (TDS, device.get_services(include_capability=True), {"IncludeCapability": True}),
]


@pytest.mark.parametrize(("namespace", "message", "values"), REQUESTS)
def test_zeep_reads_our_requests(namespace, message, values):
    element = wsdl(namespace).get_element(message.tag)
    parsed = element.parse(message, wsdl(namespace).wsdl.types)
    assert {name: parsed[name] for name in values} == values


def test_zeep_reads_our_answers():
    message = search.get_recording_information_response(READ_FULL)
    parsed = wsdl(TSE).get_element(message.tag).parse(message, wsdl(TSE).wsdl.types).RecordingInformation
    assert (parsed.RecordingToken, parsed.Source.Name, parsed.LatestRecording) == ("r1", "Tor", NOW)
    assert [track.TrackType for track in parsed.Track] == ["Video", "Audio"]
