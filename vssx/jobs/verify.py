"""``vssx verify``: reports for several paths and the exit code for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vssx import times
from vssx.errors import ExitCode, StorageError, VssxError
from vssx.evidence.durable import create_durably
from vssx.evidence.record import tool_versions
from vssx.evidence.trust import load_anchors
from vssx.evidence.verify import verify_path
from vssx.jobs.page_file import check_page_file
from vssx.model.level import ExportLevel
from vssx.model.verification import VerificationReport
from vssx.report.language import Language
from vssx.report.page_time import PageTime
from vssx.report.pdf_document import require_pdf
from vssx.shown import shown

REPORT_SUFFIXES = (".html", ".pdf")

# Worst first: what was proven wrong, what could not be looked at, what nobody vouches for, what is undecided.
_SEVERITY = (
    ExitCode.FAILED,
    ExitCode.HANDOVER,
    ExitCode.STORAGE,
    ExitCode.USAGE,
    ExitCode.NOTHING_SIGNED,
    ExitCode.INDETERMINATE,
    ExitCode.DONE,
)


def verify(
    paths: Sequence[Path], *, trust: Sequence[Path], at_ns: int | None, level: ExportLevel | None = None
) -> Iterator[tuple[Path, VerificationReport | VssxError]]:
    """A report for each path, or the error that kept it from being checked; one bad path does not stop the others.

    ``level``: one that every handover must claim.
    Raises UsageError when a trust file is of no use.
    """
    load_anchors(trust)  # a mistake here concerns every path, so it is told once and first
    for path in paths:
        try:
            yield path, verify_path(path, trust=trust, at_ns=at_ns, level=level)
        except VssxError as error:
            yield path, error
        except OSError as error:  # e.g. a directory that may not be entered
            yield (
                path,
                StorageError(
                    f"cannot be read: {error.strerror}", where=shown(path), next_step="Check the permissions."
                ),
            )


def check_report_file(output: Path, *, zone: str | None) -> None:
    """Refuse before anything is verified: another kind of file, one that exists, or in a handover, or in no directory;
    PDF without its packages; an unknown zone. Raises UsageError, HandoverError, StorageError."""
    PageTime(zone)
    check_page_file(output, REPORT_SUFFIXES, option="--report")
    if not output.absolute().parent.is_dir():
        raise StorageError(
            "cannot be written: no such directory", where=shown(output), next_step="Make it, or name another one."
        )
    if output.suffix.lower() == ".pdf":
        require_pdf()


def write_report(
    output: Path,
    results: Sequence[tuple[Path, VerificationReport | VssxError]],
    *,
    trust: Sequence[Path],
    level: ExportLevel | None,
    language: Language,
    zone: str | None,
) -> None:
    """Write the verifier's report to ``output``, whose suffix says which kind of file.

    ``results``: as ``verify`` gave them. ``zone``: of local times beside UTC. Raises UsageError, HandoverError,
    StorageError.
    """
    from vssx.report.verification_page import CheckedPath, Verification, verification_html
    from vssx.report.verification_pdf import verification_pdf

    done = Verification(
        paths=tuple(
            CheckedPath(path=str(path), report=None, error=str(result))
            if isinstance(result, VssxError)
            else CheckedPath(path=str(path), report=result)
            for path, result in results
        ),
        written_ns=times.now(),
        versions=tool_versions(),
        trust_files=tuple(map(str, trust)),
        level="" if level is None else str(level),
    )
    shown_times = PageTime(zone)
    if output.suffix.lower() == ".pdf":
        data = verification_pdf(done, language, shown_times)
    else:
        data = verification_html(done, language, shown_times)
    create_durably(output, data)


def worst(codes: Sequence[ExitCode]) -> ExitCode:
    """The worst of several exit codes (docs/exit-codes.md); one that this order does not know is the worst."""
    unknown = [code for code in codes if code not in _SEVERITY]
    if unknown:
        return max(unknown)
    return min(codes, key=_SEVERITY.index)
