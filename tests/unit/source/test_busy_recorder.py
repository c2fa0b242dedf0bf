"""A recorder that serves one client at a time is asked again, for about as long as it keeps a forgotten session."""

from __future__ import annotations

import pytest

from tests.unit.source.scripted_server import Script, pictures
from tests.unit.source.test_replay import numbers, run
from tests.unit.transport.http_server import Log
from vssx.errors import ExitCode, ProtocolError
from vssx.model.media import Assumption
from vssx.source.replay_session import untold
from vssx.transport.busy import WAITS_S, RecorderBusyError


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """Seconds that were slept, in turn; nothing is slept really."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP"])
@pytest.mark.parametrize("status", [453, 503, 429])
def test_asked_again_until_it_has_time(waits, method, status):
    log = Log()
    script = Script(plays=[pictures(0, 300)], statuses={method: [status, status]})
    items = run(script, 0, 2, observe=log)
    assert numbers(items) == list(range(50))
    assert waits == list(WAITS_S[:2])
    assert [
        f"asked again in {wait:g} s" in str(told["text"]) for wait, told in zip(waits, log.of("retry"), strict=True)
    ]
    assert len(script.asked("DESCRIBE")) == 3


def test_not_for_ever(waits):
    with pytest.raises(RecorderBusyError, match="one client at a time") as caught:
        run(Script(statuses={"DESCRIBE": [453] * 99}))
    assert waits == list(WAITS_S)
    assert caught.value.exit_code is ExitCode.UNREACHABLE


def test_a_range_that_cannot_be_played_is_no_question_of_time(waits):
    """Some servers answer 503 to a PLAY of what they do not hold."""
    with pytest.raises(ProtocolError, match="503"):
        run(Script(statuses={"PLAY": [503] * 9}))
    assert not waits


def test_notes_of_a_session_that_is_made_anew_are_told_once():
    one, other = Assumption(subject="transport", detail="x"), Assumption(subject="TLS", detail="y")
    told: set[str] = set()
    assert list(untold((one,), told)) == [one]
    assert list(untold((one, other), told)) == [other]
    assert list(untold((one, other), told)) == []
