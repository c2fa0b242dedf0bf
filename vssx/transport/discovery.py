"""Datagrams of WS-Discovery on every interface (SOAP-over-UDP; multicast 239.255.255.250 and ff02::c, port 3702)."""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from vssx.errors import RecorderUnreachableError, UsageError
from vssx.onvif.discovery import GROUP_V4, GROUP_V6, MAX_DATAGRAM, PORT

_MAX_ANSWERS = 10_000
_MAX_OF_ONE_SENDER = 200
_FIRST_REPEAT_S = (0.05, 0.25)  # SOAP-over-UDP, MULTICAST_UDP_REPEAT with its delay
_HOPS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """What came. ``sender``: IP address, with its zone where it is link-local; ``interface``: where it was asked."""

    data: bytes
    sender: str
    interface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A socket, and where its questions go."""

    socket: socket.socket
    target: tuple[str, int] | tuple[str, int, int, int]
    interface: str


def interfaces() -> tuple[str, ...]:
    """Names of this machine's network interfaces."""
    return tuple(name for _, name in socket.if_nameindex())


def is_own_address(address: str) -> bool:
    """Whether this machine itself has the address: only then can a socket be bound to it."""
    try:
        family, kind, _, _, target = socket.getaddrinfo(address, 0, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as own:
            own.bind(target)
    except OSError:
        return False
    return True


def multicast_interface(family: socket.AddressFamily, index: int) -> bytes:
    """Value of IP_MULTICAST_IF or IPV6_MULTICAST_IF for an interface index, which every system packs its own way."""
    if family == socket.AF_INET6:
        return struct.pack("@I", index)
    if sys.platform == "win32":
        return struct.pack("!I", index)
    return struct.pack("@4s4si", bytes(4), bytes(4), index)


class Prober:
    """Asks, and hears the answers. ``asked``: the ways that a question took; ``problems``: why others could not."""

    def __init__(self, *, names: Sequence[str] = (), addresses: Sequence[str] = (), port: int = PORT) -> None:
        """``names``: interfaces, empty for all. ``addresses``: hosts to ask alone, without multicast.

        Raises UsageError for an interface or a host that does not exist.
        """
        self._port = port
        self._ways: list[_Way] = []
        self.problems: list[str] = []
        try:
            if addresses:
                for address in addresses:
                    self._add_host(address)
            else:
                self._add_interfaces(names)
        except BaseException:
            self.close()
            raise

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of what is asked, in order and without repeats."""
        return tuple(dict.fromkeys(way.interface for way in self._ways))

    def _add_interfaces(self, names: Sequence[str]) -> None:
        known = {name: index for index, name in socket.if_nameindex()}
        for name in names:
            if name not in known:
                raise UsageError(
                    f"no network interface {name!r}",
                    where="--interface",
                    next_step=f"This machine has: {', '.join(known)}.",
                )
        for name in names or known:
            index = known[name]
            self._add(socket.AF_INET, name, index, (GROUP_V4, self._port))
            if socket.has_ipv6:
                self._add(socket.AF_INET6, name, index, (GROUP_V6, self._port, 0, index))

    def _add(
        self, family: socket.AddressFamily, name: str, index: int, target: tuple[str, int] | tuple[str, int, int, int]
    ) -> None:
        try:
            asking = socket.socket(family, socket.SOCK_DGRAM)
        except OSError as error:
            self.problems.append(f"{name}: {error.strerror or error}")
            return
        try:
            value = multicast_interface(family, index)
            if family == socket.AF_INET:
                asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, value)
                asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _HOPS)
            else:
                asking.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, value)
                asking.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOPS)
            asking.bind(("", 0))
            asking.setblocking(False)
        except OSError as error:  # an interface without an address of this family
            asking.close()
            self.problems.append(f"{name}: {error.strerror or error}")
            return
        self._ways.append(_Way(socket=asking, target=target, interface=name))

    def _add_host(self, host: str) -> None:
        try:
            found = socket.getaddrinfo(host.strip("[]"), self._port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, target = found[0]
            asking = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise RecorderUnreachableError(
                f"no address: {getattr(error, 'strerror', None) or error}", where=host, next_step="Check the name."
            ) from None
        asking.setblocking(False)
        assert isinstance(target[0], str)
        self._ways.append(_Way(socket=asking, target=target, interface=host))

    def close(self) -> None:
        """Close the sockets."""
        for way in self._ways:
            way.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, questions: Sequence[bytes], wait_s: float) -> Iterator[Datagram]:
        """Send each question at once, again shortly after and at half time; what comes within ``wait_s`` seconds."""
        begun = time.monotonic()
        due = [begun, begun + random.uniform(*_FIRST_REPEAT_S), begun + wait_s / 2]  # noqa: S311 - no secret
        heard: dict[str, int] = {}
        with selectors.DefaultSelector() as selector:
            for way in self._ways:
                selector.register(way.socket, selectors.EVENT_READ, way)
            while (now := time.monotonic()) < begun + wait_s and sum(heard.values()) < _MAX_ANSWERS:
                if due and now >= due[0]:
                    self._send(questions, selector)
                    del due[0]
                    continue
                if not selector.get_map():
                    return
                for key, _ in selector.select(max(0.0, min([begun + wait_s, *due]) - now)):
                    answer = self._receive(key.data)
                    if answer is not None:
                        heard[answer.sender] = heard.get(answer.sender, 0) + 1
                        if heard[answer.sender] <= _MAX_OF_ONE_SENDER:
                            yield answer

    def _send(self, questions: Sequence[bytes], selector: selectors.BaseSelector) -> None:
        for way in list(self._ways):
            try:
                for question in questions:
                    way.socket.sendto(question, way.target)
            except BlockingIOError:
                continue  # the next repeat makes up for it
            except OSError as error:  # no route, no carrier, not allowed: the other interfaces count
                self.problems.append(f"{way.interface}: {error.strerror or error}")
                selector.unregister(way.socket)
                way.socket.close()
                self._ways.remove(way)

    @staticmethod
    def _receive(way: _Way) -> Datagram | None:
        with contextlib.suppress(OSError):  # Windows tells here that an earlier datagram met a closed port
            data, sender = way.socket.recvfrom(MAX_DATAGRAM)
            return Datagram(data=data, sender=_shown(sender), interface=way.interface)
        return None


def _shown(sender: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """The sender's address; a link-local one means nothing without its zone."""
    address = sender[0].partition("%")[0]
    if len(sender) == 4 and sender[3] and address.lower().startswith("fe80"):
        with contextlib.suppress(OSError):
            return f"{address}%{socket.if_indextoname(sender[3])}"
    return address
