"""A small RTSP player for tests of the recorder: sends what it is told, keeps everything that comes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from vssx.model.acquisition import Credentials
from vssx.model.media import ReplayExtension
from vssx.rtsp.connection import ClientConnection
from vssx.rtsp.depacketize import H264Depacketizer, H265Depacketizer
from vssx.rtsp.depacketize_aac import AacDepacketizer
from vssx.rtsp.depacketize_metadata import MetadataDepacketizer
from vssx.rtsp.message import Response
from vssx.rtsp.rtcp import Bye, SenderReport, parse_rtcp
from vssx.rtsp.rtp import parse_rtp
from vssx.rtsp.sdp import parse_sdp
from vssx.rtsp.units import RawUnit

REPLAY = ("Require", "onvif-replay")
TIMEOUT_S = 10.0


class Unit(NamedTuple):
    """One access unit as it came."""

    track: str
    raw: RawUnit

    @property
    def extension(self) -> ReplayExtension:
        assert self.raw.extension is not None
        return self.raw.extension

    @property
    def flags(self) -> str:
        bits = self.extension
        names = zip("CEDT", (bits.clean_point, bits.end_of_section, bits.discontinuity, bits.terminal), strict=True)
        return "".join(name for name, on in names if on)


@dataclass
class Player:
    """A connection to one recording. ``sequences``: of every RTP packet, by track; ``reports``: sender reports.
    ``packets``: RTP as it came."""

    url: str
    credentials: Credentials | None = None
    connection: ClientConnection = field(default_factory=ClientConnection)
    channels: dict[int, str] = field(default_factory=dict)
    depacketizers: dict[str, object] = field(default_factory=dict)
    sequences: dict[str, list[int]] = field(default_factory=dict)
    reports: list[SenderReport] = field(default_factory=list)
    byes: set[str] = field(default_factory=set)
    packets: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        host, port = self.url.split("/")[2].rsplit(":", 1)
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT_S)
        self.events: list[object] = []
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def _receive(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("the recorder closed the connection")
        self.events += list(self.connection.feed(data))

    def request(self, method: str, *headers: tuple[str, str], url: str = "", body: bytes = b"") -> Response:
        """The answer to a request; media that comes before it is kept."""
        self.socket.sendall(self.connection.request(method, url or self.url, headers, body))
        while True:
            for number, event in enumerate(self.events):
                if isinstance(event, Response):
                    del self.events[number]
                    return event
            self._receive()

    def setup(self, *tracks: str, headers: tuple[tuple[str, str], ...] = (REPLAY,)) -> None:
        """DESCRIBE, and SETUP of these tracks (all without any)."""
        described = self.request("DESCRIBE")
        assert described.status == 200, described
        for media in parse_sdp(described.body).media:
            token = media.track_reference
            if tracks and token not in tracks:
                continue
            channel = 2 * len(self.channels)
            transport = ("Transport", f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}")
            answer = self.request("SETUP", transport, *headers, url=f"{self.url}/{media.control}")
            assert answer.status == 200, answer
            self.channels[channel] = token
            self.sequences[token] = []
            if media.encoding == "mpeg4-generic":
                self.depacketizers[token] = AacDepacketizer(media.fmtp)
            elif media.encoding.startswith("vnd.onvif.metadata"):
                self.depacketizers[token] = MetadataDepacketizer()
            else:
                self.depacketizers[token] = H264Depacketizer() if media.encoding == "h264" else H265Depacketizer()

    def play(self, *headers: tuple[str, str], rate_control: str = "no") -> Response:
        """PLAY without rate control, unless told otherwise."""
        self.byes.clear()
        answer = self.request("PLAY", REPLAY, ("Rate-Control", rate_control), *headers)
        assert answer.status == 200, answer
        return answer

    def units(self) -> Iterator[Unit]:
        """Access units until every track has said BYE."""
        while True:
            events, self.events = self.events, []
            for number, event in enumerate(events):
                if isinstance(event, tuple):
                    yield from self._unit(*event)
                    if self.byes == set(self.channels.values()):
                        self.events = events[number + 1 :]
                        return
                else:
                    self.events.append(event)
            self._receive()

    def _unit(self, channel: int, content: memoryview) -> Iterator[Unit]:
        token = self.channels[channel & ~1]
        depacketizer = self.depacketizers[token]
        if channel & 1:
            for packet in parse_rtcp(content):
                if isinstance(packet, Bye):
                    self.byes.add(token)
                    yield from (Unit(token, unit) for unit in depacketizer.flush())
                elif isinstance(packet, SenderReport):
                    self.reports.append(packet)
            return
        packet = parse_rtp(content)
        self.packets.append(bytes(content))
        self.sequences[token].append(packet.sequence)
        yield from (Unit(token, unit) for unit in depacketizer.push(packet, lost_before=0))


def clock(start: str, end: str = "") -> tuple[str, str]:
    """A Range header."""
    return "Range", f"clock={start}-{end}"
