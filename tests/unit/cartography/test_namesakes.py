"""Rows that name several cameras, and tables against recordings."""

from __future__ import annotations

import dataclasses

import pytest

from tests.unit.cartography.test_matching import GATE, row
from vssx.cartography.matching import CameraIndex, RecordingIdentity, RowMatch
from vssx.cartography.namesakes import Namesakes
from vssx.cartography.recording_check import findings_against, match_all
from vssx.model.cartography import IdentifierKind, MapCamera, Severity

OTHER = dataclasses.replace(GATE, token="R-2", source_id="S-2", track_tokens=())
SHARED = "line 2 names another camera, too (recording R-2): it does not say which one it means"


def judged(camera: MapCamera, *recordings: RecordingIdentity) -> RowMatch:
    return Namesakes(recordings).judge(CameraIndex([camera], "cameras.csv").find(GATE), GATE)


def told(**changes: object) -> RecordingIdentity:
    return dataclasses.replace(OTHER, **changes)  # type: ignore[arg-type]


def test_a_name_of_two_cameras() -> None:
    match = judged(row("north gate"), GATE, OTHER)
    assert match.camera is not None
    assert (match.detail, match.shared) == (SHARED, True)
    assert judged(row("192.168.1.20"), GATE, OTHER).detail == SHARED
    many = [told(token=f"R-{n}", source_id=f"S-{n}") for n in range(2, 8)]
    assert "(recording R-2, R-3, R-4 and 3 more)" in judged(row("north gate"), GATE, *many).detail


@pytest.mark.parametrize(
    ("camera_id", "other"),
    [
        ("R-1", OTHER),  # a token is of one camera
        ("north gate", told(source_id=GATE.source_id)),  # another recording of the same one
        ("north gate", told(token="R-1")),  # another span of the same one
        ("north gate", told(names=("South gate",))),
        ("192.168.1.20:8080", told(address="192.168.1.20:81")),
        ("north gate", told(source_id="")),  # same name, same address
    ],
)
def test_names_of_one_camera(camera_id: str, other: RecordingIdentity) -> None:
    match = judged(row(camera_id), GATE, other)
    assert match.camera is not None
    assert (match.detail, match.shared) == ("", False)


def test_a_row_out_of_service_at_the_time_of_the_other() -> None:
    camera = row("north gate", in_service_since="2026-01-01")
    assert judged(camera, GATE, OTHER).shared
    assert not judged(camera, GATE, told(from_ns=0, to_ns=1)).shared


def test_recordings_of_which_nobody_knows_the_cameras() -> None:
    one, other = (RecordingIdentity(token=token, names=("North gate",)) for token in ("A", "B"))
    match = Namesakes([one, other]).judge(CameraIndex([row("north gate")], "c.csv").find(one), one)
    assert not match.shared
    assert match.detail == ("line 2 names recording B, too: whether that is the same camera, the recorder does not say")


def test_a_token_of_one_is_the_name_of_another() -> None:
    named = told(names=("R-1",))
    found = match_all([row("R-1")], [GATE, named], "cameras.csv")
    assert [one.matched_by for one in found.recordings] == [IdentifierKind.TOKEN, IdentifierKind.NAME]
    assert [one.shared for one in found.recordings] == [False, True]
    assert (found.unknown, found.former) == ((), ())


def test_the_camera_before_is_not_unknown() -> None:
    rows = [row("R-1", 2), row("R-1", 3, in_service_until="2020"), row("R-7", 4, in_service_until="2020")]
    found = match_all(rows, [GATE], "cameras.csv")
    assert [one.camera for one in found.recordings] == [rows[0]]
    assert (found.unknown, found.former) == ((rows[2],), (rows[1],))
    told = findings_against(rows, [GATE], file="c.csv", column="id", against="h")
    assert [(one.severity, one.line, one.kind) for one in told] == [
        (Severity.NOTE, 3, "former-camera"),
        (Severity.WARNING, 4, "unknown-camera"),
    ]


def test_another_row_that_names_it_in_another_way_is_not_unknown() -> None:
    found = match_all([row("R-1", 2), row("North gate", 3)], [GATE], "cameras.csv")
    assert found.recordings[0].detail == "line 3 of cameras.csv names it in another way"
    assert (found.unknown, found.former) == ((), ())


def test_against_recordings() -> None:
    cameras = [
        row("R-1", 2),
        row("R-1", 3),
        row("nothing", 4),
        row("Dock", 5, in_service_until="2019-12-31"),
        row("Yard", 6),
    ]
    dock = told(token="R-3", source_id="S-3", names=("Dock",), address="")
    yards = [told(token=f"Y-{n}", source_id=f"Y-{n}", names=("Yard",), address="") for n in (1, 2)]
    lost = RecordingIdentity(token="R-9\u202e")
    found = list(
        findings_against(cameras, [GATE, dock, *yards, lost], file="c.csv", column="Caméra", against="\x1b10.0.0.1")
    )
    assert {(one.severity, one.file) for one in found} == {(Severity.WARNING, "c.csv")}
    assert [(one.line, one.kind, one.column, one.value) for one in found] == [
        (2, "no-camera", "Caméra", "R-1"),
        (4, "unknown-camera", "Caméra", "nothing"),
        (5, "no-camera", "Caméra", "Dock"),
        (6, "shared-name", "Caméra", "Yard"),
        (6, "shared-name", "Caméra", "Yard"),
        (0, "no-camera", "", "R-9\u202e"),
    ]
    assert found[0].message == "recording R-1: lines 2, 3 of c.csv name it by its token: none of them was taken"
    assert found[1].message == "unknown: no recording of \\x1b10.0.0.1 goes by it"
    assert "not as in service at its time (until 2019-12-31)" in found[2].message
    assert found[5].message == "a recording without a camera: no row of c.csv names it (token R-9\\u202e)"
