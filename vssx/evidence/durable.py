"""Files that are on the disk when the call returns."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from vssx.errors import HandoverError, StorageError
from vssx.shown import shown


def write_durably(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write ``path`` whole or not at all, replacing what is there; only for a staging directory. ``data`` may come in
    pieces, of which no two are held.

    Raises StorageError.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _storage(path, error) from error
    sync_directory(path.parent)


def create_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Create ``path`` with ``mode`` from its first moment; never overwrites and never follows a link.

    Raises HandoverError when the path exists, StorageError when it cannot be written (nothing is left then).
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, mode)
    except FileExistsError:
        raise HandoverError(
            "exists already and is never overwritten", where=shown(path), next_step="Move it away or use another name."
        ) from None
    except OSError as error:
        raise _storage(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _storage(path, error) from error
    sync_directory(path.parent)


def sync_file(path: Path) -> None:
    """Make sure that a file which somebody else wrote is on the disk. Raises StorageError."""
    try:
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise _storage(path, error) from error


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable; Windows does so by itself. Raises StorageError."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _storage(path, error) from error


def _storage(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot be written: {error.strerror or error}",
        where=shown(path),
        next_step="Check free space and permissions, then run the command again.",
    )
