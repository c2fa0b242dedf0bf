"""vssx carto check: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.handovers import handover
from tests.peers import ROOT
from vssx.cli.main import main
from vssx.errors import ExitCode

SAMPLE = ROOT / "samples" / "cameras.csv"
MAPPING = ROOT / "samples" / "cameras-mapping.toml"


def check(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    code = main(["carto", "check", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_the_sample(capsys: pytest.CaptureFixture[str]):
    code, said = check(capsys, SAMPLE, "--mapping", MAPPING)
    assert code == ExitCode.DONE, said
    assert "7 of 7 rows can be used, 7 with a position; 0 errors, 0 warnings" in said
    assert "longitudes from 8.5409 to 8.5423, latitudes from 47.3765 to 47.3772" in said
    assert "read as Windows-1252, cells separated by ';', decimal sign ','" in said


def test_every_finding_has_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = tmp_path / "c.csv"
    table.write_text("id\tLongitude\tlat\nA\t2.5\t98\nB\t1;x\u202e\t\x1b[2J\n", encoding="utf-8")
    code, said = check(capsys, table)
    assert code == ExitCode.MALFORMED_MEDIA
    assert said.splitlines() == [
        'c.csv:2: error: lat "98": out of range, -90 to 90 °: coordinates of a map belong to easting and northing;'
        " not used",
        'c.csv:2: error: Longitude "2.5": without a usable latitude; not used',
        'c.csv:2: note: id "A": no position is known of it: no map shows it',
        'c.csv:3: error: Longitude "1;x\\u202e": is no angle; not used',
        'c.csv:3: error: lat "\\x1b[2J": is no angle; not used',
        'c.csv:3: note: id "B": no position is known of it: no map shows it',
        "2 of 2 rows can be used, 0 with a position; 4 errors, 0 warnings, 2 notes",
        "read as UTF-8, cells separated by tabs, decimal sign '.'",
    ]


def test_many_of_a_kind_are_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = tmp_path / "c.csv"
    table.write_text("id,type\n" + "".join(f"C{n},zeppelin\n" for n in range(150)), encoding="utf-8")
    code, said = check(capsys, table)
    assert code == ExitCode.INCOMPLETE
    assert said.count("zeppelin") == 100
    assert "... more of this kind (word): --all prints them\n" in said
    assert "150 of 150 rows can be used, 0 with a position; 0 errors, 150 warnings, 150 notes" in said
    code, said = check(capsys, table, "--all")
    assert code == ExitCode.INCOMPLETE
    assert said.count("zeppelin") == 150
    assert "more of this kind" not in said
    code, said = check(capsys, table, "--json")
    assert code == ExitCode.INCOMPLETE
    told = json.loads(said)
    assert len(told["findings"]) == 300
    assert told["findings"][0] == {
        "severity": "warning",
        "file": "c.csv",
        "line": 2,
        "column": "type",
        "value": "zeppelin",
        "message": "is none of fixed, dome, ptz, multi-sensor, bodyworn, mobile; not used; a mapping can translate it",
        "kind": "word",
    }
    del told["findings"]
    assert told == {
        "result": "warnings",
        "rows": 150,
        "usable": 150,
        "placed": 0,
        "bounds": None,
        "errors": 0,
        "warnings": 150,
        "notes": 150,
        "kinds": {"no-position": 150, "word": 150},
        "encoding": "utf-8",
        "separator": ",",
        "decimal": "",
        "columns": {"camera_id": "id", "camera_type": "type"},
        "operations": [],
    }


def test_coordinates_and_their_operation(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = tmp_path / "c.csv"
    table.write_text("id;x;y\nA;652469,02;6862035,26\n", encoding="utf-8")
    code, said = check(capsys, table, "--json")
    assert code == ExitCode.MALFORMED_MEDIA
    assert json.loads(said)["kinds"] == {"no-crs": 1, "no-position": 1}
    code, said = check(capsys, table, "--crs", "EPSG:2154", "--json")
    assert code == ExitCode.DONE, said
    [operation] = json.loads(said)["operations"]
    assert (operation["source"], operation["target"]) == ("EPSG:2154", "EPSG:4326")


def test_against_a_handover(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = tmp_path / "c.csv"
    table.write_text("id\ntoken 1\nelsewhere\n", encoding="utf-8")
    root = handover(tmp_path)
    code, said = check(capsys, table, "--against", root)
    assert code == ExitCode.INCOMPLETE
    assert f'c.csv:3: warning: id "elsewhere": unknown: no recording of {root} goes by it\n' in said
    table.write_text("id\nelsewhere\n", encoding="utf-8")
    code, said = check(capsys, table, "--against", root)
    assert said.count('c.csv: warning: "token 1": a recording without a camera: no row of c.csv names it') == 2


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert check(capsys, tmp_path / "none.csv")[0] == ExitCode.STORAGE
    assert check(capsys, tmp_path)[0] == ExitCode.USAGE
    assert check(capsys, SAMPLE, "--mapping", SAMPLE)[0] == ExitCode.USAGE
    assert check(capsys, SAMPLE, "--against", tmp_path)[0] == ExitCode.HANDOVER
