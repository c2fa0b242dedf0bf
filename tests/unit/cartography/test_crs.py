from __future__ import annotations

import pytest
from pyproj import network

from vssx.cartography.crs import CoordinateReferenceSystem, CoordinateSystems
from vssx.errors import UsageError


@pytest.mark.parametrize(
    "code",
    [
        *("2154", "EPSG:2154", "epsg 2154", " EPSG::2154", "urn:ogc:def:crs:EPSG::2154"),
        "http://www.opengis.net/def/crs/EPSG/0/2154",
    ],
)
def test_spellings_of_a_code(code: str):
    assert CoordinateReferenceSystem(code).code == "EPSG:2154"


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("EPSG:99999", "that PROJ knows"),
        ("EPSG:4978", "no eastings"),
        ("EPSG:5720", "no eastings"),
        ("+proj=utm +zone=32 +nadgrids=/etc/passwd", "is no coordinate reference system"),
        ("file:/etc/passwd", "is no coordinate reference system"),
        ("", "is no coordinate reference system"),
        ("Lambert\u202e", r"Lambert\\u202e"),
    ],
)
def test_what_is_none_is_told(code: str, part: str):
    with pytest.raises(UsageError, match=part):
        CoordinateReferenceSystem(code)


@pytest.mark.parametrize(
    ("code", "place", "expected"),
    [  # the origin of each projection
        ("EPSG:2154", (700_000.0, 6_600_000.0), (3.0, 46.5)),
        ("EPSG:25832", (500_000.0, 0.0), (9.0, 0.0)),
        ("EPSG:3857", (0.0, 0.0), (0.0, 0.0)),
        ("EPSG:4326", (2.5, 48.5), (2.5, 48.5)),
        ("EPSG:4258", (2.5, 48.5), (2.5, 48.5)),
    ],
)
def test_known_places(code: str, place: tuple[float, float], expected: tuple[float, float]):
    converted = CoordinateReferenceSystem(code).to_wgs84(*place)
    assert converted is not None
    assert (converted.first, converted.second) == (
        pytest.approx(expected[0], abs=2e-5),
        pytest.approx(expected[1], abs=2e-5),
    )


def test_easting_comes_first_whatever_the_authority_says():
    """EPSG:3035 writes northing, easting."""
    converted = CoordinateReferenceSystem("EPSG:3035").to_wgs84(4_321_000, 3_210_000)
    assert converted is not None
    assert (converted.first, converted.second) == (pytest.approx(10, abs=1e-6), pytest.approx(52, abs=1e-6))


def test_better_grid_that_is_missing_is_told():
    converted = CoordinateReferenceSystem("EPSG:27700").to_wgs84(530_000, 180_000)
    assert converted is not None
    assert converted.operation.accuracy_m == 2
    assert "uk_os_OSTN15" in converted.operation.warning
    assert "accuracy 1 m" in converted.operation.warning


def test_operation_is_that_of_the_place_and_of_the_land():
    """ED50 has a score of operations; those for the sea are named exacter, and their boxes hold Paris."""
    system = CoordinateReferenceSystem("EPSG:4230")
    paris, madrid = system.to_wgs84(2.35, 48.85), system.to_wgs84(-3.7, 40.4)
    assert paris is not None and madrid is not None
    assert paris.operation.accuracy_m == 2  # ED50 to WGS 84 (17), France
    assert paris.operation.pipeline != madrid.operation.pipeline


def test_east_germany_is_not_converted_like_the_west():
    system = CoordinateReferenceSystem("EPSG:31467")
    west, east = system.to_wgs84(3_400_000, 5_500_000), system.to_wgs84(3_750_000, 5_800_000)
    assert west is not None and east is not None
    assert (west.operation.accuracy_m, east.operation.accuracy_m) == (3, 2)


def test_outside_the_area_of_use():
    system = CoordinateReferenceSystem("EPSG:2154")
    inside, outside = system.to_wgs84(652_469, 6_862_035), system.to_wgs84(6_862_035, 652_469)
    assert inside is not None and not inside.outside
    assert outside is None or outside.outside


def test_coordinates_that_are_no_place():
    assert CoordinateReferenceSystem("EPSG:25832").from_wgs84(9.0, 95.0) is None


@pytest.mark.parametrize("code", ["EPSG:32661", "EPSG:5041"])
def test_easting_is_first_also_about_a_pole(code: str):
    """Whatever order PROJ's authority has: from the pole, northing goes on towards 180 degrees, easting towards 90."""
    system = CoordinateReferenceSystem(code)
    north, east = system.to_wgs84(2_000_000, 2_100_000), system.to_wgs84(2_100_000, 2_000_000)
    assert north is not None and abs(north.first) == pytest.approx(180)
    assert east is not None and east.first == pytest.approx(90)


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("EPSG:5698", "heights of this system are not converted"),
        ("EPSG:4979", "heights of this system are not converted"),
        ("EPSG:25832", "within 0.1 m"),
        ("EPSG:2263", "US survey foot"),
        ("EPSG:2053", "Y to the west, X to the south"),
        ("EPSG:21100", "withdrawn"),
        ("EPSG:4326", "easting is taken as longitude"),
        ("EPSG:6677", "easting is the Y of this system"),
        ("EPSG:32661", "E to the south, N to the south"),
    ],
)
def test_what_one_should_know(code: str, part: str):
    assert any(part in note for note in CoordinateReferenceSystem(code).notes)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch):
    network.set_network_enabled(True)
    CoordinateReferenceSystem("EPSG:27700")
    assert not network.is_network_enabled()


def test_systems_of_one_cartography_are_looked_up_once_and_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(CoordinateSystems, "MOST", 2)
    systems = CoordinateSystems()
    assert systems.get("EPSG:2154") is systems.get("EPSG:2154")
    systems.get("EPSG:25832")
    with pytest.raises(UsageError, match="not looked up: 2 coordinate"):
        systems.get("EPSG:27700")
    assert systems.get("EPSG:2154").code == "EPSG:2154"


def test_what_is_none_is_looked_up_once_and_hides_no_other(monkeypatch: pytest.MonkeyPatch):
    systems = CoordinateSystems()
    for number in range(60):
        for _ in range(2):
            with pytest.raises(UsageError, match=f"EPSG:{90_000 + number} is no coordinate reference system"):
                systems.get(f"EPSG:{90_000 + number}")
    assert systems.get("EPSG:2154").code == "EPSG:2154"
    monkeypatch.setattr(CoordinateSystems, "_MOST_ERRORS", 60)
    with pytest.raises(UsageError, match="or 60 are none"):
        systems.get("EPSG:99999")


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:2303"])
def test_datum_without_a_known_shift_is_refused(code: str):
    """PROJ would ignore the datum (a ballpark operation)."""
    with pytest.raises(UsageError, match=r"no operation|no way"):
        CoordinateReferenceSystem(code).from_wgs84(110.0, 35.0)
