"""A table of cameras with their places: what every command and every export reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vssx.cartography.control_points import PlanPlacement
from vssx.cartography.dialect import Dialect
from vssx.cartography.mapping import TableMapping
from vssx.cartography.place_check import PlaceCheck
from vssx.cartography.placing import Placing
from vssx.cartography.table import Table
from vssx.model.cartography import CartographyFinding, CoordinateOperation, MapCamera, Severity

MAX_KEPT = 1000
"""Findings that a TableReading keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """``cameras``: all usable ones, in the order of the file; ``findings``: the first MAX_KEPT; ``counts``: of all.

    ``rows``: how many there were, those that cannot be used among them; ``columns``: profile column -> header as
    written; ``operations``: how coordinates became WGS 84; ``placements``: plans that lie on the earth. ``left_out``:
    in words, why not all of the file was read; "" where it was.
    """

    cameras: tuple[MapCamera, ...]
    findings: tuple[CartographyFinding, ...]
    counts: Mapping[Severity, int]
    rows: int
    dialect: Dialect
    columns: Mapping[str, str]
    operations: tuple[CoordinateOperation, ...]
    placements: Mapping[str, PlanPlacement]
    left_out: str = ""

    @property
    def worst(self) -> str:
        """The first of the severest findings, in words; "" where there is none."""
        return next((one.message for each in Severity for one in self.findings if one.severity is each), "")


class PlacedTable:
    """``Table`` with positions computed and compared: iterating gives findings and cameras, as they come.

    Nothing in ``data`` raises. ``file`` and ``mapping_file`` are names for findings; ``crs``: of eastings and northings
    without one in their row.
    """

    def __init__(
        self, data: bytes, file: str, mapping: TableMapping | None = None, *, crs: str = "", mapping_file: str = ""
    ) -> None:
        self.table = Table(data, file, mapping, crs)
        self.columns = self.table.header.columns
        self.placing = Placing(
            file, columns=self.columns, plans=mapping.plans if mapping else None, mapping_file=mapping_file
        )
        self.file = file
        self._mapping_file = mapping_file or file
        self._plans = tuple(mapping.plans) if mapping else ()

    def __iter__(self) -> Iterator[MapCamera | CartographyFinding]:
        yield from self.placing.lay_plans()
        places = PlaceCheck(self.file, self.columns)
        unused = dict.fromkeys(self._plans)
        for one in self.table:
            if not isinstance(one, MapCamera):
                yield one
                continue
            unused.pop(one.plan, None)
            camera, findings = self.placing.place(one)
            yield from findings
            if not camera.placed:
                yield self._without_place(camera)
            yield from places.add(camera)
            yield camera
        yield from places.findings()
        yield from (self._unused_plan(name) for name in unused)

    def _unused_plan(self, name: str) -> CartographyFinding:
        return CartographyFinding(
            severity=Severity.WARNING,
            file=self._mapping_file,
            line=0,
            column="plans",
            value=name[:200],
            message="no row names this plan: its name must be the same in both, letter for letter",
            kind="unused-plan",
        )

    def _without_place(self, camera: MapCamera) -> CartographyFinding:
        drawn = "only a place on a plan" if camera.plan_x is not None else "no position"
        return CartographyFinding(
            severity=Severity.NOTE,
            file=self.file,
            line=camera.line,
            column=self.columns.get("camera_id", "camera_id"),
            value=camera.camera_id[:200],
            message=f"{drawn} is known of it: no map shows it",
            kind="no-position",
        )


def read_table(
    data: bytes, file: str, mapping: TableMapping | None = None, *, crs: str = "", mapping_file: str = ""
) -> TableReading:
    """All of a table at once. As PlacedTable."""
    placed = PlacedTable(data, file, mapping, crs=crs, mapping_file=mapping_file)
    cameras: list[MapCamera] = []
    findings: list[CartographyFinding] = []
    counts = Counter[Severity]()
    for one in placed:
        if isinstance(one, MapCamera):
            cameras.append(one)
            continue
        counts[one.severity] += 1
        if len(findings) < MAX_KEPT:
            findings.append(one)
    return TableReading(
        cameras=tuple(cameras),
        findings=tuple(findings),
        counts=counts,
        rows=placed.table.rows,
        dialect=placed.table.dialect,
        columns=placed.columns,
        operations=placed.placing.operations,
        placements=placed.placing.placements,
        left_out=placed.table.left_out,
    )
