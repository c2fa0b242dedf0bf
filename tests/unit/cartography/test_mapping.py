"""Mapping files: what they can say, and that nothing which is not understood is passed over."""

from __future__ import annotations

import pytest

from tests.unit.cartography.tables import mapped, only, read
from vssx.cartography.mapping import MAX_MAPPING, ControlPoint, read_mapping
from vssx.errors import UsageError
from vssx.model.cartography import CameraType, Severity

WHOLE = """\
[format]
separator = "semicolon"
encoding = "Windows-1252"
decimal = "comma"
dates = "day-first"
crs = "EPSG:2154"

[columns]
camera_id = "Réf. interne"
far_range = "Portée utile (m)"

[defaults]
operator = "Ville de Lyon"
height_above_floor = 3.5

[values.camera_type]
"T1" = "fixed"

[plans."ground floor.svg"]
control_points = [
  { x = 0, y = 0, longitude = 2.29450, latitude = 48.85840 },
  { x = 0, y = 600, easting = 648237.3, northing = 6862228.1, crs = "EPSG:2154" },
]
"""


def test_all_that_it_can_say() -> None:
    mapping = mapped(WHOLE)
    assert (mapping.separator, mapping.encoding, mapping.decimal, mapping.dates) == (";", "cp1252", ",", "day-first")
    assert mapping.crs == "EPSG:2154"
    assert mapping.columns == {"camera_id": "Réf. interne", "far_range": "Portée utile (m)"}
    assert mapping.defaults == {"operator": "Ville de Lyon", "height_above_floor": "3.5"}
    assert mapping.values == {"camera_type": {"T1": "fixed"}}
    assert mapping.plans == {
        "ground floor.svg": (
            ControlPoint(x=0, y=0, longitude=2.2945, latitude=48.8584),
            ControlPoint(x=0, y=600, easting=648237.3, northing=6862228.1, crs="EPSG:2154"),
        )
    }
    assert mapped("") == mapped("\ufeff# nothing")


def test_what_it_does_to_a_table() -> None:
    text = "Réf. interne;Portée utile (m);type;date;mise en service\nA;12,5;T1;x;05/06/2024\nB;;T2;;\n"
    reading = read(text.encode("cp1252"), WHOLE)
    first, second = reading.cameras
    assert (first.camera_id, first.far_range, first.camera_type) == ("A", 12.5, CameraType.FIXED)
    assert (first.in_service_since, first.operator, first.height_above_floor) == ("2024-06-05", "Ville de Lyon", 3.5)
    assert (second.camera_type, second.far_range, second.operator) == (None, None, "Ville de Lyon")
    assert only(reading, "word").severity is Severity.WARNING


def test_a_default_is_for_what_is_not_said() -> None:
    reading = read("id,azimut\nA,\nB,nowhere\n", "[defaults]\nazimuth = 90\n")
    assert [one.azimuth for one in reading.cameras] == [90.0, None]
    reading = read("id\nA\n", "[defaults]\nazimuth = 400\n")
    assert reading.cameras[0].azimuth is None
    assert only(reading, "range").message.startswith("default: out of range")


def test_a_column_that_is_not_there() -> None:
    reading = read("id,x\nA,1\n", '[columns]\nfar_range = "Portée"\n')
    found = only(reading, "no-such-column")
    assert (found.severity, found.column) == (Severity.ERROR, "Portée")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[colums]", r"^mapping\.toml: nothing is called 'colums'\. Known: columns, defaults, values, format, plans"),
        ("columns = 1", r"mapping\.toml: columns: is no table"),
        ("[columns]\nno_column = 'x'", r"mapping\.toml: columns: nothing is called 'no_column'"),
        ("[columns]\nname = ['x']", r"mapping\.toml: columns: name is no text"),
        ("[columns]\nname = true", "name is no text"),
        ("[defaults]\nname = 2024-05-01", "name is no text"),
        (f"[defaults]\nname = '{'x' * 2001}'", "name has more than 2000 characters"),
        (f"[defaults]\naltitude = {'9' * 5000}", "."),
        ("[values]\nname = 'x'", r"values\.name: is no table"),
        ("[values.nothing]\na = 'b'", "nothing is called 'nothing'"),
        ("[format]\nseparator = 'colon'", "separator 'colon' is none of comma, semicolon, tab, pipe"),
        ("[format]\nencoding = 'ebcdic'", "encoding 'ebcdic' is none of utf-8, utf-16, windows-1252"),
        ("[format]\ndecimal = ''", "decimal '' is none of point, comma"),
        ("[format]\ndates = 'iso'", "dates 'iso' is none of day-first, month-first"),
        ("[format]\nquote = 'x'", "nothing is called 'quote'"),
        ("[plans.'a.svg']", "control_points is no list"),
        ("[plans.'a.svg']\nscale = 1", "nothing is called 'scale'"),
        ("[plans.'a.svg']\ncontrol_points = [1]", r"plans\.a\.svg\[0\]: is no table"),
        ("[plans.'a.svg']\ncontrol_points = [{x=1,y=2}]", "is not x, y with either"),
        ("[plans.'a.svg']\ncontrol_points = [{x=1,y=2,longitude=1}]", "is not x, y with either"),
        ("[plans.'a.svg']\ncontrol_points = [{x=1,y=2,easting=1,northing=2}]", "does not say the crs"),
        (
            "[plans.'a.svg']\ncontrol_points = [{x=1,y=2,longitude=1,latitude=2,easting=1,northing=2,crs='a'}]",
            "is not x, y with either",
        ),
        ("[plans.'a.svg']\ncontrol_points = [{x='1',y=2,longitude=1,latitude=2}]", "x is no number"),
        ("[plans.'a.svg']\ncontrol_points = [{x=nan,y=2,longitude=1,latitude=2}]", "x is no number"),
        ("[plans.'a.svg']\ncontrol_points = [{x=1e300,y=2,longitude=1,latitude=2}]", "x is no number"),
        ("[plans.'a.svg']\ncontrol_points = [{x=1,y=2,z=3,longitude=1,latitude=2}]", "nothing is called 'z'"),
        (f"[plans.'a.svg']\ncontrol_points = [{'{x=1,y=2,longitude=1,latitude=2},' * 1001}]", "no list of up to 1000"),
        ("[columns", "not TOML"),
        ("a = " + "[" * 10_000, "not TOML"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        mapped(text)


def test_what_is_no_text() -> None:
    with pytest.raises(UsageError, match="not UTF-8 at byte 12"):
        read_mapping(b"[columns]\n# \xff", "mapping.toml")
    with pytest.raises(UsageError, match="more than 1048576 bytes"):
        read_mapping(b"#" * (MAX_MAPPING + 1), "mapping.toml")
