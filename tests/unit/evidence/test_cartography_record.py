from __future__ import annotations

import dataclasses
import json

import pytest
from jsonschema import Draft202012Validator

from vssx.cartography.camera_values import camera_of, values_of
from vssx.cartography.profile import HEADER
from vssx.evidence.cartography_record import MAX_FINDINGS, describe_cartography, describe_match
from vssx.evidence.record_reading import schema
from vssx.model.cartography import (
    AttachedCartography,
    AttachedFile,
    AttachedPlan,
    AttachedTable,
    CameraType,
    CartographyFinding,
    CoordinateOperation,
    IdentifierKind,
    MapCamera,
    Setting,
    Severity,
)
from vssx.model.handover import CameraMatch, Position

SHA = "0" * 64
FULL = MapCamera(
    camera_id="R-1",
    identifier_kind=IdentifierKind.TOKEN,
    name="Gate",
    site="Depot",
    building="A",
    floor="0",
    zone="north",
    setting=Setting.OUTDOOR,
    camera_type=CameraType.MULTI_SENSOR,
    longitude=8.5417,
    latitude=47.3769,
    altitude=408.0,
    height_above_floor=4.0,
    crs="EPSG:2056",
    easting=2683000.0,
    northing=1248000.0,
    azimuth=0.0,
    tilt=-20.0,
    roll=0.0,
    horizontal_fov=90.0,
    vertical_fov=50.0,
    near_range=1.0,
    far_range=30.0,
    plan="ground.svg",
    plan_x=10.0,
    plan_y=20.0,
    address="1 Street",
    operator="Town",
    contact="desk",
    in_service_since="2020-01-01",
    in_service_until="2030-01-01",
    remarks="none",
    position_from="given",
    line=7,
)
ATTACHED = AttachedCartography(
    source=AttachedTable(
        name="c.csv",
        path="data/cartography/original/c.csv",
        size=9,
        sha256=SHA,
        encoding="windows-1252",
        separator=";",
    ),
    mapping=AttachedFile(name="m.toml", path="data/cartography/mapping.toml", size=9, sha256=SHA),
    csv="data/cartography/cameras.csv",
    geojson="data/cartography/cameras.geojson",
    rows=300,
    included=2,
    all_rows=False,
    operations=(CoordinateOperation(source="EPSG:2056", target="EPSG:4326", pipeline="+proj=pipeline"),),
    plans=(
        AttachedPlan(
            name="ground.svg",
            path="data/cartography/plans/ground.svg",
            size=9,
            sha256=SHA,
            media_type="image/svg+xml",
            width=10.0,
            height=20.5,
        ),
    ),
    findings=tuple(
        CartographyFinding(severity=Severity.NOTE, file="c.csv", line=n, column="", value="", message="odd")
        for n in range(300)
    ),
    findings_total=300,
)
MATCH = CameraMatch(
    matched_by=IdentifierKind.TOKEN,
    camera=FULL,
    loci=Position(longitude=8.5, latitude=47.0, altitude=400.0, name="Gate", notes="view point"),
)


def part(*keys: str) -> Draft202012Validator:
    whole = schema()
    node = whole
    for key in keys:
        node = node[key]
    return Draft202012Validator({**node, "$defs": whole["$defs"]})


def test_what_is_described_follows_the_schema():
    described = describe_cartography(ATTACHED)
    part("properties", "cartography").validate(json.loads(json.dumps(described)))
    assert len(described["findings"]) == MAX_FINDINGS  # type: ignore[arg-type]
    assert described["findings_total"] == 300
    matched = part("properties", "recordings", "items", "properties", "map_camera")
    matched.validate(json.loads(json.dumps(describe_match(MATCH))))
    matched.validate(json.loads(json.dumps(describe_match(dataclasses.replace(MATCH, loci=None)))))
    matched.validate(None)


def test_schema_knows_every_column_of_the_profile():
    matched = schema()["properties"]["recordings"]["items"]["properties"]["map_camera"]
    assert tuple(matched["properties"]["camera"]["properties"]) == HEADER


def test_a_camera_and_its_values():
    values = values_of(FULL)
    assert tuple(values) == HEADER
    assert values["azimuth"] == 0.0
    assert camera_of(json.loads(json.dumps(values)), line=7) == FULL
    assert values_of(MapCamera(camera_id="R-1", line=3)) == {"camera_id": "R-1"}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"camera_id": 1},
        {"camera_id": "a", "line": 3},
        {"camera_id": "a", "nonsense": "b"},
        {"camera_id": "a", "azimuth": "north"},
        {"camera_id": "a", "azimuth": True},
        {"camera_id": "a", "name": 5.0},
        {"camera_id": "a", "setting": "under water"},
        {"camera_id": "a", "latitude": [1]},
    ],
)
def test_what_is_no_camera(values: dict[str, object]):
    with pytest.raises(ValueError, match=r"column|missing|no text|no number|not a valid"):
        camera_of(values)
