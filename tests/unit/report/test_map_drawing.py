from __future__ import annotations

import math
import random

import pytest
from lxml import html

from tests.unit.report.mapped import camera, points
from vssx.report.camera_map import CameraMap
from vssx.report.drawn_cameras import MAX_MARKS
from vssx.report.drawn_text import width_of
from vssx.report.language import Language
from vssx.report.map_drawing import MAX_MAPS, MAX_SECTORS
from vssx.report.map_labels import MAX_LABELS
from vssx.report.map_pages import MAX_LISTED, draw_cartography, number_cameras
from vssx.report.page import Page

PARIS = (2.3522, 48.8566)


def one_map(*cameras, recordings=None) -> CameraMap:
    maps = draw_cartography(number_cameras(cameras, recordings)).maps
    assert len(maps) == 1
    return maps[0]


def boxes(drawing: CameraMap) -> list[tuple[float, float, float, float]]:
    found = []
    for one in drawing.cameras:
        if one.label:
            wide = width_of(one.label)
            left = one.label_x - {"start": 0.0, "middle": wide / 2, "end": wide}[one.anchor]
            found.append((left, one.label_y - 12, left + wide, one.label_y + 3))
    return found


def test_north_is_up_east_is_right_and_the_scale_bar_is_true():
    metre = 1 / 111_200  # degrees of latitude
    drawing = one_map(camera(1, *PARIS), camera(2, PARIS[0], PARIS[1] + 50 * metre))
    south, north = sorted(drawing.cameras, key=lambda one: -one.y)
    assert south.x == pytest.approx(north.x, abs=0.2)
    units = drawing.scale_bar.width / drawing.scale_bar.metres
    assert (south.y - north.y) / units == pytest.approx(50, rel=0.01)
    (sector,) = [one for one in drawing.sectors if one.title == north.title]
    far = max(math.dist((north.x, north.y), point) for point in points(sector.path))
    assert far / units == pytest.approx(40, rel=0.01)
    assert drawing.scale_bar.text == f"{drawing.scale_bar.metres:g} m"


def test_a_sector_points_where_the_camera_looks():
    drawing = one_map(camera(1, *PARIS, azimuth=90.0))
    (mark,), (sector,) = drawing.cameras, drawing.sectors
    xs = [x for x, _ in points(sector.path)]
    assert min(xs) >= mark.x - 1
    assert max(xs) > mark.x + 50
    assert mark.pointers.endswith("l14 -0")


def test_a_camera_that_sees_all_round_has_a_hole_where_it_sees_nothing():
    drawing = one_map(camera(1, *PARIS, horizontal_fov=360.0, near_range=5.0))
    assert drawing.sectors[0].path.count("M") == 2
    assert drawing.sectors[0].path.count("Z") == 2


def test_the_grid_names_degrees_near_the_cameras():
    drawing = one_map(camera(1, *PARIS), camera(2, PARIS[0], 48.8563))
    below = [float(line.label[:-1]) for line in drawing.grid if line.label and line.anchor == "middle"]
    beside = [float(line.label[:-1]) for line in drawing.grid if line.label and line.anchor == "end"]
    assert len(below) >= 3
    assert len(beside) >= 2
    assert min(below) < PARIS[0] < max(below)
    assert min(beside) <= 48.8564 < PARIS[1] <= max(beside)


def test_across_the_antimeridian_there_is_one_map_and_longitudes_stay_within_180():
    drawing = one_map(camera(1, 179.9998, -17.0), camera(2, -179.9998, -17.0))
    assert abs(drawing.cameras[0].x - drawing.cameras[1].x) < 800
    assert all(abs(float(line.label[:-1])) <= 180 for line in drawing.grid if line.label)


def test_at_a_pole_there_are_cameras_and_no_grid():
    drawing = one_map(camera(1, 0.0, 90.0), camera(2, 90.0, 89.9999))
    assert drawing.grid == ()
    assert sum(one.count for one in drawing.cameras) == 2


def test_labels_do_not_overlap_and_lie_in_the_frame():
    rng = random.Random(1)
    cameras = [camera(n, 2.35 + rng.gauss(0, 0.0004), 48.85 + rng.gauss(0, 0.0003)) for n in range(80)]
    drawing = one_map(*cameras)
    found = boxes(drawing)
    assert len(found) > 10
    for number, (left, top, right, bottom) in enumerate(found):
        assert drawing.frame.left <= left
        assert right <= drawing.frame.right
        assert drawing.frame.top <= top
        assert bottom <= drawing.frame.bottom
        for other in found[number + 1 :]:
            assert not (left < other[2] and other[0] < right and top < other[3] and other[1] < bottom)
    unnamed = sum(one.count for one in drawing.cameras if not one.label)
    assert drawing.unlabelled == unnamed


def test_cameras_at_one_place_are_one_mark_with_all_their_numbers():
    drawing = one_map(*(camera(n, *PARIS, azimuth=90.0 * n) for n in range(4)))
    (mark,) = drawing.cameras
    assert (mark.count, mark.label) == (4, "1, 2, 3, 4")
    assert mark.pointers.count("M") == 4


def test_the_handovers_cameras_are_told_apart_from_others():
    drawing = one_map(camera(1, *PARIS), camera(2, 2.3526, 48.8566), recordings={1: ["gate"]})
    assert {one.title: one.recorded for one in drawing.cameras} == {"1 Camera 1": False, "2 Camera 2": True}
    assert {one.title: one.recorded for one in drawing.sectors} == {"1 Camera 1": False, "2 Camera 2": True}


def test_cameras_far_apart_get_an_overview_and_maps_of_their_own():
    cameras = [camera(1, *PARIS), camera(2, 2.3524, 48.8566), camera(3, -61.5, 16.2)]
    maps = draw_cartography(number_cameras(cameras, {2: ["far"]})).maps
    assert [(one.overview, one.total) for one in maps] == [(True, 3), (False, 1), (False, 2)]
    assert maps[0].wide
    assert maps[0].scale_bar.text.endswith(" km")
    assert not maps[1].wide
    assert maps[0].sectors_left_out == 3


def test_one_sector_that_outreaches_all_others_does_not_shrink_them():
    cameras = [camera(n, 2.35 + n * 0.0003, 48.85) for n in range(5)]
    drawing = one_map(*cameras, camera(9, 2.3505, 48.85, far_range=50_000.0))
    assert drawing.sectors_cut
    assert drawing.scale_bar.metres <= 50


def test_twenty_thousand_cameras_take_bounded_room():
    rng = random.Random(2)
    cameras = [camera(n, 2.35 + rng.gauss(0, 0.05), 48.85 + rng.gauss(0, 0.03)) for n in range(20_000)]
    maps = draw_cartography(number_cameras(cameras))
    assert len(maps.maps) <= MAX_MAPS + 1
    for drawing in maps.maps:
        assert len(drawing.cameras) <= MAX_MARKS
        assert len(drawing.sectors) <= MAX_SECTORS
        assert sum(bool(one.label) for one in drawing.cameras) <= MAX_LABELS
        assert sum(one.count for one in drawing.cameras) == drawing.total
    assert maps.maps[0].total == 20_000
    assert len(maps.cameras) == MAX_LISTED
    assert maps.cameras_left_out == 20_000 - MAX_LISTED
    assert len(rendered(maps)) < 3_000_000


def test_cameras_without_a_position_are_listed_and_counted():
    maps = draw_cartography(number_cameras([camera(1, *PARIS, azimuth=None), camera(2, None, None)]))
    assert (maps.total, maps.unplaced) == (2, 1)
    assert maps.maps[0].sectors == ()
    assert [one.lacking for one in maps.cameras] == [("azimuth",), ()]


def test_nothing_to_draw():
    maps = draw_cartography(number_cameras([camera(1, None, None)]))
    assert maps.maps == ()
    assert len(maps.cameras) == 1


def rendered(maps, language=Language.ENGLISH) -> str:
    return str(Page(language=language)._environment.get_template("map.html.j2").module.cartography(maps))


@pytest.mark.parametrize("language", list(Language))
def test_the_map_is_sound_and_bears_hostile_cells(language):
    hostile = '</svg><script>alert(1)</script>"\u202eevil\x1b[2J\\'
    cells = {"name": hostile, "site": hostile, "plan": hostile}
    cameras = [camera(1, *PARIS, **cells), camera(2, None, None, **cells), *[camera(n, *PARIS) for n in range(3, 40)]]
    text = rendered(draw_cartography(number_cameras(cameras, {0: [hostile]})), language)
    tree = html.document_fromstring(text)
    assert not tree.xpath("//script")
    assert not tree.xpath("//@style")
    assert not [name for name in tree.xpath("//@*") if name.attrname.startswith("on")]
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "\\\\\\\\" not in text  # made visible once, not twice
    ids = tree.xpath("//@id")
    assert len(set(ids)) == len(ids)
    assert all(" ..." not in path for path in tree.xpath("//path/@d"))
    assert len(tree.xpath("//table/tbody/tr")) == len(cameras)
