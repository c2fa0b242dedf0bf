"""Checks one detached signature: form, cryptography, certificate, path (EN 319 102-1 clause 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vssx.errors import HandoverError, SigningError
from vssx.evidence.cms import MAX_SIGNATURE, UNREADABLE, DetachedSignature, parse_signature
from vssx.evidence.digest import read_bounded
from vssx.evidence.findings import Findings
from vssx.evidence.keys import issuers
from vssx.evidence.shown import shown
from vssx.evidence.trust import TrustAnchors, certificate_fault, validate_path
from vssx.model.verification import Finding

DigestOf = Callable[[str], str]
"""Hex digest of the signed content, given hashlib's name of the algorithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSignature:
    """What was found, and the hex SHA-256 of the certificate ("" when the signature could not be read)."""

    findings: tuple[Finding, ...]
    fingerprint: str


def check_signature(
    path: Path, name: str, digest_of: DigestOf, *, anchors: TrustAnchors, moment: datetime
) -> CheckedSignature:
    """Check the signature file ``path``, which the findings call ``name``. Raises StorageError if it is unreadable."""
    findings = Findings()
    check = f"signature {shown(name)}"
    try:
        signature = parse_signature(read_bounded(path, MAX_SIGNATURE), where=shown(name))
    except (SigningError, HandoverError) as error:
        findings.failed(f"{check}: form", shown(error.message), "FORMAT_FAILURE")
        return CheckedSignature(findings=findings.as_tuple(), fingerprint="")
    _check_form(signature, check, findings)
    integrity = signature.verify(bytes.fromhex(digest_of(signature.digest_algorithm)))
    findings.add(f"{check}: content", integrity.result, shown(integrity.evidence), integrity.sub_indication)
    if signature.weakness:
        findings.indeterminate(f"{check}: algorithms", signature.weakness, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
    fingerprint = _check_certificate(signature, check, anchors, moment, findings)
    return CheckedSignature(findings=findings.as_tuple(), fingerprint=fingerprint)


def _check_form(signature: DetachedSignature, check: str, findings: Findings) -> None:
    unused = _unused(signature.certificate, signature.others)
    claimed = f"; claims to be of {signature.signing_time:%Y-%m-%dT%H:%M:%SZ}" if signature.signing_time else ""
    if unused:
        findings.failed(
            f"{check}: form", f"carries {unused} certificates that do not belong to its signer", "FORMAT_FAILURE"
        )
    else:
        findings.passed(f"{check}: form", f"canonical DER, detached, one signer{claimed}")
    if not signature.has_certificate_reference:
        findings.indeterminate(
            f"{check}: form",
            "not CAdES: no signed reference to the certificate, which could therefore be exchanged",
            "SIG_CONSTRAINTS_FAILURE",
        )
    for what in signature.unevaluated:
        findings.indeterminate(f"{check}: form", f"carries {shown(what)}, which this vssx does not evaluate", "GENERIC")


def _unused(certificate: bytes, others: Sequence[bytes]) -> int:
    """How many of the other certificates are not issuers of the signer's, at whatever distance."""
    from cryptography import x509

    if not others:
        return 0
    try:
        pool = [x509.load_der_x509_certificate(other) for other in others]
        return len(pool) - len(issuers(x509.load_der_x509_certificate(certificate), pool))
    except UNREADABLE:  # stricter than asn1crypto: what it cannot read cannot be in a path either
        return len(others)


def _check_certificate(
    signature: DetachedSignature, check: str, anchors: TrustAnchors, moment: datetime, findings: Findings
) -> str:
    import hashlib

    from asn1crypto import x509

    fingerprint = hashlib.sha256(signature.certificate).hexdigest()
    subject = shown(x509.Certificate.load(signature.certificate).subject.human_friendly)
    described = f"{subject}, SHA-256 fingerprint {fingerprint}"
    sub_indication, fault = certificate_fault(signature.certificate, moment)
    if fault:
        findings.indeterminate(f"{check}: certificate", f"{described}: {fault}", sub_indication)
    else:
        findings.passed(f"{check}: certificate", f"{described}: valid at the validation time, may sign")
    path = validate_path(signature.certificate, signature.others, anchors, moment)
    if path.trusted:
        findings.passed(f"{check}: certificate path", path.evidence)
    else:
        findings.indeterminate(f"{check}: certificate path", path.evidence, path.sub_indication)
    return fingerprint
