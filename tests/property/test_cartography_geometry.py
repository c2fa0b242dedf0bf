"""Sectors anywhere on the earth; GeoJSON there and back; coordinates there and back."""

from __future__ import annotations

import dataclasses
import math

from hypothesis import assume, example, given
from hypothesis import strategies as st
from pyproj import Geod

from vssx.cartography.crs import CoordinateReferenceSystem
from vssx.cartography.geojson import write_geojson
from vssx.cartography.geojson_reading import read_geojson
from vssx.cartography.profile_writer import write_profile
from vssx.cartography.sector import view_sector
from vssx.model.cartography import CameraType, IdentifierKind, MapCamera, Setting

GEOD = Geod(ellps="WGS84")
RADIUS = 6_371_007


def numbers(least: float, most: float) -> st.SearchStrategy[float]:
    return st.floats(least, most, allow_nan=False).map(lambda number: number + 0.0)  # no negative zero


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).filter(lambda text: text == text.strip())
cameras = st.builds(
    MapCamera,
    camera_id=texts.filter(bool),
    identifier_kind=st.none() | st.sampled_from(IdentifierKind),
    name=texts,
    setting=st.none() | st.sampled_from(Setting),
    camera_type=st.none() | st.sampled_from(CameraType),
    longitude=numbers(1, 179),
    latitude=numbers(-89, 89),
    altitude=st.none() | numbers(-400, 9000),
    azimuth=st.none() | numbers(0, 359.9),
    tilt=st.none() | numbers(-90, 90),
    horizontal_fov=st.none() | numbers(0.1, 360),
    far_range=st.none() | numbers(1, 1000),
    remarks=texts,
    position_from=st.sampled_from(["given", "plan"]),
)


@given(
    longitude=numbers(-180, 180),
    latitude=numbers(-90, 90),
    azimuth=numbers(0, 360),
    fov=numbers(1, 360),
    near=st.none() | numbers(0.5, 10),
    far=numbers(20, 50_000),
)
@example(longitude=180.0, latitude=90.0, azimuth=0.0, fov=360.0, near=1.0, far=100.0)
@example(longitude=-180.0, latitude=0.0, azimuth=270.0, fov=180.0, near=None, far=100.0)
def test_sectors_are_whole(
    longitude: float, latitude: float, azimuth: float, fov: float, near: float | None, far: float
):
    camera = MapCamera(
        camera_id="C",
        longitude=longitude,
        latitude=latitude,
        azimuth=azimuth,
        horizontal_fov=fov,
        near_range=near,
        far_range=far,
    )
    made = view_sector(camera)
    assert made is not None
    for ring in made.outline:
        count = len(ring)
        ends = [x for x, _ in ring], [y for _, y in ring]
        _, _, distances = GEOD.inv([longitude] * count, [latitude] * count, *ends)
        for distance in distances:
            assert distance < 0.03 or (near or 0) - 0.03 <= distance <= far + 0.03  # 1 cm beside a pole
    area = 0.0
    for polygon in made.polygons:
        for ring in polygon:
            assert ring[0] == ring[-1] and len(ring) >= 4
            assert all(abs(x) <= 180 and abs(y) <= 90 for x, y in ring)
            area += GEOD.polygon_area_perimeter([x for x, _ in ring], [y for _, y in ring])[0]
    expected = fov / 360 * 2 * math.pi * RADIUS**2 * (math.cos((near or 0) / RADIUS) - math.cos(far / RADIUS))
    assert math.isclose(area, expected, rel_tol=0.015, abs_tol=0.05)


@given(st.lists(cameras, max_size=5, unique_by=lambda one: one.camera_id))
def test_geojson_keeps_every_value(made: list[MapCamera]):
    document = b"".join(write_geojson(made))
    back = [dataclasses.replace(one, line=0) for one in read_geojson(document, "cameras.geojson").cameras]
    assert back == made
    assert b"".join(write_profile(back)) == b"".join(write_profile(made))


@given(
    code=st.sampled_from(["EPSG:2154", "EPSG:27572", "EPSG:31370", "EPSG:25832", "EPSG:27700", "EPSG:3857"]),
    across=numbers(0.2, 0.8),
    up=numbers(0.2, 0.8),
)
def test_coordinates_come_back_within_a_centimetre(code: str, across: float, up: float):
    system = CoordinateReferenceSystem(code)
    assert system.area is not None
    longitude = system.area.west + across * (system.area.east - system.area.west)
    latitude = system.area.south + up * (system.area.north - system.area.south)
    projected = system.from_wgs84(longitude, latitude)
    assume(projected is not None)
    assert projected is not None
    back = system.to_wgs84(projected.first, projected.second)
    assert back is not None
    assert GEOD.inv(longitude, latitude, back.first, back.second)[2] < 0.01
