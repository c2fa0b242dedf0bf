"""What a tt:MetadataStream says of a scene: objects and PTZ positions (ONVIF Analytics, "Scene description")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """tt:Vector, in the coordinates of its frame."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """tt:Rectangle, in the coordinates of its frame."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    """tt:Transformation: from the coordinates of a frame to those of the picture, which run from -1 to 1, y upwards.

    A coordinate is multiplied by the scale, then the translation is added.
    """

    translate: Point = Point(x=0, y=0)
    scale: Point = Point(x=1, y=1)

    def point(self, point: Point) -> Point:
        """The point in the picture."""
        return Point(
            x=point.x * self.scale.x + self.translate.x,
            y=point.y * self.scale.y + self.translate.y,
        )

    def box(self, box: Box) -> Box:
        """The box in the picture."""
        first = self.point(Point(x=box.left, y=box.top))
        last = self.point(Point(x=box.right, y=box.bottom))
        return Box(left=first.x, top=first.y, right=last.x, bottom=last.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectClass:
    """What an object may be. ``likelihood``: 0 to 1 as sent; None where it is not told."""

    name: str
    likelihood: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoLocation:
    """tt:GeoLocation in degrees (WGS 84) and metres above the ellipsoid."""

    longitude: float | None = None
    latitude: float | None = None
    elevation_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Anything else that was sent: the path of an element or attribute below its owner, and its text.

    ``path``: local names with / between, @ before an attribute, e.g. ``Appearance/VehicleInfo/Brand@Likelihood``.
    ``cut``: characters of the text that are left out here.
    """

    path: str
    value: str
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectObservation:
    """One tt:Object of one tt:Frame.

    ``utc_ns``: UtcTime of the frame, None where it is missing or no time; ``source``: the analytics module of the
    frame; ``classes`` in the order sent; ``box`` and ``centre`` as sent, to be read through ``transformation`` of the
    frame and ``own_transformation`` of the object where there are any; ``speed_m_s`` in metres a second; ``plate``:
    number of a licence plate; ``removed``, ``idle``: the object left the scene, or rests. ``details``: everything
    else in the object; ``details_left_out``: how many more of them there were.
    """

    object_id: str
    utc_ns: int | None = None
    parent_id: str = ""
    source: str = ""
    classes: tuple[ObjectClass, ...] = ()
    box: Box | None = None
    centre: Point | None = None
    transformation: Transformation | None = None
    own_transformation: Transformation | None = None
    location: GeoLocation | None = None
    speed_m_s: float | None = None
    plate: str = ""
    plate_likelihood: float | None = None
    removed: bool = False
    idle: bool = False
    details: tuple[Detail, ...] = ()
    details_left_out: int = 0

    @property
    def box_in_picture(self) -> Box | None:
        """The box in the coordinates of the picture; None where the frame does not tell how to get there."""
        if self.transformation is None or self.box is None:
            return None
        box = self.own_transformation.box(self.box) if self.own_transformation else self.box
        return self.transformation.box(box)

    @property
    def centre_in_picture(self) -> Point | None:
        """The centre in the coordinates of the picture; None where the frame does not tell how to get there."""
        if self.transformation is None or self.centre is None:
            return None
        centre = self.own_transformation.point(self.centre) if self.own_transformation else self.centre
        return self.transformation.point(centre)


@dataclass(frozen=True, slots=True, kw_only=True)
class PtzPosition:
    """A tt:PTZStatus: where the camera looked, in the units of its spaces.

    ``utc_ns``: its UtcTime, that of its frame where it has none. ``pan_tilt_space``, ``zoom_space``: URIs that tell
    the units, "" for the camera's default. ``pan_tilt_status``, ``zoom_status``: IDLE, MOVING or UNKNOWN as sent.
    """

    utc_ns: int | None = None
    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None
    pan_tilt_space: str = ""
    zoom_space: str = ""
    pan_tilt_status: str = ""
    zoom_status: str = ""
    error: str = ""
    details: tuple[Detail, ...] = ()
    details_left_out: int = 0
