"""A small RTSP server in a thread that does exactly what a test tells it, faults included."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.unit.source.raw import FRAME, NS, T0
from vssx.rtsp.connection import ServerConnection
from vssx.rtsp.message import Request
from vssx.rtsp.rtcp import Bye, SenderReport, serialise_rtcp
from vssx.rtsp.rtp import RtpPacket, make_replay_extension, serialise_replay_extension, serialise_rtp

FRAME_NS = FRAME * NS // 90_000
CLOSE = b""
GOP = 25
SETS = "Z0LAHtoCgL/lwEQAAAMABAAAAwDKPFi6gA==,aM48gA=="
VIDEO_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns= \r\nt=0 0\r\na=control:*\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={SETS}\r\n"
    "a=control:video\r\na=x-onvif-track:VIDEO001\r\n"
)
METADATA_SDP = (
    "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
    "a=control:metadata\r\na=x-onvif-track:META001\r\n"
)


def frame(channel: int, data: bytes) -> bytes:
    return b"$" + bytes([channel]) + len(data).to_bytes(2, "big") + data


def nals(n: int) -> tuple[bytes, ...]:
    """An SEI and a slice, each in a packet of its own."""
    return b"\x06\x05\x01" + bytes([n & 0x7F | 0x80]) + b"\x80", (b"\x65" if n % GOP == 0 else b"\x41") + (
        f"picture {n}".encode()
    )


def payload(n: int) -> bytes:
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals(n))


def picture(
    n: int,
    bits: str = "",
    *,
    rtp: int = 0,
    sequence: int = 0,
    timed: bool = True,
    utc_ns: int | None = None,
    marker: bool = True,
    content: bytes | None = None,
    payload_type: int = 96,
    channel: int = 0,
    cseq: int = 0,
) -> bytes:
    """The interleaved packets of picture ``n``, taken ``n`` frames after T0."""
    extension = make_replay_extension(
        T0 + n * FRAME_NS if utc_ns is None else utc_ns,
        cseq=cseq,
        clean_point=n % GOP == 0,
        end_of_section="E" in bits,
        discontinuity="D" in bits,
        terminal="T" in bits,
    )
    parts = nals(n) if content is None else (content,)
    return b"".join(
        frame(
            channel,
            serialise_rtp(
                RtpPacket(
                    payload_type=payload_type,
                    marker=marker and place == len(parts) - 1,
                    sequence=(sequence + 2 * n + place) & 0xFFFF,
                    timestamp=(rtp + n * FRAME) & 0xFFFFFFFF,
                    ssrc=9,
                    payload=part,
                    extension_profile=0xABAC if timed else None,
                    extension=serialise_replay_extension(extension) if timed else b"",
                )
            ),
        )
        for place, part in enumerate(parts)
    )


def pictures(first: int, last: int, bits_at_last: str = "", **options) -> list[bytes]:
    return [picture(n, bits_at_last if n == last - 1 else "", **options) for n in range(first, last)]


def bye(channel: int = 1, *, ssrc: int = 9) -> bytes:
    return frame(channel, serialise_rtcp(Bye(ssrcs=(ssrc,))))


def sender_report(channel: int = 1) -> bytes:
    return frame(channel, serialise_rtcp(SenderReport(ssrc=9, ntp_time=0, rtp_timestamp=0, packets=0, octets=0)))


@dataclass
class Script:
    """``plays``: what each PLAY sends, in turn; the last one repeats. CLOSE ends the connection there.

    ``statuses``: status of the n-th request of a method, as {"PLAY": [200, 457]}; 200 beyond.
    """

    plays: list[list[bytes]] = field(default_factory=list)
    sdp: str = VIDEO_SDP
    statuses: dict[str, list[int]] = field(default_factory=dict)
    play_headers: list[tuple[str, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    ahead: dict[str, list[list[bytes]]] = field(default_factory=dict)  # media before the n-th answer to a method
    background: Callable[[], bytes] | None = None  # sent again and again while nothing else happens
    port: int = 0

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/recording"

    def asked(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    def answer(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes, list[bytes]]:
        count = len(self.asked(request.method))
        self.requests.append(request)
        planned = self.statuses.get(request.method, [])
        status = planned[count] if count < len(planned) else 200
        if status != 200:
            return status, [("Unsupported", "onvif-replay")] if status == 551 else [], b"", []
        if request.method == "DESCRIBE":
            return 200, [("Content-Type", "application/sdp")], self.sdp.encode(), []
        if request.method == "SETUP":
            return 200, [("Transport", request.headers.get("Transport")), ("Session", "7;timeout=60")], b"", []
        if request.method == "PLAY":
            played = sum(1 for status in planned[:count] if status == 200) + max(0, count - len(planned))
            return 200, self.play_headers, b"", self.plays[min(played, len(self.plays) - 1)]
        return 200, [("Public", "DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")], b"", []


def _serve(connection: socket.socket, script: Script) -> None:
    protocol = ServerConnection()
    connection.settimeout(0.05)
    playing = False
    with connection:
        while True:
            try:
                data = connection.recv(65_536)
            except TimeoutError:
                if playing and script.background is not None:
                    connection.sendall(script.background())
                continue
            if not data:
                return
            for event in protocol.feed(data):
                if not isinstance(event, Request):
                    continue
                status, headers, body, media = script.answer(event)
                before = script.ahead.get(event.method, [])
                for each in before[len(script.asked(event.method)) - 1] if before else ():
                    connection.sendall(each)
                connection.sendall(protocol.response(event.cseq, status, headers, body))
                playing |= event.method == "PLAY"
                for each in media:
                    if each == CLOSE:
                        return
                    connection.sendall(each)


@contextmanager
def serving(script: Script) -> Iterator[Script]:
    """``script`` on a port of 127.0.0.1 until the block ends; one client after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script.port = listener.getsockname()[1]
        stopped = threading.Event()

        def run() -> None:
            while not stopped.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    _serve(connection, script)
                except OSError:  # the client closed the connection while media was sent
                    continue

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield script
        finally:
            stopped.set()
            listener.close()
            socket.socket().connect_ex(("127.0.0.1", script.port))
            thread.join(timeout=5)
