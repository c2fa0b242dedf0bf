"""Headers in two languages."""

from __future__ import annotations

import re

import pytest

from tests.peers import ROOT
from tests.unit.cartography.tables import kinds, one, only, read
from vssx.cartography.header import crs_in_header, plain
from vssx.cartography.profile import BY_NAME, COLUMNS, HEADER
from vssx.model.cartography import MapCamera, Severity


def test_the_profile_is_the_fields_of_a_camera() -> None:
    assert (*HEADER, "line") == MapCamera.__slots__


def test_the_columns_are_documented() -> None:
    text = (ROOT / "docs" / "cartography.md").read_text("utf-8")
    documented = re.findall(r"^\| `(\w+)` \|.*\| (.*?) \| (.*?) \|$", text, re.MULTILINE)
    assert documented == [(one.name, one.meaning, ", ".join(one.aliases)) for one in COLUMNS]


def test_no_alias_means_two_columns() -> None:
    meant: dict[str, str] = {}
    for column in COLUMNS:
        for name in (column.name, *column.aliases):
            assert meant.setdefault(plain(name), column.name) == column.name


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Caméra", "camera_id"),
        ("N° caméra", "camera_id"),
        ("CAMERA_ID", "camera_id"),
        ("camera-id", "camera_id"),
        ("Azimut (°)", "azimuth"),
        ("Portée [m]", "far_range"),
        ("Hauteur de pose (m)", "height_above_floor"),
        ("  Étage ", "floor"),
        ("Mise en service", "in_service_since"),
        ("X", "easting"),
        ("N°", "camera_id"),
        ("Nº", "camera_id"),
        ("N", "northing"),
        ("X (L93)", "easting"),
        ("Y_L93", "northing"),
        ("Coord. X (Lambert 93)", "easting"),
    ],
)
def test_aliases(header: str, column: str) -> None:
    assert read(f"token;{header}\n" if column != "camera_id" else f"{header};nom\n").columns[column] == header.strip()


@pytest.mark.parametrize(
    ("header", "crs"),
    [("X (L93)", "EPSG:2154"), ("Easting [EPSG:27700]", "EPSG:27700"), ("X (m)", ""), ("X", ""), ("Portée (L93)", "")],
)
def test_a_header_may_name_the_reference_system(header: str, crs: str) -> None:
    assert crs_in_header(header) == crs


def test_coordinates_are_in_the_system_that_their_headers_name() -> None:
    reading = read("id;X (L93);Y (L93)\nC1;842541,25;6519867,4\n")
    assert only(reading, "crs-of-header").severity is Severity.NOTE
    (camera,) = reading.cameras
    assert (camera.crs, camera.position_from) == ("EPSG:2154", "crs")
    assert read("id;X (L93);Y (BNG)\nC1;842541,25;6519867,4\n").cameras[0].crs == ""
    assert read("id;X (L93);Y (L93)\nC1;842541,25;6519867,4\n", crs="EPSG:27572").cameras[0].crs == "EPSG:27572"


def test_unknown_columns_are_said() -> None:
    reading = read("id,Adresse MAC,Azimmut,\nC1,00:11,12,\n")
    by_column = {found.column: found for found in reading.findings}
    assert by_column["Adresse MAC"].severity is Severity.NOTE
    assert by_column["Azimmut"].severity is Severity.WARNING
    assert "azimuth" in by_column["Azimmut"].message
    assert by_column[""].severity is Severity.NOTE
    assert reading.cameras[0].azimuth is None


def test_a_column_twice_is_an_error_and_the_first_counts() -> None:
    reading = read("id,name,Nom\nC1,a,b\n")
    assert only(reading, "column-twice").severity is Severity.ERROR
    assert reading.cameras[0].name == "a"


def test_without_an_identifier_the_name_stands_for_it() -> None:
    reading = read("nom,azimut\nEntrée,12\n,13\n")
    assert only(reading, "no-identifier").severity is Severity.WARNING
    (camera,) = reading.cameras
    assert (camera.camera_id, camera.identifier_kind) == ("Entrée", "name")


def test_without_identifier_and_name_no_row_can_be_used() -> None:
    reading = read("azimut,latitude\n12,48\n")
    assert not reading.cameras
    assert {found.severity for found in reading.findings} == {Severity.ERROR}


@pytest.mark.parametrize("data", [b"", b"\n\n\r\n", b"\xef\xbb\xbf", b"\0\0\0\0"])
def test_nothing(data: bytes) -> None:
    reading = read(data)
    assert kinds(reading) & {"no-header", "no-identifier"}
    assert not reading.cameras


def test_every_column_of_the_profile_is_read_by_its_name() -> None:
    assert set(read(",".join(HEADER) + "\n").columns) == set(BY_NAME)


def test_a_mapping_names_columns() -> None:
    camera = one("Réf;Nom;Label\nC1;a;b\n", '[columns]\ncamera_id = "ref"\nname = "Label"\nremarks = "Nom"\n')
    assert (camera.camera_id, camera.name, camera.remarks) == ("C1", "b", "a")


def test_a_column_that_the_mapping_wants_and_nobody_has() -> None:
    found = only(read("id\nC1\n", '[columns]\nname = "Bezeichnung"\n'), "no-such-column")
    assert (found.severity, found.column, found.line) == (Severity.ERROR, "Bezeichnung", 1)
