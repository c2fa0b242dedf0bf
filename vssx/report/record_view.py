"""handover.json as values for the pages. The record was checked against its schema before; times are ns UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vssx.times import NS, from_xs_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackView:
    """A track of an MP4. ``codec``, ``track_type``: as in the record; ``first_ns``/``last_ns``: presentation times;
    ``end_ns``: where the sample that is presented last ends, as far as that is known or assumed."""

    track_id: int
    source_track: int
    track_type: str
    codec: str
    profile: str
    width: int
    height: int
    sample_rate: int
    channels: int
    timescale: int
    samples: int
    digest: str
    first_ns: int
    last_ns: int
    end_ns: int
    time_sources: tuple[str, ...]
    added: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """An MP4 of the handover; ``path`` is relative to the bag."""

    path: str
    size: int
    sha256: str
    tracks: tuple[TrackView, ...]

    @property
    def name(self) -> str:
        """Its name without the directories."""
        return self.path.rpartition("/")[2]

    @property
    def video(self) -> TrackView | None:
        """Its first video track that has samples."""
        return next((one for one in self.tracks if one.track_type == "Video" and one.samples), None)

    @property
    def first_ns(self) -> int | None:
        """First presentation time: that of the video, else of whatever there is."""
        tracks = [self.video] if self.video else [one for one in self.tracks if one.samples]
        return min((one.first_ns for one in tracks), default=None)

    @property
    def last_ns(self) -> int | None:
        """Start of the sample presented last."""
        tracks = [self.video] if self.video else [one for one in self.tracks if one.samples]
        return max((one.last_ns for one in tracks), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """A gap. ``confirmed``: by the recorder's own history; None: nobody said."""

    source_track: int
    start_ns: int
    end_ns: int
    cause: str
    confirmed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LossView:
    """A loss. ``at_ns``: None where nobody knows when."""

    source_track: int
    at_ns: int | None
    until_ns: int | None
    count: int
    packets: int | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingView:
    """One recording, or one local file. ``raw``: its part of the record, for what has no field here.

    ``spans``: when the recorder says that it recorded, end None: still; None where it does not tell.
    """

    directory: str
    camera: str
    token: str
    asked_from_ns: int | None
    asked_to_ns: int | None
    first_ns: int | None
    last_ns: int | None
    end_proven: bool
    files: tuple[FileView, ...]
    gaps: tuple[GapView, ...]
    losses: tuple[LossView, ...]
    spans: tuple[tuple[int, int | None], ...] | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """The record. ``raw``: the whole of it, for what has no field here."""

    created_ns: int
    level: str | None
    signed: bool
    fingerprint: str
    case: str
    exhibit: str
    operator: str
    recordings: tuple[RecordingView, ...]
    raw: Mapping[str, Any]


def view_record(record: Mapping[str, Any]) -> RecordView:
    """The record as values. ``record``: JSON values that follow the schema of the record."""
    requested, signature = record["requested"], record["signature"]
    return RecordView(
        created_ns=from_xs_datetime(record["created"]),
        level=record["claims"]["level"],
        signed=signature["signed"],
        fingerprint=signature.get("certificate_sha256", ""),
        case=requested["case"],
        exhibit=requested["exhibit"],
        operator=requested["operator"],
        recordings=tuple(_recording(one) for one in record["recordings"]),
        raw=record,
    )


def _recording(one: Mapping[str, Any]) -> RecordingView:
    history = one["history"]
    return RecordingView(
        directory=one["directory"],
        camera=one["camera"],
        token=one["recording_token"],
        asked_from_ns=_time(one["asked"]["from"]),
        asked_to_ns=_time(one["asked"]["to"]),
        first_ns=_time(one["delivered"]["first"]),
        last_ns=_time(one["delivered"]["last"]),
        end_proven=one["acquired"]["end"]["proven"],
        files=tuple(_file(file) for file in one["files"]),
        gaps=tuple(
            GapView(
                source_track=gap["source_track"],
                start_ns=from_xs_datetime(gap["start"]),
                end_ns=from_xs_datetime(gap["end"]),
                cause=gap["cause"],
                confirmed=gap["confirmed"],
            )
            for gap in one["gaps"]
        ),
        losses=tuple(
            LossView(
                source_track=loss["source_track"],
                at_ns=_time(loss["at"]),
                until_ns=_time(loss["until"]),
                count=loss["count"],
                packets=loss["packets"],
                detail=loss["detail"],
            )
            for loss in one["losses"]
        ),
        spans=_spans(history["spans"]) if history is not None and history["available"] else None,
        raw=one,
    )


def _spans(spans: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, int | None], ...]:
    return tuple((from_xs_datetime(span["start"]), _time(span["end"])) for span in spans)


def _file(file: Mapping[str, Any]) -> FileView:
    return FileView(
        path=file["path"],
        size=file["size"],
        sha256=file["sha256"],
        tracks=tuple(
            TrackView(
                track_id=track["track_id"],
                source_track=track["source_track"],
                track_type=track["type"],
                codec=track["codec"],
                profile=track["profile"],
                width=track["width"],
                height=track["height"],
                sample_rate=track["sample_rate"],
                channels=track["channels"],
                timescale=track["timescale"],
                samples=track["samples"],
                digest=track["digest"],
                first_ns=from_xs_datetime(track["first"]),
                last_ns=from_xs_datetime(track["last"]),
                end_ns=from_xs_datetime(track["last"]) + track["last_duration_ticks"] * NS // track["timescale"],
                time_sources=tuple(track["time_sources"]),
                added=track.get("added", False),
            )
            for track in file["tracks"]
        ),
    )


def _time(text: str | None) -> int | None:
    return None if text is None else from_xs_datetime(text)
