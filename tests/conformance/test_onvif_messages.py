"""Every message of vssx, request and answer, is valid against the official schemas (WSDL of ONVIF 2.x releases)."""

from __future__ import annotations

import inspect

import pytest
from lxml import etree

from tests.conformance.onvif_schemas import assert_valid, directory, schema
from vssx import xml
from vssx.model.acquisition import Credentials, RecorderIdentity
from vssx.model.media import TrackType
from vssx.model.recording import (
    MediaAttributes,
    MetadataAttributes,
    RecordingInformation,
    RecordingSourceInformation,
    RecordingSummary,
    TrackAttributes,
    TrackInformation,
)
from vssx.onvif import device, metadata_search, recording, recording_history, replay, search, search_session, soap
from vssx.onvif.metadata_search import (
    FindMetadata,
    FindMetadataResult,
    FindPtzPosition,
    FindPtzPositionResult,
    MetadataResults,
    PtzPositionResults,
    PtzVector,
)
from vssx.onvif.namespaces import TRC, TRP, TSE
from vssx.onvif.search_session import (
    EventResults,
    FindEvents,
    FindRecordings,
    GetResults,
    RecordingResults,
    SearchScope,
)

pytestmark = pytest.mark.interop  # the schemas come with onvif-zeep-async
T = 1_700_000_000_123_000_000
VIDEO = TrackInformation(
    token="VIDEO001", track_type=TrackType.VIDEO, description="front", data_from_ns=T, data_to_ns=T + 5
)
AUDIO = TrackInformation(token="AUDIO001", track_type=TrackType.AUDIO, data_from_ns=T, data_to_ns=T)
METADATA = TrackInformation(token="META001", track_type=TrackType.METADATA, data_from_ns=T, data_to_ns=T)
RECORDING = RecordingInformation(
    token="rec1",
    source=RecordingSourceInformation(
        source_id="urn:1", name="Tür " * 30, location="Halle <3>", description="", address="rtsp://192.0.2.1/"
    ),
    content="a & b",
    status="Stopped",
    earliest_ns=0,
    latest_ns=T,
    tracks=(VIDEO, AUDIO, METADATA),
)
BARE = RecordingInformation(token="bare", source=RecordingSourceInformation())
ATTRIBUTES = MediaAttributes(
    recording_token="rec1",
    tracks=(
        TrackAttributes(track=VIDEO, encoding="H264", width=640, height=480, framerate=29.97, bitrate=2000),
        TrackAttributes(track=VIDEO, encoding="H265"),
        TrackAttributes(track=AUDIO, encoding="AAC", bitrate=64, samplerate=48000),
        TrackAttributes(track=METADATA),
        TrackAttributes(track=METADATA, metadata=MetadataAttributes(ptz=False, analytics=True, notifications=False)),
    ),
    from_ns=T,
    until_ns=None,
)
SERVICES = (
    device.Service(namespace=TSE, xaddr="http://192.0.2.1/onvif/search", version=(2, 6)),
    device.Service(namespace=TRP, xaddr="http://192.0.2.1/onvif/replay"),
    device.Service(namespace=TRC, xaddr="http://192.0.2.1/onvif/recording"),
)
CAPABILITIES = {
    TSE: search.service_capabilities(search.SearchCapabilities(general_start_events=True)),
    TRP: replay.service_capabilities(replay.ReplayCapabilities(session_timeout_range=(1, 600.5))),
}
SCOPE = SearchScope(
    included_sources=("cam",), included_recordings=("a", "b"), recording_filter='boolean(//Track[TrackType = "Video"])'
)
EVENTS = (
    recording_history.recording_state("rec1", time_ns=T, recording=True, start_state=True),
    recording_history.track_state("rec1", "VIDEO001", time_ns=T + 1, data_present=False),
)
PTZ = PtzVector(
    pan=-1.0,
    tilt=1e-07,
    zoom=0.5,
    pan_tilt_space="http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace",
    zoom_space="http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace",
)
NO_MESSAGES = {"service_capabilities", "message", "token_message", "results_request"}
FAULT = soap.Fault(code="Sender", subcodes=("InvalidArgVal", "InvalidToken"), reason="no such token", detail="x")

MESSAGES = {
    "device": [
        device.get_system_date_and_time(),
        device.get_system_date_and_time_response(device.SystemDateAndTime(utc_ns=T)),
        device.get_system_date_and_time_response(
            device.SystemDateAndTime(utc_ns=-T, time_zone="CET-1CEST,M3.5.0,M10.5.0/3", daylight_savings=True, ntp=True)
        ),
        device.get_device_information(),
        device.get_device_information_response(RecorderIdentity(address="x", manufacturer="M", model="ü")),
        device.get_scopes(),
        device.get_scopes_response((device.SCOPE_PROFILE_G, device.scope(device.SCOPE_NAME, "Front door/ä"))),
        device.get_services(include_capability=True),
        device.get_services_response(SERVICES),
        device.get_services_response(SERVICES, CAPABILITIES.get),
        device.get_capabilities(),
        device.get_capabilities_response(
            "http://h/onvif/device_service", search="http://h/s", recording="http://h/r", replay="http://h/p"
        ),
        device.get_service_capabilities_response(),
        device.service_capabilities(),
    ],
    "recording": [
        recording.get_recordings(),
        recording.get_recordings_response((RECORDING, BARE)),
        recording.get_recordings_response(()),
        recording.get_recording_configuration("rec1"),
        recording.get_recording_configuration_response(recording.configuration_of(RECORDING)),
        recording.get_track_configuration("rec1", "VIDEO001"),
        recording.get_track_configuration_response(VIDEO),
        recording.get_recording_options("rec1"),
        recording.get_recording_options_response(),
        recording.get_recording_jobs(),
        recording.get_recording_jobs_response(),
        recording.service_capabilities(),
        recording.get_service_capabilities(),
        recording.get_service_capabilities_response(),
    ],
    "search": [
        *CAPABILITIES.values(),
        search.get_service_capabilities(),
        search.get_service_capabilities_response(search.SearchCapabilities()),
        search.get_recording_summary(),
        search.get_recording_summary_response(
            RecordingSummary(data_from_ns=None, data_until_ns=None, number_recordings=0)
        ),
        search.get_recording_information("rec1"),
        search.get_recording_information_response(RECORDING),
        search.get_recording_information_response(BARE),
        search.get_media_attributes(("a", "b"), T),
        search.get_media_attributes((), T),
        search.get_media_attributes_response((ATTRIBUTES,)),
    ],
    "search_session": [
        search_session.find_recordings(FindRecordings()),
        search_session.find_recordings(FindRecordings(scope=SCOPE, max_matches=3, keep_alive_ns=1_500_000_000)),
        search_session.find_recordings_response("t"),
        search_session.find_events(FindEvents(start_ns=T)),
        search_session.find_events(
            FindEvents(
                start_ns=T,
                end_ns=T - 1,
                scope=SCOPE,
                topics=("tns1:RecordingHistory//.", "tns1:VideoSource/MotionAlarm"),
                message_filters=('boolean(//tt:SimpleItem[@Name="IsMotion" and @Value="true"])',),
                include_start_state=True,
                max_matches=9,
            )
        ),
        search_session.find_events_response("t"),
        search_session.get_recording_search_results(GetResults(search_token="t")),
        search_session.get_recording_search_results(
            GetResults(search_token="t", min_results=1, max_results=100, wait_ns=5_000_000_000)
        ),
        search_session.get_recording_search_results_response(
            RecordingResults(state="Searching", recordings=(RECORDING, BARE))
        ),
        search_session.get_event_search_results(GetResults(search_token="t", wait_ns=0)),
        search_session.get_event_search_results_response(EventResults(state="Completed", events=EVENTS)),
        search_session.get_event_search_results_response(EventResults(state="Queued")),
        search_session.end_search("t"),
        search_session.end_search_response(T),
        search_session.get_search_state("t"),
        search_session.get_search_state_response("Completed"),
    ],
    "metadata_search": [
        metadata_search.find_metadata(FindMetadata(start_ns=T, stream_filter="boolean(//Object)")),
        metadata_search.find_metadata(
            FindMetadata(start_ns=T, end_ns=T - 1, stream_filter="boolean(//Shape)", scope=SCOPE, max_matches=1)
        ),
        metadata_search.find_metadata_response("t"),
        metadata_search.get_metadata_search_results(GetResults(search_token="t", max_results=1)),
        metadata_search.get_metadata_search_results_response(
            MetadataResults(
                state="Completed", results=(FindMetadataResult(recording_token="r", track_token="m", time_ns=T),)
            )
        ),
        metadata_search.find_ptz_position(
            FindPtzPosition(start_ns=T, min_position=PtzVector(), max_position=PtzVector(zoom=1.0))
        ),
        metadata_search.find_ptz_position(
            FindPtzPosition(
                start_ns=T, end_ns=T, min_position=PTZ, max_position=PTZ, enter_or_exit=True, scope=SCOPE, max_matches=1
            )
        ),
        metadata_search.find_ptz_position_response("t"),
        metadata_search.get_ptz_position_search_results(GetResults(search_token="t")),
        metadata_search.get_ptz_position_search_results_response(
            PtzPositionResults(
                state="Searching",
                results=(FindPtzPositionResult(recording_token="r", track_token="m", time_ns=T, position=PTZ),),
            )
        ),
    ],
    "replay": [
        replay.get_replay_uri(replay.ReplayUriRequest(recording_token="rec1")),
        replay.get_replay_uri_response("rtsp://192.0.2.1:554/replay?token=a&b=c"),
        replay.get_replay_configuration(),
        replay.get_replay_configuration_response(60_000_000_000),
        replay.set_replay_configuration(60_500_000_000),
        replay.set_replay_configuration_response(),
        replay.get_service_capabilities(),
        replay.get_service_capabilities_response(replay.ReplayCapabilities(reverse_playback=True)),
    ],
}
MODULES = {
    "device": device,
    "recording": recording,
    "search": search,
    "search_session": search_session,
    "metadata_search": metadata_search,
    "replay": replay,
}


@pytest.mark.parametrize(
    "message",
    [pytest.param(m, id=f"{n}-{i}-{xml.local_name(m)}") for n, ms in MESSAGES.items() for i, m in enumerate(ms)],
)
def test_message_obeys_the_schema(message):
    assert_valid(message)


@pytest.mark.parametrize("name", MODULES)
def test_every_builder_is_covered(name):
    """A builder that nobody validates would go unnoticed."""
    names = {xml.local_name(message).lower() for message in MESSAGES[name]}
    builders = [
        function
        for function, value in inspect.getmembers(MODULES[name], inspect.isfunction)
        if value.__module__ == MODULES[name].__name__ and inspect.signature(value).return_annotation == "xml.Element"
    ]
    missing = {
        builder
        for builder in builders
        if not builder.startswith("_") and builder.replace("_", "") not in names and builder not in NO_MESSAGES
    }
    assert not missing


def test_the_schema_refuses_what_is_wrong():
    """The validation itself works: wrong order, missing and unknown elements fail."""
    message = search.get_recording_information_response(RECORDING)
    information = message[0]
    information.append(information[0])
    with pytest.raises(AssertionError, match="not expected"):
        assert_valid(message)
    message = search_session.find_events(FindEvents(start_ns=T))
    message.remove(message[0])
    with pytest.raises(AssertionError, match="StartPoint"):
        assert_valid(message)


@pytest.mark.parametrize("namespace", [TSE])
def test_schemas_come_from_the_package(namespace):
    assert schema(namespace) is schema(namespace)
    assert (directory() / "search.wsdl").is_file()


def test_topics_resolve_inside_the_envelope():
    """wsnt topics are QNames: their prefix must be declared where they stand, in the rendered envelope too."""
    data = soap.render(search_session.get_event_search_results_response(EventResults(state="Completed", events=EVENTS)))
    topics = list(etree.fromstring(data).iter("{http://docs.oasis-open.org/wsn/b-2}Topic"))
    assert [topic.nsmap["tns1"] for topic in topics] == ["http://www.onvif.org/ver10/topics"] * 2


def test_security_header_is_where_it_belongs():
    token = soap.username_token(Credentials(user="u", password="p"), created_ns=T, nonce=b"0123456789abcdef")
    root = etree.fromstring(soap.render(search.get_recording_summary(), token=token))
    assert [etree.QName(child).localname for child in root] == ["Header", "Body"]
    created = root.findtext(
        ".//{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}Created"
    )
    assert created == "2023-11-14T22:13:20.123Z"
