"""Angles as people write them."""

from __future__ import annotations

import pytest

from vssx.cartography.angle import read_angle, read_compass_point

_NORTH = 48 + 51 / 60 + 29.6 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "48°51'29.6\"N",
        "48° 51' 29.6\" N",
        "N 48° 51' 29.6''",
        "N48°51'29.6\"",
        "48º51’29.6”N",
        "48°51′29.6″N",
        "48°51′29.6″ nord",
        "48 51 29.6 N",
        "48 51 29.6",
        "48:51:29.6",
        "48d51m29.6s",
        "48d51m29.6sN",
        "48deg 51min 29.6sec",
        "+48°51'29.6\"",
        "485129.6N",
        "48°51.4933333333'N",
        "n 48 51.4933333333",
    ],
)
def test_latitude(text: str) -> None:
    degrees, western = read_angle(text, "latitude")
    assert degrees == pytest.approx(_NORTH, abs=1e-9)
    assert not western


@pytest.mark.parametrize("text", ["48.858222", "48.858222°", "48.858222 N", "N48.858222°", "48.858222deg"])
def test_decimal_degrees(text: str) -> None:
    assert read_angle(text, "latitude") == (48.858222, False)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("2°20'15\"W", -2.3375),
        ("2°20'15\" west", -2.3375),
        ("2°20'15\" Est", 2.3375),
        ("-2°20'15\"", -2.3375),
        ("0022015E", 2.3375),
        ("179 59 60", None),
        ("2.5 E", 2.5),
        ("-0.5", -0.5),
        ("-0°30'", -0.5),
    ],
)
def test_longitude(text: str, degrees: float | None) -> None:
    if degrees is None:
        with pytest.raises(ValueError, match="60 or more"):
            read_angle(text, "longitude")
    else:
        assert read_angle(text, "longitude") == (degrees, False)


def test_south_is_not_taken_for_seconds() -> None:
    assert read_angle("33°51'29.6\"S", "latitude")[0] < 0
    assert read_angle("33°51'29.6s", "latitude")[0] < 0
    assert read_angle("33d51m29.6s", "latitude")[0] > 0


def test_an_o_is_west_and_said() -> None:
    assert read_angle("2°20'15\"O", "longitude") == (-2.3375, True)
    assert read_angle("2°20'15\" ouest", "longitude")[0] == -2.3375


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("48°51'29\"E", "no hemisphere of a latitude"),
        ("N48°51'29\"N", "two hemispheres"),
        ("-48°51'29\"S", "a sign and a hemisphere"),
        ("48°61'00\"", "60 or more"),
        ("north", "two hemispheres"),
        ("somewhere", "is no angle"),
        ("48°51'29\"29", "is no angle"),
        ("", "is no angle"),
        ("٤٨", "is no angle"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_angle(text, "latitude")


@pytest.mark.parametrize(
    ("text", "degrees", "western"),
    [
        ("N", 0, False),
        ("nne", 22.5, False),
        ("S-W", 225, False),
        ("sud-ouest", 225, False),
        ("North East", 45, False),
        ("NO", 315, True),
        ("SSO", 202.5, True),
        ("nord-ouest", 315, False),
    ],
)
def test_compass_points(text: str, degrees: float, western: bool) -> None:
    assert read_compass_point(text) == (degrees, western)


@pytest.mark.parametrize("text", ["45", "", "NNN", "X", "N45E", "door", "n" * 100])
def test_what_is_no_compass_point(text: str) -> None:
    assert read_compass_point(text) is None
