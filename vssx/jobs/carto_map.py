"""``vssx carto map``: one self-contained page with the cameras on maps and plans."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vssx.errors import ExitCode
from vssx.evidence.durable import create_durably
from vssx.jobs.carto import TableRequest
from vssx.jobs.carto_convert import read_cameras
from vssx.jobs.page_file import check_page_file
from vssx.model.cartography import Severity
from vssx.report.language import Language

SUFFIXES = (".html",)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRequest:
    """``table``: CSV or GeoJSON; ``out``: the page, must not exist."""

    table: TableRequest
    out: Path
    language: Language = Language.ENGLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMap:
    """``rows``: of the table; ``cameras``: those that can be used, ``placed``: those with a position; ``plans``: on the
    page, drawn or named. ``errors``, ``warnings``: findings."""

    rows: int
    cameras: int
    placed: int
    maps: int
    plans: int
    errors: int
    warnings: int
    size: int

    @property
    def exit_code(self) -> ExitCode:
        """100 where something could not be used."""
        return ExitCode.INCOMPLETE if self.errors else ExitCode.DONE


def make_map(request: MapRequest) -> MadeMap:
    """Read, draw and write.

    Raises as ``read_cameras``, and HandoverError where ``out`` exists or lies in a handover: nothing is written then.
    """
    from vssx.jobs.cartography_pages import plans_beside
    from vssx.report.map_page import MapContent, render_map
    from vssx.report.map_pages import draw_cartography, number_cameras
    from vssx.report.page import Page
    from vssx.report.plan_drawing import draw_plans

    check_page_file(request.out, SUFFIXES)
    table = request.table
    reading = read_cameras(table)
    numbered = number_cameras(reading.cameras)
    plans = draw_plans(plans_beside(table.path.parent, numbered, reading.placements), numbered)
    maps = draw_cartography(numbered, plans=plans)
    errors, warnings = (reading.counts.get(severity, 0) for severity in (Severity.ERROR, Severity.WARNING))
    content = MapContent(
        name=table.path.name,
        maps=maps,
        rows=reading.rows,
        errors=errors,
        warnings=warnings,
        operations=reading.operations,
    )
    page = render_map(content, Page(language=request.language))
    create_durably(request.out, page)
    return MadeMap(
        rows=reading.rows,
        cameras=len(reading.cameras),
        placed=len(reading.cameras) - maps.unplaced,
        maps=len(maps.maps),
        plans=len(plans),
        errors=errors,
        warnings=warnings,
        size=len(page),
    )
