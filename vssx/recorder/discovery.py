"""The recorder's answers to WS-Discovery: it says Hello, answers probes, says Bye (ONVIF Core, "Device discovery")."""

from __future__ import annotations

import contextlib
import ipaddress
import random
import socket
import struct
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Self

from vssx.errors import ProtocolError
from vssx.onvif import discovery
from vssx.onvif.discovery import GROUP_V4, GROUP_V6, MAX_DATAGRAM, PORT, ProbeMatches, Target
from vssx.transport.discovery import multicast_interface

_MAX_DELAY_S = 0.5  # WS-Discovery APP_MAX_DELAY: devices do not all answer at once
_POLL_S = 0.5


class DiscoveryResponder:
    """Answers on the interfaces that the recorder listens at, while its ``with`` block runs.

    ``describe``: the device's own description for a client that reaches it at the host given.
    """

    def __init__(
        self, host: str, describe: Callable[[str], Target], *, port: int = PORT, delay_s: float = _MAX_DELAY_S
    ) -> None:
        """Join the group. Raises OSError where that cannot be had."""
        self._describe = describe
        self._delay_s = delay_s
        self._closing = threading.Event()
        address = ipaddress.ip_address(socket.getaddrinfo(host, None)[0][4][0])
        self._address = None if address.is_unspecified else str(address)
        self._family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        self._indexes: list[int] = []
        self._group = ((GROUP_V6 if self._family == socket.AF_INET6 else GROUP_V4), port)
        self._socket = socket.socket(self._family, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("", port))
            self._join(loopback=address.is_loopback)
        except BaseException:
            self._socket.close()
            raise
        self._socket.settimeout(_POLL_S)
        self._thread = threading.Thread(target=self._serve, name="vssx-discovery", daemon=True)

    def _join(self, *, loopback: bool) -> None:
        """Where the recorder is reached: at one address the interface with it, else every interface."""
        problem = OSError("no interface for multicast")
        for index, name in socket.if_nameindex():
            if self._address is not None and loopback != _is_loopback(name):
                continue
            try:
                if self._family == socket.AF_INET6:
                    request = socket.inet_pton(socket.AF_INET6, GROUP_V6) + struct.pack("@I", index)
                    self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
                else:
                    own = struct.pack("!I", index) if sys.platform == "win32" else bytes(4) + struct.pack("@i", index)
                    request = socket.inet_aton(GROUP_V4) + own
                    self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
            except OSError as error:  # an interface that is down, or without an address of this family
                problem = error
            else:
                self._indexes.append(index)
        if not self._indexes:
            raise problem

    def __enter__(self) -> Self:
        self._announce(lambda host: discovery.hello(self._describe(host), message_id=_message_id()))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._announce(lambda host: discovery.bye(self._describe(host).endpoint, message_id=_message_id()))
        self._socket.close()

    def _announce(self, message: Callable[[str], bytes]) -> None:
        """Hello and Bye are a courtesy: nobody may hear them."""
        for index in self._indexes:
            with contextlib.suppress(OSError):
                value = multicast_interface(self._family, index)
                if self._family == socket.AF_INET6:
                    self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, value)
                else:
                    self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, value)
                self._socket.sendto(message(self._address or self._reached_from(self._group)), self._group)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                data, sender = self._socket.recvfrom(MAX_DATAGRAM)
            except OSError:  # nothing came, or an answer before met a closed port
                continue
            with contextlib.suppress(ProtocolError, OSError):
                self._answer(data, sender)

    def _answer(self, data: bytes, sender: tuple[str, int]) -> None:
        question = discovery.read_probe(data)
        if question is None:
            return
        target = self._describe(self._address or self._reached_from(sender))
        if not discovery.matches(question, target):
            return
        if self._closing.wait(random.uniform(0, self._delay_s)):  # noqa: S311 - no secret
            return
        answer = ProbeMatches(relates_to=question.message_id, matches=(target,))
        self._socket.sendto(discovery.probe_matches(answer, message_id=_message_id()), sender)

    def _reached_from(self, peer: tuple[str, int]) -> str:
        """This machine's address on the way to the peer."""
        with socket.socket(self._family, socket.SOCK_DGRAM) as way:
            way.connect(peer)
            return str(way.getsockname()[0])


@contextlib.contextmanager
def discoverable(
    host: str, describe: Callable[[str], Target], report: Callable[[str], None], *, port: int = PORT
) -> Iterator[None]:
    """Answers probes while the block runs; where that cannot be had, ``report`` is told, and nothing else is lost."""
    try:
        responder = DiscoveryResponder(host, describe, port=port)
    except OSError as error:
        report(f"not to be discovered: {error.strerror or error} (UDP port {port})")
        yield
        return
    with responder:
        yield


def _is_loopback(name: str) -> bool:
    return name.lower().startswith("lo")


def _message_id() -> str:
    return f"urn:uuid:{uuid.uuid4()}"
