"""What rows say against each other: the same camera twice, places far from all others."""

from __future__ import annotations

from dataclasses import replace

from vssx.model.cartography import CartographyFinding, MapCamera, Severity


class Duplicates:
    """Cameras and places that come again; memory: two small values a row."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._cameras: dict[str, tuple[int, int]] = {}
        self._spellings: dict[str, int] = {}
        self._places: dict[tuple[float, float, float | None], int] = {}
        self._found: list[CartographyFinding] = []

    def is_new(self, camera: MapCamera) -> bool:
        """False where exactly the same row came before. ``take_findings`` tells more."""
        content = hash(replace(camera, line=0))
        before = self._cameras.get(camera.camera_id)
        if before is not None:
            line, same = before
            if same == content:
                self._say(Severity.WARNING, "duplicate-row", camera, f"the same row as line {line}; left out")
                return False
            self._say(
                Severity.ERROR,
                "duplicate-camera",
                camera,
                f"line {line} is the same camera: a recording of it can be given neither of the two",
            )
            return True
        self._cameras[camera.camera_id] = (camera.line, content)
        spelling = camera.camera_id.casefold().strip()
        first = self._spellings.setdefault(spelling, camera.line)
        if first != camera.line:
            self._say(Severity.WARNING, "similar-camera", camera, f"line {first} differs in capitals or blanks only")
        self._check_place(camera)
        return True

    def take_findings(self) -> list[CartographyFinding]:
        """What was found since the last call."""
        found, self._found = self._found, []
        return found

    def _check_place(self, camera: MapCamera) -> None:
        if camera.longitude is None or camera.latitude is None:
            return
        first = self._places.setdefault((camera.longitude, camera.latitude, camera.azimuth), camera.line)
        if first != camera.line:
            self._say(Severity.NOTE, "same-place", camera, f"same position and direction as line {first}")

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
