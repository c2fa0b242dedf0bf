"""Recording-history events to spans and back (ONVIF Recording Search, "Recording Event Descriptions").

A recording's and a track's spans are told by pairs of property events: IsRecording, IsDataPresent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from vssx.model.recording import (
    FindEventResult,
    Notification,
    RecordingHistory,
    SimpleItem,
    Span,
    TrackHistory,
)
from vssx.onvif import fields
from vssx.onvif.notification import item
from vssx.onvif.topic import RECORDING_STATE, TRACK_STATE


def recording_state(token: str, *, time_ns: int, recording: bool, start_state: bool = False) -> FindEventResult:
    """Event: the recording started (or is on, for a start state), or stopped."""
    return FindEventResult(
        recording_token=token,
        track_token="",
        time_ns=time_ns,
        start_state=start_state,
        notification=Notification(
            topic=RECORDING_STATE,
            utc_ns=time_ns,
            operation="Initialized" if start_state else "Changed",
            source=(SimpleItem(name="RecordingToken", value=token),),
            data=(SimpleItem(name="IsRecording", value=fields.boolean(recording)),),
        ),
    )


def track_state(
    token: str, track: str, *, time_ns: int, data_present: bool, start_state: bool = False
) -> FindEventResult:
    """Event: data of the track begins (or is there, for a start state), or ends."""
    return FindEventResult(
        recording_token=token,
        track_token=track,
        time_ns=time_ns,
        start_state=start_state,
        notification=Notification(
            topic=TRACK_STATE,
            utc_ns=time_ns,
            operation="Initialized" if start_state else "Changed",
            source=(SimpleItem(name="RecordingToken", value=token), SimpleItem(name="Track", value=track)),
            data=(SimpleItem(name="IsDataPresent", value=fields.boolean(data_present)),),
        ),
    )


def history(token: str, events: Iterable[FindEventResult], *, from_ns: int, to_ns: int) -> RecordingHistory:
    """Spans between ``from_ns`` and ``to_ns`` out of the events of a forward search with start state.

    The recording's spans are where any track has data; a recorder that tells nothing of tracks gives those of
    IsRecording, which may be true while nothing is stored. Events of other recordings and topics are ignored. A state
    that began before ``from_ns`` counts from there; one that no event ends runs on: end None. An end without a
    beginning says that the state held since ``from_ns``. Without one state event nothing is known: ``available``
    is False.
    """
    recording: list[tuple[int, bool]] = []
    tracks: defaultdict[str, list[tuple[int, bool]]] = defaultdict(list)
    for event in events:
        note = event.notification
        if event.recording_token not in ("", token) or item(note.source, "RecordingToken", "Recording") not in (
            "",
            token,
        ):
            continue
        time_ns = from_ns if event.start_state else max(event.time_ns, from_ns)
        if note.topic == RECORDING_STATE:
            recording.append((time_ns, fields.is_true(item(note.data, "IsRecording"))))
        elif note.topic == TRACK_STATE:
            track = item(note.source, "Track", "TrackToken") or event.track_token
            tracks[track].append((time_ns, fields.is_true(item(note.data, "IsDataPresent"))))
    known = bool(recording or tracks)
    of_tracks = {track: _spans(changes, from_ns, to_ns) for track, changes in tracks.items()}
    return RecordingHistory(
        recording_token=token,
        from_ns=from_ns,
        to_ns=to_ns,
        spans=_union(span for spans in of_tracks.values() for span in spans) or _spans(recording, from_ns, to_ns),
        tracks=tuple(TrackHistory(track_token=track, spans=spans) for track, spans in of_tracks.items()),
        available=known,
        detail="" if known else "the recorder has no recording-history events of this recording in the range",
    )


def _spans(changes: list[tuple[int, bool]], from_ns: int, to_ns: int) -> tuple[Span, ...]:
    spans: list[Span] = []
    start_ns: int | None = None
    # Sorted by time only: of two events at one moment the later in the answer is the newer state.
    ordered = sorted(changes, key=lambda change: change[0])
    if ordered and not ordered[0][1] and ordered[0][0] > from_ns:
        start_ns = from_ns
    for time_ns, on in ordered:
        if time_ns > to_ns:
            break
        if on and start_ns is None:
            start_ns = time_ns
        elif not on and start_ns is not None:
            if time_ns > start_ns:
                spans.append(Span(start_ns=start_ns, end_ns=time_ns))
            start_ns = None
    if start_ns is not None:
        later = next((time_ns for time_ns, on in ordered if time_ns > to_ns and not on), None)
        spans.append(Span(start_ns=start_ns, end_ns=later))
    return tuple(spans)


def _union(spans: Iterable[Span]) -> tuple[Span, ...]:
    union: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start_ns):
        last = union[-1] if union else None
        if last is None or (last.end_ns is not None and last.end_ns < span.start_ns):
            union.append(span)
        elif last.end_ns is not None:
            end_ns = None if span.end_ns is None else max(last.end_ns, span.end_ns)
            union[-1] = Span(start_ns=last.start_ns, end_ns=end_ns)
    return tuple(union)
