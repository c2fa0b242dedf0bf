"""The recording history as events (ONVIF Recording Search, "Recording Event Descriptions")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vssx.model.media import TrackType
from vssx.model.recording import FindEventResult, Notification, SimpleItem
from vssx.onvif.recording_history import recording_state, track_state
from vssx.onvif.search_session import FindEvents
from vssx.onvif.topic import matches
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.store import ENCODINGS, StoredRecording


def find_events(recordings: Iterable[StoredRecording], request: FindEvents) -> list[FindEventResult]:
    """Events of these recordings between the request's points, in its direction, start states first.

    A backward search with start states has them for both ends, as the specification demands. Without an end point the
    search runs to the end of what is recorded.
    """
    recordings = list(recordings)
    first, last = request.start_ns, request.end_ns
    if last is None:
        last = max([first, *(recording.end_ns for recording in recordings)])
    backward = last < first
    low, high = min(first, last), max(first, last)
    found = [event for recording in recordings for event in _changes(recording) if low <= event.time_ns <= high]
    found.sort(key=lambda event: event.time_ns, reverse=backward)
    if request.include_start_state:
        at_start = [event for recording in recordings for event in _states(recording, first)]
        at_end = [event for recording in recordings for event in _states(recording, last)] if backward else []
        found = [*at_start, *found, *at_end]
    return [event for event in found if _wanted(event, request.topics)]


def _wanted(event: FindEventResult, topics: tuple[str, ...]) -> bool:
    return not topics or any(matches(event.notification.topic, expression) for expression in topics)


def _changes(recording: StoredRecording) -> Iterator[FindEventResult]:
    for start_ns, end_ns in recording.sections:
        yield recording_state(recording.token, time_ns=start_ns, recording=True)
        yield recording_state(recording.token, time_ns=end_ns, recording=False)
    for track in recording.tracks:
        for section in track.sections:
            yield track_state(recording.token, track.token, time_ns=section.start_ns, data_present=True)
            yield track_state(recording.token, track.token, time_ns=section.end_ns, data_present=False)
        if track.track_type is not TrackType.METADATA:
            yield _parameters(recording, track, track.sections[0].start_ns, start_state=False)


def _states(recording: StoredRecording, at_ns: int) -> Iterator[FindEventResult]:
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
