"""Messages: what one side builds the other side reads; what recorders leave out or get wrong is lived with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx import xml
from vssx.errors import ProtocolError
from vssx.model.acquisition import RecorderIdentity
from vssx.model.media import TrackType
from vssx.model.recording import (
    MediaAttributes,
    MetadataAttributes,
    Notification,
    RecordingInformation,
    RecordingSourceInformation,
    RecordingSummary,
    SimpleItem,
    TrackAttributes,
    TrackInformation,
)
from vssx.onvif import (
    device,
    fields,
    notification,
    recording,
    recording_history,
    replay,
    search,
    search_session,
    soap,
)
from vssx.onvif.namespaces import TDS, TRC, TRP, TSE
from vssx.onvif.search_session import (
    EventResults,
    FindEvents,
    FindRecordings,
    GetResults,
    RecordingResults,
    SearchScope,
)

T = 1_700_000_000_123_000_000
TRACKS = (
    TrackInformation(
        token="V", track_type=TrackType.VIDEO, description="ü", data_from_ns=-86_400 * 10**9, data_to_ns=T
    ),
    TrackInformation(token="X", track_type="Extended", data_from_ns=0, data_to_ns=T),
)
RECORDING = RecordingInformation(
    token="rec <1>",
    source=RecordingSourceInformation(source_id="urn:1", name="Tür", location="l", description="d", address="a"),
    content="c",
    status="Recording",
    earliest_ns=0,
    latest_ns=T,
    tracks=TRACKS,
)
BARE = RecordingInformation(token="b", source=RecordingSourceInformation())


def wire(element: xml.Element) -> xml.Element:
    """The element after a trip through an envelope."""
    body = soap.parse(soap.render(element)).body
    assert body is not None
    return body


def tt(text: str) -> xml.Element:
    return xml.parse(text.encode())


# Device


@pytest.mark.parametrize("seconds", [0, -1, 951_782_400, 1_700_000_000, 4_102_444_800])
def test_clock(seconds):
    clock = device.SystemDateAndTime(utc_ns=seconds * 10**9, time_zone="CET-1", daylight_savings=True, ntp=True)
    assert device.read_get_system_date_and_time_response(wire(device.get_system_date_and_time_response(clock))) == clock


def test_clock_that_tells_local_time_only():
    answer = wire(device.get_system_date_and_time_response(device.SystemDateAndTime(utc_ns=T)))
    system = answer[0]
    utc = xml.find(system, "UTCDateTime")
    assert utc is not None
    system.remove(utc)
    clock = device.read_get_system_date_and_time_response(answer)
    assert (clock.utc_ns, clock.utc_given) == (T // 10**9 * 10**9, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Month", "13"),
        ("Day", "0"),
        ("Hour", "25"),
        ("Minute", "-1"),
        ("Second", "61"),
        ("Year", ""),
        ("Year", "10000"),
        ("Year", "9" * 30),
        ("Second", "1.5"),
    ],
)
def test_clock_that_tells_nonsense(name, value):
    answer = wire(device.get_system_date_and_time_response(device.SystemDateAndTime(utc_ns=T)))
    for element in answer.iter():
        if xml.local_name(element) == name:
            element.text = value
    with pytest.raises(ProtocolError, match="clock"):
        device.read_get_system_date_and_time_response(answer)


def test_device_information():
    identity = RecorderIdentity(
        address="x", manufacturer="M", model="m", firmware_version="1", serial_number="s", hardware_id="h"
    )
    answer = wire(device.get_device_information_response(identity))
    assert device.read_get_device_information_response(answer, address="x") == identity
    del answer[1:]
    assert device.read_get_device_information_response(answer, address="x") == RecorderIdentity(
        address="x", manufacturer="M"
    )


def test_scopes():
    scopes = (device.scope(device.SCOPE_NAME, "Front door/ä 1"), "onvif://www.onvif.org/Location/hall%202", "x")
    read = device.read_get_scopes_response(wire(device.get_scopes_response(scopes)))
    assert read == scopes
    assert device.scope_text(read, device.SCOPE_NAME) == "Front door/ä 1"
    assert device.scope_text(read, device.SCOPE_LOCATION) == "hall 2"
    assert device.scope_text(read, device.SCOPE_HARDWARE) == ""


def test_services():
    services = (device.Service(namespace=TSE, xaddr="http://h/s", version=(2, 6)),)
    assert device.read_get_services(wire(device.get_services(include_capability=True))) is True
    answer = wire(device.get_services_response(services, lambda _n: search.service_capabilities(_search())))
    assert device.read_get_services_response(answer) == services
    no_address = device.get_services_response((*services, device.Service(namespace=TRP, xaddr="")))
    assert device.read_get_services_response(wire(no_address)) == services


def _search() -> search.SearchCapabilities:
    return search.SearchCapabilities(metadata_search=True, general_start_events=True)


def test_capabilities():
    answer = wire(device.get_capabilities_response("http://h/d", search="http://h/s", recording="r", replay="p"))
    found = {service.namespace: service.xaddr for service in device.read_get_capabilities_response(answer)}
    assert found == {TDS: "http://h/d", TSE: "http://h/s", TRC: "r", TRP: "p"}
    with pytest.raises(ProtocolError, match="Capabilities is missing"):
        device.read_get_capabilities_response(device.get_scopes())


# Search


@pytest.mark.parametrize("value", [RECORDING, BARE])
def test_recording_information(value):
    answer = wire(search.get_recording_information_response(value))
    assert search.read_get_recording_information_response(answer) == value
    assert search.read_get_recording_information(wire(search.get_recording_information(value.token))) == value.token


def test_tracks_without_data_are_left_out():
    value = RecordingInformation(
        token="a",
        source=RecordingSourceInformation(),
        tracks=(TrackInformation(token="empty", track_type=TrackType.VIDEO),),
    )
    answer = wire(search.get_recording_information_response(value))
    assert search.read_get_recording_information_response(answer).tracks == ()


def test_recording_information_of_the_field():
    """No source, no content, other prefixes and order, times without Z or broken, a track type in another case."""
    answer = tt(
        '<a:R xmlns:a="urn:whatever"><a:RecordingInformation><Track><DataTo>2020-01-01T00:00:00</DataTo><TrackToken> t '
        "</TrackToken><TrackType>video</TrackType><DataFrom>soon</DataFrom></Track><Track/><RecordingStatus>Idle"
        "</RecordingStatus><EarliestRecording>1970-01-01T00:00:00Z</EarliestRecording><LatestRecording>9999-12-31T"
        "23:59:59-14:00</LatestRecording><RecordingToken>r</RecordingToken></a:RecordingInformation></a:R>"
    )
    assert search.read_get_recording_information_response(answer) == RecordingInformation(
        token="r",
        source=RecordingSourceInformation(),
        earliest_ns=0,
        tracks=(TrackInformation(token="t", track_type=TrackType.VIDEO, data_to_ns=1_577_836_800 * 10**9),),
    )
    with pytest.raises(ProtocolError, match="RecordingToken is missing"):
        search.read_get_recording_information_response(tt("<R><RecordingInformation/></R>"))


def test_summary():
    value = RecordingSummary(data_from_ns=0, data_until_ns=T, number_recordings=3)
    assert search.read_get_recording_summary_response(wire(search.get_recording_summary_response(value))) == value
    empty = RecordingSummary(data_from_ns=None, data_until_ns=None, number_recordings=0)
    assert search.read_get_recording_summary_response(wire(search.get_recording_summary_response(empty))) == empty


def test_media_attributes():
    value = MediaAttributes(
        recording_token="r",
        tracks=(
            TrackAttributes(
                track=TRACKS[0], encoding="H265", width=640, height=480, framerate=12.5, bitrate=2000, samplerate=None
            ),
            TrackAttributes(
                track=TrackInformation(token="A", track_type=TrackType.AUDIO, data_from_ns=0, data_to_ns=0),
                encoding="AAC",
                bitrate=64,
                samplerate=48000,
            ),
            TrackAttributes(
                track=TrackInformation(token="M", track_type=TrackType.METADATA, data_from_ns=0, data_to_ns=0)
            ),
            TrackAttributes(
                track=TrackInformation(token="N", track_type=TrackType.METADATA, data_from_ns=0, data_to_ns=0),
                metadata=MetadataAttributes(ptz=True, analytics=False, notifications=True),
            ),
        ),
        from_ns=T,
        until_ns=T,
    )
    assert search.read_get_media_attributes_response(wire(search.get_media_attributes_response((value,)))) == (value,)
    assert search.read_get_media_attributes(wire(search.get_media_attributes(("r", "q"), T))) == (("r", "q"), T)
    [bare] = search.read_get_media_attributes_response(
        tt(
            "<R><MediaAttributes><RecordingToken>r</RecordingToken><TrackAttributes><VideoAttributes><Width>0</Width>"
            "<Framerate>NaN</Framerate></VideoAttributes></TrackAttributes></MediaAttributes></R>"
        )
    )
    assert bare.tracks == (TrackAttributes(track=TrackInformation(token="", track_type="")),)
    assert (bare.from_ns, bare.until_ns) == (None, None)


SCOPE = SearchScope(
    included_sources=("s",), included_recordings=("a", "b"), recording_filter='boolean(//Track[TrackType = "Video"])'
)


@pytest.mark.parametrize(
    "request_",
    [FindRecordings(), FindRecordings(scope=SCOPE, max_matches=0, keep_alive_ns=1_500_000_000)],
)
def test_find_recordings(request_):
    assert search_session.read_find_recordings(wire(search_session.find_recordings(request_))) == request_


@pytest.mark.parametrize(
    "request_",
    [
        FindEvents(start_ns=0),
        FindEvents(
            start_ns=T,
            end_ns=T - 10**12,
            scope=SCOPE,
            topics=("tns1:RecordingHistory//.|tns1:VideoSource/MotionAlarm",),
            include_start_state=True,
            max_matches=1,
        ),
    ],
)
def test_find_events(request_):
    assert search_session.read_find_events(wire(search_session.find_events(request_))) == request_


def test_topic_prefix_of_the_client_does_not_matter():
    body = wire(search_session.find_events(FindEvents(start_ns=0, topics=("tns1:A/B", "tns1:C//."))))
    text = xml.serialize(body).replace(b"tns1", b"q")
    assert search_session.read_find_events(xml.parse(text)).topics == ("tns1:A/B|tns1:C//.",)


def test_find_events_without_a_start():
    with pytest.raises(ProtocolError, match="StartPoint"):
        search_session.read_find_events(tt("<FindEvents/>"))
    with pytest.raises(ProtocolError, match="not an xs:dateTime"):
        search_session.read_find_events(tt("<FindEvents><StartPoint>now</StartPoint></FindEvents>"))


@pytest.mark.parametrize(
    "request_",
    [GetResults(search_token="t"), GetResults(search_token="t", min_results=0, max_results=9, wait_ns=250_000_000)],
)
@pytest.mark.parametrize(
    "build", [search_session.get_recording_search_results, search_session.get_event_search_results]
)
def test_get_results(build, request_):
    assert search_session.read_get_results(wire(build(request_))) == request_


def test_search_tokens():
    for message in (
        search_session.find_recordings_response("t"),
        search_session.find_events_response("t"),
        search_session.end_search("t"),
        search_session.get_search_state("t"),
    ):
        assert search_session.read_search_token(wire(message)) == "t"
    with pytest.raises(ProtocolError, match="SearchToken is missing"):
        search_session.read_search_token(tt("<a/>"))


def test_recording_results():
    value = RecordingResults(state="Searching", recordings=(RECORDING, BARE))
    answer = wire(search_session.get_recording_search_results_response(value))
    assert search_session.read_get_recording_search_results_response(answer) == value


@pytest.mark.parametrize(
    "text",
    [
        "<R><ResultList/><SearchState>Queued</SearchState></R>",
        "<R><SearchState>Queued</SearchState></R>",
        "<R><ResultList><SearchState>Queued</SearchState></ResultList></R>",
    ],
)
def test_state_outside_the_list(text):
    assert search_session.read_get_recording_search_results_response(tt(text)) == RecordingResults(state="Queued")
    assert search_session.read_get_event_search_results_response(tt(text)) == EventResults(state="Queued")


EVENTS = (
    recording_history.recording_state("r", time_ns=T, recording=True, start_state=True),
    recording_history.track_state("r", "V", time_ns=T + 1_000_000, data_present=False),
)


def test_event_results():
    value = EventResults(state="Completed", events=EVENTS)
    answer = wire(search_session.get_event_search_results_response(value))
    assert search_session.read_get_event_search_results_response(answer) == value


def test_event_with_another_prefix_and_undeclared_ones():
    data = xml.serialize(search_session.get_event_search_results_response(EventResults(state="x", events=EVENTS)))
    renamed = xml.parse(data.replace(b"tns1", b"tn"))
    assert search_session.read_get_event_search_results_response(renamed).events == EVENTS
    undeclared = xml.parse(data.replace(b'xmlns:tns1="http://www.onvif.org/ver10/topics"', b""))
    assert search_session.read_get_event_search_results_response(undeclared).events == EVENTS


@pytest.mark.parametrize("missing", ["Event", "Topic", "UtcTime"])
def test_event_that_falsifies_history_is_an_error(missing):
    answer = wire(search_session.get_event_search_results_response(EventResults(state="x", events=EVENTS)))
    for element in list(answer.iter()):
        if xml.local_name(element) == missing:
            parent = element.getparent()
            assert parent is not None
            parent.remove(element)
        element.attrib.pop(missing, None)
    with pytest.raises(ProtocolError):
        search_session.read_get_event_search_results_response(answer)


def test_event_without_a_time_of_its_own_has_that_of_its_message():
    answer = wire(search_session.get_event_search_results_response(EventResults(state="x", events=EVENTS[:1])))
    for element in list(answer.iter()):
        if xml.local_name(element) == "Time":
            element.text = ""
    assert search_session.read_get_event_search_results_response(answer).events == EVENTS[:1]


def test_search_capabilities():
    answer = wire(search.get_service_capabilities_response(_search()))
    assert search.read_get_service_capabilities_response(answer) == _search()


# Recording Control


def test_recordings():
    answer = wire(recording.get_recordings_response((RECORDING, BARE)))
    first, second = recording.read_get_recordings_response(answer)
    assert (first.token, first.source, first.content, first.status) == ("rec <1>", RECORDING.source, "c", "Unknown")
    assert [(track.token, track.track_type, track.data_from_ns) for track in first.tracks] == [
        ("V", TrackType.VIDEO, None),
        ("X", "Extended", None),
    ]
    assert second == BARE


def test_recording_configuration():
    value = recording.RecordingConfiguration(source=RECORDING.source, content="c", maximum_retention_ns=86_400 * 10**9)
    answer = wire(recording.get_recording_configuration_response(value))
    assert recording.read_get_recording_configuration_response(answer) == value
    assert recording.read_recording_token(wire(recording.get_recording_configuration("r"))) == "r"
    assert recording.read_recording_token(wire(recording.get_recording_options("r"))) == "r"


def test_track_configuration():
    answer = wire(recording.get_track_configuration_response(TRACKS[0]))
    read = recording.read_get_track_configuration_response(answer, track_token="V")
    assert read == TrackInformation(token="V", track_type=TrackType.VIDEO, description="ü")
    assert recording.read_get_track_configuration(wire(recording.get_track_configuration("r", "V"))) == ("r", "V")


# Replay


def test_replay_uri():
    request = replay.ReplayUriRequest(recording_token="r", stream="RTP-Multicast", protocol="UDP")
    assert replay.read_get_replay_uri(wire(replay.get_replay_uri(request))) == request
    uri = "rtsp://h/a?b=c&d=e"
    assert replay.read_get_replay_uri_response(wire(replay.get_replay_uri_response(uri))) == uri
    assert replay.read_get_replay_uri_response(tt("<R><MediaUri><Uri>u</Uri></MediaUri></R>")) == "u"
    with pytest.raises(ProtocolError, match="Uri is missing"):
        replay.read_get_replay_uri_response(tt("<R/>"))


def test_replay_configuration():
    assert replay.read_session_timeout(wire(replay.set_replay_configuration(5 * 10**9))) == 5 * 10**9
    assert replay.read_session_timeout(wire(replay.get_replay_configuration_response(10**9 // 2))) == 10**9 // 2
    assert replay.read_session_timeout(tt("<R/>")) == 60 * 10**9


def test_replay_capabilities():
    value = replay.ReplayCapabilities(reverse_playback=True, rtp_rtsp_tcp=True, session_timeout_range=(1.0, 600.5))
    answer = wire(replay.get_service_capabilities_response(value))
    assert replay.read_get_service_capabilities_response(answer) == value
    broken = tt('<R><Capabilities SessionTimeoutRange="a b" ReversePlayback="1"/></R>')
    assert replay.read_get_service_capabilities_response(broken) == replay.ReplayCapabilities(reverse_playback=True)


# Simple types and topics


@given(st.integers(min_value=0, max_value=10**18))
def test_durations(ns):
    assert fields.duration(fields.to_duration(ns)) == ns


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT10S", 10), ("P1DT1H1M1S", 90_061), ("P1Y", 31_536_000), ("P1M", 2_592_000), ("-PT1M", -60), (" PT0S ", 0)],
)
def test_durations_in_words(text, seconds):
    assert fields.duration(text) == seconds * 10**9


@pytest.mark.parametrize("text", ["", "P", "PT", "10", "PT10", "P1S", "PTS", "P1DT", "PT1.S", "PT99999999999999S"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError):
        fields.duration(text)


def test_items():
    value = Notification(topic="t", utc_ns=0, source=(SimpleItem(name="Recording", value="r"),))
    assert notification.item(value.source, "RecordingToken", "Recording") == "r"
    assert notification.item(value.data, "x") == ""
