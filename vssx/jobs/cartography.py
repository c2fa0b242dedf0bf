"""The cameras on the map, for an export: read at the start, matched with the recordings, put into the bag."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from vssx.errors import HandoverError, StorageError, UsageError, VssxError
from vssx.evidence.cartography import ABOUT_CARTOGRAPHY
from vssx.evidence.cartography_record import MAX_FINDINGS
from vssx.evidence.staging import Staging
from vssx.model.cartography import (
    CartographyFinding,
    CoordinateOperation,
    IndoorPlan,
    MapCamera,
    Severity,
)
from vssx.model.handover import AcquiredRecording, Acquisition, CameraMatch, Position
from vssx.model.media import Assumption
from vssx.shown import counted, shown

if TYPE_CHECKING:
    from vssx.cartography.matching import CameraIndex, RecordingIdentity
    from vssx.cartography.namesakes import Namesakes
    from vssx.evidence.cartography import GivenFile
    from vssx.jobs.carto import TableRequest
    from vssx.model.cartography import AttachedCartography, AttachedPlan

_MAX_PLANS = 200
_MAX_REMARKS = 10
_MAX_PLAN_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cartography:
    """A cartography that was read and whose cameras are placed. ``directory``: where its plans are.

    ``cameras``: all usable rows; ``findings``: the first of ``findings_total``. ``all_rows``: all of them go into the
    handover, else those of the exported cameras.
    """

    source: GivenFile
    mapping: GivenFile | None
    directory: Path
    crs: str
    all_rows: bool
    encoding: str
    separator: str
    cameras: tuple[MapCamera, ...] = field(repr=False)
    operations: tuple[CoordinateOperation, ...]
    findings: tuple[CartographyFinding, ...] = field(repr=False)
    findings_total: int
    index: CameraIndex = field(repr=False, compare=False)

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What belongs into the record of what was asked for; it also makes another run the same request."""
        options = [
            ("cartography", f"{shown(self.source.name)} (SHA-256 {self.source.sha256})"),
            ("cartography_rows", "all" if self.all_rows else "of the exported cameras"),
        ]
        if self.mapping is not None:
            options.append(("cartography_mapping", f"{shown(self.mapping.name)} (SHA-256 {self.mapping.sha256})"))
        if self.crs:
            options.append(("cartography_crs", self.crs))
        return tuple(options)


def read_cartography(request: TableRequest, *, all_rows: bool = False) -> Cartography:
    """A cartography for an export. What is wrong with a row is a finding and keeps nothing back.

    Raises StorageError for a file that cannot be read, UsageError for a mapping that is none, for a table with more
    rows than are read, and for one of which no row can be used.
    """
    from vssx.cartography.mapping import MAX_MAPPING, read_mapping
    from vssx.cartography.matching import CameraIndex
    from vssx.cartography.placed_table import PlacedTable
    from vssx.cartography.table import MAX_TABLE
    from vssx.evidence.cartography import GivenFile
    from vssx.jobs.carto import read_given, refuse_geojson

    source = GivenFile(name=request.path.name, data=read_given(request.path, MAX_TABLE + 1))
    refuse_geojson(source.data, request.path)
    mapping = words = None
    if request.mapping is not None:
        mapping = GivenFile(name=request.mapping.name, data=read_given(request.mapping, MAX_MAPPING + 1))
        words = read_mapping(mapping.data, shown(request.mapping))
    placed = PlacedTable(
        source.data,
        shown(source.name),
        words,
        crs=request.crs,
        mapping_file="" if mapping is None else shown(mapping.name),
    )
    cameras: list[MapCamera] = []
    found = _Kept()
    for one in placed:
        if isinstance(one, MapCamera):
            cameras.append(one)
        else:
            found.add(one)
    if placed.table.left_out:
        raise UsageError(
            f"holds {placed.table.left_out}, the most that are read",
            where=shown(request.path),
            next_step="Divide it into several files.",
        )
    if not cameras:
        raise UsageError(
            f"holds no camera that can be used: {found.first or 'it is empty'}",
            where=shown(request.path),
            next_step=f"vssx carto check {shown(request.path)} tells all that is wrong with it.",
        )
    return Cartography(
        source=source,
        mapping=mapping,
        directory=request.path.parent,
        crs=request.crs,
        all_rows=all_rows,
        encoding=placed.table.dialect.encoding,
        separator=placed.table.dialect.separator,
        cameras=tuple(cameras),
        operations=placed.placing.operations,
        findings=tuple(found.kept),
        findings_total=found.total,
        index=CameraIndex(cameras, source.name),
    )


class _Kept:
    """The first findings, the severest before the others, and how many there are."""

    def __init__(self) -> None:
        self.total = 0
        self._by_severity: dict[Severity, list[CartographyFinding]] = {each: [] for each in Severity}

    def add(self, one: CartographyFinding) -> None:
        self.total += 1
        if len(self._by_severity[one.severity]) < MAX_FINDINGS:
            self._by_severity[one.severity].append(one)

    @property
    def kept(self) -> list[CartographyFinding]:
        return [one for each in Severity for one in self._by_severity[each]][:MAX_FINDINGS]

    @property
    def first(self) -> str:
        """The first of the severest, in words."""
        return next((f"line {one.line}: {shown(one.message)}" for one in self.kept), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The row of a recording's camera, None where there is none; ``assumptions``: what the record is to say of it."""

    camera: CameraMatch | None = None
    assumptions: tuple[Assumption, ...] = ()


def match_camera(
    cartography: Cartography | None, recording: RecordingIdentity, namesakes: Callable[[], Namesakes] | None = None
) -> Matched:
    """What the cartography says of a recording; nothing where none was given. ``namesakes``: asked where others may go
    by the same name."""
    from vssx.cartography.loci import loci_of
    from vssx.cartography.namesakes import may_be_shared

    if cartography is None:
        return Matched()
    found = cartography.index.find(recording)
    if namesakes is not None and may_be_shared(found):
        found = namesakes().judge(found, recording)
    if found.camera is None or found.matched_by is None:
        return Matched(assumptions=_said(f"the camera of this recording is not on the map: {found.detail}"))
    loci = loci_of(found.camera)
    notes = [found.detail] if found.detail else []
    if loci is None:
        what = "no position" if found.camera.plan_x is None else "a place on a plan only"
        notes.append(f"line {found.camera.line} of {shown(cartography.source.name)} gives its camera {what}")
    return Matched(
        camera=CameraMatch(matched_by=found.matched_by, camera=found.camera, loci=loci),
        assumptions=_said("; ".join(notes)),
    )


def without_row(recording: AcquiredRecording) -> AcquiredRecording:
    """A recording of a handover with a cartography: where it has no row, and nothing says why, that is said."""
    assumptions = recording.received.assumptions
    if recording.map_camera is not None or any(one.subject == ABOUT_CARTOGRAPHY for one in assumptions):
        return recording
    said = _said("the camera of this recording is not on the map: nothing is known of the recording")
    return replace(recording, received=replace(recording.received, assumptions=(*assumptions, *said)))


def map_remarks(acquisition: Acquisition) -> tuple[str, ...]:
    """What the exporter should hear of the cameras on the map, in plain words: recordings off it, and a table with
    faults. The record has all of it."""
    if acquisition.cartography is None:
        return ()
    said = [
        f"{shown(one.camera)}: {assumption.detail}"
        for one in acquisition.recordings
        for assumption in one.received.assumptions
        if assumption.subject == ABOUT_CARTOGRAPHY
    ]
    more = [f"{len(said) - _MAX_REMARKS} more recordings are not on the map"] if len(said) > _MAX_REMARKS else []
    found = Counter(one.severity for one in acquisition.cartography.findings)
    counts = [counted(found[each], each.value) for each in (Severity.ERROR, Severity.WARNING) if found[each]]
    table = shown(acquisition.cartography.source.name)
    faults = [f"{' and '.join(counts)} in {table}: vssx carto check tells which"] if counts else []
    return (*said[:_MAX_REMARKS], *more, *faults)


def _said(detail: str) -> tuple[Assumption, ...]:
    return (Assumption(subject=ABOUT_CARTOGRAPHY, detail=detail),) if detail else ()


def position_of(stated: Position | None, matched: CameraMatch | None) -> Position | None:
    """What ``loci`` is to say, as far as the operator says it. Raises UsageError where ``stated`` is a second word."""
    if matched is None or matched.loci is None:
        return stated
    if stated is not None:
        raise UsageError(
            f"the cartography says where this camera is (line {matched.camera.line})",
            where="--position, --carto",
            next_step="Leave out --position, or correct the row.",
        )
    return matched.loci


def attach_cartography(
    staging: Staging, cartography: Cartography | None, matches: Iterable[CameraMatch | None]
) -> AttachedCartography | None:
    """Write it into a staging directory: the rows of ``matches``, or all, in the order of the file.

    Raises HandoverError where a plan is another one than an earlier run of the same request had, StorageError.
    """
    from vssx.evidence.cartography import GivenCartography, attach, attached_to

    if cartography is None:
        return None
    lines = {match.camera.line for match in matches if match is not None}
    cameras = [one for one in cartography.cameras if cartography.all_rows or one.line in lines]
    given = GivenCartography(
        source=cartography.source,
        encoding=cartography.encoding,
        separator=cartography.separator,
        mapping=cartography.mapping,
        rows=len(cartography.cameras),
        all_rows=cartography.all_rows,
        operations=cartography.operations,
        findings=cartography.findings,
        findings_total=cartography.findings_total,
    )
    before = attached_to(staging)
    for plan in before.plans if before is not None else ():
        _refuse_changed(cartography.directory, plan)
    return attach(staging, given, cameras, _plans(cartography, cameras))


def _refuse_changed(directory: Path, plan: AttachedPlan) -> None:
    """Raises HandoverError for a plan that is not what it was when the export was begun."""
    import hashlib

    try:
        same = hashlib.sha256(read_beside(directory, plan.name)).hexdigest() == plan.sha256
    except VssxError:
        same = False
    if not same:
        raise HandoverError(
            "is not the plan any more that it was when this export was begun",
            where=shown(plan.name),
            next_step="Put the former one back, or move the unfinished handover away and begin again.",
        )


def _plans(cartography: Cartography, cameras: Sequence[MapCamera]) -> Iterator[IndoorPlan | CartographyFinding]:
    """The plans that rows name, one at a time; what is wrong with one is a finding, and never keeps an export back."""
    from vssx.cartography.plan_file import read_plan

    lines = {one.plan: one.line for one in reversed(cameras) if one.plan}
    size = 0
    for number, (name, line) in enumerate(sorted(lines.items(), key=lambda item: item[1])):
        try:
            if number >= _MAX_PLANS or size > _MAX_PLAN_BYTES:
                raise StorageError(f"more than {_MAX_PLANS} plans, or {_MAX_PLAN_BYTES >> 20} MB of them")
            plan = read_plan(name, read_beside(cartography.directory, name))
        except VssxError as problem:
            yield CartographyFinding(
                severity=Severity.WARNING,
                file=shown(cartography.source.name),
                line=line,
                column="plan",
                value=name[:200],
                message=f"the plan is not attached: {problem.message}",
                kind="plan-file",
            )
            continue
        size += len(plan.data)
        yield plan


def read_beside(directory: Path, name: str) -> bytes:
    """A plan that a table names, only out of the table's directory or below it, and no more than a plan may have.

    Raises StorageError for what is not there or cannot be read, UsageError for a name that leads elsewhere,
    HandoverError for what is no regular file.
    """
    from vssx.cartography.plan_file import MAX_PLAN
    from vssx.evidence.digest import open_regular

    plain = PurePosixPath(name.replace("\\", "/"))
    if plain.is_absolute() or ".." in plain.parts or PureWindowsPath(name).drive or "\0" in name or not plain.parts:
        raise UsageError("a plan is named by its file name, beside the table", where=shown(name))
    try:
        root = directory.resolve(strict=True)
        path = (root / plain).resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        reason = error.strerror if isinstance(error, OSError) else "its links lead in a circle"
        raise StorageError(f"cannot be found: {reason}", where=shown(name)) from None
    if not path.is_relative_to(root):
        raise UsageError("leads out of the directory of the table", where=shown(name))
    with os.fdopen(open_regular(path), "rb") as file:
        try:
            return file.read(MAX_PLAN + 1)
        except OSError as error:
            raise StorageError(f"cannot be read: {error.strerror}", where=shown(name)) from error
