"""``vssx carto match``: which recordings have a camera on the map, which have none, and which rows nobody records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vssx.cartography.matching import RecordingIdentity, RowMatch, identity_of
from vssx.cartography.recording_check import match_all
from vssx.errors import ExitCode
from vssx.evidence.handover_reading import read_record
from vssx.jobs.cartography import Cartography
from vssx.jobs.config import RecorderAddress
from vssx.model.cartography import MapCamera
from vssx.times import from_xs_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedRecording:
    """A recording and its row. ``recording``: its token, or the name of a local file; ``name``: of the camera."""

    recording: str
    name: str
    match: RowMatch


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    """``unknown``: rows that name no recording; ``former``: rows of one, not in service at its time."""

    recordings: tuple[MatchedRecording, ...]
    unknown: tuple[MapCamera, ...]
    former: tuple[MapCamera, ...]

    @property
    def exit_code(self) -> ExitCode:
        """0 where every recording has a camera of its own and every row a recording, else 100."""
        sure = all(one.match.camera is not None and not one.match.shared for one in self.recordings)
        return ExitCode.DONE if sure and not self.unknown else ExitCode.INCOMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRecording:
    """A recording, by what a row may name it. ``recording``, ``name``: as in MatchedRecording."""

    recording: str
    name: str
    identity: RecordingIdentity


def recordings_of_recorder(address: RecorderAddress) -> tuple[NamedRecording, ...]:
    """All of them, by name. Raises as ``vssx.source.search``."""
    from vssx.source.search import RecorderSession

    with RecorderSession.connect(
        address.host, address.credentials, timeout=address.timeout, tls=address.tls
    ) as session:
        found = sorted(session.recordings(), key=lambda one: (one.source.name, one.token))
    return tuple(
        NamedRecording(
            recording=one.token,
            name=one.source.name,
            identity=identity_of(one, from_ns=one.earliest_ns, to_ns=one.latest_ns),
        )
        for one in found
    )


def recordings_of_handover(root: Path) -> tuple[NamedRecording, ...]:
    """As its record describes them; nothing of it is verified. Raises HandoverError for a record that is none,
    StorageError."""
    return tuple(
        NamedRecording(recording=_called(one), name=one["camera"], identity=_identity(one))
        for one in read_record(root)["recordings"]
    )


def match(cartography: Cartography, recordings: tuple[NamedRecording, ...]) -> MatchReport:
    """Each recording with its row, and the rows that are left."""
    found = match_all(cartography.cameras, [one.identity for one in recordings], cartography.source.name)
    return MatchReport(
        recordings=tuple(
            MatchedRecording(recording=one.recording, name=one.name, match=row)
            for one, row in zip(recordings, found.recordings, strict=True)
        ),
        unknown=found.unknown,
        former=found.former,
    )


def _called(section: Mapping[str, Any]) -> str:
    file = section["source_file"]
    return str(section["recording_token"] or (file["name"] if file else section["directory"]))


def _identity(section: Mapping[str, Any]) -> RecordingIdentity:
    delivered = {name: None if text is None else from_xs_datetime(text) for name, text in section["delivered"].items()}
    recording, file = section["recording"], section["source_file"]
    names = [section["camera"], *([file["name"]] if file else [])]
    source = recording["source"] if recording else {}
    return RecordingIdentity(
        token=section["recording_token"],
        source_id=source.get("source_id", ""),
        names=tuple(dict.fromkeys([*([source["name"]] if source.get("name") else []), *names])),
        address=source.get("address", ""),
        track_tokens=tuple(track["token"] for track in recording["tracks"]) if recording else (),
        from_ns=delivered["first"],
        to_ns=delivered["last"],
    )
