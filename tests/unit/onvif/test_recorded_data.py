"""The messages of a recorder's own export come back as they went, and recorders that say little are understood."""

import pytest

from vssx import xml
from vssx.errors import ProtocolError
from vssx.onvif import recorded_data
from vssx.onvif.recorded_data import RecordedDataRequest, RecordedDataState
from vssx.onvif.recording import get_service_capabilities_response

TRC = b'xmlns:trc="http://www.onvif.org/ver10/recording/wsdl"'


def again(root):
    return xml.parse(xml.serialize(root), where="test", error=ProtocolError)


@pytest.mark.parametrize("times", [(None, None), (5_000_000_000, 9_500_000_000)])
@pytest.mark.parametrize("directory", ["", "a/b"])
def test_requests(times, directory):
    request = RecordedDataRequest(
        recording_token="R 1",
        start_ns=times[0],
        end_ns=times[1],
        file_format="ONVIF",
        storage="s",
        directory=directory,
    )
    root = again(recorded_data.export_recorded_data(request))
    assert recorded_data.read_export_recorded_data(root) == request
    root = again(recorded_data.get_export_recorded_data_state("op"))
    assert recorded_data.read_get_export_recorded_data_state(root) == "op"


def test_answers():
    root = again(recorded_data.export_recorded_data_response("op", ["a.mp4", "b.mp4"]))
    assert recorded_data.read_export_recorded_data_response(root) == ("op", ("a.mp4", "b.mp4"))
    state = RecordedDataState(progress=0.5, files=(("a.mp4", 1.0), ("b.mp4", 0.25)))
    root = again(recorded_data.get_export_recorded_data_state_response(state))
    assert recorded_data.read_get_export_recorded_data_state_response(root) == state


def test_a_state_that_says_nothing_is_no_progress():
    root = again(xml.parse(b"<trc:X " + TRC + b"/>", where="test", error=ProtocolError))
    assert recorded_data.read_get_export_recorded_data_state_response(root) == RecordedDataState(progress=0.0, files=())


def test_an_operation_must_have_a_token():
    with pytest.raises(ProtocolError):
        recorded_data.read_export_recorded_data_response(recorded_data.get_export_recorded_data_state(""))


@pytest.mark.parametrize("formats", [(), ("ONVIF",), ("ONVIF", "MP4")])
def test_formats(formats):
    answer = again(get_service_capabilities_response(formats))
    assert recorded_data.supported_formats(xml.find(answer, "Capabilities")) == formats
    assert recorded_data.supported_formats(None) == ()
