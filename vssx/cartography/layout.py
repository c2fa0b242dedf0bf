"""Where in a file its table is: what separates the cells, and which line is the header; or that it is no table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from vssx.cartography.header import known_names
from vssx.cartography.lines import Lines, Row, rows
from vssx.cartography.mapping import TableMapping
from vssx.separated_text import SEPARATORS, said_separator

_LOOKED_AT = 20  # rows, for the header
_ENOUGH = 3  # names that a line below the first must have to be the header
_MAX_COLUMNS = 1000
_OTHERS = (
    (b"PK\x03\x04", "a ZIP file, as Excel (.xlsx) and LibreOffice (.ods) write them"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<", "XML or HTML"),
    (b"{", "JSON"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """``header``: the line of the header where other lines stand above it, else 0: the first line with something."""

    separator: str
    header: int


def beginning(data: bytes) -> bytes:
    """The first bytes behind byte order mark and blanks, which tell formats apart."""
    return data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")


def other_format(data: bytes) -> str:
    """What to say of a file that is no text of cells at all; "" for what may be one."""
    start = beginning(data)
    kind = next((kind for magic, kind in _OTHERS if start.startswith(magic)), "")
    if kind == "JSON":
        return "JSON, no table: vssx carto convert --to csv makes one of GeoJSON"
    return f"{kind}, no table as text: save it as CSV in the program it comes from" if kind else ""


def find_layout(data: bytes, encoding: str, mapping: TableMapping) -> Layout:
    """The separator with which the header means most; among equals, the one with the most cells.

    Where the first line names no columns, a title above the table perhaps, the header is the line of the first 20 that
    names most, if that is three or more.
    """
    said = None if (first := Lines(data, encoding).next()) is None else said_separator(first[1])
    separators = (mapping.separator,) if mapping.separator else (said,) if said else SEPARATORS
    firsts: dict[str, tuple[int, int]] = {}
    below: dict[tuple[str, int], tuple[int, int]] = {}
    for one in separators:
        lines = Lines(data, encoding)
        if said:
            lines.next()
        for place, row in enumerate(islice(rows(lines, one, encoding), _LOOKED_AT)):
            cells = row.cells[:_MAX_COLUMNS] if isinstance(row, Row) else []
            means = known_names(cells, mapping), len(cells)
            if place == 0:
                firsts[one] = means
            else:
                below[one, row.line] = means
    separator = max(firsts, key=lambda one: firsts[one], default=separators[0])
    best = max(below, key=lambda one: below[one], default=None)
    if best is not None and firsts[separator][0] <= 1 and below[best][0] >= _ENOUGH:
        return Layout(separator=best[0], header=best[1])
    return Layout(separator=separator, header=0)
