"""The mapping file: how an authority's own table becomes the profile, in TOML (docs/cartography.md)."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from vssx.cartography.profile import BY_NAME, MAX_TEXT
from vssx.errors import UsageError

MAX_MAPPING = 1 << 20
_MAX_CONTROL_POINTS = 1000
_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", ",": ",", ";": ";", "\t": "\t", "|": "|"}
_ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16", "windows-1252": "cp1252", "cp1252": "cp1252"}
_DECIMALS = {"point": ".", "comma": ",", ".": ".", ",": ","}
_DATES = {"day-first": "day-first", "month-first": "month-first"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPoint:
    """A place on a plan, whose place on the earth is known: in degrees of WGS 84, or in ``crs``."""

    x: float
    y: float
    longitude: float | None = None
    latitude: float | None = None
    easting: float | None = None
    northing: float | None = None
    crs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """``columns``: profile column -> header in the table; ``defaults``: profile column -> value where a cell is empty;
    ``values``: profile column -> (their word -> ours). ``separator``, ``encoding``, ``decimal``, ``dates``, ``crs``:
    empty where the table is to tell. ``plans``: file name -> its control points."""

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    separator: str = ""
    encoding: str = ""
    decimal: str = ""
    dates: str = ""
    crs: str = ""
    plans: Mapping[str, tuple[ControlPoint, ...]] = field(default_factory=dict)


AS_IT_IS = TableMapping()
"""Nothing is mapped."""


def read_mapping(data: bytes, file: str) -> TableMapping:
    """The mapping in ``data``; ``file`` names it in errors. Raises UsageError for whatever it does not understand."""
    if len(data) > MAX_MAPPING:
        _refuse(file, f"more than {MAX_MAPPING} bytes", "A mapping file is a page of text.")
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        _refuse(file, f"not UTF-8 at byte {error.start}", "Save it as UTF-8.")
    except (ValueError, RecursionError) as error:
        _refuse(file, f"not TOML: {error}", "docs/cartography.md shows a mapping file.")
    _known(file, document, ("columns", "defaults", "values", "format", "plans"))
    settings = _texts(file, "format", _table(file, document, "format"))
    _known(f"{file}: format", settings, ("separator", "encoding", "decimal", "dates", "crs"))
    columns = _texts(file, "columns", _table(file, document, "columns"))
    defaults = _texts(file, "defaults", _table(file, document, "defaults"))
    values = {
        name: _texts(file, f"values.{name}", _expect_table(file, f"values.{name}", below))
        for name, below in _table(file, document, "values").items()
    }
    for where, names in (("columns", columns), ("defaults", defaults), ("values", values)):
        _known(f"{file}: {where}", names, BY_NAME)
    return TableMapping(
        columns=columns,
        defaults=defaults,
        values=values,
        separator=_one_of(file, settings, "separator", _SEPARATORS),
        encoding=_one_of(file, settings, "encoding", _ENCODINGS),
        decimal=_one_of(file, settings, "decimal", _DECIMALS),
        dates=_one_of(file, settings, "dates", _DATES),
        crs=settings.get("crs", ""),
        plans={
            name: _control_points(file, name, below, settings.get("crs", ""))
            for name, below in _table(file, document, "plans").items()
        },
    )


def _control_points(file: str, plan: str, below: object, crs: str) -> tuple[ControlPoint, ...]:
    where = f"plans.{plan}"
    table = _expect_table(file, where, below)
    _known(f"{file}: {where}", table, ("control_points",))
    points = table.get("control_points")
    if not isinstance(points, list) or len(points) > _MAX_CONTROL_POINTS:
        _refuse(f"{file}: {where}", f"control_points is no list of up to {_MAX_CONTROL_POINTS} tables")
    return tuple(_control_point(f"{file}: {where}[{n}]", one, crs) for n, one in enumerate(points))


def _control_point(where: str, point: object, format_crs: str) -> ControlPoint:
    table = _expect_table(where, "", point)
    _known(where, table, ControlPoint.__slots__)
    numbers: dict[str, float] = {}
    for name, value in table.items():
        if name == "crs":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not _sane(value):
            _refuse(where, f"{name} is no number")
        numbers[name] = float(value)
    plane = {"easting", "northing"} <= numbers.keys()
    crs = table.get("crs", format_crs if plane else "")
    pairs = [{"longitude", "latitude"} <= numbers.keys(), plane]
    if not {"x", "y"} <= numbers.keys() or not isinstance(crs, str) or sum(pairs) != 1 or len(numbers) != 4:
        _refuse(where, "is not x, y with either longitude, latitude or easting, northing, crs")
    if plane and not crs:
        _refuse(
            where, "does not say the crs of its easting and northing", 'Add crs = "EPSG:2154", or say it in [format].'
        )
    return ControlPoint(**numbers, crs=crs)


def _sane(value: float) -> bool:
    try:
        return math.isfinite(float(value)) and abs(value) < 1e9
    except OverflowError:
        return False


def _table(file: str, document: Mapping[str, object], name: str) -> Mapping[str, object]:
    return _expect_table(file, name, document.get(name, {}))


def _expect_table(file: str, where: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        _refuse(f"{file}: {where}" if where else file, "is no table")
    return value


def _texts(file: str, where: str, table: Mapping[str, object]) -> dict[str, str]:
    """Numbers may be written without quotes."""
    texts = {}
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float) or len(name) > MAX_TEXT:
            _refuse(f"{file}: {where}", f"{name[:80]} is no text")
        try:
            texts[name] = str(value)
        except ValueError:  # an integer of thousands of digits
            _refuse(f"{file}: {where}", f"{name} is no usable number")
        if len(texts[name]) > MAX_TEXT:
            _refuse(f"{file}: {where}", f"{name} has more than {MAX_TEXT} characters")
    return texts


def _one_of(file: str, settings: Mapping[str, str], name: str, known: Mapping[str, str]) -> str:
    if name not in settings:
        return ""
    value = known.get(settings[name].lower())
    if value is None:
        words = ", ".join(word for word in known if len(word) > 1)
        _refuse(f"{file}: format", f"{name} {settings[name]!r} is none of {words}")
    return value


def _known(where: str, table: Mapping[str, object], names: Mapping[str, object] | tuple[str, ...]) -> None:
    for name in table:
        if name not in names:
            _refuse(where, f"nothing is called {name[:80]!r}", f"Known: {', '.join(names)}.")


def _refuse(where: str, message: str, next_step: str = "See docs/cartography.md.") -> NoReturn:
    raise UsageError(message, where=where, next_step=next_step)
