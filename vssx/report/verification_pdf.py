"""The verifier's report as PDF: the same content as the page."""

from __future__ import annotations

from collections.abc import Sequence

from vssx.model.verification import Verdict
from vssx.report.language import Language, Translator
from vssx.report.page_time import PageTime
from vssx.report.pdf_document import Face, PdfDocument
from vssx.report.pdf_fonts import FontFiles
from vssx.report.verification_page import Line, Section, Verification, VerificationContent, verification_content

_LABEL = 46.0
_SIGN = 6.0


def verification_pdf(done: Verification, language: Language, times: PageTime, fonts: FontFiles | None = None) -> bytes:
    """The PDF file. ``fonts``: None: those of this system. Raises UsageError where the extra ``pdf`` is missing."""
    _ = Translator(language)
    content = verification_content(done, _, times)
    page = PdfDocument(
        title=content.title, language=language, created_ns=done.written_ns, margins=(14, 14), fonts=fonts
    )
    page.write(content.title, size=16, face=Face.BOLD, space=1)
    _verdict(page, content.verdict, content.meaning)
    _lines(page, content.lines)
    for section in content.sections:
        _section(page, section, content)
    page.pdf.ln(2)
    page.rule()
    page.pdf.ln(1)
    page.write(content.closing, size=7.5, grey=True)
    if page.replaced:
        page.write(_.text("\\u{...}: no font here has this character; the HTML report shows it."), size=7.5, grey=True)
    page.number_pages(_.text("Page {page} of {pages}"))
    return page.output()


def _verdict(page: PdfDocument, verdict: Verdict, meaning: str) -> None:
    page.keep_together(12)
    top = page.pdf.get_y()
    _sign(page, verdict, page.left, top)
    page.write(str(verdict), x=page.left + _SIGN + 2, width=40, size=11, face=Face.BOLD)
    page.pdf.set_y(top + 0.5)
    page.write(meaning, x=page.left + _SIGN + 42, size=9)
    page.pdf.set_y(max(page.pdf.get_y(), top + _SIGN) + 1)


def _sign(page: PdfDocument, verdict: Verdict, x: float, y: float) -> None:
    """A disc with a tick, an octagon with a cross, a diamond with a question mark: told apart without colour."""
    unit = _SIGN / 24

    def at(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x + each * unit, y + other * unit) for each, other in points]

    pdf = page.pdf
    pdf.set_draw_color(255)
    pdf.set_line_width(0.6)
    if verdict is Verdict.PASSED:
        pdf.set_fill_color(20, 102, 47)
        pdf.ellipse(x, y, _SIGN, _SIGN, style="F")
        pdf.polyline(at([(7, 12.5), (10.5, 16), (17, 8)]))
    elif verdict is Verdict.FAILED:
        pdf.set_fill_color(163, 18, 31)
        pdf.polygon(at([(8, 1), (16, 1), (23, 8), (23, 16), (16, 23), (8, 23), (1, 16), (1, 8)]), style="F")
        pdf.polyline(at([(8, 8), (16, 16)]))
        pdf.polyline(at([(16, 8), (8, 16)]))
    else:
        pdf.set_fill_color(138, 75, 0)
        pdf.polygon(at([(12, 0), (24, 12), (12, 24), (0, 12)]), style="F")
        pdf.polyline(at([(9, 10), (9.5, 8), (12, 7), (14.5, 8), (15, 10), (12, 12.5), (12, 14.5)]))
        pdf.polyline(at([(12, 16.5), (12, 17.5)]))
    pdf.set_draw_color(0)


def _lines(page: PdfDocument, lines: Sequence[Line]) -> None:
    for line in lines:
        face = Face.MONOSPACED if line.kind == "code" else Face.PLAIN
        label, value = page.fit(line.label), page.fit(line.value)
        width = page.width - _LABEL
        page.keep_together(
            max(page.height(label, _LABEL - 2, size=8.5), page.height(value, width, size=8.5, face=face))
        )
        top = page.pdf.get_y()
        page.write(label, width=_LABEL - 2, size=8.5, grey=True)
        end = page.pdf.get_y()
        page.pdf.set_y(top)
        page.write(value, x=page.left + _LABEL, width=width, size=8.5, face=face)
        page.pdf.set_y(max(end, page.pdf.get_y()))
    page.pdf.ln(1)


def _section(page: PdfDocument, section: Section, content: VerificationContent) -> None:
    page.keep_together(30)
    page.pdf.ln(2)
    page.rule(thick=0.5)
    page.pdf.ln(1)
    page.write(page.fit(section.path), size=11, face=Face.BOLD, space=1)
    _verdict(page, section.verdict, section.meaning)
    if section.error:
        page.write(page.fit(section.error))
        return
    _lines(page, section.lines)
    if section.signers:
        _heading(page, content.headings["signers"])
    for signer in section.signers:
        page.keep_together(20)
        page.write(page.fit(signer.title), size=9, face=Face.BOLD)
        _lines(page, signer.lines)
    if section.more_signers:
        page.write(section.more_signers)
    _heading(page, content.headings["findings"])
    page.write(section.summary, space=1)
    widths = (9.0, 28.0, 50.0, page.width - 87.0)
    page.row([(text, Face.BOLD) for text in ("#", *content.columns)], widths)
    for number, finding in section.findings:
        reason = f" ({finding.sub_indication})" if finding.sub_indication else ""
        result = Face.PLAIN if finding.result is Verdict.PASSED else Face.BOLD
        page.row(
            [
                (str(number), Face.PLAIN),
                (str(finding.result), result),
                (page.fit(finding.check), Face.PLAIN),
                (page.fit(finding.evidence + reason), Face.PLAIN),
            ],
            widths,
            size=7.5,
        )
    if section.more_findings:
        page.write(section.more_findings)
    _heading(page, content.headings["not_checked"])
    for text in section.not_checked:
        page.write(f"- {text}", size=8.5)


def _heading(page: PdfDocument, text: str) -> None:
    page.keep_together(18)
    page.pdf.ln(2)
    page.write(text, size=10, face=Face.BOLD, space=0.5)
