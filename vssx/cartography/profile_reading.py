"""The profile read strictly: whoever made the file wrote it as ``write_profile`` does, or it is none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vssx.cartography.camera_values import camera_of
from vssx.cartography.cell_value import CellReader
from vssx.cartography.profile import BY_NAME, HEADER, Column
from vssx.cartography.profile_writer import write_profile
from vssx.cells import MAX_CELL, text_of
from vssx.errors import MalformedMediaError
from vssx.model.cartography import MapCamera
from vssx.shown import shown

MAX_PROFILE = 256 << 20
"""Bytes: a table of ``vssx.cartography.table.MAX_TABLE`` has less as a profile, unless it is made of controls."""
_END = b"\r\n"
_CELL = re.compile(r'"((?:[^"]|"")*)"(,|\Z)')
_CELLS = CellReader(decimal=".", dates="")
_MAX_LINE = 2 * MAX_CELL * len(HEADER)


def read_profile(data: bytes, where: str) -> Iterator[tuple[bytes, MapCamera]]:
    """Each line and its camera, in the order of the file. Raises MalformedMediaError at the first that is not so."""
    header = next(write_profile(()))
    if not data.startswith(header):
        raise MalformedMediaError("does not begin with the header of the profile", where=where)
    position, number = len(header), 1
    while position < len(data):
        number += 1
        end = data.find(_END, position, position + _MAX_LINE)
        line = data[position : max(end, position) + len(_END)]
        camera = _camera(line, number) if end >= 0 else None
        if camera is None or b"".join(write_profile((camera,))) != header + line:
            raise MalformedMediaError(f"line {number} is not as the profile has it: {shown(line[:100])}", where=where)
        position = end + len(_END)
        yield line, camera


def _camera(line: bytes, number: int) -> MapCamera | None:
    try:
        text = line.removesuffix(_END).decode("utf-8")
        cells = _cells(text)
        values = {name: _value(BY_NAME[name], cell) for name, cell in zip(HEADER, cells, strict=True) if cell}
        return camera_of(values, line=number)
    except ValueError:
        return None


def _value(column: Column, cell: str) -> str | float:
    """Within the bounds of its column, so that whatever is computed from it can be."""
    value, _ = _CELLS.read(column, cell if column.numeric else text_of(cell))
    if value is None:
        raise ValueError(f"no value of {column.name}")
    return value


def _cells(text: str) -> list[str]:
    cells, position = [], 0
    while (found := _CELL.match(text, position)) is not None:
        cells.append(found[1].replace('""', '"'))
        position = found.end()
        if not found[2]:
            break
    return cells if position == len(text) else []
