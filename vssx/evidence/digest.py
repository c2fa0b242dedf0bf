"""SHA-256 over tracks and over files."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import AbortError, HandoverError, StorageError
from vssx.shown import shown

BUFFER = 1 << 20  # bytes read at once: hashing is faster than the calls beyond this size
_LENGTH = struct.Struct(">Q")
_TOGETHER = 4 * BUFFER
# Never wait for a FIFO, never follow a link that was put in place of a file; both flags are POSIX only.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class TrackDigest:
    """Running SHA-256 of a track: for every sample in order its length (8 bytes, big-endian) and its payload.

    The length makes the borders between samples part of what is proven. The definition is in docs/handover-format.md.
    """

    __slots__ = ("_hash", "payload_bytes", "samples")

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.samples = 0
        self.payload_bytes = 0

    def update(self, payload: bytes | bytearray | memoryview) -> None:
        """Add the next sample. A memoryview must be of single bytes."""
        size = len(payload)
        self._hash.update(_LENGTH.pack(size))
        self._hash.update(payload)
        self.samples += 1
        self.payload_bytes += size

    def update_many(self, payloads: Sequence[bytes | memoryview]) -> None:
        """Add the next samples."""
        sizes = list(map(len, payloads))
        parts: list[bytes | memoryview] = [b""] * (2 * len(sizes))
        parts[::2] = map(_LENGTH.pack, sizes)
        parts[1::2] = payloads
        size = sum(sizes)
        if size <= _TOGETHER:
            # One call for all of them costs less, the copy included: threads wait for each other less.
            self._hash.update(b"".join(parts))
        else:
            for part in parts:
                self._hash.update(part)
        self.samples += len(sizes)
        self.payload_bytes += size

    def hexdigest(self) -> str:
        """Digest of all samples so far; more may follow."""
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDigest:
    """Size in bytes and hex digests of a file, all from one reading."""

    size: int
    digests: tuple[tuple[str, str], ...]

    @property
    def sha256(self) -> str:
        """The SHA-256; every FileDigest has it."""
        return self.of("sha256")

    def of(self, algorithm: str) -> str:
        """Hex digest by hashlib's name of the algorithm. Raises KeyError for one that was not asked for."""
        return dict(self.digests)[algorithm]


def open_regular(path: Path) -> int:
    """File descriptor for reading a regular file; links, FIFOs and devices are refused without opening them.

    Raises HandoverError for anything but a regular file, StorageError when it cannot be read. The caller closes it.
    """
    try:
        before = path.lstat()
        if not stat.S_ISREG(before.st_mode):
            raise HandoverError("not a regular file", where=shown(path), next_step="It was not opened.")
        descriptor = os.open(path, _OPEN_FLAGS)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StorageError(
            f"cannot be read: {reason}", where=shown(path), next_step="Check the medium and the permissions."
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # swapped between the two calls
        os.close(descriptor)
        raise HandoverError("not a regular file", where=shown(path), next_step="It was not read.")
    return descriptor


def digest_file(path: Path, *algorithms: str, unless: Callable[[], bool] = lambda: False) -> FileDigest:
    """Read a regular file once and hash it with SHA-256 and, where named, further algorithms of hashlib.

    ``unless``: asked for every buffer; True gives the work up with an AbortError. Raises HandoverError for anything
    but a regular file, StorageError when it cannot be read.
    """
    hashes = {name: hashlib.new(name) for name in {"sha256", *algorithms}}
    buffer = bytearray(BUFFER)
    view = memoryview(buffer)
    size = 0
    with os.fdopen(open_regular(path), "rb", buffering=0) as file:
        try:
            while count := file.readinto(buffer):
                if unless():
                    raise AbortError("hashing was given up", where=shown(path))
                size += count
                for running in hashes.values():
                    running.update(view[:count])
        except OSError as error:
            raise StorageError(
                f"cannot be read at byte {size}: {error.strerror}", where=shown(path), next_step="Check the medium."
            ) from error
    return FileDigest(size=size, digests=tuple(sorted((name, value.hexdigest()) for name, value in hashes.items())))


def read_bounded(path: Path, limit: int) -> bytes:
    """All of a regular file that should be small.

    Raises HandoverError when it is no regular file or longer than ``limit`` bytes, StorageError when unreadable.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise StorageError(
                f"cannot be read: {error.strerror}", where=shown(path), next_step="Check the medium."
            ) from error
    if len(data) > limit:
        raise HandoverError(
            f"longer than {limit} bytes, the most that is read of such a file",
            where=shown(path),
            next_step="A real handover has no such file; do not trust this one.",
        )
    return data
