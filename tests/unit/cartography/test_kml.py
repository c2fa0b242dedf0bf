from __future__ import annotations

from vssx import xml
from vssx.cartography.kml import NAMESPACE, write_kml
from vssx.model.cartography import MapCamera

CAMERA = MapCamera(
    camera_id="C-1",
    name="<img src=x>\u202e & Söhne\x07",
    longitude=8.5417,
    latitude=47.3769,
    azimuth=35.0,
    horizontal_fov=78.0,
    far_range=40.0,
)


def placemarks(*cameras: MapCamera) -> list[xml.Element]:
    root = xml.parse(b"".join(write_kml(cameras)))
    assert (xml.namespace(root), xml.local_name(root)) == (NAMESPACE, "kml")
    return list(xml.children(xml.find(root, "Document"), "Placemark"))


def test_a_placemark_for_the_camera_and_one_for_its_sector():
    camera, sector = placemarks(CAMERA)
    assert xml.namespace(camera) == NAMESPACE
    assert xml.text(camera, "Point", "coordinates") == "8.5417,47.3769"
    data = {
        xml.attribute(one, "name"): xml.text(one, "value")
        for one in xml.children(xml.find(camera, "ExtendedData"), "Data")
    }
    assert (data["camera_id"], data["azimuth"]) == ("C-1", "35.0")
    ring = xml.text(sector, "Polygon", "outerBoundaryIs", "LinearRing", "coordinates").split()
    assert ring[0] == ring[-1] and len(ring) > 40


def test_no_text_is_markup_or_unseen():
    assert xml.text(placemarks(CAMERA)[0], "name") == r"\u{3c}img src=x>\u{202e} & Söhne\u{7}"


def test_hole_and_cut():
    around = MapCamera(camera_id="A", longitude=2.0, latitude=48.0, horizontal_fov=360.0, near_range=5.0, far_range=9.0)
    across = MapCamera(camera_id="B", longitude=180.0, latitude=0.0, horizontal_fov=360.0, far_range=9.0)
    _, hole, _, cut = placemarks(around, across)
    assert xml.find(hole, "Polygon", "innerBoundaryIs") is not None
    assert len(list(xml.children(xml.find(cut, "MultiGeometry"), "Polygon"))) == 2


def test_camera_without_a_place_is_still_named():
    (camera,) = placemarks(MapCamera(camera_id="C-9"))
    assert xml.text(camera, "name") == "C-9"
    assert xml.find(camera, "Point") is None
