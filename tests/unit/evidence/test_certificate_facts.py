"""What the report says of signatures and certificates, against openssl's library by way of cryptography."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.handovers import handover, trial
from vssx.evidence.certificate_facts import certificate_facts, ns_of
from vssx.evidence.verify import verify_path
from vssx.model.verification import Verdict


def test_facts_are_those_of_the_certificate():
    certificate = x509.load_pem_x509_certificate(trial().certificate.read_bytes())
    facts = certificate_facts(trial().signer.certificate)
    assert facts.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
    assert facts.serial_number == format(certificate.serial_number, "x")
    assert facts.not_before_ns == round(certificate.not_valid_before_utc.timestamp()) * 10**9
    assert facts.not_after_ns == round(certificate.not_valid_after_utc.timestamp()) * 10**9
    assert "Test" in facts.subject
    assert facts.subject == facts.issuer


def test_what_cannot_be_read_is_said_to_be_unknown():
    facts = certificate_facts(b"\x30\x03\x02\x01\x01")
    assert (facts.subject, facts.serial_number, facts.not_before_ns, facts.not_after_ns) == ("", "", None, None)
    assert len(facts.fingerprint) == 64


def test_times_of_asn1():
    assert ns_of(datetime(1970, 1, 2, tzinfo=UTC)) == 86_400 * 10**9
    assert ns_of(datetime(1970, 1, 2)) == 86_400 * 10**9


def test_report_tells_signatures_and_what_is_compared_with_the_sheet(tmp_path: Path):
    root = handover(tmp_path)
    report = verify_path(root, trust=(trial().certificate,))
    assert report.handover
    assert not report.validation_assumed
    assert report.digest_of == "tagmanifest-sha256.txt"
    assert [one.fingerprint for one in report.trusted] == [trial().signer.fingerprint]
    assert {one.covers for one in report.signatures} == {
        "tagmanifest-sha256.txt",
        "data/gate/gate_20240501T120000.123Z.mp4",
        *(one.covers for one in report.signatures if one.covers.endswith(".mp4")),
    }
    assert all(one.result is Verdict.PASSED for one in report.signatures)
    assert all(one.certificates[0].fingerprint == trial().signer.fingerprint for one in report.signatures)


def test_a_broken_signature_is_among_them_with_its_result(tmp_path: Path):
    root = handover(tmp_path)
    name = root / "tagmanifest-sha256.txt"
    name.write_bytes(name.read_bytes() + b"\n")
    report = verify_path(root, trust=(trial().certificate,), at_ns=report_time())
    assert report.validation_assumed
    assert report.validation_ns == report_time()
    (over_all,) = [one for one in report.signatures if one.covers == report.digest_of]
    assert over_all.result is Verdict.FAILED


def report_time() -> int:
    return 4_000_000_000_000_000_000
