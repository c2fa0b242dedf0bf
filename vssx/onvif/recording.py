"""Reading messages of the Recording Control service, both directions (ONVIF Recording Control).

``x()`` builds the request, ``read_x()`` parses it, ``x_response()`` builds the answer, ``read_x_response()`` parses it.
Readers take the first element of a SOAP body and raise ProtocolError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vssx import xml
from vssx.model.recording import RecordingInformation, RecordingSourceInformation, TrackInformation
from vssx.onvif import fields
from vssx.onvif.namespaces import TRC, TT, prefixes
from vssx.onvif.recording_information import add_source, read_source, track_type


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingConfiguration:
    """tt:RecordingConfiguration. ``maximum_retention_ns``: 0 means unlimited."""

    source: RecordingSourceInformation
    content: str = ""
    maximum_retention_ns: int = 0


def _message(name: str) -> xml.Element:
    return xml.new(TRC, name, nsmap=prefixes("trc", "tt"))


def get_recordings() -> xml.Element:
    """Request for all recordings with their configuration."""
    return _message("GetRecordings")


def get_recordings_response(recordings: Sequence[RecordingInformation]) -> xml.Element:
    """Answer; the message carries no times."""
    root = _message("GetRecordingsResponse")
    for value in recordings:
        item = xml.add(root, TRC, "RecordingItem")
        xml.add(item, TT, "RecordingToken", value.token)
        _fill_configuration(xml.add(item, TT, "Configuration"), configuration_of(value))
        tracks = xml.add(item, TT, "Tracks")
        for track in value.tracks:
            element = xml.add(tracks, TT, "Track")
            xml.add(element, TT, "TrackToken", track.token)
            _fill_track_configuration(xml.add(element, TT, "Configuration"), track)
    return root


def read_get_recordings_response(root: xml.Element) -> tuple[RecordingInformation, ...]:
    """Recordings without times and status."""
    return tuple(
        RecordingInformation(
            token=fields.required(item, "RecordingToken"),
            source=read_source(xml.find(item, "Configuration", "Source")),
            content=xml.text(item, "Configuration", "Content"),
            tracks=tuple(
                _read_track_configuration(xml.text(track, "TrackToken"), xml.find(track, "Configuration"))
                for track in xml.children(xml.find(item, "Tracks"), "Track")
                if xml.text(track, "TrackToken")
            ),
        )
        for item in xml.children(root, "RecordingItem")
    )


def configuration_of(value: RecordingInformation) -> RecordingConfiguration:
    """The configuration that goes with a recording's information."""
    return RecordingConfiguration(source=value.source, content=value.content)


def _fill_configuration(element: xml.Element, value: RecordingConfiguration) -> None:
    add_source(element, value.source)
    xml.add(element, TT, "Content", value.content)
    xml.add(element, TT, "MaximumRetentionTime", fields.to_duration(value.maximum_retention_ns))


def _fill_track_configuration(element: xml.Element, track: TrackInformation) -> None:
    xml.add(element, TT, "TrackType", str(track.track_type))
    xml.add(element, TT, "Description", track.description)


def _read_track_configuration(token: str, element: xml.Element | None) -> TrackInformation:
    kind = track_type(xml.text(element, "TrackType"))
    return TrackInformation(token=token, track_type=kind, description=xml.text(element, "Description"))


def get_recording_configuration(token: str) -> xml.Element:
    """Request for one recording's configuration."""
    root = _message("GetRecordingConfiguration")
    xml.add(root, TRC, "RecordingToken", token)
    return root


def read_recording_token(root: xml.Element) -> str:
    """RecordingToken of GetRecordingConfiguration, GetRecordingOptions, GetTrackConfiguration."""
    return fields.required(root, "RecordingToken")


def get_recording_configuration_response(value: RecordingConfiguration) -> xml.Element:
    """Answer."""
    root = _message("GetRecordingConfigurationResponse")
    _fill_configuration(xml.add(root, TRC, "RecordingConfiguration"), value)
    return root


def read_get_recording_configuration_response(root: xml.Element) -> RecordingConfiguration:
    """The configuration."""
    element = fields.element(root, "RecordingConfiguration")
    return RecordingConfiguration(
        source=read_source(xml.find(element, "Source")),
        content=xml.text(element, "Content"),
        maximum_retention_ns=fields.duration_or_none(element, "MaximumRetentionTime") or 0,
    )


def get_track_configuration(recording_token: str, track_token: str) -> xml.Element:
    """Request for one track's configuration."""
    root = _message("GetTrackConfiguration")
    xml.add(root, TRC, "RecordingToken", recording_token)
    xml.add(root, TRC, "TrackToken", track_token)
    return root


def read_get_track_configuration(root: xml.Element) -> tuple[str, str]:
    """Tokens of the recording and of the track."""
    return fields.required(root, "RecordingToken"), fields.required(root, "TrackToken")


def get_track_configuration_response(track: TrackInformation) -> xml.Element:
    """Answer; only type and description are used."""
    root = _message("GetTrackConfigurationResponse")
    _fill_track_configuration(xml.add(root, TRC, "TrackConfiguration"), track)
    return root


def read_get_track_configuration_response(root: xml.Element, *, track_token: str) -> TrackInformation:
    """Type and description of the track, without times."""
    return _read_track_configuration(track_token, fields.element(root, "TrackConfiguration"))


def get_recording_options(token: str) -> xml.Element:
    """Request for what could be added to a recording."""
    root = _message("GetRecordingOptions")
    xml.add(root, TRC, "RecordingToken", token)
    return root


def get_recording_options_response() -> xml.Element:
    """Answer of a recorder that adds nothing."""
    root = _message("GetRecordingOptionsResponse")
    options = xml.add(root, TRC, "Options")
    xml.add(options, TRC, "Job", Spare="0")
    xml.add(options, TRC, "Track", SpareTotal="0", SpareVideo="0", SpareAudio="0", SpareMetadata="0")
    return root


def get_recording_jobs() -> xml.Element:
    """Request for the recording jobs."""
    return _message("GetRecordingJobs")


def get_recording_jobs_response() -> xml.Element:
    """Answer of a recorder without jobs."""
    return _message("GetRecordingJobsResponse")


def service_capabilities(export_formats: Sequence[str] = ()) -> xml.Element:
    """trc:Capabilities of a recorder whose recordings cannot be changed. ``export_formats``: of ExportRecordedData."""
    root = _message("Capabilities")
    for name, text in (
        ("DynamicRecordings", "false"),
        ("DynamicTracks", "false"),
        ("Encoding", "H264 H265 AAC"),
        ("MaxRecordingJobs", "0"),
        ("Options", "true"),
        ("MetadataRecording", "false"),
    ):
        root.set(name, text)
    if export_formats:
        root.set("SupportedExportFileFormats", " ".join(export_formats))
    return root


def get_service_capabilities() -> xml.Element:
    """Request for the capabilities of the service."""
    return _message("GetServiceCapabilities")


def get_service_capabilities_response(export_formats: Sequence[str] = ()) -> xml.Element:
    """Answer with ``service_capabilities``."""
    root = _message("GetServiceCapabilitiesResponse")
    root.append(service_capabilities(export_formats))
    return root
