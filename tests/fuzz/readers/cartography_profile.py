"""The profile as the verifier reads it out of a bag: what is read can be written, drawn and placed again, as it was."""

from __future__ import annotations

from vssx.cartography.camera_values import camera_of, values_of
from vssx.cartography.geojson import write_geojson
from vssx.cartography.loci import loci_of
from vssx.cartography.profile_reading import read_profile
from vssx.cartography.profile_writer import write_profile
from vssx.model.cartography import IdentifierKind, MapCamera, Setting

MAX_LENGTH = 8192
_CAMERAS = (
    MapCamera(
        camera_id="=C-1\u202e",
        identifier_kind=IdentifierKind.TOKEN,
        name='"a"; \'b\\',
        setting=Setting.INDOOR,
        longitude=179.99999,
        latitude=-16.5,
        altitude=-0.5,
        height_above_floor=3.0,
        azimuth=90.0,
        tilt=-12.5,
        horizontal_fov=78.0,
        near_range=2.0,
        far_range=40.0,
        plan="floor.svg",
        plan_x=1.5,
        plan_y=2.0,
        in_service_since="2020-01",
        position_from="given",
    ),
    MapCamera(camera_id="C-2", crs="EPSG:25832", easting=500_000.0, northing=5_500_000.0),
    MapCamera(camera_id="C-3", longitude=1.0, latitude=89.9999, horizontal_fov=360.0, far_range=50.0),
)


def seeds() -> list[bytes]:
    """No camera, one of each, and all."""
    return [b"".join(write_profile(some)) for some in ((), *((one,) for one in _CAMERAS), _CAMERAS)]


def read(data: bytes) -> None:
    """As ``vssx verify`` does."""
    lines, cameras = [], []
    for line, camera in read_profile(data, "cameras.csv"):
        lines.append(line)
        cameras.append(camera)
    header, *written = write_profile(cameras)
    assert [header, *written] == [data[: len(header)], *lines]
    assert b"".join(write_geojson(cameras)).endswith(b"]}\n")
    for camera in cameras:
        loci_of(camera)
        assert camera_of(values_of(camera), line=camera.line) == camera
