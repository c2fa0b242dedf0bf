"""Another program's WS-Discovery (the Python package WSDiscovery) finds the embedded recorder and is found."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.commands import recorder, run
from tests.peers import need_module

pytestmark = pytest.mark.interop

SEARCH = """
from wsdiscovery.discovery import ThreadedWSDiscovery
from wsdiscovery.qname import QName
from wsdiscovery.scope import Scope
discovery = ThreadedWSDiscovery()
discovery.start()
found = discovery.searchServices(
    types=[QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")],
    scopes=[Scope("onvif://www.onvif.org/Profile/G")], timeout=5)
for service in found:
    print(" ".join(service.getXAddrs()), *map(str, service.getScopes()))
discovery.stop()
"""
PUBLISH = """
import sys
from wsdiscovery.publishing import ThreadedWSPublishing
from wsdiscovery.qname import QName
from wsdiscovery.scope import Scope
publishing = ThreadedWSPublishing()
publishing.start()
publishing.publishService(
    types=[QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter", "dn")],
    scopes=[Scope("onvif://www.onvif.org/name/Their%20camera"), Scope("onvif://www.onvif.org/Profile/G")],
    xAddrs=["http://127.0.0.1:8899/onvif/device_service"])
print("ready", flush=True)
sys.stdin.read()
publishing.stop()
"""


def own_address() -> str:
    """Their program leaves the loopback interface out, and breaks when it is asked over IPv6."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect(("192.0.2.1", 9))  # sends nothing
        return str(way.getsockname()[0])


def test_their_client_finds_our_recorder(samples: Path) -> None:
    need_module("wsdiscovery")
    with recorder(samples) as address:
        command = [sys.executable, "-c", SEARCH]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith(address + " ")]
    assert "onvif://www.onvif.org/Profile/G" in line


def test_our_client_finds_their_service() -> None:
    need_module("wsdiscovery")
    with subprocess.Popen(
        [sys.executable, "-c", PUBLISH], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as theirs:
        assert theirs.stdin is not None
        assert theirs.stdout is not None
        assert theirs.stdout.readline() == "ready\n"
        found = json.loads(run("discover", "--json", "--wait", "3", "--ask", own_address()))
        theirs.stdin.close()
    named = [device for device in found["devices"] if device["name"] == "Their camera"]
    assert [device["address"] for device in named] == ["http://127.0.0.1:8899/onvif/device_service"]
    assert named[0]["profiles"] == ["G"]
    assert named[0]["types"] == ["NetworkVideoTransmitter"]
