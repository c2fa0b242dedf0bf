"""Reads a detached CMS signature (RFC 5652) and refuses whatever is not canonical in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vssx.errors import SigningError
from vssx.evidence.der import check_der, set_is_sorted
from vssx.model.verification import Verdict

if TYPE_CHECKING:
    from asn1crypto import algos, cms, keys

MAX_SIGNATURE = 1 << 20
_MAX_CERTIFICATES = 8  # bounds the search for a path; real chains have two to four
_HASHES = ("sha256", "sha384", "sha512")
_CURVES = ("secp256r1", "secp384r1", "secp521r1")

_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    AssertionError,
    RecursionError,
)


def unreadable() -> tuple[type[Exception], ...]:
    """What asn1crypto, pyHanko and cryptography raise on data that does not mean what it should.

    They have no common base; libraries are imported here only since whoever asks has imported them already.
    """
    from cryptography import exceptions, x509
    from pyhanko.sign.general import CMSExtractionError, CMSStructuralError

    return (
        *_UNREADABLE,
        exceptions.InvalidSignature,
        exceptions.UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
        CMSExtractionError,
        CMSStructuralError,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """Result of the cryptographic check, its sub-indication (EN 319 102-1) and the reason."""

    result: Verdict
    sub_indication: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachedSignature:
    """A parsed signature; nothing about it is verified yet.

    ``certificate`` and ``others``: DER of the signer's certificate and of the rest. ``digest_algorithm``: hashlib's
    name. ``algorithm``: in words. ``weakness``: why the algorithms are not strong enough, or "".
    ``signing_time``: as claimed. ``unevaluated``: what the structure holds that vssx does not judge.
    """

    certificate: bytes = field(repr=False)
    others: tuple[bytes, ...] = field(repr=False)
    digest_algorithm: str
    algorithm: str
    weakness: str
    signing_time: datetime | None
    has_certificate_reference: bool
    unevaluated: tuple[str, ...]
    signer_info: Any = field(repr=False)

    def verify(self, digest: bytes) -> Integrity:
        """Whether the content's ``digest`` is the signed one and the signature is the certificate's."""
        from asn1crypto import x509
        from pyhanko.sign.ades.report import AdESFailure
        from pyhanko.sign.validation.errors import SignatureValidationError
        from pyhanko.sign.validation.generic_cms import validate_sig_integrity

        try:
            intact, valid = validate_sig_integrity(
                self.signer_info,
                cert=x509.Certificate.load(self.certificate),
                expected_content_type="data",
                actual_digest=digest,
            )
        except SignatureValidationError as error:  # e.g. the signed reference names another certificate
            indication = error.ades_subindication
            failed = indication is None or isinstance(indication, AdESFailure)
            return Integrity(
                result=Verdict.FAILED if failed else Verdict.INDETERMINATE,
                sub_indication=indication.standard_name if indication else "FORMAT_FAILURE",
                evidence=str(error.failure_message),
            )
        except unreadable() as error:
            return Integrity(result=Verdict.FAILED, sub_indication="SIG_CRYPTO_FAILURE", evidence=str(error))
        if not valid:
            return Integrity(
                result=Verdict.FAILED,
                sub_indication="SIG_CRYPTO_FAILURE",
                evidence="the signature value is not that of the certificate's key",
            )
        if not intact:
            return Integrity(
                result=Verdict.FAILED, sub_indication="HASH_FAILURE", evidence="the content is not what was signed"
            )
        return Integrity(result=Verdict.PASSED, sub_indication="", evidence=f"{self.algorithm}; the content is signed")


def parse_signature(data: bytes, *, where: str) -> DetachedSignature:
    """Read the DER of a detached signature by one signer.

    Raises SigningError: not canonical DER, trailing bytes, not detached SignedData, not exactly one signer, attributes
    missing or doubled, certificates doubled or more than 8, no certificate of the signer.
    """
    if len(data) > MAX_SIGNATURE:
        raise _refused(f"longer than {MAX_SIGNATURE} bytes", where)
    check_der(data, where=where)
    from asn1crypto import cms

    # Before anything is parsed: these modules teach asn1crypto the attributes of CAdES, and a first signature read
    # without them would be read otherwise than the next one.
    from pyhanko.sign.validation import generic_cms as _attributes  # noqa: F401

    try:
        content_info = cms.ContentInfo.load(data, strict=True)
        if content_info["content_type"].native != "signed_data":
            raise _refused("not CMS SignedData", where)
        signed_data = content_info["content"]
        _ = content_info.native  # asn1crypto parses lazily: this makes it look at everything
        return _read(signed_data, where)
    except unreadable() as error:
        raise _refused(f"not a CMS signature: {error}", where) from error


def _read(signed_data: cms.SignedData, where: str) -> DetachedSignature:
    from pyhanko.sign.general import extract_certificate_info

    encapsulated = signed_data["encap_content_info"]
    if encapsulated["content_type"].native != "data" or encapsulated["content"].native is not None:
        raise _refused("not detached: it carries a content of its own", where)
    if len(signed_data["signer_infos"]) != 1:
        raise _refused(f"has {len(signed_data['signer_infos'])} signers instead of one", where)
    signer_info = signed_data["signer_infos"][0]
    # RFC 5652 sections 5.1 and 5.3; no signature covers these numbers, so no other ones may stand there
    expected = "v1" if signer_info["sid"].name == "issuer_and_serial_number" else "v3"
    if (signer_info["version"].native, signed_data["version"].native) != (expected, expected):
        raise _refused("has version numbers that do not fit its contents", where)
    digest_algorithm = signer_info["digest_algorithm"]["algorithm"].native
    if [each["algorithm"].native for each in signed_data["digest_algorithms"]] != [digest_algorithm]:
        raise _refused("lists digest algorithms that its signer does not use", where)
    certificates = list(signed_data["certificates"]) if signed_data["certificates"] else []
    _check_certificates(signed_data, certificates, where)
    _check_attributes(signer_info, where)
    chosen = extract_certificate_info(signed_data)
    signer_certificate = chosen.signer_cert
    named = signer_info["sid"].chosen
    if expected == "v1" and named["issuer"].dump() != signer_certificate.issuer.dump():
        raise _refused("names its signer's issuer in another spelling than the certificate", where)
    unevaluated = []
    if signed_data["crls"].native:
        unevaluated.append("revocation information")
    unevaluated += [f"the unsigned attribute {each['type'].native}" for each in signer_info["unsigned_attrs"] or ()]
    attributes = {each["type"].native: each["values"] for each in signer_info["signed_attrs"]}
    claimed = attributes.get("signing_time")
    return DetachedSignature(
        certificate=signer_certificate.dump(),
        others=tuple(each.dump() for each in chosen.other_certs),
        digest_algorithm=digest_algorithm,
        algorithm=_words(signer_info, digest_algorithm),
        weakness=_weakness(signer_info, digest_algorithm) or key_weakness(signer_certificate.public_key),
        signing_time=claimed[0].native if claimed else None,
        has_certificate_reference=_refers(attributes.get("signing_certificate_v2")),
        unevaluated=tuple(unevaluated),
        signer_info=signer_info,
    )


def _refers(values: Sequence[Any] | None) -> bool:
    """Whether signing-certificate-v2 (RFC 5035) names a certificate by an accepted digest; version 1 has SHA-1 only."""
    if not values or not len(values[0]["certs"]):
        return False
    return values[0]["certs"][0]["hash_algorithm"]["algorithm"].native in _HASHES


def _check_certificates(signed_data: cms.SignedData, certificates: list[Any], where: str) -> None:
    if len(certificates) > _MAX_CERTIFICATES:
        raise _refused(f"carries more than {_MAX_CERTIFICATES} certificates", where)
    if any(choice.name != "certificate" for choice in certificates):
        raise _refused("carries something other than X.509 certificates among them", where)
    if not certificates:
        raise _refused("carries no certificate of its signer", where)
    if not set_is_sorted(signed_data["certificates"].contents):
        raise _refused("carries certificates doubled or not in DER's order", where)


def _check_attributes(signer_info: cms.SignerInfo, where: str) -> None:
    signed = signer_info["signed_attrs"]
    if not signed:
        raise _refused("has no signed attributes", where)
    if not set_is_sorted(signed.contents):
        raise _refused("has signed attributes doubled or not in DER's order", where)
    names = [each["type"].native for each in signed]
    for name in ("content_type", "message_digest"):
        if name not in names:
            raise _refused(f"lacks the signed attribute {name}", where)
    if len(set(names)) != len(names) or any(len(each["values"]) != 1 for each in signed):
        raise _refused("has a signed attribute more than once", where)


def _words(signer_info: cms.SignerInfo, digest_algorithm: str) -> str:
    algorithm = signer_info["signature_algorithm"]["algorithm"].native
    return f"{algorithm} with {digest_algorithm}"


def _weakness(signer_info: cms.SignerInfo, digest_algorithm: str) -> str:
    if digest_algorithm not in _HASHES:
        return f"{digest_algorithm} is not accepted as a digest"
    return algorithm_weakness(signer_info["signature_algorithm"])


def algorithm_weakness(algorithm: algos.SignedDigestAlgorithm) -> str:
    """Why the algorithm of a signature is not strong enough, or ""."""
    name = algorithm["algorithm"].native
    if name == "rsassa_pss":
        parameters = algorithm["parameters"]
        hashed = parameters["hash_algorithm"]["algorithm"].native
        generated = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        if hashed not in _HASHES or generated != hashed:
            return f"RSASSA-PSS with {hashed} and MGF1 with {generated} is not accepted"
        if parameters["salt_length"].native < 20:
            return f"a salt of {parameters['salt_length'].native} bytes is too short"
        return ""
    accepted = {f"{digest}_{kind}" for digest in _HASHES for kind in ("rsa", "ecdsa")} | {"rsassa_pkcs1v15", "ed25519"}
    return "" if name in accepted else f"{name} is not accepted as a signature algorithm"


def key_weakness(public_key: keys.PublicKeyInfo) -> str:
    """Why a public key is not strong enough, or ""."""
    kind = public_key.algorithm
    if kind in ("rsa", "rsassa_pss"):
        size = public_key.bit_size
        return "" if 2048 <= size <= 16384 else f"an RSA key of {size} bits is not accepted"
    if kind == "ec":
        curve = public_key.curve[1]
        return "" if curve in _CURVES else f"the elliptic curve {curve} is not accepted"
    return "" if kind == "ed25519" else f"a key of the kind {kind} is not accepted"


def _refused(message: str, where: str) -> SigningError:
    return SigningError(message, where=where, next_step="Take the signature as it was handed over.")
