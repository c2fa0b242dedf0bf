"""What a handover may claim: never more than its contents bear (IEC 62676-2-11, 5.2 and 5.3; our reading)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vssx.model.handover import AcquiredRecording, Acquisition
from vssx.model.level import ExportLevel
from vssx.model.media import TrackType
from vssx.shown import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """``level``: what is claimed, None: nothing. ``borne``: what the contents bear, None without video.

    ``reason``: in plain words, why less is claimed than was asked for; "" where nothing is missing.
    """

    level: ExportLevel | None
    borne: ExportLevel | None
    reason: str


def claims_of(acquisition: Acquisition, *, signed: bool) -> Claims:
    """What was asked for and is borne by every recording that has media; nothing without a signature or video."""
    borne = _borne(acquisition)
    missing = why_no_level(acquisition, signed=signed)
    if missing or borne is None:
        return Claims(level=None, borne=borne, reason=missing)
    return Claims(level=acquisition.requested.level & borne, borne=borne, reason=why_lower(acquisition))


def why_lower(acquisition: Acquisition) -> str:
    """Why less than what was asked for is claimed, "" where nothing is missing."""
    asked = acquisition.requested.level
    lacking = "; ".join(lacks(acquisition, asked))
    return f"Level {asked} was asked for, and a lower one accepted: {lacking}." if lacking else ""


def lacks(acquisition: Acquisition, level: ExportLevel) -> tuple[str, ...]:
    """In plain words, what of ``level`` is not there, and in which recordings; empty when all of it is."""
    media = _with_media(acquisition)
    found = []
    if level.timed_metadata:
        without = [one for one in media if not _has_metadata(one)]
        unread = [one for one in without if one.timed_metadata is not None and one.timed_metadata.documents]
        found += _told("no timed metadata in", [one for one in without if one not in unread])
        found += _told("no metadata document that can be read in", unread)
    if level.alpha_events:
        without = [one for one in media if not _has_events(one)]
        outside = [one for one in without if one.alpha_events is not None and one.alpha_events.events]
        found += _told("no alpha-events in", [one for one in without if one not in outside])
        found += _told("no alpha-event in the range asked for, or near the footage, in", outside)
    return tuple(found)


def _told(what: str, recordings: Iterable[AcquiredRecording]) -> list[str]:
    names = dict.fromkeys(map(name_of, recordings))  # a recording may have several spans
    return [f"{what} {', '.join(names)}"] if names else []


def name_of(one: AcquiredRecording) -> str:
    """What the operator knows a recording by: its token; of a local file its name."""
    return shown(one.recording_token or one.camera)


def why_no_level(acquisition: Acquisition, *, signed: bool) -> str:
    """What keeps the handover from claiming any level, "" when nothing: 0V is video (IEC 62676-2-11, 5.2.3), signed."""
    if not signed:
        return "This handover was made without a key: it is unsigned and claims no level."
    if not _has_video(acquisition):
        return "There is no video in this handover, so it claims no level."
    return ""


def _borne(acquisition: Acquisition) -> ExportLevel | None:
    if not _has_video(acquisition):
        return None

    def all_have(has: Callable[[AcquiredRecording], bool]) -> bool:
        return all(map(has, _with_media(acquisition)))

    return ExportLevel.of(timed_metadata=all_have(_has_metadata), alpha_events=all_have(_has_events))


def _with_media(acquisition: Acquisition) -> list[AcquiredRecording]:
    """A recording of which nothing came is no less complete without metadata: the record tells of it anyway."""
    return [one for one in acquisition.recordings if one.received.media]


def _has_video(acquisition: Acquisition) -> bool:
    tracks = (track for media in acquisition.media for track in media.file.tracks)
    return any(track.track_type is TrackType.VIDEO and track.samples for track in tracks)


def _has_metadata(one: AcquiredRecording) -> bool:
    return one.timed_metadata is not None and one.timed_metadata.borne > 0


def _has_events(one: AcquiredRecording) -> bool:
    """States at the start are no occurrences, and neither is what happened years before."""
    return one.alpha_events is not None and one.alpha_events.within > 0
