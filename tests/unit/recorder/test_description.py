"""The TOML beside a recording."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from vssx.errors import UsageError
from vssx.model.handover import Position
from vssx.recorder.description import DeclaredGap, Description, read_description
from vssx.times import NS, from_xs_datetime


def read(tmp_path: Path, text: str) -> Description:
    path = tmp_path / "camera.toml"
    path.write_text(text, encoding="utf-8")
    return read_description(path)


def test_everything(tmp_path: Path) -> None:
    text = """
        name = "Tor"
        location = "Süd"
        description = "Blick"
        serial = "1"
        address = "rtsp://192.0.2.1/"
        start = 2024-05-01T14:00:00.25+02:00
        fps = "30000/1001"
        longitude = 8.5
        latitude = -47
        altitude = 400
        [[gaps]]
        at = 1.5
        duration = 0.1
        [[gaps]]
        at = 3
        duration = 7
    """
    assert read(tmp_path, text) == Description(
        name="Tor",
        location="Süd",
        description="Blick",
        serial="1",
        address="rtsp://192.0.2.1/",
        start_ns=from_xs_datetime("2024-05-01T12:00:00.25Z"),
        fps=Fraction(30000, 1001),
        position=Position(longitude=8.5, latitude=-47.0, altitude=400.0, name="Tor"),
        gaps=(
            DeclaredGap(at_ns=1_500_000_000, duration_ns=100_000_000),
            DeclaredGap(at_ns=3 * NS, duration_ns=7 * NS),
        ),
    )


def test_nothing(tmp_path: Path) -> None:
    assert read_description(tmp_path / "missing.toml") == Description()
    assert read(tmp_path, "") == Description()


def test_start_as_text_has_nanoseconds(tmp_path: Path) -> None:
    assert read(tmp_path, 'start = "2024-05-01T12:00:00.123456789Z"').start_ns == 1_714_564_800_123_456_789


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nam = 'x'", "unknown key 'nam'"),
        ("name = 1", "name must be"),
        ("name = 'a\\nb'", None),
        ('name = "a\\nb"', "name must be"),
        ("start = 2024-05-01T12:00:00", "time zone"),
        ("start = 2024-05-01", "time zone"),
        ("start = 12", "start must be a time"),
        ("start = 'yesterday'", "not an xs:dateTime"),
        ("fps = 0", "between"),
        ("fps = 'many'", "fps must be"),
        ("fps = '1/0'", "fps must be"),
        ("fps = true", "fps must be"),
        ("longitude = 8", "longitude and latitude"),
        ("longitude = 200\nlatitude = 0", "within 180"),
        ("longitude = nan\nlatitude = 0", "must be a number"),
        ("gaps = 3", "gaps must be"),
        ("gaps = [{at = 1}]", "each of"),
        ("gaps = [{at = 0, duration = 1}]", "above zero"),
        ("gaps = [{at = inf, duration = 1}]", "must be a number"),
        ("gaps = [{at = 2, duration = 1}, {at = 1, duration = 1}]", "order"),
        ("= =", "not TOML"),
        ("name = '" + "x" * 300_000 + "'", "larger than"),
    ],
)
def test_errors_name_the_file_and_the_key(tmp_path: Path, text: str, said: str | None) -> None:
    if said is None:
        assert read(tmp_path, text).name == "a\\nb"
        return
    with pytest.raises(UsageError, match=said) as caught:
        read(tmp_path, text)
    assert caught.value.where.endswith("camera.toml")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "camera.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not TOML"):
        read_description(tmp_path / "camera.toml")
