"""All there is to draw and to list of a cartography."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vssx.cartography.sector import lacking
from vssx.model.cartography import MapCamera
from vssx.report.camera_map import CameraMaps, ListedCamera, NumberedCamera, PlanMap
from vssx.report.map_drawing import draw_maps

MAX_LISTED = 500


def number_cameras(
    cameras: Sequence[MapCamera], recordings: Mapping[int, Sequence[str]] | None = None
) -> tuple[NumberedCamera, ...]:
    """The cameras with their numbers, from 1 in the order given. ``recordings``: directories of the recordings of each
    camera of the handover, by the camera's place in ``cameras``."""
    known = recordings or {}
    return tuple(
        NumberedCamera(number=index + 1, camera=camera, recordings=tuple(known.get(index, ())))
        for index, camera in enumerate(cameras)
    )


def draw_cartography(
    cameras: Sequence[NumberedCamera], *, plans: Sequence[PlanMap] = (), key: str = "map"
) -> CameraMaps:
    """Maps and list. ``plans``: already drawn (``plan_drawing``). ``key``: begins the names of its parts."""
    maps, groups_left_out = draw_maps(cameras, key)
    ordered = sorted(cameras, key=lambda one: not one.recordings)
    return CameraMaps(
        key=key,
        maps=maps,
        groups_left_out=groups_left_out,
        plans=tuple(plans),
        cameras=tuple(_listed(one) for one in ordered[:MAX_LISTED]),
        cameras_left_out=max(0, len(cameras) - MAX_LISTED),
        total=len(cameras),
        unplaced=sum(not one.camera.placed for one in cameras),
        recorded=any(one.recordings for one in cameras),
    )


def _listed(one: NumberedCamera) -> ListedCamera:
    camera = one.camera
    place = (camera.site, camera.building, camera.floor, camera.zone, camera.address)
    return ListedCamera(
        number=one.number,
        name=camera.name,
        camera_id=camera.camera_id,
        place=", ".join(part for part in place if part),
        longitude=camera.longitude,
        latitude=camera.latitude,
        position_from=camera.position_from,
        plan=camera.plan,
        azimuth=camera.azimuth,
        tilt=camera.tilt,
        horizontal_fov=camera.horizontal_fov,
        near_range=camera.near_range,
        far_range=camera.far_range,
        lacking=tuple(column for column in lacking(camera) if column not in ("longitude", "latitude")),
        recordings=one.recordings,
    )
