"""Which export levels a recorder can serve, judged from what was tried, not from what is told."""

from __future__ import annotations

from vssx.jobs.probe_events import EventsTrial
from vssx.jobs.probe_replay import ReplayTrial
from vssx.model.level import ExportLevel
from vssx.model.media import TrackType
from vssx.model.probe import LevelAnswer
from vssx.model.recording import RecordingInformation
from vssx.shown import counted


def levels(
    recording: RecordingInformation | None, trial: ReplayTrial | None, events: EventsTrial | None
) -> tuple[LevelAnswer, ...]:
    """An answer for each level. ``trial``, ``events``: None where the step failed or was not tried."""
    video = _video(trial)
    metadata = _metadata(recording, trial)
    found = _events(metadata.possible, events)
    both = LevelAnswer(
        level=str(ExportLevel.METADATA_AND_EVENTS),
        possible=metadata.possible and found.possible,
        reason="as for 0M and for 0E",
    )
    if video.possible:
        return (video, metadata, found, both)
    reason = f"it needs level 0V: {video.reason}"
    return (video, *(LevelAnswer(level=one.level, possible=False, reason=reason) for one in (metadata, found, both)))


def _video(trial: ReplayTrial | None) -> LevelAnswer:
    level = str(ExportLevel.VIDEO)
    if trial is None:
        return LevelAnswer(level=level, possible=False, reason="the replay did not work, see above")
    if not trial.has_video:
        return LevelAnswer(level=level, possible=False, reason="no H.264 or H.265 video came")
    return LevelAnswer(level=level, possible=True, reason="video came; the level also needs your signature: --key")


def _metadata(recording: RecordingInformation | None, trial: ReplayTrial | None) -> LevelAnswer:
    level = str(ExportLevel.METADATA)
    if trial is not None and any(track.track_type is TrackType.METADATA for track in trial.tracks):
        came = f"{counted(trial.documents, 'document')} in the second that was replayed"
        text = f"the recording has a metadata track, {came}; one that can be read in the range bears the level"
        return LevelAnswer(level=level, possible=True, reason=text)
    if recording is not None and any(track.track_type is TrackType.METADATA for track in recording.tracks):
        reason = "the recorder tells of a metadata track, but its replay does not offer it"
    elif trial is not None:
        reason = "the recording has no metadata track"
    else:
        reason = "whether there is a metadata track is not known"
    return LevelAnswer(level=level, possible=False, reason=reason)


def _events(has_metadata: bool, events: EventsTrial | None) -> LevelAnswer:
    level = str(ExportLevel.EVENTS)
    if events is not None and events.happened:
        reason = "the recorder finds events; one in the range bears the level"
        return LevelAnswer(level=level, possible=True, reason=reason)
    if has_metadata:
        reason = "the recorder finds no events, but its metadata track may hold some in the range"
        return LevelAnswer(level=level, possible=True, reason=reason)
    if events is not None:
        reason = "the recorder answers, but found no event in the hour tried; there may be some in another range"
        return LevelAnswer(level=level, possible=True, reason=reason)
    reason = "the recorder does not search for events; what you know yourself can be added with --events FILE"
    return LevelAnswer(level=level, possible=False, reason=reason)
