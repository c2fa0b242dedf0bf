"""What the loci box of an export file says of a camera on the map (ETSI TS 126 244; ONVIF Export File Format)."""

from __future__ import annotations

from vssx.cartography.view_point import view_point
from vssx.model.cartography import MapCamera
from vssx.model.handover import Position

_POSITION_FROM = {
    "crs": "computed from its coordinates in {crs}",
    "plan": "computed from its place on the plan {plan}",
}


def loci_of(camera: MapCamera) -> Position | None:
    """Where the camera looks, as far as its row tells, else where it stands; the notes say which, and how it was found.

    None for a camera without a position. The altitude is that of the ground looked at, or of the camera; 0 where
    nobody knows it, as the notes say. Its name is address, building and floor, else that of the camera.
    """
    if camera.longitude is None or camera.latitude is None:
        return None
    name = ", ".join(filter(None, (camera.address, camera.building, camera.floor))) or camera.name
    stated = _POSITION_FROM.get(camera.position_from, "as given").format(crs=camera.crs, plan=camera.plan)
    view = view_point(camera)
    if view is not None:
        longitude, latitude, altitude = view.longitude, view.latitude, view.altitude
        notes = f"point that the camera looks at: {view.how}; the camera's position {stated} in the cartography"
    else:
        longitude, latitude, altitude = camera.longitude, camera.latitude, camera.altitude
        notes = f"position of the camera, not of what it looks at; {stated} in the cartography"
    if altitude is None:
        notes += "; altitude not known"
    return Position(longitude=longitude, latitude=latitude, altitude=altitude or 0.0, name=name, notes=notes)
