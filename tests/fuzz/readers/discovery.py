"""WS-Discovery datagrams, which anybody on the network can send."""

from __future__ import annotations

from vssx.onvif import discovery
from vssx.onvif.discovery import DEVICE, NETWORK_VIDEO_TRANSMITTER, Probe, ProbeMatches, Target

_TARGET = Target(
    endpoint="urn:uuid:1",
    types=(NETWORK_VIDEO_TRANSMITTER, DEVICE),
    scopes=("onvif://www.onvif.org/Profile/G", "onvif://www.onvif.org/name/a%20b"),
    xaddrs=("http://192.0.2.9/onvif/device_service", "http://[fe80::1]/onvif/device_service"),
)


def seeds() -> list[bytes]:
    """One of each message."""
    return [
        discovery.probe(Probe(message_id="urn:uuid:2", types=(DEVICE,), scopes=("onvif://www.onvif.org/Profile",))),
        discovery.probe_matches(ProbeMatches(relates_to="urn:uuid:2", matches=(_TARGET,)), message_id="urn:uuid:3"),
        discovery.hello(_TARGET, message_id="urn:uuid:4"),
        discovery.bye("urn:uuid:1", message_id="urn:uuid:5"),
    ]


def read(data: bytes) -> None:
    """Read one input as question and as answer."""
    discovery.read_probe_matches(data)
    question = discovery.read_probe(data)
    if question is not None:
        discovery.matches(question, _TARGET)
