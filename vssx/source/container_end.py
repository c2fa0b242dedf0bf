"""Whether a local file holds all that its container says belongs to it, and what reaching its end proves."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vssx.codec.cut_file import declared_size
from vssx.isobmff.reader import Movie
from vssx.source.matroska_end import matroska_end
from vssx.source.transport_stream import look_through

_SILENT = "the container does not tell how much belongs to it: the file was read to its end, but what may have been cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEnd:
    """``missing``: in words, what is plainly not in the file, with the track where one is known. ``seconds``: how long
    the file says it is; None: it does not. ``proves``: what its end does not prove; "" where nothing is left open."""

    missing: tuple[tuple[int | None, str], ...] = ()
    seconds: float | None = None
    proves: str = ""


def container_end(path: Path, container: str, movie: Movie | None, pids: Mapping[int, int]) -> ContainerEnd:
    """Look at the structure of a file. ``container``: its kind in libav's words; ``pids``: of MPEG-TS, to tracks.

    Raises OSError.
    """
    if container.startswith("mov"):
        return _movie_end(path, movie)
    if container.startswith("matroska"):
        found = matroska_end(path)
        proves = "" if found.sized or found.seconds is not None else _silent("behind its last cluster")
        return ContainerEnd(missing=tuple((None, text) for text in found.missing), seconds=found.seconds, proves=proves)
    if container == "mpegts":
        return ContainerEnd(missing=look_through(path, pids), proves=_silent("at the border of a packet"))
    if container == "avi":
        missing = _riff_missing(path)
        return ContainerEnd(missing=((None, missing),) if missing else ())
    return ContainerEnd(proves=_silent("behind its last sample"))


def _silent(where: str) -> str:
    return f"{_SILENT} {where} does not show"


def _movie_end(path: Path, movie: Movie | None) -> ContainerEnd:
    size = path.stat().st_size
    missing: list[tuple[int | None, str]] = []
    if (declared := declared_size(path)) > size:
        missing.append((None, f"its boxes claim {declared} bytes, the file ends at {size}"))
    if movie is None or not movie.fragmented:
        return ContainerEnd(missing=tuple(missing))
    seconds: float | None = movie.duration / movie.timescale if movie.timescale and movie.duration else None
    told = False
    with path.open("rb") as file:
        for top in movie.boxes:
            if top.box_type == "moov" and (mvex := top.child("mvex")) and (mehd := mvex.child("mehd")):
                file.seek(mehd.payload_offset)
                data = file.read(12).ljust(12, b"\0")
                whole = int.from_bytes(data[4:12] if data[0] else data[4:8])
                seconds = whole / movie.timescale if movie.timescale and whole else seconds
            elif top.box_type == "sidx":
                told = True
                end = _indexed_end(file, top.payload_offset, top.end)
                if end > size:
                    missing.append((None, f"its segment index ends at {end}, the file at {size}"))
            elif top.box_type == "mfra":
                told = True
    proves = "" if told or seconds else _silent("behind its last fragment")
    return ContainerEnd(missing=tuple(missing), seconds=seconds, proves=proves)


def _indexed_end(file: BinaryIO, start: int, end: int) -> int:
    """Where the last byte lies that a segment index (ISO/IEC 14496-12 clause 8.16.3) counts, +1."""
    file.seek(start)
    data = file.read(min(end - start, 1 << 20))
    at = 20 if data[:1] == b"\0" else 28
    if len(data) < at + 4:
        return 0
    first = int.from_bytes(data[at - 4 : at] if at == 20 else data[at - 8 : at])
    (count,) = struct.unpack_from(">H", data, at + 2)
    entries = data[at + 4 : at + 4 + 12 * count]
    return end + first + sum(int.from_bytes(entries[i : i + 4]) & 0x7FFFFFFF for i in range(0, len(entries), 12))


def _riff_missing(path: Path) -> str:
    """Of each RIFF list of an AVI; OpenDML puts further ones behind the first."""
    size = path.stat().st_size
    with path.open("rb") as file:
        position = 0
        while position + 12 <= size:
            file.seek(position)
            tag, length = struct.unpack("<4sI", file.read(8))
            if tag != b"RIFF" or not length:
                break
            position += 8 + length + length % 2
            if position > size + 1:
                return f"its RIFF list claims bytes up to {position}, the file ends at {size}"
    return ""
