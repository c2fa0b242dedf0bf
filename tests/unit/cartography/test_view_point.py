from __future__ import annotations

import dataclasses
import math

import pytest
from pyproj import Geod

from vssx.cartography.view_point import ViewPoint, view_point
from vssx.model.cartography import MapCamera

GEOD = Geod(ellps="WGS84")
CAMERA = MapCamera(
    camera_id="C-1",
    longitude=2.35,
    latitude=48.85,
    altitude=40.0,
    height_above_floor=4.0,
    azimuth=120.0,
    tilt=-20.0,
    far_range=30.0,
)


def found(**values: object) -> ViewPoint | None:
    return view_point(dataclasses.replace(CAMERA, **values))  # type: ignore[arg-type]


def test_axis_meets_the_ground():
    point = found()
    assert point is not None
    azimuth, _, distance = GEOD.inv(2.35, 48.85, point.longitude, point.latitude)
    assert azimuth == pytest.approx(120, abs=1e-6)
    assert distance == pytest.approx(4 / math.tan(math.radians(20)), abs=1e-6)
    assert point.distance == pytest.approx(distance)
    assert point.altitude == 36
    assert "axis meets the ground, 11.0 m away" in point.how


@pytest.mark.parametrize(
    "values",
    [{"tilt": -5.0}, {"tilt": None}, {"height_above_floor": None}, {"tilt": 10.0}, {"near_range": 12.0, "tilt": -20.0}],
)
def test_else_the_middle_of_the_ranges(values: dict[str, object]):
    point = found(**values)
    assert point is not None
    middle = (float(str(values.get("near_range", 0))) + 30) / 2
    assert GEOD.inv(2.35, 48.85, point.longitude, point.latitude)[2] == pytest.approx(middle, abs=1e-6)
    assert "in the middle of" in point.how


def test_straight_down_is_below_the_camera():
    point = found(tilt=-90.0, azimuth=None)
    assert point is not None
    assert (point.longitude, point.latitude, point.distance) == (2.35, 48.85, 0)


def test_without_far_range_level_ground_is_not_assumed_for_ever():
    near, beyond = found(far_range=None), found(far_range=None, tilt=-0.1)
    assert near is not None and near.distance < 12
    assert beyond is None


@pytest.mark.parametrize(
    "values",
    [
        {"azimuth": None},
        {"longitude": None},
        {"horizontal_fov": 360.0},
        {"tilt": None, "far_range": None},
        {"tilt": None, "near_range": 30.0},
    ],
)
def test_without_a_direction_there_is_none(values: dict[str, object]):
    assert found(**values) is None


def test_altitude_is_told_only_where_it_is_known():
    point = found(altitude=None)
    assert point is not None and point.altitude is None
