from __future__ import annotations

import base64

import pytest
from lxml import html

from tests.unit.report.mapped import SVG, camera, plan, points
from vssx.cartography.control_points import KnownPlace, fit
from vssx.cartography.local_plane import LocalPlane
from vssx.report.camera_map import PlanMap
from vssx.report.map_pages import draw_cartography, number_cameras
from vssx.report.page import Page
from vssx.report.plan_drawing import MAX_DRAWN, PlanToDraw, draw_plans

PLANE = LocalPlane(longitude=8.5417, latitude=47.3769)


def placement(*places: tuple[float, float, float, float]):
    """x, y on the plan; metres east and north."""
    degrees = PLANE.to_degrees([(east, north) for _, _, east, north in places])
    known = [
        KnownPlace(x=x, y=y, longitude=longitude, latitude=latitude)
        for (x, y, _, _), (longitude, latitude) in zip(places, degrees, strict=True)
    ]
    return fit(known)


NORTH_UP = placement((0, 0, 0, 50), (200, 0, 100, 50), (0, 100, 0, 0))
EAST_UP = placement((0, 0, 0, 0), (200, 0, 0, -100), (0, 100, -50, 0))


def drawn(*cameras, **wanted) -> PlanMap:
    given = {"name": "plan.svg", "plan": plan(), **wanted}
    (found,) = draw_plans([PlanToDraw(**given)], number_cameras(cameras))
    return found


def on_plan(number: int, x: float | None, y: float | None, **fields):
    degrees = PLANE.to_degrees([(25.0, 25.0)])[0]
    return camera(number, *degrees, plan="plan.svg", plan_x=x, plan_y=y, far_range=10.0, **fields)


def test_the_plan_is_an_image_with_its_own_bytes():
    found = drawn(on_plan(1, 50, 50))
    assert found.image == f"data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}"
    frame = found.frame
    assert (frame.right - frame.left) / (frame.bottom - frame.top) == pytest.approx(2)
    (mark,) = found.cameras
    assert mark.x == pytest.approx(frame.left + (frame.right - frame.left) / 4, abs=0.1)
    assert mark.y == pytest.approx((frame.top + frame.bottom) / 2, abs=0.1)


def test_without_control_points_nothing_is_said_of_directions():
    found = drawn(on_plan(1, 50, 50))
    assert (found.sectors, found.north, found.scale_bar) == ((), None, None)
    assert found.cameras[0].pointers == ""


@pytest.mark.parametrize(("placed", "turned"), [(NORTH_UP, 0.0), (EAST_UP, 270.0)])
def test_control_points_give_views_scale_and_north(placed, turned):
    found = drawn(on_plan(1, 50, 50), placement=placed)
    assert found.north == pytest.approx(turned, abs=0.1)
    assert found.scale_bar is not None
    units = found.scale_bar.width / found.scale_bar.metres
    assert units == pytest.approx((found.frame.right - found.frame.left) / 100, rel=0.01)
    (mark,), (sector,) = found.cameras, found.sectors
    furthest = max(points(sector.path), key=lambda point: abs(point[0] - mark.x) + abs(point[1] - mark.y))
    ahead = {0.0: mark.y - furthest[1], 270.0: mark.x - furthest[0]}[turned]
    assert 8 < ahead / units <= 10.1


def test_a_camera_without_a_place_on_the_plan_is_put_where_it_is_on_the_earth():
    found = drawn(on_plan(1, None, None), placement=NORTH_UP)
    assert (found.unplaced, len(found.cameras)) == (0, 1)
    units = (found.frame.right - found.frame.left) / 200
    assert found.cameras[0].x == pytest.approx(found.frame.left + 50 * units, abs=0.3)
    assert drawn(on_plan(1, None, None)).unplaced == 1


def test_cameras_beyond_the_plan_are_counted():
    found = drawn(on_plan(1, 50, 50), on_plan(2, 201, 50), on_plan(3, -1, 5))
    assert (found.outside, found.total, len(found.cameras)) == (2, 3, 1)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"plan": plan(media_type="application/pdf")}, "pdf"),
        ({"plan": plan(width=0.0)}, "dimensions"),
        ({"plan": plan(width=10_000.0)}, "dimensions"),
        ({"plan": plan(data=bytes(MAX_DRAWN + 1))}, "size"),
        ({"plan": plan(media_type="image/png", width=10_000.0, height=6_401.0)}, "size"),
        ({"plan": None, "reason": "unreadable"}, "unreadable"),
    ],
)
def test_what_is_not_drawn_is_named_with_the_reason(wanted, reason):
    found = drawn(on_plan(1, 50, 50), **wanted)
    assert (found.image, found.reason, found.total) == (None, reason, 1)
    maps = draw_cartography(number_cameras([on_plan(1, 50, 50)]), plans=[found])
    text = str(Page()._environment.get_template("map.html.j2").module.plan_map(maps.plans[0]))
    assert "not drawn here" in text


def test_a_page_holds_so_many_bytes_of_plans_and_no_more():
    big = bytes(MAX_DRAWN)
    wanted = [PlanToDraw(name=f"{n}.png", plan=plan(f"{n}.png", data=big, media_type="image/png")) for n in range(5)]
    assert [one.reason for one in draw_plans(wanted, ())] == ["", "", "", "room", "room"]


def test_a_page_holds_so_many_pixels_of_plans_and_no_more():
    """16 kB of PNG may be 400 MB in a browser."""
    large = plan(media_type="image/png", width=8_000.0, height=8_000.0)
    found = draw_plans([PlanToDraw(name=f"{n}.png", plan=large) for n in range(6)], ())
    assert [one.reason for one in found] == ["", "", "", "", "room", "room"]


def test_the_plan_reaches_the_page_as_an_image_only():
    hostile = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script></svg>'
    found = drawn(on_plan(1, 5, 5), plan=plan(data=hostile, width=9.0, height=9.0), path="data/cartography/plans/a.svg")
    tree = html.document_fromstring(str(Page()._environment.get_template("map.html.j2").module.plan_map(found)))
    assert not tree.xpath("//script")
    (image,) = tree.xpath("//image")
    assert base64.b64decode(image.get("href").partition(",")[2]) == hostile
