"""Which file an access unit belongs to: a long gap of the reference track starts a new file, and so do length and size.

The reference track is the first video track, without video the first one. The others follow by time: around a border
they may come early or late, since recorders interleave loosely and UDP swaps packets. So what is ahead of the reference
track waits until that one has got as far, and the files are the same in whatever order the tracks came.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from vssx.model.media import AccessUnit, AccessUnits, Gap, SourceTrack, leading

_MAX_WAITING_BYTES = 16 * 1024 * 1024
_UNIT_BYTES = 1024  # what an access unit that waits costs beside its payload
_MAX_OPEN_GROUPS = 4
_SIZE_PARTS = 16  # a file ends in the last part of its size: a group of pictures has room there


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFile:
    """Open the next file; what follows goes there unless it says otherwise.

    ``open_group``: its first pictures need some of the file before it.
    """

    open_group: bool = False


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

    ``gap_split_ns``: a longer gap starts a new file; a step backwards always does. ``length_ns``: the first clean point
    so long after the start of a file starts the next one. ``size``: bytes that a file should not exceed. A clean point
    whose group of pictures leans on the one before is passed over, up to the fourth.
    """

    def __init__(
        self,
        tracks: tuple[SourceTrack, ...],
        gap_split_ns: int,
        *,
        length_ns: int | None = None,
        size: int | None = None,
    ) -> None:
        self._reference = tracks[leading(tracks)].index
        self._gap_split_ns = gap_split_ns
        self._boundary_ns: int | None = None  # middle of the gap before the current file while both are open
        self._backward = False
        self._split_pending: Gap | None = None
        self._passed: set[int] = set()
        self._others = {t.index for t in tracks} - {self._reference}
        self._last_ns: int | None = None  # reference track
        self._waiting: dict[int, deque[AccessUnit]] = {index: deque() for index in sorted(self._others)}
        self._waiting_bytes = 0
        self._length_ns = length_ns
        self._enough = None if size is None else size - size // _SIZE_PARTS
        self._limited = length_ns is not None or size is not None
        # Without a limit the next file begins in the middle of a gap at the earliest.
        self._ahead_ns = 0 if self._limited else gap_split_ns // 2
        self._begun_ns: int | None = None  # of the current file, as its bytes; both only where something limits them
        self._bytes = 0
        self._held: list[AccessUnit] = []  # a clean point, and what came after it: the next picture tells what it is
        self._open_groups = 0

    def go_on(self, begun_ns: int, payload_bytes: int) -> None:
        """The current file was begun by an earlier run: its first time and the bytes of its samples."""
        self._begun_ns, self._bytes = begun_ns, payload_bytes

    def gap(self, gap: Gap) -> None:
        """Take note of a gap; it splits with the next access unit of the reference track."""
        length = gap.end_ns - gap.start_ns
        if gap.track == self._reference and (length > self._gap_split_ns or length < 0):
            self._split_pending = gap

    def place(self, unit: AccessUnit) -> Iterator[Placement]:
        """Where ``unit``, and what waited for it, goes."""
        if self._held and unit.track != self._reference:
            self._held.append(unit)
        elif unit.track == self._reference:
            yield from self._place_reference(unit)
        elif self._waiting[unit.track] or self._is_ahead(unit):
            self._waiting[unit.track].append(unit)
            self._waiting_bytes += len(unit.payload) + _UNIT_BYTES
            if self._waiting_bytes > _MAX_WAITING_BYTES:
                yield from self.flush()
        else:
            yield from self._place_other(unit)

    def place_all(self, units: AccessUnits) -> bool:
        """Place many in the current file; False, and nothing is placed, where each has to be looked at by ``place``."""
        if self._limited or self._held or self._waiting_bytes or self._boundary_ns is not None or self._split_pending:
            return False
        last_ns = units.utc_ns(units.ticks[-1])
        if units.track == self._reference:
            self._last_ns = last_ns
            return True
        return self._last_ns is not None and units.utc_ns(max(units.ticks)) <= self._last_ns + self._ahead_ns

    def _current(self, unit: AccessUnit) -> Placed:
        if self._limited:
            self._bytes += len(unit.payload)
            if self._begun_ns is None or unit.utc_ns < self._begun_ns:
                self._begun_ns = unit.utc_ns
        return Placed(unit=unit)

    def flush(self) -> Iterator[Placement]:
        """Whatever waits goes into the current file: the reference track does not come any more, or much later."""
        yield from self._place_held()
        yield from self._release(everything=True)

    def _place_reference(self, unit: AccessUnit) -> Iterator[Placement]:
        gap, self._split_pending = self._split_pending, None
        if self._held:
            yield from self._place_held(None if gap else unit)
        self._last_ns = unit.utc_ns if self._last_ns is None or gap else max(self._last_ns, unit.utc_ns)
        if gap is not None:
            yield from self._start(
                unit, boundary_ns=(gap.start_ns + gap.end_ns) // 2, backward=gap.end_ns < gap.start_ns
            )
        elif self._limited and unit.clean_point and self._full(unit):
            self._held.append(unit)
        else:
            yield self._current(unit)
            yield from self._release()

    def _start(
        self, unit: AccessUnit, *, boundary_ns: int, backward: bool = False, open_group: bool = False
    ) -> Iterator[Placement]:
        if backward:
            yield from self._release(beyond_ns=boundary_ns)
        if self._boundary_ns is not None:
            yield FinishFile()
        self._backward = backward
        self._boundary_ns = boundary_ns
        self._passed = set()
        self._begun_ns, self._bytes = None, 0
        yield StartFile(open_group=open_group)
        yield self._current(unit)
        yield from self._release()
        if not self._others:
            yield from self._close_previous()

    def _full(self, unit: AccessUnit) -> bool:
        """Whether the current file has its length or size."""
        if self._begun_ns is None:
            return False
        return (self._length_ns is not None and unit.utc_ns - self._begun_ns >= self._length_ns) or (
            self._enough is not None and self._bytes >= self._enough
        )

    def _place_held(self, following: AccessUnit | None = None) -> Iterator[Placement]:
        """Start a file with the clean point that was held, unless pictures follow that are shown before it."""
        held, self._held = self._held, []
        if not held:
            return
        clean_point, *others = held
        leading = following is not None and following.utc_ns < clean_point.utc_ns
        self._open_groups = self._open_groups + 1 if leading else 0
        if following is not None and (not leading or self._open_groups == _MAX_OPEN_GROUPS):
            self._open_groups = 0
            yield from self._start(clean_point, boundary_ns=clean_point.utc_ns, open_group=leading)
        else:
            yield self._current(clean_point)
            yield from self._release()
        for unit in others:
            yield from self.place(unit)

    def _is_ahead(self, unit: AccessUnit) -> bool:
        """The reference track may still start a file before ``unit``."""
        return self._last_ns is None or unit.utc_ns > self._last_ns + self._ahead_ns

    def _place_other(self, unit: AccessUnit) -> Iterator[Placement]:
        if self._boundary_ns is not None and not self._backward and unit.utc_ns < self._boundary_ns:
            yield Placed(unit=unit, previous=True)
        else:
            yield self._current(unit)
            yield from self._note_passed(unit.track)

    def _release(self, *, everything: bool = False, beyond_ns: int | None = None) -> Iterator[Placement]:
        """What the reference track has caught up with; before a step backwards what lies ``beyond_ns``."""
        for waiting in self._waiting.values():
            while waiting and (
                everything
                or not self._is_ahead(waiting[0])
                or (beyond_ns is not None and waiting[0].utc_ns >= beyond_ns)
            ):
                unit = waiting.popleft()
                self._waiting_bytes -= len(unit.payload) + _UNIT_BYTES
                yield from self._place_other(unit)

    def _note_passed(self, track: int) -> Iterator[Placement]:
        if self._boundary_ns is None:
            return
        self._passed.add(track)
        if self._passed >= self._others:
            yield from self._close_previous()

    def _close_previous(self) -> Iterator[Placement]:
        self._boundary_ns = None
        yield FinishFile()
