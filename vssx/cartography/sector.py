"""What a camera sees, on the ground: an area of the ellipsoid between two ranges and two directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vssx.cartography.antimeridian import cut
from vssx.cartography.ellipsoid import Polygon, Position, Ring, forward
from vssx.model.cartography import MapCamera

MAX_RANGE = 1_000_000.0
"""Metres; no camera sees further, and a bigger area is no longer one about its camera."""
_STEP = 2.0  # degrees of an arc: its chords are 0.15 per mille of the range within the circle
_PIECE = 1000.0  # metres of a straight edge: a geodesic is no straight line of longitudes and latitudes
_MAX_PIECES = 64
_POLE = 90 - 1e-7
_ANTIMERIDIAN = 180 - 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSector:
    """The area of view; nothing is said of walls, of the ground's shape, or of what hides behind other things.

    ``outline``: the outer ring, then perhaps a hole, uncut (longitude, latitude): to be laid onto a plane.
    ``polygons``: the same for a map of longitudes and latitudes (RFC 7946: outer rings counterclockwise, cut at the
    antimeridian). ``azimuth``: of the middle, None all round. ``near_range``, ``far_range``: metres;
    ``near_range`` is 0 where the camera's row says nothing.
    """

    outline: tuple[Ring, ...]
    polygons: tuple[Polygon, ...]
    azimuth: float | None
    horizontal_fov: float
    near_range: float
    far_range: float


def lacking(camera: MapCamera) -> tuple[str, ...]:
    """The columns without which a camera has no sector; also those whose values do not allow one."""
    missing = [] if camera.placed else [name for name in ("longitude", "latitude") if getattr(camera, name) is None]
    fov, near, far = camera.horizontal_fov, camera.near_range or 0.0, camera.far_range
    if camera.azimuth is None and (fov is None or fov < 360):
        missing.append("azimuth")
    if fov is None or not 0 < fov <= 360:
        missing.append("horizontal_fov")
    if far is None or not 0 < far <= MAX_RANGE:
        missing.append("far_range")
    elif not 0 <= near < far:
        missing.append("near_range")
    return tuple(missing)


def view_sector(camera: MapCamera) -> ViewSector | None:
    """The sector of ``camera``; None where its row does not give one (``lacking`` tells why)."""
    longitude, latitude, fov, far = camera.longitude, camera.latitude, camera.horizontal_fov, camera.far_range
    if lacking(camera) or longitude is None or latitude is None or fov is None or far is None:
        return None
    # At a pole itself there is no north, and on the antimeridian itself no side: 1 cm beside them there is.
    beside = longitude if abs(longitude) < _ANTIMERIDIAN else math.copysign(_ANTIMERIDIAN, longitude)
    start = (beside, max(-_POLE, min(_POLE, latitude)))
    near, azimuth = camera.near_range or 0.0, camera.azimuth or 0.0
    if fov < 360:
        outline: tuple[Ring, ...] = (_part(start, azimuth, fov, near, far),)
    elif near > 0:
        outline = (_arc(start, 360.0, 0.0, far), _arc(start, 0.0, 360.0, near))
    else:
        outline = (_arc(start, 360.0, 0.0, far),)
    return ViewSector(
        outline=outline,
        polygons=cut(outline),
        azimuth=None if camera.azimuth is None or fov >= 360 else camera.azimuth,
        horizontal_fov=fov,
        near_range=near,
        far_range=far,
    )


def _part(start: Position, azimuth: float, fov: float, near: float, far: float) -> Ring:
    """A piece of a ring or, without ``near``, of a disc: counterclockwise from its right edge, closed."""
    left, right = azimuth - fov / 2, azimuth + fov / 2
    outer = _arc(start, right, left, far)
    inner = _arc(start, left, right, near) if near > 0 else (start,)
    inwards = _edge(start, left, far, near)
    outwards = _edge(start, right, near, far)
    return (*outer, *inwards, *inner, *outwards, outer[0])


def _arc(start: Position, first: float, last: float, distance: float) -> Ring:
    steps = max(2, math.ceil(abs(last - first) / _STEP))
    azimuths = [first + (last - first) * step / steps for step in range(steps + 1)]
    points = forward(start, azimuths, [distance] * len(azimuths))
    return (*points[:-1], points[0]) if abs(last - first) >= 360 else points


def _edge(start: Position, azimuth: float, begin: float, end: float) -> Ring:
    """The points between both ends of a straight edge."""
    pieces = min(_MAX_PIECES, math.ceil(abs(end - begin) / _PIECE))
    if _about_pole(start, max(begin, end)):
        pieces = _MAX_PIECES
    distances = [begin + (end - begin) * piece / pieces for piece in range(1, pieces)]
    return forward(start, [azimuth] * len(distances), distances)


def _about_pole(start: Position, distance: float) -> bool:
    """A pole may lie within ``distance``."""
    return (90 - abs(start[1])) * 110_000 < distance * 2
