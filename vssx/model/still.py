"""Pictures decoded out of an export: illustrations, never evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StillReason(StrEnum):
    """Why a still was taken."""

    START = "start"
    END = "end"
    EVENT = "event"
    STEP = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """One decoded picture.

    ``file``: path of the MP4 in the bag; ``track_id``; ``sample``: number of its sample in decode order, from 1.
    ``media_ns``: its presentation time behind the start of the media timeline; ``utc_ns``: cstb + media time.
    ``jpeg``: the picture, ``width`` x ``height`` pixels after scaling to square pixels. ``event_ids``: of those it
    shows.
    """

    file: str
    track_id: int
    sample: int
    media_ns: int
    utc_ns: int
    reasons: tuple[StillReason, ...]
    width: int
    height: int
    jpeg: bytes
    event_ids: tuple[str, ...] = ()
