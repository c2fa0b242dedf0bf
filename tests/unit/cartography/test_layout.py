"""Tables as town halls send them: a title above the header, headers of two lines, and files that are no table."""

from __future__ import annotations

import pytest

from tests.unit.cartography.tables import kinds, only, read
from vssx.model.cartography import Severity

HEADER = "N°;Dénomination caméra;Int./Ext.;Angle de champ (°);Date de mise en service;Gestionnaire;Observations"
ROW = 'VID-011;Entrée;ext.;75,5;02/05/2021;CSU;"remplacée; voir plan"'


def test_a_title_above_the_header_is_passed_over_and_said() -> None:
    reading = read(f"Ville de L., parc de caméras au 01/01/2026;;;;;;\n\n{HEADER}\n{ROW}\n")
    found = only(reading, "header-below")
    assert (found.severity, found.line) == (Severity.NOTE, 3)
    (camera,) = reading.cameras
    assert (camera.camera_id, camera.name, camera.setting, camera.horizontal_fov) == (
        "VID-011",
        "Entrée",
        "outdoor",
        75.5,
    )
    assert (camera.operator, camera.remarks, camera.line) == ("CSU", "remplacée; voir plan", 4)


def test_a_title_without_separators_hides_none() -> None:
    assert read(f"Parc de caméras, au 01/01/2026\n{HEADER}\n{ROW}\n").dialect.separator == ";"


def test_a_row_that_reads_like_a_header_is_none_below_one() -> None:
    reading = read("id;site;zone;name\nC1;nord;type;nom\n")
    assert "header-below" not in kinds(reading)
    assert len(reading.cameras) == 1


def test_headers_of_two_lines() -> None:
    (camera,) = read('"Numéro\ncaméra";"Portée\n(m)";Nom\nC1;12;Gate\n').cameras
    assert (camera.camera_id, camera.far_range, camera.name) == ("C1", 12.0, "Gate")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0", ".xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", ".xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b'<?xml version="1.0"?>\n<kml/>\n', "XML"),
        (b'\xef\xbb\xbf{"type": "FeatureCollection"}', "carto convert"),
    ],
)
def test_what_is_no_table_is_said_in_one_sentence(data: bytes, told: str) -> None:
    (found,) = read(data).findings
    assert (found.severity, found.kind) == (Severity.ERROR, "no-header")
    assert told in found.message


def test_dates_follow_those_that_can_be_read_in_one_way_only() -> None:
    reading = read("id;since;until\nC1;02/05/2021;\nC2;03/04/2021;15/03/2022\n")
    assert [camera.in_service_since for camera in reading.cameras] == ["2021-05-02", "2021-04-03"]
    assert only(reading, "date-order").severity is Severity.NOTE
    assert read("id;since\nC1;02/05/2021\nC2;03/15/2022\n").cameras[0].in_service_since == "2021-02-05"


@pytest.mark.parametrize("others", ["", "C2;15/03/2022\nC3;03/15/2022\n", "C2;2022-03-15\n"])
def test_dates_that_nothing_tells_are_errors(others: str) -> None:
    reading = read(f"id;since\nC1;02/05/2021\n{others}")
    assert reading.cameras[0].in_service_since == ""
    assert only(reading, "date").severity is Severity.ERROR


@pytest.mark.parametrize("text", ["n.c.", "-", "?", "N/A", "néant", "#N/A", "sans objet"])
def test_what_people_write_for_nothing_is_an_empty_cell(text: str) -> None:
    reading = read(f"id;since;azimuth;type\nC1;{text};{text};{text}\n", '[defaults]\ncamera_type = "dome"\n')
    (camera,) = reading.cameras
    assert (camera.in_service_since, camera.azimuth, camera.camera_type) == ("", None, "dome")
    assert {found.severity for found in reading.findings} == {Severity.NOTE}


@pytest.mark.parametrize("text", ["S/O", "s.o."])
def test_s_o_may_be_sans_objet(text: str) -> None:
    found = only(read(f"id;azimut;portée\nC1;{text};12\n"), "not-said")
    assert (found.severity, "sud-ouest" in found.message) == (Severity.WARNING, True)
    assert only(read(f"id;portée;azimut\nC1;{text};12\n"), "not-said").severity is Severity.NOTE


def test_a_total_below_the_table_is_remarked_on() -> None:
    reading = read("id;nom;azimut\nC1;Gate;12\nTotal : 1 caméra;;\n")
    found = only(reading, "alone")
    assert (found.severity, found.line, found.value) == (Severity.WARNING, 3, "Total : 1 caméra")
    assert "alone" not in kinds(read("id;nom\nC1;\n"))


def test_zones_of_the_french_conic_projections() -> None:
    reading = read("id;X;Y;Projection\nC1;1842541,25;5173867,40;CC46\n")
    assert (reading.cameras[0].crs, reading.cameras[0].position_from) == ("EPSG:3946", "crs")


def test_so_is_south_west() -> None:
    assert read("id;azimut\nC1;SO\n").cameras[0].azimuth == 225


def test_control_points_are_in_the_system_of_the_table() -> None:
    points = ", ".join(
        f"{{ x = {x}, y = {y}, easting = {842500 + x}, northing = {6519900 - y} }}"
        for x, y in ((0, 0), (80, 0), (0, 60))
    )
    mapping = f'[format]\ncrs = "Lambert 93"\n[plans."a.png"]\ncontrol_points = [{points}]\n'
    (camera,) = read("id;plan;plan_x;plan_y\nC1;a.png;10;10\n", mapping).cameras
    assert camera.position_from == "plan"
