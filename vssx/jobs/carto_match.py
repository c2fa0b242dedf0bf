"""``vssx carto match``: which recordings have a camera on the map, which have none, and which rows nobody records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vssx.cartography.matching import CameraIndex, RecordingIdentity, RowMatch, identity_of
from vssx.errors import ExitCode
from vssx.evidence.record import RECORD_NAME
from vssx.evidence.record_reading import MAX_RECORD, parse_record
from vssx.jobs.carto import TableRequest
from vssx.jobs.cartography import read_cartography
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
    """``unknown``: rows that name no recording."""

    recordings: tuple[MatchedRecording, ...]
    unknown: tuple[MapCamera, ...]

    @property
    def exit_code(self) -> ExitCode:
        """0 where every recording has a camera and every row a recording, else 100."""
        whole = not self.unknown and all(one.match.camera is not None for one in self.recordings)
        return ExitCode.DONE if whole else ExitCode.INCOMPLETE


def match_recorder(request: TableRequest, address: RecorderAddress) -> MatchReport:
    """All recordings of a recorder. Raises as ``read_cartography`` and ``vssx.source.search``."""
    from vssx.source.search import RecorderSession

    cartography = read_cartography(request)
    with RecorderSession.connect(
        address.host, address.credentials, timeout=address.timeout, tls=address.tls
    ) as session:
        found = sorted(session.recordings(), key=lambda one: (one.source.name, one.token))
    told = [
        (one.token, one.source.name, identity_of(one, from_ns=one.earliest_ns, to_ns=one.latest_ns)) for one in found
    ]
    return _report(cartography.index, cartography.cameras, told)


def match_handover(request: TableRequest, root: Path) -> MatchReport:
    """The recordings of a handover, as its record describes them; nothing of it is verified.

    Raises as ``read_cartography``, HandoverError for a record that is none, StorageError.
    """
    from vssx.evidence.digest import read_bounded
    from vssx.evidence.verify import require_handover

    cartography = read_cartography(request)
    require_handover(root)
    record = parse_record(read_bounded(root / RECORD_NAME, MAX_RECORD))
    told = [(_called(one), one["camera"], _identity(one)) for one in record["recordings"]]
    return _report(cartography.index, cartography.cameras, told)


def _report(
    index: CameraIndex, cameras: Sequence[MapCamera], told: Sequence[tuple[str, str, RecordingIdentity]]
) -> MatchReport:
    recordings = tuple(
        MatchedRecording(recording=token, name=name, match=index.find(identity)) for token, name, identity in told
    )
    matches = [one.match for one in recordings]
    named = {one.camera.line for one in matches if one.camera is not None}
    named |= {row.line for one in matches for row in one.candidates}
    return MatchReport(recordings=recordings, unknown=tuple(row for row in cameras if row.line not in named))


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
