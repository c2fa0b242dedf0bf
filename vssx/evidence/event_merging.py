"""The same event of several sources becomes one; every property gets a row that states what held at the start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from vssx.evidence.event_store import KINDS, Entry, EventStore
from vssx.model.event import ProvenanceKind
from vssx.onvif.event_identity import same_time
from vssx.shown import counted
from vssx.times import NS

_MAX_TOGETHER = 100
"""Events with equal contents within a second that are compared with each other."""
_ID_OF = (ProvenanceKind.FOUND, ProvenanceKind.RECORDED, ProvenanceKind.LISTED)


def merge(store: EventStore, start_ns: int) -> tuple[str, ...]:
    """Make the rows of ``store``. ``start_ns``: of the range; notes come back, in plain words.

    An event is the same as another with equal topic, source, key, data and operation, and an equal UtcTime; if they
    came on different ways also with times that are equal to the resolution of the coarser one, milliseconds at the
    finest. An operation that only one of them tells makes no difference.

    The state of a property at the start is what was told last at or before it: by a notification, or by a start state
    (FindEvents), which counts at its own UtcTime, before what happened then. An Initialized among those that say so
    told the state and is no event beside.
    """
    numbers = iter(range(1, 1 << 62))
    contradicted = overtaken = crowded = 0
    for _, group in groupby(store.by_property(start_ns), attrgetter("property_")):
        found = _state(store, group, start_ns, next(numbers))
        contradicted += found.contradicted
        overtaken += found.overtaken
    for (_, _), group in groupby(store.by_content(), lambda entry: (entry.content, entry.utc_ns // NS)):
        crowded += _merge_second(store, group, numbers)
    store.name_rows()
    notes = []
    if contradicted:
        notes.append(
            f"of {counted(contradicted, 'property', 'properties')} what the recorder says of the start is not what was"
            " last recorded before it: what was told last is listed"
        )
    if overtaken:
        notes.append(
            f"of {counted(overtaken, 'property', 'properties')} something else was told between the time of the"
            " recorder's start state and the start: what was told last is listed"
        )
    if crowded:
        notes.append(
            f"in {counted(crowded, 'second')} there are more than {_MAX_TOGETHER} events with equal contents: those of"
            " different sources were taken as the same only where their times are equal"
        )
    return tuple(notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """Whether a start state is not what was told last before it, or not what was told after it."""

    contradicted: bool
    overtaken: bool


def _state(store: EventStore, group: Iterable[Entry], start_ns: int, number: int) -> _Start:
    """The row of one property, whose entries come with the latest first."""
    told: Entry | None = None
    example: Entry | None = None
    before: Entry | None = None  # a start state that was not compared yet with what was told before it
    over = contradicted = overtaken = False
    for entry in group:
        example = example or entry
        if not entry.start_state and entry.utc_ns > start_ns:
            continue
        told = told or entry
        over |= entry.content != told.content
        if not over:
            store.add_way(number, entry)
            if entry.start_state and not told.start_state:
                told = entry
            elif entry.operation == "Initialized" and not entry.start_state:
                store.consume(entry)
        contradicted |= before is not None and entry.content != before.content
        overtaken |= entry.start_state and not told.start_state and entry.content != told.content
        before = entry if entry.start_state else None
    assert example is not None
    store.add_state(number, told or example, start_ns, unknown=told is None)
    return _Start(contradicted=contradicted, overtaken=overtaken)


@dataclass(slots=True, kw_only=True)
class _Cluster:
    """Entries that are one event. ``times``: of each way, the UtcTime and the digits of it."""

    number: int
    chosen: Entry
    named: Entry
    first: Entry
    operation: str = ""
    times: dict[ProvenanceKind, tuple[int, int]] = field(default_factory=dict)

    def told(self, utc_ns: int) -> bool:
        return any(ns == utc_ns for ns, _ in self.times.values())

    def takes(self, entry: Entry) -> bool:
        if entry.operation != self.operation and entry.operation and self.operation:
            return False
        if entry.kind in self.times:
            return self.times[entry.kind][0] == entry.utc_ns
        return all(same_time(entry.utc_ns, entry.digits, ns, digits) for ns, digits in self.times.values())

    def add(self, entry: Entry) -> None:
        self.operation = self.operation or entry.operation
        self.times.setdefault(entry.kind, (entry.utc_ns, entry.digits))
        self.chosen = min(self.chosen, entry, key=lambda one: (-one.digits, KINDS.index(one.kind), one.digest, one.seq))
        self.named = min(self.named, entry, key=lambda one: (_ID_OF.index(one.kind), one.digest))
        self.first = min(self.first, entry, key=lambda one: (KINDS.index(one.kind), one.seq))


def _merge_second(store: EventStore, group: Iterable[Entry], numbers: Iterable[int]) -> bool:
    """The events of one second with equal contents; whether they were too many to compare all with each other."""
    clusters: list[_Cluster] = []
    crowded = False
    for entry in group:
        if len(clusters) >= _MAX_TOGETHER:
            crowded = True
            _finish(store, [one for one in clusters if not one.told(entry.utc_ns)])
            clusters = [one for one in clusters if one.told(entry.utc_ns)]
        equal = [one for one in clusters if one.told(entry.utc_ns) and one.takes(entry)]
        cluster = next(iter(equal), None) or next((one for one in clusters if one.takes(entry)), None)
        if cluster is None:
            cluster = _Cluster(number=next(iter(numbers)), chosen=entry, named=entry, first=entry)
            clusters.append(cluster)
        cluster.add(entry)
        store.add_way(cluster.number, entry)
    _finish(store, clusters)
    return crowded


def _finish(store: EventStore, clusters: Iterable[_Cluster]) -> None:
    for one in clusters:
        store.add_event(one.number, one.chosen, one.named.digest, one.first)
