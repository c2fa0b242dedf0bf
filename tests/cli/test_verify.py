from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.handovers import handover, trial
from vssx.cli.main import main
from vssx.errors import ExitCode
from vssx.evidence.signature import sign_file
from vssx.jobs.verify import worst

TRUST = ["--trust", str(trial().certificate)]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_passed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    assert main(["verify", str(root), *TRUST]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "Verdict: PASSED"
    assert "   1. PASSED        validation time: " in captured.out
    assert captured.err == ""


def test_in_a_process_of_its_own(tmp_path: Path):
    """Nothing that an earlier test imported may be needed: asn1crypto learns attributes by imports."""
    root = handover(tmp_path)
    arguments = [sys.executable, "-m", "vssx", "verify", str(root), *TRUST]
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    assert main(["verify", str(root), "--json", *TRUST]) == 0
    (report,) = lines(capsys)
    assert report["path"] == str(root)
    assert report["verdict"] == "PASSED"
    findings = report["findings"]
    assert isinstance(findings, list)
    for finding in findings:
        assert {"check", "result", "evidence"} <= set(finding) <= {"check", "result", "evidence", "sub_indication"}
        assert finding["result"] == "PASSED"


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "unsigned").mkdir()
    signed, unsigned = handover(tmp_path), handover(tmp_path / "unsigned", signed=False)
    assert main(["verify", str(signed)]) == ExitCode.INDETERMINATE
    assert main(["verify", str(unsigned), *TRUST]) == ExitCode.NOTHING_SIGNED
    (signed / "extra").write_bytes(b"")
    capsys.readouterr()
    assert main(["verify", str(signed), *TRUST]) == ExitCode.FAILED
    *findings, verdict = capsys.readouterr().out.splitlines()
    [number] = [line.partition(".")[0].strip() for line in findings if " FAILED " in line]
    assert verdict == f"Verdict: FAILED: see finding {number}"
    assert main(["verify", str(tmp_path), *TRUST]) == ExitCode.HANDOVER
    assert main(["verify", str(tmp_path / "none"), *TRUST]) == ExitCode.STORAGE
    assert main(["verify", str(signed), "--trust", str(trial().key)]) == ExitCode.USAGE
    assert main(["verify", str(signed), "--at", "yesterday"]) == ExitCode.USAGE
    assert main(["verify"]) == ExitCode.USAGE
    capsys.readouterr()


def test_at_takes_local_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "f").write_bytes(b"x")
    sign_file(tmp_path / "f", trial().signer)
    local = ["--at", "2050-07-01 12:00", "--tz", "Europe/Paris"]
    assert main(["verify", str(tmp_path / "f"), *local, *TRUST]) == ExitCode.INDETERMINATE
    assert "2050-07-01T10:00:00Z" in capsys.readouterr().out


def test_at_is_an_assumption_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    assert main(["verify", str(root), "--at", "2050-01-01T00:00:00Z", *TRUST]) == ExitCode.INDETERMINATE
    out = capsys.readouterr().out
    assert "2050-01-01T00:00:00Z, assumed by the verifier" in out
    assert "OUT_OF_BOUNDS_NO_POE" in out


def test_several_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    (tmp_path / "plain").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"x")
    signature = sign_file(tmp_path / "file", trial().signer)
    signature.write_bytes(signature.read_bytes() + b"\0")
    paths = [str(tmp_path / name) for name in ("none", "file", "plain")] + [str(root)]
    assert main(["verify", "--json", *paths, *TRUST]) == ExitCode.FAILED
    reports = lines(capsys)
    assert [report["path"] for report in reports] == paths
    assert [report["verdict"] for report in reports] == ["INDETERMINATE", "FAILED", "INDETERMINATE", "PASSED"]
    assert [report.get("error") for report in reports] == [ExitCode.STORAGE, None, None, None]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([0, 0], 0),
        ([0, 41], 41),
        ([41, 42], 42),
        ([42, 33], 33),
        ([33, 30], 30),
        ([30, 40, 42], 40),
        ([40, 1], 1),
    ],
)
def test_the_worst_wins(codes: list[int], expected: int):
    assert worst([ExitCode(code) for code in codes]) == expected
    assert worst([ExitCode(code) for code in reversed(codes)]) == expected


def test_names_cannot_play_with_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    name = tmp_path / "\x1b[2Jevil"
    name.write_bytes(b"x")
    assert main(["verify", str(name)]) == ExitCode.NOTHING_SIGNED
    assert main(["verify", str(tmp_path / "\x1b[2Jnone")]) == ExitCode.STORAGE
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names that are no UTF-8")
def test_names_that_are_no_text(tmp_path: Path):
    name = os.fsencode(tmp_path) + b"/\xff"
    Path(os.fsdecode(name)).write_bytes(b"x")
    for options in ([], ["--json"]):
        result = subprocess.run(
            [sys.executable.encode(), b"-m", b"vssx", b"verify", name, *(option.encode() for option in options)],
            capture_output=True,
            check=False,
        )
        assert result.returncode == ExitCode.NOTHING_SIGNED, result.stderr
        assert b"udcff" in result.stdout


def test_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    before = sorted((str(path), path.stat().st_mtime_ns) for path in root.rglob("*"))
    main(["verify", str(root), *TRUST])
    assert sorted((str(path), path.stat().st_mtime_ns) for path in root.rglob("*")) == before
