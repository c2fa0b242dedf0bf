"""The recorder's SOAP services: a request's body in, the answer's body out, or a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from vssx import __version__, xml
from vssx.errors import ProtocolError, StorageError, UsageError
from vssx.model.acquisition import RecorderIdentity
from vssx.onvif import device, recorded_data, recording, replay, search
from vssx.onvif.namespaces import TDS, TRC, TRP, TSE
from vssx.recorder.outgoing import Outgoing
from vssx.recorder.recorded_data import FILE_FORMAT, RecordedDataExports
from vssx.recorder.search_service import CAPABILITIES, SearchService
from vssx.recorder.soap_fault import FaultError
from vssx.recorder.store import RecordingStore, StoredRecording
from vssx.times import NS

PATHS = {
    TDS: "/onvif/device_service",
    TSE: "/onvif/search_service",
    TRP: "/onvif/replay_service",
    TRC: "/onvif/recording_service",
}
SCOPES = (
    device.SCOPE_PROFILE_G,
    device.scope(device.SCOPE_NAME, "vssx recorder"),
    device.scope(device.SCOPE_HARDWARE, "embedded"),
    device.scope(device.SCOPE_LOCATION, "loopback"),
)
_VERSIONS = {TDS: (22, 6), TSE: (22, 6), TRP: (21, 12), TRC: (22, 6)}
_TIMEOUT_RANGE = (10.0, 3600.0)
_UNICAST = {"RTP-Unicast"}
_PROTOCOLS = {"RTSP", "UDP", "TCP", "HTTP"}  # HTTP: RTSP within it; the rest share an address, SETUP chooses


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """How the client reaches the recorder: host as it wrote it, and the ports."""

    http: str
    rtsp: str

    def service(self, namespace: str) -> str:
        """Address of a service."""
        return self.http + PATHS[namespace]


Operation = Callable[[xml.Element, Addresses], xml.Element]


class Services:
    """The operations of the Device, Recording Control, Search and Replay services."""

    def __init__(self, store: RecordingStore, outgoing: Outgoing, exports: RecordedDataExports | None = None) -> None:
        """``outgoing``: what every answer passes; it has the recorder's clock, too. ``exports``: the recorder's own."""
        self._store = store
        self._exports = exports
        self._export_formats = () if exports is None else (FILE_FORMAT,)
        self._outgoing = outgoing
        self.clock = outgoing.clock
        self.session_timeout_s = 60
        self._search = SearchService(store, self.clock)
        self._operations: Mapping[tuple[str, str], Operation] = {
            (TDS, "GetSystemDateAndTime"): lambda *_: device.get_system_date_and_time_response(
                device.SystemDateAndTime(utc_ns=self.clock())
            ),
            (TDS, "GetDeviceInformation"): lambda *_: device.get_device_information_response(_IDENTITY),
            (TDS, "GetScopes"): lambda *_: device.get_scopes_response(SCOPES),
            (TDS, "GetServices"): self._get_services,
            (TDS, "GetCapabilities"): self._get_capabilities,
            (TDS, "GetServiceCapabilities"): lambda *_: device.get_service_capabilities_response(),
            (TRC, "GetServiceCapabilities"): lambda *_: recording.get_service_capabilities_response(
                self._export_formats
            ),
            (TRC, "GetRecordings"): lambda *_: recording.get_recordings_response(
                [one.information for one in store.recordings]
            ),
            (TRC, "GetRecordingConfiguration"): self._get_recording_configuration,
            (TRC, "GetTrackConfiguration"): self._get_track_configuration,
            (TRC, "GetRecordingOptions"): self._get_recording_options,
            **(self._own_exports(exports) if exports is not None else {}),
            (TRC, "GetRecordingJobs"): lambda *_: recording.get_recording_jobs_response(),
            **{(TSE, name): _alone(operation) for name, operation in self._search.operations.items()},
            (TRP, "GetServiceCapabilities"): lambda *_: replay.get_service_capabilities_response(_REPLAY),
            (TRP, "GetReplayUri"): self._get_replay_uri,
            (TRP, "GetReplayConfiguration"): lambda *_: replay.get_replay_configuration_response(
                self.session_timeout_s * NS
            ),
            (TRP, "SetReplayConfiguration"): self._set_replay_configuration,
        }

    @property
    def operations(self) -> frozenset[str]:
        """Names of all operations."""
        return frozenset(name for _, name in self._operations)

    def answer(self, body: xml.Element, addresses: Addresses) -> xml.Element:
        """Answer one request. Raises FaultError."""
        namespace, name = xml.namespace(body), xml.local_name(body)
        operation = self._operations.get((namespace, name))
        if operation is None:
            known = namespace in PATHS
            raise FaultError(
                "Receiver" if known else "Sender",
                "ActionNotSupported",
                reason=f"{name} is not implemented" if known else f"no service with the namespace {namespace}",
            )
        try:
            instead = self._outgoing.soap_instead(name, body)
            return self._outgoing.soap(name, operation(body, addresses) if instead is None else instead)
        except ProtocolError as error:
            raise FaultError("Sender", "InvalidArgVal", reason=str(error)) from None
        except (UsageError, StorageError) as error:
            raise FaultError("Receiver", "Action", reason=str(error)) from None

    # Device

    def _get_services(self, body: xml.Element, addresses: Addresses) -> xml.Element:
        capabilities: dict[str, Callable[[], xml.Element]] = {
            TDS: device.service_capabilities,
            TRC: lambda: recording.service_capabilities(self._export_formats),
            TSE: lambda: search.service_capabilities(CAPABILITIES),
            TRP: lambda: replay.service_capabilities(_REPLAY),
        }
        services = [
            device.Service(namespace=namespace, xaddr=addresses.service(namespace), version=_VERSIONS[namespace])
            for namespace in PATHS
        ]
        include = device.read_get_services(body)
        return device.get_services_response(services, (lambda ns: capabilities[ns]()) if include else None)

    def _get_capabilities(self, _body: xml.Element, addresses: Addresses) -> xml.Element:
        return device.get_capabilities_response(
            addresses.service(TDS),
            search=addresses.service(TSE),
            recording=addresses.service(TRC),
            replay=addresses.service(TRP),
        )

    # Recording Control

    def _find(self, token: str, *subcodes: str) -> StoredRecording:
        found = self._store.find(token)
        if found is None:
            raise FaultError("Sender", *subcodes, reason=f"no recording {token[:64]!r}")
        return found

    def _get_recording_configuration(self, body: xml.Element, _addresses: Addresses) -> xml.Element:
        found = self._find(recording.read_recording_token(body), "InvalidArgVal", "NoRecording")
        return recording.get_recording_configuration_response(recording.configuration_of(found.information))

    def _get_track_configuration(self, body: xml.Element, _addresses: Addresses) -> xml.Element:
        token, track_token = recording.read_get_track_configuration(body)
        found = self._find(token, "InvalidArgVal", "NoRecording")
        track = found.track(track_token)
        if track is None:
            raise FaultError("Sender", "InvalidArgVal", "NoTrack", reason=f"no track {track_token[:64]!r}")
        return recording.get_track_configuration_response(found.track_information(track))

    def _get_recording_options(self, body: xml.Element, _addresses: Addresses) -> xml.Element:
        self._find(recording.read_recording_token(body), "InvalidArgVal", "NoRecording")
        return recording.get_recording_options_response()

    def _own_exports(self, exports: RecordedDataExports) -> dict[tuple[str, str], Operation]:
        def begin(body: xml.Element, _addresses: Addresses) -> xml.Element:
            request = recorded_data.read_export_recorded_data(body)
            found = self._find(request.recording_token, "InvalidArgVal", "NoRecording")
            operation, name = exports.begin(request, found)
            return recorded_data.export_recorded_data_response(operation, [name])

        def state(body: xml.Element, _addresses: Addresses) -> xml.Element:
            operation = recorded_data.read_get_export_recorded_data_state(body)
            return recorded_data.get_export_recorded_data_state_response(exports.state(operation))

        return {(TRC, "ExportRecordedData"): begin, (TRC, "GetExportRecordedDataState"): state}

    # Replay

    def _get_replay_uri(self, body: xml.Element, addresses: Addresses) -> xml.Element:
        request = replay.read_get_replay_uri(body)
        found = self._find(request.recording_token, "InvalidArgVal", "NoRecording")
        if request.stream not in _UNICAST or request.protocol not in _PROTOCOLS:
            raise FaultError(
                "Sender",
                "InvalidArgVal",
                "InvalidStreamSetup",
                reason=f"{request.stream[:40]} over {request.protocol[:40]} is not served; RTP-Unicast over RTSP is",
            )
        base = addresses.http if request.protocol == "HTTP" else addresses.rtsp
        return replay.get_replay_uri_response(f"{base}/recordings/{quote(found.token)}")

    def _set_replay_configuration(self, body: xml.Element, _addresses: Addresses) -> xml.Element:
        seconds = replay.read_session_timeout(body) / NS
        if not _TIMEOUT_RANGE[0] <= seconds <= _TIMEOUT_RANGE[1]:
            raise FaultError(
                "Sender", "InvalidArgVal", "ConfigModify", reason="the session timeout is 10 to 3600 seconds"
            )
        self.session_timeout_s = int(seconds)
        return replay.set_replay_configuration_response()


_REPLAY = replay.ReplayCapabilities(reverse_playback=True, rtp_rtsp_tcp=True, session_timeout_range=_TIMEOUT_RANGE)
_IDENTITY = RecorderIdentity(
    address="",
    manufacturer="vssx",
    model="Embedded recorder",
    firmware_version=__version__,
    serial_number="VSSX-RECORDER",
    hardware_id="software",
)


def _alone(operation: Callable[[xml.Element], xml.Element]) -> Operation:
    """An operation whose answer names no address."""
    return lambda body, _addresses: operation(body)
