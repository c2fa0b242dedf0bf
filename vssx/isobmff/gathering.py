"""What waits for its block: samples in the order in which they will stand in the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, repeat

from vssx.isobmff.block_writer import MDAT_HEADER, PendingBlock
from vssx.isobmff.journal import (
    CLEAN_POINT,
    HAS_DURATION,
    MAX_TICKS,
    PARAMETER_SETS,
    RunRecord,
    SampleRecord,
    sample_record,
)
from vssx.model.media import NS, AccessUnit, AccessUnits, CodecConfiguration

_SLICE_NS = NS // 2
_SLICE_BYTES = 1024 * 1024
_SIZE, _OFFSET = SampleRecord._fields.index("size"), SampleRecord._fields.index("offset")


class Gathering:
    """Samples, new codec configurations and new runs until ``block`` takes them.

    Inside a block the tracks take turns of half a second: long chunks, yet close enough for every player. ``size``:
    bytes that wait; ``count``: samples.
    """

    def __init__(self, tracks: int) -> None:
        self.configurations: list[tuple[int, CodecConfiguration]] = []
        self.runs: list[RunRecord] = []
        self.size = self.count = 0
        self._samples: list[tuple[int, ...]] = []
        self._payloads: list[bytes | memoryview] = []
        self._slice: tuple[list[tuple[SampleRecord, bytes]], ...] = tuple([] for _ in range(tracks))
        self._slice_bytes = 0
        self._slice_start_ns = 0

    def add(self, unit: AccessUnit, utc_ns: int, *, number: int, entry: int, run: int) -> None:
        """One sample of track ``number``."""
        if not self._slice_bytes:
            self._slice_start_ns = utc_ns
        elif self._slice_bytes >= _SLICE_BYTES or abs(utc_ns - self._slice_start_ns) >= _SLICE_NS:
            self._end_slice()
            self._slice_start_ns = utc_ns
        size = len(unit.payload)
        self._slice[number].append((sample_record(unit, number=number, entry=entry, run=run), unit.payload))
        self._slice_bytes += size
        self.size += size
        self.count += 1

    def add_all(self, units: AccessUnits, *, number: int, entry: int, run: int) -> None:
        """Samples of track ``number`` that stay together: a turn of their own."""
        self._end_slice()
        sizes = list(map(len, units.payloads))
        durations = [one if 0 < one <= MAX_TICKS else 0 for one in units.durations]
        flags = [
            (CLEAN_POINT if clean else 0) | (PARAMETER_SETS if sets else 0) | (HAS_DURATION if duration else 0)
            for clean, sets, duration in zip(units.clean_points, units.parameter_sets, durations, strict=True)
        ]
        zero = repeat(0)
        alike = (repeat(number), flags, repeat(entry), zero, repeat(run))
        rows = zip(*alike, sizes, zero, units.ticks, durations, zero, zero, strict=False)
        self._samples += rows
        self._payloads += units.payloads
        self.size += sum(sizes)
        self.count += len(sizes)

    def _end_slice(self) -> None:
        for rows in self._slice:
            for record, payload in rows:
                self._samples.append(record)
                self._payloads.append(payload)
            rows.clear()
        self._slice_bytes = 0

    def block(self, start: int) -> PendingBlock | None:
        """All that waits, as the block that begins at ``start`` of the file; None when nothing does."""
        self._end_slice()
        if not self._samples:
            return None
        columns: list[Iterable[int]] = list(zip(*self._samples, strict=True))
        *offsets, end = accumulate(columns[_SIZE], initial=start + MDAT_HEADER)
        columns[_OFFSET] = offsets
        block = PendingBlock(
            start=start,
            end=end,
            payloads=tuple(self._payloads),
            configurations=tuple(self.configurations),
            runs=tuple(self.runs),
            samples=tuple(map(SampleRecord._make, zip(*columns, strict=True))),
        )
        self.size = self.count = 0
        for gathered in (self._samples, self._payloads, self.configurations, self.runs):
            gathered.clear()
        return block


def size_before(payloads: Sequence[bytes | memoryview], end: int) -> int:
    """Bytes of the first ``end`` payloads."""
    return sum(map(len, payloads[:end]))
