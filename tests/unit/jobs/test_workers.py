"""Errors come out of a worker as what they are, and several become one that names each recording."""

import multiprocessing
import pickle

import pytest

from vssx.errors import LevelNotBorneError, NothingRecordedError, ProtocolError, RecorderUnreachableError, StorageError
from vssx.evidence.media import MediaTarget
from vssx.evidence.staging import Staging
from vssx.jobs.acquire import Assignment
from vssx.jobs.config import RecorderAddress
from vssx.jobs.workers import _Failure, _receive, combined
from vssx.model.handover import ExportUnit, SourceIdentity
from vssx.model.recording import RecordingHistory, RecordingInformation, RecordingSourceInformation
from vssx.onvif.soap import Fault, SoapFaultError
from vssx.transport.busy import RecorderBusyError

FAULT = SoapFaultError(Fault(code="Sender", subcodes=("NoRecording",), reason="gone"), where="host", next_step="Look.")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StorageError("full", where="/x", next_step="Make room."), StorageError),
        (FAULT, ProtocolError),
        (RecorderBusyError("busy"), RecorderUnreachableError),
    ],
)
def test_an_error_survives_the_pipe(error, kind):
    again = pickle.loads(pickle.dumps(_Failure.of(error))).error()
    assert type(again) is kind
    assert (str(again), again.exit_code) == (str(error), error.exit_code)


@pytest.mark.parametrize(("finished", "kept"), [(0, "Nothing is lost"), (1, "1 other is"), (2, "2 others are")])
def test_several_become_one(finished, kept):
    error = combined([("a", FAULT), ("b", NothingRecordedError("nothing", next_step="Look."))], finished)
    assert type(error) is ProtocolError
    assert str(error).startswith("recording a: host: the recorder answered the fault ")
    assert "; recording b: nothing. Look. " in str(error)
    assert kept in error.next_step


def test_a_level_that_is_not_borne_has_its_own_way_out():
    lacking = LevelNotBorneError("no metadata track", where="recording b", next_step="Use --accept-lower.")
    error = combined([("b", lacking), ("b 10:00 to 11:00", lacking)], 1)
    assert str(error) == (
        "recording b: no metadata track; recording b 10:00 to 11:00: no metadata track. 1 other is complete and kept."
        " Use --accept-lower."
    )


def test_a_disk_that_fails_is_an_error_of_the_recording_and_no_lost_worker(tmp_path):
    assignment = Assignment(
        target=MediaTarget(
            camera="cam",
            recording_token="t",
            gap_split_ns=1,
            export_unit=ExportUnit(name="test", time_ns=0),
            source=SourceIdentity(name="cam"),
        ),
        camera="cam",
        uri="",
        http_address="",
        from_ns=0,
        to_ns=1,
        recording=RecordingInformation(token="t", source=RecordingSourceInformation()),
        history=RecordingHistory(recording_token="t", from_ns=0, to_ns=1),
        log="data/log/l.jsonl",
    )
    address = RecorderAddress(host="127.0.0.1:1", credentials=None, timeout=1)
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        failure = _receive(assignment, address, Staging(tmp_path / "gone"), theirs)
    assert isinstance(failure, _Failure)
    assert isinstance(failure.error(), StorageError)
    assert failure.where.endswith("work")
