"""Where a camera looks: its axis meeting the ground, which ``loci`` of an export file tells."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vssx.cartography.ellipsoid import forward
from vssx.cartography.sector import MAX_RANGE
from vssx.model.cartography import MapCamera

_FURTHEST = 1000.0  # metres that flat ground is assumed for where no far range says how far the camera sees


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewPoint:
    """``longitude``, ``latitude``: WGS 84, degrees. ``altitude``: of the ground there, taken as flat; None when the row
    does not tell the camera's. ``distance``: metres from the camera. ``how``: the way it was found, in a sentence."""

    longitude: float
    latitude: float
    altitude: float | None
    distance: float
    how: str


def view_point(camera: MapCamera) -> ViewPoint | None:
    """The view point of a placed camera, or None where its row gives no direction.

    From azimuth, tilt and height above the floor, where the axis meets the level ground within the ranges; else the
    middle of near and far range in the direction of the azimuth. None for a camera that sees all round, but one that
    looks straight down looks at the ground below it.
    """
    longitude, latitude = camera.longitude, camera.latitude
    found = _on_axis(camera) or _amid_ranges(camera)
    if longitude is None or latitude is None or found is None:
        return None
    distance, how = found
    if distance:
        ((longitude, latitude),) = forward((longitude, latitude), [camera.azimuth or 0.0], [distance])
    height = camera.height_above_floor
    altitude = camera.altitude - height if camera.altitude is not None and height is not None else None
    return ViewPoint(longitude=longitude, latitude=latitude, altitude=altitude, distance=distance, how=how)


def _on_axis(camera: MapCamera) -> tuple[float, str] | None:
    tilt, height = camera.tilt, camera.height_above_floor
    if tilt is None or height is None or not (-90 <= tilt < 0 < height):
        return None
    if tilt == -90:
        return 0.0, f"the ground below the camera, which looks straight down from {height:g} m"
    if camera.azimuth is None or _all_round(camera):
        return None
    distance = height / math.tan(math.radians(-tilt))
    furthest = _FURTHEST if camera.far_range is None else camera.far_range
    if not (camera.near_range or 0.0) <= distance <= furthest:
        return None
    how = f"azimuth {camera.azimuth:g} and tilt {tilt:g} degrees from {height:g} m above level ground"
    return distance, f"where the camera's axis meets the ground, {distance:.1f} m away: {how}"


def _amid_ranges(camera: MapCamera) -> tuple[float, str] | None:
    near, far = camera.near_range or 0.0, camera.far_range
    if camera.azimuth is None or _all_round(camera) or far is None or not 0 <= near < far <= MAX_RANGE:
        return None
    distance = (near + far) / 2
    ranges = (
        f"{near:g} and {far:g} m" if camera.near_range is not None else f"the camera and its far range of {far:g} m"
    )
    return distance, f"in the direction of the camera's azimuth, {camera.azimuth:g} degrees, in the middle of {ranges}"


def _all_round(camera: MapCamera) -> bool:
    return camera.horizontal_fov is not None and camera.horizontal_fov >= 360
