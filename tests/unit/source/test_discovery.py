"""Discovery against responders on real sockets of this machine, and the address that is concluded from an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from vssx.errors import RecorderUnreachableError, UsageError
from vssx.onvif import discovery
from vssx.onvif.discovery import DEVICE, NETWORK_VIDEO_TRANSMITTER, Probe, ProbeMatches, Target
from vssx.source.discovery import discover

ADDRESS = "http://127.0.0.1:8080/onvif/device_service"
SCOPES = (
    "onvif://www.onvif.org/name/North%20gate",
    "onvif://www.onvif.org/hardware/X-1",
    "onvif://www.onvif.org/location/roof",
    "onvif://www.onvif.org/Profile/Streaming",
    "onvif://www.onvif.org/Profile/G",
)
GATE = Target(endpoint="urn:uuid:1", types=(NETWORK_VIDEO_TRANSMITTER, DEVICE), scopes=SCOPES, xaddrs=(ADDRESS,))
Answer = Callable[[Probe], list[bytes]]


@contextmanager
def device(answer: Answer, family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    """Something that answers probes on the loopback interface; gives its port."""
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family, socket.SOCK_DGRAM) as listening:
        listening.bind((host, 0))

        def serve() -> None:
            while True:
                data, sender = listening.recvfrom(65535)
                if data == b"end":
                    return
                question = discovery.read_probe(data)
                assert question is not None
                for message in answer(question):
                    listening.sendto(message, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            with socket.socket(family, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"end", listening.getsockname())
            thread.join()


def matches(*targets: Target, relates_to: str | None = None) -> Answer:
    return lambda question: [
        discovery.probe_matches(
            ProbeMatches(relates_to=question.message_id if relates_to is None else relates_to, matches=targets),
            message_id="urn:uuid:5",
        )
    ]


def found(answer: Answer, **options):
    with device(answer) as port:
        return discover(wait_s=0.3, addresses=("127.0.0.1",), port=port, **options)


def test_a_device_is_found_once_however_often_it_answers():
    (one,) = found(matches(GATE, GATE)).devices
    assert one.address == ADDRESS
    assert (one.name, one.hardware, one.location) == ("North gate", "X-1", "roof")
    assert one.profiles == ("G", "Streaming")
    assert one.types == ("Device", "NetworkVideoTransmitter")
    assert one.endpoint == "urn:uuid:1"
    assert one.answered_from == ("127.0.0.1",)
    assert one.interfaces == ("127.0.0.1",)


def test_over_ipv6():
    with device(matches(GATE), socket.AF_INET6) as port:
        result = discover(wait_s=0.3, addresses=("::1",), port=port)
    assert [one.answered_from for one in result.devices] == [("::1",)]
    assert result.asked == ("::1",)


@pytest.mark.parametrize("known", [NETWORK_VIDEO_TRANSMITTER, DEVICE, None])
def test_devices_that_know_one_type_or_answer_only_to_no_type_at_all(known):
    def answer(question: Probe) -> list[bytes]:
        wanted = (known,) if known else ()
        return matches(GATE)(question) if question.types == wanted else []

    assert len(found(answer).devices) == 1


def test_answers_to_somebody_else_and_what_is_no_onvif_device_are_passed_over():
    printer = Target(endpoint="urn:uuid:2", scopes=("ldap:///a",))
    assert found(matches(printer)).devices == ()
    assert found(matches(GATE, relates_to="urn:uuid:somebody")).devices == ()
    hello = discovery.hello(GATE, message_id="urn:uuid:7")
    assert found(lambda _: [hello]).devices == ()


def test_relates_to_without_urn_in_capitals():
    def answer(question: Probe) -> list[bytes]:
        return matches(GATE, relates_to=f"uuid:{question.message_id.rpartition(':')[2].upper()}")(question)

    assert len(found(answer).devices) == 1


def test_garbage_among_the_answers_is_counted():
    result = found(lambda question: [b"\0garbage", *matches(GATE)(question)])
    assert len(result.devices) == 1
    assert result.unreadable > 0


@pytest.mark.parametrize(
    ("xaddrs", "expected"),
    [
        (["http://10.1.1.1/a", "http://127.0.0.1:81/b"], "http://127.0.0.1:81/b"),
        (["http://10.1.1.1:8000/onvif/device_service"], "http://127.0.0.1:8000/onvif/device_service"),
        (["https://recorder.invalid/x"], "https://127.0.0.1/x"),
        ([], "http://127.0.0.1/onvif/device_service"),
        (["ftp://127.0.0.1/", "http://[::", "http://h:99999/"], "http://127.0.0.1/onvif/device_service"),
    ],
)
def test_the_address_is_one_that_answered(xaddrs, expected):
    target = Target(endpoint="urn:uuid:1", types=(DEVICE,), xaddrs=tuple(xaddrs))
    assert [one.address for one in found(matches(target)).devices] == [expected]


def test_unknown_interface():
    with pytest.raises(UsageError, match="no network interface 'nosuch0'"):
        discover(wait_s=0.1, interfaces=("nosuch0",))


def test_host_without_an_address():
    with pytest.raises(RecorderUnreachableError, match="no address"):
        discover(wait_s=0.1, addresses=("nosuch.invalid",))


def test_nobody_there():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        result = discover(wait_s=0.2, addresses=("127.0.0.1",), port=silent.getsockname()[1])
    assert result.devices == ()
    assert result.asked == ("127.0.0.1",)
