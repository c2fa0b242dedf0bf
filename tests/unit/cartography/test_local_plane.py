from __future__ import annotations

import math

import pytest
from pyproj import Geod

from vssx.cartography.local_plane import LocalPlane

GEOD = Geod(ellps="WGS84")


def test_distance_and_direction_from_the_centre_are_true():
    plane = LocalPlane(longitude=2.35, latitude=48.85)
    longitude, latitude, _ = GEOD.fwd(2.35, 48.85, 30, 500)
    ((east, north),) = plane.to_metres([(longitude, latitude)])
    assert east == pytest.approx(250, abs=1e-6)
    assert north == pytest.approx(500 * math.cos(math.radians(30)), abs=1e-6)


@pytest.mark.parametrize("centre", [(2.35, 48.85), (179.9999, -16.5), (0.0, 89.9999), (-70.0, 0.0)])
def test_there_and_back(centre: tuple[float, float]):
    plane = LocalPlane(longitude=centre[0], latitude=centre[1])
    points = [(0.0, 0.0), (10.0, -20.0), (-3000.0, 1.0)]
    for (east, north), (x, y) in zip(points, plane.to_metres(plane.to_degrees(points)), strict=True):
        assert (x, y) == (pytest.approx(east, abs=1e-5), pytest.approx(north, abs=1e-5))


def test_stated_error_between_other_points():
    plane = LocalPlane(longitude=2.35, latitude=48.85)
    one, other = plane.to_degrees([(0.0, 10_000.0), (1000.0, 10_000.0)])
    assert 0 < 1000 - GEOD.inv(*one, *other)[2] < 0.004


def test_middle_across_the_antimeridian():
    plane = LocalPlane.around([(179.9, 10.0), (-179.9, 10.0)])
    assert abs(plane.longitude) == pytest.approx(180)
    assert plane.latitude == pytest.approx(10, abs=1e-3)


def test_opposite_places_have_no_middle_and_still_a_plane():
    plane = LocalPlane.around([(10.0, 0.0), (-170.0, 0.0)])
    assert (plane.longitude, plane.latitude) == (10, 0)


def test_nothing_has_no_middle():
    with pytest.raises(ValueError, match="no positions"):
        LocalPlane.around([])
