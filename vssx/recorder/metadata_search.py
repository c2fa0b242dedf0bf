"""FindMetadata and FindPTZPosition in the metadata tracks that were recorded (ONVIF Recording Search)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge

from vssx import xml
from vssx.errors import ProtocolError
from vssx.onvif import fields
from vssx.onvif.metadata_search import (
    FindMetadata,
    FindMetadataResult,
    FindPtzPosition,
    FindPtzPositionResult,
    PtzVector,
)
from vssx.onvif.xpath_dialect import Filter
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.store import StoredRecording
from vssx.recorder.stored_events import PAUSE_AFTER
from vssx.recorder.stored_metadata import document_of

_Document = tuple[int, str, TrackIndex, xml.Element | None]


def find_metadata(
    recordings: Iterable[StoredRecording], request: FindMetadata, matches: Filter
) -> Iterator[FindMetadataResult | None]:
    """Documents that match, in the request's direction; None now and then while none is found.

    Raises UsageError and StorageError for files that cannot be read.
    """
    for number, (time_ns, token, track, root) in enumerate(_documents(recordings, request)):
        if number % PAUSE_AFTER == PAUSE_AFTER - 1:
            yield None
        if root is not None and matches(root):
            yield FindMetadataResult(recording_token=token, track_token=track.token, time_ns=time_ns)


def find_ptz_positions(
    recordings: Iterable[StoredRecording], request: FindPtzPosition
) -> Iterator[FindPtzPositionResult | None]:
    """Positions within the volume, in the request's direction; with EnterOrExit those at which the camera came into
    it or left it. None now and then while none is found. Raises UsageError and StorageError.

    A track's first position counts as an entry where it is within the volume.
    """
    was_within: dict[tuple[str, str], bool] = {}
    for number, (time_ns, token, track, root) in enumerate(_documents(recordings, request)):
        if number % PAUSE_AFTER == PAUSE_AFTER - 1:
            yield None
        for position, at_ns in [] if root is None else _positions(root, time_ns):
            within = _is_within(position, request.min_position, request.max_position)
            before = was_within.get((token, track.token), False)
            was_within[token, track.token] = within
            if within != before if request.enter_or_exit else within:
                yield FindPtzPositionResult(
                    recording_token=token, track_token=track.token, time_ns=at_ns, position=position
                )


def _documents(recordings: Iterable[StoredRecording], request: FindMetadata | FindPtzPosition) -> Iterator[_Document]:
    """Documents of all metadata tracks between the request's points, in its direction; one that cannot be read has no
    root element."""
    recordings = list(recordings)
    first, last = request.start_ns, request.end_ns
    if last is None:
        last = max([first, *(recording.end_ns for recording in recordings)])
    backward = last < first
    low_ns, high_ns = min(first, last), max(first, last)
    tracks = (
        _of_track(recording.token, track, low_ns, high_ns, backward=backward)
        for recording in recordings
        for track in recording.tracks
        if track.documents is not None
    )
    return merge(*tracks, key=lambda each: each[0], reverse=backward)


def _of_track(token: str, track: TrackIndex, low_ns: int, high_ns: int, *, backward: bool) -> Iterator[_Document]:
    lines = track.documents
    if lines is None:
        return
    first, end = lines.at_or_after(low_ns), lines.at_or_after(high_ns + 1)
    read = lines.backward if backward else lines.forward
    for section in reversed(track.sections) if backward else track.sections:
        for number, line in read(max(first, section.first), min(end, section.last + 1)):
            yield lines.utc_ns[number], token, track, _root(document_of(line))


def _root(document: bytes) -> xml.Element | None:
    try:
        return xml.parse(document)
    except ProtocolError:  # broken documents are recorded and replayed, and match nothing
        return None


def _positions(root: xml.Element, time_ns: int) -> Iterator[tuple[PtzVector, int]]:
    for status in root.iter("{*}PTZStatus"):
        pan_tilt, zoom = xml.find(status, "Position", "PanTilt"), xml.find(status, "Position", "Zoom")
        at_ns = fields.time_or_none(status, "UtcTime")
        position = PtzVector(
            pan=fields.coordinate(pan_tilt, "x"),
            tilt=fields.coordinate(pan_tilt, "y"),
            zoom=fields.coordinate(zoom, "x"),
            pan_tilt_space=(xml.attribute(pan_tilt, "space") or "") if pan_tilt is not None else "",
            zoom_space=(xml.attribute(zoom, "space") or "") if zoom is not None else "",
        )
        if position != PtzVector():
            yield position, time_ns if at_ns is None else at_ns


def _is_within(position: PtzVector, low: PtzVector, high: PtzVector) -> bool:
    """Coordinates that the volume leaves open do not count; those that the position lacks are not within."""
    bounds = (
        (position.pan, low.pan, high.pan),
        (position.tilt, low.tilt, high.tilt),
        (position.zoom, low.zoom, high.zoom),
    )
    for value, least, most in bounds:
        if least is None or most is None:
            continue
        if value is None or not least <= value <= most:
            return False
    return True
