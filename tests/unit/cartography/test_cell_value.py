"""Cells as values of their columns: what is read, how it is said, and what is refused."""

from __future__ import annotations

import pytest

from vssx.cartography.cell_value import CellReader
from vssx.cartography.profile import BY_NAME
from vssx.model.cartography import Severity


def read(column: str, text: str, decimal: str = ".", dates: str = "") -> tuple[object, str]:
    """The value, and severity and kind of what is said of it."""
    value, problem = CellReader(decimal=decimal, dates=dates).read(BY_NAME[column], text)
    assert value is not None or problem is not None
    return value, "" if problem is None else f"{problem.severity} {problem.kind}"


@pytest.mark.parametrize("decimal", ["", ".", ","])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("12.5", 12.5),
        ("12,5", 12.5),
        ("-12,5 m", -12.5),
        ("−12.5", -12.5),
        ("+12.5m", 12.5),
        ("12.5 mètres", 12.5),
        ("12 meters", 12.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-0", 0.0),
        ("1 234.5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567,5 m", None),
        ("0001234", 1234.0),
        ("0,125", 0.125),
    ],
)
def test_numbers(decimal: str, text: str, value: float | None) -> None:
    found, said = read("altitude", text, decimal)
    assert (found, said) == (value, "" if value is not None else "error range")


@pytest.mark.parametrize(
    ("text", "decimal", "value", "said"),
    [
        ("1,234", "", 1.234, "warning decimal"),
        ("1.234", "", 1.234, "warning decimal"),
        ("1,234", ".", 1234.0, "warning decimal"),
        ("1.234", ",", 1234.0, "warning decimal"),
        ("1,234", ",", 1.234, ""),
        ("1.25e2", ".", 125.0, "warning exponent"),
        ("1,25E+2", ",", 125.0, "warning exponent"),
    ],
)
def test_numbers_that_may_be_others(text: str, decimal: str, value: float, said: str) -> None:
    assert read("altitude", text, decimal) == (value, said)


@pytest.mark.parametrize(
    "text",
    ["x", "12 ft", "1 2", "12.5.6,7.8", "0x10", "nan", "inf", "1e999", "१२", "12%", "--1", "1_2", "12\u202e", "1" * 16],
)
def test_what_is_no_number(text: str) -> None:
    assert read("altitude", text) == (None, "error number")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("altitude", "10001"),
        ("tilt", "-90.5"),
        ("roll", "181"),
        ("horizontal_fov", "0"),
        ("horizontal_fov", "361"),
        ("vertical_fov", "181"),
        ("near_range", "-1"),
        ("far_range", "0"),
        ("far_range", "100001"),
        ("longitude", "180.1"),
        ("latitude", "-91"),
        ("azimuth", "361"),
        ("azimuth", "-181"),
        ("longitude", "652469,02"),
    ],
)
def test_out_of_range(column: str, text: str) -> None:
    assert read(column, text, ",") == (None, "error range")


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("360", 0.0, ""),
        ("-90", 270.0, "warning azimuth"),
        ("45°", 45.0, ""),
        ("45 degrés", 45.0, ""),
        ("NNE", 22.5, "note compass-point"),
        ("sud-ouest", 225.0, "note compass-point"),
        ("O", 270.0, "warning west-or-east"),
        ("north-ish", None, "error number"),
    ],
)
def test_directions(text: str, value: float | None, said: str) -> None:
    assert read("azimuth", text) == (value, said)


@pytest.mark.parametrize(
    ("text", "dates", "value"),
    [
        ("2024", "", "2024"),
        ("2024-05", "", "2024-05"),
        ("2024-05-31", "", "2024-05-31"),
        ("2024-02-29T23:59:60Z", "", "2024-02-29T23:59:60Z"),
        ("2024-05-31 12:00:00.5+02:00", "", "2024-05-31 12:00:00.5+02:00"),
        ("31.05.2024", "", "2024-05-31"),
        ("31/05/2024", "", "2024-05-31"),
        ("05/31/2024", "", "2024-05-31"),
        ("05/05/2024", "", "2024-05-05"),
        ("05/06/2024", "day-first", "2024-06-05"),
        ("05/06/2024", "month-first", "2024-05-06"),
        ("05/06/2024", "", None),
        ("05.06.2024", "", "2024-06-05"),
        ("31/05/2024", "month-first", None),
        ("2023-02-29", "", None),
        ("2024-13-01", "", None),
        ("2024-05-31T24:00Z", "", None),
        ("0000-01-01", "", None),
        ("31.31.2024", "", None),
        ("31.05/2024", "", None),
        ("45443", "", None),
        ("soon", "", None),
    ],
)
def test_dates(text: str, dates: str, value: str | None) -> None:
    assert read("in_service_since", text, dates=dates) == (value, "" if value else "error date")


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("setting", "Intérieur", "indoor"),
        ("camera_type", "DÔME", "dome"),
        ("camera_type", "multi sensor", "multi-sensor"),
        ("camera_type", "zeppelin", None),
        ("identifier_kind", "token", "token"),
    ],
)
def test_words(column: str, text: str, value: str | None) -> None:
    assert read(column, text) == (value, "" if value else "warning word")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("EPSG:2154", "EPSG:2154"),
        ("epsg::2154", "EPSG:2154"),
        ("2154", "EPSG:2154"),
        ("urn:ogc:def:crs:EPSG::27700", "EPSG:27700"),
        ("Lambert 93", "EPSG:2154"),
        ("ignf:LAMB93", "IGNF:LAMB93"),
        ("+proj=utm +zone=31", None),
        ("/etc/passwd", None),
        ("WGS", None),
    ],
)
def test_reference_systems(text: str, value: str | None) -> None:
    assert read("crs", text) == (value, "" if value else "error crs")


def test_texts() -> None:
    assert read("remarks", "x" * 2000) == ("x" * 2000, "")
    assert read("remarks", "x" * 2001) == (None, "error long-text")
    assert read("name", "Entr\ufffde") == ("Entr\ufffde", "warning lost-character")
    assert read("name", "=1+1\u202e") == ("=1+1\u202e", "")  # neutralised where it is written or shown


@pytest.mark.parametrize("column", ["altitude", "longitude", "azimuth", "setting", "in_service_since", "crs"])
def test_long_values_are_not_looked_into(column: str) -> None:
    assert read(column, "1 " * 5000) == (None, "error long-text")


def test_what_is_said_names_the_bounds() -> None:
    _, problem = CellReader(decimal=".", dates="").read(BY_NAME["latitude"], "6862035")
    assert problem is not None
    assert problem.severity is Severity.ERROR
    assert problem.message == (
        "out of range, -90 to 90 °: coordinates of a map belong to easting and northing; not used"
    )
