"""``vssx report``: the report of a handover once more, in another language, or where it has none."""

from __future__ import annotations

from pathlib import Path

from vssx import times
from vssx.errors import HandoverError
from vssx.evidence.digest import read_bounded
from vssx.evidence.durable import create_durably
from vssx.evidence.record import RECORD_NAME
from vssx.evidence.record_reading import MAX_RECORD, parse_record
from vssx.jobs.page_file import check_page_file
from vssx.jobs.pages import Pages
from vssx.report.language import Language
from vssx.report.page_time import PageTime
from vssx.shown import shown

SUFFIXES = (".html",)


def make_report(
    root: Path, output: Path, *, language: Language | None, stills: int | None = None, zone: str | None = None
) -> None:
    """Write the report of the handover ``root`` to ``output``. Nothing is verified.

    ``language``, ``stills`` (pictures at even steps a file; 0: no pictures), ``zone`` (of local times): None: as the
    record says.

    Raises UsageError (kind of file, zone), HandoverError for what is no handover or exists already, StorageError.
    """
    check_page_file(output, SUFFIXES)
    path = root / RECORD_NAME
    if path.is_symlink() or not path.is_file():
        raise HandoverError(
            f"is no handover: there is no {RECORD_NAME} in it",
            where=shown(root),
            next_step="Name the directory that vssx export made.",
        )
    record = parse_record(read_bounded(path, MAX_RECORD))
    pages = Pages(root=root, language=language, stills=stills, times=None if zone is None else PageTime(zone))
    create_durably(output, pages.report(record, made_ns=times.now()))
