"""Certificate paths to what the verifier trusts (RFC 5280), offline, at one validation time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import HandoverError, StorageError, UsageError
from vssx.evidence.cms import algorithm_weakness, key_weakness, unreadable
from vssx.evidence.digest import read_bounded
from vssx.shown import shown

if TYPE_CHECKING:
    from asn1crypto import algos, keys, x509
    from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint, AlgorithmUsagePolicy

_MAX_TRUST_FILE = 16 << 20
_MAX_REASONS = 5
# Extensions of the signer's certificate that may be critical since they are evaluated here or by certvalidator.
_KNOWN_CRITICAL = frozenset(
    {
        "basic_constraints",
        "key_usage",
        "extended_key_usage",
        "certificate_policies",
        "subject_alt_name",
        "key_identifier",
        "authority_key_identifier",
        "crl_distribution_points",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustAnchors:
    """Certificates that the verifier said to trust, as DER, and the files they came from."""

    certificates: tuple[bytes, ...] = field(repr=False)
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathResult:
    """``trusted`` with the path in words, or the sub-indication of EN 319 102-1 and the reason why not."""

    trusted: bool
    evidence: str
    sub_indication: str = ""


def load_anchors(files: Sequence[Path]) -> TrustAnchors:
    """Certificates from PEM (one or more) or DER files. Raises UsageError for a file that holds none."""
    from asn1crypto import pem, x509

    found: list[bytes] = []
    for path in files:
        try:
            data = read_bounded(path.resolve(), _MAX_TRUST_FILE)
            ders = (
                [der for kind, _, der in pem.unarmor(data, multiple=True) if kind == "CERTIFICATE"]
                if pem.detect(data)
                else [data]
            )
            for der in ders:
                _ = x509.Certificate.load(der, strict=True).native
        except (HandoverError, StorageError) as error:
            raise UsageError(error.message, where=shown(path), next_step="Check --trust.") from error
        except unreadable() as error:
            raise UsageError(
                "not a certificate in PEM or DER", where=shown(path), next_step="Check --trust."
            ) from error
        if not ders:
            raise UsageError("holds no certificate", where=shown(path), next_step="Check --trust.")
        found += ders
    return TrustAnchors(certificates=tuple(dict.fromkeys(found)), files=tuple(str(path) for path in files))


def certificate_fault(der: bytes, moment: datetime) -> tuple[str, str]:
    """Why the signer's certificate itself must not be relied on at ``moment``: sub-indication and reason, or "", "".

    This holds for a certificate that is trusted explicitly, too: trust in a key does not make it last longer.
    """
    from asn1crypto import x509

    try:
        certificate = x509.Certificate.load(der, strict=True)
        outside = _outside_validity(certificate, moment)
        if outside:
            return "OUT_OF_BOUNDS_NO_POE", outside
        usage = certificate.key_usage_value
        if usage is not None and not usage.native & {"digital_signature", "non_repudiation"}:
            return "CHAIN_CONSTRAINTS_FAILURE", "its key usage does not allow signatures"
        critical = {str(name) for name in certificate.critical_extensions}
        unknown = critical - _KNOWN_CRITICAL
        if unknown:
            return "CHAIN_CONSTRAINTS_FAILURE", f"its critical extension {shown(min(unknown))} is not known"
        weakness = key_weakness(certificate.public_key)
    except unreadable() as error:
        return "CERTIFICATE_CHAIN_GENERAL_FAILURE", f"it cannot be read: {shown(error)}"
    return ("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", weakness) if weakness else ("", "")


def validate_path(der: bytes, others: Sequence[bytes], anchors: TrustAnchors, moment: datetime) -> PathResult:
    """Find and validate a path from the certificate to an anchor at ``moment``; never touches the network.

    An anchor that is the certificate itself, byte for byte, is an explicit decision and suffices. Any other anchor
    must be a CA certificate that is valid at ``moment``. Revocation is not checked.
    """
    if not anchors.certificates:
        return PathResult(
            trusted=False,
            sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
            evidence="no --trust was given: whether the certificate is the signer's is for you to find out",
        )
    if der in anchors.certificates:
        return PathResult(trusted=True, evidence="the certificate itself is trusted by --trust")
    from asn1crypto import x509
    from pyhanko_certvalidator import CertificateValidator
    from pyhanko_certvalidator.context import ValidationContext
    from pyhanko_certvalidator.errors import (
        DisallowedAlgorithmError,
        ExpiredError,
        InvalidCertificateError,
        NotYetValidError,
        PathBuildingError,
        ValidationError,
    )

    try:
        roots, refused = _usable_roots(anchors, moment)
        if not roots:
            return PathResult(
                trusted=False, sub_indication="NO_CERTIFICATE_CHAIN_FOUND", evidence="no usable CA: " + refused
            )
        context = ValidationContext(
            trust_roots=roots,
            other_certs=[x509.Certificate.load(other) for other in others],
            moment=moment,
            allow_fetching=False,
            revocation_mode="soft-fail",
            algorithm_usage_policy=_policy(),
            time_tolerance=timedelta(0),
        )
        validator = CertificateValidator(x509.Certificate.load(der), validation_context=context)
        path = asyncio.run(validator.async_validate_path())
        if path.pkix_len == 0:  # certvalidator takes equal name and key for the anchor; the bytes differ, see above
            return PathResult(
                trusted=False,
                sub_indication="CHAIN_CONSTRAINTS_FAILURE",
                evidence="the certificate has name and key of a trusted one, but differs from it",
            )
        names = [shown(certificate.subject.human_friendly) for certificate in path]
        return PathResult(
            trusted=True, evidence=" > ".join(names) + "; revocation was not checked (no network is used)"
        )
    except (ExpiredError, NotYetValidError) as error:
        return _untrusted("OUT_OF_BOUNDS_NO_POE", error)
    except DisallowedAlgorithmError as error:
        return _untrusted("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", error)
    except (InvalidCertificateError, PathBuildingError) as error:
        return _untrusted("NO_CERTIFICATE_CHAIN_FOUND", error)
    except ValidationError as error:
        return _untrusted("CERTIFICATE_CHAIN_GENERAL_FAILURE", error)
    except unreadable() as error:
        return _untrusted("CERTIFICATE_CHAIN_GENERAL_FAILURE", error)


def moment_of(ns: int) -> datetime:
    """ns since 1970 as an aware datetime, whole microseconds. Raises UsageError outside the years 1970 to 9999."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
    except OverflowError:
        raise UsageError("the validation time is out of range", next_step="Check --at.") from None


def _untrusted(sub_indication: str, error: Exception) -> PathResult:
    return PathResult(trusted=False, sub_indication=sub_indication, evidence=shown(error))


def _outside_validity(certificate: x509.Certificate, moment: datetime) -> str:
    if moment < certificate.not_valid_before:
        return f"it is valid only from {certificate.not_valid_before:%Y-%m-%dT%H:%M:%SZ}"
    if moment > certificate.not_valid_after:
        return f"it expired on {certificate.not_valid_after:%Y-%m-%dT%H:%M:%SZ}"
    return ""


def _usable_roots(anchors: TrustAnchors, moment: datetime) -> tuple[list[x509.Certificate], str]:
    """Anchors that may issue: certvalidator would take any certificate for one, whatever its constraints say."""
    from asn1crypto import x509

    roots, reasons = [], []
    for der in anchors.certificates:
        certificate = x509.Certificate.load(der)
        reason = _outside_validity(certificate, moment)
        usage = certificate.key_usage_value
        if not certificate.ca or (usage is not None and "key_cert_sign" not in usage.native):
            reason = "it is not a CA certificate and not the one that signed"
        reason = reason or key_weakness(certificate.public_key)
        if reason:
            reasons.append(f"{shown(certificate.subject.human_friendly)}: {reason}")
        else:
            roots.append(certificate)
    return roots, "; ".join(reasons[:_MAX_REASONS])


def _policy() -> AlgorithmUsagePolicy:
    from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint, AlgorithmUsagePolicy

    class _Accepted(AlgorithmUsagePolicy):
        """The same algorithms for certificates as for signatures."""

        def digest_algorithm_allowed(
            self, algo: algos.DigestAlgorithm, moment: datetime | None
        ) -> AlgorithmUsageConstraint:
            del moment  # judged by what is known of them today
            name = algo["algorithm"].native
            return AlgorithmUsageConstraint(allowed=name in ("sha256", "sha384", "sha512"))

        def signature_algorithm_allowed(
            self, algo: algos.SignedDigestAlgorithm, moment: datetime | None, public_key: keys.PublicKeyInfo | None
        ) -> AlgorithmUsageConstraint:
            del moment
            reason = algorithm_weakness(algo) or (key_weakness(public_key) if public_key is not None else "")
            return AlgorithmUsageConstraint(allowed=not reason, failure_reason=reason or None)

    return _Accepted()
