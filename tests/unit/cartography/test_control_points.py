from __future__ import annotations

import math

import pytest
from pyproj import Geod

from vssx.cartography.control_points import KnownPlace, PlanPlacement, fit
from vssx.cartography.local_plane import LocalPlane
from vssx.errors import UsageError

PLANE = LocalPlane(longitude=8.5417, latitude=47.3769)
GEOD = Geod(ellps="WGS84")


def laid(x: float, y: float, *, off: float = 0.0, turn: float = 30.0, mirror: bool = False) -> KnownPlace:
    """A place of a plan of 0.05 m a unit that is turned, ``off`` metres too far east."""
    angle, right, down = math.radians(turn), 0.05 * x, 0.05 * y * (-1 if mirror else 1)
    east = right * math.cos(angle) - down * math.sin(angle) + off
    north = -right * math.sin(angle) - down * math.cos(angle)
    ((longitude, latitude),) = PLANE.to_degrees([(east, north)])
    return KnownPlace(x=x, y=y, longitude=longitude, latitude=latitude)


CORNERS = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 800.0), (0.0, 800.0)]


def placed(**values: float) -> PlanPlacement:
    return fit([laid(x, y, **values) for x, y in CORNERS])  # type: ignore[arg-type]


def test_exact_points_are_met():
    placement = placed()
    assert max(placement.residuals) < 1e-4
    assert placement.metres_per_unit == pytest.approx(0.05, rel=1e-5)
    assert placement.stretch == pytest.approx(1, abs=1e-5)
    assert not placement.mirrored
    middle = laid(500, 400)
    ((longitude, latitude),) = placement.to_degrees([(500, 400)])
    assert GEOD.inv(longitude, latitude, middle.longitude, middle.latitude)[2] < 1e-4


def test_there_and_back():
    placement = placed()
    ((x, y),) = placement.to_plan(placement.to_degrees([(123.4, 567.8)]))
    assert (x, y) == (pytest.approx(123.4, abs=1e-5), pytest.approx(567.8, abs=1e-5))


def test_residuals_are_those_of_least_squares():
    """One of four corners 0.4 m off: the fit shares it out, 0.1 m each."""
    points = [laid(x, y, off=0.4 if (x, y) == (1000, 800) else 0.0) for x, y in CORNERS]
    placement = fit(points)
    assert placement.residuals == pytest.approx([0.1] * 4, abs=1e-4)
    assert placement.rms == pytest.approx(0.1, abs=1e-4)


def test_plan_seen_from_behind():
    assert fit([laid(x, y, mirror=True) for x, y in CORNERS]).mirrored


def test_stretched_plan():
    points = [
        KnownPlace(x=p.x, y=p.y / 2, longitude=p.longitude, latitude=p.latitude)
        for p in (laid(x, y) for x, y in CORNERS)
    ]
    assert fit(points).stretch == pytest.approx(2, rel=1e-4)


def test_far_origin_costs_no_digits():
    points = [laid(x, y) for x, y in CORNERS]
    moved = [KnownPlace(x=p.x + 1e8, y=p.y - 1e8, longitude=p.longitude, latitude=p.latitude) for p in points]
    assert max(fit(moved).residuals) < 1e-3


@pytest.mark.parametrize(
    ("points", "part"),
    [
        ([laid(0, 0), laid(1, 1)], "2 control points"),
        ([laid(0, 0), laid(100, 100), laid(200, 200)], "on a line"),
        ([laid(0, 0), laid(100, 100), laid(200, 200.5)], "on a line"),
        ([laid(5, 5)] * 4, "on a line"),
        (
            [KnownPlace(x=x, y=y, longitude=8.0, latitude=47.0) for x, y in CORNERS],
            "on a line on the earth, or in one place",
        ),
        (
            [KnownPlace(x=x, y=y, longitude=x / 100, latitude=y / 100) for x, y in CORNERS],
            "50 km",
        ),
    ],
)
def test_what_lays_no_plan(points: list[KnownPlace], part: str):
    with pytest.raises(UsageError, match=part):
        fit(points)
