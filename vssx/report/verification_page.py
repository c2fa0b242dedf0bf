"""The verifier's own report: what ``vssx verify`` found, in one language, for HTML and PDF alike.

It speaks of the moment at which it was made; what a finding says stays in the English of the check that found it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vssx import __version__
from vssx.model.verification import CertificateFacts, Finding, SignatureFacts, Verdict, VerificationReport
from vssx.report.language import Language, Translator, marked
from vssx.report.page import COMMON_STYLE, Page
from vssx.report.page_time import PageTime, utc_text
from vssx.shown import shown_fingerprint

MOST_FINDINGS = 3000
_MOST_SIGNERS = 20
_MOST_NAMES = 5
_MEANING = {
    Verdict.PASSED: marked(
        "Everything that was checked holds, and the certificate leads to one that the verifier trusts."
    ),
    Verdict.FAILED: marked("Something is proven to be wrong."),
    Verdict.INDETERMINATE: marked("Nothing was proven wrong, but it is not proven either."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPath:
    """A path and what was found; ``report`` None: it could not be checked, ``error`` says why."""

    path: str
    report: VerificationReport | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One run of ``vssx verify``. ``written_ns``: when it ended. ``versions``: of what took part. ``trust_files``: as
    the verifier named them. ``level``: the one demanded, "" without."""

    paths: tuple[CheckedPath, ...]
    written_ns: int
    versions: Mapping[str, str]
    trust_files: tuple[str, ...]
    level: str = ""

    @property
    def verdict(self) -> Verdict:
        """Of all paths together: FAILED if one is, PASSED if all are."""
        found = {Verdict.INDETERMINATE if one.report is None else one.report.verdict for one in self.paths}
        if Verdict.FAILED in found:
            return Verdict.FAILED
        return Verdict.PASSED if found == {Verdict.PASSED} else Verdict.INDETERMINATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A fact; ``kind``: "text", "code" (digests), or "english" (a sentence of the check)."""

    label: str
    value: str
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """All signatures by one certificate. ``title``: whose."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One path. ``findings``: with their numbers; where they are too many, those that are not PASSED before others."""

    path: str
    verdict: Verdict
    meaning: str
    lines: tuple[Line, ...]
    signers: tuple[Signer, ...]
    more_signers: str
    findings: tuple[tuple[int, Finding], ...]
    more_findings: str
    summary: str
    not_checked: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationContent:
    """The words of a report, as plain text that is not escaped yet."""

    title: str
    verdict: Verdict
    meaning: str
    lines: tuple[Line, ...]
    sections: tuple[Section, ...]
    columns: tuple[str, str, str]
    headings: Mapping[str, str]
    closing: str


def verification_content(done: Verification, _: Translator, times: PageTime) -> VerificationContent:
    """What the report says, in the language of ``_``."""
    return VerificationContent(
        title=_.text("Verification report"),
        verdict=done.verdict,
        meaning=_.text(_MEANING[done.verdict]),
        lines=tuple(_run(done, _, times)),
        sections=tuple(_section(one, _, times) for one in done.paths),
        columns=(_.text("Result"), _.text("What was checked"), _.text("On what evidence")),
        headings={
            "signers": _.text("Signed by"),
            "findings": _.text("Findings"),
            "not_checked": _.text("What was not checked"),
        },
        closing=_.text(
            "Verdicts and sub-indications are the words of ETSI EN 319 102-1. This report is not signed: whoever doubts"
            " it checks the handover again."
        ),
    )


def verification_html(done: Verification, language: Language, times: PageTime) -> bytes:
    """The report as a page."""
    page = Page(language=language, times=times)
    content = verification_content(done, page.translate, times)
    return page.render("verification.html.j2", styles=(COMMON_STYLE, "verification.css"), content=content)


def _run(done: Verification, _: Translator, times: PageTime) -> list[Line]:
    others = ", ".join(f"{name} {version}" for name, version in done.versions.items() if name != "vssx")
    lines = [
        Line(label=_.text("Made"), value=times.plain(done.written_ns)),
        Line(label=_.text("Made by"), value=f"vssx {__version__} ({others})"),
        Line(label=_.text("Paths checked"), value=str(len(done.paths))),
    ]
    reports = [one.report for one in done.paths if one.report is not None]
    trusted = list(dict.fromkeys(each for one in reports for each in one.trusted))
    lines += [
        Line(
            label=_.text("Certificate trusted by the verifier"),
            value=f"{each.subject}, {shown_fingerprint(each.fingerprint)}",
        )
        for each in trusted[:_MOST_SIGNERS]
    ]
    if len(trusted) > _MOST_SIGNERS:
        lines.append(
            Line(label="", value=_.text("not listed here: %(count)s more", count=len(trusted) - _MOST_SIGNERS))
        )
    if done.trust_files:
        lines.append(Line(label=_.text("Named in"), value=", ".join(done.trust_files[:_MOST_SIGNERS])))
    else:
        lines.append(
            Line(
                label=_.text("Certificate trusted by the verifier"),
                value=_.text("none: whose certificate it is was not judged"),
            )
        )
    if done.level:
        lines.append(Line(label=_.text("Level demanded"), value=done.level))
    return lines


def _section(one: CheckedPath, _: Translator, times: PageTime) -> Section:
    report = one.report
    if report is None:
        return Section(
            path=one.path,
            verdict=Verdict.INDETERMINATE,
            meaning=_.text("It could not be checked."),
            lines=(),
            signers=(),
            more_signers="",
            findings=(),
            more_findings="",
            summary="",
            not_checked=(),
            error=one.error,
        )
    numbered = list(enumerate(report.findings, start=1))
    kept = [one for one in numbered if one[1].result is not Verdict.PASSED][:MOST_FINDINGS]
    room = MOST_FINDINGS - len(kept)
    kept = sorted(
        [*kept, *[one for one in numbered if one[1].result is Verdict.PASSED][:room]], key=lambda each: each[0]
    )
    unsigned = report.verdict is Verdict.INDETERMINATE and not report.signed
    signers = _signers(report.signatures, _, times)
    counts = [sum(finding.result is verdict for finding in report.findings) for verdict in Verdict]
    return Section(
        path=one.path,
        verdict=report.verdict,
        meaning=_.text("Nothing is signed: anybody could have made it.")
        if unsigned
        else _.text(_MEANING[report.verdict]),
        lines=tuple(_about(report, _, times)),
        signers=tuple(signers[:_MOST_SIGNERS]),
        more_signers=_more(_, len(signers) - _MOST_SIGNERS),
        findings=tuple(kept),
        more_findings=_more(_, len(numbered) - len(kept)),
        summary=_.text(
            "PASSED: %(passed)s, FAILED: %(failed)s, INDETERMINATE: %(open)s",
            passed=counts[0],
            failed=counts[1],
            open=counts[2],
        ),
        not_checked=tuple(_not_checked(report, _)),
        error="",
    )


def _about(report: VerificationReport, _: Translator, times: PageTime) -> list[Line]:
    kind = _.text("a handover (a directory)") if report.handover else _.text("one file with its signature")
    if report.validation_assumed:
        assumed = _.text("a time that the verifier assumed; nothing proves that the signatures are as old")
    else:
        assumed = _.text("the time of this check")
    lines = [
        Line(label=_.text("Kind"), value=kind),
        Line(
            label=_.text("Certificates judged as of"),
            value=f"{times.plain(report.validation_ns)}{_.text(':')} {assumed}",
        ),
    ]
    if report.sha256:
        groups = " ".join(report.sha256[index : index + 4] for index in range(0, len(report.sha256), 4))
        lines.append(
            Line(label=_.text("SHA-256 of %(name)s", name=report.digest_of), value=groups, kind="code"),
        )
        if report.handover:
            lines.append(Line(label="", value=_.text("To be compared with the handover sheet.")))
    return lines


def _signers(signatures: Sequence[SignatureFacts], _: Translator, times: PageTime) -> list[Signer]:
    by_certificate: dict[CertificateFacts, list[SignatureFacts]] = {}
    for one in signatures:
        by_certificate.setdefault(one.certificates[0], []).append(one)
    return [_signer(certificate, made, _, times) for certificate, made in by_certificate.items()]


def _signer(facts: CertificateFacts, made: Sequence[SignatureFacts], _: Translator, times: PageTime) -> Signer:
    results = {one.result for one in made}
    worst = next(each for each in (Verdict.FAILED, Verdict.INDETERMINATE, Verdict.PASSED) if each in results)
    claimed = sorted(one.claimed_ns for one in made if one.claimed_ns is not None)
    covers = ", ".join(one.covers for one in made[:_MOST_NAMES])
    more = f", {_more(_, len(made) - _MOST_NAMES)}" if len(made) > _MOST_NAMES else ""
    valid = ("?" if each is None else utc_text(each) for each in (facts.not_before_ns, facts.not_after_ns))
    issuers = [one.subject for one in made[0].certificates[1:]]
    lines = [
        Line(label=_.text("Result of these signatures"), value=str(worst)),
        Line(label=_.text("Signatures"), value=f"{len(made)}{_.text(':')} {covers}{more}"),
        Line(label=_.text("Certificate, SHA-256 fingerprint"), value=shown_fingerprint(facts.fingerprint), kind="code"),
        Line(label=_.text("Issued by"), value=facts.issuer),
        Line(label=_.text("Serial number"), value=facts.serial_number, kind="code"),
        Line(label=_.text("Valid"), value=" - ".join(valid)),
        *([Line(label=_.text("Further certificates carried"), value=", ".join(issuers))] if issuers else []),
        Line(label=_.text("Trust"), value=made[0].path, kind="english"),
        Line(label=_.text("Algorithm"), value=made[0].algorithm, kind="english"),
    ]
    if claimed:
        span = dict.fromkeys(times.plain(each) for each in (claimed[0], claimed[-1]))
        lines.append(
            Line(label=_.text("Signing time, only claimed"), value=" - ".join(span)),
        )
    return Signer(title=facts.subject or _.text("a name that cannot be read"), lines=tuple(lines))


def _not_checked(report: VerificationReport, _: Translator) -> list[str]:
    said = []
    if report.signed:
        said.append(_.text("Whether a certificate was revoked: no network is used."))
        said.append(_.text("When it was signed: the signing time is only claimed."))
        if not report.trusted:
            said.append(_.text("Whose certificate it is: the verifier named none to trust."))
    if report.handover:
        said += [
            _.text("What the recorder told, and whether its clock was right: there the signer's word stands."),
            _.text("Who exported, why, and what else the record states of people and places."),
            _.text("What the pictures show, and whether a scene was staged before the camera."),
            _.text("Whether pages and stills in the handover show what the recordings hold: they are illustrations."),
        ]
    else:
        said.append(_.text("What the file holds, and which handover it comes from."))
    return said


def _more(_: Translator, count: int) -> str:
    return _.text("not listed here: %(count)s more", count=count) if count > 0 else ""
