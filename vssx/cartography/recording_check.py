"""The cameras of a table against recordings: which are unknown, which are missing, which may be others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vssx.cartography.matching import CameraIndex, RecordingIdentity, RowMatch
from vssx.cartography.namesakes import Namesakes
from vssx.model.cartography import CartographyFinding, MapCamera, Severity
from vssx.shown import shown

_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """``recordings``: the row of each, in their order. ``unknown``: rows that name none of them; ``former``: those that
    name one, but were not in service at its time."""

    recordings: tuple[RowMatch, ...]
    unknown: tuple[MapCamera, ...]
    former: tuple[MapCamera, ...]


def match_all(cameras: Sequence[MapCamera], recordings: Sequence[RecordingIdentity], file: str) -> Matches:
    """Every row against every recording. ``file``: name of the table, for words."""
    index, namesakes = CameraIndex(cameras, file), Namesakes(recordings)
    matches = tuple(namesakes.judge(index.find(one), one) for one in recordings)
    named = {id(one.camera) for one in matches if one.camera is not None}
    named |= {id(row) for one in matches for row in one.candidates}
    unknown: list[MapCamera] = []
    former: list[MapCamera] = []
    for row in cameras:
        if id(row) in named:
            continue
        if not namesakes.named_by(replace(row, in_service_since="", in_service_until="")):
            unknown.append(row)
        elif not namesakes.named_by(row):
            former.append(row)
    return Matches(recordings=matches, unknown=tuple(unknown), former=tuple(former))


def findings_against(
    cameras: Sequence[MapCamera], recordings: Sequence[RecordingIdentity], *, file: str, column: str, against: str
) -> Iterator[CartographyFinding]:
    """What does not fit, warnings but for former cameras: rows first, in their order, then recordings without one.

    ``column``: how the file calls camera_id; ``against``: what the recordings are of, for words.
    """

    def said(
        kind: str, row: MapCamera | None, value: str, message: str, severity: Severity = Severity.WARNING
    ) -> CartographyFinding:
        return CartographyFinding(
            severity=severity,
            file=file,
            line=0 if row is None else row.line,
            column="" if row is None else column,
            value=value[:_SHOWN],
            message=message,
            kind=kind,
        )

    found = match_all(cameras, recordings, file)
    of_rows = [
        said("unknown-camera", row, row.camera_id, f"unknown: no recording of {shown(against)} goes by it")
        for row in found.unknown
    ]
    of_rows += [
        said("former-camera", row, row.camera_id, "not in service at the time of its recordings", Severity.NOTE)
        for row in found.former
    ]
    of_recordings = []
    for recording, match in zip(recordings, found.recordings, strict=True):
        row = match.camera or next(iter(match.candidates), None)
        if row is None:
            value = recording.token or next(iter(recording.names), "")
            of_recordings.append(said("no-camera", None, value, f"a recording without a camera: {match.detail}"))
        elif match.camera is None or match.shared:
            kind = "shared-name" if match.shared else "no-camera"
            of_rows.append(said(kind, row, row.camera_id, f"{_told(recording)}: {match.detail}"))
    yield from sorted(of_rows, key=lambda one: one.line)
    yield from of_recordings


def _told(recording: RecordingIdentity) -> str:
    return f"recording {shown(recording.token or recording.told)}"
