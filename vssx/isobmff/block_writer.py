"""Writes finished blocks to the disk, in a thread of its own: hash, write, make durable, then tell the journal.

Where blocks come faster than the disk takes them, those that wait become durable together.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import queue
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from vssx.errors import HandoverError, StorageError
from vssx.isobmff.box import box
from vssx.isobmff.journal import DataBlock, RunRecord, SampleRecord, encode_data, encode_header
from vssx.model.media import CodecConfiguration, SourceTrack

if TYPE_CHECKING:
    from hashlib import _Hash

_QUEUED = 2
_TOGETHER = 4  # blocks at most that reach the disk together
_VECTORS = 512  # POSIX systems take 1024 at once
_SYNCED_TOGETHER = 64 * 1024 * 1024
_MDAT = struct.Struct(">I4s")
MDAT_HEADER = _MDAT.size
FTYP = box("ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso4mp42")
"""First bytes of every file: the brand that the export format names, iso4 for signed composition offsets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingBlock:
    """One ``mdat`` to be written at ``start``: its payloads in file order and what the journal says about them."""

    start: int
    end: int
    payloads: tuple[bytes | memoryview, ...]
    configurations: tuple[tuple[int, CodecConfiguration], ...]
    runs: tuple[RunRecord, ...]
    samples: tuple[SampleRecord, ...]


class BlockWriter:
    """Owns the media file and its journal while they grow.

    Whatever fails is raised by the next call, as StorageError that names the file; all calls after it raise the same.
    With ``durable`` what the journal describes is on the disk, whatever happens afterwards. ``running``: over the file
    so far; without ``hashed`` it passes over the payloads, and such a file cannot be continued.
    """

    def __init__(
        self,
        path: Path,
        file: IO[bytes],
        journal_path: Path,
        journal: IO[bytes],
        running: _Hash,
        *,
        durable: bool = True,
        hashed: bool = True,
    ) -> None:
        self._durable = durable
        self._hashed = hashed
        self._path = path
        self._file = file
        self._journal_path = journal_path
        self._journal = journal
        self._hash = running
        self._error: BaseException | None = None
        self._synced = 0
        self._syncing: threading.Thread | None = None
        self._queue: queue.Queue[PendingBlock | None] = queue.Queue(_QUEUED)
        self._thread = threading.Thread(target=self._work, name=f"vssx writes {path.name}", daemon=True)
        self._thread.start()

    def submit(self, block: PendingBlock) -> None:
        """Hand a block over; waits while two are under way."""
        self._check()
        self._queue.put(block)

    def drain(self) -> None:
        """Wait until everything is on the disk; no block may follow."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        self._check()

    def append(self, parts: Iterable[bytes]) -> tuple[int, str]:
        """After ``drain``: write the end of the file; make it durable, or begin to (``synced``) where it is not yet.

        Returns its size and hex digest: SHA-256 over all of it, or without ``hashed`` over what is no payload.
        """
        self._check()
        try:
            for part in parts:
                self._hash.update(part)
                _write_all(self._file, part)
            size = self._file.tell()
        except OSError as error:
            self._error = self._failed(error, self._path)
            raise self._error from error
        self._sync()
        if self._durable:
            self.synced()
        return size, self._hash.hexdigest()

    def synced(self) -> None:
        """After ``append``: wait until the file is durable, and let go of it."""
        self._await_sync()
        self.close()
        self._check()

    def _sync(self) -> None:
        """Begin to bring what is written to the disk."""
        self._await_sync()
        self._synced = self._file.tell()
        self._syncing = threading.Thread(target=self._fsync, name=f"vssx syncs {self._path.name}", daemon=True)
        self._syncing.start()

    def _fsync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except BaseException as error:  # noqa: BLE001 (raised again by the next call)
            self._keep(error, self._path)

    def _await_sync(self) -> None:
        if self._syncing is not None:
            self._syncing.join()
            self._syncing = None

    def digest(self) -> bytes:
        """SHA-256 of what is written, after ``drain``."""
        return self._hash.digest()

    def wait(self) -> None:
        """Wait until all blocks so far are on the disk."""
        self._queue.join()
        self._check()

    def close(self) -> None:
        """Let go of both files when the blocks handed over are written."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        self._await_sync()
        # The contents were made durable above or are not needed; a late error of close changes neither.
        for file in (self._file, self._journal):
            with contextlib.suppress(OSError):
                file.close()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        going = True
        while going:
            records: list[DataBlock] = []
            taken = 0
            for block in self._waiting():
                taken += 1
                going = block is not None
                if block is None or self._error is not None:  # after an error only taken: nobody waits for ever
                    continue
                try:
                    records.append(self._write(block))
                except BaseException as error:  # noqa: BLE001 (raised again by the next call)
                    self._keep(error, self._path)
            try:
                if records:
                    self._describe(records)
            except BaseException as error:  # noqa: BLE001 (raised again by the next call)
                self._keep(error, self._journal_path)
            for _ in range(taken):
                self._queue.task_done()

    def _waiting(self) -> Iterator[PendingBlock | None]:
        """The next block, and where each is to be on the disk those that wait behind it: one wait for all of them."""
        block = self._queue.get()
        yield block
        for _ in range(_TOGETHER - 1 if self._durable else 0):
            if block is None:
                return
            try:
                block = self._queue.get_nowait()
            except queue.Empty:
                return
            yield block

    def _keep(self, error: BaseException, path: Path) -> None:
        """For the next call, in the thread of the caller; the first error counts."""
        self._error = self._error or (self._failed(error, path) if isinstance(error, OSError) else error)

    def _write(self, block: PendingBlock) -> DataBlock:
        header = _MDAT.pack(block.end - block.start, b"mdat")
        if self._hashed:
            data = b"".join((header, *block.payloads))
            self._hash.update(data)
            _write_all(self._file, data)
        else:
            self._hash.update(header)
            _write_parts(self._file, (header, *block.payloads))
        busy = self._syncing is not None and self._syncing.is_alive()
        if not self._durable and not busy and block.end - self._synced >= _SYNCED_TOGETHER:
            self._sync()  # meanwhile others go on; all at the end would be a wait
        return DataBlock(
            mdat_start=block.start,
            mdat_end=block.end,
            prefix_sha256=self._hash.digest(),
            configurations=block.configurations,
            runs=block.runs,
            samples=block.samples,
        )

    def _describe(self, records: Sequence[DataBlock]) -> None:
        """The journal is told of blocks when they are on the disk."""
        if self._durable:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                self._keep(error, self._path)
                return
        _write_all(self._journal, b"".join(map(encode_data, records)))
        if self._durable:
            os.fsync(self._journal.fileno())

    def _failed(self, error: OSError, path: Path) -> StorageError:
        full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
        return StorageError(
            "the disk is full" if full else f"cannot be written: {error.strerror or error}",
            where=str(path),
            next_step=("Make room" if full else "Check the medium")
            + " and run the same command again; what was written is kept and continued.",
        )


def _write_all(file: IO[bytes], data: bytes) -> None:
    """A raw file may take less than it was given."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _write_parts(file: IO[bytes], parts: Sequence[bytes | memoryview]) -> None:
    """All of them, where the system allows it without putting them together first."""
    if not hasattr(os, "writev"):
        _write_all(file, b"".join(parts))
        return
    for first in range(0, len(parts), _VECTORS):
        some = parts[first : first + _VECTORS]
        written = os.writev(file.fileno(), some)
        if written < sum(map(len, some)):
            _write_all(file, b"".join(some)[written:])


def create(
    path: Path, journal_path: Path, tracks: Sequence[SourceTrack], *, durable: bool = True, hashed: bool = True
) -> BlockWriter:
    """Start a new file and its journal.

    ``durable`` and ``hashed``: as in Mp4Writer. Raises HandoverError when one exists, StorageError when they cannot be
    made.
    """
    running = hashlib.sha256(FTYP)
    try:
        for taken in (path, journal_path):
            if taken.exists() or taken.is_symlink():
                raise HandoverError("exists already and is never overwritten", where=str(taken))
        # The journal comes first and with its header, so that a kill at any point leaves what can be continued.
        partial = journal_path.with_name(journal_path.name + ".new")
        with partial.open("wb", buffering=0) as head:
            begin(head, encode_header(tracks))
        partial.replace(journal_path)
        with ExitStack() as opened:
            journal = opened.enter_context(journal_path.open("r+b", buffering=0))
            journal.seek(0, os.SEEK_END)
            file = opened.enter_context(path.open("xb", buffering=0))
            begin(file, FTYP)
            _sync_names(path.parent)
            opened.pop_all()
    except OSError as error:
        raise StorageError(
            f"cannot be made: {error.strerror}", where=str(path), next_step="Check free space and permissions."
        ) from error
    return BlockWriter(path, file, journal_path, journal, running, durable=durable, hashed=hashed)


def _sync_names(directory: Path) -> None:
    """Make new names durable; Windows does so by itself."""
    if os.name != "nt":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def begin(file: IO[bytes], data: bytes) -> None:
    """Write the first bytes and see them on the disk."""
    _write_all(file, data)
    os.fsync(file.fileno())
