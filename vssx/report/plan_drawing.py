"""Draws indoor plans with their cameras. The plan is an image of the page: as such an SVG runs no script and loads
nothing (SVG Integration, "secure static mode"), and the policy of the page allows neither."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vssx.cartography.control_points import PlanPlacement
from vssx.cartography.ellipsoid import Position
from vssx.cartography.plan import plan_position, plan_sector
from vssx.model.cartography import IndoorPlan
from vssx.report.camera_map import DrawnSector, Frame, NumberedCamera, PlanMap, ScaleBar
from vssx.report.drawn_cameras import Spot, drawn_cameras, pointer_ends
from vssx.report.map_labels import labelled
from vssx.report.map_scale import bar_of, path_of
from vssx.report.page import data_uri

WIDTH = 960.0
_MAX_HEIGHT = 760.0
_EDGE = 14.0
_BELOW = 46.0
"""Room for scale bar and north arrow, which so cover nothing of the plan."""
MAX_DRAWN = 4 << 20
"""Bytes of a plan that becomes part of a page."""
MAX_TOGETHER = 12 << 20
"""Bytes of all of them."""
MAX_PIXELS = 64_000_000
"""Of a PNG: a browser needs four bytes for each, however few the file has."""
_PIXELS_TOGETHER = 4 * MAX_PIXELS
_MAX_SIDES = 40.0
"""A plan so much longer than wide is none that could be drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanToDraw:
    """``name``: as rows name it; ``path``: in the handover, "" without one. ``plan``: None where it is not drawn, and
    ``reason`` a word for why: "size", "unreadable". ``placement``: how it lies on the earth, where control points tell.
    """

    name: str
    plan: IndoorPlan | None
    reason: str = ""
    path: str = ""
    placement: PlanPlacement | None = None


def draw_plans(
    plans: Sequence[PlanToDraw], cameras: Sequence[NumberedCamera], key: str = "plan"
) -> tuple[PlanMap, ...]:
    """Each plan with the cameras that name it. ``key``: begins the names of the drawings in their page."""
    by_plan: dict[str, list[NumberedCamera]] = {}
    for one in cameras:
        if one.camera.plan:
            by_plan.setdefault(one.camera.plan, []).append(one)
    room, pixels = MAX_TOGETHER, _PIXELS_TOGETHER
    drawn = []
    for number, wanted in enumerate(plans):
        reason = wanted.reason or _reason(wanted.plan, room, pixels)
        if not reason and wanted.plan is not None:
            room -= len(wanted.plan.data)
            pixels -= _pixels(wanted.plan)
        drawn.append(_draw(wanted, by_plan.get(wanted.name, []), f"{key}-{number}", reason))
    return tuple(drawn)


def _reason(plan: IndoorPlan | None, room: int, pixels: int) -> str:
    """Why it is not drawn; "" where it is."""
    if plan is None or len(plan.data) > MAX_DRAWN:
        return "size"
    if plan.media_type == "application/pdf":
        return "pdf"
    if not plan.width or not plan.height or not 1 / _MAX_SIDES < plan.width / plan.height < _MAX_SIDES:
        return "dimensions"
    if _pixels(plan) > MAX_PIXELS:
        return "size"
    return "room" if len(plan.data) > room or _pixels(plan) > pixels else ""


def _pixels(plan: IndoorPlan) -> int:
    return round(plan.width * plan.height) if plan.media_type == "image/png" else 0


def _draw(wanted: PlanToDraw, cameras: Sequence[NumberedCamera], key: str, reason: str) -> PlanMap:
    plan, placement = wanted.plan, wanted.placement
    if reason or plan is None:
        return _undrawn(wanted, key, reason, len(cameras))
    units = min((WIDTH - 2 * _EDGE) / plan.width, _MAX_HEIGHT / plan.height)
    left = (WIDTH - plan.width * units) / 2
    frame = Frame(left=left, top=_EDGE, right=WIDTH - left, bottom=_EDGE + plan.height * units)

    def place(point: Position) -> Position:
        return round(frame.left + point[0] * units, 1), round(frame.top + point[1] * units, 1)

    spots, sectors = [], []
    outside = unplaced = 0
    for one in cameras:
        at = plan_position(one.camera, placement)
        if at is None:
            unplaced += 1
            continue
        if not (0 <= at[0] <= plan.width and 0 <= at[1] <= plan.height):
            outside += 1
            continue
        spots.append(Spot(numbered=one, place=place(at), heading=_heading(one, placement)))
        rings = plan_sector(one.camera, placement)
        if rings:
            path = "".join(path_of(map(place, ring), closed=True, least=1.2) for ring in rings)
            sectors.append(DrawnSector(path=path, recorded=bool(one.recordings), title=f"{one.number} {one.name}"))
    marks, names = drawn_cameras(spots)
    bar = _bar(placement, units, frame)
    paper = Frame(left=0.0, top=0.0, right=WIDTH, bottom=frame.bottom + _EDGE)
    named = labelled(marks, names, paper, pointer_ends(spots))
    return PlanMap(
        key=key,
        name=wanted.name,
        path=wanted.path,
        image=data_uri(plan.data, plan.media_type),
        reason="",
        width=WIDTH,
        height=round(frame.bottom + (_EDGE if placement is None else _BELOW), 1),
        frame=frame,
        sectors=tuple(sectors),
        cameras=named,
        north=None if placement is None else _turned(placement, 0.0),
        scale_bar=bar,
        unlabelled=sum(one.count for one in named if not one.label),
        outside=outside,
        unplaced=unplaced,
        total=len(cameras),
    )


def _undrawn(wanted: PlanToDraw, key: str, reason: str, total: int) -> PlanMap:
    return PlanMap(
        key=key,
        name=wanted.name,
        path=wanted.path,
        image=None,
        reason=reason,
        width=0.0,
        height=0.0,
        frame=Frame(left=0.0, top=0.0, right=0.0, bottom=0.0),
        sectors=(),
        cameras=(),
        north=None,
        scale_bar=None,
        unlabelled=0,
        outside=0,
        unplaced=0,
        total=total,
    )


def _heading(one: NumberedCamera, placement: PlanPlacement | None) -> float | None:
    """Direction on the drawing, clockwise from up; None where nobody knows how the plan lies."""
    azimuth = one.camera.azimuth
    return None if placement is None or azimuth is None else _turned(placement, azimuth)


def _turned(placement: PlanPlacement, azimuth: float) -> float:
    """Where on the plan an azimuth points to, degrees clockwise from up."""
    east, north = math.sin(math.radians(azimuth)), math.cos(math.radians(azimuth))
    (a, b, _), (d, e, _) = placement.east, placement.north
    determinant = a * e - b * d
    x, y = (east * e - north * b) / determinant, (north * a - east * d) / determinant
    return round(math.degrees(math.atan2(x, -y)), 1) % 360


def _bar(placement: PlanPlacement | None, units: float, frame: Frame) -> ScaleBar | None:
    if placement is None:
        return None
    across = math.hypot(placement.east[0], placement.north[0])  # metres that one unit to the right is
    metres, width = bar_of(units / across, at_most=min(180.0, (frame.right - frame.left) / 2))
    return ScaleBar(x=frame.left + 6, y=frame.bottom + 34, width=width, metres=metres)
