"""Boxes of ISO/IEC 14496-12 clause 4.2: building them, and finding them in files that nobody vouches for."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from vssx.errors import MalformedMediaError, StorageError

MAX_BOXES = 400_000
"""More boxes than this in one file are refused: at a few MB an mdat this is more than a terabyte."""
MAX_DEPTH = 16
MAX_SMALL_BOX = 4 * 1024 * 1024
"""Most that is read into memory of one box that should be small (sample descriptions, headers, ``suep``)."""
_SMALL_BOXES_TOGETHER = 64 * 1024 * 1024

_SIZE_AND_TYPE = struct.Struct(">I4s")
_U64 = struct.Struct(">Q")
_CONTAINERS = frozenset(
    ["moov", "trak", "mdia", "minf", "stbl", "edts", "udta", "dinf", "mvex", "moof", "traf", "mfra", "sinf", "schi"]
)
# Bytes of fixed fields before the first box inside (ISO/IEC 14496-12 clauses 8.11.1, 8.11.5, 8.5.2).
_PREFIX = {"meta": 4, "ipro": 6, "stsd": 8}
# Fixed fields of sample entries (clauses 12.1.3, 12.2.3); other entries are leaves of the tree.
_ENTRY_PREFIX = {"avc1": 78, "avc2": 78, "avc3": 78, "avc4": 78, "hvc1": 78, "hev1": 78, "encv": 78, "mp4a": 28}


def box(box_type: str, *payload: bytes) -> bytes:
    """A box with its 32-bit size; the payload must be small enough for one."""
    size = 8 + sum(map(len, payload))
    return b"".join((_SIZE_AND_TYPE.pack(size, box_type.encode("latin-1")), *payload))


def full_box(box_type: str, version: int, flags: int, *payload: bytes) -> bytes:
    """A FullBox (clause 4.2.2)."""
    return box(box_type, struct.pack(">I", version << 24 | flags), *payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box of a file: ``offset`` of its header, ``size`` with header, both in bytes."""

    box_type: str
    offset: int
    size: int
    header_size: int
    children: tuple[Box, ...] = ()

    @property
    def end(self) -> int:
        """Offset of the first byte after the box."""
        return self.offset + self.size

    @property
    def payload_offset(self) -> int:
        """Offset of the first byte after the header."""
        return self.offset + self.header_size

    @property
    def payload_size(self) -> int:
        """Bytes after the header."""
        return self.size - self.header_size

    def child(self, box_type: str) -> Box | None:
        """First child of a type."""
        return next((one for one in self.children if one.box_type == box_type), None)

    def all(self, box_type: str) -> tuple[Box, ...]:
        """All children of a type, in file order."""
        return tuple(one for one in self.children if one.box_type == box_type)


class MediaFile:
    """A file open for reading, whose every read is bounded by its size. Use it as a context manager.

    Raises StorageError when the file cannot be read, MalformedMediaError when something points outside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._small_left = _SMALL_BOXES_TOGETHER
        if path.exists() and not path.is_file():  # a FIFO would keep us waiting for ever
            raise StorageError("not a regular file", where=str(path), next_step="It was not opened.")
        try:
            self._file: BinaryIO = path.open("rb", buffering=0)
            self.size = self._position = self._file.seek(0, 2)
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, offset: int, count: int) -> bytes:
        """Exactly ``count`` bytes at ``offset``."""
        return bytes(self.view(offset, count))

    def view(self, offset: int, count: int) -> memoryview:
        """``read`` without a copy: nobody else has these bytes."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise self.malformed(f"{count} bytes wanted, the file ends at {self.size}", offset)
        try:
            if offset != self._position:
                self._file.seek(offset)
            self._position = -1  # until all is read
            data = self._file.read(count)
        except OSError as error:
            raise _unreadable(self.path, error) from error
        if len(data) == count:
            self._position = offset + count
            return memoryview(data)
        target = memoryview(bytearray(count))  # a raw file may give less than it was asked for
        self.read_into(offset, target)
        return target.toreadonly()

    def read_small(self, one: Box, limit: int = MAX_SMALL_BOX) -> bytes:
        """Payload of a box that should be small; all of them together are bounded too."""
        self._small_left -= one.payload_size
        if one.payload_size > limit or self._small_left < 0:
            raise self.malformed(f"{one.payload_size} bytes are too many", one.offset, one.box_type)
        return self.read(one.payload_offset, one.payload_size)

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill ``target`` from ``offset``; bounded by the caller."""
        done = 0
        try:
            if offset != self._position:
                self._file.seek(offset)
            self._position = -1  # until all is read
            while done < len(target):
                count = self._file.readinto(target[done:])  # type: ignore[attr-defined]
                if not count:
                    raise self.malformed("the file became shorter while it was read", offset + done)
                done += count
            self._position = offset + done
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def malformed(self, message: str, offset: int, box_path: str = "") -> MalformedMediaError:
        """An error that names file, offset and box."""
        inside = f" in {box_path}" if box_path else ""
        return MalformedMediaError(
            message,
            where=f"{self.path} at byte {offset}{inside}",
            next_step="The file is damaged or not an MP4 file; take a new copy from its source.",
        )


def _unreadable(path: Path, error: Exception) -> StorageError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return StorageError(f"cannot be read: {reason}", where=str(path), next_step="Check the medium and the permissions.")


class _Scan:
    """Reads headers of one file and counts them, so that no file makes this unbounded."""

    def __init__(self, file: MediaFile) -> None:
        self._file = file
        self._left = MAX_BOXES

    def boxes(self, start: int, end: int, parent: str, depth: int) -> tuple[Box, ...]:
        return tuple(self._boxes(start, end, parent, depth))

    def _boxes(self, start: int, end: int, parent: str, depth: int) -> Iterator[Box]:
        offset = start
        while offset < end:
            if end - offset < 8:
                # QuickTime ends user data with a 32-bit zero; writers pad other containers, and files, likewise.
                if any(self._file.read(offset, end - offset)):
                    raise self._file.malformed("bytes that are no box", offset, parent)
                return
            one = self._header(offset, end, parent)
            inside = self._inside(one, parent)
            if inside is not None and depth < MAX_DEPTH:
                path = f"{parent}/{one.box_type}" if parent else one.box_type
                children = self._children(one, one.payload_offset + inside, path, depth + 1)
                one = Box(
                    box_type=one.box_type,
                    offset=one.offset,
                    size=one.size,
                    header_size=one.header_size,
                    children=children,
                )
            yield one
            offset = one.end

    def _children(self, one: Box, start: int, path: str, depth: int) -> tuple[Box, ...]:
        try:
            return self.boxes(start, one.end, path, depth)
        except MalformedMediaError:
            if one.box_type != "udta":
                raise
            return ()  # user data of vendors is often no sequence of boxes, and nothing depends on it

    def _header(self, offset: int, end: int, parent: str) -> Box:
        self._left -= 1
        if self._left < 0:
            raise self._file.malformed(f"more than {MAX_BOXES} boxes", offset, parent)
        head = self._file.read(offset, min(16, end - offset))
        size, raw_type = _SIZE_AND_TYPE.unpack_from(head)
        header_size = 8
        if size == 1:
            if len(head) < 16:
                raise self._file.malformed("a box size is cut off", offset, parent)
            (size,) = _U64.unpack_from(head, 8)
            header_size = 16
        elif size == 0:
            if parent and any(head):
                raise self._file.malformed("a box of size 0 inside another", offset, parent)
            size = end - offset  # clause 4.2.2: to the end of the file
        box_type = raw_type.decode("latin-1")
        if size < header_size or offset + size > end:
            raise self._file.malformed(f"box {box_type!r} of {size} bytes does not fit", offset, parent)
        return Box(box_type=box_type, offset=offset, size=size, header_size=header_size)

    def _inside(self, one: Box, parent: str) -> int | None:
        """Bytes of fields before the boxes inside, None for a box that holds none."""
        if one.box_type in _CONTAINERS:
            return 0
        prefix = _PREFIX.get(one.box_type)
        if prefix is None and parent.endswith("/stsd"):
            prefix = _ENTRY_PREFIX.get(one.box_type)
        if prefix is None or one.payload_size < prefix:
            return None
        if one.box_type == "mp4a":
            # Sound descriptions of QuickTime, versions 1 and 2, have more fields.
            version = int.from_bytes(self._file.read(one.payload_offset + 8, 2), "big")
            prefix += {1: 16, 2: 36}.get(version, 0)
        if one.box_type == "meta" and self._is_quicktime_meta(one):
            return 0
        return prefix

    def _is_quicktime_meta(self, one: Box) -> bool:
        """QuickTime writes ``meta`` as a plain box: then the first child's type stands where ours has its size."""
        return one.payload_size >= 8 and self._file.read(one.payload_offset, 8)[4:] == b"hdlr"


def read_boxes(file: MediaFile) -> tuple[Box, ...]:
    """The box tree of a file. Raises MalformedMediaError, StorageError."""
    return _Scan(file).boxes(0, file.size, "", 0)
