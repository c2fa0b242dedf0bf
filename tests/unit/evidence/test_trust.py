from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.certificates import DAY, ISSUING, NOW, Entity, entity, root
from vssx.errors import UsageError
from vssx.evidence.trust import PathResult, TrustAnchors, certificate_fault, load_anchors, moment_of, validate_path


def path(leaf: Entity, *others: Entity, trust: tuple[Entity, ...], moment=NOW) -> PathResult:
    anchors = TrustAnchors(certificates=tuple(each.der for each in trust), files=())
    return validate_path(leaf.der, [each.der for each in others], anchors, moment)


def test_path_over_an_intermediate():
    ca = root()
    middle = entity("Middle", ca, ca=True)
    leaf = entity("Leaf", middle)
    result = path(leaf, middle, ca, trust=(root("Other"), ca))
    assert result.trusted
    assert "Root" in result.evidence
    assert "Middle" in result.evidence
    assert "revocation was not checked" in result.evidence


def test_without_trust():
    result = path(entity("Leaf"), trust=())
    assert (result.trusted, result.sub_indication) == (False, "NO_CERTIFICATE_CHAIN_FOUND")


def test_self_signed_certificate_is_trusted_only_as_itself():
    key = ec.generate_private_key(ec.SECP256R1())
    leaf, same_key = entity("Leaf", key=key), entity("Leaf", key=key)
    assert path(leaf, trust=(leaf,)).trusted
    assert not path(leaf, trust=(same_key,)).trusted


def test_ca_trusted_by_other_bytes_is_not_the_signer():
    key = ec.generate_private_key(ec.SECP256R1())
    leaf, same = entity("CA", key=key, ca=True), entity("CA", key=key, ca=True)
    result = path(leaf, trust=(same,))
    assert not result.trusted
    assert result.sub_indication == "CHAIN_CONSTRAINTS_FAILURE"


@pytest.mark.parametrize("ca", [False, None])
def test_a_trusted_leaf_cannot_issue(ca: bool | None):
    operator = entity("Operator", ca=ca)
    forged = entity("Chief Inspector", operator)
    result = path(forged, operator, trust=(operator,))
    assert not result.trusted
    assert "not a CA certificate" in result.evidence


def test_a_ca_without_the_right_to_issue():
    odd = entity("Odd", ca=True, usage={"digital_signature"})
    assert not path(entity("Leaf", odd), trust=(odd,)).trusted


def test_an_intermediate_that_is_no_ca():
    ca = root()
    middle = entity("Middle", ca)
    result = path(entity("Leaf", middle), middle, trust=(ca,))
    assert not result.trusted


def test_missing_intermediate():
    ca = root()
    result = path(entity("Leaf", entity("Middle", ca, ca=True)), trust=(ca,))
    assert (result.trusted, result.sub_indication) == (False, "NO_CERTIFICATE_CHAIN_FOUND")


def test_same_names_other_key():
    assert not path(entity("Leaf", root()), trust=(root(),)).trusted


@pytest.mark.parametrize("moment", [NOW + 5 * DAY, NOW - 5 * DAY])
def test_intermediate_out_of_its_time(moment):
    ca = entity("Root", ca=True, not_before=NOW - 90 * DAY, not_after=NOW + 90 * DAY)
    middle = entity("Middle", ca, ca=True, not_before=NOW - DAY, not_after=NOW + DAY)
    leaf = entity("Leaf", middle, not_before=NOW - 50 * DAY, not_after=NOW + 50 * DAY)
    assert path(leaf, middle, trust=(ca,)).trusted
    result = path(leaf, middle, trust=(ca,), moment=moment)
    assert (result.trusted, result.sub_indication) == (False, "OUT_OF_BOUNDS_NO_POE")


def test_expired_anchor():
    ca = entity("Root", ca=True, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    result = path(entity("Leaf", ca), trust=(ca,))
    assert not result.trusted
    assert "expired on" in result.evidence


def test_weak_algorithm_in_the_path():
    ca = root()
    middle = entity("Middle", ca, ca=True, key=rsa.generate_private_key(65537, 1024))
    leaf = entity("Leaf", middle)
    result = path(leaf, middle, trust=(ca,))
    assert (result.trusted, result.sub_indication) == (False, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


def test_many_cross_certificates_do_not_take_for_ever():
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    crossed = [
        entity(
            f"CA {one}",
            Entity(entity(f"CA {other}", key=keys[other], ca=True).certificate, keys[other]),
            key=keys[one],
            ca=True,
        )
        for one in range(3)
        for other in range(3)
        if one != other
    ]
    leaf = entity("Leaf", crossed[0])
    assert not path(leaf, *crossed, trust=(root(),)).trusted


@pytest.mark.parametrize(
    ("leaf", "sub_indication", "words"),
    [
        (entity("fine"), "", ""),
        (entity("no usage", usage=set()), "", ""),
        (entity("old", not_before=NOW - 9 * DAY, not_after=NOW - DAY), "OUT_OF_BOUNDS_NO_POE", "expired"),
        (entity("new", not_before=NOW + DAY), "OUT_OF_BOUNDS_NO_POE", "only from"),
        (entity("usage", usage=ISSUING), "CHAIN_CONSTRAINTS_FAILURE", "does not allow signatures"),
        (
            entity("odd", critical=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")),
            "CHAIN_CONSTRAINTS_FAILURE",
            "critical extension 1.2.3.4",
        ),
        (entity("rsa", key=rsa.generate_private_key(65537, 1024)), "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "1024 bits"),
        (entity("k1", key=ec.generate_private_key(ec.SECP256K1())), "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "secp256k1"),
    ],
)
def test_certificate_itself(leaf: Entity, sub_indication: str, words: str):
    found, reason = certificate_fault(leaf.der, NOW)
    assert found == sub_indication
    assert words in reason


def test_validity_includes_its_last_second():
    leaf = entity("x")
    assert certificate_fault(leaf.der, leaf.certificate.not_valid_after_utc) == ("", "")
    after = leaf.certificate.not_valid_after_utc + timedelta(seconds=1)
    assert certificate_fault(leaf.der, after)[0] == "OUT_OF_BOUNDS_NO_POE"


def test_weak_digest_in_the_signature_of_a_certificate():
    leaf = entity("x", digest=hashes.SHA512())
    assert path(leaf, trust=(leaf,)).trusted


def test_anchors_from_files(tmp_path: Path):
    one, two, three = root("one"), root("two"), root("three")
    (tmp_path / "many.pem").write_bytes(b"comment\n" + one.pem + two.pem)
    (tmp_path / "one.der").write_bytes(three.der)
    anchors = load_anchors([tmp_path / "many.pem", tmp_path / "one.der", tmp_path / "many.pem"])
    assert anchors.certificates == (one.der, two.der, three.der)


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\x30\x03\x02\x01\x00", b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"]
)
def test_useless_trust_file(tmp_path: Path, data: bytes):
    (tmp_path / "trust.pem").write_bytes(data)
    with pytest.raises(UsageError, match="certificate"):
        load_anchors([tmp_path / "trust.pem"])


def test_key_file_as_trust_file(tmp_path: Path):
    key, _ = entity("x").save(tmp_path)
    with pytest.raises(UsageError, match="certificate"):
        load_anchors([key])


def test_missing_trust_file(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be read"):
        load_anchors([tmp_path / "none"])


def test_validation_time_out_of_range():
    with pytest.raises(UsageError):
        moment_of(10**30)
