"""Collects the findings of a verification in the order of the checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vssx.model.verification import Finding, Verdict

_MAX_SHOWN = 20


class Findings:
    """A growing list. A check with many faults tells the first 20 and how many more there are."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []

    def passed(self, check: str, evidence: str) -> None:
        """Add a check that held."""
        self._findings.append(Finding(check=check, result=Verdict.PASSED, evidence=evidence))

    def failed(self, check: str, evidence: str, sub_indication: str = "") -> None:
        """Add a check that proves a defect."""
        self.add(check, Verdict.FAILED, evidence, sub_indication)

    def indeterminate(self, check: str, evidence: str, sub_indication: str = "") -> None:
        """Add a check that could not be decided."""
        self.add(check, Verdict.INDETERMINATE, evidence, sub_indication)

    def add(self, check: str, result: Verdict, evidence: str, sub_indication: str = "") -> None:
        """Add any result."""
        self._findings.append(Finding(check=check, result=result, evidence=evidence, sub_indication=sub_indication))

    def all_or_faults(self, check: str, faults: Sequence[str], evidence: str, sub_indication: str = "") -> None:
        """PASSED with ``evidence`` when there are no faults, else one FAILED finding a fault."""
        if not faults:
            self.passed(check, evidence)
        for fault in faults[:_MAX_SHOWN]:
            self.failed(check, fault, sub_indication)
        if len(faults) > _MAX_SHOWN:
            self.failed(check, f"and {len(faults) - _MAX_SHOWN} more like these", sub_indication)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add findings of a part."""
        self._findings.extend(findings)

    def as_tuple(self) -> tuple[Finding, ...]:
        """All findings so far."""
        return tuple(self._findings)

    def verdict(self) -> Verdict:
        """FAILED if anything failed, PASSED if everything passed, else (or if nothing was checked) INDETERMINATE."""
        results = {finding.result for finding in self._findings}
        if Verdict.FAILED in results:
            return Verdict.FAILED
        return Verdict.PASSED if results == {Verdict.PASSED} else Verdict.INDETERMINATE
