"""The files of a handover, listed without following or opening anything."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import HandoverError, StorageError
from vssx.evidence.manifest import MAX_DEPTH, MAX_FILES
from vssx.shown import shown

_REPARSE_POINT = 0x400  # FILE_ATTRIBUTE_REPARSE_POINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """``files``: regular files, path relative to the root with / to size in bytes. ``directories``: likewise.

    ``others``: links, FIFOs, sockets and devices.
    """

    files: dict[str, int]
    directories: tuple[str, ...]
    others: tuple[str, ...]


def list_tree(root: Path) -> Tree:
    """Everything below ``root``. Raises HandoverError beyond the bounds of a real handover, StorageError."""
    files: dict[str, int] = {}
    directories: list[str] = []
    others: list[str] = []
    pending: list[tuple[str, int]] = [("", 0)]
    seen = 0
    while pending:
        prefix, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise _unreal(root, f"directories are nested deeper than {MAX_DEPTH}")
        try:
            with os.scandir(root / prefix if prefix else root) as entries:
                for entry in entries:
                    seen += 1
                    if seen > MAX_FILES:
                        raise _unreal(root, f"more than {MAX_FILES} files")
                    name = prefix + entry.name
                    status = entry.stat(follow_symlinks=False)
                    if getattr(status, "st_file_attributes", 0) & _REPARSE_POINT:
                        others.append(name)  # Windows: links and junctions
                    elif stat.S_ISDIR(status.st_mode):
                        directories.append(name)
                        pending.append((name + "/", depth + 1))
                    elif stat.S_ISREG(status.st_mode):
                        files[name] = status.st_size
                    else:
                        others.append(name)
        except OSError as error:
            raise StorageError(
                f"cannot be listed: {error.strerror}", where=shown(root / prefix), next_step="Check the medium."
            ) from error
    return Tree(files=files, directories=tuple(sorted(directories)), others=tuple(sorted(others)))


def _unreal(root: Path, what: str) -> HandoverError:
    return HandoverError(what, where=shown(root), next_step="No handover is like that; it was not checked.")
