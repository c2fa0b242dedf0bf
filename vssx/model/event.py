"""Alpha-events: machine-readable occurrences on the video's timeline (IEC 62676-2-11, 5.3.3; our reading)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vssx.model.recording import Notification


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
