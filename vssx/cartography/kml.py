"""Cameras and their view sectors as KML 2.2 (OGC 07-147r2), for programs that show no GeoJSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vssx import xml
from vssx.cartography.camera_values import values_of
from vssx.cartography.ellipsoid import Polygon, Ring
from vssx.cartography.sector import view_sector
from vssx.cells import visible
from vssx.model.cartography import MapCamera

NAMESPACE = "http://www.opengis.net/kml/2.2"
_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{NAMESPACE}">\n<Document>\n<name>cameras</name>\n'
    '<Style id="camera"><IconStyle><color>ff0000c0</color><scale>0.8</scale></IconStyle></Style>\n'
    '<Style id="view-sector"><LineStyle><color>ff0000c0</color><width>1</width></LineStyle>'
    "<PolyStyle><color>400000c0</color></PolyStyle></Style>\n"
).encode()
_TAIL = b"</Document>\n</kml>\n"


def write_kml(cameras: Iterable[MapCamera]) -> Iterator[bytes]:
    r"""A Document in UTF-8: a Placemark for each camera, with all columns that are set as ExtendedData, and for its
    sector.

    Heights are not told: everything lies on the ground. Characters that nobody sees and ``<``, which a viewer might
    take for HTML, are written as ``\u{hex}``.
    """
    yield _HEAD
    for number, camera in enumerate(cameras, 1):
        yield xml.standalone(_camera(camera, f"camera-{number}")) + b"\n"
        sector = view_sector(camera)
        if sector is not None and sector.polygons:
            yield xml.standalone(_sector(camera, sector.polygons, f"camera-{number}-sector")) + b"\n"
    yield _TAIL


# The elements have no namespace of their own: they are written into that of the head, whose prefix is none.
def _camera(camera: MapCamera, feature_id: str) -> xml.Element:
    placemark = _placemark(camera, feature_id, "camera")
    extended = xml.add(placemark, "", "ExtendedData")
    for name, value in values_of(camera).items():
        data = xml.add(extended, "", "Data")
        data.set("name", name)
        xml.add(data, "", "value", _told(value) if isinstance(value, str) else repr(value))
    if camera.longitude is not None and camera.latitude is not None:
        point = xml.add(placemark, "", "Point")
        xml.add(point, "", "coordinates", f"{camera.longitude!r},{camera.latitude!r}")
    return placemark


def _sector(camera: MapCamera, polygons: tuple[Polygon, ...], feature_id: str) -> xml.Element:
    placemark = _placemark(camera, feature_id, "view-sector")
    parent = placemark if len(polygons) == 1 else xml.add(placemark, "", "MultiGeometry")
    for outer, *holes in polygons:
        polygon = xml.add(parent, "", "Polygon")
        _boundary(polygon, "outerBoundaryIs", outer)
        for hole in holes:
            _boundary(polygon, "innerBoundaryIs", hole)
    return placemark


def _placemark(camera: MapCamera, feature_id: str, style: str) -> xml.Element:
    placemark = xml.new("", "Placemark", id=feature_id)
    xml.add(placemark, "", "name", _told(camera.name or camera.camera_id))
    xml.add(placemark, "", "styleUrl", f"#{style}")
    return placemark


def _boundary(polygon: xml.Element, name: str, ring: Ring) -> None:
    line = xml.add(xml.add(polygon, "", name), "", "LinearRing")
    xml.add(line, "", "coordinates", " ".join(f"{longitude!r},{latitude!r}" for longitude, latitude in ring))


def _told(text: str) -> str:
    return visible(text).replace("<", r"\u{3c}")
