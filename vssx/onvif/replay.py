"""Messages of the Replay service, both directions (ONVIF Replay Control).

``x()`` builds the request, ``read_x()`` parses it, ``x_response()`` builds the answer, ``read_x_response()`` parses it.
Readers take the first element of a SOAP body and raise ProtocolError.
"""

from __future__ import annotations

from dataclasses import dataclass

from vssx import xml
from vssx.onvif import fields
from vssx.onvif.namespaces import TRP, TT, prefixes
from vssx.times import NS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayUriRequest:
    """What GetReplayUri asks for: tt:StreamType, tt:TransportProtocol and the recording."""

    recording_token: str
    stream: str = "RTP-Unicast"
    protocol: str = "RTSP"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayCapabilities:
    """trp:Capabilities. ``session_timeout_range``: seconds, lowest and highest, () if not told."""

    reverse_playback: bool = False
    rtp_rtsp_tcp: bool = False
    session_timeout_range: tuple[float, ...] = ()


def _message(name: str) -> xml.Element:
    return xml.new(TRP, name, nsmap=prefixes("trp", "tt"))


def get_replay_uri(request: ReplayUriRequest) -> xml.Element:
    """Request for the RTSP address of a recording."""
    root = _message("GetReplayUri")
    setup = xml.add(root, TRP, "StreamSetup")
    xml.add(setup, TT, "Stream", request.stream)
    xml.add(xml.add(setup, TT, "Transport"), TT, "Protocol", request.protocol)
    xml.add(root, TRP, "RecordingToken", request.recording_token)
    return root


def read_get_replay_uri(root: xml.Element) -> ReplayUriRequest:
    """The request."""
    return ReplayUriRequest(
        recording_token=fields.required(root, "RecordingToken"),
        stream=xml.text(root, "StreamSetup", "Stream"),
        protocol=xml.text(root, "StreamSetup", "Transport", "Protocol"),
    )


def get_replay_uri_response(uri: str) -> xml.Element:
    """Answer."""
    root = _message("GetReplayUriResponse")
    xml.add(root, TRP, "Uri", uri)
    return root


def read_get_replay_uri_response(root: xml.Element) -> str:
    """The address as answered; older recorders wrap it in MediaUri."""
    wrapped = xml.find(root, "MediaUri")
    return fields.required(wrapped if wrapped is not None else root, "Uri")


def get_replay_configuration() -> xml.Element:
    """Request for the session timeout."""
    return _message("GetReplayConfiguration")


def get_replay_configuration_response(session_timeout_ns: int) -> xml.Element:
    """Answer."""
    root = _message("GetReplayConfigurationResponse")
    _add_configuration(root, session_timeout_ns)
    return root


def _add_configuration(root: xml.Element, session_timeout_ns: int) -> None:
    configuration = xml.add(root, TRP, "Configuration")
    xml.add(configuration, TT, "SessionTimeout", fields.to_duration(session_timeout_ns))


def read_session_timeout(root: xml.Element) -> int:
    """SessionTimeout in ns out of GetReplayConfigurationResponse or SetReplayConfiguration; 60 s where unreadable."""
    return fields.duration_or_none(root, "Configuration", "SessionTimeout") or 60 * NS


def set_replay_configuration(session_timeout_ns: int) -> xml.Element:
    """Request that sets the session timeout."""
    root = _message("SetReplayConfiguration")
    _add_configuration(root, session_timeout_ns)
    return root


def set_replay_configuration_response() -> xml.Element:
    """Answer, empty."""
    return _message("SetReplayConfigurationResponse")


def service_capabilities(value: ReplayCapabilities) -> xml.Element:
    """trp:Capabilities."""
    root = _message("Capabilities")
    root.set("ReversePlayback", fields.boolean(value.reverse_playback))
    if value.session_timeout_range:
        root.set("SessionTimeoutRange", " ".join(f"{seconds:g}" for seconds in value.session_timeout_range))
    root.set("RTP_RTSP_TCP", fields.boolean(value.rtp_rtsp_tcp))
    return root


def get_service_capabilities() -> xml.Element:
    """Request for the capabilities of the service."""
    return _message("GetServiceCapabilities")


def get_service_capabilities_response(value: ReplayCapabilities) -> xml.Element:
    """Answer."""
    root = _message("GetServiceCapabilitiesResponse")
    root.append(service_capabilities(value))
    return root


def read_get_service_capabilities_response(root: xml.Element) -> ReplayCapabilities:
    """The capabilities; what is missing or unreadable is not there."""
    element = fields.element(root, "Capabilities")
    try:
        timeouts = tuple(float(part) for part in (xml.attribute(element, "SessionTimeoutRange") or "").split()[:2])
    except ValueError:
        timeouts = ()
    return ReplayCapabilities(
        reverse_playback=fields.is_true(xml.attribute(element, "ReversePlayback")),
        rtp_rtsp_tcp=fields.is_true(xml.attribute(element, "RTP_RTSP_TCP")),
        session_timeout_range=timeouts,
    )
