"""Messages of the Search service about what is recorded, both directions (ONVIF Recording Search).

``x()`` builds the request, ``read_x()`` parses it, ``x_response()`` builds the answer, ``read_x_response()`` parses it.
Readers take the first element of a SOAP body and raise ProtocolError. Search sessions are in ``search_session``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vssx import xml
from vssx.model.recording import MediaAttributes, RecordingInformation, RecordingSummary
from vssx.onvif import fields
from vssx.onvif.namespaces import TSE, TT, prefixes
from vssx.onvif.recording_information import (
    fill_media_attributes,
    fill_recording,
    read_media_attributes,
    read_recording,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCapabilities:
    """tse:Capabilities."""

    metadata_search: bool = False
    general_start_events: bool = False


def _message(name: str) -> xml.Element:
    return xml.new(TSE, name, nsmap=prefixes("tse", "tt"))


def service_capabilities(value: SearchCapabilities) -> xml.Element:
    """tse:Capabilities."""
    root = _message("Capabilities")
    root.set("MetadataSearch", fields.boolean(value.metadata_search))
    root.set("GeneralStartEvents", fields.boolean(value.general_start_events))
    return root


def get_service_capabilities() -> xml.Element:
    """Request for the capabilities of the service."""
    return _message("GetServiceCapabilities")


def get_service_capabilities_response(value: SearchCapabilities) -> xml.Element:
    """Answer."""
    root = _message("GetServiceCapabilitiesResponse")
    root.append(service_capabilities(value))
    return root


def read_get_service_capabilities_response(root: xml.Element) -> SearchCapabilities:
    """The capabilities; what is missing is not there."""
    element = fields.element(root, "Capabilities")
    return SearchCapabilities(
        metadata_search=fields.is_true(xml.attribute(element, "MetadataSearch")),
        general_start_events=fields.is_true(xml.attribute(element, "GeneralStartEvents")),
    )


def get_recording_summary() -> xml.Element:
    """Request for the span and number of all recordings."""
    return _message("GetRecordingSummary")


def get_recording_summary_response(value: RecordingSummary) -> xml.Element:
    """Answer; times that are not known are written as 1970."""
    root = _message("GetRecordingSummaryResponse")
    summary = xml.add(root, TSE, "Summary")
    fields.add_time(summary, TT, "DataFrom", value.data_from_ns or 0)
    fields.add_time(summary, TT, "DataUntil", value.data_until_ns or 0)
    xml.add(summary, TT, "NumberRecordings", str(value.number_recordings))
    return root


def read_get_recording_summary_response(root: xml.Element) -> RecordingSummary:
    """The summary; without recordings its times mean nothing and are None."""
    summary = fields.element(root, "Summary")
    number = fields.integer_or_none(summary, "NumberRecordings") or 0
    return RecordingSummary(
        data_from_ns=fields.time_or_none(summary, "DataFrom") if number else None,
        data_until_ns=fields.time_or_none(summary, "DataUntil") if number else None,
        number_recordings=number,
    )


def get_recording_information(token: str) -> xml.Element:
    """Request for one recording."""
    root = _message("GetRecordingInformation")
    xml.add(root, TSE, "RecordingToken", token)
    return root


def read_get_recording_information(root: xml.Element) -> str:
    """Token of the recording."""
    return fields.required(root, "RecordingToken")


def get_recording_information_response(value: RecordingInformation) -> xml.Element:
    """Answer."""
    root = _message("GetRecordingInformationResponse")
    fill_recording(xml.add(root, TSE, "RecordingInformation"), value)
    return root


def read_get_recording_information_response(root: xml.Element) -> RecordingInformation:
    """The recording."""
    return read_recording(fields.element(root, "RecordingInformation"))


def get_media_attributes(tokens: Sequence[str], time_ns: int) -> xml.Element:
    """Request for the tracks' parameters at a moment."""
    root = _message("GetMediaAttributes")
    for token in tokens:
        xml.add(root, TSE, "RecordingTokens", token)
    fields.add_time(root, TSE, "Time", time_ns)
    return root


def read_get_media_attributes(root: xml.Element) -> tuple[tuple[str, ...], int]:
    """Tokens (none: all recordings) and the moment."""
    return tuple(xml.text(token) for token in xml.children(root, "RecordingTokens")), fields.time(root, "Time")


def get_media_attributes_response(values: Sequence[MediaAttributes]) -> xml.Element:
    """Answer."""
    root = _message("GetMediaAttributesResponse")
    for value in values:
        fill_media_attributes(xml.add(root, TSE, "MediaAttributes"), value)
    return root


def read_get_media_attributes_response(root: xml.Element) -> tuple[MediaAttributes, ...]:
    """At most one for each recording."""
    return tuple(read_media_attributes(element) for element in xml.children(root, "MediaAttributes"))
