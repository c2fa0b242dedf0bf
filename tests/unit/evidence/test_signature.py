from __future__ import annotations

import contextlib
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import algos, cms, core
from hypothesis import example, given
from hypothesis import strategies as st

from tests.certificates import DAY, NOW, Entity, entity, root
from tests.handovers import make_trial, trial
from vssx.errors import HandoverError, SigningError, StorageError
from vssx.evidence.cms import parse_signature
from vssx.evidence.keys import load_signer
from vssx.evidence.signature import Signer, sign_file
from vssx.evidence.signature_check import check_signature
from vssx.evidence.trust import TrustAnchors
from vssx.model.verification import Finding, Verdict

CONTENT = b"content"
DIGEST = hashlib.sha256(CONTENT).digest()
SIGNATURE = trial().signer.sign_digest(DIGEST)


def signer_of(tmp_path: Path, leaf: Entity, *chain: Entity) -> Signer:
    return load_signer(*leaf.save(tmp_path, *chain), lambda: None)


def check(tmp_path: Path, data: bytes, *trust: Entity | bytes, content: bytes = CONTENT) -> tuple[Finding, ...]:
    path = tmp_path / "s.p7s"
    path.write_bytes(data)
    anchors = TrustAnchors(certificates=tuple(t if isinstance(t, bytes) else t.der for t in trust), files=())
    return check_signature(
        path,
        "s.p7s",
        lambda name: hashlib.new(name, content).hexdigest(),
        covers="s",
        anchors=anchors,
        moment=datetime.now(tz=UTC),
    ).findings


def worst(findings: tuple[Finding, ...]) -> Verdict:
    results = {finding.result for finding in findings}
    return Verdict.FAILED if Verdict.FAILED in results else max(results, key=list(Verdict).index)


def indications(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.sub_indication for finding in findings} - {""}


def changed(data: bytes, change) -> bytes:
    """The signature after ``change`` of its SignedData, encoded anew."""
    info = cms.ContentInfo.load(data)
    change(info["content"])
    return info.dump(force=True)


@pytest.mark.parametrize("elliptic", [False, True])
def test_attributes_are_cades(tmp_path: Path, elliptic: bool):
    signer = make_trial(tmp_path, elliptic=elliptic).signer
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    signed_data = cms.ContentInfo.load(signer.sign_digest(DIGEST, signing_time=moment))["content"]
    info = signed_data["signer_infos"][0]
    attributes = {each["type"].native: each["values"] for each in info["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_time", "signing_certificate_v2"}
    assert attributes["message_digest"][0].native == DIGEST
    assert attributes["signing_time"][0].native == moment
    reference = attributes["signing_certificate_v2"][0]["certs"][0]
    assert reference["cert_hash"].native.hex() == signer.fingerprint
    assert signed_data["encap_content_info"]["content"].native is None
    algorithm = info["signature_algorithm"]
    if elliptic:
        assert algorithm["algorithm"].native == "sha256_ecdsa"
    else:
        assert algorithm["algorithm"].native == "rsassa_pss"
        assert algorithm["parameters"]["salt_length"].native == 32
        assert algorithm["parameters"]["hash_algorithm"]["algorithm"].native == "sha256"


@pytest.mark.parametrize("elliptic", [False, True])
def test_own_signature_holds(tmp_path: Path, elliptic: bool):
    made = make_trial(tmp_path, elliptic=elliptic)
    data = made.signer.sign_digest(DIGEST)
    assert worst(check(tmp_path, data, made.signer.certificate)) is Verdict.PASSED
    assert indications(check(tmp_path, data)) == {"NO_CERTIFICATE_CHAIN_FOUND"}


def test_chain_travels_with_the_signature(tmp_path: Path):
    ca = root()
    middle = entity("Middle", ca, ca=True)
    data = signer_of(tmp_path, entity("Leaf", middle), middle, ca).sign_digest(DIGEST)
    assert worst(check(tmp_path, data, ca)) is Verdict.PASSED
    assert len(parse_signature(data, where="x").others) == 2


def test_other_content(tmp_path: Path):
    findings = check(tmp_path, SIGNATURE, trial().signer.certificate, content=b"other")
    assert worst(findings) is Verdict.FAILED
    assert indications(findings) == {"HASH_FAILURE"}


def test_changed_signature_value(tmp_path: Path):
    def change(signed: cms.SignedData) -> None:
        value = bytearray(signed["signer_infos"][0]["signature"].native)
        value[-1] ^= 1
        signed["signer_infos"][0]["signature"] = bytes(value)

    findings = check(tmp_path, changed(SIGNATURE, change), trial().signer.certificate)
    assert indications(findings) == {"SIG_CRYPTO_FAILURE"}
    assert worst(findings) is Verdict.FAILED


def test_changed_signing_time(tmp_path: Path):
    before, mark, after = SIGNATURE.rpartition(b"\x17\x0d2")  # the last UTCTime: the others are the certificate's
    data = before + mark[:-1] + b"3" + after
    findings = check(tmp_path, data, trial().signer.certificate)
    assert worst(findings) is Verdict.FAILED


def test_certificate_exchanged_for_one_with_the_same_key_and_name(tmp_path: Path):
    one = entity("Leaf")
    other = entity("Leaf", key=one.key, not_after=NOW + 300 * DAY)
    data = signer_of(tmp_path, one).sign_digest(DIGEST)

    def change(signed: cms.SignedData) -> None:
        info = signed["signer_infos"][0]
        from asn1crypto import x509

        certificate = x509.Certificate.load(other.der)
        signed["certificates"] = [cms.CertificateChoices(name="certificate", value=certificate)]
        info["sid"] = cms.SignerIdentifier(
            {
                "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                )
            }
        )

    findings = check(tmp_path, changed(data, change), other)
    assert worst(findings) is not Verdict.PASSED
    assert "NO_SIGNING_CERTIFICATE_FOUND" in indications(findings)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (SIGNATURE + b"\x00", "1 trailing bytes"),
        (SIGNATURE + SIGNATURE, "trailing bytes"),
        (SIGNATURE[:-1], "longer than what holds it"),
        (b"", "ends in the middle"),
        (b"-----BEGIN CMS-----\n", "not canonical DER"),
        (b"\x30\x00", "not a CMS signature"),
        (b"\x00" * (1 << 20) + b"\x00", "longer than"),
    ],
)
def test_form(tmp_path: Path, data: bytes, words: str):
    findings = check(tmp_path, data, trial().signer.certificate)
    assert len(findings) == 1
    assert findings[0].result is Verdict.FAILED
    assert findings[0].sub_indication == "FORMAT_FAILURE"
    assert words in findings[0].evidence


def test_unused_certificate(tmp_path: Path):
    from asn1crypto import x509

    def change(signed: cms.SignedData) -> None:
        stranger = x509.Certificate.load(root("Stranger").der)
        signed["certificates"].append(cms.CertificateChoices(name="certificate", value=stranger))

    findings = check(tmp_path, changed(SIGNATURE, change), trial().signer.certificate)
    assert worst(findings) is Verdict.FAILED
    assert any("do not belong to its signer" in finding.evidence for finding in findings)


def test_root_with_other_contents(tmp_path: Path):
    """Nothing that is signed covers the root in a signature; it must not become a place to hide something in."""
    ca = root()
    leaf = entity("Leaf", ca)
    forged = ca.der[:-1] + bytes([ca.der[-1] ^ 1])
    data = signer_of(tmp_path, leaf, ca).sign_digest(DIGEST)
    assert worst(check(tmp_path, data, ca)) is Verdict.PASSED
    findings = check(tmp_path, data.replace(ca.der, forged), ca)
    assert worst(findings) is Verdict.FAILED
    assert any("their issuer did not sign" in finding.evidence for finding in findings)


def test_issuer_that_nobody_can_check(tmp_path: Path):
    top = root("Top")
    ca = entity("Root", top, ca=True)
    data = signer_of(tmp_path, entity("Leaf", ca), ca).sign_digest(DIGEST)
    assert worst(check(tmp_path, data, top)) is Verdict.PASSED
    findings = check(tmp_path, data, entity("Root", key=ca.key, ca=True))
    assert worst(findings) is Verdict.INDETERMINATE
    assert any("issuer is not at hand" in finding.evidence for finding in findings)


def test_too_many_certificates(tmp_path: Path):
    from asn1crypto import x509

    def change(signed: cms.SignedData) -> None:
        for number in range(9):
            stranger = x509.Certificate.load(root(f"Stranger {number}").der)
            signed["certificates"].append(cms.CertificateChoices(name="certificate", value=stranger))

    assert "more than 8 certificates" in check(tmp_path, changed(SIGNATURE, change))[0].evidence


def test_no_certificate(tmp_path: Path):
    def change(signed: cms.SignedData) -> None:
        signed["certificates"] = []

    assert worst(check(tmp_path, changed(SIGNATURE, change))) is Verdict.FAILED


def test_issuer_in_another_spelling(tmp_path: Path):
    data = signer_of(tmp_path, entity("leaf")).sign_digest(DIGEST)
    *parts, identifier, attributes = data.split(
        b"leaf"
    )  # the last is in the attributes, the one before names the signer
    findings = check(tmp_path, b"leaf".join(parts) + b"Leaf" + identifier + b"leaf" + attributes)
    assert "another spelling" in findings[0].evidence


@pytest.mark.parametrize("name", ["version", "signer_infos"])
def test_version_numbers(tmp_path: Path, name: str):
    def change(signed: cms.SignedData) -> None:
        if name == "version":
            signed["version"] = "v4"
        else:
            signed["signer_infos"][0]["version"] = "v3"

    assert "version numbers" in check(tmp_path, changed(SIGNATURE, change))[0].evidence


def test_two_signers(tmp_path: Path):
    def change(signed: cms.SignedData) -> None:
        other = cms.ContentInfo.load(trial("Other").signer.sign_digest(DIGEST))["content"]
        signed["signer_infos"].append(other["signer_infos"][0])

    assert "2 signers instead of one" in check(tmp_path, changed(SIGNATURE, change))[0].evidence


def test_content_inside(tmp_path: Path):
    def change(signed: cms.SignedData) -> None:
        signed["encap_content_info"] = {"content_type": "data", "content": CONTENT}

    assert "not detached" in check(tmp_path, changed(SIGNATURE, change))[0].evidence


def test_unsigned_attributes_do_not_pass_silently(tmp_path: Path):
    def change(signed: cms.SignedData) -> None:
        attribute = cms.CMSAttribute({"type": "1.2.3.4", "values": [core.Null()]})
        signed["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])

    findings = check(tmp_path, changed(SIGNATURE, change), trial().signer.certificate)
    assert worst(findings) is Verdict.INDETERMINATE
    assert any("unsigned attribute 1.2.3.4" in finding.evidence for finding in findings)


def test_digest_that_is_too_weak(tmp_path: Path):
    def change(signed: cms.SignedData) -> None:
        sha1 = algos.DigestAlgorithm({"algorithm": "sha1"})
        signed["digest_algorithms"] = [sha1]
        signed["signer_infos"][0]["digest_algorithm"] = sha1
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}

    findings = check(tmp_path, changed(SIGNATURE, change), trial().signer.certificate)
    assert worst(findings) is Verdict.INDETERMINATE
    assert indications(findings) == {"CRYPTO_CONSTRAINTS_FAILURE_NO_POE"}


@given(st.integers(0, len(SIGNATURE) - 1), st.integers(1, 255))
@example(position=0, flip=1)
def test_any_changed_byte_is_noticed(tmp_path_factory, position: int, flip: int):
    data = bytearray(SIGNATURE)
    data[position] ^= flip
    findings = check(tmp_path_factory.getbasetemp(), bytes(data), trial().signer.certificate)
    assert worst(findings) is not Verdict.PASSED


@given(st.binary(max_size=300))
def test_only_signing_errors_leave_the_parser(data: bytes):
    with pytest.raises(SigningError):
        parse_signature(data, where="x")


@given(st.integers(0, len(SIGNATURE) - 1), st.binary(min_size=1, max_size=8))
def test_damaged_signatures_are_parsed_or_refused(position: int, patch: bytes):
    data = SIGNATURE[:position] + patch + SIGNATURE[position + len(patch) :]
    with contextlib.suppress(SigningError):  # nothing else may come out
        parse_signature(data, where="x").verify(DIGEST)


def test_sign_file(tmp_path: Path):
    file = tmp_path / "a.mp4"
    file.write_bytes(CONTENT)
    signature = sign_file(file, trial().signer)
    assert signature == tmp_path / "a.mp4.p7s"
    assert worst(check(tmp_path, signature.read_bytes(), trial().signer.certificate)) is Verdict.PASSED
    before = signature.read_bytes()
    with pytest.raises(HandoverError, match="never overwritten"):
        sign_file(file, trial().signer)
    assert signature.read_bytes() == before


def test_sign_file_takes_a_known_digest(tmp_path: Path):
    """A file of 50 GB that was just hashed must not be read again: this one cannot be read at all."""
    signature = sign_file(tmp_path / "huge.mp4", trial().signer, sha256=DIGEST.hex())
    assert worst(check(tmp_path, signature.read_bytes(), trial().signer.certificate)) is Verdict.PASSED


def test_sign_over_a_link(tmp_path: Path):
    (tmp_path / "a").write_bytes(CONTENT)
    (tmp_path / "b").symlink_to("a")
    signature = sign_file(tmp_path / "b", trial().signer)
    assert signature == tmp_path / "b.p7s"
    assert worst(check(tmp_path, signature.read_bytes(), trial().signer.certificate)) is Verdict.PASSED


def test_sign_missing_file(tmp_path: Path):
    with pytest.raises(StorageError):
        sign_file(tmp_path / "none", trial().signer)


def test_not_a_digest():
    with pytest.raises(SigningError, match="not a SHA-256"):
        trial().signer.sign_digest(b"short")
