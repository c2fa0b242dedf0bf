"""Which failures of FindEvents mean that the recorder has no events to tell."""

from __future__ import annotations

import pytest

from vssx.errors import NotAuthenticatedError, ProtocolError
from vssx.jobs.added_events import has_no_search
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
