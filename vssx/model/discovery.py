"""Devices that answered a WS-Discovery probe."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredDevice:
    """One ONVIF device on the network, as it describes itself (ONVIF Core, "Device discovery").

    ``endpoint``: its stable identifier, urn:uuid. ``address``: the device service to ask, with a host that this machine
    can reach; ``xaddrs``: all addresses as told. ``profiles``: ONVIF profiles of its scopes, e.g. ("G", "S").
    ``interfaces``: where its answers came in. ``answered_from``: the sender's IP addresses.
    """

    endpoint: str
    address: str
    xaddrs: tuple[str, ...]
    name: str = ""
    hardware: str = ""
    location: str = ""
    profiles: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    answered_from: tuple[str, ...] = ()
