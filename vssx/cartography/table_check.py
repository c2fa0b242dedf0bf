"""The same camera twice."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from vssx.model.cartography import CartographyFinding, MapCamera, Severity

_KEPT = 100  # a camera is replaced now and then; a file with one identifier everywhere must not take hours


class _Seen(NamedTuple):
    line: int
    content: int
    since: str
    until: str

    def overlaps(self, other: _Seen) -> bool:
        """Both in service at some time, as far as their dates tell: a replaced camera is no duplicate."""
        return self.since[:10] < other.until and other.since[:10] < self.until


def _last_day(until: str) -> str:
    """To be compared with dates: ``2020-05`` ends behind all its days."""
    return (until or "9999")[:10] + "-99-99"[: max(0, 10 - len(until or "9999"))]


class Duplicates:
    """Cameras that come again; some 300 bytes a row."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._cameras: dict[str, list[_Seen]] = {}
        self._spellings: dict[str, int] = {}
        self._found: list[CartographyFinding] = []

    def is_new(self, camera: MapCamera) -> bool:
        """False where exactly the same row came before. ``take_findings`` tells more."""
        this = _Seen(
            camera.line, hash(replace(camera, line=0)), camera.in_service_since, _last_day(camera.in_service_until)
        )
        before = self._cameras.setdefault(camera.camera_id, [])
        if (same := next((one for one in before if one.content == this.content), None)) is not None:
            self._say(Severity.WARNING, "duplicate-row", camera, f"the same row as line {same.line}; left out")
            return False
        if (other := next((one for one in before if one.overlaps(this)), None)) is not None:
            self._say(
                Severity.ERROR,
                "duplicate-camera",
                camera,
                f"line {other.line} is the same camera: a recording of it can be given neither of the two",
            )
        if len(before) < _KEPT:
            before.append(this)
        if len(before) > 1:
            return True
        spelling = camera.camera_id.casefold().strip()
        first = self._spellings.setdefault(spelling, camera.line)
        if first != camera.line:
            self._say(Severity.WARNING, "similar-camera", camera, f"line {first} differs in capitals or blanks only")
        return True

    def take_findings(self) -> list[CartographyFinding]:
        """What was found since the last call."""
        found, self._found = self._found, []
        return found

    def _say(self, severity: Severity, kind: str, camera: MapCamera, message: str) -> None:
        self._found.append(
            CartographyFinding(
                severity=severity,
                file=self._file,
                line=camera.line,
                column="camera_id",
                value=camera.camera_id[:200],
                message=message,
                kind=kind,
            )
        )
