"""Alpha-events: machine-readable occurrences on the video's timeline (IEC 62676-2-11, 5.3.3; our reading)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vssx.model.recording import Notification

ABOUT_EVENTS = "events"
"""Subject of what the record says about the events that the exporter added."""


class ProvenanceKind(StrEnum):
    """How an event came into an export."""

    RECORDED = "recorded-metadata"  # tt:Event of the recorded metadata track
    FOUND = "find-events"  # an answer of the recorder to FindEvents
    LISTED = "operator-list"  # a line of the operator's list


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """One way on which an event came. ``where``: file and sample of a recorded one, the recorder's address of a found
    one, file and line of a listed one."""

    kind: ProvenanceKind
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlphaEvent:
    """An event and all ways on which it came.

    ``start_state``: no occurrence, but what the recorder says held at the start of the range (StartStateEvent).
    """

    notification: Notification
    provenances: tuple[Provenance, ...]
    start_state: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """One row of events.csv: an event with its place on the video's timeline, or the state of a property at the start.

    ``event_id``: the first hex digits of the SHA-256 of what it is, 8 or more. ``utc_ns``: its UtcTime; of a state the
    start of the range. ``recording``: the directory below data/. ``file``: the MP4 that shows the time, ``media_ns``:
    where in it; "" and None where none does. ``name``, ``state``: in plain words. ``unknown``: nobody tells the state,
    and ``event`` is there for its topic and source only. ``more``: provenances beyond those that are listed.
    """

    event_id: str
    event: AlphaEvent
    utc_ns: int
    name: str
    state: str = ""
    recording: str = ""
    file: str = ""
    media_ns: int | None = None
    unknown: bool = False
    more: int = 0
