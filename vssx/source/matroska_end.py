"""What a Matroska file (RFC 9559, EBML: RFC 8794) says of its own length."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_SEGMENT, _CLUSTER, _INFO, _SEEK_HEAD = 0x18538067, 0x1F43B675, 0x1549A966, 0x114D9B74
_SEEK, _SEEK_ID, _SEEK_POSITION, _CUES = 0x4DBB, 0x53AB, 0x53AC, 0x1C53BB6B
_TIMESTAMP_SCALE, _DURATION = 0x2AD7B1, 0x4489
_MOST_ELEMENTS = 10_000_000
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MatroskaEnd:
    """``missing``: in words. ``seconds``: the duration it states. ``sized``: its segment states its size."""

    missing: tuple[str, ...]
    seconds: float | None
    sized: bool


def matroska_end(path: Path) -> MatroskaEnd:
    """Walk the elements of the segment. Raises OSError."""
    missing: list[str] = []
    seconds: float | None = None
    sized = False
    segment = 0
    cut = False
    with path.open("rb") as file:
        size = file.seek(0, 2)
        position = 0
        for _ in range(_MOST_ELEMENTS):
            if position >= size:
                break
            found = _element(file, position)
            if found is None:
                cut = cut or size - position < 12
                break
            kind, start, length = found
            if length is None:
                if kind == _SEGMENT:
                    segment = start
                elif kind != _CLUSTER:
                    break
                position = start  # of unknown size: its children stand one after the other
                continue
            if start + length > size:
                sized = sized or kind == _SEGMENT
                cut = True
            if kind == _SEGMENT:
                segment, sized, position = start, True, start
                continue
            if kind == _INFO and start + length <= size:
                seconds = _seconds(file, start, min(length, _SMALL))
            elif kind == _SEEK_HEAD and start + length <= size:
                beyond = _cues(file, start, min(length, _SMALL))
                if beyond is not None and segment + beyond >= size:
                    missing.append(f"its index (Cues) should stand at {segment + beyond}, the file ends at {size}")
            position = start + length
    if cut:
        missing.insert(0, f"its last element is cut: the file ends at {size}, inside of it")
    return MatroskaEnd(missing=tuple(missing), seconds=seconds, sized=sized)


def _element(file: BinaryIO, position: int) -> tuple[int, int, int | None] | None:
    """ID, where its data begins, and how long that is (None: unknown). None where no element stands."""
    file.seek(position)
    return _parsed(file.read(12), position)


def _parsed(head: bytes, position: int) -> tuple[int, int, int | None] | None:
    if not head or head[0] < 0x10:
        return None
    id_size = 9 - head[0].bit_length()
    if len(head) <= id_size or not head[id_size]:
        return None
    length_size = 9 - head[id_size].bit_length()
    raw = head[id_size : id_size + length_size]
    if len(raw) < length_size:
        return None
    mask = (1 << (7 * length_size)) - 1
    length = int.from_bytes(raw) & mask
    start = position + id_size + length_size
    return int.from_bytes(head[:id_size]), start, None if length == mask else length


def _children(data: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while (one := _parsed(data[at : at + 12], at)) is not None and one[2] is not None:
        kind, start, length = one
        assert length is not None
        found.append((kind, data[start : start + length]))
        at = start + length
    return found


def _seconds(file: BinaryIO, start: int, length: int) -> float | None:
    file.seek(start)
    values = dict(_children(file.read(length)))
    scale = int.from_bytes(values.get(_TIMESTAMP_SCALE, b"")) or 1_000_000
    stated = values.get(_DURATION, b"")
    if len(stated) not in (4, 8):
        return None
    (duration,) = struct.unpack(">f" if len(stated) == 4 else ">d", stated)
    seconds = float(duration) * scale / 1e9
    return seconds if 0 < seconds < 1e10 else None


def _cues(file: BinaryIO, start: int, length: int) -> int | None:
    """Where the index stands, from the beginning of the segment's data."""
    file.seek(start)
    for kind, data in _children(file.read(length)):
        values = dict(_children(data)) if kind == _SEEK else {}
        if int.from_bytes(values.get(_SEEK_ID, b"")) == _CUES:
            return int.from_bytes(values.get(_SEEK_POSITION, b""))
    return None
