from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import pytest
from pyproj import Geod

from vssx.cartography.ellipsoid import Ring
from vssx.cartography.sector import ViewSector, lacking, view_sector
from vssx.model.cartography import MapCamera

GEOD = Geod(ellps="WGS84")
CAMERA = MapCamera(
    camera_id="C-1",
    longitude=8.5417,
    latitude=47.3769,
    azimuth=35.0,
    horizontal_fov=78.0,
    near_range=2.0,
    far_range=40.0,
)


def sector(**values: object) -> ViewSector:
    made = view_sector(dataclasses.replace(CAMERA, **values))  # type: ignore[arg-type]
    assert made is not None
    return made


def from_camera(ring: Ring, longitude: float = 8.5417, latitude: float = 47.3769) -> list[tuple[float, float]]:
    """Azimuth and distance of each vertex, by pyproj."""
    return [GEOD.inv(longitude, latitude, *point)[::2] for point in ring]


def signed_area(ring: Ring) -> float:
    return sum(x * v - u * y for (x, y), (u, v) in pairwise(ring)) / 2


def area_m2(made: ViewSector) -> float:
    """Holes turn the other way, and count against."""
    return sum(
        GEOD.polygon_area_perimeter([x for x, _ in ring], [y for _, y in ring])[0]
        for polygon in made.polygons
        for ring in polygon
    )


def test_vertices_lie_where_geodesics_lead():
    (ring,) = sector().outline
    seen = from_camera(ring)
    for azimuth, distance in seen:
        assert -4.0001 <= azimuth <= 74.0001
        assert 1.999999 <= distance <= 40.000001
    far = [azimuth for azimuth, distance in seen if abs(distance - 40) < 1e-6]
    near = [azimuth for azimuth, distance in seen if abs(distance - 2) < 1e-6]
    assert min(far) == pytest.approx(-4, abs=1e-4) and max(far) == pytest.approx(74, abs=1e-4)
    assert min(near) == pytest.approx(-4, abs=1e-3) and max(near) == pytest.approx(74, abs=1e-3)


def test_polygon_is_the_outline_closed_and_counterclockwise():
    made = sector()
    ((ring,),) = made.polygons
    assert ring[0] == ring[-1]
    assert signed_area(ring) > 0
    assert all(math.dist(one, other) < 1e-10 for one, other in zip(ring, made.outline[0], strict=True))


def test_without_near_range_it_reaches_to_the_camera():
    made = sector(near_range=None)
    assert (8.5417, 47.3769) in made.polygons[0][0]
    assert made.near_range == 0


def test_all_round_with_a_near_range_has_a_hole():
    made = sector(azimuth=None, horizontal_fov=360.0)
    ((outer, hole),) = made.polygons
    assert made.azimuth is None
    assert signed_area(outer) > 0 > signed_area(hole)
    assert {round(d, 6) for _, d in from_camera(made.outline[0])} == {40.0}
    assert {round(d, 6) for _, d in from_camera(made.outline[1])} == {2.0}


@pytest.mark.parametrize("near", [None, 100.0])
@pytest.mark.parametrize("fov", [20.0, 180.0, 270.0, 360.0])
@pytest.mark.parametrize("azimuth", [0.0, 100.0, 233.0])
@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [(2.0, 48.0), (179.99, 0.0), (-179.999, 51.0), (180.0, -16.5), (40.0, 89.95), (0.0, -90.0)],
)
def test_area_is_whole_and_on_the_map_everywhere(
    longitude: float, latitude: float, azimuth: float, fov: float, near: float | None
):
    made = sector(
        longitude=longitude, latitude=latitude, azimuth=azimuth, horizontal_fov=fov, near_range=near, far_range=20_000.0
    )
    radius = 6_371_007
    expected = fov / 360 * 2 * math.pi * radius * radius * (math.cos((near or 0) / radius) - math.cos(20_000 / radius))
    assert area_m2(made) == pytest.approx(expected, rel=0.01)
    for polygon in made.polygons:
        for ring in polygon:
            assert ring[0] == ring[-1] and len(ring) >= 4
            assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)


def test_across_the_antimeridian_it_is_cut():
    made = sector(longitude=179.9999, latitude=-16.5, azimuth=90.0, near_range=None, far_range=50.0)
    assert len(made.outline) == 1
    assert len(made.polygons) == 2
    assert {180.0, -180.0} <= {x for (ring,) in made.polygons for x, _ in ring}
    assert all(max(x for x, _ in ring) - min(x for x, _ in ring) < 1 for (ring,) in made.polygons)


def test_hole_across_the_antimeridian_stays_open():
    made = sector(longitude=179.9999, latitude=0.0, azimuth=None, horizontal_fov=360.0, near_range=20.0, far_range=50.0)
    assert all(len(polygon) == 1 for polygon in made.polygons)  # the cut runs through the hole
    camera = (179.9999, 0.0)
    assert min(GEOD.inv(*camera, *point)[2] for (ring,) in made.polygons for point in ring) > 19.9


def test_about_a_pole_it_is_closed_along_the_edge_of_the_map():
    made = sector(longitude=10.0, latitude=89.99, azimuth=None, horizontal_fov=360.0, near_range=None, far_range=5000.0)
    ((ring,),) = made.polygons
    assert {(180.0, 90.0), (-180.0, 90.0)} <= set(ring)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"longitude": None}, ("longitude",)),
        ({"azimuth": None}, ("azimuth",)),
        ({"horizontal_fov": None}, ("horizontal_fov",)),
        ({"horizontal_fov": 0.0}, ("horizontal_fov",)),
        ({"far_range": None}, ("far_range",)),
        ({"far_range": 2e6}, ("far_range",)),
        ({"near_range": 40.0}, ("near_range",)),
        ({"near_range": -1.0}, ("near_range",)),
        ({"azimuth": None, "horizontal_fov": 360.0}, ()),
    ],
)
def test_what_a_row_lacks(values: dict[str, object], missing: tuple[str, ...]):
    camera = dataclasses.replace(CAMERA, **values)  # type: ignore[arg-type]
    assert lacking(camera) == missing
    assert (view_sector(camera) is None) is bool(missing)


@pytest.mark.parametrize("latitude", [90.0, -90.0])
@pytest.mark.parametrize("longitude", [0.0, 10.0, 180.0])
def test_a_ring_about_a_pole_is_one_area(longitude: float, latitude: float):
    """Begun on the antimeridian it was two discs, one over the other."""
    camera = MapCamera(
        camera_id="C", longitude=longitude, latitude=latitude, horizontal_fov=360.0, near_range=1e4, far_range=2e4
    )
    sector = view_sector(camera)
    assert sector is not None
    assert [len(polygon) for polygon in sector.polygons] == [1]
