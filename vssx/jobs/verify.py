"""``vssx verify``: reports for several paths and the exit code for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vssx.errors import ExitCode, StorageError, VssxError
from vssx.evidence.trust import load_anchors
from vssx.evidence.verify import verify_path
from vssx.model.level import ExportLevel
from vssx.model.verification import VerificationReport
from vssx.shown import shown

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


def worst(codes: Sequence[ExitCode]) -> ExitCode:
    """The worst of several exit codes (docs/exit-codes.md); one that this order does not know is the worst."""
    unknown = [code for code in codes if code not in _SEVERITY]
    if unknown:
        return max(unknown)
    return min(codes, key=_SEVERITY.index)
