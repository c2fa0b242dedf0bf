"""Sample tables of a file as read: streamed from the disk, every count checked against what is there."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from typing import NamedTuple

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.isobmff.box import Box, MediaFile

MAX_SAMPLE = 256 * 1024 * 1024
"""Larger samples are refused: no camera makes them, and one is held in memory at a time."""
_CHUNK_ENTRIES = 8192


class Sample(NamedTuple):
    """One sample. ``number`` counts from 1, ``entry`` (of stsd) from 0; times in ticks of the media timeline."""

    number: int
    offset: int
    size: int
    decode: int
    composition: int
    duration: int
    sync: bool
    entry: int


class SampleRun(NamedTuple):
    """Samples of one track that lie side by side in the file. ``number``: of the first; ``size``: of all together."""

    number: int
    offset: int
    size: int
    sizes: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where a table lies: ``entries`` rows by a struct ``layout``."""

    name: str
    offset: int
    entries: int
    layout: str

    def rows(self, file: MediaFile) -> Iterator[tuple[int, ...]]:
        """The rows, read in pieces."""
        row = struct.Struct(">" + self.layout)
        done = 0
        while done < self.entries:
            count = min(_CHUNK_ENTRIES, self.entries - done)
            yield from row.iter_unpack(file.read(self.offset + done * row.size, count * row.size))
            done += count


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTables:
    """Tables of one track. ``uniform_size``: of every sample, or 0 with ``sizes``; ``sync`` None: all are."""

    sample_count: int
    uniform_size: int
    sizes: Table | None
    durations: Table
    composition: Table | None
    sync: Table | None
    chunks: Table
    chunk_offsets: Table

    def samples(self, file: MediaFile, entries: int) -> Iterator[Sample]:
        """All samples in decoding order. ``entries``: how many sample entries there are. Raises MalformedMediaError."""
        if not self.sample_count:
            return
        sizes = self._sizes(file)
        durations, shifts = self.each_duration(file), self.each_shift(file)
        sync_numbers = self.sync_numbers(file)
        next_sync = next(sync_numbers, 0)
        number = decode = 0
        for offset, count, entry in self._chunks(file):
            if not 0 < entry <= entries:
                raise self._malformed(file, self.chunks, f"sample entry {entry} of {entries}")
            position = offset
            for _ in range(min(count, self.sample_count - number)):
                number += 1
                size = next(sizes)
                duration, shift = next(durations, None), next(shifts, None)
                if duration is None or shift is None:
                    raise self._malformed(file, self.durations, f"no time for sample {number}")
                if size > MAX_SAMPLE:
                    raise UnsupportedMediaError(f"a sample of {size} bytes", where=f"{file.path}, sample {number}")
                if position + size > file.size:
                    raise self._malformed(file, self.chunk_offsets, f"sample {number} lies beyond the end of the file")
                sync = self.sync is None or number == next_sync
                if sync and self.sync is not None:
                    next_sync = next(sync_numbers, 0)
                yield Sample(number, position, size, decode, decode + shift, duration, sync, entry - 1)
                position += size
                decode += duration
        if number != self.sample_count:
            raise self._malformed(file, self.chunks, f"the chunks hold {number} of {self.sample_count} samples")

    def runs(self, file: MediaFile, entries: int) -> Iterator[SampleRun]:
        """Where all samples lie, in decoding order; checks everything that ``samples`` checks, and raises the same."""
        if not self.sample_count:
            return
        self._check_times(file)
        pieces = self._size_pieces(file)
        sizes: Sequence[int] = ()
        number = taken = 0
        for offset, count, entry in self._chunks(file):
            if not 0 < entry <= entries:
                raise self._malformed(file, self.chunks, f"sample entry {entry} of {entries}")
            left = min(count, self.sample_count - number)
            while left:
                if taken == len(sizes):
                    sizes, taken = next(pieces), 0
                here = sizes[taken : taken + left]
                size = sum(here)
                if offset + size > file.size:
                    raise self._malformed(
                        file, self.chunk_offsets, f"samples behind number {number} lie beyond the end of the file"
                    )
                yield SampleRun(number + 1, offset, size, here)
                offset += size
                number += len(here)
                taken += len(here)
                left -= len(here)
        if number != self.sample_count:
            raise self._malformed(file, self.chunks, f"the chunks hold {number} of {self.sample_count} samples")

    def _size_pieces(self, file: MediaFile) -> Iterator[Sequence[int]]:
        """The sizes, some thousand at once."""
        sizes = self._sizes(file)
        while piece := array("I", islice(sizes, _CHUNK_ENTRIES)):
            if max(piece) > MAX_SAMPLE:
                raise UnsupportedMediaError(f"a sample of {max(piece)} bytes", where=str(file.path))
            yield piece

    def _check_times(self, file: MediaFile) -> None:
        """Every sample has a duration and a composition offset, and sync samples ascend."""
        for table in (self.durations, self.composition):
            timed = self.sample_count if table is None else sum(count for count, _ in table.rows(file))
            if timed < self.sample_count:
                raise self._malformed(file, self.durations, f"no time for sample {timed + 1}")
        for _ in self.sync_numbers(file):
            pass

    def _sizes(self, file: MediaFile) -> Iterator[int]:
        if self.sizes is None:
            return repeat(self.uniform_size, self.sample_count)
        if self.sizes.layout == "H" or self.sizes.layout == "I":
            return (row[0] for row in self.sizes.rows(file))
        return self._small_sizes(file, self.sizes)

    def _small_sizes(self, file: MediaFile, table: Table) -> Iterator[int]:
        """``stz2`` with 4 or 8 bits (clause 8.7.3.3)."""
        for (byte,) in table.rows(file):
            if table.name == "stz2/4":
                yield byte >> 4
                yield byte & 15
            else:
                yield byte

    def each_duration(self, file: MediaFile) -> Iterator[int]:
        """Duration of every sample, in ticks."""
        return _runs(self.durations, file)

    def each_shift(self, file: MediaFile) -> Iterator[int]:
        """Composition offset of every sample, in ticks."""
        return _runs(self.composition, file) if self.composition is not None else repeat(0)

    def sync_numbers(self, file: MediaFile) -> Iterator[int]:
        """Numbers of the sync samples, from 1; none where all are."""
        if self.sync is None:
            return
        last = 0
        for (number,) in self.sync.rows(file):
            if not last < number <= self.sample_count:
                raise self._malformed(file, self.sync, f"sync sample {number} after {last} of {self.sample_count}")
            last = number
            yield number

    def _chunks(self, file: MediaFile) -> Iterator[tuple[int, int, int]]:
        """Offset, number of samples and sample entry of every chunk."""
        offsets = self.chunk_offsets.rows(file)
        rows = self.chunks.rows(file)
        upcoming = next(rows, None)
        if upcoming is None or upcoming[0] != 1:
            raise self._malformed(file, self.chunks, "the first chunk is not described")
        count = entry = 0
        for number, (offset,) in enumerate(offsets, 1):
            if upcoming is not None and upcoming[0] == number:
                _, count, entry = upcoming
                upcoming = next(rows, None)
                if upcoming is not None and upcoming[0] <= number:
                    raise self._malformed(file, self.chunks, f"chunk {upcoming[0]} after chunk {number}")
            yield offset, count, entry

    @staticmethod
    def _malformed(file: MediaFile, table: Table, message: str) -> MalformedMediaError:
        return file.malformed(message, table.offset, table.name)


def _runs(table: Table, file: MediaFile) -> Iterator[int]:
    """Run lengths undone: stts and ctts. A hostile count costs nothing: the reader stops after the last sample."""
    for count, value in table.rows(file):
        yield from repeat(value, count)


def read_tables(file: MediaFile, stbl: Box) -> SampleTables:
    """The tables below one ``stbl``. Raises MalformedMediaError."""
    sample_count, uniform, sizes = _read_sizes(file, stbl)
    composition = stbl.child("ctts")
    sync = stbl.child("stss")
    offsets = stbl.child("co64") or stbl.child("stco")
    if offsets is None:
        raise file.malformed("no chunk offsets", stbl.offset, "stbl")
    # Version 0 offsets are unsigned, yet writers in the field store negative ones in it; they would be 6.6 h at 90 kHz.
    return SampleTables(
        sample_count=sample_count,
        uniform_size=uniform,
        sizes=sizes,
        durations=_table(file, _needed(file, stbl, "stts"), "II"),
        composition=_table(file, composition, "Ii") if composition is not None else None,
        sync=_table(file, sync, "I") if sync is not None else None,
        chunks=_table(file, _needed(file, stbl, "stsc"), "III"),
        chunk_offsets=_table(file, offsets, "Q" if offsets.box_type == "co64" else "I"),
    )


def _needed(file: MediaFile, stbl: Box, box_type: str) -> Box:
    found = stbl.child(box_type)
    if found is None:
        raise file.malformed(f"no {box_type}", stbl.offset, "stbl")
    return found


def _head(file: MediaFile, box: Box, size: int) -> bytes:
    if box.payload_size < size:
        raise file.malformed("the box is cut off", box.offset, box.box_type)
    return file.read(box.payload_offset, size)


def _table(file: MediaFile, box: Box, layout: str) -> Table:
    (entries,) = struct.unpack(">4xI", _head(file, box, 8))
    if entries * struct.calcsize(">" + layout) > box.payload_size - 8:
        raise file.malformed(f"{entries} entries do not fit", box.offset, box.box_type)
    return Table(name=box.box_type, offset=box.payload_offset + 8, entries=entries, layout=layout)


def _read_sizes(file: MediaFile, stbl: Box) -> tuple[int, int, Table | None]:
    stsz = stbl.child("stsz")
    box = stsz or _needed(file, stbl, "stz2")
    field, count = struct.unpack(">4xII", _head(file, box, 12))
    if stsz is not None and field:
        if field * count > file.size:
            raise file.malformed(f"{count} samples of {field} bytes do not fit", box.offset, "stsz")
        return count, field, None
    if stsz is not None:
        name, layout, entries = "stsz", "I", count
    else:
        name, layout, entries = {
            4: ("stz2/4", "B", (count + 1) // 2),
            8: ("stz2/8", "B", count),
            16: ("stz2/16", "H", count),
        }.get(field & 0xFF, ("", "B", 0))
        if not name:
            raise file.malformed(f"sample sizes of {field & 0xFF} bits", box.offset, "stz2")
    if entries * struct.calcsize(">" + layout) > box.payload_size - 12:
        raise file.malformed(f"{count} sample sizes do not fit", box.offset, box.box_type)
    return count, 0, Table(name=name, offset=box.payload_offset + 12, entries=entries, layout=layout)
