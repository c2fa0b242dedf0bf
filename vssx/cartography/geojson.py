"""Cameras and their view sectors as GeoJSON (RFC 7946): written a line a feature."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from vssx.cartography.camera_values import values_of
from vssx.cartography.sector import ViewSector, view_sector
from vssx.model.cartography import MapCamera

CAMERA = "camera"
SECTOR = "view-sector"
"""What the property ``feature`` of a feature says that it is."""


def write_geojson(cameras: Iterable[MapCamera]) -> Iterator[bytes]:
    """A FeatureCollection in UTF-8: for each camera a Point and, where its row gives one, its sector.

    The camera of row n has the id ``camera-n`` and all columns that are set as properties, longitude and latitude as
    its geometry: null where it is not placed (RFC 7946, 3.2). Positions have no third number: the altitudes of the
    profile are above sea level, those of RFC 7946 above the ellipsoid. A sector ``camera-n-sector`` names its camera.
    """
    yield b'{"type": "FeatureCollection", "features": ['
    for number, camera in enumerate(cameras, 1):
        feature_id = f"camera-{number}"
        yield (b"," if number > 1 else b"") + b"\n" + _line(camera_feature(camera, feature_id))
        sector = view_sector(camera)
        if sector is not None and sector.polygons:
            yield b",\n" + _line(sector_feature(camera, sector, feature_id))
    yield b"\n]}\n"


def camera_feature(camera: MapCamera, feature_id: str) -> dict[str, object]:
    """The Feature of a camera."""
    properties: dict[str, object] = {"feature": CAMERA, **values_of(camera)}
    geometry = None
    if camera.placed:
        geometry = {"type": "Point", "coordinates": [properties.pop("longitude"), properties.pop("latitude")]}
    return {"type": "Feature", "id": feature_id, "geometry": geometry, "properties": properties}


def sector_feature(camera: MapCamera, sector: ViewSector, feature_id: str) -> dict[str, object]:
    """The Feature of a view sector. ``feature_id``: of its camera."""
    told = {
        "azimuth": sector.azimuth,
        "horizontal_fov": sector.horizontal_fov,
        "near_range": sector.near_range,
        "far_range": sector.far_range,
    }
    texts = {"camera_id": camera.camera_id, "name": camera.name}
    properties: dict[str, object] = {"feature": SECTOR, "camera": feature_id}
    properties |= {name: value for name, value in (*texts.items(), *told.items()) if value not in (None, "")}
    geometry = (
        {"type": "Polygon", "coordinates": sector.polygons[0]}
        if len(sector.polygons) == 1
        else {"type": "MultiPolygon", "coordinates": sector.polygons}
    )
    return {"type": "Feature", "id": f"{feature_id}-sector", "geometry": geometry, "properties": properties}


def _line(value: Mapping[str, object]) -> bytes:
    """One line of JSON; characters that nobody sees, or that turn text round, are escaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if not text.isprintable():
        text = "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
    return text.encode()
