"""Messages by which a recorder exports by itself (ONVIF Recording Control, "ExportRecordedData"), both directions.

The files go to a storage that the recorder knows by a token; they do not come over ONVIF.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vssx import xml
from vssx.errors import ProtocolError
from vssx.onvif import fields
from vssx.onvif.namespaces import TRC, TT, prefixes

_MAX_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDataRequest:
    """What to export and where to: ``storage`` is the token of a storage, ``directory`` a path below it."""

    recording_token: str
    start_ns: int | None
    end_ns: int | None
    file_format: str
    storage: str
    directory: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDataState:
    """How far it is: ``progress`` from 0 to 1, and the same for each file by its name."""

    progress: float
    files: tuple[tuple[str, float], ...]


def _message(name: str) -> xml.Element:
    return xml.new(TRC, name, nsmap=prefixes("trc", "tt"))


def export_recorded_data(request: RecordedDataRequest) -> xml.Element:
    """The request."""
    root = _message("ExportRecordedData")
    if request.start_ns is not None:
        fields.add_time(root, TRC, "StartPoint", request.start_ns)
    if request.end_ns is not None:
        fields.add_time(root, TRC, "EndPoint", request.end_ns)
    scope = xml.add(root, TRC, "SearchScope")
    xml.add(scope, TT, "IncludedRecordings", request.recording_token)
    xml.add(root, TRC, "FileFormat", request.file_format)
    destination = xml.add(root, TRC, "StorageDestination")
    xml.add(destination, TT, "StorageToken", request.storage)
    if request.directory:
        xml.add(destination, TT, "RelativePath", request.directory)
    return root


def read_export_recorded_data(root: xml.Element) -> RecordedDataRequest:
    """The request of one recording."""
    return RecordedDataRequest(
        recording_token=fields.required(root, "SearchScope", "IncludedRecordings"),
        start_ns=fields.time_or_none(root, "StartPoint"),
        end_ns=fields.time_or_none(root, "EndPoint"),
        file_format=fields.required(root, "FileFormat"),
        storage=fields.required(root, "StorageDestination", "StorageToken"),
        directory=xml.text(root, "StorageDestination", "RelativePath"),
    )


def export_recorded_data_response(operation: str, names: Sequence[str]) -> xml.Element:
    """Answer: the operation's token and the names of the files, as far as they are known."""
    root = _message("ExportRecordedDataResponse")
    xml.add(root, TRC, "OperationToken", operation)
    for name in names:
        xml.add(root, TRC, "FileNames", name)
    return root


def read_export_recorded_data_response(root: xml.Element) -> tuple[str, tuple[str, ...]]:
    """The operation's token, and names of files. Raises ProtocolError."""
    names = tuple(xml.text(one) for one in xml.children(root, "FileNames"))
    _bounded(names)
    return fields.required(root, "OperationToken"), names


def get_export_recorded_data_state(operation: str) -> xml.Element:
    """The request."""
    root = _message("GetExportRecordedDataState")
    xml.add(root, TRC, "OperationToken", operation)
    return root


def read_get_export_recorded_data_state(root: xml.Element) -> str:
    """The operation's token."""
    return fields.required(root, "OperationToken")


def get_export_recorded_data_state_response(state: RecordedDataState) -> xml.Element:
    """Answer."""
    root = _message("GetExportRecordedDataStateResponse")
    xml.add(root, TRC, "Progress", f"{state.progress:g}")
    files = xml.add(root, TRC, "FileProgressStatus")
    for name, progress in state.files:
        element = xml.add(files, TT, "FileProgress")
        xml.add(element, TT, "FileName", name)
        xml.add(element, TT, "Progress", f"{progress:g}")
    return root


def read_get_export_recorded_data_state_response(root: xml.Element) -> RecordedDataState:
    """How far it is. Raises ProtocolError."""
    files = tuple(
        (xml.text(one, "FileName"), fields.number_or_none(one, "Progress") or 0.0)
        for one in xml.children(xml.find(root, "FileProgressStatus"), "FileProgress")
    )
    _bounded(files)
    return RecordedDataState(progress=fields.number_or_none(root, "Progress") or 0.0, files=files)


def supported_formats(capabilities: xml.Element | None) -> tuple[str, ...]:
    """SupportedExportFileFormats of trc:Capabilities; none: the recorder does not export by itself."""
    text = None if capabilities is None else xml.attribute(capabilities, "SupportedExportFileFormats")
    return tuple((text or "").split())


def _bounded(names: Sequence[object]) -> None:
    if len(names) > _MAX_FILES:
        raise ProtocolError(
            f"an export of {len(names)} files", where="ExportRecordedData", next_step="Ask for a shorter range."
        )
