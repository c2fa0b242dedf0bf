"""What certificates say of themselves, for those who compare them with paper."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from vssx.evidence.cms import unreadable
from vssx.model.verification import CertificateFacts
from vssx.shown import shown

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def certificate_facts(der: bytes) -> CertificateFacts:
    """Read the DER of a certificate. What cannot be read is "" or None; never raises."""
    from asn1crypto import x509

    fingerprint = hashlib.sha256(der).hexdigest()
    try:
        certificate = x509.Certificate.load(der)
        return CertificateFacts(
            subject=shown(certificate.subject.human_friendly),
            issuer=shown(certificate.issuer.human_friendly),
            serial_number=format(certificate.serial_number, "x"),
            fingerprint=fingerprint,
            not_before_ns=ns_of(certificate.not_valid_before),
            not_after_ns=ns_of(certificate.not_valid_after),
        )
    except unreadable():
        return CertificateFacts(
            subject="", issuer="", serial_number="", fingerprint=fingerprint, not_before_ns=None, not_after_ns=None
        )


def ns_of(moment: datetime) -> int | None:
    """A time out of ASN.1 as ns since 1970, as UTC where it names no zone; None for one that is out of range."""
    try:
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(microseconds=1) * 1000
    except unreadable():  # asn1crypto has a kind of its own for years that Python's datetime does not know
        return None
