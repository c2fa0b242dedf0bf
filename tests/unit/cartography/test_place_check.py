"""Positions against each other."""

from __future__ import annotations

import pytest

from vssx.cartography.place_check import PlaceCheck
from vssx.model.cartography import CartographyFinding, MapCamera, Severity

LYON = [(4.83 + n / 1000, 45.76 + n / 1000) for n in range(8)]


def judged(*places: tuple[float, float]) -> list[CartographyFinding]:
    check = PlaceCheck("c.csv", {"longitude": "X"})
    found = [
        one
        for line, (longitude, latitude) in enumerate(places, 2)
        for one in check.add(MapCamera(camera_id="C", longitude=longitude, latitude=latitude, line=line))
    ]
    assert not found
    return list(check.findings())


def test_a_town_has_nothing_odd() -> None:
    assert judged(*LYON) == []
    assert judged(*LYON[:2], (100.0, 10.0)) != []
    assert judged(LYON[0], (100.0, 10.0)) == []  # of two nobody knows which is wrong


@pytest.mark.parametrize(
    ("place", "kind", "words"),
    [
        ((45.763, 4.833), "exchanged", "longitude and latitude exchanged?"),
        ((-4.833, 45.763), "exchanged", "east and west exchanged?"),
        ((4.833, -45.763), "exchanged", "north and south exchanged?"),
        ((13.4, 52.5), "far", "far from all others, 973 km from the middle of all"),
    ],
)
def test_places_that_are_wrong(place: tuple[float, float], kind: str, words: str) -> None:
    [one] = judged(*LYON, place)
    assert (one.severity, one.line, one.column, one.kind) == (Severity.WARNING, 10, "X", kind)
    assert one.value == f"{place[0]}, {place[1]}"
    assert words in one.message


def test_east_and_west_of_a_town_near_the_meridian_are_one_place() -> None:
    assert judged(*((n / 1000, 51.48) for n in range(1, 6)), (-0.003, 51.48)) == []


def test_another_town_is_no_mistake() -> None:
    berlin = [(13.4 + n / 1000, 52.5) for n in range(3)]
    assert judged(*LYON, *berlin) == []
    assert [one.kind for one in judged(*LYON, *berlin[:2])] == ["far", "far"]


def test_a_town_on_the_antimeridian_and_at_a_pole() -> None:
    fiji = [(179.99, -16.5), (-179.99, -16.5), (179.98, -16.5), (-179.98, -16.5)]
    assert judged(*fiji) == []
    assert [one.kind for one in judged(*fiji, (-16.5, 79.99))] == ["far"]
    assert judged(*((float(n), 89.99) for n in range(-180, 180, 60))) == []


def test_one_place_twice_is_a_note() -> None:
    check = PlaceCheck("c.csv", {})
    camera = MapCamera(camera_id="C", longitude=1.0, latitude=2.0, azimuth=10.0, floor="1", line=2)
    assert list(check.add(camera)) == []

    def again(**values: object) -> list[tuple[Severity, str]]:
        other = MapCamera(camera_id="D", longitude=1.0, latitude=2.0, line=3, **values)  # type: ignore[arg-type]
        return [(one.severity, one.message) for one in check.add(other)]

    assert again(azimuth=20.0, floor="1") == []
    assert again(azimuth=10.0, floor="2") == []
    assert again(azimuth=10.0, floor="1") == [(Severity.NOTE, "same position and direction as line 2")]
    assert list(check.add(MapCamera(camera_id="E"))) == []
