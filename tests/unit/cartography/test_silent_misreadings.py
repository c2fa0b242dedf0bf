"""What an attack got read as something else without a remark: wrong places that nobody would have looked at."""

from __future__ import annotations

import pytest

from tests.unit.cartography.tables import kinds, one, only, read
from vssx.model.cartography import Severity


@pytest.mark.parametrize("text", ["1.2.3", "0.0.9", "2..5", "2.5.", "12.5,3", "4,5.6", "2,29,4", "0,1,2", "0 045"])
def test_marks_of_thousands_stand_before_three_digits(text: str):
    (camera,) = (reading := read(f"camera_id;longitude;latitude\na;{text};48,8")).cameras
    assert camera.longitude is None
    assert only(reading, "angle").value == text
    (camera,) = (reading := read(f"camera_id;far_range\na;{text}")).cameras
    assert camera.far_range is None
    assert only(reading, "number").value == text


@pytest.mark.parametrize(
    ("text", "metres"),
    [("1.234.567,5", 1234567.5), ("1,234,567", 1234567), ("1 234 567.5", 1234567.5), ("-12.345,0", -12345)],
)
def test_marks_of_thousands(text: str, metres: float):
    (camera,) = read(f"camera_id;easting;northing;crs\na;{text};{text};2154").cameras
    assert camera.easting == metres


def test_a_blank_in_an_angle_may_be_a_lost_decimal_sign():
    reading = read("camera_id;longitude;latitude\na;2 17;48 51.5\nb;2 17 40;48 51 29.6")
    assert [round(camera.latitude or 0, 4) for camera in reading.cameras] == [48.8583, 48.8582]
    assert [(found.severity, found.line) for found in reading.findings if found.kind == "minutes"] == [
        (Severity.WARNING, 2),
        (Severity.WARNING, 2),
    ]


def test_an_exponent_is_told_of_angles_too():
    assert kinds(read("camera_id;longitude;latitude\na;1e1;48.8")) == {"exponent"}


def test_runs_of_blanks_are_one():
    """The expressions for angles went over them again from each: 14 ms a cell, five minutes for 20,000 rows."""
    blanks = " " * 500
    table = f"camera_id;longitude;latitude;far_range\na;2{blanks}17 40{blanks}E;48{blanks}51{blanks}29.6;30{blanks}m"
    camera = one(table)
    assert (camera.longitude, camera.latitude, camera.far_range) == (2.2944444444, 48.8582222222, 30)


def test_cells_below_no_name_are_cells_too_many():
    """A decimal comma between commas, in a table with room behind it: 2,2945 became the longitude 2, latitude 2945."""
    reading = read("camera_id,longitude,latitude,azimuth,,,\na,3,1,48,2,45,\nb,2.5,48,45,,,\nc,2.6,48,45")
    assert [camera.camera_id for camera in reading.cameras] == ["b", "c"]
    assert only(reading, "cells").line == 2


def test_numero_is_not_north():
    camera = one("N°;X;Y;EPSG\n1;648237;6862228;2154")
    assert (camera.camera_id, camera.northing) == ("1", 6862228)


def test_an_angle_may_be_any():
    """Of view as well as of the axis: it is not used."""
    (camera,) = (reading := read("camera_id;angle\na;90")).cameras
    assert (camera.azimuth, camera.horizontal_fov) == (None, None)
    assert kinds(reading) == {"unknown-column"}


def test_a_file_of_empty_lines_has_no_header():
    assert kinds(read(b"\n" * 1_100_000)) == {"no-header"}
