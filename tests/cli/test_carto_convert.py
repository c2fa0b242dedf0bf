from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.peers import ROOT
from vssx.cartography.placed_table import read_table
from vssx.cli.main import main
from vssx.errors import ExitCode
from vssx.model.cartography import MapCamera

SAMPLE = ROOT / "samples" / "cameras.csv"
MAPPING = ROOT / "samples" / "cameras-mapping.toml"


def convert(*arguments: str | Path, expect: int = 0) -> None:
    assert main(["carto", "convert", *map(str, arguments)]) == expect


def read(path: Path) -> tuple[MapCamera, ...]:
    return read_table(path.read_bytes(), path.name).cameras


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(("id;x;y;azimuth;fov;range", *rows)), encoding="utf-8")
    return path


def test_profile_to_geojson_and_back_keeps_every_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Issue 5, 2."""
    first, document, second = tmp_path / "a.csv", tmp_path / "b.geojson", tmp_path / "c.csv"
    convert(SAMPLE, "--mapping", MAPPING, "--to", "csv", "--out", first)
    convert(first, "--to", "geojson", "--out", document)
    convert(document, "--to", "csv", "--out", second)
    assert second.read_bytes() == first.read_bytes()
    assert len(read(first)) > 3
    features = json.loads(document.read_bytes())["features"]
    assert {one["properties"]["feature"] for one in features} == {"camera", "view-sector"}
    assert f"{len(read(first))} of {len(read(first))} rows" in capsys.readouterr().out


def test_target_system_and_what_was_used_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    given = table(tmp_path / "in.csv", "C-1;652469,02;6862035,26;45;90;30", "C-2;;;;;")
    out = tmp_path / "out.csv"
    convert(given, "--crs", "EPSG:2154", "--to", "csv", "--target-crs", "27572", "--out", out, "--json")
    document = json.loads(capsys.readouterr().out)
    assert [one["source"] for one in document["operations"]] == ["EPSG:2154", "EPSG:4326"]
    assert (document["cameras"], document["placed"], document["sectors"]) == (2, 1, 1)
    camera, unplaced = read(out)
    assert (camera.crs, camera.easting, camera.northing) == ("EPSG:27572", 601_152.2966, 2_428_695.8975)
    assert camera.position_from == "given"  # the easting comes from it, no longer the other way round
    assert (unplaced.crs, unplaced.easting) == ("", None)


def test_place_that_the_target_does_not_hold_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    given = tmp_path / "in.csv"
    given.write_text("id,lon,lat\nNZ,174.76,-36.85\n")
    convert(given, "--to", "csv", "--target-crs", "EPSG:2154", "--out", tmp_path / "out.csv")
    err = capsys.readouterr().err
    assert 'in.csv:2: warning: longitude "174.76, -36.85": outside the area that EPSG:2154' in err


def test_rows_that_cannot_be_used_are_left_out_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    given = table(tmp_path / "in.csv", "C-1;652469;6862035;45;90;30", "C-2;1;2;400;90;30", "C-3;1")
    convert(given, "--crs", "2154", "--to", "geojson", "--out", tmp_path / "o.json", expect=ExitCode.INCOMPLETE)
    captured = capsys.readouterr()
    assert 'in.csv:3: error: azimuth "400": out of range' in captured.err
    assert "2 of 3 rows" in captured.out


def test_better_grid_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    given = table(tmp_path / "in.csv", "L;530000;180000;45;90;30")
    convert(given, "--crs", "EPSG:27700", "--to", "kml", "--out", tmp_path / "o.kml")
    err = capsys.readouterr().err
    assert "EPSG:27700 to EPSG:4326, accuracy 2 m: +proj=pipeline" in err
    assert "needs uk_os_OSTN15_NTv2_OSGBtoETRS.tif, which is not installed" in err


def test_nothing_is_overwritten(tmp_path: Path):
    out = tmp_path / "out.kml"
    out.write_text("precious")
    convert(SAMPLE, "--mapping", MAPPING, "--to", "kml", "--out", out, expect=ExitCode.HANDOVER)
    assert out.read_text() == "precious"


@pytest.mark.parametrize(
    ("content", "options", "code", "part"),
    [
        ("id,lon,lat\n", (), ExitCode.MALFORMED_MEDIA, "holds no camera"),
        ("{}", (), ExitCode.MALFORMED_MEDIA, "holds no camera"),
        ("{}", ("--crs", "EPSG:2154"), ExitCode.USAGE, "is GeoJSON"),
        ("id\nA\n", ("--crs", "Lambert"), ExitCode.USAGE, '--crs: "Lambert" is no coordinate reference system'),
        ("id\nA\n", ("--target-crs", "EPSG:2154"), ExitCode.USAGE, "WGS 84 only"),
    ],
)
def test_refused_and_nothing_is_left(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    options: tuple[str, ...],
    code: ExitCode,
    part: str,
):
    given, out = tmp_path / "in", tmp_path / "out"
    given.write_text(content)
    convert(given, "--to", "geojson", "--out", out, *options, expect=code)
    assert part in capsys.readouterr().err
    assert not out.exists()


def test_unknown_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "out"
    convert(SAMPLE, "--to", "csv", "--target-crs", "EPSG:1", "--out", out, expect=ExitCode.USAGE)
    assert "EPSG:1 is no coordinate reference system" in capsys.readouterr().err
    assert not out.exists()


def test_disk_that_takes_nothing(tmp_path: Path):
    convert(SAMPLE, "--to", "csv", "--out", tmp_path / "none" / "out.csv", expect=ExitCode.STORAGE)
    convert(tmp_path / "none.csv", "--to", "csv", "--out", tmp_path / "out.csv", expect=ExitCode.STORAGE)
    assert not (tmp_path / "out.csv").exists()
