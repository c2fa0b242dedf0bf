"""The cameras' cartography in a bag: the file as it was given, the profile and GeoJSON made of it, indoor plans."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from vssx.cartography.geojson import write_geojson
from vssx.cartography.plan_file import SUFFIXES
from vssx.cartography.profile_writer import write_profile
from vssx.evidence.bag_check import MEDIA_SUFFIX
from vssx.evidence.cartography_record import MAX_FINDINGS
from vssx.evidence.durable import write_durably
from vssx.evidence.staging import Staging, unknown_state
from vssx.evidence.state import from_json, to_json
from vssx.model.cartography import (
    AttachedCartography,
    AttachedFile,
    AttachedPlan,
    AttachedTable,
    CartographyFinding,
    CoordinateOperation,
    IndoorPlan,
    MapCamera,
)
from vssx.safe_names import safe_name, unique_name

ABOUT_CARTOGRAPHY = "cartography"
"""Subject of the assumptions that tell which recording has no row, and why."""
DIRECTORY = "data/cartography"
CSV_PATH = f"{DIRECTORY}/cameras.csv"
GEOJSON_PATH = f"{DIRECTORY}/cameras.geojson"
MAPPING_PATH = f"{DIRECTORY}/mapping.toml"
_ORIGINAL = f"{DIRECTORY}/original"
_PLANS = f"{DIRECTORY}/plans"
_STATE = "cartography.json"
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file that the operator gave: its name, and all its bytes."""

    name: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hex."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCartography:
    """What the operator gave and how it was read; ``rows``: how many of it can be used. As AttachedCartography."""

    source: GivenFile
    encoding: str
    separator: str
    mapping: GivenFile | None
    rows: int
    all_rows: bool
    operations: tuple[CoordinateOperation, ...]
    findings: tuple[CartographyFinding, ...]
    findings_total: int


def attach(
    staging: Staging,
    given: GivenCartography,
    cameras: Sequence[MapCamera],
    plans: Iterable[IndoorPlan | CartographyFinding],
) -> AttachedCartography:
    """Write it all below data/cartography of a staging directory, over what an earlier run left there.

    ``cameras``: the rows for the bag; ``plans``: those that they name, taken one by one, or what is wrong with one.
    Raises StorageError.
    """
    source = _write(staging, f"{_ORIGINAL}/{_file_name(given.source.name)}", given.source)
    attached_plans, lacking = _write_plans(staging, plans)
    attached = AttachedCartography(
        source=AttachedTable(
            name=source.name,
            path=source.path,
            size=source.size,
            sha256=source.sha256,
            encoding=given.encoding,
            separator=given.separator,
        ),
        mapping=None if given.mapping is None else _write(staging, MAPPING_PATH, given.mapping),
        csv=_write_made(staging, CSV_PATH, write_profile(cameras)),
        geojson=_write_made(staging, GEOJSON_PATH, write_geojson(cameras)),
        rows=given.rows,
        included=len(cameras),
        all_rows=given.all_rows,
        operations=given.operations,
        plans=attached_plans,
        findings=(*lacking, *given.findings)[:MAX_FINDINGS],
        findings_total=given.findings_total + len(lacking),
    )
    staging.save(_STATE, to_json(attached))
    return attached


def attached_to(staging: Staging) -> AttachedCartography | None:
    """What ``attach`` wrote, in this run or an earlier one; None where there is none. Raises StorageError."""
    document = staging.saved(_STATE)
    if document is None:
        return None
    try:
        return from_json(AttachedCartography, document)
    except (ValueError, LookupError, TypeError):
        raise unknown_state(staging.work / _STATE) from None


def _write_plans(
    staging: Staging, plans: Iterable[IndoorPlan | CartographyFinding]
) -> tuple[tuple[AttachedPlan, ...], list[CartographyFinding]]:
    written: list[AttachedPlan] = []
    lacking: list[CartographyFinding] = []
    taken: set[str] = set()
    for plan in plans:
        if isinstance(plan, IndoorPlan):
            written.append(_write_plan(staging, plan, taken))
        else:
            lacking.append(plan)
    return tuple(written), lacking


def _write_plan(staging: Staging, plan: IndoorPlan, taken: set[str]) -> AttachedPlan:
    """Its name in the bag ends as its content demands, whatever it is called."""
    stem = unique_name(safe_name(PurePosixPath(plan.name).stem, "plan"), taken)
    taken.add(stem)
    given = GivenFile(name=plan.name, data=plan.data)
    written = _write(staging, f"{_PLANS}/{stem}{SUFFIXES[plan.media_type]}", given)
    return AttachedPlan(
        name=written.name,
        path=written.path,
        size=written.size,
        sha256=written.sha256,
        media_type=plan.media_type,
        width=plan.width,
        height=plan.height,
    )


def _write_made(staging: Staging, path: str, pieces: Iterable[bytes]) -> str:
    """``path``; the GeoJSON of 200,000 cameras is 400 MB."""
    target = staging.path / path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_durably(target, pieces)
    return path


def _write(staging: Staging, path: str, file: GivenFile) -> AttachedFile:
    target = staging.path / path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_durably(target, file.data)
    return AttachedFile(name=file.name, path=path, size=len(file.data), sha256=file.sha256)


def _file_name(name: str) -> str:
    """As the file was called, as far as every file system bears it; never that of a media file."""
    path = Path(name)
    suffix = path.suffix if _SUFFIX.fullmatch(path.suffix) and path.suffix.lower() != MEDIA_SUFFIX else ".csv"
    return safe_name(path.stem, "cartography") + suffix
