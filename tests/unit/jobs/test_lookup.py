"""Rows that name several cameras, where an export asks its recorder for them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from vssx.cartography.matching import identity_of
from vssx.errors import ProtocolError
from vssx.jobs.carto import TableRequest
from vssx.jobs.cartography import match_camera, read_cartography
from vssx.jobs.lookup import _namesakes
from vssx.model.recording import RecordingInformation, RecordingSourceInformation


def recording(token: str, name: str = "Gate") -> RecordingInformation:
    return RecordingInformation(token=token, source=RecordingSourceInformation(source_id=f"S-{token}", name=name))


class Session:
    """Tells of these recordings, or fails; counts how often it is asked."""

    def __init__(self, *recordings: RecordingInformation) -> None:
        self._recordings = recordings
        self.asked = 0

    def recordings(self) -> tuple[RecordingInformation, ...]:
        self.asked += 1
        if not self._recordings:
            raise ProtocolError("no search here")
        return self._recordings


def test_who_else_goes_by_the_name(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("id\nGate\nT2\n", encoding="ascii")
    cartography = read_cartography(TableRequest(path=path))
    told: list[tuple[str, str]] = []
    exported = {one.token: one for one in (recording("T1"), recording("T2", "Dock"))}

    session = Session(*exported.values(), recording("T3"))
    namesakes = _namesakes(session, exported, lambda *one: told.append(one))  # type: ignore[arg-type]
    match_camera(cartography, identity_of(exported["T2"]), namesakes)
    assert session.asked == 0, "a token is of one camera"
    for _ in range(2):
        [said] = match_camera(cartography, identity_of(exported["T1"]), namesakes).assumptions[:1]
        assert said.detail.startswith("line 2 names another camera, too (recording T3)")
    assert session.asked == 1
    assert told == []

    failing = _namesakes(Session(), exported, lambda *one: told.append(one))  # type: ignore[arg-type]
    [said] = match_camera(cartography, identity_of(exported["T1"]), failing).assumptions
    assert "another camera" not in said.detail
    [(subject, detail)] = told
    assert subject == "cartography"
    assert detail.endswith("as it lists none: no search here")
    twin = dataclasses.replace(exported["T1"], token="T4", source=recording("T4").source)
    both = _namesakes(Session(), {**exported, "T4": twin}, lambda *_: None)  # type: ignore[arg-type]
    assert "(recording T4)" in match_camera(cartography, identity_of(exported["T1"]), both).assumptions[0].detail
