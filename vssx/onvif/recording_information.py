"""tt:RecordingInformation and tt:MediaAttributes, both directions (ONVIF Recording Search, "Data structures").

Reading is tolerant: what is missing becomes "" or None. Only a token is required.
"""

from __future__ import annotations

from typing import TypeVar

from vssx import xml
from vssx.model.media import TrackType
from vssx.model.recording import (
    MediaAttributes,
    MetadataAttributes,
    RecordingInformation,
    RecordingSourceInformation,
    TrackAttributes,
    TrackInformation,
)
from vssx.onvif import fields
from vssx.onvif.namespaces import TT

_Number = TypeVar("_Number", int, float)

MAX_NAME = 64  # tt:Name
STATUSES = ("Initiated", "Recording", "Stopped", "Removing", "Removed", "Unknown")


def add_source(parent: xml.Element, source: RecordingSourceInformation) -> None:
    """Child tt:Source."""
    element = xml.add(parent, TT, "Source")
    xml.add(element, TT, "SourceId", source.source_id)
    xml.add(element, TT, "Name", source.name[:MAX_NAME])
    xml.add(element, TT, "Location", source.location)
    xml.add(element, TT, "Description", source.description)
    xml.add(element, TT, "Address", source.address)


def read_source(element: xml.Element | None) -> RecordingSourceInformation:
    """tt:RecordingSourceInformation; empty where the element is missing."""
    return RecordingSourceInformation(
        source_id=xml.text(element, "SourceId"),
        name=xml.text(element, "Name"),
        location=xml.text(element, "Location"),
        description=xml.text(element, "Description"),
        address=xml.text(element, "Address"),
    )


def fill_recording(element: xml.Element, value: RecordingInformation) -> None:
    """Fill an element of type tt:RecordingInformation.

    Tracks without both times are left out: "If there is no recorded data for a track", the specification has none.
    """
    xml.add(element, TT, "RecordingToken", value.token)
    add_source(element, value.source)
    if value.earliest_ns is not None:
        fields.add_time(element, TT, "EarliestRecording", value.earliest_ns)
    if value.latest_ns is not None:
        fields.add_time(element, TT, "LatestRecording", value.latest_ns)
    xml.add(element, TT, "Content", value.content)
    for track in value.tracks:
        if track.data_from_ns is not None and track.data_to_ns is not None:
            fill_track(xml.add(element, TT, "Track"), track)
    xml.add(element, TT, "RecordingStatus", value.status if value.status in STATUSES else "Unknown")


def read_recording(element: xml.Element) -> RecordingInformation:
    """tt:RecordingInformation. Raises ProtocolError without a token."""
    status = xml.text(element, "RecordingStatus")
    return RecordingInformation(
        token=fields.required(element, "RecordingToken"),
        source=read_source(xml.find(element, "Source")),
        content=xml.text(element, "Content"),
        status=status if status in STATUSES else "Unknown",
        earliest_ns=fields.time_or_none(element, "EarliestRecording"),
        latest_ns=fields.time_or_none(element, "LatestRecording"),
        tracks=tuple(read_track(track) for track in xml.children(element, "Track") if xml.text(track, "TrackToken")),
    )


def fill_track(element: xml.Element, track: TrackInformation) -> None:
    """Fill an element of type tt:TrackInformation; times that are not known are written as 1970."""
    xml.add(element, TT, "TrackToken", track.token)
    xml.add(element, TT, "TrackType", str(track.track_type))
    xml.add(element, TT, "Description", track.description)
    fields.add_time(element, TT, "DataFrom", track.data_from_ns or 0)
    fields.add_time(element, TT, "DataTo", track.data_to_ns or 0)


def read_track(element: xml.Element | None) -> TrackInformation:
    """tt:TrackInformation."""
    return TrackInformation(
        token=xml.text(element, "TrackToken"),
        track_type=track_type(xml.text(element, "TrackType")),
        description=xml.text(element, "Description"),
        data_from_ns=fields.time_or_none(element, "DataFrom"),
        data_to_ns=fields.time_or_none(element, "DataTo"),
    )


def track_type(text: str) -> TrackType | str:
    """A TrackType where the text is one, whatever its case; else the text."""
    try:
        return TrackType(text.capitalize())
    except ValueError:
        return text


def fill_media_attributes(element: xml.Element, value: MediaAttributes) -> None:
    """Fill an element of type tt:MediaAttributes. Equal times stand for "at this moment"."""
    xml.add(element, TT, "RecordingToken", value.recording_token)
    for track in value.tracks:
        _fill_track_attributes(xml.add(element, TT, "TrackAttributes"), track)
    fields.add_time(element, TT, "From", value.from_ns or 0)
    fields.add_time(element, TT, "Until", value.until_ns or value.from_ns or 0)


def _fill_track_attributes(element: xml.Element, value: TrackAttributes) -> None:
    fill_track(xml.add(element, TT, "TrackInformation"), value.track)
    if value.track.track_type == TrackType.VIDEO:
        video = xml.add(element, TT, "VideoAttributes")
        if value.bitrate is not None:
            xml.add(video, TT, "Bitrate", str(value.bitrate))
        xml.add(video, TT, "Width", str(value.width or 0))
        xml.add(video, TT, "Height", str(value.height or 0))
        xml.add(video, TT, "Encoding", value.encoding)
        xml.add(video, TT, "Framerate", f"{value.framerate or 0.0:g}")
    elif value.track.track_type == TrackType.AUDIO:
        audio = xml.add(element, TT, "AudioAttributes")
        if value.bitrate is not None:
            xml.add(audio, TT, "Bitrate", str(value.bitrate))
        xml.add(audio, TT, "Encoding", value.encoding)
        xml.add(audio, TT, "Samplerate", str(value.samplerate or 0))
    elif value.metadata is not None:
        metadata = xml.add(element, TT, "MetadataAttributes")
        xml.add(metadata, TT, "CanContainPTZ", fields.boolean(value.metadata.ptz))
        xml.add(metadata, TT, "CanContainAnalytics", fields.boolean(value.metadata.analytics))
        xml.add(metadata, TT, "CanContainNotifications", fields.boolean(value.metadata.notifications))


def read_media_attributes(element: xml.Element) -> MediaAttributes:
    """tt:MediaAttributes. Raises ProtocolError without a token."""
    return MediaAttributes(
        recording_token=fields.required(element, "RecordingToken"),
        tracks=tuple(_read_track_attributes(track) for track in xml.children(element, "TrackAttributes")),
        from_ns=fields.time_or_none(element, "From"),
        until_ns=fields.time_or_none(element, "Until"),
    )


def _read_track_attributes(element: xml.Element) -> TrackAttributes:
    video, audio = xml.find(element, "VideoAttributes"), xml.find(element, "AudioAttributes")
    medium = video if video is not None else audio
    return TrackAttributes(
        track=read_track(xml.find(element, "TrackInformation")),
        encoding=xml.text(medium, "Encoding"),
        width=_positive(fields.integer_or_none(video, "Width")),
        height=_positive(fields.integer_or_none(video, "Height")),
        framerate=_positive(fields.number_or_none(video, "Framerate")),
        bitrate=_positive(fields.integer_or_none(medium, "Bitrate")),
        samplerate=_positive(fields.integer_or_none(audio, "Samplerate")),
        metadata=_read_metadata_attributes(xml.find(element, "MetadataAttributes")),
    )


def _read_metadata_attributes(element: xml.Element | None) -> MetadataAttributes | None:
    if element is None:
        return None
    return MetadataAttributes(
        ptz=fields.is_true(xml.text(element, "CanContainPTZ")),
        analytics=fields.is_true(xml.text(element, "CanContainAnalytics")),
        notifications=fields.is_true(xml.text(element, "CanContainNotifications")),
    )


def _positive(value: _Number | None) -> _Number | None:
    return value if value is not None and value > 0 else None
