"""The verifier's report as a page and as PDF: what it says, whatever a handover tries to make it say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.handovers import handover, trial
from vssx.evidence.verify import verify_path
from vssx.model.verification import Finding, Verdict, VerificationReport
from vssx.report.language import Language, Translator
from vssx.report.page_time import PageTime
from vssx.report.verification_page import (
    MOST_FINDINGS,
    CheckedPath,
    Verification,
    verification_content,
    verification_html,
)
from vssx.report.verification_pdf import verification_pdf
from vssx.shown import shown_fingerprint

ENGLISH = Translator(Language.ENGLISH)
UTC = PageTime(None)
HOSTILE = "<img src=x onerror=alert(1)>\u202egnp"


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> VerificationReport:
    return verify_path(handover(tmp_path_factory.mktemp("h")), trust=(trial().certificate,))


def run(*reports: VerificationReport | str) -> Verification:
    return Verification(
        paths=tuple(
            CheckedPath(path="P", report=None, error=one)
            if isinstance(one, str)
            else CheckedPath(path=one.path, report=one)
            for one in reports
        ),
        written_ns=1_700_000_000_000_000_000,
        versions={"vssx": "1", "python": "3"},
        trust_files=("cert.pem",),
        level="0V",
    )


def hostile(report: VerificationReport) -> VerificationReport:
    signature = report.signatures[0]
    certificate = replace(signature.certificates[0], subject=HOSTILE, issuer=HOSTILE)
    return replace(
        report,
        path=HOSTILE,
        verdict=Verdict.FAILED,
        findings=(Finding(check=HOSTILE, result=Verdict.FAILED, evidence=HOSTILE, sub_indication=HOSTILE),),
        signatures=(replace(signature, covers=HOSTILE, path=HOSTILE, certificates=(certificate,)),),
        digest_of=HOSTILE,
    )


def test_verdict_of_several_paths(passed: VerificationReport):
    failed = replace(passed, verdict=Verdict.FAILED)
    undecided = replace(passed, verdict=Verdict.INDETERMINATE)
    assert run(passed, passed).verdict is Verdict.PASSED
    assert run(passed, undecided).verdict is Verdict.INDETERMINATE
    assert run(passed, "cannot be read").verdict is Verdict.INDETERMINATE
    assert run(undecided, failed, passed).verdict is Verdict.FAILED


def test_signers_and_trust(passed: VerificationReport):
    content = verification_content(run(passed), ENGLISH, UTC)
    (section,) = content.sections
    (signer,) = section.signers
    lines = {line.label: line.value for line in signer.lines}
    assert lines["Certificate, SHA-256 fingerprint"] == shown_fingerprint(trial().signer.fingerprint)
    assert lines["Signatures"].startswith("3: ")
    assert lines["Result of these signatures"] == "PASSED"
    assert any(shown_fingerprint(trial().signer.fingerprint) in line.value for line in content.lines)
    assert [number for number, _ in section.findings] == list(range(1, len(passed.findings) + 1))


def test_what_was_not_checked_depends(passed: VerificationReport):
    def said(report: VerificationReport) -> str:
        return " ".join(verification_content(run(report), ENGLISH, UTC).sections[0].not_checked)

    assert "revoked" in said(passed)
    assert "none to trust" not in said(passed)
    assert "none to trust" in said(replace(passed, trusted=()))
    assert "revoked" not in said(replace(passed, signed=False))
    assert "which handover" in said(replace(passed, handover=False))


def test_the_assumption_about_the_time_is_said(passed: VerificationReport):
    page = verification_html(run(replace(passed, validation_assumed=True, validation_ns=0)), Language.ENGLISH, UTC)
    assert b"1970-01-01T00:00:00Z: a time that the verifier assumed" in page


def test_unsigned_is_told_apart_from_failed(passed: VerificationReport):
    unsigned = replace(passed, signed=False, verdict=Verdict.INDETERMINATE, signatures=())
    assert "anybody" in verification_content(run(unsigned), ENGLISH, UTC).sections[0].meaning
    failed = replace(unsigned, verdict=Verdict.FAILED)
    assert "proven to be wrong" in verification_content(run(failed), ENGLISH, UTC).sections[0].meaning


def test_too_many_findings_keep_those_that_matter(passed: VerificationReport):
    good = Finding(check="c", result=Verdict.PASSED, evidence="e")
    bad = Finding(check="bad", result=Verdict.FAILED, evidence="e")
    section = verification_content(
        run(replace(passed, findings=(*[good] * (MOST_FINDINGS + 10), bad))), ENGLISH, UTC
    ).sections[0]
    assert len(section.findings) == MOST_FINDINGS
    assert section.findings[-1] == (MOST_FINDINGS + 11, bad)
    assert section.more_findings == "not listed here: 11 more"


@pytest.mark.parametrize("language", Language)
def test_texts_from_outside_do_nothing(passed: VerificationReport, language: Language):
    done = run(hostile(passed), f"error {HOSTILE}")
    page = verification_html(done, language, UTC).decode()
    assert "<img" not in page
    assert "\u202e" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 9
    assert "FAILED" in page
    assert verification_pdf(done, language, UTC).startswith(b"%PDF-")


def test_same_values_make_the_same_file(passed: VerificationReport, tmp_path: Path):
    assert verification_pdf(run(passed), Language.GERMAN, UTC) == verification_pdf(run(passed), Language.GERMAN, UTC)
    assert verification_html(run(passed), Language.GERMAN, UTC) == verification_html(run(passed), Language.GERMAN, UTC)
