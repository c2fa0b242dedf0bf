"""Cameras for maps and plans."""

from __future__ import annotations

import re
from typing import Any

from vssx.model.cartography import IndoorPlan, MapCamera

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><rect width="200" height="100"/></svg>'


def camera(number: int, longitude: float | None, latitude: float | None, **fields: Any) -> MapCamera:
    """A camera with a sector of 60 degrees and 40 m, looking north, unless ``fields`` say otherwise."""
    given: dict[str, Any] = {
        "name": f"Camera {number}",
        "azimuth": 0.0,
        "horizontal_fov": 60.0,
        "far_range": 40.0,
        "position_from": "given",
    }
    return MapCamera(camera_id=f"C-{number}", longitude=longitude, latitude=latitude, **{**given, **fields})


def plan(name: str = "plan.svg", *, data: bytes = SVG, media_type: str = "image/svg+xml", **size: float) -> IndoorPlan:
    """200 x 100 user units."""
    return IndoorPlan(name=name, media_type=media_type, data=data, **{"width": 200.0, "height": 100.0, **size})


def points(path: str) -> list[tuple[float, float]]:
    """The places of SVG path data of M, L and Z."""
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
