"""The page of ``vssx carto map``."""

from __future__ import annotations

from dataclasses import dataclass

from vssx.model.cartography import CoordinateOperation
from vssx.report.camera_map import CameraMaps
from vssx.report.page import COMMON_STYLE, Page

_MAX_OPERATIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MapContent:
    """``name``: of the table; ``rows``: that it has; ``errors``, ``warnings``: how many findings; ``operations``: how
    coordinates became WGS 84."""

    name: str
    maps: CameraMaps
    rows: int
    errors: int
    warnings: int
    operations: tuple[CoordinateOperation, ...] = ()


def render_map(content: MapContent, page: Page) -> bytes:
    """The page."""
    return page.render(
        "carto_map.html.j2",
        styles=(COMMON_STYLE, "drawings.css"),
        content=content,
        operations=content.operations[:_MAX_OPERATIONS],
        operations_left_out=max(0, len(content.operations) - _MAX_OPERATIONS),
    )
