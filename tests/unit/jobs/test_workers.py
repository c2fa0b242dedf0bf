"""Errors come out of a worker as what they are, and several become one that names each recording."""

import pickle

import pytest

from vssx.errors import NothingRecordedError, ProtocolError, RecorderUnreachableError, StorageError
from vssx.jobs.workers import _Failure, combined
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
