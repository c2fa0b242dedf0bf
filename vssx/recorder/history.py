"""The recording history as events (ONVIF Recording Search, "Recording Event Descriptions")."""

from __future__ import annotations

from collections.abc import Iterator

from vssx.model.media import TrackType
from vssx.model.recording import FindEventResult, Notification, SimpleItem
from vssx.onvif.recording_history import recording_state, track_state
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.store import ENCODINGS, StoredRecording


def changes(recording: StoredRecording) -> Iterator[FindEventResult]:
    """All events of the history, in no order."""
    for start_ns, end_ns in recording.sections:
        yield recording_state(recording.token, time_ns=start_ns, recording=True)
        yield recording_state(recording.token, time_ns=end_ns, recording=False)
    for track in recording.tracks:
        for section in track.sections:
            yield track_state(recording.token, track.token, time_ns=section.start_ns, data_present=True)
            yield track_state(recording.token, track.token, time_ns=section.end_ns, data_present=False)
        if track.track_type is not TrackType.METADATA:
            yield _parameters(recording, track, track.sections[0].start_ns, start_state=False)


def history_states(recording: StoredRecording, at_ns: int) -> Iterator[FindEventResult]:
    """Virtual events with what held at that moment."""
    held = any(start <= at_ns < end for start, end in recording.sections)
    yield recording_state(recording.token, time_ns=at_ns, recording=held, start_state=True)
    for track in recording.tracks:
        present = any(section.start_ns <= at_ns < section.end_ns for section in track.sections)
        yield track_state(recording.token, track.token, time_ns=at_ns, data_present=present, start_state=True)
        if at_ns >= track.sections[0].start_ns and track.track_type is not TrackType.METADATA:
            yield _parameters(recording, track, at_ns, start_state=True)


def _parameters(recording: StoredRecording, track: TrackIndex, time_ns: int, *, start_state: bool) -> FindEventResult:
    """VideoParameters or AudioParameters: how the track is encoded."""
    configuration = track.configuration
    encoding = ENCODINGS[track.codec]
    if track.track_type is TrackType.VIDEO:
        topic = "tns1:RecordingHistory/Track/VideoParameters"
        values = (
            ("VideoEncoding", encoding),
            ("VideoWidth", str(configuration.width)),
            ("VideoHeight", str(configuration.height)),
        )
    else:
        topic = "tns1:RecordingHistory/Track/AudioParameters"
        bitrate = track.payload_bytes * 8_000_000 // max(track.media_ns, 1)
        values = (
            ("AudioEncoding", encoding),
            ("AudioSampleRate", str(configuration.sample_rate)),
            ("AudioBitrate", str(bitrate)),
        )
    return FindEventResult(
        recording_token=recording.token,
        track_token=track.token,
        time_ns=time_ns,
        start_state=start_state,
        notification=Notification(
            topic=topic,
            utc_ns=time_ns,
            operation="Initialized" if start_state else "Changed",
            source=(SimpleItem(name="Recording", value=recording.token), SimpleItem(name="Track", value=track.token)),
            data=tuple(SimpleItem(name=name, value=value) for name, value in values),
        ),
    )
