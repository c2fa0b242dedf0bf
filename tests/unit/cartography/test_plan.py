from __future__ import annotations

import math

import pytest

from tests.unit.cartography.test_control_points import placed
from vssx.cartography.plan import plan_position, plan_sector
from vssx.model.cartography import MapCamera

NORTH_UP = placed(turn=0.0)


def camera(**values: object) -> MapCamera:
    return MapCamera(camera_id="C-1", plan="floor.svg", **values)  # type: ignore[arg-type]


def test_given_place_wins():
    assert plan_position(camera(plan_x=1.0, plan_y=2.0, longitude=8.0, latitude=47.0), NORTH_UP) == (1, 2)


def test_place_on_the_earth_is_drawn_where_the_plan_lies():
    ((longitude, latitude),) = NORTH_UP.to_degrees([(300, 200)])
    found = plan_position(camera(longitude=longitude, latitude=latitude), NORTH_UP)
    assert found == (pytest.approx(300, abs=1e-4), pytest.approx(200, abs=1e-4))
    assert plan_position(camera(longitude=longitude, latitude=latitude), None) is None


def test_sector_looks_to_the_north_of_the_plan():
    ((longitude, latitude),) = NORTH_UP.to_degrees([(500, 400)])
    looking = camera(
        longitude=longitude,
        latitude=latitude,
        plan_x=510.0,
        plan_y=400.0,
        azimuth=0.0,
        horizontal_fov=90.0,
        far_range=10.0,
    )
    (ring,) = plan_sector(looking, NORTH_UP)
    assert min(y for _, y in ring) == pytest.approx(400 - 10 / 0.05, abs=0.1)  # y goes down
    assert min(x for x, _ in ring) == pytest.approx(510 - 200 * math.sin(math.pi / 4), abs=0.1)
    assert any(math.dist(point, (510, 400)) < 1e-6 for point in ring)  # moved to where the plan has the camera


def test_plan_that_nobody_laid_shows_no_sector():
    looking = camera(longitude=8.0, latitude=47.0, azimuth=0.0, horizontal_fov=90.0, far_range=10.0)
    assert plan_sector(looking, None) == ()
    assert plan_sector(camera(plan_x=1.0, plan_y=1.0), NORTH_UP) == ()
