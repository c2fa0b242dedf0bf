from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.handovers import SAMPLES, handover, trial
from vssx.cli.main import main
from vssx.errors import ExitCode
from vssx.evidence.sign_handover import sign_handover
from vssx.evidence.verify import verify_path
from vssx.model.verification import Verdict
from vssx.shown import shown_fingerprint


def sheet(root: Path, output: Path, *options: str) -> str:
    assert main(["sheet", str(root), "-o", str(output), *options]) == 0
    return output.read_text("utf-8")


def test_sheet_has_what_verify_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    page = sheet(root, tmp_path / "s.html", "--legal-basis", "Art.\n60-1 CPP")
    assert capsys.readouterr().out == f"{tmp_path / 's.html'}\n"
    digest = verify_path(root).sha256
    assert " ".join(re.findall("....", digest[:32])) in page
    assert shown_fingerprint(trial().signer.fingerprint) in page
    assert "Art. 60-1 CPP" in page
    assert verify_path(root, trust=(trial().certificate,)).verdict is Verdict.PASSED


def test_languages_and_kinds_of_files(tmp_path: Path):
    root = handover(tmp_path)
    assert "Bordereau de remise" in sheet(root, tmp_path / "s.html", "--language", "fr")
    assert main(["sheet", str(root), "-o", str(tmp_path / "S.PDF"), "--language", "de"]) == 0
    assert (tmp_path / "S.PDF").read_bytes().startswith(b"%PDF-")


def test_a_handover_that_was_signed_later(tmp_path: Path):
    root = handover(tmp_path, signed=False)
    assert "Not signed electronically" in sheet(root, tmp_path / "before.html")
    sign_handover(root, trial("Later").signer)
    after = sheet(root, tmp_path / "after.html")
    assert "Not signed electronically" not in after
    assert shown_fingerprint(trial("Later").signer.fingerprint) in after


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("handover.json", b" "),
        ("manifest-sha256.txt", b"\n"),
        ("tagmanifest-sha256.txt", b"\n"),
        ("VERIFY.txt", b"\n"),
        ("signatures/0001-export.p7s", b"\0"),
    ],
)
def test_no_sheet_for_what_was_changed(tmp_path: Path, name: str, change: bytes, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    (root / name).write_bytes((root / name).read_bytes() + change)
    assert main(["sheet", str(root), "-o", str(tmp_path / "s.html")]) == ExitCode.HANDOVER
    assert "vssx verify" in capsys.readouterr().err
    assert not (tmp_path / "s.html").exists()


def test_no_sheet_for_a_date_that_no_calendar_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Made by hand, lists and all, so that it is whole as far as it goes."""
    root = handover(tmp_path, signed=False)
    record = root / "handover.json"
    text = re.sub(rb'"created": ?"[^"]*"', b'"created": "2024-02-30T00:00:00Z"', record.read_bytes(), count=1)
    old = hashlib.sha256(record.read_bytes()).hexdigest()
    record.write_bytes(text)
    tags = root / "tagmanifest-sha256.txt"
    tags.write_text(tags.read_text("utf-8").replace(old, hashlib.sha256(text).hexdigest()), "utf-8", newline="\n")
    assert main(["sheet", str(root), "-o", str(tmp_path / "s.html")]) == ExitCode.HANDOVER
    assert "at created: '2024-02-30T00:00:00Z' is not a 'date-time'" in capsys.readouterr().err


def test_no_sheet_for_what_lacks_something(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    (root / "VERIFY.txt").unlink()
    assert main(["sheet", str(root), "-o", str(tmp_path / "s.html")]) == ExitCode.HANDOVER
    assert "it is missing" in capsys.readouterr().err


def test_a_signature_over_something_else(tmp_path: Path):
    root, other = handover(tmp_path), handover(tmp_path / "other", signed=False)
    (other / "bag-info.txt").write_bytes(b"")
    (root / "signatures/0002-signature.p7s").write_bytes(trial().signer.sign_digest(b"\1" * 32))
    assert main(["sheet", str(root), "-o", str(tmp_path / "s.html")]) == ExitCode.HANDOVER


def test_where_it_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path)
    before = sorted(root.rglob("*"))
    assert main(["sheet", str(root), "-o", str(root / "s.html")]) == ExitCode.HANDOVER
    assert main(["sheet", str(root), "-o", str(root / "data" / "gate" / "s.html")]) == ExitCode.HANDOVER
    assert main(["sheet", str(root), "-o", str(tmp_path / "s.odt")]) == ExitCode.USAGE
    (tmp_path / "s.html").write_text("mine")
    assert main(["sheet", str(root), "-o", str(tmp_path / "s.html")]) == ExitCode.HANDOVER
    assert (tmp_path / "s.html").read_text() == "mine"
    assert main(["sheet", str(tmp_path), "-o", str(tmp_path / "t.html")]) == ExitCode.HANDOVER
    assert main(["sheet", str(root), "-o", str(tmp_path / "u.html"), "--legal-basis", "x" * 161]) == ExitCode.USAGE
    assert main(["sheet", str(root), "-o", str(tmp_path / "u.html"), "--tz", "Nowhere/At_All"]) == ExitCode.USAGE
    assert sorted(root.rglob("*")) == before
    capsys.readouterr()


def remux(parent: Path, *options: str) -> int:
    sample = str(SAMPLES / "car-park.mp4")
    start = ["--start", "2024-05-01T12:00:00Z"]
    return main(["remux", sample, *start, "--output", str(parent), "--name", "N", "--stills", "0", *options])


def test_beside_a_new_handover(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    options = ("--language", "fr", "--legal-basis", "Art. 77-1-1 CPP", "--key", str(trial().key))
    assert remux(tmp_path, "--sheet", "--cert", str(trial().certificate), *options) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'N'}\n"
    page = (tmp_path / "N.sheet.html").read_text("utf-8")
    assert "Bordereau de remise" in page
    assert "Art. 77-1-1 CPP" in page
    assert verify_path(tmp_path / "N", trust=(trial().certificate,)).verdict is Verdict.PASSED


def test_a_sheet_that_cannot_be_written_takes_nothing_from_the_handover(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "N.sheet.html").write_text("mine")
    assert remux(tmp_path, "--sheet") == ExitCode.INCOMPLETE
    captured = capsys.readouterr()
    assert captured.out == f"{tmp_path / 'N'}\n"
    assert "the handover is complete, but there is no sheet" in captured.err
    assert captured.err.splitlines()[-1].startswith("vssx: to make it: vssx sheet ")
    assert (tmp_path / "N.sheet.html").read_text() == "mine"
    assert Verdict.FAILED not in {one.result for one in verify_path(tmp_path / "N").findings}
