"""What pages draw of a cartography: out of a handover, or out of a table and the plans beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vssx.errors import HandoverError, UsageError, VssxError
from vssx.evidence.digest import read_bounded
from vssx.evidence.handover_reading import name_fault
from vssx.shown import shown

if TYPE_CHECKING:
    from vssx.cartography.control_points import PlanPlacement
    from vssx.model.cartography import MapCamera
    from vssx.report.camera_map import CameraMaps, NumberedCamera
    from vssx.report.plan_drawing import PlanToDraw
    from vssx.report.record_view import RecordView

MAX_PLANS = 30
"""Plans of one page."""


def cartography_of_bag(root: Path, record: RecordView) -> CameraMaps | None:
    """Maps, plans and list of the cameras in a handover; None where it has no cartography.

    ``record``: what it names lies in the handover. Raises HandoverError and MalformedMediaError for files that are
    missing or not what they should be, StorageError.
    """
    from vssx.cartography.profile_reading import MAX_PROFILE, read_profile
    from vssx.evidence.cartography import CSV_PATH
    from vssx.report.map_pages import draw_cartography, number_cameras
    from vssx.report.plan_drawing import draw_plans

    told = record.raw.get("cartography")
    if told is None:
        return None
    profile = read_bounded(root / CSV_PATH, MAX_PROFILE)
    cameras = tuple(camera for _, camera in read_profile(profile, CSV_PATH))
    numbered = number_cameras(cameras, _recordings(cameras, record))
    placements = _placements(root, bool(told["mapping"]))
    plans = [_bag_plan(root, one, placements) for one in told["plans"][:MAX_PLANS]]
    return draw_cartography(numbered, plans=draw_plans(plans, numbered))


def plans_beside(
    directory: Path, cameras: Iterable[NumberedCamera], placements: Mapping[str, PlanPlacement]
) -> tuple[PlanToDraw, ...]:
    """The first plans that rows of a table name, out of its directory."""
    from vssx.jobs.cartography import read_beside

    names = dict.fromkeys(one.camera.plan for one in cameras if one.camera.plan)

    def reading(name: str) -> Callable[[], bytes]:
        return lambda: read_beside(directory, name)

    return tuple(_plan(name, reading(name), placements.get(name)) for name in list(names)[:MAX_PLANS])


def _recordings(cameras: Sequence[MapCamera], record: RecordView) -> dict[int, list[str]]:
    """Directories of the recordings of each camera, by its place in ``cameras``: the rows are told apart by all that
    they say, since lines are those of another file."""
    from vssx.cartography.camera_values import camera_of, values_of

    places = {_values(values_of(one)): place for place, one in enumerate(cameras)}
    found: dict[int, list[str]] = {}
    for one in record.recordings:
        matched = one.raw.get("map_camera")
        if matched is None:
            continue
        try:
            place = places.get(_values(values_of(camera_of(matched["camera"]))))
        except ValueError as error:
            raise HandoverError(f"tells of a camera that is none: {error}", where="handover.json") from error
        if place is not None:
            found.setdefault(place, []).append(one.directory)
    return found


def _values(values: Mapping[str, str | float]) -> frozenset[tuple[str, str | float]]:
    return frozenset(values.items())


def _placements(root: Path, mapped: bool) -> Mapping[str, PlanPlacement]:
    from vssx.cartography.mapping import MAX_MAPPING, read_mapping
    from vssx.cartography.placing import Placing
    from vssx.evidence.cartography import MAPPING_PATH

    if not mapped:
        return {}
    try:
        mapping = read_mapping(read_bounded(root / MAPPING_PATH, MAX_MAPPING), MAPPING_PATH)
    except UsageError as error:
        raise HandoverError(error.message, where=error.where, next_step="Check it with `vssx verify`.") from error
    placing = Placing(MAPPING_PATH, plans=mapping.plans)
    placing.lay_plans()
    return placing.placements


def _bag_plan(root: Path, told: Mapping[str, Any], placements: Mapping[str, PlanPlacement]) -> PlanToDraw:
    from vssx.cartography.plan_file import MAX_PLAN

    name, path = told["name"], told["path"]
    fault = name_fault(root, path)
    if fault is not None:
        raise HandoverError(f"names {shown(path)}, which {fault}", where="handover.json")
    return _plan(name, lambda: read_bounded(root / path, MAX_PLAN), placements.get(name), path)


def _plan(name: str, read: Callable[[], bytes], placement: PlanPlacement | None, path: str = "") -> PlanToDraw:
    """What is wrong with a plan keeps no page back: it is said there."""
    from vssx.cartography.plan_file import read_plan
    from vssx.report.plan_drawing import MAX_DRAWN, PlanToDraw

    try:
        data = read()
        if len(data) > MAX_DRAWN:
            return PlanToDraw(name=name, plan=None, reason="size", path=path, placement=placement)
        plan = read_plan(name, data)
    except VssxError:
        return PlanToDraw(name=name, plan=None, reason="unreadable", path=path, placement=placement)
    return PlanToDraw(name=name, plan=plan, path=path, placement=placement)
