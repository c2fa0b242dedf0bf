"""Reading a closed file once: its SHA-256 and, at the same time, every sample."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vssx.isobmff.box import MediaFile
from vssx.isobmff.reader import Movie, open_movie
from vssx.isobmff.sample_tables import Sample

_CHUNK = 4 * 1024 * 1024
_BUFFERS = 3

OnSample = Callable[[int, int, memoryview], None]
"""Gets track ID, sample number (from 1) and payload; the view is valid during the call only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """``sha256``: hex, of the whole file of ``size`` bytes."""

    size: int
    sha256: str
    movie: Movie


class _Hashing:
    """SHA-256 in a thread of its own over buffers that come back when they are done."""

    def __init__(self) -> None:
        self.free: queue.Queue[bytearray] = queue.Queue()
        for _ in range(_BUFFERS):
            self.free.put(bytearray(_CHUNK))
        self._filled: queue.Queue[tuple[bytearray, int] | None] = queue.Queue()
        self._hash = hashlib.sha256()
        self._thread = threading.Thread(target=self._work, name="vssx hashes", daemon=True)
        self._thread.start()

    def put(self, buffer: bytearray, count: int) -> None:
        self._filled.put((buffer, count))

    def finish(self) -> str:
        self._filled.put(None)
        self._thread.join()
        return self._hash.hexdigest()

    def _work(self) -> None:
        while (item := self._filled.get()) is not None:
            buffer, count = item
            self._hash.update(memoryview(buffer)[:count])
            self.free.put(buffer)


def read_back(path: Path, on_sample: OnSample) -> ReadBack:
    """Read ``path`` once from beginning to end (its tables before that) and give every sample to ``on_sample``.

    Samples come in file order, on every track in decoding order. Raises MalformedMediaError also when samples overlap
    or a track's samples do not ascend in the file; UnsupportedMediaError for a fragmented file; StorageError.
    """
    movie = open_movie(path)
    samples = movie.iter_samples_in_file_order()
    hashing = _Hashing()
    try:
        with MediaFile(path) as file:
            size = file.size
            _read(file, samples, on_sample, hashing)
    finally:
        sha256 = hashing.finish()
    return ReadBack(size=size, sha256=sha256, movie=movie)


def _read(file: MediaFile, samples: Iterator[tuple[int, Sample]], on_sample: OnSample, hashing: _Hashing) -> None:
    end = 0
    track_id, sample = next(samples, (0, None))
    started = bytearray()  # a sample that began in an earlier chunk
    for offset in range(0, file.size, _CHUNK):
        buffer = hashing.free.get()
        count = min(_CHUNK, file.size - offset)
        view = memoryview(buffer)[:count]
        file.read_into(offset, view)
        while sample is not None and sample.offset < offset + count:
            if sample.offset < end:
                raise file.malformed(f"sample {sample.number} of track {track_id} is out of order", sample.offset)
            first = max(0, sample.offset - offset)
            last = sample.offset + sample.size - offset
            if last > count:
                started += view[first:]
                break
            if started:
                started += view[first:last]
                on_sample(track_id, sample.number, memoryview(started))
                started = bytearray()
            else:
                on_sample(track_id, sample.number, view[first:last])
            end = sample.offset + sample.size
            track_id, sample = next(samples, (0, None))
        hashing.put(buffer, count)
    while sample is not None:  # empty ones at the very end of the file start behind the last byte
        on_sample(track_id, sample.number, memoryview(b""))
        track_id, sample = next(samples, (0, None))
