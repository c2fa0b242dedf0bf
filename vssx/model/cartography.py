"""Cameras on the map (IEC 62676-2-11, 4.2 and Annex A; the columns are our profile, docs/cartography.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vssx.errors import ExitCode


class CameraType(StrEnum):
    """Kind of camera."""

    FIXED = "fixed"
    DOME = "dome"
    PTZ = "ptz"
    MULTI_SENSOR = "multi-sensor"
    BODYWORN = "bodyworn"
    MOBILE = "mobile"


class Setting(StrEnum):
    """Where a camera hangs."""

    INDOOR = "indoor"
    OUTDOOR = "outdoor"


class IdentifierKind(StrEnum):
    """What ``camera_id`` is, where the cartography says so; else every kind is tried in this order."""

    TOKEN = "token"  # noqa: S105  recording token
    SOURCE = "source"
    NAME = "name"
    ADDRESS = "address"
    REMOTE = "remote"  # IEC 62676-2-33 remote token


@dataclass(frozen=True, slots=True, kw_only=True)
class MapCamera:
    """One row of the cartography, in the columns of the profile. None and "": not said.

    ``camera_id`` links it to recordings. ``longitude``/``latitude``: WGS 84 in degrees, east and north positive, as
    given, or computed from ``easting``/``northing`` in ``crs`` (for example EPSG:2154) or from the position on the
    plan; ``position_from`` says which: "given", "crs", "plan", or "" without a position. ``altitude``: metres;
    ``height_above_floor``: metres. ``azimuth``: degrees clockwise from true north, 0 <= azimuth < 360;
    ``tilt``: degrees, 0 horizontal, negative down; ``roll``: degrees clockwise. Fields of view: degrees, full angle.
    Ranges: metres from the camera. ``plan``: file name of an indoor plan, ``plan_x``/``plan_y``: position on it in
    pixels (PNG) or user units (SVG, PDF), from its upper left corner. ``in_service_since``/``until``: ISO 8601 date or
    time. ``line``: in the file it was read from, 0 when made otherwise.
    """

    camera_id: str
    identifier_kind: IdentifierKind | None = None
    name: str = ""
    site: str = ""
    building: str = ""
    floor: str = ""
    zone: str = ""
    setting: Setting | None = None
    camera_type: CameraType | None = None
    longitude: float | None = None
    latitude: float | None = None
    altitude: float | None = None
    height_above_floor: float | None = None
    crs: str = ""
    easting: float | None = None
    northing: float | None = None
    azimuth: float | None = None
    tilt: float | None = None
    roll: float | None = None
    horizontal_fov: float | None = None
    vertical_fov: float | None = None
    near_range: float | None = None
    far_range: float | None = None
    plan: str = ""
    plan_x: float | None = None
    plan_y: float | None = None
    address: str = ""
    operator: str = ""
    contact: str = ""
    in_service_since: str = ""
    in_service_until: str = ""
    remarks: str = ""
    position_from: str = ""
    line: int = 0

    @property
    def placed(self) -> bool:
        """It has a position on the earth."""
        return self.longitude is not None and self.latitude is not None


class Severity(StrEnum):
    """``error``: the row or the value cannot be used; ``warning``: it can, and somebody should look; ``note``: said."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class CartographyFinding:
    """What is wrong, or worth a look, in a cartography: file, line (0: the file as a whole), column, value.

    ``column``: as the file's own header calls it; ``kind``: the same word for findings of the same kind, for counting.
    """

    severity: Severity
    file: str
    line: int
    column: str
    value: str
    message: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinateOperation:
    """How coordinates became WGS 84. ``pipeline``: PROJ string of the operation used; ``accuracy_m``: as PROJ tells,
    None when unknown; ``warning``: e.g. that a better grid is missing, and which."""

    source: str
    target: str
    pipeline: str
    accuracy_m: float | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndoorPlan:
    """An indoor plan. ``media_type``: image/png, image/svg+xml or application/pdf; ``width``/``height``: pixels or
    user units, 0 where unknown; ``data``: the file, unaltered."""

    name: str
    media_type: str
    width: float
    height: float
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file of the operator's in a handover, unaltered. ``name``: as it was given; ``path``: its copy in the bag;
    ``sha256``: hex, of its ``size`` bytes."""

    name: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedTable(AttachedFile):
    """The cartography as it was given, and how it was read. ``separator``: of its cells; "" where it is no CSV."""

    encoding: str
    separator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedPlan(AttachedFile):
    """An indoor plan that a row names; the rest as in IndoorPlan."""

    media_type: str
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedCartography:
    """What a handover holds of the cameras' cartography, and how it was read.

    ``csv``/``geojson``: paths in the bag of what was made of ``included`` of the ``rows`` usable rows: those of the
    exported cameras, or ``all_rows``. ``findings``: the first of ``findings_total``.
    """

    source: AttachedTable
    mapping: AttachedFile | None
    csv: str
    geojson: str
    rows: int
    included: int
    all_rows: bool
    operations: tuple[CoordinateOperation, ...] = ()
    plans: tuple[AttachedPlan, ...] = ()
    findings: tuple[CartographyFinding, ...] = ()
    findings_total: int = 0

    @property
    def originals(self) -> tuple[AttachedFile, ...]:
        """The files that were given."""
        return (self.source, *([self.mapping] if self.mapping is not None else []), *self.plans)


class CartographyCheck(StrEnum):
    """How many findings of what kind: the exit code of ``vssx carto check``."""

    CLEAN = "clean"
    WARNINGS = "warnings"
    ERRORS = "errors"

    @property
    def exit_code(self) -> ExitCode:
        """0; 100 where something was found that does not keep rows from use; 20 where rows cannot be used."""
        return {
            CartographyCheck.CLEAN: ExitCode.DONE,
            CartographyCheck.WARNINGS: ExitCode.INCOMPLETE,
            CartographyCheck.ERRORS: ExitCode.MALFORMED_MEDIA,
        }[self]
