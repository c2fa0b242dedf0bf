"""Which file an access unit belongs to: a long gap of the reference track starts a new file.

The reference track is the first video track, without video the first one. The others follow by time: around a gap they
may come early or late, since recorders interleave loosely.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vssx.model.media import AccessUnit, Gap, SourceTrack, TrackType

_MAX_WAITING_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFile:
    """Open the next file; what follows goes there unless it says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishFile:
    """Nothing more comes for the file before the current one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Write ``unit`` to the current file, or with ``previous`` to the one before it."""

    unit: AccessUnit
    previous: bool = False


Placement = StartFile | FinishFile | Placed


class FileSplit:
    """Places access units. At most two files are open at a time.

    ``gap_split_ns``: a longer gap starts a new file; a step backwards always does.
    """

    def __init__(self, tracks: tuple[SourceTrack, ...], gap_split_ns: int) -> None:
        self._reference = next((t.index for t in tracks if t.track_type is TrackType.VIDEO), tracks[0].index)
        self._gap_split_ns = gap_split_ns
        self._boundary_ns: int | None = None  # middle of the gap before the current file while both are open
        self._backward = False
        self._split_pending: Gap | None = None
        self._passed: set[int] = set()
        self._others = {t.index for t in tracks} - {self._reference}
        self._last_ns: int | None = None  # reference track
        self._waiting: list[AccessUnit] = []
        self._waiting_bytes = 0

    def gap(self, gap: Gap) -> None:
        """Take note of a gap; it splits with the next access unit of the reference track."""
        length = gap.end_ns - gap.start_ns
        if gap.track == self._reference and (length > self._gap_split_ns or length < 0):
            self._split_pending = gap

    def place(self, unit: AccessUnit) -> Iterator[Placement]:
        """Where ``unit``, and what waited for it, goes."""
        if unit.track == self._reference:
            yield from self._place_reference(unit)
        elif self._boundary_ns is not None and not self._backward and unit.utc_ns < self._boundary_ns:
            yield Placed(unit=unit, previous=True)
        elif self._last_ns is not None and unit.utc_ns > self._last_ns + self._gap_split_ns:
            self._waiting.append(unit)
            self._waiting_bytes += len(unit.payload)
            if self._waiting_bytes > _MAX_WAITING_BYTES:
                yield from self.flush()
        else:
            yield Placed(unit=unit)
            yield from self._note_passed(unit.track)

    def flush(self) -> Iterator[Placement]:
        """Whatever waits goes into the current file: the reference track does not come any more, or much later."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        for unit in waiting:
            yield Placed(unit=unit)

    def _place_reference(self, unit: AccessUnit) -> Iterator[Placement]:
        gap, self._split_pending = self._split_pending, None
        self._last_ns = unit.utc_ns
        if gap is None:
            yield Placed(unit=unit)
            if self._waiting:
                yield from self._release()
            return
        if self._boundary_ns is not None:
            yield FinishFile()
        self._backward = gap.end_ns < gap.start_ns
        self._boundary_ns = (gap.start_ns + gap.end_ns) // 2
        self._passed = set()
        yield StartFile()
        yield Placed(unit=unit)
        yield from self._release()
        if not self._others:
            yield from self._close_previous()

    def _release(self) -> Iterator[Placement]:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        for unit in waiting:
            yield from self.place(unit)

    def _note_passed(self, track: int) -> Iterator[Placement]:
        if self._boundary_ns is None:
            return
        self._passed.add(track)
        if self._passed >= self._others:
            yield from self._close_previous()

    def _close_previous(self) -> Iterator[Placement]:
        self._boundary_ns = None
        yield FinishFile()
