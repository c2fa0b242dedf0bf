"""What an MPEG-TS file (ISO/IEC 13818-1 clause 2.4) shows of packets that are missing or cut."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_SYNC = 0x47
_SIZES = (188, 192, 204)  # plain; with a time in front of each packet; with Reed-Solomon bytes behind
_READ = 8192  # packets
_PROBED = 5


def look_through(path: Path, pids: Mapping[int, int]) -> tuple[tuple[int | None, str], ...]:
    """In words, with the number of the track. ``pids``: the tracks by their PIDs. Raises OSError."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        offset, length = _layout(file.read(4096))
        if not length:
            return ()
        missing: list[tuple[int | None, str]] = []
        file.seek(offset)
        counters: dict[int, int] = {}
        breaks = dict.fromkeys(pids, 0)
        broken = unsynced = 0
        unfinished: dict[int, int] = {}  # bytes that the PES packet of a PID still lacks
        while True:
            data = file.read(length * _READ)
            whole = len(data) // length * length
            columns = (data[at:whole:length] for at in range(4))
            for number, (sync, high, low, flags) in enumerate(zip(*columns, strict=True)):
                if sync != _SYNC:
                    unsynced += 1
                    continue
                pid = (high & 0x1F) << 8 | low
                if pid not in breaks:
                    continue
                broken += high >> 7
                if not flags & 0x10:  # no payload: it is not counted
                    continue
                at = number * length
                start = at + 4
                new_clock = False
                if flags & 0x20:
                    new_clock = data[start] > 0 and bool(data[start + 1] & 0x80)
                    start += 1 + data[start]
                counter, before = flags & 15, counters.get(pid)
                counters[pid] = counter
                if before is not None and not new_clock and counter != (before + 1) & 15:
                    if counter == before:  # sent twice, which is allowed
                        continue
                    breaks[pid] += 1
                held = at + 188 - start
                if high & 0x40 and data[start : start + 3] == b"\0\0\1" and held >= 6:
                    stated = int.from_bytes(data[start + 4 : start + 6])
                    unfinished[pid] = stated + 6 - held if stated else 0
                elif unfinished.get(pid, 0) > 0:
                    unfinished[pid] -= held
            if len(data) < length * _READ:
                if len(data) > whole and len(data) - whole < 188:  # some writers leave the last check bytes out
                    missing.append((None, f"its last packet is cut: the file ends at {size}, inside of it"))
                break
    for pid, count in breaks.items():
        if count:
            text = f"the continuity counter of PID {pid} is broken at {_places(count)}: packets are missing there"
            missing.append((pids[pid], text))
    if broken:
        missing.append((None, f"{broken} packet{'s are' if broken > 1 else ' is'} marked as damaged on its way"))
    if unsynced:
        missing.append((None, f"the sync byte is missing at {_places(unsynced)}"))
    missing += [
        (pids[pid], f"the last packet (PES) of PID {pid} is cut: {count} bytes of it are not in the file")
        for pid, count in unfinished.items()
        if count > 0
    ]
    return tuple(missing)


def _places(count: int) -> str:
    return f"{count} place{'s' if count > 1 else ''}"


def _layout(head: bytes) -> tuple[int, int]:
    """Offset of the first sync byte, and the size of the packets; (0, 0) where they do not show."""
    for length in _SIZES:
        for offset in range(min(length, len(head))):
            if all(head[at] == _SYNC for at in range(offset, min(len(head), offset + _PROBED * length), length)):
                return offset, length
    return 0, 0
