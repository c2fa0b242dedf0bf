"""metadata.jsonl: one object of a scene description, or one PTZ position, a line."""

from __future__ import annotations

import json
from collections.abc import Iterable

from vssx.evidence.derived_file import DerivedFile
from vssx.evidence.metadata_samples import DocumentSample, MetadataMovie
from vssx.model.scene import Box, Detail, ObjectObservation, Point, PtzPosition, Transformation
from vssx.times import NS, to_xs_datetime

_AS_JSON = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(", ", ": "))


class MetadataJsonl:
    """Writes metadata.jsonl into ``out`` (docs/events.md). ASCII only: whatever a recorder sent is escaped."""

    def __init__(self, out: DerivedFile) -> None:
        self._out = out
        self.objects = 0
        self.ptz = 0

    def add_object(self, movie: MetadataMovie, sample: DocumentSample, value: ObjectObservation) -> None:
        """One object of one frame."""
        self.objects += 1
        first = value.classes[0] if value.classes else None
        self._line(
            {
                "kind": "object",
                **_place(movie, sample, value.utc_ns),
                "object": value.object_id,
                "parent": value.parent_id,
                "class": first.name if first else "",
                "likelihood": first.likelihood if first else None,
                "other_classes": [{"class": one.name, "likelihood": one.likelihood} for one in value.classes[1:]],
                "box": _box(value.box),
                "box_in_picture": _box(value.box_in_picture),
                "centre": _point(value.centre),
                "centre_in_picture": _point(value.centre_in_picture),
                "transformation": _transformation(value.transformation),
                "own_transformation": _transformation(value.own_transformation),
                "longitude": value.location.longitude if value.location else None,
                "latitude": value.location.latitude if value.location else None,
                "elevation_m": value.location.elevation_m if value.location else None,
                "speed_m_s": value.speed_m_s,
                "plate": value.plate,
                "plate_likelihood": value.plate_likelihood,
                "removed": value.removed or None,
                "idle": value.idle or None,
                "source": value.source,
                **_details(value.details, value.details_left_out),
            }
        )

    def add_ptz(self, movie: MetadataMovie, sample: DocumentSample, value: PtzPosition) -> None:
        """One position of a camera that moves."""
        self.ptz += 1
        self._line(
            {
                "kind": "ptz",
                **_place(movie, sample, value.utc_ns),
                "pan": value.pan,
                "tilt": value.tilt,
                "zoom": value.zoom,
                "pan_tilt_space": value.pan_tilt_space,
                "zoom_space": value.zoom_space,
                "pan_tilt_status": value.pan_tilt_status,
                "zoom_status": value.zoom_status,
                "error": value.error,
                **_details(value.details, value.details_left_out),
            }
        )

    def finish(self) -> None:
        """Behind the last line."""
        self._out.finish()

    def _line(self, values: dict[str, object]) -> None:
        told = {key: value for key, value in values.items() if value not in (None, "", [])}
        self._out.write(_AS_JSON.encode(told).encode("ascii"), b"\n")


def _place(movie: MetadataMovie, sample: DocumentSample, utc_ns: int | None) -> dict[str, object]:
    """``utc``: what the document says, else the time of its sample; ``media``: where the file shows it, else where
    the sample stands."""
    utc_ns = sample.utc_ns if utc_ns is None else utc_ns
    media_ns = movie.media_ns(utc_ns)
    return {
        "utc": to_xs_datetime(utc_ns),
        "file": movie.name,
        "media": round((sample.media_ns if media_ns is None else media_ns) / NS, 6),
        "track": sample.track_id,
        "sample": sample.number,
    }


def _point(value: Point | None) -> dict[str, float] | None:
    return None if value is None else {"x": value.x, "y": value.y}


def _box(value: Box | None) -> dict[str, float] | None:
    if value is None:
        return None
    return {"left": value.left, "top": value.top, "right": value.right, "bottom": value.bottom}


def _transformation(value: Transformation | None) -> dict[str, object] | None:
    return None if value is None else {"translate": _point(value.translate), "scale": _point(value.scale)}


def _details(details: Iterable[Detail], left_out: int) -> dict[str, object]:
    told = [[one.path, one.value, *([one.cut] if one.cut else [])] for one in details]
    return {"details": told, "details_left_out": left_out or None}
