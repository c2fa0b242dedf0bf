"""A handover that nobody has verified: whether it is one, what its record says, where the files that it names lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vssx.errors import HandoverError
from vssx.evidence.bag_check import is_handover
from vssx.evidence.digest import read_bounded
from vssx.evidence.manifest import path_fault
from vssx.evidence.record import RECORD_NAME
from vssx.evidence.record_reading import MAX_RECORD, parse_record
from vssx.evidence.staging import PARTIAL_SUFFIX
from vssx.shown import shown


def require_handover(given: Path) -> None:
    """Raises HandoverError for a directory that is no handover, or not a complete one."""
    root = given.resolve()
    if PARTIAL_SUFFIX in (root.suffix, given.suffix):
        raise HandoverError(
            "is the working directory of an export that was not completed",
            where=shown(given),
            next_step="Run the same command again; it finishes or continues it. If the recorder is gone: vssx finish.",
        )
    if not is_handover(root):
        plain = (root / "bagit.txt").is_file()
        raise HandoverError(
            "is a BagIt bag of another tool, without handover.json" if plain else "is not a handover",
            where=shown(given),
            next_step="Check it with a BagIt tool." if plain else "Name the directory that holds handover.json.",
        )


def read_record(root: Path) -> dict[str, Any]:
    """The record of a complete handover, valid against its schema. Raises HandoverError, StorageError."""
    require_handover(root)
    return parse_record(read_bounded(root / RECORD_NAME, MAX_RECORD))


def file_of(root: Path, path: str) -> Path:
    """Where a file that the record names lies, links resolved. Raises HandoverError for one outside of the handover."""
    found = (root / path).resolve()
    if not found.is_relative_to(root.resolve()):
        raise HandoverError(
            f"names a file outside of the handover: {shown(path)}",
            where=shown(root / RECORD_NAME),
            next_step="Do not trust it; check it with vssx verify.",
        )
    return found


def name_fault(root: Path, path: str) -> str | None:
    """Why no file of the handover can have this name, in words; None where one can: stricter than ``file_of``."""
    fault = path_fault(path)
    if fault is None and not (root / path).resolve().is_relative_to(root.resolve()):
        return "leads out of the handover"
    return fault
