"""Which levels can be served, and why the others cannot."""

import dataclasses

import pytest

from vssx.jobs.probe_events import EventsTrial
from vssx.jobs.probe_levels import levels
from vssx.jobs.probe_replay import ReplayTrial
from vssx.model.media import Codec, SourceTrack, TrackType
from vssx.model.recording import RecordingInformation, RecordingSourceInformation, TrackInformation

VIDEO = SourceTrack(index=0, track_type=TrackType.VIDEO, codec=Codec.H264, timescale=90000)
METADATA = SourceTrack(index=1, track_type=TrackType.METADATA, codec=Codec.ONVIF_METADATA, timescale=10000)
REPLAY = ReplayTrial(tracks=(VIDEO, METADATA), has_video=True, documents=2, text="", facts={}, remarks=())
PICTURES = dataclasses.replace(REPLAY, tracks=(VIDEO,))
EVENTS = EventsTrial(happened=3, text="", facts={}, remarks=())
NONE = dataclasses.replace(EVENTS, happened=0)
TOLD = RecordingInformation(
    token="R",
    source=RecordingSourceInformation(),
    tracks=(TrackInformation(token="m", track_type=TrackType.METADATA),),
)


@pytest.mark.parametrize(
    ("recording", "replay", "events", "possible", "level", "reason"),
    [
        (TOLD, REPLAY, EVENTS, {"0V", "0M", "0E", "0M+0E"}, "0M", "2 documents in the second"),
        (None, PICTURES, EVENTS, {"0V", "0E"}, "0M", "has no metadata track"),
        (TOLD, PICTURES, EVENTS, {"0V", "0E"}, "0M", "its replay does not offer it"),
        (None, REPLAY, None, {"0V", "0M", "0E", "0M+0E"}, "0E", "its metadata track may hold some"),
        (None, PICTURES, None, {"0V"}, "0E", "--events FILE"),
        (None, PICTURES, NONE, {"0V", "0E"}, "0E", "in another range"),
        (None, dataclasses.replace(REPLAY, has_video=False), EVENTS, set(), "0M", "needs level 0V: no H.264"),
        (TOLD, None, EVENTS, set(), "0E", "the replay did not work"),
    ],
)
def test_levels(recording, replay, events, possible, level, reason):
    answers = levels(recording, replay, events)
    assert {one.level for one in answers if one.possible} == possible
    assert reason in next(one.reason for one in answers if one.level == level)
