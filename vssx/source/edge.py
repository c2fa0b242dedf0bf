"""Where one track of video or audio stands between the two ends of the range. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from vssx.model.media import SourceTrack, StreamItem
from vssx.source.recorder_word import RecorderWord


@dataclass(slots=True)
class Edge:
    """``started``, ``ended``: its first and its last access unit of the range came; ``first_ns``, ``latest_ns``,
    ``end_ns``: UTC of the first and the latest one, and of the end. ``held``: what came before the start is decided,
    with its size; ``tail``: what waits for the video to get as far. ``early``: those left out before the start."""

    track: SourceTrack
    started: bool = False
    ended: bool = False
    end_ns: int = 0
    first_ns: int = 0
    latest_ns: int = 0
    delivered: int = 0
    seen_clean: bool = False
    gap_seen: bool = False
    held: list[StreamItem] = field(default_factory=list)
    held_bytes: int = 0
    held_units: int = 0
    tail: list[StreamItem] = field(default_factory=list)
    early: int = 0
    word: RecorderWord = field(default_factory=RecorderWord)
