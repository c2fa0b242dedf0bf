"""The jobs that read a table: what they refuse, what they find, and which plans they read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from vssx.cartography import geojson_reading, plan_file, table
from vssx.cartography.profile_reading import read_profile
from vssx.cartography.profile_writer import write_profile
from vssx.errors import HandoverError, MalformedMediaError, StorageError, UsageError, VssxError
from vssx.jobs.carto import TableRequest, review
from vssx.jobs.carto_convert import CartographyFormat, ConversionRequest, convert, read_cameras
from vssx.jobs.cartography import read_beside, read_cartography
from vssx.model.cartography import CartographyCheck, Severity

PNG = b"\x89PNG\r\n\x1a\n"


def written(tmp_path: Path, text: str | bytes, name: str = "cameras.csv") -> TableRequest:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return TableRequest(path=path)


@pytest.mark.parametrize(
    ("text", "result", "usable", "placed"),
    [
        ("id,lon,lat\nA,2,48\n", CartographyCheck.CLEAN, 1, 1),
        ("id\nA\n", CartographyCheck.CLEAN, 1, 0),
        ("id,type\nA,zeppelin\n", CartographyCheck.WARNINGS, 1, 0),
        ("id,lon,lat\nA,2,98\n", CartographyCheck.ERRORS, 1, 0),
        ("id\nA\n\0\nA,B\n", CartographyCheck.ERRORS, 1, 0),
        ("", CartographyCheck.ERRORS, 0, 0),
        ("what\never\n", CartographyCheck.ERRORS, 0, 0),
    ],
)
def test_reviews(tmp_path: Path, text: str, result: CartographyCheck, usable: int, placed: int) -> None:
    found = review(written(tmp_path, text))
    findings = list(found)
    assert (found.result, found.usable, found.placed) == (result, usable, placed)
    assert found.counts.total() == found.kinds.total() == len(findings)


def test_what_cannot_be_read_at_all(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none\.csv: cannot be read"):
        review(TableRequest(path=tmp_path / "none.csv"))
    with pytest.raises(StorageError, match="cannot be read"):
        review(TableRequest(path=tmp_path))
    request = written(tmp_path, "id\nA\n")
    with pytest.raises(StorageError, match=r"none\.toml: cannot be read"):
        review(TableRequest(path=request.path, mapping=tmp_path / "none.toml"))
    (tmp_path / "m.toml").write_text("[colums]\n", encoding="ascii")
    with pytest.raises(UsageError, match=r"m\.toml: nothing is called 'colums'"):
        review(TableRequest(path=request.path, mapping=tmp_path / "m.toml"))


@pytest.mark.parametrize("crs", ["2154", "epsg:2154", "Lambert 93", "urn:ogc:def:crs:EPSG::2154"])
def test_a_reference_system_for_all_rows(tmp_path: Path, crs: str) -> None:
    """In the profile it is spelt as one of a cell: as the verifier wants it."""
    path = written(tmp_path, "id,x,y\nA,652469.02,6862035.26\n").path
    (camera,) = read_cartography(TableRequest(path=path, crs=crs)).cameras
    assert (camera.crs, camera.position_from) == ("EPSG:2154", "crs")
    (tmp_path / "m.toml").write_text(f'[format]\ncrs = "{crs}"\n', encoding="utf-8")
    assert read_cartography(TableRequest(path=path, mapping=tmp_path / "m.toml")).cameras == (camera,)
    assert [one for _, one in read_profile(b"".join(write_profile([camera])), "c.csv")] == [replace(camera, line=2)]


def test_a_reference_system_that_is_none(tmp_path: Path) -> None:
    request = TableRequest(path=written(tmp_path, "id,x,y\nA,1,2\n").path, crs="+proj=utm +zone=31")
    for read in (review, read_cameras, read_cartography):
        with pytest.raises(UsageError, match=r"--crs.*: \+proj=utm \+zone=31 is no coordinate reference system"):
            read(request)


def test_a_table_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is checked as far as it is read, and nothing is made of it."""
    request = written(tmp_path, "id\n" + "".join(f"A{n}\n" for n in range(5)))
    monkeypatch.setattr(table, "MAX_ROWS", 3)
    found = review(request)
    [error] = [one for one in found if one.severity is Severity.ERROR]
    assert (error.line, error.kind, error.message) == (5, "too-many", "more than 3 rows; the rest is left out")
    assert (found.usable, found.result) == (3, CartographyCheck.ERRORS)
    with pytest.raises(UsageError, match=r"cameras\.csv: holds more than 3 rows, the most that are read\. Divide it"):
        convert(ConversionRequest(table=request, to=CartographyFormat.CSV, out=tmp_path / "out.csv"))
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(UsageError, match="holds more than 3 rows, the most that are read"):
        read_cartography(request)


def test_a_file_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = written(tmp_path, "id\nA\nB\nC\n")
    monkeypatch.setattr(table, "MAX_TABLE", 6)
    [error] = [one for one in review(request) if one.severity is Severity.ERROR]
    assert (error.kind, error.message) == ("too-long", "more than 6 bytes; the rest is left out")
    for read in (read_cameras, read_cartography):
        with pytest.raises(UsageError, match="holds more than 6 bytes, the most that are read"):
            read(request)


def test_lines_that_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vssx.cartography.lines.MAX_LINES", 3)
    with pytest.raises(UsageError, match="holds more than 3 lines, the most that are read"):
        read_cameras(written(tmp_path, "id\nA\nB\nC\nD\n"))


def test_geojson_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feature = '{"type": "Feature", "id": 1, "geometry": {"type": "Point", "coordinates": [2, 48]}}'
    request = written(tmp_path, f'{{"type": "FeatureCollection", "features": [{feature}, {feature}]}}')
    assert len(read_cameras(request).cameras) == 1  # the same one twice
    monkeypatch.setattr(geojson_reading, "MAX_FEATURES", 1)
    with pytest.raises(UsageError, match="holds more than 1 features, the most that are read"):
        read_cameras(request)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,lon\n", "it has no rows"),
        ("id,lon\n,5\n", "no identifier; the row is not used"),
        ("", "holds no header"),
        ('{"type": "Topology"}', "neither a FeatureCollection nor a Feature"),
        ("{", "not JSON"),
    ],
)
def test_why_nothing_can_be_used(tmp_path: Path, text: str, why: str) -> None:
    request = written(tmp_path, text)
    with pytest.raises(MalformedMediaError, match=f"holds no camera that can be used: .*{why}"):
        read_cameras(request)
    with pytest.raises(UsageError, match="is GeoJSON" if text.startswith("{") else "holds no camera that can be used"):
        read_cartography(request)


def test_geojson_is_no_table(tmp_path: Path) -> None:
    request = written(tmp_path, '\ufeff\n{"type": "FeatureCollection", "features": []}')
    for read in (review, read_cartography):
        with pytest.raises(UsageError, match=r"is GeoJSON, not a table\. vssx carto convert --to csv"):
            read(request)


def test_a_cartography_for_an_export(tmp_path: Path) -> None:
    """The severest findings first, and positions judged as ``vssx carto check`` does."""
    rows = [f"C{n},{2 + n / 1000},48,\n" for n in range(6)]
    text = "id,lon,lat,type\n" + "".join(rows) + "X,48,2,\nY,2,48,zeppelin\nZ,0,0,\n"
    found = read_cartography(written(tmp_path, text))
    told = [(one.severity, one.line, one.kind) for one in found.findings]
    assert told[:2] == [(Severity.ERROR, 10, "zero"), (Severity.WARNING, 9, "word")]
    assert (Severity.WARNING, 8, "exchanged") in told
    assert (found.findings_total, len(found.cameras)) == (len(told), 9)
    assert dict(found.options)["cartography_rows"] == "of the exported cameras"


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    """A directory with plans, and what lies outside of it."""
    (tmp_path / "secret.png").write_bytes(PNG + b"secret")
    below = tmp_path / "tables"
    (below / "plans").mkdir(parents=True)
    (below / "plan.png").write_bytes(PNG)
    (below / "plans" / "Étage 1.png").write_bytes(PNG + b"1")
    return below


@pytest.mark.parametrize(
    ("name", "tail"),
    [("plan.png", b""), ("./plan.png", b""), ("plans/Étage 1.png", b"1"), ("plans\\Étage 1.png", b"1")],
)
def test_plans_beside_a_table(plans: Path, name: str, tail: bytes) -> None:
    assert read_beside(plans, name) == PNG + tail


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("../secret.png", UsageError),
        ("plans/../../secret.png", UsageError),
        ("..\\secret.png", UsageError),
        ("/etc/passwd", UsageError),
        ("\\\\host\\share\\plan.png", UsageError),
        ("C:\\plan.png", UsageError),
        ("C:plan.png", UsageError),
        ("plan.png\0.svg", UsageError),
        ("", UsageError),
        (".", VssxError),
        ("plans", HandoverError),
        ("missing.png", StorageError),
        ("plan.png/x", StorageError),
        ("x" * 5000, StorageError),
    ],
)
def test_names_that_lead_elsewhere_or_nowhere(plans: Path, name: str, error: type[VssxError]) -> None:
    with pytest.raises(error):
        read_beside(plans, name)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_and_other_things(plans: Path) -> None:
    (plans / "out.png").symlink_to(plans.parent / "secret.png")
    (plans / "up").symlink_to(plans.parent)
    (plans / "inside.png").symlink_to("plan.png")
    (plans / "round.png").symlink_to("round.png")
    os.mkfifo(plans / "pipe.png")
    for name in ("out.png", "up/secret.png"):
        with pytest.raises(UsageError, match="leads out of the directory of the table"):
            read_beside(plans, name)
    with pytest.raises(StorageError, match="cannot be found"):
        read_beside(plans, "round.png")
    with pytest.raises(HandoverError, match="not a regular file"):
        read_beside(plans, "pipe.png")
    assert read_beside(plans, "inside.png") == PNG


def test_a_plan_is_not_read_beyond_its_bound(plans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_file, "MAX_PLAN", 4)
    assert read_beside(plans, "plan.png") == PNG[:5]


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    checked = review(written(tmp_path, "id;lon;lat\n"))
    assert [found.kind for found in checked] == ["no-rows"]
    assert checked.result is CartographyCheck.ERRORS
