"""Recordings as the pages see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vssx.report.record_view import FileView, GapView, LossView, RecordingView, TrackView
from vssx.times import NS, from_xs_datetime

START_NS = from_xs_datetime("2026-03-14T12:00:00Z")


def track(first: float, end: float, *, source: int = 0, kind: str = "Video") -> TrackView:
    """A track between two seconds behind START_NS."""
    return TrackView(
        track_id=source + 1,
        source_track=source,
        track_type=kind,
        codec="H.264",
        profile="",
        width=640,
        height=360,
        sample_rate=0,
        channels=0,
        timescale=90_000,
        samples=10,
        digest="00",
        first_ns=at(first),
        last_ns=at(end) - NS // 25,
        end_ns=at(end),
        time_sources=("replay-extension",),
    )


def file(name: str, *tracks: TrackView) -> FileView:
    """A file of the recording."""
    return FileView(path=f"data/gate/{name}", size=1, sha256="00", tracks=tracks)


def gap(start: float, end: float, *, confirmed: bool | None = None, cause: str = "time-jump") -> GapView:
    """A gap of track 0."""
    return GapView(source_track=0, start_ns=at(start), end_ns=at(end), cause=cause, confirmed=confirmed)


def loss(seconds: float | None, detail: str = "3 packets are missing", count: int = 1) -> LossView:
    """A loss on track 0."""
    at_ns = None if seconds is None else at(seconds)
    return LossView(source_track=0, at_ns=at_ns, until_ns=None, count=count, packets=3, detail=detail)


def recording(files: Sequence[FileView] = (), **fields: Any) -> RecordingView:
    """Asked for from 0 to 100 s behind START_NS unless ``fields`` say otherwise."""
    given: dict[str, Any] = {
        "directory": "gate",
        "camera": "Gate",
        "token": "R-1",
        "asked_from_ns": at(0),
        "asked_to_ns": at(100),
        "first_ns": min((one.first_ns for one in files if one.first_ns is not None), default=None),
        "last_ns": max((one.last_ns for one in files if one.last_ns is not None), default=None),
        "end_proven": True,
        "files": tuple(files),
        "gaps": (),
        "losses": (),
        "spans": None,
        "raw": {},
    }
    return RecordingView(**{**given, **fields})


def at(seconds: float) -> int:
    """Seconds behind START_NS."""
    return START_NS + round(seconds * 1000) * (NS // 1000)
