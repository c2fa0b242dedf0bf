from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vssx.cli.main import main
from vssx.errors import ExitCode
from vssx.evidence.keys import load_signer


def test_create(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["keys", "create", "--output", str(tmp_path / "keys"), "--ec", "--name", "Jane Doe"]) == 0
    out = capsys.readouterr().out
    signer = load_signer(tmp_path / "keys/key.pem", tmp_path / "keys/cert.pem", lambda: None)
    assert signer.fingerprint[:4].upper() in out.replace(":", "")
    assert "Jane Doe" in out
    assert "not encrypted" in out
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / "keys/key.pem").stat().st_mode) == 0o600


def test_rsa_by_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["keys", "create", "--output", str(tmp_path)]) == 0
    signer = load_signer(tmp_path / "key.pem", tmp_path / "cert.pem", lambda: None)
    assert signer.algorithm.startswith("RSASSA-PSS")


def test_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "cert.pem").write_text("precious")
    assert main(["keys", "create", "--output", str(tmp_path), "--ec"]) == ExitCode.HANDOVER
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "never overwritten" in captured.err
    assert not (tmp_path / "key.pem").exists()


@pytest.mark.parametrize("where", ["environment", "file"])
def test_passphrase(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, where: str):
    arguments = ["keys", "create", "--output", str(tmp_path / "keys"), "--ec"]
    if where == "environment":
        monkeypatch.setenv("VSSX_KEY_PASSPHRASE", "correct horse")
    else:
        (tmp_path / "passphrase").write_text("correct horse\r\nsecond line\n")
        arguments += ["--passphrase-file", str(tmp_path / "passphrase")]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert "(encrypted)" in captured.out
    assert "correct horse" not in captured.out + captured.err
    load_signer(tmp_path / "keys/key.pem", tmp_path / "keys/cert.pem", lambda: "correct horse")


def test_empty_passphrase_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "passphrase").write_text("\n")
    arguments = ["keys", "create", "--output", str(tmp_path), "--passphrase-file", str(tmp_path / "passphrase")]
    assert main(arguments) == ExitCode.USAGE
    assert not (tmp_path / "key.pem").exists()


def test_output_is_needed(capsys: pytest.CaptureFixture[str]):
    assert main(["keys", "create"]) == ExitCode.USAGE
    assert "--output" in capsys.readouterr().err
