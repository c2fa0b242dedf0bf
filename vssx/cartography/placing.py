"""Where cameras are: positions in other reference systems, or on indoor plans, become longitude and latitude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vssx.cartography.cell_value import crs_code
from vssx.cartography.control_points import FURTHEST, KnownPlace, PlanPlacement, fit
from vssx.cartography.crs import Converted, CoordinateReferenceSystem, CoordinateSystems
from vssx.cartography.ellipsoid import inverse
from vssx.cartography.mapping import ControlPoint
from vssx.cartography.profile import PositionFrom
from vssx.errors import UsageError
from vssx.model.cartography import CartographyFinding, CoordinateOperation, MapCamera, Severity

_DISAGREE = 10.0  # metres between a given position and the same one in another system
_RESIDUAL = 1.0  # metres that a control point may lie beside its place before somebody should look
_STRETCH = 1.05
_SHOWN = 200
_DIGITS = 10  # of a degree: 0.01 mm


class Placing:
    """Places the cameras of one cartography one by one. ``file`` names it in findings, ``mapping_file`` the mapping.

    ``columns``: profile column -> header as written, for findings. ``plans``: the control points of each.

    ``operations``: those that were used, in the order of their first use; ``placements``: the plans that could be laid
    onto the earth. Bounded by the number of reference systems and plans.
    """

    def __init__(
        self,
        file: str,
        *,
        columns: Mapping[str, str] | None = None,
        plans: Mapping[str, Sequence[ControlPoint]] | None = None,
        mapping_file: str = "",
    ) -> None:
        self._file = file
        self._mapping_file = mapping_file or file
        self._columns = columns or {}
        self._plans = plans or {}
        self._systems = CoordinateSystems()
        self._told: set[str] = set()
        self._laid = False
        self._operations: dict[CoordinateOperation, None] = {}
        self.placements: dict[str, PlanPlacement] = {}

    @property
    def operations(self) -> tuple[CoordinateOperation, ...]:
        """Those used so far."""
        return tuple(self._operations)

    def lay_plans(self) -> tuple[CartographyFinding, ...]:
        """Lay every plan of the mapping onto the earth, once; what is wrong with its control points."""
        if self._laid:
            return ()
        self._laid = True
        findings: list[CartographyFinding] = []
        for name, points in self._plans.items():
            try:
                placement = fit([self._known_place(one) for one in points], where=f"plans.{name}")
            except UsageError as error:
                findings.append(self._about_plan(Severity.ERROR, "control-points", name, str(error)))
                continue
            self.placements[name] = placement
            findings += self._judge(name, placement)
        return tuple(findings)

    def place(self, camera: MapCamera) -> tuple[MapCamera, tuple[CartographyFinding, ...]]:
        """``camera`` with its longitude and latitude where its row gives them in any way, and what is odd about it.

        Given ones win over easting and northing, these over a place on a plan.
        """
        findings: list[CartographyFinding] = list(self.lay_plans()) if camera.plan_x is not None else []
        converted = self._converted(camera, findings)
        if camera.placed:
            if converted is not None:
                findings += self._compare(camera, converted)
            return camera, tuple(findings)
        if converted is not None:
            return _placed(camera, converted.first, converted.second, PositionFrom.CRS), tuple(findings)
        placement = self.placements.get(camera.plan)
        if placement is None or camera.plan_x is None or camera.plan_y is None:
            return camera, tuple(findings)
        where = f"{camera.plan_x:.15g}, {camera.plan_y:.15g}"
        distance = placement.distance(camera.plan_x, camera.plan_y)
        if distance > FURTHEST:
            message = f"{distance / 1000:.0f} km from the control points of the plan; not used as a position"
            findings.append(self._about(Severity.ERROR, "outside-plan", camera, "plan_x", where, message))
            return camera, tuple(findings)
        if not _amid(self._plans[camera.plan], camera.plan_x, camera.plan_y):
            message = f"far outside the control points of the plan, {distance:.0f} m from their middle: other units?"
            findings.append(self._about(Severity.WARNING, "outside-plan", camera, "plan_x", where, message))
        ((longitude, latitude),) = placement.to_degrees([(camera.plan_x, camera.plan_y)])
        return _placed(camera, longitude, latitude, PositionFrom.PLAN), tuple(findings)

    def _converted(self, camera: MapCamera, findings: list[CartographyFinding]) -> Converted | None:
        if camera.easting is None or camera.northing is None or not camera.crs:
            return None
        try:
            system = self._systems.get(camera.crs)
            converted = system.to_wgs84(camera.easting, camera.northing)
        except UsageError as error:
            message = f"{error.message}; the position is not used"
            findings.append(self._about(Severity.ERROR, "crs", camera, "crs", camera.crs, message))
            return None
        findings += self._notes(system, camera)
        where = f"{camera.easting:.15g}, {camera.northing:.15g}"
        if converted is None:
            message = f"{system.code} has no place with these coordinates; not used{_exchanged(system, camera)}"
            findings.append(self._about(Severity.ERROR, "outside-crs", camera, "easting", where, message))
            return None
        if converted.outside:
            message = f"outside the area that {system.code} ({system.name}) is made for"
            if exchanged := _exchanged(system, camera):
                message += f"{exchanged} The position is not used"
                findings.append(self._about(Severity.ERROR, "outside-crs", camera, "easting", where, message))
                return None
            findings.append(self._about(Severity.WARNING, "outside-crs", camera, "easting", where, message))
        if not camera.placed:
            findings += self._used(system, converted.operation, camera)
        return converted

    def _used(
        self, system: CoordinateReferenceSystem, operation: CoordinateOperation, camera: MapCamera
    ) -> list[CartographyFinding]:
        """Remember the operation; what it lacks is said once."""
        if operation in self._operations:
            return []
        self._operations[operation] = None
        message = f"{system.code}: {operation.warning}"
        return [self._about(Severity.WARNING, "grid", camera, "crs", camera.crs, message)] if operation.warning else []

    def _notes(self, system: CoordinateReferenceSystem, camera: MapCamera) -> list[CartographyFinding]:
        """What is said of a system, once each."""
        if system.code in self._told:
            return []
        self._told.add(system.code)
        return [
            self._about(Severity.NOTE, "crs", camera, "crs", camera.crs, f"{system.code} ({system.name}): {note}")
            for note in system.notes
        ]

    def _compare(self, camera: MapCamera, converted: Converted) -> list[CartographyFinding]:
        given = (camera.longitude or 0.0, camera.latitude or 0.0)
        ((_, distance),) = inverse(given, [(converted.first, converted.second)])
        if distance <= _DISAGREE + 2 * (converted.operation.accuracy_m or 0.0):
            return []
        message = f"easting and northing in {camera.crs} are {distance:.0f} m away from longitude and latitude"
        value = f"{camera.longitude:.15g}, {camera.latitude:.15g}"
        return [self._about(Severity.WARNING, "two-positions", camera, "longitude", value, message)]

    def _known_place(self, point: ControlPoint) -> KnownPlace:
        if point.longitude is not None and point.latitude is not None:
            longitude, latitude = point.longitude, point.latitude
        else:
            converted = self._systems.get(crs_code(point.crs) or point.crs).to_wgs84(
                point.easting or 0.0, point.northing or 0.0
            )
            if converted is None:
                raise UsageError(
                    f"{point.crs} has no place with {point.easting:.15g}, {point.northing:.15g}", where="control_points"
                )
            self._operations.setdefault(converted.operation)
            longitude, latitude = converted.first, converted.second
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            raise UsageError(f"{longitude:.15g}, {latitude:.15g} is no place on the earth", where="control_points")
        return KnownPlace(x=point.x, y=point.y, longitude=longitude, latitude=latitude)

    def _judge(self, name: str, placement: PlanPlacement) -> list[CartographyFinding]:
        scale = f"1 unit is {placement.metres_per_unit:.4g} m"
        findings = []
        if len(placement.residuals) == 3:
            message = f"laid by 3 control points, which nothing can check ({scale})"
            findings.append(self._about_plan(Severity.NOTE, "residuals", name, message))
        else:
            worst = max(placement.residuals)
            told = ", ".join(f"{one:.2f}" for one in placement.residuals[:10])
            message = f"residuals of the control points: {told} m; root mean square {placement.rms:.2f} m ({scale})"
            severity = Severity.WARNING if worst > _RESIDUAL else Severity.NOTE
            findings.append(self._about_plan(severity, "residuals", name, message))
        if placement.mirrored:
            message = "the control points show the plan from behind: exchanged, or y counted from below?"
            findings.append(self._about_plan(Severity.WARNING, "mirrored", name, message))
        if placement.stretch > _STRETCH:
            message = f"the plan's scales differ by a factor of {placement.stretch:.2f} between directions"
            findings.append(self._about_plan(Severity.WARNING, "stretch", name, message))
        return findings

    def _about(
        self, severity: Severity, kind: str, camera: MapCamera, column: str, value: str, message: str
    ) -> CartographyFinding:
        return CartographyFinding(
            severity=severity,
            file=self._file,
            line=camera.line,
            column=self._columns.get(column, column),
            value=value[:_SHOWN],
            message=message,
            kind=kind,
        )

    def _about_plan(self, severity: Severity, kind: str, name: str, message: str) -> CartographyFinding:
        return CartographyFinding(
            severity=severity,
            file=self._mapping_file,
            line=0,
            column="control_points",
            value=name[:_SHOWN],
            message=message,
            kind=kind,
        )


def _placed(camera: MapCamera, longitude: float, latitude: float, way: PositionFrom) -> MapCamera:
    return replace(
        camera, longitude=round(longitude, _DIGITS), latitude=round(latitude, _DIGITS), position_from=str(way)
    )


def _exchanged(system: CoordinateReferenceSystem, camera: MapCamera) -> str:
    turned = system.to_wgs84(camera.northing or 0.0, camera.easting or 0.0)
    return ": easting and northing exchanged?" if turned is not None and not turned.outside else ""


def _amid(points: Sequence[ControlPoint], x: float, y: float) -> bool:
    """Not further beside all control points than these are apart."""
    for value, known in ((x, [one.x for one in points]), (y, [one.y for one in points])):
        low, high = min(known), max(known)
        if not 2 * low - high <= value <= 2 * high - low:
            return False
    return True
