"""``vssx sheet``: the paper that goes with a handover, and against which VERIFY.txt compares."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vssx.errors import UsageError, VssxError
from vssx.evidence.durable import create_durably
from vssx.evidence.sheet_facts import read_sheet_facts
from vssx.jobs.handover import Handover
from vssx.jobs.page_file import check_page_file
from vssx.jobs.pages import language_of
from vssx.report.language import Language
from vssx.report.page_time import PageTime
from vssx.report.pdf_document import require_pdf
from vssx.report.record_view import view_record
from vssx.report.sheet import MOST_SAID, Sheet, SheetSignature, sheet_html
from vssx.report.sheet_pdf import sheet_pdf

SUFFIXES = (".html", ".pdf")
BESIDE = ".sheet.html"


def make_sheet(
    root: Path, output: Path, *, language: Language | None = None, legal_basis: str = "", zone: str | None = None
) -> None:
    """Write the sheet of the handover ``root`` to ``output``, whose suffix says which kind of file.

    ``legal_basis``: as said for the sheet. ``language``, ``zone`` (of local times): None: as the record says.

    Raises UsageError (kind of file, zone, packages for PDF missing), HandoverError for what is no handover, was
    changed, or exists, StorageError.
    """
    check_page_file(output, SUFFIXES)
    legal_basis = " ".join(legal_basis.split())
    if len(legal_basis) > MOST_SAID:
        raise UsageError(
            f"has {len(legal_basis)} characters, and the sheet has room for {MOST_SAID}",
            where="--legal-basis",
            next_step="Say it shorter.",
        )
    as_pdf = output.suffix.lower() == ".pdf"
    if as_pdf:
        require_pdf()
    facts = read_sheet_facts(root)
    record = view_record(facts.record)
    times = PageTime.of_record(facts.record["requested"]["said"].get("tz")) if zone is None else PageTime(zone)
    language = language or language_of(facts.record["requested"]["options"])
    sheet = Sheet(
        name=root.resolve().name,
        record=record,
        tag_manifest=facts.tag_manifest,
        payload_files=facts.payload_files,
        signatures=tuple(
            SheetSignature(
                name=one.name, subject=one.certificates[0].subject, fingerprint=one.certificates[0].fingerprint
            )
            for one in facts.signatures
        ),
        legal_basis=legal_basis,
    )
    create_durably(output, sheet_pdf(sheet, language, times) if as_pdf else sheet_html(sheet, language, times))


def with_sheet(made: Handover) -> Handover:
    """The handover, with its sheet written beside it as NAME.sheet.html, or with the reason why there is none: a paper
    that cannot be written takes nothing from the evidence."""
    try:
        make_sheet(made.path, made.path.with_name(made.path.name + BESIDE))
    except VssxError as error:
        return replace(made, no_sheet=str(error))
    return made
