"""Reading the fields of one box: integers and strings that never reach beyond it."""

from __future__ import annotations

import struct

from vssx.errors import MalformedMediaError
from vssx.isobmff.box import MAX_SMALL_BOX, Box, MediaFile


class Fields:
    """A cursor over the payload of a box. Raises MalformedMediaError where the box is too short."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data = data
        self.position = 0
        self._where = where

    @classmethod
    def of(cls, file: MediaFile, box: Box, *, limit: int = MAX_SMALL_BOX) -> Fields:
        """The whole payload of a box that should be small."""
        return cls(file.read_small(box, limit), f"{file.path} at byte {box.offset} in {box.box_type}")

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self.data) - self.position

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        if count > self.left:
            raise self.malformed(f"{count} bytes wanted, {self.left} left in the box")
        self.position += count
        return self.data[self.position - count : self.position]

    def unpack(self, layout: str) -> tuple[int, ...]:
        """Integers by a struct layout without byte order; big-endian."""
        return struct.unpack(">" + layout, self.take(struct.calcsize(">" + layout)))

    def u8(self) -> int:
        """An unsigned byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """An unsigned 16-bit integer."""
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        """An unsigned 32-bit integer."""
        return int.from_bytes(self.take(4), "big")

    def u64(self) -> int:
        """An unsigned 64-bit integer."""
        return int.from_bytes(self.take(8), "big")

    def version_and_flags(self) -> tuple[int, int]:
        """The start of a FullBox."""
        value = self.u32()
        return value >> 24, value & 0xFFFFFF

    def string(self) -> str:
        """A null-terminated UTF-8 string; bytes that are none become U+FFFD, a missing null at the end is accepted."""
        end = self.data.find(b"\0", self.position)
        if end < 0:
            end = len(self.data)
        text = self.data[self.position : end].decode("utf-8", "replace")
        self.position = min(end + 1, len(self.data))
        return text

    def malformed(self, message: str) -> MalformedMediaError:
        """An error that names the box."""
        return MalformedMediaError(
            message, where=self._where, next_step="The file is damaged; take a new copy from its source."
        )
