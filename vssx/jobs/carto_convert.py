"""``vssx carto convert``: a cartography as GeoJSON, KML, or CSV of the profile, in any reference system."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import ExitCode, HandoverError, MalformedMediaError, StorageError, UsageError
from vssx.jobs.carto import TableRequest, is_geojson, read_given, read_table_mapping
from vssx.model.cartography import CartographyFinding, CoordinateOperation, MapCamera, Severity
from vssx.shown import shown

if TYPE_CHECKING:
    from vssx.cartography.crs import CoordinateReferenceSystem
    from vssx.cartography.placed_table import TableReading

_MAX_KEPT = 1000


class CartographyFormat(StrEnum):
    """What a cartography can be written as."""

    GEOJSON = "geojson"
    KML = "kml"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionRequest:
    """``table``: CSV or GeoJSON; ``target_crs``: of the eastings and northings of a CSV, "" to leave them as they are.

    ``out``: must not exist.
    """

    table: TableRequest
    to: CartographyFormat
    out: Path
    target_crs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """``rows``: of the table, ``cameras``: written; ``placed``, ``sectors``: of these. ``findings``: the first of all,
    ``counts``: how many there are. ``size``: bytes written."""

    rows: int
    cameras: int
    placed: int
    sectors: int
    operations: tuple[CoordinateOperation, ...]
    findings: tuple[CartographyFinding, ...]
    counts: dict[Severity, int]
    size: int

    @property
    def exit_code(self) -> ExitCode:
        """100 where something could not be used."""
        return ExitCode.INCOMPLETE if self.counts[Severity.ERROR] else ExitCode.DONE


def convert(request: ConversionRequest) -> Conversion:
    """Read, place and write all cameras that can be used.

    Raises UsageError for options that do not fit, StorageError, HandoverError where ``out`` exists, and
    MalformedMediaError where no row can be used: nothing is written then.
    """
    from vssx.cartography.crs import CoordinateReferenceSystem
    from vssx.cartography.sector import lacking

    if request.target_crs and request.to is not CartographyFormat.CSV:
        raise UsageError(
            f"{request.to} holds longitudes and latitudes in WGS 84 only",
            where="--target-crs",
            next_step="Use --to csv for coordinates in another system.",
        )
    target = CoordinateReferenceSystem(request.target_crs) if request.target_crs else None
    reading = read_cameras(request.table)
    projection = _Projection(target, shown(request.table.path.name))
    cameras = (projection.apply(one) for one in reading.cameras)
    size = _write(request.out, _chunks(request.to, cameras))
    counts = Counter(reading.counts) + projection.counts
    return Conversion(
        rows=reading.rows,
        cameras=len(reading.cameras),
        placed=sum(one.placed for one in reading.cameras),
        sectors=sum(not lacking(one) for one in reading.cameras),
        operations=tuple(dict.fromkeys((*reading.operations, *projection.operations))),
        findings=(*reading.findings, *projection.findings),
        counts={severity: counts[severity] for severity in Severity},
        size=size,
    )


def read_cameras(table: TableRequest) -> TableReading:
    """A table, or GeoJSON, whole, with one camera or more: their number is bounded, 200,000 take some 300 MB.

    Raises StorageError, UsageError for options that do not fit and for more than is read, MalformedMediaError where no
    camera can be used.
    """
    reading = _read(table)
    if reading.left_out:
        raise UsageError(
            f"holds {reading.left_out}, the most that are read",
            where=shown(table.path),
            next_step="Divide it into several files.",
        )
    if not reading.cameras:
        raise MalformedMediaError(
            f"holds no camera that can be used: {reading.worst or 'it has no rows'}",
            where=shown(table.path),
            next_step="vssx carto check lists what is wrong with a table.",
        )
    return reading


def _read(table: TableRequest) -> TableReading:
    from vssx.cartography.geojson_reading import MAX_GEOJSON, read_geojson
    from vssx.cartography.placed_table import read_table

    data = read_given(table.path, MAX_GEOJSON + 1)
    if is_geojson(data):
        if table.mapping is not None or table.crs:
            raise UsageError(
                f"{shown(table.path)} is GeoJSON, which names its own columns and coordinates",
                where="--mapping, --crs",
                next_step="Leave them out.",
            )
        return read_geojson(data, shown(table.path.name))
    mapping, mapping_file = read_table_mapping(table)
    return read_table(data, shown(table.path.name), mapping, crs=table.crs, mapping_file=mapping_file)


class _Projection:
    """Fills easting, northing and crs with coordinates in ``target``, where there is one."""

    def __init__(self, target: CoordinateReferenceSystem | None, file: str) -> None:
        self._target = target
        self._file = file
        self.operations: dict[CoordinateOperation, None] = {}
        self.findings: list[CartographyFinding] = []
        self.counts = Counter[Severity]()

    def apply(self, camera: MapCamera) -> MapCamera:
        """The camera with its place in the target's system; what it had in another one goes."""
        target = self._target
        if target is None or camera.longitude is None or camera.latitude is None:
            return camera
        made = target.from_wgs84(camera.longitude, camera.latitude)
        if made is None:
            self._say(Severity.ERROR, camera, f"{target.code} has no coordinates for this place")
            return replace(camera, crs="", easting=None, northing=None, position_from=_given(camera))
        self.operations.setdefault(made.operation)
        if made.outside:
            self._say(Severity.WARNING, camera, f"outside the area that {target.code} ({target.name}) is made for")
        return replace(
            camera,
            crs=target.code,
            easting=round(made.first, target.digits),
            northing=round(made.second, target.digits),
            position_from=_given(camera),
        )

    def _say(self, severity: Severity, camera: MapCamera, message: str) -> None:
        self.counts[severity] += 1
        if len(self.findings) < _MAX_KEPT:
            self.findings.append(
                CartographyFinding(
                    severity=severity,
                    file=self._file,
                    line=camera.line,
                    column="longitude",
                    value=f"{camera.longitude:.15g}, {camera.latitude:.15g}",
                    message=message,
                    kind="outside-crs",
                )
            )


def _given(camera: MapCamera) -> str:
    """Longitude and latitude no longer come from the easting and northing beside them, but the other way round."""
    return "given" if camera.position_from == "crs" else camera.position_from


def _chunks(to: CartographyFormat, cameras: Iterable[MapCamera]) -> Iterator[bytes]:
    from vssx.cartography.geojson import write_geojson
    from vssx.cartography.kml import write_kml
    from vssx.cartography.profile_writer import write_profile

    writers = {
        CartographyFormat.GEOJSON: write_geojson,
        CartographyFormat.KML: write_kml,
        CartographyFormat.CSV: write_profile,
    }
    return writers[to](cameras)


def _write(out: Path, chunks: Iterable[bytes]) -> int:
    """The new file whole, or none. Returns its size."""
    try:
        file = out.open("xb")
    except FileExistsError:
        raise HandoverError(
            "exists already and is never overwritten", where=shown(out), next_step="Move it away or use another name."
        ) from None
    except OSError as error:
        raise _unwritten(out, error) from error
    size = 0
    try:
        with file:
            for chunk in chunks:
                size += file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritten(out, error) from error
        raise
    return size


def _unwritten(out: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot be written: {error.strerror or error}", where=shown(out), next_step="Check free space and permissions."
    )
