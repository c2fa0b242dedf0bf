"""Cameras and their sectors on an indoor plan."""

from __future__ import annotations

from vssx.cartography.control_points import PlanPlacement
from vssx.cartography.ellipsoid import Position, Ring
from vssx.cartography.sector import view_sector
from vssx.model.cartography import MapCamera


def plan_position(camera: MapCamera, placement: PlanPlacement | None) -> Position | None:
    """x, y of the camera on its plan, from the upper left corner: as given, else from where it is on the earth."""
    if camera.plan_x is not None and camera.plan_y is not None:
        return camera.plan_x, camera.plan_y
    if placement is None or camera.longitude is None or camera.latitude is None:
        return None
    return placement.to_plan([(camera.longitude, camera.latitude)])[0]


def plan_sector(camera: MapCamera, placement: PlanPlacement | None) -> tuple[Ring, ...]:
    """The rings of the camera's sector (outer ring, perhaps a hole) on its plan.

    Empty without a sector, and where nobody knows how the plan lies: it has neither scale nor north then.
    """
    sector = view_sector(camera)
    if sector is None or placement is None:
        return ()
    place = plan_position(camera, placement)
    assert place is not None
    # The camera is drawn where the plan has it; the fit may put it a little beside.
    fitted = placement.to_plan([(camera.longitude or 0.0, camera.latitude or 0.0)])[0]
    dx, dy = place[0] - fitted[0], place[1] - fitted[1]
    return tuple(tuple((x + dx, y + dy) for x, y in placement.to_plan(ring)) for ring in sector.outline)
