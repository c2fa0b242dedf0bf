"""Objects and PTZ positions (ONVIF Analytics, "Scene description"; tt:PTZStream)."""

from __future__ import annotations

import pytest

from tests.unit.onvif.test_metadata import read
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
from vssx.onvif import metadata, scene
from vssx.times import from_xs_datetime

T = from_xs_datetime("2026-01-01T00:00:00.5Z")
OBJECT = """
<tt:VideoAnalytics><tt:Frame UtcTime="2026-01-01T00:00:00.5Z" Source="vca">
<tt:Transformation><tt:Translate x="-1" y="-1"/><tt:Scale x="0.01" y="0.02"/></tt:Transformation>
<tt:Object ObjectId="12" Parent="3"><tt:Appearance>
 <tt:Shape><tt:BoundingBox left="20" top="30.5" right="100" bottom="50"/><tt:CenterOfGravity x="60" y="40"/>
  <tt:Polygon><tt:Point x="1" y="2"/></tt:Polygon></tt:Shape>
 <tt:Class><tt:ClassCandidate><tt:Type>Vehicle</tt:Type><tt:Likelihood>0.75</tt:Likelihood></tt:ClassCandidate>
  <tt:Extension><tt:OtherTypes><tt:Type>Van</tt:Type><tt:Likelihood>0.5</tt:Likelihood></tt:OtherTypes></tt:Extension>
  <tt:Type Likelihood="0.9">Car</tt:Type></tt:Class>
 <tt:GeoLocation lon="8.4" lat="49.01" elevation="115"/>
 <tt:VehicleInfo><tt:Type Likelihood=".8">Car</tt:Type><tt:Brand>B</tt:Brand></tt:VehicleInfo>
 <tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.99">KA-X 1</tt:PlateNumber><tt:CountryCode>D</tt:CountryCode>
 </tt:LicensePlateInfo></tt:Appearance>
 <tt:Behaviour><tt:Idle/><tt:Speed>13.5</tt:Speed></tt:Behaviour></tt:Object>
<tt:Object/></tt:Frame><tt:Frame><tt:Object ObjectId="a"/></tt:Frame></tt:VideoAnalytics>
"""


def test_objects():
    full, empty, without_time = scene.objects(read(OBJECT))
    assert (full.object_id, full.parent_id, full.source, full.utc_ns) == ("12", "3", "vca", T)
    assert full.classes == (
        ObjectClass(name="Car", likelihood=0.9),
        ObjectClass(name="Vehicle", likelihood=0.75),
        ObjectClass(name="Van", likelihood=0.5),
    )
    assert full.box == Box(left=20, top=30.5, right=100, bottom=50)
    assert full.centre == Point(x=60, y=40)
    assert full.box_in_picture is not None
    box = full.box_in_picture
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((-0.8, -0.39, 0, 0))
    assert full.centre_in_picture is not None
    assert (full.centre_in_picture.x, full.centre_in_picture.y) == pytest.approx((-0.4, -0.2))
    assert full.location == GeoLocation(longitude=8.4, latitude=49.01, elevation_m=115)
    assert (full.speed_m_s, full.idle, full.removed) == (13.5, True, False)
    assert (full.plate, full.plate_likelihood) == ("KA-X 1", 0.99)
    assert full.details == (
        Detail(path="Appearance/Shape/Polygon/Point@x", value="1"),
        Detail(path="Appearance/Shape/Polygon/Point@y", value="2"),
        Detail(path="Appearance/VehicleInfo/Type@Likelihood", value=".8"),
        Detail(path="Appearance/VehicleInfo/Type", value="Car"),
        Detail(path="Appearance/VehicleInfo/Brand", value="B"),
        Detail(path="Appearance/LicensePlateInfo/CountryCode", value="D"),
    )
    assert (empty.object_id, empty.utc_ns, empty.box, empty.classes, empty.details) == ("", T, None, (), ())
    assert (without_time.object_id, without_time.utc_ns, without_time.transformation) == ("a", None, None)


def one(appearance: str) -> ObjectObservation:
    [found] = scene.objects(
        read(f"<tt:VideoAnalytics><tt:Frame><tt:Object>{appearance}</tt:Object></tt:Frame></tt:VideoAnalytics>")
    )
    return found


def test_coordinates_run_through_the_object_s_own_transformation_first():
    [found] = scene.objects(
        read(
            '<tt:VideoAnalytics><tt:Frame><tt:Transformation><tt:Scale x="0.5" y="0.5"/></tt:Transformation><tt:Object>'
            '<tt:Appearance><tt:Transformation><tt:Translate x="1" y="2"/></tt:Transformation>'
            '<tt:Shape><tt:BoundingBox left="0" top="4" right="2" bottom="0"/>'
            '<tt:CenterOfGravity x="1" y="2"/></tt:Shape>'
            "</tt:Appearance></tt:Object></tt:Frame></tt:VideoAnalytics>"
        )
    )
    assert found.own_transformation == Transformation(translate=Point(x=1, y=2))
    assert found.centre_in_picture == Point(x=1, y=2)
    assert found.box_in_picture == Box(left=0.5, top=3, right=1.5, bottom=1)


@pytest.mark.parametrize(
    ("appearance", "details"),
    [
        (
            '<tt:Appearance><tt:Shape><tt:BoundingBox left="x" top="1"/></tt:Shape></tt:Appearance>',
            [("Appearance/Shape/BoundingBox@left", "x"), ("Appearance/Shape/BoundingBox@top", "1")],
        ),
        ("<tt:Behaviour><tt:Speed>fast</tt:Speed></tt:Behaviour>", [("Behaviour/Speed", "fast")]),
        ("<tt:Behaviour><tt:Speed>NaN</tt:Speed></tt:Behaviour>", [("Behaviour/Speed", "NaN")]),
        ("<tt:Behaviour><tt:Removed><x>y</x></tt:Removed></tt:Behaviour>", [("Behaviour/Removed/x", "y")]),
        (
            '<tt:Extension v="1"><p:Heat xmlns:p="urn:p">37</p:Heat></tt:Extension>',
            [("Extension@v", "1"), ("Extension/Heat", "37")],
        ),
        (
            "<tt:Appearance><tt:Class><tt:Type>%s</tt:Type></tt:Class></tt:Appearance>" % ("c" * 201),
            [("Appearance/Class/Type", "c" * 201)],
        ),
    ],
)
def test_what_cannot_be_read_is_kept_as_sent(appearance, details):
    found = one(appearance)
    assert [(detail.path, detail.value) for detail in found.details] == details
    assert (found.box, found.speed_m_s, found.classes) == (None, None, ())


def test_details_are_bounded_and_what_is_left_out_is_told():
    found = one(f"<tt:Appearance><tt:Image>{'A' * 5000}</tt:Image></tt:Appearance>")
    assert found.details == (Detail(path="Appearance/Image", value="A" * 1000, cut=4000),)
    found = one("<x>1</x>" * 300)
    assert (len(found.details), found.details_left_out) == (scene.MAX_DETAILS, 100)
    found = one(f"<{'n' * 500}>1</{'n' * 500}>")
    assert (found.details, found.details_left_out) == ((), 1)
    classes = "".join(f"<tt:Type>c{number}</tt:Type>" for number in range(30))
    found = one(f"<tt:Appearance><tt:Class>{classes}</tt:Class></tt:Appearance>")
    assert (len(found.classes), len(found.details)) == (scene.MAX_CLASSES, 10)


def test_objects_in_other_namespaces_are_found():
    document = metadata.read_document(
        b"<MetadataStream><q:VideoAnalytics><Frame><Object ObjectId='7'/></Frame></q:VideoAnalytics></MetadataStream>"
    )
    assert [found.object_id for found in scene.objects(document)] == ["7"]
    assert "prefix q" in document.tolerated


STATUS = (
    "<tt:PTZStatus><tt:Position><tt:PanTilt x='0.5' y='-1' space='urn:pt'/><tt:Zoom x='0' space='urn:z'/></tt:Position>"
    "<tt:MoveStatus><tt:PanTilt>MOVING</tt:PanTilt><tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus><tt:Error>e</tt:Error>"
    "<tt:UtcTime>{}</tt:UtcTime></tt:PTZStatus>"
)


def test_ptz_positions():
    document = read(
        f"<tt:PTZ>{STATUS.format('2026-01-01T00:00:01.5Z')}</tt:PTZ>"
        f"<tt:VideoAnalytics><tt:Frame UtcTime='2026-01-01T00:00:00.5Z'>{STATUS.format('soon')}</tt:Frame>"
        "</tt:VideoAnalytics>"
        "<tt:PTZ><tt:PTZStatus><tt:Position><tt:Zoom x='?'/></tt:Position></tt:PTZStatus></tt:PTZ>"
    )
    alone, in_frame, poor = scene.ptz(document)
    assert alone == PtzPosition(
        utc_ns=T + 1_000_000_000,
        pan=0.5,
        tilt=-1,
        zoom=0,
        pan_tilt_space="urn:pt",
        zoom_space="urn:z",
        pan_tilt_status="MOVING",
        zoom_status="IDLE",
        error="e",
    )
    assert (in_frame.utc_ns, in_frame.details) == (T, (Detail(path="UtcTime", value="soon"),))
    assert poor == PtzPosition(details=(Detail(path="Position/Zoom@x", value="?"),))
    assert list(scene.objects(document)) == []
