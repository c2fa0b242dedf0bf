"""The profile read strictly: what nobody's ``write_profile`` wrote is refused with its line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vssx.cartography.profile_reading import read_profile
from vssx.cartography.profile_writer import write_profile
from vssx.errors import MalformedMediaError
from vssx.model.cartography import MapCamera

CAMERA = MapCamera(
    camera_id="C-1",
    name="=Gate; \"1\", 'a'\\\u202e",
    longitude=8.5,
    latitude=-47.25,
    azimuth=359.5,
    horizontal_fov=1e-5,
    far_range=30.0,
    in_service_since="2020-02-29",
    position_from="given",
    line=2,
)
HEADER, ROW = write_profile([CAMERA])


def test_what_was_written_is_read() -> None:
    assert list(read_profile(HEADER + ROW, "cameras.csv")) == [(ROW, CAMERA)]
    assert list(read_profile(HEADER, "cameras.csv")) == []


def replaced(old: bytes, new: bytes) -> Callable[[], bytes]:
    def row() -> bytes:
        assert old in ROW
        return ROW.replace(old, new, 1)

    return row


@pytest.mark.parametrize(
    "row",
    [
        replaced(b'"C-1"', b"C-1"),
        replaced(b'"C-1"', b'""'),
        replaced(b'"C-1",', b""),
        replaced(b"\r\n", b"\n"),
        replaced(b"\r\n", b""),
        replaced(b"\r\n", b',""\r\n'),
        replaced(b"'=Gate", b"=Gate"),
        replaced(b"\\u{202e}", "\u202e".encode()),
        replaced(b'"C-1"', b'"\xff"'),
        replaced(b'"8.5"', b'"8.50"'),
        replaced(b'"8.5"', b'"8,5"'),
        replaced(b'"8.5"', b'"+8.5"'),
        replaced(b'"8.5"', b'"180.5"'),
        replaced(b'"8.5"', b'"NaN"'),
        replaced(b'"-47.25"', b'"-90.25"'),
        replaced(b'"359.5"', b'"360"'),
        replaced(b'"0.00001"', b'"1e-5"'),
        replaced(b'"0.00001"', b'"0"'),
        replaced(b'"30"', b'"-30"'),
        replaced(b'"30"', b'"100001"'),
        replaced(b'"2020-02-29"', b'"2021-02-29"'),
        replaced(b'"given"', b'"guessed"'),
    ],
)
def test_anything_else_is_refused(row: Callable[[], bytes]) -> None:
    reading = read_profile(HEADER + ROW + row(), "cameras.csv")
    assert next(reading)[1] == CAMERA
    with pytest.raises(MalformedMediaError, match=r"cameras\.csv: line 3 is not as the profile has it"):
        next(reading)


@pytest.mark.parametrize("data", [b"", HEADER[3:], HEADER.replace(b"name", b"Name", 1) + ROW, ROW])
def test_another_header(data: bytes) -> None:
    with pytest.raises(MalformedMediaError, match="does not begin with the header of the profile"):
        next(read_profile(data, "cameras.csv"))


def test_a_line_without_an_end_is_not_searched_for_ever() -> None:
    with pytest.raises(MalformedMediaError, match="line 2 is not as the profile has it"):
        next(read_profile(HEADER + b'"' + b"x" * 2_000_000, "cameras.csv"))
