"""Objects and PTZ positions of tt:MetadataStream documents (ONVIF Analytics, "Scene description"; tt:PTZStream).

Nothing here is an error: what cannot be read as what the schema has it for is kept as a detail, as sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from vssx import xml
from vssx.model.scene import (
    Box,
    Detail,
    GeoLocation,
    ObjectClass,
    ObjectObservation,
    Point,
    PtzPosition,
    Transformation,
)
from vssx.onvif import fields
from vssx.onvif.metadata import MetadataDocument

MAX_DETAILS = 200
"""Details of one object or PTZ position."""
MAX_DETAIL = 1000
"""Characters of a detail's text."""
MAX_NAME = 200
"""Characters of an id, a class, a plate, a space."""
MAX_CLASSES = 20
_MAX_PATH = 400


def objects(document: MetadataDocument) -> Iterator[ObjectObservation]:
    """Every tt:Object of every tt:Frame, in order."""
    for frame in _frames(document):
        utc_ns = _time(xml.attribute(frame, "UtcTime"))
        source = (xml.attribute(frame, "Source") or "")[:MAX_NAME]
        transformation = _transformation(_Reading(frame), xml.find(frame, "Transformation"))
        for element in xml.children(frame, "Object"):
            yield _object(element, utc_ns, source, transformation)


def ptz(document: MetadataDocument) -> Iterator[PtzPosition]:
    """Every tt:PTZStatus, of tt:PTZ and of tt:Frame, in order."""
    for part in document.root:
        name = xml.local_name(part)
        if name == "PTZ":
            yield from (_position(status, None) for status in xml.children(part, "PTZStatus"))
        elif name == "VideoAnalytics":
            for frame in xml.children(part, "Frame"):
                utc_ns = _time(xml.attribute(frame, "UtcTime"))
                yield from (_position(status, utc_ns) for status in xml.children(frame, "PTZStatus"))


def _frames(document: MetadataDocument) -> Iterator[xml.Element]:
    for analytics in xml.children(document.root, "VideoAnalytics"):
        yield from xml.children(analytics, "Frame")


class _Reading:
    """Reads values of one element and remembers what it has read, so that the rest becomes details."""

    def __init__(self, owner: xml.Element) -> None:
        self.owner = owner
        self._taken: set[tuple[xml.Element, str]] = set()

    def number(self, element: xml.Element | None, attribute: str = "") -> float | None:
        """Finite number in the element's text or attribute, None where there is none."""
        text = self._raw(element, attribute)
        value = fields.number(text)
        if element is not None and value is not None:
            self._taken.add((element, attribute))
        return value

    def text(self, element: xml.Element | None, attribute: str = "") -> str:
        """Text of the element or its attribute; "" where there is none, and where it is too long for a name."""
        text = self._raw(element, attribute).strip()
        if element is None or len(text) > MAX_NAME:
            return ""
        self._taken.add((element, attribute))
        return text

    def flag(self, element: xml.Element | None) -> bool:
        """Whether the element is there."""
        if element is not None and not len(element):
            self._taken.add((element, ""))
        return element is not None

    @staticmethod
    def _raw(element: xml.Element | None, attribute: str) -> str:
        if element is None:
            return ""
        return (xml.attribute(element, attribute) or "") if attribute else (element.text or "")

    def put_back(self, element: xml.Element | None) -> None:
        """Of this element nothing counts as read: it becomes a detail whole."""
        self._taken = {(taken, attribute) for taken, attribute in self._taken if taken is not element}

    def details(self) -> tuple[tuple[Detail, ...], int]:
        """What was not read, and how many more there are."""
        found: list[Detail] = []
        left_out = 0
        for path, value in self._rest(self.owner, ""):
            if len(found) < MAX_DETAILS and len(path) <= _MAX_PATH:
                found.append(Detail(path=path, value=value[:MAX_DETAIL], cut=max(0, len(value) - MAX_DETAIL)))
            else:
                left_out += 1
        return tuple(found), left_out

    def _rest(self, element: xml.Element, path: str) -> Iterator[tuple[str, str]]:
        for key, value in element.attrib.items():
            name = str(key).rpartition("}")[2]
            if (element, name) not in self._taken:
                yield f"{path}@{name}", str(value)
        text = (element.text or "").strip()
        empty = path and not len(element) and not element.attrib
        if (text or empty) and (element, "") not in self._taken:
            yield path, text
        for child in element:
            yield from self._rest(child, f"{path}/{xml.local_name(child)}" if path else xml.local_name(child))


def _object(
    element: xml.Element, utc_ns: int | None, source: str, transformation: Transformation | None
) -> ObjectObservation:
    reading = _Reading(element)
    appearance, behaviour = xml.find(element, "Appearance"), xml.find(element, "Behaviour")
    shape = xml.find(appearance, "Shape")
    plate = _younger(appearance, "LicensePlateInfo", "PlateNumber")
    values = ObjectObservation(
        object_id=reading.text(element, "ObjectId"),
        utc_ns=utc_ns,
        parent_id=reading.text(element, "Parent"),
        source=source,
        classes=_classes(reading, xml.find(appearance, "Class")),
        box=_box(reading, xml.find(shape, "BoundingBox")),
        centre=_point(reading, xml.find(shape, "CenterOfGravity")),
        transformation=transformation,
        own_transformation=_transformation(reading, xml.find(appearance, "Transformation")),
        location=_location(reading, xml.find(appearance, "GeoLocation")),
        speed_m_s=reading.number(_younger(behaviour, "Speed")),
        plate=reading.text(plate),
        plate_likelihood=reading.number(plate, "Likelihood"),
        removed=reading.flag(xml.find(behaviour, "Removed")),
        idle=reading.flag(xml.find(behaviour, "Idle")),
    )
    details, left_out = reading.details()
    return replace(values, details=details, details_left_out=left_out)


def _younger(element: xml.Element | None, *path: str) -> xml.Element | None:
    """What schemas of after 2012 have beside Extension: cameras with an older one put it into that."""
    found = xml.find(element, *path)
    return xml.find(element, "Extension", *path) if found is None else found


def _classes(reading: _Reading, element: xml.Element | None) -> tuple[ObjectClass, ...]:
    """tt:ClassDescriptor: Type with Likelihood as an attribute; ClassCandidate and OtherTypes with two elements."""
    found: list[ObjectClass] = []
    for child in islice(chain(xml.children(element, "Type"), _candidates(element)), MAX_CLASSES):
        if xml.local_name(child) == "Type":
            one = ObjectClass(name=reading.text(child), likelihood=reading.number(child, "Likelihood"))
        else:
            one = ObjectClass(
                name=reading.text(xml.find(child, "Type")),
                likelihood=reading.number(xml.find(child, "Likelihood")),
            )
        if one.name and one not in found:
            found.append(one)
    return tuple(found)


def _candidates(element: xml.Element | None) -> Iterator[xml.Element]:
    yield from xml.children(element, "ClassCandidate")
    yield from xml.children(xml.find(element, "Extension"), "OtherTypes")


def _box(reading: _Reading, element: xml.Element | None) -> Box | None:
    sides = [reading.number(element, name) for name in ("left", "top", "right", "bottom")]
    left, top, right, bottom = sides
    if left is None or top is None or right is None or bottom is None:
        reading.put_back(element)
        return None
    return Box(left=left, top=top, right=right, bottom=bottom)


def _point(reading: _Reading, element: xml.Element | None) -> Point | None:
    x, y = reading.number(element, "x"), reading.number(element, "y")
    if x is None or y is None:
        reading.put_back(element)
        return None
    return Point(x=x, y=y)


def _transformation(reading: _Reading, element: xml.Element | None) -> Transformation | None:
    if element is None:
        return None
    translate = _point(reading, xml.find(element, "Translate"))
    scale = _point(reading, xml.find(element, "Scale"))
    if translate is None and scale is None:
        return None
    return Transformation(translate=translate or Point(x=0, y=0), scale=scale or Point(x=1, y=1))


def _location(reading: _Reading, element: xml.Element | None) -> GeoLocation | None:
    lon, lat, elevation = (reading.number(element, name) for name in ("lon", "lat", "elevation"))
    if lon is None and lat is None and elevation is None:
        return None
    return GeoLocation(longitude=lon, latitude=lat, elevation_m=elevation)


def _position(element: xml.Element, utc_ns: int | None) -> PtzPosition:
    reading = _Reading(element)
    pan_tilt, zoom = xml.find(element, "Position", "PanTilt"), xml.find(element, "Position", "Zoom")
    move = xml.find(element, "MoveStatus")
    own_ns = _time(reading.text(xml.find(element, "UtcTime")))
    if own_ns is None:
        reading.put_back(xml.find(element, "UtcTime"))
    values = PtzPosition(
        utc_ns=utc_ns if own_ns is None else own_ns,
        pan=reading.number(pan_tilt, "x"),
        tilt=reading.number(pan_tilt, "y"),
        zoom=reading.number(zoom, "x"),
        pan_tilt_space=reading.text(pan_tilt, "space"),
        zoom_space=reading.text(zoom, "space"),
        pan_tilt_status=reading.text(xml.find(move, "PanTilt")),
        zoom_status=reading.text(xml.find(move, "Zoom")),
        error=reading.text(xml.find(element, "Error")),
    )
    details, left_out = reading.details()
    return replace(values, details=details, details_left_out=left_out)


def _time(text: str | None) -> int | None:
    try:
        return fields.parse_time(text or "")
    except ValueError:
        return None
