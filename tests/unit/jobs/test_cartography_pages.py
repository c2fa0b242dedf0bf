from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.report.mapped import SVG, camera
from tests.unit.report.recordings import recording
from vssx.cartography.camera_values import values_of
from vssx.cartography.profile_writer import write_profile
from vssx.errors import HandoverError, StorageError
from vssx.jobs.cartography_pages import MAX_PLANS, cartography_of_bag, plans_beside
from vssx.model.cartography import MapCamera
from vssx.report.map_pages import number_cameras
from vssx.report.record_view import RecordView

MAPPING = """
[plans."floor.svg"]
control_points = [
  {x = 0, y = 0, longitude = 8.5417, latitude = 47.3769},
  {x = 200, y = 0, longitude = 8.5430, latitude = 47.3769},
  {x = 0, y = 100, longitude = 8.5417, latitude = 47.3764},
]
"""
GATE = camera(1, 8.5418, 47.3768, name="Gate, north", plan="floor.svg", plan_x=20.0, plan_y=10.5, line=7)
DOOR = camera(1, 8.54185, 47.37685, name="Gate, north, until 2020", line=8)


def bag(root: Path, *cameras: MapCamera, plans: tuple[str, ...] = (), mapped: bool = False) -> dict[str, Any]:
    """A directory with a cartography, and what the record says of it."""
    below = root / "data" / "cartography"
    (below / "plans").mkdir(parents=True)
    (below / "cameras.csv").write_bytes(b"".join(write_profile(cameras)))
    for name in plans:
        (below / "plans" / name).write_bytes(SVG)
    if mapped:
        (below / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    return {
        "plans": [{"name": name, "path": f"data/cartography/plans/{name}"} for name in plans],
        "mapping": {"path": "data/cartography/mapping.toml"} if mapped else None,
    }


def record(told: dict[str, Any] | None, *matched: MapCamera | None) -> RecordView:
    """A record with a recording for each of ``matched``."""
    recordings = tuple(
        recording(
            directory=f"r{number}",
            raw={"map_camera": None if one is None else {"camera": values_of(one), "line": one.line}},
        )
        for number, one in enumerate(matched)
    )
    return RecordView(
        created_ns=0,
        level=None,
        signed=False,
        fingerprint="",
        case="",
        exhibit="",
        operator="",
        recordings=recordings,
        raw={"cartography": told},
    )


def test_without_a_cartography_there_is_nothing(tmp_path: Path):
    assert cartography_of_bag(tmp_path, record(None)) is None


def test_rows_with_one_identifier_are_told_apart(tmp_path: Path):
    maps = cartography_of_bag(tmp_path, record(bag(tmp_path, DOOR, GATE), GATE, None, GATE))
    assert maps is not None
    assert {one.name: one.recordings for one in maps.cameras} == {GATE.name: ("r0", "r2"), DOOR.name: ()}
    assert maps.cameras[0].name == GATE.name


def test_a_plan_is_drawn_with_the_control_points_of_the_mapping(tmp_path: Path):
    told = bag(tmp_path, GATE, plans=("floor.svg",), mapped=True)
    maps = cartography_of_bag(tmp_path, record(told, GATE))
    assert maps is not None
    (plan,) = maps.plans
    assert plan.image is not None
    assert plan.path == "data/cartography/plans/floor.svg"
    assert plan.north is not None
    assert [one.recorded for one in plan.sectors] == [True]


def test_a_plan_that_is_gone_or_none_is_said_and_keeps_no_page_back(tmp_path: Path):
    told = bag(tmp_path, GATE, plans=("floor.svg", "b.svg"))
    (tmp_path / "data/cartography/plans/floor.svg").unlink()
    (tmp_path / "data/cartography/plans/b.svg").write_bytes(b"GIF89a")
    maps = cartography_of_bag(tmp_path, record(told, GATE))
    assert maps is not None
    assert [one.reason for one in maps.plans] == ["unreadable", "unreadable"]


@pytest.mark.parametrize("path", ["/etc/hostname", "data/../../secret.svg", "data/link/secret.svg"])
def test_a_plan_outside_of_the_handover_is_refused(path: str, tmp_path: Path):
    root = tmp_path / "bag"
    told = bag(root, GATE)
    (tmp_path / "secret.svg").write_bytes(SVG)
    (root / "data" / "link").symlink_to(tmp_path)
    told["plans"] = [{"name": "floor.svg", "path": path}]
    with pytest.raises(HandoverError, match=r"secret\.svg|hostname"):
        cartography_of_bag(root, record(told))


def test_what_is_missing_or_no_camera_is_an_error_of_the_handover(tmp_path: Path):
    told = bag(tmp_path, GATE)
    view = record(told, GATE)
    view.recordings[0].raw["map_camera"]["camera"]["azimuth"] = "north"  # type: ignore[index]
    with pytest.raises(HandoverError, match="azimuth"):
        cartography_of_bag(tmp_path, view)
    (tmp_path / "data/cartography/cameras.csv").unlink()
    with pytest.raises(StorageError, match=r"cameras\.csv"):
        cartography_of_bag(tmp_path, record(told))


def test_of_many_plans_beside_a_table_the_first_are_read(tmp_path: Path):
    cameras = number_cameras([camera(n, 8.0, 47.0, plan=f"{n}.svg") for n in range(MAX_PLANS + 5)])
    (tmp_path / "0.svg").write_bytes(SVG)
    found = plans_beside(tmp_path, cameras, {})
    assert len(found) == MAX_PLANS
    assert [one.reason for one in found[:2]] == ["", "unreadable"]
