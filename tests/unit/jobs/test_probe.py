"""vssx probe against the embedded recorder, whole and with parts that do not work."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from vssx.errors import ExitCode
from vssx.jobs.config import RecorderAddress
from vssx.jobs.probe import ProbeRequest, probe
from vssx.model.acquisition import Credentials
from vssx.model.network import TlsPolicy
from vssx.model.probe import ProbeReport, ProbeStep, StepResult
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.server import RecorderServer
from vssx.recorder.tls import self_signed
from vssx.times import from_xs_datetime

USER = Credentials(user="operator", password="geheim")
STEPS = ["clock", "services", "login", "capabilities", "recordings", "history", "events", "replay address", "replay"]


@pytest.fixture(scope="module")
def recorder(samples: Path) -> Iterator[RecorderServer]:
    with RecorderServer(samples, credentials=USER) as server:
        yield server


def address(host: str, credentials: Credentials | None = USER) -> RecorderAddress:
    return RecorderAddress(host=host, credentials=credentials, timeout=5.0)


def at(server: RecorderServer, credentials: Credentials | None = USER, recording: str | None = None) -> ProbeReport:
    return probe(ProbeRequest(address=address(f"127.0.0.1:{server.http_port}", credentials), recording=recording))


def step(report: ProbeReport, name: str) -> ProbeStep:
    return next(one for one in report.steps if one.name == name)


def results(report: ProbeReport) -> list[StepResult]:
    return [one.result for one in report.steps]


def test_everything_works(recorder):
    begun: list[str] = []
    host = f"127.0.0.1:{recorder.http_port}"
    report = probe(ProbeRequest(address=address(host), recording="north-gate"), begun.append)
    assert begun == [one.name for one in report.steps] == STEPS
    assert results(report) == [StepResult.OK] * len(STEPS)
    assert report.exit_code is ExitCode.DONE
    assert report.address == recorder.http_url
    assert step(report, "recordings").facts["tried"] == "north-gate"
    assert step(report, "login").facts["model"] == "Embedded recorder"
    facts = step(report, "replay").facts
    assert facts["time_sources"] == ["replay-extension"]
    assert facts["end_proven"] is True
    assert [track["codec"] for track in facts["tracks"]] == ["H.264", "AAC"]
    assert all(track["received"] > 20 for track in facts["tracks"])
    assert {one.level: one.possible for one in report.levels} == {"0V": True, "0M": False, "0E": True, "0M+0E": False}


def test_a_recording_with_metadata_and_events(recorder):
    report = at(recorder, recording="side-door")
    assert all(one.possible for one in report.levels)
    events = step(report, "events").facts
    assert events["events"] > 20
    assert events["states"] == 3
    assert "tns1:AccessControl/Denied/Credential" in events["topics"]


def test_wrong_password(recorder):
    report = at(recorder, Credentials(user="operator", password="wrong"))
    assert report.exit_code is ExitCode.NOT_AUTHENTICATED
    failed = step(report, "login")
    assert failed.result is StepResult.FAILED
    assert "password" in failed.text
    assert failed.next_step
    assert results(report)[3:] == [StepResult.NOT_TRIED] * 6
    assert "geheim" not in repr(report)
    assert "wrong" not in failed.text.replace("password is wrong", "")


def test_no_such_recording(recorder):
    report = at(recorder, recording="nowhere")
    assert report.exit_code is ExitCode.NOTHING_RECORDED
    assert step(report, "recordings").result is StepResult.FAILED
    assert step(report, "replay").result is StepResult.NOT_TRIED
    assert not any(one.possible for one in report.levels)


def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        report = probe(ProbeRequest(address=address(f"127.0.0.1:{taken.getsockname()[1]}")))
    assert report.exit_code is ExitCode.UNREACHABLE
    assert results(report) == [StepResult.FAILED, *[StepResult.NOT_TRIED] * 8]
    assert step(report, "clock").next_step


@pytest.fixture(scope="module")
def encrypted(samples: Path) -> Iterator[tuple[RecorderServer, str]]:
    tls = self_signed("127.0.0.1")
    with RecorderServer(samples, tls=tls) as server:
        yield server, tls.fingerprint


def over_tls(server: RecorderServer, policy: TlsPolicy) -> ProbeReport:
    host = f"https://127.0.0.1:{server.http_port}/onvif/device_service"
    return probe(ProbeRequest(address=RecorderAddress(host=host, credentials=None, timeout=5.0, tls=policy)))


def test_a_certificate_that_nobody_knows_is_shown_to_be_compared(encrypted):
    server, fingerprint = encrypted
    report = over_tls(server, TlsPolicy())
    assert fingerprint in step(report, "certificate").text
    assert step(report, "clock").result is StepResult.FAILED
    assert "--fingerprint" in step(report, "clock").next_step
    assert report.exit_code is ExitCode.UNREACHABLE


def test_a_pinned_certificate(encrypted):
    server, fingerprint = encrypted
    report = over_tls(server, TlsPolicy(fingerprints=(fingerprint,)))
    assert report.exit_code is ExitCode.DONE
    assert "pinned" in step(report, "clock").text
    assert step(report, "replay").result is StepResult.OK


def test_no_verification_is_remarked(encrypted):
    report = over_tls(encrypted[0], TlsPolicy(insecure=True))
    assert report.exit_code is ExitCode.DONE
    assert any("--fingerprint" in remark for remark in step(report, "certificate").remarks)
    assert step(report, "clock").result is StepResult.REMARK


@pytest.fixture(scope="module")
def sparse(samples: Path) -> Iterator[RecorderServer]:
    with RecorderServer(samples, credentials=USER, faults=read_faults(["sparse", "no-history"])) as server:
        yield server


def test_a_recorder_that_does_not_tell_when_it_recorded(sparse):
    report = at(sparse, recording="north-gate")
    assert step(report, "history").result is StepResult.REMARK
    assert step(report, "replay").result is StepResult.FAILED
    assert "--at" in step(report, "replay").next_step
    assert report.exit_code is ExitCode.NOTHING_RECORDED
    host = address(f"127.0.0.1:{sparse.http_port}")
    moment = from_xs_datetime("2026-03-14T06:30:05Z")
    report = probe(ProbeRequest(address=host, recording="north-gate", at_ns=moment))
    assert report.exit_code is ExitCode.DONE
    assert report.levels[0].possible
