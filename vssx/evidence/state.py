"""What a run knows, as JSON in ``work/``: how the next run takes it up.

Written and read by the same version of vssx only; handover.json is the format for everybody else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from vssx.model.handover import CheckedMedia, TrackSummary, WrittenFile
from vssx.model.media import Assumption, Codec, Gap, GapCause, Loss, TimeSource, TrackType

Note = Gap | Loss | Assumption
_KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Gap, Loss, Assumption)}


def note_to_json(value: Note) -> dict[str, object]:
    """A value with the name of its kind; enumerations become their text."""
    return {"kind": type(value).__name__, **dataclasses.asdict(value)}


def note_from_json(document: Mapping[str, Any]) -> Note | None:
    """What ``note_to_json`` made of it; None for a kind that is not known."""
    fields = dict(document)
    kind = _KINDS.get(fields.pop("kind", ""))
    if kind is None:
        return None
    if kind is Gap:
        fields["cause"] = GapCause(fields["cause"])
    value: Note = kind(**fields)
    return value


def checked_to_json(media: CheckedMedia) -> dict[str, object]:
    """A file that was read back."""
    return dataclasses.asdict(media)


def checked_from_json(document: Mapping[str, Any]) -> CheckedMedia:
    """What ``checked_to_json`` made of it."""
    fields = dict(document["file"])
    fields["tracks"] = tuple(_track(track) for track in fields["tracks"])
    return CheckedMedia(file=WrittenFile(**fields), read_back_ns=document["read_back_ns"])


def _track(fields: Mapping[str, Any]) -> TrackSummary:
    return TrackSummary(
        **{
            **fields,
            "track_type": TrackType(fields["track_type"]),
            "codec": Codec(fields["codec"]),
            "sample_entries": tuple(fields["sample_entries"]),
            "time_sources": tuple(TimeSource(source) for source in fields["time_sources"]),
        }
    )
