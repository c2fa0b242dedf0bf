"""GeoJSON of cameras: nothing raises, and what was read can be written and read again."""

from __future__ import annotations

import json

from vssx.cartography.geojson import write_geojson
from vssx.cartography.geojson_reading import read_geojson
from vssx.cartography.kml import write_kml
from vssx.cartography.profile_reading import read_profile
from vssx.cartography.profile_writer import write_profile
from vssx.model.cartography import MapCamera, Setting

_CAMERAS = (
    MapCamera(
        camera_id="=C-1\u202e",
        name='"a"\n',
        setting=Setting.INDOOR,
        longitude=179.99999,
        latitude=-16.5,
        azimuth=90.0,
        horizontal_fov=78.0,
        near_range=2.0,
        far_range=40.0,
        plan="floor.svg",
        plan_x=1.5,
        plan_y=2.0,
        position_from="given",
    ),
    MapCamera(camera_id="C-2", crs="EPSG:25832", easting=500_000.0, northing=5_500_000.0),
    MapCamera(camera_id="C-3", longitude=1.0, latitude=89.9999, horizontal_fov=360.0, far_range=50.0),
)


def seeds() -> list[bytes]:
    """Ours, a stranger's point, and a document of 2008 with its own reference system."""
    point = {"type": "Feature", "id": 7, "properties": {"azimuth": "35"}, "geometry": _point(2, 48)}
    old = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    return [
        b"".join(write_geojson(_CAMERAS)),
        b"".join(write_geojson(_CAMERAS[1:2])),
        json.dumps(point).encode(),
        json.dumps({"type": "FeatureCollection", "crs": old, "features": [point, 5, {"type": "Feature"}]}).encode(),
    ]


def read(data: bytes) -> None:
    """Read, write and read again: every camera comes back as it is."""
    cameras = read_geojson(data, "cameras.geojson").cameras
    document = b"".join(write_geojson(cameras))
    again = read_geojson(document, "cameras.geojson").cameras
    assert [_values(one) for one in again] == [_values(one) for one in cameras]
    assert b"".join(write_kml(cameras)).endswith(b"</kml>\n")
    profile = b"".join(write_profile(cameras))
    assert [_values(one) for _, one in read_profile(profile, "cameras.csv")] == [_values(one) for one in cameras]


def _values(camera: MapCamera) -> tuple[object, ...]:
    return tuple(getattr(camera, name) for name in MapCamera.__slots__ if name != "line")


def _point(longitude: float, latitude: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [longitude, latitude]}
