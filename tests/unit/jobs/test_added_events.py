"""Which failures of FindEvents mean that the recorder has no events to tell; lines about recordings that are none."""

from __future__ import annotations

import pytest

from vssx.errors import NotAuthenticatedError, ProtocolError, UsageError
from vssx.jobs.added_events import has_no_search, read_lists, refuse_unknown_recordings
from vssx.onvif.soap import Fault, SoapFaultError
from vssx.source.recorder_calls import NoServiceError


def fault(code: str, *subcodes: str, reason: str = "") -> SoapFaultError:
    return SoapFaultError(Fault(code=code, subcodes=subcodes, reason=reason))


@pytest.mark.parametrize(
    "problem",
    [
        fault("Receiver", "ActionNotSupported"),
        fault("Sender", "ActionNotSupported", "NoSuchService"),
        fault("Receiver", "OptionalActionNotImplemented"),
        fault("Sender", reason="Method 'tse:FindEvents' not implemented: method name or namespace not recognized"),
        NoServiceError("the recorder names no search service"),
    ],
)
def test_no_such_search(problem):
    assert has_no_search(problem)


@pytest.mark.parametrize(
    "problem",
    [
        fault("Receiver", "Action", reason="database is being rebuilt, try later"),
        fault("Sender", "InvalidArgVal", "InvalidFilterFault"),
        fault("Sender", "InvalidArgVal", "InvalidToken"),
        fault("Receiver"),
        ProtocolError("what"),
        NotAuthenticatedError("no"),
    ],
)
def test_any_other_failure_may_hide_events(problem):
    assert not has_no_search(problem)


def test_lines_about_recordings_that_are_not_exported(tmp_path):
    path = tmp_path / "list.csv"
    rows = [f"2024-05-01T12:00:00Z,a,{name}" for name in ("gate", "yard", "", "yard", *map(str, range(11)))]
    path.write_text("\n".join(["time,name,recording", *rows]), encoding="utf-8")
    lists = read_lists([path], None)
    with pytest.raises(UsageError) as caught:
        refuse_unknown_recordings(lists, ["gate", "door"])
    assert caught.value.where == str(path)
    assert caught.value.message == (
        "column 'recording': line 3: yard; line 6: 0; line 7: 1; line 8: 2; line 9: 3; line 10: 4; line 11: 5;"
        " line 12: 6; line 13: 7; line 14: 8; and 2 more: no such recording is exported"
    )
    assert caught.value.next_step == "It may say: door, gate; empty: all of them."
    refuse_unknown_recordings(lists, ["gate", "yard", *map(str, range(11))])
