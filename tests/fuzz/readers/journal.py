"""The writer's index journal: as it lies on the disk, and with the checksums of its blocks put right."""

from __future__ import annotations

import struct
import zlib

from tests.fuzz.readers import recordings
from tests.fuzz.readers._scratch import scratch
from tests.fuzz.readers.mp4 import exported
from vssx.isobmff.journal import MAGIC, JournalReader

_HEAD = struct.Struct("<4sII")
_UNITS = 12


def seeds() -> list[bytes]:
    """The first byte says whether checksums are put right."""
    found = []
    for path in recordings():
        _, data = exported(path, _UNITS)
        found += [b"\0" + data, b"\1" + data]
    return found


def _with_checksums(data: bytes) -> bytes:
    parts, position = [data[: len(MAGIC)]], len(MAGIC)
    while position + _HEAD.size <= len(data):
        kind, length, _ = _HEAD.unpack_from(data, position)
        payload = data[position + _HEAD.size :][:length]
        parts += [_HEAD.pack(kind, len(payload), zlib.crc32(payload, zlib.crc32(kind))), payload]
        position += _HEAD.size + len(payload)
    return b"".join(parts)


def read(data: bytes) -> None:
    """Read one input."""
    journal = data[1:]
    path = scratch("fuzzed.journal", _with_checksums(journal) if data[:1] == b"\1" else journal)
    reader = JournalReader(path)
    tracks = reader.tracks()
    for block in reader.blocks():
        assert tracks
        assert all(sample.track < len(tracks) for sample in block.samples)
