"""A table of cameras, read with tolerance: bytes to MapCamera, and a finding for whatever is odd."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice

from vssx.cartography.cell_value import NOT_SAID, CellReader, Problem, crs_code
from vssx.cartography.dialect import Dialect, date_order, decimal_sign
from vssx.cartography.header import Header, crs_in_header, read_header
from vssx.cartography.layout import Layout, find_layout, other_format
from vssx.cartography.lines import TOO_MANY_LINES, BrokenRow, Lines, Row, rows
from vssx.cartography.mapping import AS_IT_IS, TableMapping
from vssx.cartography.profile import BY_NAME, WORDS, Column, Kind, PositionFrom
from vssx.cartography.row_check import check_row
from vssx.cartography.table_check import Duplicates
from vssx.cells import text_of
from vssx.errors import UsageError
from vssx.model.cartography import CartographyFinding, IdentifierKind, MapCamera, Severity
from vssx.separated_text import WINDOWS_1252, find_encoding, said_separator
from vssx.shown import shown

MAX_TABLE = 64 << 20
"""Bytes of a table."""
MAX_ROWS = 200_000
_MAX_COLUMNS = 1000
_SAMPLE = 2000


class Table:
    """A table that is read row by row, so that memory does not grow with what is found.

    Iterating gives findings and cameras in the order of the file. ``dialect`` and ``header`` are known before;
    ``rows``: how many rows were read, those that cannot be used among them; ``left_out``: in words, why rows behind the
    last one were not read, as far as they were looked for; "" where all were. Raises UsageError for a ``crs`` that is
    none.
    """

    def __init__(self, data: bytes, file: str, mapping: TableMapping | None = None, crs: str = "") -> None:
        self._data = data[:MAX_TABLE]
        self.left_out = f"more than {MAX_TABLE} bytes" if len(data) > MAX_TABLE else ""
        self._file = file
        self._mapping = mapping or AS_IT_IS
        self._found: list[CartographyFinding] = []
        self.rows = 0
        encoding = self._mapping.encoding or find_encoding(io.BytesIO(self._data))
        layout = find_layout(self._data, encoding, self._mapping)
        separator = layout.separator
        self.header = self._read_header(encoding, layout)
        named = crs or self._mapping.crs
        self._crs = _crs_code(named) if named else self._crs_of_header()
        strict = self.header.strict and encoding == "utf-8-sig" and separator == "," and mapping is None
        decimal = "." if strict else self._mapping.decimal or self._find_decimal(encoding, separator)
        self.dialect = Dialect(encoding=encoding, separator=separator, decimal=decimal, strict=strict)
        self._cells = CellReader(decimal=decimal, dates=self._mapping.dates or self._find_dates(encoding, separator))
        self._defaults = self._read_defaults()

    def __iter__(self) -> Iterator[MapCamera | CartographyFinding]:
        yield from self._about_file()
        if not self.header.places and not self._mapping.defaults:
            return
        duplicates = Duplicates(self._file, self.header.name_of("camera_id"))
        for number, row in enumerate(self._rows_behind_header()):
            if number >= MAX_ROWS:
                self.left_out = f"more than {MAX_ROWS} rows"
                yield self._finding(Severity.ERROR, "too-many", row.line, f"{self.left_out}; the rest is left out")
                return
            self.rows = number + 1
            if isinstance(row, BrokenRow):
                if row.kind == TOO_MANY_LINES:
                    self.left_out = row.message
                yield self._finding(Severity.ERROR, row.kind, row.line, row.message, value=row.start)
                continue
            camera, findings = self._camera(row)
            yield from findings
            if camera is not None and duplicates.is_new(camera):
                yield camera
            yield from duplicates.take_findings()

    def _about_file(self) -> Iterator[CartographyFinding]:
        yield from self._found
        if self.left_out:
            yield self._finding(Severity.ERROR, "too-long", 0, f"{self.left_out}; the rest is left out")
        if self.dialect.encoding == WINDOWS_1252 and not self._mapping.encoding and self.header.names:
            yield self._finding(
                Severity.NOTE, "encoding", 0, "is not UTF-8: read as Windows-1252; a mapping can tell otherwise"
            )

    def _rows(self, encoding: str, separator: str) -> Iterator[Row | BrokenRow]:
        """All, but for what Excel may put first: ``sep=;``."""
        lines = Lines(self._data, encoding)
        first = lines.next()
        if first is not None and said_separator(first[1]) is None:
            lines.put_back([first])
        return rows(lines, separator, encoding)

    def _rows_behind_header(self) -> Iterator[Row | BrokenRow]:
        rest = self._rows(self.dialect.encoding, self.dialect.separator)
        return (row for row in rest if row.line > self.header.line)

    def _read_header(self, encoding: str, layout: Layout) -> Header:
        if other := other_format(self._data):
            self._found.append(self._finding(Severity.ERROR, "no-header", 0, other))
            return Header(line=0, names=(), places={}, strict=False)
        row = next((row for row in self._rows(encoding, layout.separator) if row.line >= layout.header), None)
        if not isinstance(row, Row) or len(row.cells) > _MAX_COLUMNS:
            message = "holds no header: the first line names the columns"
            if row is not None:
                message = "the header cannot be read: is this a table of cameras, saved as CSV?"
            self._found.append(self._finding(Severity.ERROR, "no-header", row.line if row else 0, message))
            return Header(line=row.line if row else 0, names=(), places={}, strict=False)
        if layout.header:
            message = "taken for the header; what stands above it is left out"
            self._found.append(self._finding(Severity.NOTE, "header-below", row.line, message))
        header, findings = read_header([cell.strip() for cell in row.cells], self._mapping, self._file, row.line)
        self._found += findings
        return header

    def _crs_of_header(self) -> str:
        """What ``X (L93)`` says of the coordinates below it, where both headers say the same."""
        if "crs" in self.header.places:
            return ""
        told = {crs_in_header(self.header.name_of(name)) for name in ("easting", "northing")} - {""}
        if len(told) != 1:
            return ""
        (code,) = told
        message = f"its coordinates are read as {code}; --crs or a mapping can tell otherwise"
        name = self.header.name_of("easting")
        self._found.append(self._finding(Severity.NOTE, "crs-of-header", self.header.line, message, name))
        return code

    def _sample(self, encoding: str, separator: str, places: list[int]) -> Iterator[str]:
        """The cells of some columns in the first rows."""
        behind = (row for row in self._rows(encoding, separator) if row.line > self.header.line)
        return (
            row.cells[place].strip()
            for row in islice(behind, _SAMPLE)
            if isinstance(row, Row)
            for place in places
            if place < len(row.cells)
        )

    def _find_decimal(self, encoding: str, separator: str) -> str:
        places = [place for name, place in self.header.places.items() if BY_NAME[name].numeric]
        return decimal_sign(self._sample(encoding, separator, places))

    def _find_dates(self, encoding: str, separator: str) -> str:
        places = {name: place for name, place in self.header.places.items() if BY_NAME[name].kind is Kind.MOMENT}
        order = date_order(self._sample(encoding, separator, list(places.values())))
        if order:
            words = "the day" if order == "day-first" else "the month"
            message = f"dates like 02/03/2024 have {words} first, as others here tell; a mapping can tell otherwise"
            name = self.header.name_of(next(iter(places)))
            self._found.append(self._finding(Severity.NOTE, "date-order", 0, message, name))
        return order

    def _read_defaults(self) -> dict[str, str | float]:
        defaults: dict[str, str | float] = {}
        for name, text in self._mapping.defaults.items():
            value, problem = self._cells.read(BY_NAME[name], text)
            if problem is not None:
                self._found.append(
                    self._finding(problem.severity, problem.kind, 0, f"default: {problem.message}", name, text)
                )
            if value is not None:
                defaults[name] = value
        return defaults

    def _camera(self, row: Row) -> tuple[MapCamera | None, list[CartographyFinding]]:
        findings: list[CartographyFinding] = []
        header, cells = self.header, row.cells

        def say(column: str, problem: Problem, value: str) -> None:
            findings.append(
                self._finding(problem.severity, problem.kind, row.line, problem.message, header.name_of(column), value)
            )

        if len(cells) != len(header.names) and not _only_empty_behind(cells, len(header.names)):
            message = f"{len(cells)} cells where the header has {len(header.names)}; the row is not used"
            findings.append(self._finding(Severity.ERROR, "cells", row.line, message, value=" | ".join(cells)[:80]))
            return None, findings
        if not self.dialect.strict and len(header.places) > 2 and sum(1 for cell in cells if cell.strip()) == 1:
            alone = Problem(
                severity=Severity.WARNING, kind="alone", message="nothing else in this row: is it a camera?"
            )
            say("camera_id", alone, next(cell.strip() for cell in cells if cell.strip()))
        values = dict(self._defaults)
        for name, place in header.places.items():
            text = cells[place] if self.dialect.strict else cells[place].strip()
            if not text:
                continue
            value, problem = self._value(BY_NAME[name], text)
            if problem is not None:
                say(name, problem, text)
            if value is not None:
                values[name] = value
            elif name in values and (problem is None or problem.kind != NOT_SAID):
                del values[name]  # a default is for what is not said, not for what is wrong
        if not values.get("camera_id") and "camera_id" not in header.places and values.get("name"):
            values["camera_id"] = values["name"]
            values.setdefault("identifier_kind", IdentifierKind.NAME)
        if not values.get("camera_id"):
            problem = Problem(
                severity=Severity.ERROR, kind="no-camera-id", message="no identifier; the row is not used"
            )
            if {"camera_id", "name"} & header.places.keys():  # else the header's finding says it for all rows
                say("camera_id", problem, "")
            return None, findings
        if "easting" in values and not values.get("crs") and self._crs:
            values["crs"] = self._crs
        given = dict(values)
        for name, problem in check_row(values):
            say(name, problem, _as_text(given.get(name)))
        return self._made(values, row.line), findings

    def _value(self, column: Column, text: str) -> tuple[str | float | None, Problem | None]:
        translated = self._mapping.values.get(column.name, {}).get(text)
        if translated is not None:
            text = translated
        elif self.dialect.strict and column.kind is Kind.TEXT:
            text = text_of(text)
        return self._cells.read(column, text) if text else (None, None)

    def _made(self, values: dict[str, str | float], line: int) -> MapCamera:
        fields: dict[str, object] = dict(values)
        for name, word in WORDS.items():
            if name in fields:
                fields[name] = word(str(fields[name]))
        placed = "longitude" in values
        fields["position_from"] = (values.get("position_from") or PositionFrom.GIVEN) if placed else ""
        camera: MapCamera = MapCamera(**fields, line=line)  # type: ignore[arg-type]
        return camera

    def _finding(
        self, severity: Severity, kind: str, line: int, message: str, column: str = "", value: str = ""
    ) -> CartographyFinding:
        return CartographyFinding(
            severity=severity,
            file=self._file,
            line=line,
            column=column[:200],
            value=value[:200],
            message=message,
            kind=kind,
        )


def _crs_code(text: str) -> str:
    """As a cell of the column crs, so that rows with and without one are written alike."""
    code = crs_code(text)
    if not code:
        raise UsageError(
            f"{shown(text)} is no coordinate reference system",
            where="--crs, or format.crs of the mapping",
            next_step="Write an authority and its code, for example EPSG:2154.",
        )
    return code


def _only_empty_behind(cells: list[str], count: int) -> bool:
    """Spreadsheets write empty cells behind the table."""
    return len(cells) > count and not any(cell.strip() for cell in cells[count:])


def _as_text(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.15g}"
