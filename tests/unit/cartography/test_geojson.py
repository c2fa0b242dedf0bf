from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from vssx.cartography.camera_values import values_of
from vssx.cartography.geojson import write_geojson
from vssx.cartography.geojson_reading import read_geojson
from vssx.cartography.placed_table import TableReading
from vssx.cartography.profile_writer import write_profile
from vssx.cartography.sector import view_sector
from vssx.model.cartography import CameraType, IdentifierKind, MapCamera, Setting, Severity

WHOLE = MapCamera(
    camera_id="=C-1\u202e<script>\\n",
    identifier_kind=IdentifierKind.TOKEN,
    name='North "gate"\n',
    site="Dépôt",
    building="A",
    floor="-1",
    zone="+41 1",
    setting=Setting.INDOOR,
    camera_type=CameraType.PTZ,
    longitude=8.541700000000001,
    latitude=47.3769,
    altitude=408.25,
    height_above_floor=4.2,
    crs="EPSG:2056",
    easting=2_683_141.5,
    northing=1_247_945.25,
    azimuth=0.1 + 0.2,
    tilt=-18.0,
    roll=-0.5,
    horizontal_fov=78.0,
    vertical_fov=44.0,
    near_range=2.0,
    far_range=40.0,
    plan="plans/floor.svg",
    plan_x=785.4,
    plan_y=0.0,
    address="Quai 3, 8000 Zürich",
    operator="@ops",
    contact="a; b",
    in_service_since="2024-03-01",
    in_service_until="2026-03-01T12:00:00Z",
    remarks="x" * 500,
    position_from="crs",
    line=1,
)


def document(*cameras: MapCamera) -> dict[str, Any]:
    made = json.loads(b"".join(write_geojson(cameras)))
    assert isinstance(made, dict)
    return made


def read(value: object) -> TableReading:
    return read_geojson(json.dumps(value).encode(), "cameras.geojson")


def feature(properties: object = None, geometry: object = None, **more: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry, **more}


def test_camera_is_a_point_and_its_sector_a_polygon_that_names_it():
    made = document(WHOLE)
    camera, sector = made["features"]
    assert made["type"] == "FeatureCollection"
    assert camera["id"] == sector["properties"]["camera"] == "camera-1"
    assert camera["geometry"] == {"type": "Point", "coordinates": [WHOLE.longitude, WHOLE.latitude]}
    expected = values_of(WHOLE)
    assert {"feature": "camera", **expected} == camera["properties"] | {
        "longitude": WHOLE.longitude,
        "latitude": WHOLE.latitude,
    }
    drawn = view_sector(WHOLE)
    assert drawn is not None
    assert sector["geometry"]["type"] == "Polygon"
    assert sector["geometry"]["coordinates"] == [[list(point) for point in ring] for ring in drawn.polygons[0]]
    ring = sector["geometry"]["coordinates"][0]
    assert sum(x * v - u * y for (x, y), (u, v) in pairwise(ring)) > 0


def test_camera_without_a_place_has_no_geometry():
    (made,) = document(MapCamera(camera_id="C", latitude=3.0))["features"]
    assert made["geometry"] is None
    assert made["properties"]["latitude"] == 3


def test_no_camera():
    assert document() == {"type": "FeatureCollection", "features": []}


def test_nothing_unseen_is_written_as_it_is():
    text = b"".join(write_geojson([WHOLE])).decode()
    assert all(line.isprintable() for line in text.splitlines())


def test_every_value_comes_back():
    cameras = (WHOLE, MapCamera(camera_id="D", line=3), replace(WHOLE, camera_id="E", position_from="given", line=4))
    reading = read_geojson(b"".join(write_geojson(cameras)), "cameras.geojson")
    assert reading.cameras == cameras  # lines: the numbers of the features, sectors counted
    assert not reading.counts[Severity.ERROR]
    assert b"".join(write_profile(reading.cameras)) == b"".join(write_profile(cameras))


def test_moved_on_a_map_the_geometry_wins():
    made = document(WHOLE)
    made["features"][0]["geometry"]["coordinates"] = [8.5, 47.0, 12.0]
    made["features"][0]["properties"] |= {"longitude": 1.0, "latitude": 2.0}
    (camera,) = read(made).cameras
    assert (camera.longitude, camera.latitude) == (8.5, 47.0)


def test_strangers_points():
    reading = read(
        {
            "type": "FeatureCollection",
            "features": [
                feature(
                    {"name": "Gate", "owner_id": 5, "azimuth": "35.5"}, {"type": "Point", "coordinates": [2, 48]}, id=7
                ),
                feature({"camera_id": "L"}, {"type": "LineString", "coordinates": [[2, 48], [3, 49]]}),
                feature({"camera_id": "M", "tilt": "-10"}),
                5,
            ],
        }
    )
    gate, unplaced = reading.cameras
    assert (gate.camera_id, gate.name, gate.longitude, gate.latitude, gate.azimuth) == ("7", "Gate", 2, 48, 35.5)
    assert (unplaced.camera_id, unplaced.line, unplaced.tilt) == ("M", 3, -10)
    told = {(one.kind, one.line) for one in reading.findings}
    assert {("unknown-column", 0), ("geometry", 2), ("geojson", 4), ("no-position", 3)} <= told


def test_another_camera_is_named_by_its_feature():
    sector = feature({"camera": "camera-1", "feature": "sector"}, {"type": "Polygon", "coordinates": []})
    reading = read({"type": "FeatureCollection", "features": [feature(), sector, feature({"camera_id": "C-7"})] * 2})
    [found] = [one for one in reading.findings if one.kind.startswith("duplicate") and one.value == "C-7"]
    assert found.line == 6
    assert "feature 3" in found.message


def test_system_of_old_documents():
    old = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}},
        "features": [feature({"camera_id": "A"}, {"type": "Point", "coordinates": [652469.02, 6862035.26]})],
    }
    reading = read(old)
    assert reading.cameras[0].longitude == pytest.approx(2.3522, abs=1e-5)
    assert [one.kind for one in reading.findings] == ["crs"]
    old["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert read(old | {"features": []}).findings == ()


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "not JSON"),
        (b"\xff{}", "not UTF-8 at byte 0"),
        (b"[1]", "neither a FeatureCollection"),
        (b'{"type": "Topology"}', "neither a FeatureCollection"),
        (b'{"type":' * 100_000, "nested too deeply"),
        (b"[" * 4_000_001, "objects and arrays"),
        (b"," * 8_000_001, "8000000 values"),
        (b'{"type": "Feature", "id": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"type": "Feature", "properties": {"azimuth": NaN}}', "NaN is no number"),
        (b'{"type": "FeatureCollection", "features": {}}', "features is no list"),
    ],
)
def test_what_is_none_is_a_finding(data: bytes, part: str):
    reading = read_geojson(data, "cameras.geojson")
    assert reading.cameras == ()
    assert part in reading.findings[0].message
    assert reading.counts[Severity.ERROR] >= 1


@pytest.mark.parametrize(
    "properties",
    [
        {"camera_id": "A", "azimuth": 1e400},
        {"camera_id": "A", "azimuth": 10**400},
        {"camera_id": "A", "azimuth": True},
        {"camera_id": "A", "azimuth": [1]},
        {"camera_id": "A", "azimuth": {"a": "b"}},
        {"camera_id": "A", "azimuth": 361},
    ],
)
def test_values_of_the_wrong_kind_are_judged_like_those_of_a_table(properties: dict[str, object]):
    data = json.dumps({"type": "FeatureCollection", "features": [feature(properties)]}).replace("Infinity", "1e400")
    reading = read_geojson(data.encode(), "cameras.geojson")
    assert reading.cameras[0].azimuth is None
    assert {(one.severity, one.line, one.column) for one in reading.findings} >= {(Severity.ERROR, 1, "azimuth")}


@pytest.mark.parametrize("coordinates", [None, [], [1], ["1", "2"], [True, 2], [[1, 2]], [1, 2, 3, 4, 5], 7])
def test_points_that_are_none(coordinates: object):
    reading = read(feature({"camera_id": "A"}, {"type": "Point", "coordinates": coordinates}))
    assert reading.cameras == ()
    assert [one.kind for one in reading.findings] == ["geometry"]


def test_what_is_no_feature_is_counted_and_not_kept():
    data = b'{"type": "FeatureCollection", "features": [' + b"1," * 500_000 + b"1]}"
    reading = read_geojson(data, "cameras.geojson")
    assert reading.counts[Severity.ERROR] == 400_001
    assert len(reading.findings) == 1000
