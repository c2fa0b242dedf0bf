"""Results of verification in the words of ETSI EN 319 102-1."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from vssx.errors import ExitCode


class Verdict(StrEnum):
    """Overall indication. Has no truth value: compare it."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has no truth value: compare it with Verdict.PASSED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One numbered check: what was checked, with what result, on what evidence.

    ``result`` is a Verdict; ``sub_indication`` in the standard's words (e.g. HASH_FAILURE, NO_CERTIFICATE_CHAIN_FOUND).
    """

    check: str
    result: Verdict
    evidence: str
    sub_indication: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a finding has no truth value: look at its result")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate says; names are fit to be shown, "" where they cannot be read.

    ``fingerprint``: hex SHA-256. ``serial_number``: hexadecimal. ``not_before_ns``/``not_after_ns``: None where they
    cannot be read.
    """

    subject: str
    issuer: str
    serial_number: str
    fingerprint: str
    not_before_ns: int | None
    not_after_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """A signature that could be read, whether it holds or not.

    ``name``: of its file. ``covers``: name of what it signs. ``claimed_ns``: when it says that it was made, which
    nothing proves. ``algorithm``: in words. ``certificates``: the signer's, then the others that it carries.
    ``path``: how the signer's certificate leads to one that the verifier trusts, or why it does not. ``result``: all
    findings of this signature together.
    """

    name: str
    covers: str
    claimed_ns: int | None
    algorithm: str
    certificates: tuple[CertificateFacts, ...]
    path: str
    result: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """What ``vssx verify`` says about one path. ``signed`` is False when there was no signature to check.

    ``validation_ns``: as of when certificates were judged; ``validation_assumed``: the verifier named that time.
    ``trusted``: certificates that the verifier said to trust. ``digest_of``: name of what ``sha256`` (hex, "" where
    there is none) was computed of: the tag manifest, or the file. ``handover``: the path is a handover, not a file.
    """

    path: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    signed: bool
    validation_ns: int
    validation_assumed: bool
    handover: bool
    trusted: tuple[CertificateFacts, ...] = ()
    signatures: tuple[SignatureFacts, ...] = ()
    digest_of: str = ""
    sha256: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a report has no truth value: look at its verdict")

    @property
    def exit_code(self) -> ExitCode:
        """0 PASSED, 40 FAILED, 42 nothing signed, 41 INDETERMINATE."""
        if self.verdict is Verdict.PASSED:
            return ExitCode.DONE
        if self.verdict is Verdict.FAILED:
            return ExitCode.FAILED
        return ExitCode.INDETERMINATE if self.signed else ExitCode.NOTHING_SIGNED
