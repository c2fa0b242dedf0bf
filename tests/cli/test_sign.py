from __future__ import annotations

from pathlib import Path

import pytest

from tests.certificates import entity
from tests.handovers import handover, trial
from vssx.cli.main import main
from vssx.errors import ExitCode


def sign(path: Path, *options: str) -> int:
    return main(["sign", str(path), "--key", str(trial().key), "--cert", str(trial().certificate), *options])


def test_sign_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a b.mp4").write_bytes(b"x")
    assert sign(tmp_path / "a b.mp4") == 0
    assert capsys.readouterr().out == f"{tmp_path / 'a b.mp4.p7s'}\n"
    assert main(["verify", str(tmp_path / "a b.mp4"), "--trust", str(trial().certificate)]) == 0
    assert sign(tmp_path / "a b.mp4") == ExitCode.HANDOVER


def test_sign_a_handover(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = handover(tmp_path, signed=False)
    assert sign(root) == 0
    assert capsys.readouterr().out == f"{root / 'signatures/0001-export.p7s'}\n"
    assert main(["verify", str(root), "--trust", str(trial().certificate)]) == 0


def test_sign_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert sign(tmp_path / "none") == ExitCode.STORAGE
    assert sign(tmp_path) == ExitCode.HANDOVER
    assert capsys.readouterr().out == ""


def test_key_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["sign", str(tmp_path)]) == ExitCode.USAGE
    assert "--key" in capsys.readouterr().err


def test_key_that_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "f").write_bytes(b"x")
    _, certificate = entity("Other").save(tmp_path)
    assert (
        main(["sign", str(tmp_path / "f"), "--key", str(trial().key), "--cert", str(certificate)]) == ExitCode.SIGNING
    )
    assert "does not belong to the certificate" in capsys.readouterr().err
    assert not (tmp_path / "f.p7s").exists()


def test_encrypted_key(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "f").write_bytes(b"x")
    key, certificate = entity("x").save(tmp_path, passphrase=b"secret")
    arguments = ["sign", str(tmp_path / "f"), "--key", str(key), "--cert", str(certificate)]
    assert main(arguments) == ExitCode.SIGNING
    assert "VSSX_KEY_PASSPHRASE" in capsys.readouterr().err
    monkeypatch.setenv("VSSX_KEY_PASSPHRASE", "secret")
    assert main(arguments) == 0


def test_pkcs12_needs_no_certificate_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    leaf = entity("x")
    data = pkcs12.serialize_key_and_certificates(b"x", leaf.key, leaf.certificate, None, BestAvailableEncryption(b"pw"))
    (tmp_path / "key.p12").write_bytes(data)
    (tmp_path / "passphrase").write_text("pw\n")
    (tmp_path / "f").write_bytes(b"x")
    arguments = ["--key", str(tmp_path / "key.p12"), "--passphrase-file", str(tmp_path / "passphrase")]
    assert main(["sign", str(tmp_path / "f"), *arguments]) == 0
