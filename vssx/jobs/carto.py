"""``vssx carto check``: everything that is wrong, or worth a look, in a cartography."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.cartography.layout import beginning
from vssx.cartography.mapping import MAX_MAPPING, TableMapping, read_mapping
from vssx.cartography.placed_table import PlacedTable
from vssx.cartography.table import MAX_TABLE
from vssx.errors import StorageError, UsageError
from vssx.model.cartography import CartographyCheck, CartographyFinding, MapCamera, Severity
from vssx.shown import shown

if TYPE_CHECKING:
    from vssx.cartography.matching import RecordingIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRequest:
    """Which table, and how to read it. ``mapping``: a mapping file; ``crs``: of coordinates that name none, or ""."""

    path: Path
    mapping: Path | None = None
    crs: str = ""


def said_crs(text: str, option: str) -> str:
    """Authority and code of the reference system that ``option`` names, "" for none. Raises UsageError."""
    from vssx.cartography.cell_value import crs_code
    from vssx.cartography.crs import CoordinateReferenceSystem

    if not text:
        return ""
    try:
        return CoordinateReferenceSystem(crs_code(text) or text).code
    except UsageError as error:
        raise UsageError(error.message, where=option, next_step="Write for example EPSG:2154.") from error


class CartographyReview:
    """The findings of a table, in the order of its lines, as they are found; the counts are whole behind the last.

    ``kinds``: how many findings of each kind; ``usable``: rows that can be used, ``placed``: those with a position.
    ``bounds``: west, south, east and north of these, None without any: longitudes and latitudes exchanged in all rows
    alike are seen by people only.
    """

    def __init__(self, placed_table: PlacedTable) -> None:
        self.placed_table = placed_table
        self._recordings: Sequence[RecordingIdentity] | None = None
        self._against = ""
        self.usable = 0
        self.placed = 0
        self.bounds: tuple[float, float, float, float] | None = None
        self.counts = Counter[Severity]()
        self.kinds = Counter[str]()

    def compare(self, recordings: Sequence[RecordingIdentity], against: str) -> None:
        """Find out, behind all else, which cameras have no recording, and the other way round. ``against``: whose
        recordings they are, for words."""
        self._recordings = recordings
        self._against = against

    def __iter__(self) -> Iterator[CartographyFinding]:
        for one in self._found():
            self.counts[one.severity] += 1
            self.kinds[one.kind] += 1
            yield one

    def _found(self) -> Iterator[CartographyFinding]:
        cameras: list[MapCamera] = []
        for one in self.placed_table:
            if not isinstance(one, MapCamera):
                yield one
                continue
            self.usable += 1
            if one.longitude is not None and one.latitude is not None:
                self.placed += 1
                east, north = one.longitude, one.latitude
                west, south, most_east, most_north = self.bounds or (east, north, east, north)
                self.bounds = min(west, east), min(south, north), max(most_east, east), max(most_north, north)
            if self._recordings is not None:
                cameras.append(one)
        table = self.placed_table.table
        if not table.rows and table.header.places:
            yield CartographyFinding(
                severity=Severity.ERROR,
                file=self.placed_table.file,
                line=table.header.line,
                column="",
                value="",
                message="holds no camera: there are no rows below the header",
                kind="no-rows",
            )
        if self._recordings is not None:
            from vssx.cartography.recording_check import findings_against

            column = self.placed_table.columns.get("camera_id", "camera_id")
            yield from findings_against(
                cameras, self._recordings, file=self.placed_table.file, column=column, against=self._against
            )

    @property
    def result(self) -> CartographyCheck:
        """The worst of what was found so far."""
        if self.counts[Severity.ERROR]:
            return CartographyCheck.ERRORS
        return CartographyCheck.WARNINGS if self.counts[Severity.WARNING] else CartographyCheck.CLEAN


def review(request: TableRequest) -> CartographyReview:
    """Begin to check a table. Raises StorageError for a file that cannot be read, UsageError for a mapping or a
    reference system that is none, and for GeoJSON; whatever is wrong in the table itself is a finding."""
    return CartographyReview(open_table(request))


def open_table(request: TableRequest) -> PlacedTable:
    """The table of a request. Raises as ``review``."""
    data = read_given(request.path, MAX_TABLE + 1)
    refuse_geojson(data, request.path)
    mapping, mapping_file = read_table_mapping(request)
    return PlacedTable(data, shown(request.path.name), mapping, crs=request.crs, mapping_file=mapping_file)


def read_table_mapping(request: TableRequest) -> tuple[TableMapping | None, str]:
    """The mapping of a request, and its name for findings; None and "" without one. Raises as ``review``."""
    if request.mapping is None:
        return None, ""
    data = read_given(request.mapping, MAX_MAPPING + 1)
    return read_mapping(data, shown(request.mapping)), shown(request.mapping.name)


def is_geojson(data: bytes) -> bool:
    """Whether a file is meant to be GeoJSON: no table begins like that."""
    return beginning(data).startswith(b"{")


def refuse_geojson(data: bytes, path: Path) -> None:
    """Raises UsageError: what was drawn on a map has no lines and no columns to be told."""
    if is_geojson(data):
        raise UsageError(
            "is GeoJSON, not a table",
            where=shown(path),
            next_step="vssx carto convert --to csv makes a table of it, and tells what it leaves out.",
        )


def read_given(path: Path, limit: int) -> bytes:
    """The first ``limit`` bytes of a file of the operator's. Raises StorageError."""
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise StorageError(
            f"cannot be read: {error.strerror or error}", where=shown(path), next_step="Check the path."
        ) from error
