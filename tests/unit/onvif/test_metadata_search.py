"""Messages of FindMetadata and FindPTZPosition: what is written is read, and what is wrong is refused."""

import pytest

from vssx import xml
from vssx.errors import ProtocolError
from vssx.onvif import metadata_search as messages
from vssx.onvif.metadata_search import (
    FindMetadata,
    FindMetadataResult,
    FindPtzPosition,
    FindPtzPositionResult,
    MetadataResults,
    PtzPositionResults,
    PtzVector,
)
from vssx.onvif.search_session import SearchScope

T = 1_700_000_000_123_000_000
SCOPE = SearchScope(included_recordings=("a",))
WHOLE = PtzVector(pan=-1.0, tilt=1e-07, zoom=0.25, pan_tilt_space="urn:pt", zoom_space="urn:z")


def wire(element):
    """As it comes out of a connection."""
    return xml.parse(xml.serialize(element))


@pytest.mark.parametrize(
    "request_",
    [
        FindMetadata(start_ns=T, stream_filter="boolean(//Object)"),
        FindMetadata(
            start_ns=T, end_ns=T - 1, stream_filter='//a[@b="<"]', scope=SCOPE, max_matches=1, keep_alive_ns=15 * 10**9
        ),
    ],
)
def test_find_metadata(request_):
    assert messages.read_find_metadata(wire(messages.find_metadata(request_))) == request_


@pytest.mark.parametrize("volume", [PtzVector(), WHOLE, PtzVector(zoom=1.0), PtzVector(pan=0.0, tilt=-0.5)])
def test_find_ptz_position(volume):
    request = FindPtzPosition(
        start_ns=T, end_ns=T + 1, min_position=volume, max_position=WHOLE, enter_or_exit=True, scope=SCOPE
    )
    assert messages.read_find_ptz_position(wire(messages.find_ptz_position(request))) == request


def test_results():
    found = MetadataResults(
        state="Searching", results=(FindMetadataResult(recording_token="r", track_token="t", time_ns=T),) * 2
    )
    answer = wire(messages.get_metadata_search_results_response(found))
    assert messages.read_get_metadata_search_results_response(answer) == found
    positions = PtzPositionResults(
        state="Completed",
        results=(FindPtzPositionResult(recording_token="r", track_token="t", time_ns=T, position=WHOLE),),
    )
    answer = wire(messages.get_ptz_position_search_results_response(positions))
    assert messages.read_get_ptz_position_search_results_response(answer) == positions


def test_a_position_that_is_no_number_is_none():
    result = FindPtzPositionResult(recording_token="r", track_token="t", time_ns=T, position=WHOLE)
    answer = messages.get_ptz_position_search_results_response(PtzPositionResults(state="Completed", results=(result,)))
    pan_tilt = next(element for element in answer.iter() if xml.local_name(element) == "PanTilt")
    for text in ("NaN", "INF", "north", ""):
        pan_tilt.set("x", text)
        (read,) = messages.read_get_ptz_position_search_results_response(wire(answer)).results
        assert read.position == PtzVector(zoom=0.25, zoom_space="urn:z")


@pytest.mark.parametrize("missing", ["Time", "Position"])
def test_a_result_without_time_or_position_is_an_error(missing):
    result = FindPtzPositionResult(recording_token="r", track_token="t", time_ns=T, position=WHOLE)
    answer = messages.get_ptz_position_search_results_response(PtzPositionResults(state="Completed", results=(result,)))
    element = next(child for child in answer.iter() if xml.local_name(child) == missing)
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
    with pytest.raises(ProtocolError, match=missing):
        messages.read_get_ptz_position_search_results_response(wire(answer))
