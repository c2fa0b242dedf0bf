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
class VerificationReport:
    """What ``vssx verify`` says about one path. ``signed`` is False when there was no signature to check."""

    path: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    signed: bool

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
