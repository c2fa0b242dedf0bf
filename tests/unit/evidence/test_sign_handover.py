"""Further signatures over a closed handover, which nothing else of it notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.certificates import DAY, NOW, entity
from tests.handovers import handover, make_handover, trial
from tests.unit.evidence.test_verify import GATE, failures, flip, verify
from vssx.errors import ExitCode, HandoverError, SigningError
from vssx.evidence.keys import load_signer
from vssx.evidence.sign_handover import sign_handover
from vssx.evidence.signature import sign_file
from vssx.model.verification import Verdict


def test_sign_an_unsigned_handover(tmp_path: Path):
    root = handover(tmp_path, signed=False)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert sign_handover(root, trial().signer) == root / "signatures/0001-export.p7s"
    assert verify(root).verdict is Verdict.PASSED
    assert sign_handover(root, trial("Other").signer).name == "0002-signature.p7s"
    assert verify(root).exit_code is ExitCode.INDETERMINATE  # the second signer is not trusted
    assert verify(root, trust=(trial().certificate, trial("Other").certificate)).verdict is Verdict.PASSED
    assert {path: path.read_bytes() for path in before} == before


def test_a_changed_handover_is_not_signed(tmp_path: Path):
    root = handover(tmp_path, signed=False)
    flip(root / GATE)
    with pytest.raises(HandoverError, match=r"must not be signed, payload: .* was changed"):
        sign_handover(root, trial().signer)
    assert not (root / "signatures").exists()


def test_a_file_in_a_handover_is_not_signed(tmp_path: Path):
    root = handover(tmp_path, signed=False)
    with pytest.raises(HandoverError, match="in a closed handover"):
        sign_file(root / GATE, trial().signer)


def test_handover_signed_by_an_authority(tmp_path: Path):
    ca = entity("Authority", ca=True)
    leaf = entity("Officer", ca, not_after=NOW + 5 * DAY)
    signer = load_signer(*leaf.save(tmp_path / "key", ca), lambda: None)
    ca.save(tmp_path / "ca")
    root = make_handover(tmp_path / "handover", signer)
    report = verify(root, trust=(tmp_path / "ca/cert.pem",))
    assert report.verdict is Verdict.PASSED, failures(report)


def test_expired_key_cannot_sign(tmp_path: Path):
    leaf = entity("Officer", not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    with pytest.raises(SigningError):
        load_signer(*leaf.save(tmp_path), lambda: None)
