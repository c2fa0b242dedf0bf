"""Whatever a recorder makes of its answers, only VssxError leaves the readers."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.test_onvif_messages import MESSAGES
from vssx import xml
from vssx.errors import VssxError
from vssx.onvif import device, metadata_search, recording, replay, search, search_session, soap, topic

READERS: dict[str, list[Any]] = {
    "GetSystemDateAndTimeResponse": [device.read_get_system_date_and_time_response],
    "GetDeviceInformationResponse": [lambda e: device.read_get_device_information_response(e, address="x")],
    "GetScopesResponse": [device.read_get_scopes_response],
    "GetServices": [device.read_get_services],
    "GetServicesResponse": [device.read_get_services_response],
    "GetCapabilitiesResponse": [device.read_get_capabilities_response],
    "GetRecordingsResponse": [recording.read_get_recordings_response],
    "GetRecordingConfiguration": [recording.read_recording_token],
    "GetRecordingConfigurationResponse": [recording.read_get_recording_configuration_response],
    "GetTrackConfiguration": [recording.read_get_track_configuration],
    "GetTrackConfigurationResponse": [lambda e: recording.read_get_track_configuration_response(e, track_token="V")],
    "GetServiceCapabilitiesResponse": [
        search.read_get_service_capabilities_response,
        replay.read_get_service_capabilities_response,
    ],
    "GetRecordingSummaryResponse": [search.read_get_recording_summary_response],
    "GetRecordingInformationResponse": [search.read_get_recording_information_response],
    "GetMediaAttributes": [search.read_get_media_attributes],
    "GetMediaAttributesResponse": [search.read_get_media_attributes_response],
    "FindRecordings": [search_session.read_find_recordings],
    "FindEvents": [search_session.read_find_events],
    "FindEventsResponse": [search_session.read_search_token],
    "GetRecordingSearchResults": [search_session.read_get_results],
    "GetRecordingSearchResultsResponse": [search_session.read_get_recording_search_results_response],
    "GetEventSearchResultsResponse": [search_session.read_get_event_search_results_response],
    "FindMetadata": [metadata_search.read_find_metadata],
    "FindPTZPosition": [metadata_search.read_find_ptz_position],
    "GetMetadataSearchResultsResponse": [metadata_search.read_get_metadata_search_results_response],
    "GetPTZPositionSearchResultsResponse": [metadata_search.read_get_ptz_position_search_results_response],
    "GetReplayUri": [replay.read_get_replay_uri],
    "GetReplayUriResponse": [replay.read_get_replay_uri_response],
    "GetReplayConfigurationResponse": [replay.read_session_timeout],
}
SAMPLES = {
    xml.local_name(message): xml.serialize(message)
    for messages in MESSAGES.values()
    for message in messages
    if xml.local_name(message) in READERS
}
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z")), max_size=30),
    st.sampled_from(
        ["", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "-1", "NaN", "9" * 400, "INF", "PT"]
    ),
)


def test_every_reader_has_a_sample():
    assert SAMPLES.keys() == READERS.keys()


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_damaged_messages(name, data):
    """Elements vanish, move, get other texts and names; attributes too."""
    root = xml.parse(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        elements = list(root.iter())
        element = elements[data.draw(st.integers(0, len(elements) - 1))]
        what = data.draw(st.sampled_from(["text", "remove", "move", "attribute", "rename"]))
        parent = element.getparent()
        if what == "text":
            element.text = data.draw(TEXTS)
        elif what == "remove" and parent is not None:
            parent.remove(element)
        elif what == "move" and parent is not None:
            root.append(element)
        elif what == "attribute" and element.attrib:
            element.attrib[data.draw(st.sampled_from(sorted(element.attrib)))] = data.draw(TEXTS)
        elif what == "rename":
            element.tag = "Other"
    for read in READERS[name]:
        with contextlib.suppress(VssxError):
            read(root)


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_damaged_bytes(name, data):
    """A byte changed, or the answer cut: an error or an answer, nothing else."""
    sample = bytearray(soap.render(xml.parse(SAMPLES[name])))
    for _ in range(data.draw(st.integers(1, 5))):
        sample[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(sample)))
    with contextlib.suppress(VssxError):
        body = soap.parse(bytes(sample[:cut] if cut % 2 else sample)).body
        if body is not None:
            for read in READERS[name]:
                read(body)


@given(TEXTS, TEXTS)
def test_topics(concrete, expression):
    with contextlib.suppress(VssxError):
        assert topic.parse_expression(expression).matches(concrete) in (True, False)
