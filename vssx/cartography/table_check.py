"""The same camera twice."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from vssx.cartography.profile import HEADER
from vssx.model.cartography import CartographyFinding, MapCamera, Severity

_KEPT = 100  # a camera is replaced now and then; a file with one identifier everywhere must not take hours
ROWS_COMPARED = frozenset(("duplicate-row", "duplicate-camera", "similar-camera"))
"""Kinds of findings whose message names another line."""
_values = attrgetter(*HEADER)


class _Seen(NamedTuple):
    """A row, as far as others are compared with it. ``content``: a hash of all of it."""

    camera_id: str
    line: int
    content: int
    since: str
    until: str

    def overlaps(self, other: _Seen) -> bool:
        """Both in service at some time, as far as their dates tell: a replaced camera is no duplicate."""
        return self.since[:10] < _last_day(other.until) and other.since[:10] < _last_day(self.until)


class Duplicates:
    """Cameras that come again; some 300 bytes a row. ``column``: how the file calls camera_id."""

    def __init__(self, file: str, column: str) -> None:
        self._file = file
        self._column = column
        self._seen: dict[str, _Seen] = {}
        self._more: dict[str, list[_Seen]] = {}
        self._found: list[CartographyFinding] = []

    def is_new(self, camera: MapCamera) -> bool:
        """False where exactly the same row came before. ``take_findings`` tells more."""
        this = _Seen(
            camera.camera_id,
            camera.line,
            hash(_values(camera)),
            camera.in_service_since,
            camera.in_service_until,
        )
        spelling = camera.camera_id.casefold().strip()
        first = self._seen.setdefault(spelling, this)
        if first is this:
            return True
        before = [one for one in (first, *self._more.get(spelling, ())) if one.camera_id == this.camera_id]
        if (same := next((one for one in before if one.content == this.content), None)) is not None:
            self._say(Severity.WARNING, "duplicate-row", camera, f"the same row as line {same.line}; left out")
            return False
        if (other := next((one for one in before if one.overlaps(this)), None)) is not None:
            message = f"line {other.line} is the same camera: a recording of it can be given neither of the two"
            self._say(Severity.ERROR, "duplicate-camera", camera, message)
        elif not before:
            message = f"line {first.line} differs in capitals or blanks only: {first.camera_id[:200]}"
            self._say(Severity.WARNING, "similar-camera", camera, message)
        more = self._more.setdefault(spelling, [])
        if len(more) < _KEPT:
            more.append(this)
        return True

    def take_findings(self) -> Iterator[CartographyFinding]:
        """What was found since the last call."""
        found, self._found = self._found, []
        yield from found

    def _say(self, severity: Severity, kind: str, camera: MapCamera, message: str) -> None:
        self._found.append(
            CartographyFinding(
                severity=severity,
                file=self._file,
                line=camera.line,
                column=self._column,
                value=camera.camera_id[:200],
                message=message,
                kind=kind,
            )
        )


def _last_day(until: str) -> str:
    """To be compared with dates: ``2020-05`` ends behind all its days."""
    return (until or "9999")[:10] + "-99-99"[: max(0, 10 - len(until or "9999"))]
