"""Cameras out of GeoJSON (RFC 7946): what ``write_geojson`` wrote, perhaps edited on a map, or a stranger's points."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NoReturn

from vssx.cartography.geojson import SECTOR
from vssx.cartography.placed_table import MAX_KEPT, TableReading, read_table
from vssx.cartography.profile import BY_NAME, COLUMNS
from vssx.cartography.profile_writer import BOM
from vssx.cartography.table import MAX_ROWS
from vssx.cartography.table_check import ROWS_COMPARED
from vssx.cells import cell, row, visible
from vssx.model.cartography import CartographyFinding, Severity
from vssx.shown import counted

MAX_GEOJSON = 64 << 20
"""Bytes."""
MAX_FEATURES = 2 * MAX_ROWS
"""Cameras and their sectors."""
_MAX_NESTED = 4_000_000  # objects and arrays: each takes much more memory than its two bytes
_MAX_VALUES = 8_000_000
_MAX_NAMES = 50
_MAX_SHOWN = 200
_WGS_84 = ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326")
_LINE = re.compile(r"\bline (\d{1,9})", re.ASCII)
_Cells = dict[str, object]


def read_geojson(data: bytes, file: str) -> TableReading:
    """The cameras of a document, with findings as for a table; nothing of it raises.

    Points are cameras, their properties with the names of the profile its columns; the geometry wins over longitude
    and latitude among the properties. Sectors that vssx drew are left out. ``line`` of findings and cameras: the
    number of the feature, from 1.
    """
    found = _Document(data, file)
    reading = read_table(found.table, file)  # judges values in one way for all

    def feature(line: int) -> int:
        return found.features[line - 2] if 2 <= line < len(found.features) + 2 else 0

    def about_feature(one: CartographyFinding) -> CartographyFinding:
        message = one.message
        if one.kind in ROWS_COMPARED:
            message = _LINE.sub(lambda told: f"feature {feature(int(told[1]))}", message, count=1)
        return replace(one, line=feature(one.line), message=message)

    return replace(
        reading,
        cameras=tuple(replace(one, line=feature(one.line)) for one in reading.cameras),
        findings=(*found.findings, *map(about_feature, reading.findings))[:MAX_KEPT],
        counts=Counter(reading.counts) + found.counts,
        left_out=found.left_out or reading.left_out,
    )


class _Document:
    """``table``: the cameras of the document as a table of the profile; ``features``: the number of each row's."""

    def __init__(self, data: bytes, file: str) -> None:
        self._file = file
        self._unknown = Counter[str]()
        self.features: list[int] = []
        self.left_out = ""
        self.findings: list[CartographyFinding] = []
        self.counts = Counter[Severity]()
        self.table = b"".join([BOM + row(BY_NAME), *self._rows(data)])
        for name, count in self._unknown.most_common(_MAX_NAMES):
            message = f"no column of the profile has this name: left out of {counted(count, 'feature')}"
            self._say(Severity.NOTE, "unknown-column", 0, message, column=name)

    def _rows(self, data: bytes) -> Iterator[bytes]:
        document = self._document(data)
        if document is None:
            return
        features = document.get("features") if document.get("type") == "FeatureCollection" else [document]
        if not isinstance(features, list):
            self._say(Severity.ERROR, "geojson", 0, "features is no list", column="features")
            return
        crs = self._crs(document)
        for number, feature in enumerate(features, 1):
            if number > MAX_FEATURES:
                self.left_out = f"more than {MAX_FEATURES} features"
                self._say(Severity.ERROR, "too-many", number, f"{self.left_out}; the rest is left out")
                return
            cells = self._cells(number, feature, crs)
            if cells is not None:
                self.features.append(number)
                yield _line(cells)

    def _document(self, data: bytes) -> Mapping[str, object] | None:
        if len(data) > MAX_GEOJSON:
            self._refuse(f"more than {MAX_GEOJSON} bytes")
            return None
        if data.count(b"[") + data.count(b"{") > _MAX_NESTED or data.count(b",") > _MAX_VALUES:
            self._refuse(f"more than {_MAX_NESTED} objects and arrays, or {_MAX_VALUES} values")
            return None
        try:
            document = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
        except UnicodeDecodeError as error:
            self._refuse(f"not UTF-8 at byte {error.start}")
            return None
        except RecursionError:
            self._refuse("nested too deeply")
            return None
        except ValueError as error:
            self._refuse(f"not JSON: {error}")
            return None
        if not isinstance(document, dict) or document.get("type") not in ("FeatureCollection", "Feature"):
            self._refuse("neither a FeatureCollection nor a Feature")
            return None
        return document

    def _cells(self, number: int, feature: object, crs: str) -> _Cells | None:
        """Profile column -> value of one feature; None for what is no camera."""
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            self._say(Severity.ERROR, "geojson", number, "is no Feature")
            return None
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            self._say(Severity.ERROR, "geojson", number, "its properties are no object", column="properties")
            return None
        if properties.get("feature") == SECTOR:
            return None
        geometry = feature.get("geometry")
        position = None if geometry is None else _point(geometry)
        if geometry is not None and position is None:
            kind = str(geometry.get("type"))[:_MAX_SHOWN] if isinstance(geometry, dict) else ""
            message = "is no Point with two numbers: no camera"
            self._say(Severity.WARNING, "geometry", number, message, column="geometry", value=kind)
            return None
        cells: _Cells = {name: value for name, value in properties.items() if name in BY_NAME}
        self._unknown.update(name[:_MAX_SHOWN] for name in properties if name not in BY_NAME and name != "feature")
        if cells.get("camera_id") in (None, "") and isinstance(feature.get("id"), str | int):
            cells["camera_id"] = feature["id"]
        if position is not None:
            names = ("easting", "northing") if crs else ("longitude", "latitude")
            cells |= dict(zip(names, position, strict=True))
            cells |= {"crs": crs} if crs else {}
        return cells

    def _crs(self, document: Mapping[str, object]) -> str:
        """What GeoJSON of 2008 could say, and RFC 7946 no longer lets it; "" for WGS 84."""
        crs = document.get("crs")
        properties = crs.get("properties") if isinstance(crs, dict) else None
        name = properties.get("name") if isinstance(properties, dict) else None
        if crs is None or name in _WGS_84:
            return ""
        if not isinstance(name, str):
            message = "names no coordinate reference system; WGS 84 is assumed"
            self._say(Severity.WARNING, "crs", 0, message, column="crs")
            return ""
        message = "coordinates are taken as easting and northing in this system, which RFC 7946 does not allow"
        self._say(Severity.WARNING, "crs", 0, message, column="crs", value=name)
        return name

    def _refuse(self, message: str) -> None:
        self._say(Severity.ERROR, "geojson", 0, message)

    def _say(
        self, severity: Severity, kind: str, number: int, message: str, *, column: str = "", value: str = ""
    ) -> None:
        self.counts[severity] += 1
        if len(self.findings) >= MAX_KEPT:
            return
        self.findings.append(
            CartographyFinding(
                severity=severity,
                file=self._file,
                line=number,
                column=column[:_MAX_SHOWN],
                value=value[:_MAX_SHOWN],
                message=message,
                kind=kind,
            )
        )


def _point(geometry: object) -> tuple[float, float] | None:
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or not 2 <= len(coordinates) <= 4:
        return None
    first, second = coordinates[:2]
    if not _is_number(first) or not _is_number(second):
        return None
    return first, second


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _line(cells: _Cells) -> bytes:
    """A row of the profile; what stands for a number is not neutralised, as a minus is no formula there."""
    texts = ((column, _text(cells.get(column.name))) for column in COLUMNS)
    written = (visible(text).replace('"', '""') if column.numeric else cell(text) for column, text in texts)
    return (",".join(f'"{one}"' for one in written) + "\r\n").encode("utf-8")


def _text(value: object) -> str:
    """As the cell of a table; numbers keep every digit."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else json.dumps(value)[:_MAX_SHOWN]


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")
