"""vssx export --carto against the embedded recorder: what the record says, what a cut run keeps, what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_export import record_of, run
from vssx.errors import StorageError
from vssx.recorder.server import RecorderServer

DAY = ("--from", "2026-03-14T00:00:00Z", "--to", "2026-03-14T23:00:00Z")
PLAN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"/>'
TABLE = """\
id,lon,lat,plan,plan_x,plan_y
Dock,2.2945,48.8584,floor.svg,10,20
C2,2.2946,48.8585,,,
C3,2.2947,48.8586,,,
C4,48.8587,2.2948,,,
C5,0,0,,,
C6,120.5,-33.5,,,
"""


@pytest.fixture(scope="module")
def served(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cameras of one name."""
    directory = tmp_path_factory.mktemp("served")
    for name in ("a", "b"):
        shutil.copy(samples / "loading-dock.mp4", directory / f"{name}.mp4")
        (directory / f"{name}.toml").write_text(
            f'name = "Dock"\nserial = "S-{name}"\nstart = 2026-03-14T09:15:00Z\n', encoding="ascii"
        )
    return directory


@pytest.fixture(scope="module")
def recorder(served: Path) -> Iterator[str]:
    with RecorderServer(served) as server:
        yield f"127.0.0.1:{server.http_port}"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "floor.svg").write_text(PLAN, encoding="ascii")
    path = tmp_path / "cameras.csv"
    path.write_text(TABLE, encoding="ascii")
    return path


def test_a_name_of_two_cameras_and_odd_places_are_told(recorder, table, tmp_path, capsys):
    code, out, err = run(
        capsys, "export", recorder, "--recording", "a", *DAY, "--carto", table, "--output", tmp_path / "out"
    )
    assert code == 0, err
    assert "line 2 names another camera, too" in err
    assert err.splitlines()[-1].endswith(" in cameras.csv: vssx carto check tells which")
    record = record_of(out.strip())
    [section] = record["recordings"]
    assert section["map_camera"]["matched_by"] == "name"
    [said] = [one["detail"] for one in section["assumptions"] if one["subject"] == "cartography"]
    assert said == "line 2 names another camera, too (recording b): it does not say which one it means"
    odd = {(one["line"], one["value"]): one["message"] for one in record["cartography"]["findings"]}
    assert odd[5, "48.8587, 2.2948"].endswith("longitude and latitude exchanged?")
    assert "0, 0" in odd[6, "0"]
    assert odd[7, "120.5, -33.5"].startswith("far from all others")
    page = (Path(out.strip()) / "report.html").read_text(encoding="utf-8")
    assert "longitude and latitude exchanged?" in page
    assert "is not UTF-8" not in page
    assert "vssx verify ." in page
    assert "--trust CERTIFICATE" not in page
    assert run(capsys, "verify", out.strip())[0] == 42


def test_a_table_against_a_recorder(recorder, table, capsys):
    table.write_text("id\nDock\na\nC9\n", encoding="ascii")
    code, out, err = run(capsys, "carto", "check", table, "--against", recorder, "--json")
    assert (code, err) == (100, "")
    told = json.loads(out)
    odd = [(one["line"], one["kind"], one["value"]) for one in told["findings"] if one["severity"] == "warning"]
    assert odd == [(2, "shared-name", "Dock"), (4, "unknown-camera", "C9")]
    assert (told["result"], told["warnings"], told["kinds"]["unknown-camera"]) == ("warnings", 2, 1)
    table.write_text("id\na\nb\n", encoding="ascii")
    assert run(capsys, "carto", "check", table, "--against", recorder)[0] == 0
    code, out, err = run(capsys, "carto", "match", table, recorder)
    assert (code, err) == (0, "")
    table.write_text("id\nDock\n", encoding="ascii")
    code, out, err = run(capsys, "carto", "match", table, recorder, "--json")
    assert code == 100
    assert [one["shared"] for one in json.loads(out)["recordings"]] == [True, True]


def test_nobody_is_asked_without_against(table, capsys):
    code, _, err = run(capsys, "carto", "check", table, "--user", "operator")
    assert code == 2
    assert "--user: tells who asks whom" in err


def test_a_cut_run_goes_on_with_the_same_cartography_only(recorder, table, tmp_path, capsys, monkeypatch):
    out, plan = tmp_path / "out", table.with_name("floor.svg")
    arguments = ("export", recorder, "--recording", "a", *DAY, "--carto", table, "--output", out, "--name", "H")
    with monkeypatch.context() as patch:
        patch.setattr("vssx.jobs.export.finish", full_disk)
        assert run(capsys, *arguments)[0] == 33
    shutil.copytree(out / "H.partial", tmp_path / "cut" / "H.partial")

    table.write_text(TABLE + "C7,2.2948,48.8587,,,\n", encoding="ascii")
    code, _, err = run(capsys, *arguments)
    assert code == 30
    assert "H.partial: holds the beginning of another request" in err
    table.write_text(TABLE, encoding="ascii")

    plan.write_text(PLAN + "\n", encoding="ascii")
    code, _, err = run(capsys, *arguments)
    assert code == 30
    assert "floor.svg: is not the plan any more that it was when this export was begun" in err
    plan.write_text(PLAN, encoding="ascii")

    code, _, err = run(capsys, *arguments)
    assert code == 0, err
    whole = record_of(out / "H")
    [section] = whole["recordings"]
    assert section["map_camera"]["camera"]["camera_id"] == "Dock"

    # Of what the first run left, with neither recorder nor table.
    table.unlink()
    plan.unlink()
    code, printed, err = run(capsys, "finish", tmp_path / "cut" / "H.partial")
    assert code in (0, 100), err
    finished = record_of(printed.strip())
    assert finished["cartography"] == whole["cartography"]
    assert finished["recordings"][0]["map_camera"] == section["map_camera"]
    assert run(capsys, "verify", printed.strip())[0] == 42


def full_disk(*_: object) -> None:
    raise StorageError("no space left on device")
