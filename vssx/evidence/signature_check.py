"""Checks one detached signature: form, cryptography, certificate, path (EN 319 102-1 clause 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import HandoverError, SigningError
from vssx.evidence.cms import MAX_SIGNATURE, DetachedSignature, parse_signature, unreadable
from vssx.evidence.digest import read_bounded
from vssx.evidence.findings import Findings
from vssx.evidence.keys import issuers
from vssx.evidence.trust import TrustAnchors, certificate_fault, validate_path
from vssx.model.verification import Finding
from vssx.shown import shown, shown_fingerprint

if TYPE_CHECKING:
    from cryptography import x509

_FORMAT = "FORMAT_FAILURE"

DigestOf = Callable[[str], str]
"""Hex digest of the signed content by sha256, sha384 or sha512; asked for nothing else."""


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
        findings.failed(f"{check}: form", shown(error.message), _FORMAT)
        return CheckedSignature(findings=findings.as_tuple(), fingerprint="")
    _check_form(signature, check, findings)
    _check_carried(signature, check, anchors, findings)
    if signature.weakness:
        findings.indeterminate(f"{check}: content", signature.weakness, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
    else:
        integrity = signature.verify(bytes.fromhex(digest_of(signature.digest_algorithm)))
        findings.add(f"{check}: content", integrity.result, shown(integrity.evidence), integrity.sub_indication)
    fingerprint = _check_certificate(signature, check, anchors, moment, findings)
    return CheckedSignature(findings=findings.as_tuple(), fingerprint=fingerprint)


def _check_form(signature: DetachedSignature, check: str, findings: Findings) -> None:
    claimed = f"; claims to be of {signature.signing_time:%Y-%m-%dT%H:%M:%SZ}" if signature.signing_time else ""
    findings.passed(f"{check}: form", f"canonical DER, detached, one signer{claimed}")
    if not signature.has_certificate_reference:
        findings.indeterminate(
            f"{check}: form",
            "not CAdES: no signed reference to the certificate, which could therefore be exchanged",
            "SIG_CONSTRAINTS_FAILURE",
        )
    for what in signature.unevaluated:
        findings.indeterminate(f"{check}: form", f"carries {shown(what)}, which this vssx does not evaluate", "GENERIC")


def _check_carried(signature: DetachedSignature, check: str, anchors: TrustAnchors, findings: Findings) -> None:
    """The other certificates: no signature covers which ones are carried, so each must earn its place.

    Each must be an issuer of the signer's, at whatever distance, and hold against its own issuer: a root of that name
    and key with other contents must not slip in.
    """
    from cryptography import x509

    if not signature.others:
        return
    try:
        pool = [x509.load_der_x509_certificate(other) for other in signature.others]
        used = issuers(x509.load_der_x509_certificate(signature.certificate), pool)
        known = [*pool, *(x509.load_der_x509_certificate(anchor) for anchor in anchors.certificates)]
        strangers = len(pool) - len(used)
        broken = [each for each in used if not _issued_by_any(each, known)]
        damaged = [each for each in broken if any(each.issuer == other.subject for other in known)]
    except unreadable() as error:  # stricter than asn1crypto: what it cannot read cannot be in a path either
        findings.failed(f"{check}: form", f"carries a certificate that cannot be read: {shown(error)}", _FORMAT)
        return
    if strangers:
        findings.failed(f"{check}: form", f"carries {strangers} certificates that do not belong to its signer", _FORMAT)
    elif damaged:
        findings.failed(
            f"{check}: form", f"carries {len(damaged)} certificates that their issuer did not sign", _FORMAT
        )
    elif broken and anchors.certificates:
        findings.indeterminate(
            f"{check}: form", f"carries {len(broken)} certificates whose issuer is not at hand", "GENERIC"
        )


def _issued_by_any(certificate: x509.Certificate, candidates: Sequence[x509.Certificate]) -> bool:
    for candidate in candidates:
        try:
            certificate.verify_directly_issued_by(candidate)
        except unreadable():
            continue
        return True
    return False


def _check_certificate(
    signature: DetachedSignature, check: str, anchors: TrustAnchors, moment: datetime, findings: Findings
) -> str:
    import hashlib

    from asn1crypto import x509 as asn1

    fingerprint = hashlib.sha256(signature.certificate).hexdigest()
    try:
        subject = shown(asn1.Certificate.load(signature.certificate).subject.human_friendly)
    except unreadable():
        subject = "a name that cannot be read"
    described = f"{subject}, SHA-256 fingerprint {shown_fingerprint(fingerprint)}"
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
