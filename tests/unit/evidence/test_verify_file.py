"""A file alone with its signature beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.handovers import handover, trial
from tests.unit.evidence.test_verify import GATE, flip, verify
from vssx.errors import ExitCode, StorageError, UsageError
from vssx.evidence.signature import sign_file
from vssx.model.verification import Verdict


def test_file_with_its_signature(tmp_path: Path):
    shutil.copy(handover(tmp_path) / GATE, tmp_path / "travelled.mp4")
    shutil.copy(tmp_path / "handover" / (GATE + ".p7s"), tmp_path / "travelled.mp4.p7s")
    assert verify(tmp_path / "travelled.mp4").verdict is Verdict.PASSED
    flip(tmp_path / "travelled.mp4")
    assert verify(tmp_path / "travelled.mp4").exit_code is ExitCode.FAILED


def test_file_without_signature(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"x")
    assert verify(tmp_path / "f").exit_code is ExitCode.NOTHING_SIGNED


def test_signature_given_instead_of_the_file(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"x")
    with pytest.raises(UsageError, match="is a signature"):
        verify(sign_file(tmp_path / "f", trial().signer))


def test_file_reached_over_a_link(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"x")
    sign_file(tmp_path / "f", trial().signer)
    (tmp_path / "g").symlink_to("f")
    (tmp_path / "g.p7s").symlink_to("f.p7s")
    assert verify(tmp_path / "g").verdict is Verdict.PASSED


def test_dangling_signature(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"x")
    (tmp_path / "f.p7s").symlink_to("nowhere")
    with pytest.raises(StorageError):
        verify(tmp_path / "f")
