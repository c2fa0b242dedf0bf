"""Sample tables that grow outside of memory."""

from __future__ import annotations

import sys
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from vssx.errors import StorageError

_ENTRIES = 32 * 1024
_IN_MEMORY = 256 * 1024
_CHUNK = 256 * 1024


class Spool:
    """A growing table of unsigned integers of 4 or 8 bytes, big-endian; beyond 256 KiB it goes to a temporary file.

    Raises StorageError when the disk is full.
    """

    def __init__(self, directory: Path, width: int = 4) -> None:
        self._directory = directory
        self._values = array("I" if width == 4 else "Q")
        if self._values.itemsize != width:
            raise AssertionError("this platform has other integer sizes")
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(directory))  # noqa: SIM115
        self._flushed = 0
        self.append = self._values.append
        """Add one integer; call ``settle`` now and then."""
        self.extend = self._values.extend
        """Add integers."""

    def settle(self) -> None:
        """Move what has gathered out of memory."""
        if len(self._values) >= _ENTRIES:
            self._flush()

    def __len__(self) -> int:
        """Number of integers."""
        return self._flushed + len(self._values)

    def chunks(self) -> Iterator[bytes]:
        """The table as bytes, from its beginning."""
        self._flush()
        try:
            self._file.seek(0)
            while data := self._file.read(_CHUNK):
                yield data
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Give the temporary file back."""
        self._file.close()

    def _flush(self) -> None:
        if sys.byteorder == "little":
            self._values.byteswap()
        try:
            self._file.write(self._values.tobytes())
        except OSError as error:
            raise self._failed(error) from error
        self._flushed += len(self._values)
        del self._values[:]

    def _failed(self, error: OSError) -> StorageError:
        return StorageError(
            f"no temporary file for the sample tables: {error.strerror}",
            where=str(self._directory),
            next_step="Make room on the disk and run the same command again; what is there is continued.",
        )
