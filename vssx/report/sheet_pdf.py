"""The handover sheet as PDF: the same content as the HTML page, on one side of A4."""

from __future__ import annotations

from vssx.report.language import Language, Translator
from vssx.report.page_time import PageTime
from vssx.report.pdf_document import Face, PdfDocument
from vssx.report.pdf_fonts import FontFiles
from vssx.report.qr import QrCode
from vssx.report.sheet import Sheet, SheetContent, sheet_content

_CODE = 34.0
_LABEL = 38.0


def sheet_pdf(sheet: Sheet, language: Language, times: PageTime, fonts: FontFiles | None = None) -> bytes:
    """The PDF file; the same handover makes the same file, as long as the fonts are the same.

    ``fonts``: None: those of this system. Raises UsageError where the extra ``pdf`` is not installed.
    """
    _ = Translator(language)
    page = PdfDocument(
        title=_.text("Handover sheet"),
        language=language,
        created_ns=sheet.record.created_ns,
        margins=(14, 10),
        fonts=fonts,
    )
    content = sheet_content(sheet, _, times, page.fit)
    _head(page, content)
    _numbers(page, content)
    _recordings(page, content)
    _files(page, content)
    _parties(page, content)
    page.rule()
    page.pdf.ln(0.8)
    notes = list(content.notes)
    if page.replaced:
        notes.append(_.text("\\u{...}: no font here has this character; the HTML sheet shows it."))
    for note in notes:
        page.write(note, size=6.5, grey=True)
    return page.output()


def _head(page: PdfDocument, content: SheetContent) -> None:
    top = page.pdf.get_y()
    _draw_code(page, content.code, page.left + page.width - _CODE, top)
    page.pdf.set_y(top + _CODE)
    page.write(content.code_label, x=page.left + page.width - _CODE, width=_CODE, size=6, grey=True)
    code_end = page.pdf.get_y()
    page.pdf.set_y(top)
    width = page.width - _CODE - 4
    page.write(content.title, width=width, size=16, face=Face.BOLD)
    page.write(content.introduction, width=width, size=8, grey=True, space=1)
    for fact in content.facts:
        begin = page.pdf.get_y()
        page.write(fact.label, width=_LABEL - 2, size=8.5, grey=True)
        label_end = page.pdf.get_y()
        page.pdf.set_y(begin)
        page.write(fact.value, x=page.left + _LABEL, width=width - _LABEL, size=8.5)
        page.pdf.set_y(max(label_end, page.pdf.get_y()))
    page.pdf.set_y(max(code_end, page.pdf.get_y()) + 1.5)


def _draw_code(page: PdfDocument, code: QrCode, x: float, y: float) -> None:
    module = _CODE / code.size
    page.pdf.set_fill_color(0)
    for column, row, length in code.runs:
        page.pdf.rect(x + column * module, y + row * module, length * module, module, style="F")


def _numbers(page: PdfDocument, content: SheetContent) -> None:
    page.rule(thick=0.5)
    page.pdf.ln(1)
    page.write(content.digest_label, face=Face.BOLD)
    for line in content.digest:
        page.write(line, size=13, face=Face.MONOSPACED)
    page.write(content.digest_covers, size=8, space=1)
    if content.certificates:
        page.write(content.certificates_label, face=Face.BOLD)
        for one in content.certificates:
            page.write(one.fingerprint, size=8.2, face=Face.MONOSPACED)
            page.write(f"{one.subject}   {one.signature}", size=8, space=0.5)
        if content.more_certificates:
            page.write(content.more_certificates, size=8)
    else:
        page.write(content.unsigned, face=Face.BOLD, space=1)
    page.write(content.commands_label, size=8)
    for command in content.commands:
        page.write(command, size=7.5, face=Face.MONOSPACED)
    page.pdf.ln(1)
    page.rule(thick=0.5)
    page.pdf.ln(1.5)


def _recordings(page: PdfDocument, content: SheetContent) -> None:
    page.write(content.recordings_title, face=Face.BOLD)
    widths = (50.0, 42.0, 42.0, 16.0, 16.0, 16.0)
    page.row([(column, Face.BOLD) for column in content.recording_columns], widths, size=7.5)
    for one in content.recordings:
        begin, x = page.pdf.get_y(), page.left
        ends = []
        for number, cell in enumerate((one.camera, one.asked, one.delivered, (one.files,), (one.gaps,), (one.losses,))):
            page.pdf.set_y(begin)
            for line in cell:
                face = Face.PLAIN if number == 0 else Face.MONOSPACED
                page.write(line, x=x, width=widths[number] - 1, size=7.5, face=face)
            ends.append(page.pdf.get_y())
            x += widths[number]
        page.pdf.set_y(max(ends))
    if content.more_recordings:
        page.write(content.more_recordings, size=7.5)
    page.pdf.ln(1)


def _files(page: PdfDocument, content: SheetContent) -> None:
    page.write(content.files_title, face=Face.BOLD)
    for file in content.files:
        page.write(f"{file.path} ({file.size})", size=7.5)
        page.write(file.sha256, size=7.5, face=Face.MONOSPACED)
    if content.more_files:
        page.write(content.more_files, size=7.5)
    page.pdf.ln(2)


def _parties(page: PdfDocument, content: SheetContent) -> None:
    top = page.pdf.get_y()
    width = (page.width - 10) / 2
    for number, party in enumerate(content.parties):
        x = page.left + number * (width + 10)
        page.pdf.set_y(top)
        page.write(party, x=x, width=width, face=Face.BOLD, space=3)
        for blank in content.blanks:
            page.write(blank, x=x, width=width / 3, size=7.5, grey=True)
            page.rule(x=x + width / 3, width=width * 2 / 3)
            page.pdf.ln(4)
    page.pdf.ln(1)
