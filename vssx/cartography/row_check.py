"""What one row says against itself: halves of positions, ranges and times the wrong way round."""

from __future__ import annotations

from collections.abc import Iterator

from vssx.cartography.cell_value import Problem
from vssx.model.cartography import Severity

_TINY = 1e-6  # degrees, a tenth of a metre
_FAR = 2000.0


def check_row(values: dict[str, str | float]) -> Iterator[tuple[str, Problem]]:
    """(column, problem) of the values of a row; takes out of ``values`` what cannot be used."""
    yield from _halves(values)
    if abs(_number(values, "longitude", 1)) < _TINY and abs(_number(values, "latitude", 1)) < _TINY:
        yield "longitude", _error("zero", "the position is 0, 0, in the sea off Africa: a default of some program")
        del values["longitude"], values["latitude"]
    if "easting" in values and not values.get("crs"):
        yield "easting", _error("no-crs", "in which coordinate reference system? A column crs, --crs or a mapping says")
    if values.get("plan_x") is not None and not values.get("plan"):
        yield "plan_x", _error("no-plan", "a position on a plan, and no plan is named; not used")
        del values["plan_x"], values["plan_y"]
    yield from _ranges(values)
    since, until = str(values.get("in_service_since", "")), str(values.get("in_service_until", ""))
    if since and until and since[: min(len(since), len(until), 10)] > until[: min(len(since), len(until), 10)]:
        yield "in_service_until", _warning("service", f"in service until then, but since {since}")


def _halves(values: dict[str, str | float]) -> Iterator[tuple[str, Problem]]:
    for one, other in (("longitude", "latitude"), ("easting", "northing"), ("plan_x", "plan_y")):
        for here, missing in ((one, other), (other, one)):
            if here in values and missing not in values:
                yield here, _error("half", f"without a usable {missing}; not used")
                del values[here]


def _ranges(values: dict[str, str | float]) -> Iterator[tuple[str, Problem]]:
    near, far = values.get("near_range"), values.get("far_range")
    if isinstance(near, float) and isinstance(far, float) and near >= far:
        yield "near_range", _error("ranges", f"not nearer than the far range, {far:g} m; neither is used")
        del values["near_range"], values["far_range"]
    elif isinstance(far, float) and far > _FAR:
        yield "far_range", _warning("far-range", f"more than {_FAR:g} m: rather seen than recognised")
    wide, high = values.get("horizontal_fov"), values.get("vertical_fov")
    if isinstance(wide, float) and isinstance(high, float) and high > wide and high > 150:
        yield "vertical_fov", _warning("field-of-view", f"taller than wide ({wide:g}°): exchanged?")


def _number(values: dict[str, str | float], name: str, otherwise: float) -> float:
    value = values.get(name)
    return value if isinstance(value, float) else otherwise


def _error(kind: str, message: str) -> Problem:
    return Problem(severity=Severity.ERROR, kind=kind, message=message)


def _warning(kind: str, message: str) -> Problem:
    return Problem(severity=Severity.WARNING, kind=kind, message=message)
