"""Draws all recordings of a handover below each other, with one scale of time."""

from __future__ import annotations

from collections.abc import Sequence

from vssx.report.drawn_text import shortened
from vssx.report.page_time import PageTime
from vssx.report.record_view import RecordingView
from vssx.report.timeline import Overview, OverviewLine, StretchKind
from vssx.report.timeline_drawing import (
    AXIS,
    LEFT,
    MAX_STRETCHES,
    RIGHT,
    WIDTH,
    ends_of,
    leading_stretches,
    placed,
    scale_of,
)

MAX_LINES = 60
_MAX_STRETCHES = 2000
"""Of all lines together."""
_LINE = 22.0
_SHOWN = frozenset(StretchKind) - {StretchKind.HISTORY, StretchKind.ASKED}


def draw_overview(recordings: Sequence[RecordingView], *, time: PageTime, key: str = "overview") -> Overview | None:
    """What is there of each recording, on its leading track; None where that is less than two recordings with times."""
    timed = [(recording, ends_of(recording)) for recording in recordings]
    there = [(recording, ends) for recording, ends in timed if ends is not None]
    if len(there) < 2:
        return None
    start_ns, end_ns = min(ends[0] for _, ends in there), max(ends[1] for _, ends in there)
    scale = scale_of(start_ns, end_ns)
    most = min(MAX_STRETCHES, _MAX_STRETCHES // min(len(there), MAX_LINES))
    lines = tuple(
        OverviewLine(
            camera=recording.camera,
            directory=recording.directory,
            short_name=shortened(recording.camera or recording.directory, LEFT - 12),
            y=AXIS + number * _LINE,
            stretches=placed([one for one in leading_stretches(recording) if one.kind in _SHOWN], scale, most),
        )
        for number, (recording, _) in enumerate(there[:MAX_LINES])
    )
    bottom = AXIS + len(lines) * _LINE
    return Overview(
        key=key,
        start_ns=start_ns,
        end_ns=end_ns,
        zone=time.zone or "",
        width=WIDTH,
        height=bottom + (AXIS if time.zone else 4.0),
        left=LEFT,
        right=RIGHT,
        lanes_top=AXIS - 3,
        lanes_bottom=bottom,
        ticks=scale.ticks(time),
        lines=lines,
        left_out=len(recordings) - len(lines),
    )
