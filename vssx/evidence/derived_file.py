"""A file that is derived from others: written whole or not at all, its SHA-256 known at the end."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from vssx.errors import StorageError
from vssx.shown import shown

_TOGETHER = 1 << 16


class DerivedFile:
    """Bytes go in, one after the other; ``finish`` gives them their name. A context manager.

    ``path`` None: nothing is written, only hashed. An older file of the same name is replaced. Raises StorageError.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._hash = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._size = 0
        self._file: BinaryIO | None = None
        self.sha256 = ""
        """Hex, once it is finished."""
        if path is not None:
            self._temporary = _temporary(path)
            try:
                self._file = self._temporary.open("wb")
            except OSError as error:
                raise self._failed(error) from error

    @staticmethod
    def remove(path: Path) -> None:
        """Remove a file that an earlier run had finished, or was cut at. Raises OSError."""
        path.unlink(missing_ok=True)
        _temporary(path).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._temporary.unlink(missing_ok=True)

    def write(self, *data: bytes) -> None:
        """Append."""
        self._waiting += data
        self._size += sum(map(len, data))
        if self._size >= _TOGETHER:
            self._flush()

    def finish(self) -> None:
        """All is written: the file gets its name."""
        self._flush()
        self.sha256 = self._hash.hexdigest()
        if self._file is None or self._path is None:
            return
        try:
            self._file.close()
            self._temporary.replace(self._path)
        except OSError as error:
            raise self._failed(error) from error
        self._file = None

    def _flush(self) -> None:
        data = b"".join(self._waiting)
        self._waiting, self._size = [], 0
        self._hash.update(data)
        if self._file is not None:
            try:
                self._file.write(data)
            except OSError as error:
                raise self._failed(error) from error

    def _failed(self, error: OSError) -> StorageError:
        return StorageError(
            f"cannot be written: {error.strerror or error}",
            where=shown(self._path),
            next_step="Check free space and permissions, then run the command again; it goes on from here.",
        )


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")
