"""A cartography in a handover: what is attached, and each way in which the record could lie about it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.handovers import SAMPLES, trial
from tests.unit.evidence.test_verify import edit_record, failures, resign, verify
from vssx.jobs.carto import TableRequest
from vssx.jobs.cartography import read_cartography
from vssx.jobs.handover import HandoverRequest
from vssx.jobs.remux import RemuxRequest, remux
from vssx.model.verification import Verdict

CSV = "data/cartography/cameras.csv"
GEOJSON = "data/cartography/cameras.geojson"
TABLE = '''\
N° caméra;Nom;Longitude;Latitude;Azimut;Hauteur de pose (m);Inclinaison;Portée max (m);Champ horizontal;Fichier plan
side-door;"=Porte; ""1""";8,5409;47,3765;250;12;-25;60;70;plan.svg
other;Autre;8,5419;47,3767;;;;;;missing.svg
another;;8,5419;47,3768;;;;;;../plan.svg
'''
PLAN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"/>'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cartography")
    table = root / "liste des caméras.csv"
    table.write_bytes(TABLE.encode("cp1252"))
    (root / "plan.svg").write_bytes(PLAN)
    shutil.copy(SAMPLES / "side-door.mp4", root / "side-door.mp4")
    shutil.copy(SAMPLES / "side-door.mp4", root / "back-door.mp4")
    handover = HandoverRequest(
        output=root,
        name="made",
        key=trial().key,
        certificate=trial().certificate,
        cartography=read_cartography(TableRequest(path=table), all_rows=True),
        stills=0,
    )
    files = (root / "side-door.mp4", root / "back-door.mp4")
    request = RemuxRequest(files=files, start_ns=None, fps=None, handover=handover)
    return remux(request, lambda *_: None).path


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def test_what_is_attached(made: Path):
    report = verify(made)
    assert report.verdict is Verdict.PASSED, failures(report)
    record = json.loads((made / "handover.json").read_text("utf-8"))
    told = record["cartography"]
    assert (made / told["source"]["path"]).read_bytes() == TABLE.encode("cp1252")
    assert (told["source"]["encoding"], told["source"]["separator"]) == ("cp1252", ";")
    assert (told["rows"], told["included"], told["all"]) == (3, 3, True)
    assert [(plan["name"], plan["media_type"], plan["width"]) for plan in told["plans"]] == [
        ("plan.svg", "image/svg+xml", 100.0)
    ]
    assert (made / "data/cartography/plans/plan.svg").read_bytes() == PLAN
    lacking = [(one["line"], one["value"]) for one in told["findings"] if "plan is not attached" in one["message"]]
    assert lacking == [(3, "missing.svg"), (4, "../plan.svg")]
    side, back = record["recordings"]
    assert side["map_camera"]["matched_by"] == "name"
    assert side["map_camera"]["camera"]["name"] == '=Porte; "1"'
    assert "where the camera's axis meets the ground" in side["map_camera"]["loci"]["notes"]
    assert back["map_camera"] is None
    assert [one["detail"] for one in back["assumptions"] if one["subject"] == "cartography"] == [
        "the camera of this recording is not on the map: no row of liste des caméras.csv names it (name back-door, name"
        " back-door.mp4)"
    ]


def replaced(path: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        data = (root / path).read_bytes()
        assert old in data
        (root / path).write_bytes(data.replace(old, new, 1))
        resign(root)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (replaced(CSV, b'"12"', b'"13"'), "its row is not among the cameras"),
        (replaced(CSV, b"47.3767", b"47.9767"), "cameras.geojson: line"),
        (replaced(CSV, b'"47.3767"', b"47.3767"), "line 3 is not as the profile has it"),
        (replaced(CSV, b'"47.3767"', b'"4.73767e1"'), "line 3 is not as the profile has it"),
        (replaced(CSV, b"\r\n", b"\n"), "does not begin with the header of the profile"),
        (replaced(CSV, b"'=Porte", b"=Porte"), "line 2 is not as the profile has it"),
        (replaced(GEOJSON, b"8.5419", b"8.5429"), "is not what follows from cameras.csv"),
        (replaced(GEOJSON, b'"camera-1-sector"', b'"camera-2-sector"'), "is not what follows from cameras.csv"),
        (replaced(GEOJSON, b"\n]}\n", b"\n]}\n{}"), "is one too many"),
        (replaced("data/cartography/plans/plan.svg", b"100", b"101"), "has another SHA-256 or size"),
        (replaced("data/cartography/original/liste_des_caméras.csv", b"8,5419", b"8,5429"), "has another SHA-256"),
    ],
)
def test_files_that_were_changed(root: Path, change: Callable[[Path], None], words: str):
    change(root)
    report = verify(root)
    assert report.verdict is Verdict.FAILED
    assert words in failures(report)


def test_a_sector_of_another_shape(root: Path):
    lines = (root / GEOJSON).read_bytes().split(b"\n")
    number = next(number for number, line in enumerate(lines) if b"sector" in line and b"Polygon" in line)
    feature = json.loads(lines[number].rstrip(b","))
    feature["geometry"]["coordinates"][0][1][0] += 1e-3
    lines[number] = json.dumps(feature, ensure_ascii=False).encode() + b","
    (root / GEOJSON).write_bytes(b"\n".join(lines))
    resign(root)
    assert "draws another view sector" in failures(verify(root))
    edit_record(root, lambda record: record["versions"].update(vssx="0.0.0"))
    report = verify(root)
    assert report.verdict is Verdict.INDETERMINATE, failures(report)


def in_match(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda record: record["recordings"][0]["map_camera"].update(values)


def in_camera(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda record: record["recordings"][0]["map_camera"]["camera"].update(values)


def in_loci(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda record: record["recordings"][0]["map_camera"]["loci"].update(values)


def in_cartography(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda record: record["cartography"].update(values)


def told_nothing(record: dict[str, Any]) -> None:
    record["cartography"] = None


def no_reason(record: dict[str, Any]) -> None:
    record["recordings"][1]["assumptions"] = []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (in_camera(azimuth=70.0), "its row is not among the cameras"),
        (in_camera(camera_id="other"), "its row is not among the cameras"),
        (in_match(loci=None), "its row gives a position, but the record none"),
        (in_loci(longitude=8.6), "tells another position than the record"),
        (in_loci(notes="as measured"), "tells another position than the record"),
        (in_cartography(included=2), "holds 3 cameras, the record says 2"),
        (in_cartography(plans=[]), "is a file that the record does not name"),
        (told_nothing, "the record tells of no cartography"),
        (no_reason, "has no camera on the map, and nothing says why"),
    ],
)
def test_records_that_say_otherwise(root: Path, change: Callable[[dict[str, Any]], None], words: str):
    edit_record(root, change)
    report = verify(root)
    assert report.verdict is Verdict.FAILED
    assert words in failures(report)


def test_records_of_before_have_no_cartography(root: Path):
    shutil.rmtree(root / "data/cartography")

    def older(record: dict[str, Any]) -> None:
        del record["cartography"]
        for section in record["recordings"]:
            del section["map_camera"]

    edit_record(root, older)
    report = verify(root)
    assert report.verdict is Verdict.PASSED, failures(report)
