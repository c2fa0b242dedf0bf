"""ONVIF devices on the networks of this machine (WS-Discovery; ONVIF Core, "Device discovery")."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vssx.errors import ProtocolError
from vssx.model.discovery import DiscoveredDevice
from vssx.onvif import discovery
from vssx.onvif.device import SCOPE_HARDWARE, SCOPE_LOCATION, SCOPE_NAME, scope_text
from vssx.onvif.discovery import DEVICE, NETWORK_VIDEO_TRANSMITTER, PORT, Target
from vssx.onvif.namespaces import TDN, TDS
from vssx.transport.discovery import Datagram, Prober, is_own_address

SCOPE_PROFILE = "onvif://www.onvif.org/profile/"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ONVIF = (TDN, TDS, "")  # the namespaces of types that count; "": a prefix that the device did not declare


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What answered, by address. ``asked``: interfaces or hosts; ``problems``: interfaces that could not be asked;
    ``unreadable``: answers that made no sense."""

    devices: tuple[DiscoveredDevice, ...]
    asked: tuple[str, ...]
    problems: tuple[str, ...]
    unreadable: int


def discover(
    *, wait_s: float, interfaces: Sequence[str] = (), addresses: Sequence[str] = (), port: int = PORT
) -> Discovery:
    """Ask for ``wait_s`` seconds, over IPv4 and IPv6, on all ``interfaces`` or the named ones, or the hosts alone.

    Three questions go out, since some recorders know only one of ONVIF's two types, and some answer only to a probe
    without any. Raises UsageError for an unknown interface, RecorderUnreachableError for a host without an address.
    """
    questions = {
        _identifier(message_id): discovery.probe(discovery.Probe(message_id=message_id, types=types))
        for types in ((NETWORK_VIDEO_TRANSMITTER,), (DEVICE,), ())
        for message_id in (f"urn:uuid:{uuid.uuid4()}",)
    }
    found: dict[str, list[tuple[Target, Datagram]]] = {}
    unreadable = 0
    with Prober(names=interfaces, addresses=addresses, port=port) as prober:
        for datagram in prober.ask(tuple(questions.values()), wait_s):
            try:
                answer = discovery.read_probe_matches(datagram.data)
            except ProtocolError:
                unreadable += 1
                continue
            if answer is None or _identifier(answer.relates_to) not in questions:
                continue
            for target in answer.matches:
                if _is_onvif(target):
                    found.setdefault(target.endpoint or datagram.sender, []).append((target, datagram))
        asked = prober.asked
        problems = tuple(dict.fromkeys(one for one in prober.problems if one.partition(": ")[0] not in asked))
    devices = sorted((_device(answers) for answers in found.values()), key=lambda one: (one.address, one.endpoint))
    return Discovery(devices=tuple(devices), asked=asked, problems=problems, unreadable=unreadable)


def _identifier(message_id: str) -> str:
    """The UUID alone: devices answer uuid:, urn:uuid: or nothing before it."""
    return message_id.strip().lower().rpartition(":")[2]


def _is_onvif(target: Target) -> bool:
    names = {NETWORK_VIDEO_TRANSMITTER[1], DEVICE[1], "NetworkVideoStorage"}
    by_type = any(namespace in _ONVIF and name in names for namespace, name in target.types)
    return by_type or any(scope.lower().startswith("onvif://") for scope in target.scopes)


def _device(answers: Sequence[tuple[Target, Datagram]]) -> DiscoveredDevice:
    xaddrs = tuple(dict.fromkeys(xaddr for target, _ in answers for xaddr in target.xaddrs))
    senders = tuple(dict.fromkeys(datagram.sender for _, datagram in answers))
    scopes = tuple(dict.fromkeys(scope for target, _ in answers for scope in target.scopes))
    profiles = {
        scope[len(SCOPE_PROFILE) :].split("/")[0] for scope in scopes if scope.lower().startswith(SCOPE_PROFILE)
    }
    return DiscoveredDevice(
        endpoint=answers[0][0].endpoint,
        address=_address(xaddrs, senders),
        xaddrs=xaddrs,
        name=scope_text(scopes, SCOPE_NAME),
        hardware=scope_text(scopes, SCOPE_HARDWARE),
        location=scope_text(scopes, SCOPE_LOCATION),
        profiles=tuple(sorted(profiles)),
        types=tuple(sorted({name for target, _ in answers for _, name in target.types})),
        interfaces=tuple(dict.fromkeys(datagram.interface for _, datagram in answers)),
        answered_from=senders,
    )


def _address(xaddrs: Sequence[str], senders: Sequence[str]) -> str:
    """The address that names a host which answered; else the first one with that host put in, since it may be an
    inside address. Without any: the sender."""
    usable = [xaddr for xaddr in xaddrs if _host(xaddr)]
    if usable and _host(usable[0]) in _LOOPBACK and any(is_own_address(sender) for sender in senders):
        return usable[0]  # a program of this machine
    for sender in sorted(senders, key=lambda one: ":" in one):
        for xaddr in usable:
            if _host(xaddr) == sender.partition("%")[0]:
                return _with_host(xaddr, sender) if "%" in sender else xaddr
    sender = min(senders, key=lambda one: ":" in one)
    return _with_host(usable[0], sender) if usable else f"http://{_in_url(sender)}/onvif/device_service"


def _host(xaddr: str) -> str:
    try:
        parts = urlsplit(xaddr)
        return (parts.hostname or "") if parts.scheme in ("http", "https") and parts.port != 0 else ""
    except ValueError:
        return ""


def _with_host(xaddr: str, host: str) -> str:
    parts = urlsplit(xaddr)
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{_in_url(host)}{port}").geturl()


def _in_url(host: str) -> str:
    return f"[{host.replace('%', '%25')}]" if ":" in host else host
