"""Where RTP goes: interleaved into the RTSP connection, or over UDP (RFC 2326 sections 10.12, 12.39)."""

from __future__ import annotations

import contextlib
import re
import select
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

_PAIR = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_ATTEMPTS = 64
_MAX_DATAGRAMS = 256


class RtpTransport(Protocol):
    """Carries the packets of one track. ``send`` and ``send_rtcp`` raise OSError when nobody is there any more."""

    @property
    def reliable(self) -> bool:
        """Whether the transport itself slows the sender down and loses nothing."""
        ...

    @property
    def header(self) -> str:
        """The Transport header's value that describes it, without the SSRC."""
        ...

    def send(self, packets: Sequence[bytes]) -> None:
        """Send RTP packets in order."""
        ...

    def send_rtcp(self, packet: bytes) -> None:
        """Send one compound RTCP packet."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class InterleavedTransport:
    """RTP inside the RTSP connection."""

    reliable = True

    def __init__(self, write: Callable[[bytes], None], rtp_channel: int, rtcp_channel: int) -> None:
        """``write`` sends bytes as a whole between messages of others."""
        self._write = write
        self.channels = (rtp_channel, rtcp_channel)
        self._heads = (b"$" + bytes((rtp_channel,)), b"$" + bytes((rtcp_channel,)))

    @property
    def header(self) -> str:
        """Transport header."""
        return f"RTP/AVP/TCP;unicast;interleaved={self.channels[0]}-{self.channels[1]}"

    def send(self, packets: Sequence[bytes]) -> None:
        """All packets of an access unit in one piece."""
        head = self._heads[0]
        parts: list[bytes] = []
        for packet in packets:
            parts += (head, len(packet).to_bytes(2, "big"), packet)
        self._write(b"".join(parts))

    def send_rtcp(self, packet: bytes) -> None:
        """On the second channel."""
        self._write(self._heads[1] + len(packet).to_bytes(2, "big") + packet)

    def close(self) -> None:
        """The connection is not its own."""


class UdpTransport:
    """RTP and RTCP over two UDP sockets with neighbouring port numbers."""

    reliable = False

    def __init__(self, local_host: str, peer_host: str, peer_ports: tuple[int, int]) -> None:
        """Raises OSError where no pair of ports is free."""
        self._peers = [(peer_host, port) for port in peer_ports]
        self._sockets = _pair(local_host)
        self.ports = tuple(one.getsockname()[1] for one in self._sockets)
        self._peer_ports = peer_ports

    @property
    def header(self) -> str:
        """Transport header."""
        client, server = self._peer_ports, self.ports
        return f"RTP/AVP;unicast;client_port={client[0]}-{client[1]};server_port={server[0]}-{server[1]}"

    def send(self, packets: Sequence[bytes]) -> None:
        """Each packet a datagram. A port nobody listens at is no error: UDP clients may come late."""
        for packet in packets:
            with contextlib.suppress(ConnectionRefusedError):
                self._sockets[0].sendto(packet, self._peers[0])

    def send_rtcp(self, packet: bytes) -> None:
        """From the second port to the second port."""
        with contextlib.suppress(ConnectionRefusedError):
            self._sockets[1].sendto(packet, self._peers[1])

    def heard_from_client(self) -> bool:
        """Whether the client sent anything (receiver reports, hole punching) since the last call."""
        heard = False
        for _ in range(_MAX_DATAGRAMS):
            try:
                readable, _, _ = select.select(self._sockets, (), (), 0)
            except (OSError, ValueError):  # closed meanwhile by another thread; or more files than select can watch
                break
            if not readable:
                break
            for one in readable:
                with contextlib.suppress(OSError):  # an ICMP error of an earlier datagram
                    heard = one.recvfrom(2048)[1][0] == self._peers[0][0] or heard
        return heard

    def close(self) -> None:
        """Close both sockets."""
        for one in self._sockets:
            one.close()


def _pair(host: str) -> list[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(_ATTEMPTS):
        first, second = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)
        try:
            first.bind((host, 0))
            port = first.getsockname()[1]
            if port % 2 == 0 and port < 65535:
                second.bind((host, port + 1))
                first.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                return [first, second]
        except OSError:
            pass  # the neighbour is taken: try another pair
        first.close()
        second.close()
    raise OSError("no pair of UDP ports is free")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportChoice:
    """The first transport of a Transport header that is served. ``numbers``: channels, or the client's ports."""

    interleaved: bool
    numbers: tuple[int, int] | None


def choose_transport(header: str, *, datagrams: bool = True) -> TransportChoice | None:
    """Read a Transport header, several choices with commas between; None where none of them is served.

    ``datagrams``: whether UDP is served; beside an encrypted connection it is not, for it would go in the clear.
    """
    for choice in header.split(","):
        profile, *parameters = [part.strip() for part in choice.split(";")]
        values = dict(part.partition("=")[::2] for part in parameters)
        names = {name.strip().lower(): value.strip() for name, value in values.items()}
        if "multicast" in names or names.get("mode", "play").strip('"').lower() != "play":
            continue
        if profile.upper() == "RTP/AVP/TCP":
            pair = _numbers(names.get("interleaved", ""), 255)
            if pair is not None or "interleaved" not in names:
                return TransportChoice(interleaved=True, numbers=pair)
        if datagrams and profile.upper() in ("RTP/AVP", "RTP/AVP/UDP"):
            ports = _numbers(names.get("client_port", ""), 65535)
            if ports is not None and ports[0]:
                return TransportChoice(interleaved=False, numbers=ports)
    return None


def _numbers(text: str, highest: int) -> tuple[int, int] | None:
    match = _PAIR.fullmatch(text)
    if match is None:
        return None
    first = int(match[1])
    second = int(match[2]) if match[2] else first + 1
    return (first, second) if max(first, second) <= highest and first != second else None
