from __future__ import annotations

import dataclasses

import pytest

from vssx.cartography.matching import CameraIndex, RecordingIdentity, RowMatch, identity_of
from vssx.cartography.service_time import in_service
from vssx.model.cartography import IdentifierKind, MapCamera
from vssx.model.media import TrackType
from vssx.model.recording import RecordingInformation, RecordingSourceInformation, TrackInformation
from vssx.times import from_xs_datetime

UUID = "5f5a69c2-e0ae-4041-9001-000000000001"
GATE = RecordingIdentity(
    token="R-1",
    source_id=f"urn:uuid:{UUID}",
    names=("North  gate",),
    address="http://192.168.1.20:8080/onvif/device_service",
    track_tokens=("cam17:VIDEO001",),
    from_ns=from_xs_datetime("2026-03-14T06:30:00Z"),
    to_ns=from_xs_datetime("2026-03-14T06:31:00Z"),
)


def found(*cameras: MapCamera, of: RecordingIdentity = GATE) -> RowMatch:
    return CameraIndex(cameras, "cameras.csv").find(of)


def row(camera_id: str, line: int = 2, **values: object) -> MapCamera:
    return dataclasses.replace(MapCamera(camera_id=camera_id, line=line), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("camera_id", "kind"),
    [
        ("R-1", IdentifierKind.TOKEN),
        (" R-1 ", IdentifierKind.TOKEN),
        (f"urn:uuid:{UUID}", IdentifierKind.SOURCE),
        (f"{{{UUID.upper()}}}", IdentifierKind.SOURCE),
        ("NORTH GATE", IdentifierKind.NAME),
        ("Ｎorth\u00a0gate", IdentifierKind.NAME),
        ("192.168.1.20", IdentifierKind.ADDRESS),
        ("192.168.1.20:8080", IdentifierKind.ADDRESS),
        ("rtsp://192.168.1.20:8080/stream", IdentifierKind.ADDRESS),
        ("cam17:VIDEO001", IdentifierKind.REMOTE),
    ],
)
def test_every_kind_of_identifier(camera_id: str, kind: IdentifierKind):
    assert found(row(camera_id)).matched_by is kind
    assert found(row(camera_id, identifier_kind=kind)).matched_by is kind
    others = [other for other in IdentifierKind if other not in (kind, IdentifierKind.REMOTE)]
    assert [found(row(camera_id, identifier_kind=other)).camera for other in others] == [None] * len(others)


@pytest.mark.parametrize(
    "camera_id", ["r-1", "R-10", "North gates", "192.168.1.2", "192.168.1.20:81", "cam17:VIDEO002", "", "http:", "a b"]
)
def test_what_is_only_like_it(camera_id: str):
    match = found(row(camera_id))
    assert (match.camera, match.matched_by) == (None, None)
    assert match.detail == (
        f"no row of cameras.csv names it (token R-1, source identifier urn:uuid:{UUID}, name North  gate, address"
        " http://192.168.1.20:8080/onvif/device_service)"
    )


def test_a_remote_token_of_the_same_device():
    said = row("cam17:SOURCE", identifier_kind=IdentifierKind.REMOTE)
    assert found(said).matched_by is IdentifierKind.REMOTE
    assert found(row("cam17:SOURCE")).camera is None, "nothing says that it is one"
    two = found(said, dataclasses.replace(said, camera_id="cam17:OTHER", line=3))
    assert two.camera is None, "which of the device's cameras?"
    assert two.detail == "lines 2, 3 of cameras.csv name it by its remote token: none of them was taken"
    long = "p" * 40
    of = dataclasses.replace(GATE, track_tokens=(f"{long}:{'t' * 30}",))
    assert found(row(f"{long}:x", identifier_kind=IdentifierKind.REMOTE), of=of).camera is None, "64 characters"


def test_addresses_of_ipv6():
    of = dataclasses.replace(GATE, address="http://[fe80::1]:80/onvif")
    assert found(row("fe80::1"), of=of).matched_by is IdentifierKind.ADDRESS
    assert found(row("[fe80::1]:80"), of=of).matched_by is IdentifierKind.ADDRESS
    assert found(row("[fe80::1]:81"), of=of).camera is None
    assert found(row("[fe80::1"), of=of).camera is None


def test_two_rows_are_none():
    match = found(row("R-1", 4), row("R-1", 9))
    assert match.camera is None
    assert [one.line for one in match.candidates] == [4, 9]
    assert match.detail == "lines 4, 9 of cameras.csv name it by its token: none of them was taken"


def test_the_better_identifier_counts_and_the_other_is_said():
    match = found(row("North gate", 4), row("R-1", 9))
    assert match.camera is not None
    assert match.camera.line == 9
    assert match.detail == "line 4 of cameras.csv names it in another way"


def test_a_camera_that_was_moved():
    old = row("R-1", 4, in_service_until="2025-12-31")
    new = row("R-1", 9, in_service_since="2026-01-01")
    match = found(old, new)
    assert match.camera == new
    assert match.detail == ""
    gone = found(old)
    assert gone.camera is None
    assert gone.detail == (
        "line 4 of cameras.csv names it by its token, but not as in service at its time (until 2025-12-31)"
    )


@pytest.mark.parametrize(
    ("since", "until", "answer"),
    [
        ("", "", True),
        ("2026-03-14", "", True),
        ("2026-03-15", "", False),
        ("2026-03-14T20:30", "", True),  # it may be local time far in the east
        ("2026-03-14T20:32", "", False),
        ("2026-03-14T06:31:00Z", "", True),
        ("2026-03-14T06:31:01Z", "", False),
        ("2026-03-14T07:31+01:00", "", True),
        ("2026-03-14T07:32+01:00", "", False),
        ("2027", "", False),
        ("2026-04", "", False),
        ("", "2026-03", True),
        ("", "2026-02", False),
        ("", "2025-12", False),
        ("", "2025", False),
        ("", "2026-03-13", True),
        ("", "2026-03-12", False),
        ("", "2026-03-14T06:29:59Z", False),
        ("", "2026-03-14T06:30:00Z", True),
        ("2026-02-31", "", True),  # no date: nothing is certain
        ("9999-12-31", "9999-12-31", False),
        ("0001-01-01", "0001-01-01", False),
        ("soon", "never", True),
    ],
)
def test_service(since: str, until: str, answer: bool):
    camera = row("R-1", in_service_since=since, in_service_until=until)
    assert in_service(camera, GATE.from_ns, GATE.to_ns) is answer
    assert in_service(camera, None, None)


def test_what_a_recorder_tells():
    recording = RecordingInformation(
        token="R-1",
        source=RecordingSourceInformation(source_id="s", name="Gate", address="10.0.0.1"),
        tracks=(TrackInformation(token="T", track_type=TrackType.VIDEO),),
    )
    identity = identity_of(recording, from_ns=1, to_ns=2)
    assert identity == RecordingIdentity(
        token="R-1",
        source_id="s",
        names=("Gate",),
        address="10.0.0.1",
        track_tokens=("T",),
        from_ns=1,
        to_ns=2,
    )
    assert RecordingIdentity().told == ""
    assert found(row("x"), of=RecordingIdentity()).detail == "no row of cameras.csv names it (which has no identifier)"
