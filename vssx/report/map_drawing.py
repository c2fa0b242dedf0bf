"""Draws maps of cameras: one of all, and where that shows too little one of each group that lies together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from vssx.cartography.ellipsoid import Position, Ring
from vssx.cartography.local_plane import LocalPlane
from vssx.cartography.sector import view_sector
from vssx.report.camera_groups import groups
from vssx.report.camera_map import CameraMap, DrawnSector, Frame, NumberedCamera
from vssx.report.drawn_cameras import Spot, drawn_cameras, pointer_ends
from vssx.report.map_labels import labelled
from vssx.report.map_scale import MapScale, path_of

WIDTH = 960.0
_FRAME = Frame(left=84.0, top=10.0, right=948.0, bottom=0.0)
_HEIGHTS = (300.0, 620.0)
_BELOW = 26.0
MAX_MAPS = 12
"""Maps of groups; further groups are counted."""
MAX_SECTORS = 600
"""Sectors of one map."""
_LEAST_SECTOR = 2.0
_LEGIBLE = 14.0
"""Units of the drawing that the middle one of the sectors should reach."""
_OUTLIER = 8.0
_USUAL_RANGE = 50.0
_APART = 500.0
_NEAREST = 60.0
MAX_NAMES = 20
"""Names of cameras in the text of a map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Cameras of one map, with their positions on ``plane``. ``apart``: metres that made them a group."""

    plane: LocalPlane
    cameras: tuple[NumberedCamera, ...]
    points: tuple[Position, ...]
    apart: float


def draw_maps(cameras: Sequence[NumberedCamera], key: str) -> tuple[tuple[CameraMap, ...], int]:
    """The maps of all cameras that have a position, and how many groups have none. ``key``: begins the names of the
    drawings in their page."""
    placed = [one for one in cameras if one.camera.placed]
    if not placed:
        return (), 0
    whole = _group(placed, _APART)
    found = _legible(whole)
    if len(found) == 1:
        return (_draw(whole, f"{key}-0", overview=False),), 0
    found.sort(key=lambda one: (not any(camera.recordings for camera in one.cameras), -len(one.cameras)))
    maps = [_draw(whole, f"{key}-0", overview=True)]
    maps += [_draw(one, f"{key}-{number}", overview=False) for number, one in enumerate(found[:MAX_MAPS], 1)]
    return tuple(maps), max(0, len(found) - MAX_MAPS)


def _group(cameras: Sequence[NumberedCamera], apart: float) -> _Group:
    positions = [_position(one) for one in cameras]
    plane = LocalPlane.around(positions)
    return _Group(plane=plane, cameras=tuple(cameras), points=plane.to_metres(positions), apart=apart)


def _position(one: NumberedCamera) -> Position:
    longitude, latitude = one.camera.longitude, one.camera.latitude
    assert longitude is not None
    assert latitude is not None
    return longitude, latitude


def _legible(group: _Group) -> list[_Group]:
    """The group itself where one map of it shows what its cameras see, else the groups it falls into."""
    apart = group.apart
    while apart >= _NEAREST and not _shows_enough(group):
        parts = groups(group.points, apart)
        apart /= 2
        if len(parts) > 1:
            below = [_group([group.cameras[index] for index in part], apart) for part in parts]
            return [one for part in below for one in _legible(part)]
    return [group]


def _shows_enough(group: _Group) -> bool:
    if len(group.cameras) == 1:
        return True
    across = max(x for x, _ in group.points) - min(x for x, _ in group.points)
    up = max(y for _, y in group.points) - min(y for _, y in group.points)
    units = min((_FRAME.right - _FRAME.left) / max(across, 1.0), _HEIGHTS[1] / max(up, 1.0))
    return _usual_range(group) * units >= _LEGIBLE


def _usual_range(group: _Group) -> float:
    """Metres that the cameras of the group see, in the middle of all."""
    ranges = [one.camera.far_range for one in group.cameras if one.camera.far_range]
    return median(ranges) if ranges else _USUAL_RANGE


def _draw(group: _Group, key: str, *, overview: bool) -> CameraMap:
    outlines = _outlines(group)
    usual = _usual_range(group)
    shown = [
        point
        for index, rings in outlines.items()
        if (group.cameras[index].camera.far_range or 0.0) <= usual * _OUTLIER
        for ring in rings
        for point in ring
    ]
    scale = MapScale.fitting(group.plane, [*group.points, *shown], _FRAME, _HEIGHTS)
    sectors, left_out, cut = _sectors(group, outlines, scale)
    bar = scale.scale_bar()
    frame = scale.frame
    spots = [
        Spot(numbered=one, place=scale.place(point), heading=one.camera.azimuth)
        for one, point in zip(group.cameras, group.points, strict=True)
    ]
    cameras, names = drawn_cameras(spots)
    taken = [
        (bar.x - 6, bar.y - 24, bar.x + bar.width + 6, bar.y + 8),
        (frame.right - 40, frame.top, frame.right, frame.top + 56),
        *pointer_ends(spots),
    ]
    named = labelled(cameras, names, frame, taken)
    return CameraMap(
        key=key,
        overview=overview,
        width=WIDTH,
        height=frame.bottom + _BELOW,
        frame=frame,
        grid=scale.grid(),
        sectors=sectors,
        cameras=named,
        scale_bar=bar,
        wide=scale.wide,
        sectors_cut=cut,
        sectors_left_out=left_out,
        unlabelled=sum(one.count for one in named if not one.label),
        names=tuple(one.name for one in group.cameras[:MAX_NAMES]),
        total=len(group.cameras),
    )


def _outlines(group: _Group) -> dict[int, tuple[Ring, ...]]:
    """The areas of view on the group's plane, of at most MAX_SECTORS cameras: recorded ones first."""
    found: dict[int, tuple[Ring, ...]] = {}
    for index in sorted(range(len(group.cameras)), key=lambda one: not group.cameras[one].recordings):
        if len(found) >= MAX_SECTORS:
            break
        sector = view_sector(group.cameras[index].camera)
        if sector is not None:
            found[index] = group.plane.rings_to_metres(sector.outline)
    return found


def _sectors(
    group: _Group, outlines: dict[int, tuple[Ring, ...]], scale: MapScale
) -> tuple[tuple[DrawnSector, ...], int, bool]:
    """The areas of view, how many are not drawn, and whether one reaches beyond the frame. Large ones lie below."""
    frame = scale.frame
    drawn: list[tuple[float, DrawnSector]] = []
    left_out = sum(bool(one.camera.far_range and one.camera.horizontal_fov) for one in group.cameras) - len(outlines)
    cut = False
    for index, rings in outlines.items():
        one = group.cameras[index]
        far = one.camera.far_range or 0.0
        if far * scale.units < _LEAST_SECTOR:
            left_out += 1
            continue
        places = [[scale.place(point) for point in ring] for ring in rings]
        cut = cut or any(
            not (frame.left <= x <= frame.right and frame.top <= y <= frame.bottom) for ring in places for x, y in ring
        )
        path = "".join(path_of(ring, closed=True, least=1.2) for ring in places)
        drawn.append((far, DrawnSector(path=path, recorded=bool(one.recordings), title=f"{one.number} {one.name}")))
    drawn.sort(key=lambda item: -item[0])
    return tuple(sector for _, sector in drawn), max(0, left_out), cut
