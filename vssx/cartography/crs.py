"""Coordinates of other reference systems into WGS 84 and back, through PROJ: which operation, how exact, what lacks.

Nothing is fetched: the operation is the best one that is installed here, and what a better one would need is said.
"""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vssx.errors import UsageError
from vssx.model.cartography import CoordinateOperation
from vssx.shown import shown

if TYPE_CHECKING:
    from pyproj import CRS
    from pyproj._crs import AreaOfUse
    from pyproj.transformer import Transformer, TransformerGroup

WGS_84 = "EPSG:4326"
_SPELLINGS = (
    re.compile(r"()(\d{4,6})"),
    re.compile(r"([A-Za-z][A-Za-z0-9_]{1,15})[ :]{1,2}([A-Za-z0-9_.]{1,24})"),
    re.compile(r"urn:(?:x-)?ogc:def:crs:([A-Za-z0-9_]{1,16}):[0-9.]{0,10}:([A-Za-z0-9_.]{1,24})"),
    re.compile(r"https?://(?:www\.)?opengis\.net/def/crs/([A-Za-z0-9_]{1,16})/[0-9.]{1,10}/([A-Za-z0-9_.]{1,24})"),
)
_NEXT = "Write authority and code, for example EPSG:2154."


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """``first``, ``second``: longitude and latitude, or easting and northing. ``operation``: what made them so.

    ``outside``: the place lies outside the area that the reference system is made for.
    """

    first: float
    second: float
    operation: CoordinateOperation
    outside: bool


class CoordinateReferenceSystem:
    """One reference system. ``code`` names it, as EPSG:2154; raises UsageError for one that is not known or not level.

    Coordinates are in the order easting, northing (longitude, latitude), whatever order the authority writes them in;
    in the system's own unit. Heights are never changed.
    """

    def __init__(self, code: str) -> None:
        from pyproj import network

        network.set_network_enabled(False)  # type: ignore[attr-defined]  # PROJ_NETWORK could have it fetch grids
        authority, number = _parsed(code)
        self.code = f"{authority}:{number}"
        told, self._crs = _level(self.code, _known(authority, number))
        self.name = self._crs.name
        self.notes = tuple(told + _notes(self._crs))
        """What one should know of its coordinates: axes, units, datum."""
        self.digits = 10 if self._crs.is_geographic else 4
        """Decimals of its coordinates that a tenth of a millimetre takes, at most."""
        self.area = self._crs.area_of_use
        self._into: _Operations | None = None
        self._out_of: _Operations | None = None

    def to_wgs84(self, easting: float, northing: float) -> Converted | None:
        """Longitude and latitude; None for what this system has no place for."""
        if self._into is None:
            self._into = _Operations(self.code, WGS_84, self._crs, _known("EPSG", "4326"))
        return self._into.convert(easting, northing, None, self.area)

    def from_wgs84(self, longitude: float, latitude: float) -> Converted | None:
        """Easting and northing; None for a place that this system has no coordinates for."""
        if self._out_of is None:
            self._out_of = _Operations(WGS_84, self.code, _known("EPSG", "4326"), self._crs)
        return self._out_of.convert(longitude, latitude, (longitude, latitude), self.area)


class _Operations:
    """All operations from one system to the other that are installed here."""

    def __init__(self, source: str, target: str, source_crs: CRS, target_crs: CRS) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyproj warns of one missing grid; which matter is told by the operation
            self._group = _group(source_crs, target_crs)
        if not self._group.transformers:
            raise UsageError(
                f"no operation from {source} to {target} that could be used is known",
                where=source if target == WGS_84 else target,
                next_step="Have the coordinates converted where their system is known.",
            )
        self._source, self._target = source, target
        self._made: dict[tuple[int, str], CoordinateOperation] = {}

    def convert(
        self, first: float, second: float, place: tuple[float, float] | None, area: AreaOfUse | None
    ) -> Converted | None:
        """``place``: longitude and latitude; None where the result is just that."""
        about = place or _transformed(self._group.transformers[0], first, second)
        if about is None:
            return None
        number = self._best(*about)
        made = _transformed(self._group.transformers[number], first, second)
        if made is None:
            return None
        longitude, latitude = place or made
        if abs(longitude) > 180 or abs(latitude) > 90:  # PROJ takes any numbers for degrees
            return None
        return Converted(
            first=made[0],
            second=made[1],
            operation=self._operation(number, *about),
            outside=not _within(area, longitude, latitude),
        )

    def _best(self, longitude: float, latitude: float) -> int:
        """The most exact of those made for the place, and not for the sea; among equals the one for the smallest area.

        PROJ's first where none is.
        """
        transformers = self._group.transformers
        if len(transformers) == 1:
            return 0
        fit = [n for n, one in enumerate(transformers) if _within(one.area_of_use, longitude, latitude)]
        return min(fit, key=lambda n: _order(transformers[n]), default=0)

    def _operation(self, number: int, longitude: float, latitude: float) -> CoordinateOperation:
        one = self._group.transformers[number]
        lacking = self._lacking(_accuracy(one.accuracy), longitude, latitude)
        made = self._made.get((number, lacking))
        if made is None:
            accuracy = _accuracy(one.accuracy)
            made = CoordinateOperation(
                source=self._source,
                target=self._target,
                pipeline=_pipeline(one),
                accuracy_m=accuracy if math.isfinite(accuracy) else None,
                warning=lacking,
            )
            self._made[number, lacking] = made
        return made

    def _lacking(self, accuracy: float, longitude: float, latitude: float) -> str:
        better = [
            one
            for one in self._group.unavailable_operations
            if _accuracy(one.accuracy) < accuracy and _within(one.area_of_use, longitude, latitude)
        ]
        if not better:
            return ""
        best = min(better, key=lambda one: _accuracy(one.accuracy))
        grids = ", ".join(grid.short_name for grid in best.grids if not grid.available)
        used = f"{accuracy:g} m" if math.isfinite(accuracy) else "unknown"
        return (
            f"a better operation (accuracy {best.accuracy:g} m, that of the one used is {used}) needs"
            f" {grids or 'a grid'}, which is not installed"
        )


class CoordinateSystems:
    """The reference systems of one cartography, each looked up once; bounded, as each takes a part of a second."""

    MOST = 50
    _MOST_ERRORS = 1000

    def __init__(self) -> None:
        self._known: dict[str, CoordinateReferenceSystem] = {}
        self._errors: dict[str, UsageError] = {}

    def get(self, code: str) -> CoordinateReferenceSystem:
        """Raises UsageError as CoordinateReferenceSystem does, and for more than ``MOST`` different ones."""
        if code in self._known:
            return self._known[code]
        if code in self._errors:
            error = self._errors[code]
            raise UsageError(error.message, where=error.where, next_step=error.next_step)
        if len(self._known) >= self.MOST or len(self._errors) >= self._MOST_ERRORS:
            raise UsageError(
                f"not looked up: {self.MOST} coordinate reference systems are known of this cartography already,"
                f" or {self._MOST_ERRORS} are none",
                where="crs",
            )
        try:
            self._known[code] = CoordinateReferenceSystem(code)
        except UsageError as error:
            self._errors[code] = error
            raise
        return self._known[code]


def _parsed(code: str) -> tuple[str, str]:
    """Authority and code only: PROJ strings could name files."""
    for spelling in _SPELLINGS:
        if found := spelling.fullmatch(code.strip()):
            return found[1].upper() or "EPSG", found[2].upper()
    raise UsageError(f'"{shown(code)}" is no coordinate reference system', where="crs", next_step=_NEXT)


def _known(authority: str, number: str) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_authority(authority, number)
    except CRSError:
        raise UsageError(
            f"{authority}:{number} is no coordinate reference system that PROJ knows", where="crs", next_step=_NEXT
        ) from None


def _level(code: str, crs: CRS) -> tuple[list[str], CRS]:
    """The part of ``crs`` that tells places on the map, with what is left out. Raises UsageError."""
    told = []
    level = crs.sub_crs_list[0] if crs.sub_crs_list else crs
    if len(level.axis_info) == 3 and level.is_geographic:
        level = level.to_2d()
    if not (level.is_geographic or level.is_projected):
        raise UsageError(
            f"{code} ({crs.name}) has no eastings and northings, nor longitudes and latitudes",
            where="crs",
            next_step="Name the system of the coordinates on the map.",
        )
    if len(crs.axis_info) == 3:
        told.append("heights of this system are not converted: altitudes stay as they are given")
    return told, level


def _notes(crs: CRS) -> list[str]:
    notes = []
    if crs.is_deprecated:
        notes.append("its authority has withdrawn it")
    directions = {axis.direction for axis in crs.axis_info}
    if not directions <= {"east", "north"}:
        axes = crs.axis_info[::-1] if [axis.abbrev for axis in crs.axis_info[:2]] == ["N", "E"] else crs.axis_info
        told = ", ".join(f"{axis.abbrev} to the {axis.direction}" for axis in axes)
        notes.append(f"its coordinates count {told}: they are taken in this order")
    elif any(axis.abbrev.upper() == "X" and axis.direction == "north" for axis in crs.axis_info):
        notes.append("its X counts to the north and its Y to the east: easting is the Y of this system")
    if crs.is_geographic:
        notes.append("easting is taken as longitude and northing as latitude, whatever their order elsewhere")
    units = {axis.unit_name for axis in crs.axis_info}
    if not units <= {"metre", "degree"}:
        notes.append(f"its coordinates are in {', '.join(sorted(units))}")
    ensemble = crs.geodetic_crs.to_json_dict().get("datum_ensemble") if crs.geodetic_crs else None
    if ensemble:
        name = str(ensemble.get("name", "")).removesuffix(" ensemble")
        notes.append(
            f"{name} is a group of datums that agree within {ensemble.get('accuracy')} m: nothing is more exact"
        )
    return notes


def _group(source: CRS, target: CRS) -> TransformerGroup:
    from pyproj.exceptions import ProjError
    from pyproj.transformer import TransformerGroup

    try:
        return TransformerGroup(source, target, always_xy=True, allow_ballpark=False)
    except (ProjError, IndexError) as error:  # IndexError: pyproj finds nothing but what lacks a grid
        raise UsageError(
            f"PROJ finds no way between {shown(source.name)} and {shown(target.name)}: {shown(error)}", where="crs"
        ) from None


def _transformed(transformer: Transformer, first: float, second: float) -> tuple[float, float] | None:
    x, y = transformer.transform(first, second)
    return (float(x), float(y)) if math.isfinite(x) and math.isfinite(y) else None


def _order(transformer: Transformer) -> tuple[bool, float, float]:
    """Areas are known as boxes: those of the sea hold much land."""
    area = transformer.area_of_use
    if area is None:
        return False, _accuracy(transformer.accuracy), math.inf
    at_sea = "offshore" in area.name and "onshore" not in area.name
    return at_sea, _accuracy(transformer.accuracy), ((area.east - area.west) % 360 or 360) * (area.north - area.south)


def _accuracy(told: float) -> float:
    return told if told >= 0 else math.inf


def _pipeline(transformer: Transformer) -> str:
    """As ``cct`` takes it."""
    return " ".join(word if word.startswith("+") else f"+{word}" for word in transformer.definition.split())


def _within(area: AreaOfUse | None, longitude: float, latitude: float) -> bool:
    if area is None:
        return True
    if not area.south <= latitude <= area.north:
        return False
    if area.west <= area.east:
        return area.west <= longitude <= area.east
    return longitude >= area.west or longitude <= area.east  # across the antimeridian
