"""PROJ's own programs agree with our coordinates and sectors; GDAL and GEOS read our GeoJSON and KML."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyproj import Geod

from tests import peers
from vssx.cartography.crs import CoordinateReferenceSystem
from vssx.cartography.geojson import write_geojson
from vssx.cartography.kml import write_kml
from vssx.cartography.sector import view_sector
from vssx.model.cartography import MapCamera

pytestmark = pytest.mark.interop

GEOD = Geod(ellps="WGS84")
CAMERA = MapCamera(
    camera_id="C-1",
    name="Größe <b> \u202e",
    longitude=8.5417,
    latitude=47.3769,
    azimuth=35.0,
    horizontal_fov=78.0,
    near_range=2.0,
    far_range=40.0,
    remarks="=1+1",
)


def cct(pipeline: str, first: float, second: float) -> tuple[float, float]:
    """Debian's PROJ, another version than pyproj's own."""
    ended = subprocess.run(
        [peers.need("cct"), "-d", "12", *pipeline.split()],
        input=f"{first!r} {second!r} 0 0\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    x, y = ended.stdout.split()[:2]
    return float(x), float(y)


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"),
    [
        ("EPSG:2154", 2.3522, 48.8566),
        ("EPSG:27572", 5.3698, 43.2965),
        ("EPSG:31370", 4.3517, 50.8503),
        ("EPSG:25832", 8.5417, 47.3769),
        ("EPSG:27700", -0.1276, 51.5072),
        ("EPSG:3857", -73.9857, 40.7484),
        ("EPSG:2056", 7.4474, 46.9480),
        ("EPSG:28992", 4.9041, 52.3676),
        ("EPSG:31467", 9.9937, 53.5511),
        ("EPSG:31468", 12.3731, 51.3397),
        ("EPSG:4230", 2.3522, 48.8566),
        ("EPSG:4807", 2.3522, 48.8566),
        ("EPSG:2263", -74.0060, 40.7128),
        ("EPSG:2193", 174.7633, -36.8485),
        ("EPSG:5514", 14.4378, 50.0755),
    ],
)
def test_conversions_agree_with_cct_within_a_centimetre(code: str, longitude: float, latitude: float):
    """Issue 5, 2: given the pipeline that the record tells."""
    system = CoordinateReferenceSystem(code)
    projected = system.from_wgs84(longitude, latitude)
    assert projected is not None and not projected.outside
    back = system.to_wgs84(projected.first, projected.second)
    assert back is not None
    theirs = cct(back.operation.pipeline, projected.first, projected.second)
    assert GEOD.inv(back.first, back.second, *theirs)[2] < 0.01
    assert GEOD.inv(longitude, latitude, *theirs)[2] < 0.01
    # And the way out, measured on the ground by the way back.
    there = cct(projected.operation.pipeline, longitude, latitude)
    ours = cct(back.operation.pipeline, *there)
    assert GEOD.inv(longitude, latitude, *ours)[2] < 0.01


def test_sectors_agree_with_geod():
    made = view_sector(dataclasses.replace(CAMERA, far_range=5000.0, near_range=100.0))
    assert made is not None
    lines = "".join(f"47.3769 8.5417 {y!r} {x!r}\n" for x, y in made.outline[0])
    ended = subprocess.run(
        [peers.need("geod"), "+ellps=WGS84", "-I", "-f", "%.9f", "-F", "%.6f"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    seen = [tuple(map(float, line.split())) for line in ended.stdout.splitlines()]
    assert len(seen) == len(made.outline[0])
    distances = [distance for _, _, distance in seen]
    assert sum(abs(one - 5000) < 1e-3 for one in distances) >= 40
    assert sum(abs(one - 100) < 1e-3 for one in distances) >= 40
    assert all(99.999 <= one <= 5000.001 for one in distances)
    azimuths = [azimuth for azimuth, _, _ in seen]
    assert min(azimuths) == pytest.approx(-4, abs=1e-3) and max(azimuths) == pytest.approx(74, abs=1e-3)


def read(path: Path) -> dict[str, Any]:
    for name in ("pyogrio", "shapely"):
        peers.need_module(name)
    program = Path(__file__).with_name("map_reader.py")
    ended = subprocess.run(
        [sys.executable, str(program), str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    found = json.loads(ended.stdout)
    assert isinstance(found, dict)
    return found


ANYWHERE = [
    dataclasses.replace(
        CAMERA,
        longitude=longitude,
        latitude=latitude,
        azimuth=azimuth,
        horizontal_fov=fov,
        near_range=near,
        far_range=far,
    )
    for longitude, latitude in ((8.5417, 47.3769), (179.9999, -16.5), (-179.99999, 51.0), (180.0, 0.0), (30.0, 89.97))
    for azimuth in (0.0, 90.0, 233.0)
    for fov in (30.0, 180.0, 270.0, 360.0)
    for near, far in ((None, 50.0), (5.0, 50.0), (100.0, 20_000.0))
]


def test_gdal_and_geos_read_every_sector(tmp_path: Path):
    path = tmp_path / "cameras.geojson"
    path.write_bytes(b"".join(write_geojson(ANYWHERE)))
    found = read(path)
    assert (found["driver"], found["crs"]) == ("GeoJSON", "EPSG:4326")
    cameras = [one for one in found["features"] if one["fields"]["feature"] == "camera"]
    sectors = [one for one in found["features"] if one["fields"]["feature"] == "view-sector"]
    assert len(cameras) == len(sectors) == len(ANYWHERE)
    assert {one["kind"] for one in cameras} == {"Point"}
    assert {one["kind"] for one in sectors} == {"Polygon", "MultiPolygon"}
    wrong = [one["fields"]["camera"] for one in sectors if not one["valid"]]
    assert wrong == []
    assert all(one["bounds"][0] >= -180 and one["bounds"][2] <= 180 for one in sectors)


@pytest.mark.parametrize(("name", "driver"), [("cameras.geojson", "GeoJSON"), ("cameras.kml", "LIBKML")])
def test_gdal_reads_values_as_they_are(tmp_path: Path, name: str, driver: str):
    path = tmp_path / name
    writer = write_geojson if name.endswith("geojson") else write_kml
    path.write_bytes(b"".join(writer([CAMERA, MapCamera(camera_id="C-2", name="nowhere")])))
    found = read(path)
    assert found["driver"] == driver
    camera, sector, unplaced = found["features"]
    assert (camera["kind"], sector["kind"], unplaced["kind"]) == ("Point", "Polygon", None)
    assert sector["valid"] is True
    assert camera["bounds"][:2] == [8.5417, 47.3769]
    assert camera["fields"]["remarks"] == "=1+1"
    assert float(camera["fields"]["azimuth"]) == 35
    assert unplaced["fields"]["camera_id"] == "C-2"
    shown = {"GeoJSON": "Größe <b> \u202e", "LIBKML": r"Größe \u{3c}b> \u{202e}"}[driver]
    assert shown in camera["fields"].values()
