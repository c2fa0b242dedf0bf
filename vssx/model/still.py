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
    was taken for, at their time or around it. ``damaged``: its data, or that of a picture it builds on, is faulty, so
    that it may show what never was there. ``interlaced``: two fields, of different times, make it.
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
    damaged: bool = False
    interlaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStill:
    """No picture where one was wanted, and why, in an English sentence without a full stop.

    ``utc_ns``: when it should have been. ``file`` and the rest: as of a Still.
    """

    file: str
    utc_ns: int
    reasons: tuple[StillReason, ...]
    why: str
    event_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStill:
    """A picture that is wanted: the one on show at ``utc_ns``; the first one where that is before it.

    A ``STEP`` may be any earlier one near it that decoding can start at. ``event_id``: the event it is for.
    """

    utc_ns: int
    reason: StillReason
    event_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillEvent:
    """An event that stills are taken around. ``name``: in plain words."""

    event_id: str
    utc_ns: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStills:
    """The contact sheet of one MP4. ``stills``: in ascending time.

    ``events``: how many events lie in the file; ``shown``: those of them around which pictures were wanted.
    ``steps_left_out``: pictures at even steps that the page had no room for; ``left_out``: there was room, or time, for
    none at all.
    """

    file: str
    stills: tuple[Still | NoStill, ...]
    events: int = 0
    shown: tuple[StillEvent, ...] = ()
    steps_left_out: int = 0
    left_out: bool = False
