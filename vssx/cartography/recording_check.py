"""The cameras of a table against recordings: which are unknown, which are missing, which may be others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vssx.cartography.matching import CameraIndex, RecordingIdentity, RowMatch
from vssx.cartography.namesakes import Namesakes
from vssx.model.cartography import CartographyFinding, MapCamera, Severity
from vssx.shown import shown

_SHOWN = 200


def match_all(
    cameras: Sequence[MapCamera], recordings: Sequence[RecordingIdentity], file: str
) -> tuple[tuple[RowMatch, ...], tuple[MapCamera, ...]]:
    """The row of each recording, and the rows that name no recording at all. ``file``: name of the table, for words."""
    index, namesakes = CameraIndex(cameras, file), Namesakes(recordings)
    matches = tuple(namesakes.judge(index.find(one), one) for one in recordings)
    named = {id(one.camera) for one in matches if one.camera is not None}
    named |= {id(row) for one in matches for row in one.candidates}
    return matches, tuple(row for row in cameras if id(row) not in named)


def findings_against(
    cameras: Sequence[MapCamera], recordings: Sequence[RecordingIdentity], *, file: str, column: str, against: str
) -> Iterator[CartographyFinding]:
    """What does not fit, all of it warnings: rows first, in their order, then recordings without one.

    ``column``: how the file calls camera_id; ``against``: what the recordings are of, for words.
    """

    def warning(kind: str, row: MapCamera | None, value: str, message: str) -> CartographyFinding:
        return CartographyFinding(
            severity=Severity.WARNING,
            file=file,
            line=0 if row is None else row.line,
            column="" if row is None else column,
            value=value[:_SHOWN],
            message=message,
            kind=kind,
        )

    matches, unknown = match_all(cameras, recordings, file)
    of_rows = [
        warning("unknown-camera", row, row.camera_id, f"unknown: no recording of {shown(against)} goes by it")
        for row in unknown
    ]
    of_recordings = []
    for recording, match in zip(recordings, matches, strict=True):
        row = match.camera or next(iter(match.candidates), None)
        if row is None:
            value = recording.token or next(iter(recording.names), "")
            of_recordings.append(warning("no-camera", None, value, f"a recording without a camera: {match.detail}"))
        elif match.camera is None or match.shared:
            kind = "shared-name" if match.shared else "no-camera"
            of_rows.append(warning(kind, row, row.camera_id, f"{_told(recording)}: {match.detail}"))
    yield from sorted(of_rows, key=lambda one: one.line)
    yield from of_recordings


def _told(recording: RecordingIdentity) -> str:
    return f"recording {shown(recording.token or recording.told)}"
