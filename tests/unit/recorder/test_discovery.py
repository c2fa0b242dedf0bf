"""The recorder answers WS-Discovery: multicast on the interface it listens at, and a question to it alone."""

from __future__ import annotations

import socket

import pytest

from vssx.onvif.discovery import GROUP_V4
from vssx.recorder.discovery import DiscoveryResponder, discoverable
from vssx.recorder.server import RecorderServer
from vssx.source.discovery import discover


@pytest.fixture(scope="module")
def server(samples):
    return RecorderServer(samples)


@pytest.fixture
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_found_by_multicast(server, port, host):
    with DiscoveryResponder(host, server.discovery_target, port=port, delay_s=0.01):
        found = discover(wait_s=0.5, port=port)
    (one,) = found.devices
    assert one.address.endswith(f":{server.http_port}/onvif/device_service")
    assert one.name == "vssx recorder"
    assert one.profiles == ("G",)
    if host != "0.0.0.0":
        assert one.address.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_found_when_asked_alone(server, port, host):
    with DiscoveryResponder(host, server.discovery_target, port=port, delay_s=0.01):
        found = discover(wait_s=0.3, addresses=(host,), port=port)
    assert [one.endpoint for one in found.devices] == [server.discovery_target(host).endpoint]
    assert found.asked == (host,)


def test_what_makes_no_sense_does_not_end_it(server, port):
    with DiscoveryResponder("127.0.0.1", server.discovery_target, port=port, delay_s=0.01):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for data in (b"", b"\0", b"<!DOCTYPE a><a/>", b"<a/>", bytes(60_000)):
                client.sendto(data, ("127.0.0.1", port))
        assert len(discover(wait_s=0.3, addresses=("127.0.0.1",), port=port).devices) == 1


def test_it_says_hello_and_bye(server, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as neighbour:
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        neighbour.bind(("", port))
        membership = socket.inet_aton(GROUP_V4) + socket.inet_aton("127.0.0.1")
        neighbour.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        neighbour.settimeout(5)
        with DiscoveryResponder("127.0.0.1", server.discovery_target, port=port):
            assert b":Hello>" in neighbour.recv(65535)
        assert b":Bye>" in neighbour.recv(65535)


def test_a_port_that_another_program_keeps_is_said_and_nothing_else_is_lost(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        told: list[str] = []
        with discoverable("127.0.0.1", server.discovery_target, told.append, port=taken.getsockname()[1]):
            pass
    assert len(told) == 1
    assert told[0].startswith("not to be discovered: ")
