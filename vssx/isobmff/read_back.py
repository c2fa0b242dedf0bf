"""Reading a closed file once: its SHA-256 and, at the same time, every sample."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from vssx.isobmff.box import MediaFile
from vssx.isobmff.reader import Movie, open_movie
from vssx.isobmff.sample_tables import SampleRun

_CHUNK = 512 * 1024
_BUFFERS = 4

OnSamples = Callable[[int, int, Sequence[int], memoryview], None]
"""Gets samples of one track that follow each other: track ID, number of the first (from 1), the size of each, and their
payloads side by side; the view is valid during the call only."""


def side_by_side(sizes: Sequence[int], payloads: memoryview) -> list[memoryview]:
    """The single payloads of what OnSamples gets."""
    ends = list(accumulate(sizes))
    return [payloads[start:end] for start, end in zip((0, *ends), ends, strict=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """``sha256``: hex, of the whole file of ``size`` bytes; ``frame_sha256``: of what is no sample."""

    size: int
    sha256: str
    frame_sha256: str
    movie: Movie


class _Hashing:
    """SHA-256 in a thread of its own over buffers that come back when they are done."""

    def __init__(self) -> None:
        self.free: queue.Queue[bytearray] = queue.Queue()
        for _ in range(_BUFFERS):
            self.free.put(bytearray(_CHUNK))
        self._filled: queue.Queue[tuple[bytearray, int] | None] = queue.Queue()
        self._hash = hashlib.sha256()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="vssx hashes", daemon=True)
        self._thread.start()

    def put(self, buffer: bytearray, count: int) -> None:
        self._filled.put((buffer, count))

    def finish(self) -> str:
        """The digest of all that was put. Raises what went wrong in the thread."""
        self._filled.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._hash.hexdigest()

    def _work(self) -> None:
        while (item := self._filled.get()) is not None:
            buffer, count = item
            try:
                self._hash.update(memoryview(buffer)[:count])
            except BaseException as error:  # noqa: BLE001 (raised by ``finish``: nobody waits for a buffer for ever)
                self._error = error
            self.free.put(buffer)


def read_back(path: Path, on_samples: OnSamples) -> ReadBack:
    """Read ``path`` once from beginning to end (its tables before that) and give every sample to ``on_samples``.

    Samples come in file order, on every track in decoding order. Raises MalformedMediaError also when samples overlap
    or a track's samples do not ascend in the file; UnsupportedMediaError for a fragmented file; StorageError.
    """
    movie = open_movie(path)
    runs = movie.iter_runs_in_file_order()
    hashing = _Hashing()
    try:
        with MediaFile(path) as file:
            size = file.size
            window = _Window(file, hashing)
            end = 0
            for track_id, run in runs:
                if run.offset < end:
                    raise file.malformed(f"sample {run.number} of track {track_id} is out of order", run.offset)
                window.frame(end, run.offset)
                end = run.offset + run.size
                for number, sizes, payloads in window.samples(run):
                    on_samples(track_id, number, sizes, payloads)
            window.frame(end, size)
            window.finish()
    finally:
        sha256 = hashing.finish()
    return ReadBack(size=size, sha256=sha256, frame_sha256=window.frame_sha256.hexdigest(), movie=movie)


class _Window:
    """Goes through the file once; every byte that it passes is hashed."""

    def __init__(self, file: MediaFile, hashing: _Hashing) -> None:
        self._file = file
        self._hashing = hashing
        self._buffer = bytearray()
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self.frame_sha256 = hashlib.sha256()

    def frame(self, start: int, end: int) -> None:
        """Bytes that belong to no sample."""
        while start < end:
            while self._end <= start:
                self._advance()
            piece = self._view[start - self._start : end - self._start]
            self.frame_sha256.update(piece)
            start += len(piece)

    def _advance(self) -> None:
        if self._view:
            self._hashing.put(self._buffer, len(self._view))
        self._start = self._end
        self._buffer = self._hashing.free.get()
        self._view = memoryview(self._buffer)[: min(_CHUNK, self._file.size - self._start)]
        self._file.read_into(self._start, self._view)
        self._end = self._start + len(self._view)

    def finish(self) -> None:
        """The end of the file is reached."""
        if self._view:
            self._hashing.put(self._buffer, len(self._view))

    def samples(self, run: SampleRun) -> Iterator[tuple[int, Sequence[int], memoryview]]:
        """The samples of a run in as many pieces as it takes; runs ascend and lie within the file."""
        while self._end <= run.offset and self._end < self._file.size:
            self._advance()
        sizes, position, done = run.sizes, run.offset, 0
        while done < len(sizes):
            room, taken, size = self._end - position, done, 0
            if position + run.size <= self._end and not done:
                taken, size = len(sizes), run.size
            while taken < len(sizes) and size + sizes[taken] <= room:
                size += sizes[taken]
                taken += 1
            if taken > done:
                at = position - self._start
                yield run.number + done, sizes[done:taken], self._view[at : at + size]
            else:
                size, taken = sizes[done], done + 1
                yield run.number + done, sizes[done:taken], memoryview(self._across(position, size))
            position += size
            done = taken

    def _across(self, position: int, size: int) -> bytearray:
        """A sample that begins in one buffer and ends in another."""
        found = bytearray()
        while True:
            at = position + len(found) - self._start
            found += self._view[at : at + size - len(found)]
            if len(found) == size:
                return found
            self._advance()
