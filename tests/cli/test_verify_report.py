from __future__ import annotations

from pathlib import Path

import pytest

from tests.handovers import handover, trial
from vssx.cli.main import main
from vssx.errors import ExitCode

TRUST = ["--trust", str(trial().certificate)]


def test_report_of_several_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    page, pdf = tmp_path / "v.html", tmp_path / "v.pdf"
    assert main(["verify", str(root), *TRUST, "--report", str(page), "--language", "de"]) == 0
    text = page.read_text("utf-8")
    assert "Prüfbericht" in text
    assert 'lang="en"' in text
    gone = str(tmp_path / "gone")
    assert main(["verify", str(root), gone, *TRUST, "--report", str(pdf)]) == ExitCode.STORAGE
    assert pdf.read_bytes().startswith(b"%PDF-")
    printed = capsys.readouterr().out
    assert printed.count("Verdict: PASSED") == 2
    assert main(["verify", str(root), *TRUST]) == 0


def test_refused_before_anything_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    assert main(["verify", str(root), "--report", str(root / "v.html")]) == ExitCode.HANDOVER
    assert main(["verify", str(root), "--report", str(tmp_path / "v.txt")]) == ExitCode.USAGE
    assert main(["verify", str(root), "--report", str(tmp_path / "no" / "v.html")]) == ExitCode.STORAGE
    assert main(["verify", str(root), "--report", str(tmp_path / "v.html"), "--tz", "No/Where"]) == ExitCode.USAGE
    (tmp_path / "v.html").write_text("mine")
    assert main(["verify", str(root), "--report", str(tmp_path / "v.html")]) == ExitCode.HANDOVER
    assert capsys.readouterr().out == ""
    assert (tmp_path / "v.html").read_text() == "mine"


def test_failed_is_on_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    (root / "extra").write_bytes(b"")
    assert main(["verify", str(root), *TRUST, "--report", str(tmp_path / "v.html")]) == ExitCode.FAILED
    assert "extra is in no manifest" in (tmp_path / "v.html").read_text("utf-8")
    capsys.readouterr()


def test_failed_outweighs_that_no_page_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    resource = pytest.importorskip("resource", reason="limits the size of files")
    root = handover(tmp_path)
    (root / "extra").write_bytes(b"")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # as a full disk
    try:
        code = main(["verify", str(root), *TRUST, "--report", str(tmp_path / "v.html")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    printed = capsys.readouterr()
    assert code == ExitCode.FAILED
    assert "Verdict: FAILED" in printed.out
    assert "cannot be written" in printed.err
    assert not (tmp_path / "v.html").exists()
