from __future__ import annotations

import dataclasses

import pytest

from vssx.cartography.mapping import ControlPoint
from vssx.cartography.placing import Placing
from vssx.model.cartography import CartographyFinding, MapCamera, Severity

PARIS = MapCamera(camera_id="C-1", crs="EPSG:2154", easting=652_469.02, northing=6_862_035.26, line=7)
CORNERS = tuple(
    ControlPoint(x=x, y=y, longitude=2.35 + x * 1e-6, latitude=48.85 - y * 0.66e-6)
    for x, y in ((0, 0), (800, 0), (800, 500), (0, 500))
)


def placed(camera: MapCamera, placing: Placing | None = None) -> tuple[MapCamera, list[CartographyFinding]]:
    made, findings = (placing or Placing("cameras.csv")).place(camera)
    return made, list(findings)


def test_given_position_stays_and_nothing_is_looked_up():
    given = MapCamera(camera_id="C-1", longitude=1.0, latitude=2.0, position_from="given")
    placing = Placing("cameras.csv")
    assert placed(given, placing) == (given, [])
    assert placing.operations == ()


def test_easting_and_northing_become_a_position():
    placing = Placing("cameras.csv")
    made, findings = placed(PARIS, placing)
    assert (made.longitude, made.latitude) == (pytest.approx(2.3522, abs=1e-6), pytest.approx(48.8566, abs=1e-6))
    assert made.position_from == "crs"
    assert (made.easting, made.crs) == (PARIS.easting, "EPSG:2154")
    assert findings == []
    (operation,) = placing.operations
    assert (operation.source, operation.target, operation.accuracy_m) == ("EPSG:2154", "EPSG:4326", 1)


def test_given_wins_over_easting_and_says_when_they_disagree():
    near = dataclasses.replace(PARIS, longitude=2.3522, latitude=48.8566)
    far = dataclasses.replace(PARIS, longitude=2.3522, latitude=48.8666)
    assert placed(near) == (near, [])
    made, (finding,) = placed(far)
    assert made == far
    assert (finding.severity, finding.kind, finding.line) == (Severity.WARNING, "two-positions", 7)
    assert "1112 m away" in finding.message


@pytest.mark.parametrize(
    ("values", "severity", "kind", "part", "used"),
    [
        ({"crs": "EPSG:99999"}, Severity.ERROR, "crs", "the position is not used", False),
        ({"crs": "Lambert"}, Severity.ERROR, "crs", "is no coordinate reference system", False),
        (
            {"easting": PARIS.northing, "northing": PARIS.easting},
            Severity.ERROR,
            "outside-crs",
            "easting and northing exchanged? The position is not used",
            False,
        ),
        ({"crs": "EPSG:27700", "easting": 530e3, "northing": 180e3}, Severity.WARNING, "grid", "uk_os_OSTN15", True),
        ({"crs": "EPSG:25832"}, Severity.NOTE, "crs", "within 0.1 m", True),
        ({"crs": "EPSG:4258"}, Severity.ERROR, "outside-crs", "no place with these coordinates", False),
    ],
)
def test_findings_about_a_system(values: dict[str, object], severity: Severity, kind: str, part: str, used: bool):
    made, findings = placed(dataclasses.replace(PARIS, **values))  # type: ignore[arg-type]
    (finding,) = [one for one in findings if one.kind == kind and part in one.message]
    assert (finding.file, finding.line, finding.severity) == ("cameras.csv", 7, severity)
    assert made.placed is used


def test_what_holds_for_a_system_is_said_once_and_of_the_own_header():
    placing = Placing("cameras.csv", columns={"crs": "Projection"})
    london = dataclasses.replace(PARIS, crs="EPSG:27700", easting=530e3, northing=180e3)
    _, first = placed(london, placing)
    assert [one.column for one in first] == ["Projection"]
    assert placed(dataclasses.replace(london, easting=531e3), placing)[1] == []


def test_place_on_a_plan_becomes_a_position():
    placing = Placing("cameras.csv", plans={"floor.svg": CORNERS}, mapping_file="mapping.toml")
    made, (about,) = placed(MapCamera(camera_id="C", plan="floor.svg", plan_x=400.0, plan_y=250.0), placing)
    assert (made.longitude, made.latitude) == (
        pytest.approx(2.3504, abs=1e-9),
        pytest.approx(48.85 - 165e-6, abs=1e-9),
    )
    assert made.position_from == "plan"
    assert (about.file, about.line, about.severity, about.kind) == ("mapping.toml", 0, Severity.NOTE, "residuals")
    assert set(placing.placements) == {"floor.svg"}
    assert placed(MapCamera(camera_id="D", plan="other.svg", plan_x=4.0, plan_y=2.0), placing)[0].placed is False


@pytest.mark.parametrize(
    ("x", "y", "severity", "used"),
    [
        (1500.0, -400.0, None, True),
        (1700.0, 250.0, Severity.WARNING, True),  # millimetres in a plan of pixels, say
        (400.0, 1100.0, Severity.WARNING, True),
        (999_999.0, 999_999.0, Severity.ERROR, False),
    ],
)
def test_places_that_are_on_no_plan(x: float, y: float, severity: Severity | None, used: bool):
    placing = Placing("cameras.csv", plans={"floor.svg": CORNERS})
    made, findings = placed(MapCamera(camera_id="C", plan="floor.svg", plan_x=x, plan_y=y, line=7), placing)
    assert made.placed is used
    assert [(one.severity, one.line) for one in findings if one.kind == "outside-plan"] == (
        [] if severity is None else [(severity, 7)]
    )


def test_control_points_in_another_system():
    points = [(0, 0, 652_469, 6_862_035), (800, 0, 652_509, 6_862_035), (0, 500, 652_469, 6_862_010)]
    corners = tuple(
        ControlPoint(x=x, y=y, easting=east, northing=north, crs="EPSG:2154") for x, y, east, north in points
    )
    placing = Placing("cameras.csv", plans={"floor.svg": corners})
    (finding,) = placing.lay_plans()
    assert "3 control points, which nothing can check (1 unit is 0.05001 m)" in finding.message
    assert [one.source for one in placing.operations] == ["EPSG:2154"]
    assert placing.lay_plans() == ()


@pytest.mark.parametrize(
    ("points", "severity", "kind", "part"),
    [
        (CORNERS[:2], Severity.ERROR, "control-points", "2 control points"),
        (
            (*CORNERS[:3], ControlPoint(x=0, y=500, longitude=2.3501, latitude=48.85)),
            Severity.WARNING,
            "residuals",
            "root mean square",
        ),
        (
            tuple(dataclasses.replace(one, y=-one.y) for one in CORNERS),
            Severity.WARNING,
            "mirrored",
            "y counted from below",
        ),
        (tuple(dataclasses.replace(one, y=one.y * 2) for one in CORNERS), Severity.WARNING, "stretch", "factor of 2."),
        (
            tuple(dataclasses.replace(one, longitude=200.0 + one.x) for one in CORNERS),
            Severity.ERROR,
            "control-points",
            "no place on the earth",
        ),
        (
            tuple(ControlPoint(x=p.x, y=p.y, easting=p.x, northing=p.y, crs="EPSG:1") for p in CORNERS),
            Severity.ERROR,
            "control-points",
            "EPSG:1 is no",
        ),
    ],
)
def test_findings_about_plans(points: tuple[ControlPoint, ...], severity: Severity, kind: str, part: str):
    findings = Placing("cameras.csv", plans={"floor.svg": points}).lay_plans()
    (finding,) = [one for one in findings if one.kind == kind]
    assert (finding.severity, finding.value) == (severity, "floor.svg")
    assert part in finding.message
