"""An MP4 that was cut: its declared end, and a reader that stands in for what is missing behind the real one.

libav gives up at the first sample that lies beyond the end of a file, although others that follow in time may lie
before it. With zeros in place of the missing bytes it names every sample; the caller leaves out those that are not
there.
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")
_MOST_MISSING = 256 * 1024 * 1024  # what a header claims may be nonsense; nobody reads zeros for hours
_MOST_BOXES = 400_000


def declared_size(path: Path) -> int:
    """Bytes that the top-level boxes of an MP4 claim (ISO/IEC 14496-12 clause 4.2): at least those that are there.

    Raises OSError.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        position = 0
        for _ in range(_MOST_BOXES):
            file.seek(position)
            header = file.read(16)
            if len(header) < _HEADER.size:
                break
            length, kind = _HEADER.unpack_from(header)
            smallest = _HEADER.size
            if length == 1 and len(header) == 16:
                length, smallest = _LARGE.unpack_from(header, 8)[0], 16
            if length < smallest or not kind.isascii() or not kind.decode().isprintable():
                # 0: to the end of the file, whatever that is; else something that is no box
                break
            position += length
            if position >= size:
                return int(position)
        return size


class CutFile:
    """A file for libav to read: what it has, then zeros up to the declared end, within reason."""

    def __init__(self, path: Path, declared: int) -> None:
        self._file = path.open("rb")
        self.size = self._file.seek(0, 2)
        """Bytes that are there."""
        self._end = min(declared, self.size + _MOST_MISSING)
        self._position = 0

    def read(self, count: int) -> bytes:
        """As of any file."""
        count = max(0, min(count, self._end - self._position))
        self._file.seek(min(self._position, self.size))
        data = self._file.read(count)
        self._position += count
        return data + bytes(count - len(data))

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of any file."""
        self._position = position = offset + (0, self._position, self._end)[whence]
        return position

    def tell(self) -> int:
        """As of any file."""
        return self._position

    def close(self) -> None:
        """Close the file."""
        self._file.close()
