"""Maps as values: cameras and what they see, in the units of a drawing; the same told in rows of text."""

from __future__ import annotations

from dataclasses import dataclass

from vssx.model.cartography import MapCamera


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedCamera:
    """A camera of the cartography. ``number``: on the drawings and in the list. ``recordings``: directories of its
    recordings in the handover."""

    number: int
    camera: MapCamera
    recordings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name, else its identifier."""
        return self.camera.name or self.camera.camera_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSector:
    """An area of view. ``path``: SVG path data."""

    path: str
    recorded: bool
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCamera:
    """One camera, or several that lie too close to tell them apart (``count``). ``pointers``: SVG path data of the
    directions they look in. ``label``: "" where there was no room; at ``label_x``, ``label_y`` with ``anchor``."""

    x: float
    y: float
    count: int
    recorded: bool
    title: str
    pointers: str
    label: str = ""
    label_x: float = 0.0
    label_y: float = 0.0
    anchor: str = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLine:
    """A line of longitude or latitude. ``label``: degrees; "" where it meets no edge with a label."""

    path: str
    label: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleBar:
    """``width`` units of the drawing are ``metres``."""

    x: float
    y: float
    width: float
    metres: float

    @property
    def text(self) -> str:
        """The length, in metres or kilometres."""
        return f"{self.metres / 1000:g} km" if self.metres >= 1000 else f"{self.metres:g} m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The part of a drawing that the map is in."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMap:
    """Cameras that lie near each other, or, as ``overview``, all of them. ``wide``: so wide that north is up in the
    middle only. ``sectors_cut``: some reach beyond the frame. ``unlabelled``: cameras that no label names.
    ``sectors_left_out``: not drawn, since they are too many or too small."""

    key: str
    overview: bool
    width: float
    height: float
    frame: Frame
    grid: tuple[GridLine, ...]
    sectors: tuple[DrawnSector, ...]
    cameras: tuple[DrawnCamera, ...]
    scale_bar: ScaleBar
    wide: bool
    sectors_cut: bool
    sectors_left_out: int
    unlabelled: int
    names: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMap:
    """An indoor plan with its cameras. ``image``: a data: URI, None where the plan is not drawn, and ``reason`` a word
    for why: "pdf", "size" (of the file), "dimensions" (unknown), "room" (the page holds enough plans), "unreadable".

    ``north``: degrees on the drawing, clockwise from up, and ``scale_bar``: only with control points. ``outside``:
    cameras whose position is beyond the plan. ``unplaced``: cameras that name the plan and have no position on it.
    """

    key: str
    name: str
    path: str
    image: str | None
    reason: str
    width: float
    height: float
    frame: Frame
    sectors: tuple[DrawnSector, ...]
    cameras: tuple[DrawnCamera, ...]
    north: float | None
    scale_bar: ScaleBar | None
    unlabelled: int
    outside: int
    unplaced: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCamera:
    """A row of the list of cameras. ``place``: site, building, floor, zone, address. ``lacking``: columns without which
    there is no sector. ``distance``s in metres, angles in degrees; None: not said."""

    number: int
    name: str
    camera_id: str
    place: str
    longitude: float | None
    latitude: float | None
    position_from: str
    plan: str
    azimuth: float | None
    tilt: float | None
    horizontal_fov: float | None
    near_range: float | None
    far_range: float | None
    lacking: tuple[str, ...]
    recordings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMaps:
    """All drawings and the list. ``groups_left_out``: groups of cameras without a map of their own.
    ``unplaced``: cameras without a position on the earth."""

    key: str
    maps: tuple[CameraMap, ...]
    groups_left_out: int
    plans: tuple[PlanMap, ...]
    cameras: tuple[ListedCamera, ...]
    cameras_left_out: int
    total: int
    unplaced: int
    recorded: bool

    @property
    def joined(self) -> bool:
        """Somewhere several cameras are one mark."""
        drawn = (*(one.cameras for one in self.maps), *(one.cameras for one in self.plans))
        return any(one.count > 1 for cameras in drawn for one in cameras)
