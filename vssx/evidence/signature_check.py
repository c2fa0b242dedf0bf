"""Checks one detached signature: form, cryptography, certificate, path (EN 319 102-1 clause 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import HandoverError, SigningError
from vssx.evidence.certificate_facts import certificate_facts, ns_of
from vssx.evidence.cms import MAX_SIGNATURE, DetachedSignature, parse_signature, unreadable
from vssx.evidence.digest import read_bounded
from vssx.evidence.findings import Findings
from vssx.evidence.keys import issuers
from vssx.evidence.trust import TrustAnchors, certificate_fault, validate_path
from vssx.model.verification import CertificateFacts, Finding, SignatureFacts
from vssx.shown import shown, shown_fingerprint

if TYPE_CHECKING:
    from cryptography import x509

_FORMAT = "FORMAT_FAILURE"

DigestOf = Callable[[str], str]
"""Hex digest of the signed content by sha256, sha384 or sha512; asked for nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSignature:
    """What was found, and what the signature says of itself (None when it could not be read)."""

    findings: tuple[Finding, ...]
    facts: SignatureFacts | None

    @property
    def fingerprint(self) -> str:
        """Hex SHA-256 of the signer's certificate, "" when the signature could not be read."""
        return self.facts.certificates[0].fingerprint if self.facts is not None else ""


def check_signature(
    path: Path, name: str, digest_of: DigestOf, *, covers: str, anchors: TrustAnchors, moment: datetime
) -> CheckedSignature:
    """Check the signature file ``path``, which the findings call ``name``, over what is called ``covers``.

    Raises StorageError if it is unreadable.
    """
    findings = Findings()
    check = f"signature {shown(name)}"
    try:
        signature = parse_signature(read_bounded(path, MAX_SIGNATURE), where=shown(name))
    except (SigningError, HandoverError) as error:
        findings.failed(f"{check}: form", shown(error.message), _FORMAT)
        return CheckedSignature(findings=findings.as_tuple(), facts=None)
    _check_form(signature, check, findings)
    _check_carried(signature, check, anchors, findings)
    if signature.weakness:
        findings.indeterminate(f"{check}: content", signature.weakness, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
    else:
        integrity = signature.verify(bytes.fromhex(digest_of(signature.digest_algorithm)))
        findings.add(f"{check}: content", integrity.result, shown(integrity.evidence), integrity.sub_indication)
    signer = certificate_facts(signature.certificate)
    certified_path = _check_certificate(signature, signer, check, anchors, moment, findings)
    facts = SignatureFacts(
        name=shown(name),
        covers=shown(covers),
        claimed_ns=None if signature.signing_time is None else ns_of(signature.signing_time),
        algorithm=signature.algorithm,
        certificates=(signer, *map(certificate_facts, signature.others)),
        path=certified_path,
        result=findings.verdict(),
    )
    return CheckedSignature(findings=findings.as_tuple(), facts=facts)


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
    signature: DetachedSignature,
    signer: CertificateFacts,
    check: str,
    anchors: TrustAnchors,
    moment: datetime,
    findings: Findings,
) -> str:
    """Findings about the certificate; its path in words."""
    subject = signer.subject or "a name that cannot be read"
    described = f"{subject}, SHA-256 fingerprint {shown_fingerprint(signer.fingerprint)}"
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
    return path.evidence
