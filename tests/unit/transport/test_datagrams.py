"""RTP over UDP: what is taken, what is not, and in which order it is told."""

from __future__ import annotations

import select
import socket
import threading
from typing import Self

import pytest

from tests.unit.transport.http_server import Log
from tests.unit.transport.rtsp_server import ScriptedServer
from vssx.errors import ProtocolError
from vssx.model.network import StreamTransport
from vssx.rtsp.rtcp import ReceiverReport, parse_rtcp
from vssx.rtsp.session import server_ports, told_ssrc
from vssx.transport.datagrams import Datagrams
from vssx.transport.rtsp import RefusedError, RtspClient

HOST = "127.0.0.1"


class Sender:
    """A server's pair of ports."""

    def __init__(self) -> None:
        self.rtp, self.rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (self.rtp, self.rtcp):
            one.bind((HOST, 0))
            one.settimeout(10)

    @property
    def ports(self) -> tuple[int, int]:
        return self.rtp.getsockname()[1], self.rtcp.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.rtp.close()
        self.rtcp.close()


def taken(datagrams: Datagrams, count: int) -> list[tuple[int, bytes]]:
    """The next ``count`` frames; waits for them."""
    frames: list[tuple[int, bytes]] = []
    while len(frames) < count:
        assert select.select([datagrams.wake], [], [], 10)[0], f"only {len(frames)} of {count} came"
        frames += [(channel, bytes(data)) for channel, data in datagrams.take()]
    return frames


def open_datagrams(log: Log, *servers: Sender) -> tuple[Datagrams, list[tuple[int, int]]]:
    datagrams = Datagrams(HOST, HOST, observe=log, where="here")
    ports = []
    for number, server in enumerate(servers):
        ports.append(datagrams.open_pair())
        datagrams.connect_pair((2 * number, 2 * number + 1), server.ports, "")
    return datagrams, ports


def test_ports_are_pairs_even_and_odd():
    datagrams = Datagrams(HOST, HOST, observe=Log(), where="here")
    for _ in range(5):
        first, second = datagrams.open_pair()
        assert (first % 2, second) == (0, first + 1)
    datagrams.close()


def test_the_way_is_opened_and_reports_are_sent():
    with Sender() as server:
        datagrams, [(rtp_port, rtcp_port)] = open_datagrams(Log(), server)
        datagrams.start()
        data, sender = server.rtp.recvfrom(2048)
        assert sender == (HOST, rtp_port)
        assert len(data) == 12, "an RTP packet without payload"
        data, sender = server.rtcp.recvfrom(2048)
        assert sender == (HOST, rtcp_port)
        assert isinstance(parse_rtcp(data)[0], ReceiverReport)
        datagrams.close()


def test_frames_of_two_tracks_and_a_bye_that_does_not_overtake():
    with Sender() as video, Sender() as audio:
        datagrams, ports = open_datagrams(Log(), video, audio)
        for number in range(200):
            video.rtp.sendto(b"v%d" % number, (HOST, ports[0][0]))
        video.rtcp.sendto(b"bye", (HOST, ports[0][1]))
        audio.rtp.sendto(b"a", (HOST, ports[1][0]))
        datagrams.start()
        frames = taken(datagrams, 202)
        assert [data for channel, data in frames if channel == 0] == [b"v%d" % number for number in range(200)]
        assert [channel for channel, _ in frames if channel < 2][-1] == 1
        assert (2, b"a") in frames
        datagrams.close()


def test_strangers_are_counted_not_taken():
    log = Log()
    with Sender() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        datagrams, [(port, _)] = open_datagrams(log, server)
        stranger.sendto(b"evil", (HOST, port))
        server.rtp.sendto(b"good", (HOST, port))
        datagrams.start()
        assert taken(datagrams, 1) == [(0, b"good")]
        datagrams.close()
    assert any("1 datagrams came from other hosts" in str(told["text"]) for told in log.of("note"))


@pytest.mark.parametrize("told", [True, False])
def test_another_port_of_the_host_is_a_stranger(told):
    """Of RTP and of RTCP: the ports that the server told, else those that the first datagrams came from."""
    log = Log()
    with Sender() as server, Sender() as stranger:
        datagrams = Datagrams(HOST, HOST, observe=log, where="here")
        ports = datagrams.open_pair()
        datagrams.connect_pair((0, 1), server.ports if told else None, "")
        for _ in range(2):
            server.rtp.sendto(b"good", (HOST, ports[0]))
            server.rtcp.sendto(b"good", (HOST, ports[1]))
            stranger.rtp.sendto(b"evil", (HOST, ports[0]))
            stranger.rtcp.sendto(b"evil", (HOST, ports[1]))
        datagrams.start()
        assert {data for _, data in taken(datagrams, 4)} == {b"good"}
        datagrams.close()
    assert any("4 datagrams came from other" in str(note["text"]) for note in log.of("note"))


@pytest.mark.parametrize(
    ("told", "sent", "expected"),
    [
        (None, [5, 6, 5, 7, 5], [5, 5, 5]),
        (5, [5, 6, 5], [5, 5]),
        (5, [6, 5, 6, 5], [5, 5]),
        (None, [5, *[6] * 7, 5, *[6] * 7], [5, 5]),
        (9, [5] * 8, [5] * 8),  # recorders exist that tell another
        (5, [5, 5, *[6] * 9, 5], [5, 5, *[6] * 9]),  # or change it
        (5, [5, 5, *[6, 7] * 9], [5, 5]),
    ],
)
def test_one_source_since_each_play(told, sent, expected):
    log = Log()
    with Sender() as server:
        datagrams = Datagrams(HOST, HOST, observe=log, where="here")
        port, _ = datagrams.open_pair()
        datagrams.connect_pair((0, 1), server.ports, "", told)
        datagrams.begin()
        for ssrc in sent:
            server.rtp.sendto(bytes(8) + ssrc.to_bytes(4, "big"), (HOST, port))
        server.rtp.sendto(b"end", (HOST, port))
        frames = [data for _, data in taken(datagrams, len(expected) + 1)]
        assert [int.from_bytes(data[8:], "big") for data in frames[:-1]] == expected
        datagrams.begin()  # another PLAY may bring another source
        for _ in range(8):
            server.rtp.sendto(bytes(8) + (77).to_bytes(4, "big"), (HOST, port))
        assert taken(datagrams, 8) == [(0, bytes(11) + b"M")] * 8
        datagrams.close()
    other = len(sent) - len(expected)
    notes = [str(note["text"]) for note in log.of("note")]
    assert any(f"{other} RTP packets over UDP were of another SSRC" in note for note in notes) == bool(other)


def test_a_source_that_the_server_names_is_no_reason_to_take_from_anybody():
    log = Log()
    with Sender() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", server.ports[0]))
        datagrams = Datagrams(HOST, HOST, observe=log, where="here")
        port, _ = datagrams.open_pair()
        datagrams.connect_pair((0, 1), server.ports, "127.0.0.2")
        datagrams.start()
        other.sendto(b"evil", (HOST, port))
        server.rtp.sendto(b"good", (HOST, port))
        assert taken(datagrams, 1) == [(0, b"good")]
        datagrams.close()
    assert any("sends from 127.0.0.2" in str(note["text"]) for note in log.of("note"))


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        ("RTP/AVP;unicast;server_port=1-2;ssrc=0A0b0C0d;mode=play", 0x0A0B0C0D),
        ("RTP/AVP;unicast;ssrc=7", 7),
        ("RTP/AVP;unicast;ssrc=123456789", None),
        ("RTP/AVP;unicast;server_port=1-2", None),
    ],
)
def test_the_source_that_a_server_tells(transport, expected):
    assert told_ssrc(transport) == expected


def test_closing_ends_the_thread_also_when_nothing_came():
    with Sender() as server:
        datagrams, _ = open_datagrams(Log(), server)
        datagrams.start()
        datagrams.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "vssx RTP over UDP"]


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        ("RTP/AVP;unicast;client_port=2-3;server_port=6970-6971", ((6970, 6971), "")),
        ("RTP/AVP/UDP;unicast;server_port=6970;source=192.0.2.1;ssrc=1", ((6970, 6971), "192.0.2.1")),
        ("RTP/AVP;unicast;source=[2001:db8::1];server_port=6970-6971", ((6970, 6971), "2001:db8::1")),
        ("RTP/AVP;unicast;source=recorder.example;client_port=2-3", (None, "")),
        ("RTP/AVP;unicast;server_port=0-1", (None, "")),
        ("RTP/AVP;unicast;server_port=70000-70001", (None, "")),
    ],
)
def test_what_a_server_says_of_its_ports(transport, expected):
    assert server_ports(transport) == expected


def test_multicast_was_not_asked_for():
    with pytest.raises(ProtocolError, match="another transport"):
        server_ports("RTP/AVP;multicast;destination=239.0.0.1;port=5000-5001")


# the client


class Recorder:
    """Takes what ``takes`` says, udp or tcp, and sends three packets and a BYE over UDP."""

    def __init__(self, takes: str) -> None:
        self.takes = takes
        self.sender = Sender()
        self.client_ports: tuple[int, int] = (0, 0)

    def __call__(self, server, request):
        respond = server.codec.response
        asked = request.headers.get("Transport")
        if request.method == "SETUP":
            if ("TCP" in asked) != (self.takes == "tcp"):
                return respond(request.cseq, 461)
            if self.takes == "tcp":
                return respond(request.cseq, 200, [("Session", "S1"), ("Transport", asked)])
            first, second = asked.partition("client_port=")[2].split("-")
            self.client_ports = int(first), int(second)
            ports = f"server_port={self.sender.ports[0]}-{self.sender.ports[1]}"
            return respond(request.cseq, 200, [("Session", "S1"), ("Transport", f"{asked};{ports}")])
        if request.method == "PLAY" and self.takes == "udp":
            assert len(self.sender.rtp.recv(100)) == 12, "the way was opened before PLAY"
            for number in range(3):
                self.sender.rtp.sendto(bytes([0x80, number]), (HOST, self.client_ports[0]))
            self.sender.rtcp.sendto(b"bye", (HOST, self.client_ports[1]))
        return respond(request.cseq, 200, [("Session", "S1")])


@pytest.mark.parametrize("transport", [StreamTransport.AUTO, StreamTransport.UDP])
def test_media_beside_the_connection(transport):
    log = Log()
    recorder = Recorder("udp")
    with recorder.sender, ScriptedServer(recorder) as server:
        with RtspClient(server.url, timeout_s=5, transport=transport, observe=log) as client:
            result = client.setup([client.url], rtp_channel=6)
            assert (result.rtp_channel, result.rtcp_channel) == (6, 7)
            assert client.transport == "RTP over UDP, RTSP over TCP"
            client.play(client.url)
            frames = []
            while len(frames) < 4:
                frames += [(channel, bytes(data)) for channel, data in client.packets(silence_s=0.2)]
            assert frames == [*((6, bytes([0x80, number])) for number in range(3)), (7, b"bye")]
            assert client.is_alive()
            expected = ["transport"] if transport is StreamTransport.AUTO else []
            assert [told.subject for told in client.assumptions] == expected
    setups = [request.headers.get("Transport") for request in server.requests if request.method == "SETUP"]
    assert len(setups) == (2 if transport is StreamTransport.AUTO else 1)
    assert server.requests[-1].method == "TEARDOWN"


def test_who_asked_for_one_gets_no_other():
    recorder = Recorder("udp")
    with recorder.sender, ScriptedServer(recorder) as server:
        with RtspClient(server.url, timeout_s=5, transport=StreamTransport.TCP) as client:
            with pytest.raises(RefusedError, match="--transport udp"):
                client.setup([client.url], rtp_channel=0)
    recorder = Recorder("tcp")
    with recorder.sender, ScriptedServer(recorder) as server:
        with RtspClient(server.url, timeout_s=5, transport=StreamTransport.UDP) as client:
            with pytest.raises(RefusedError, match="--transport tcp"):
                client.setup([client.url], rtp_channel=0)


def test_a_recorder_that_answers_tcp_though_it_was_asked_for_udp():
    def answer(server, request):
        headers = [("Session", "S1"), ("Transport", "RTP/AVP/TCP;unicast;interleaved=2-3")]
        return server.codec.response(request.cseq, 200, headers)

    with ScriptedServer(answer) as server:
        with RtspClient(server.url, timeout_s=5, transport=StreamTransport.UDP) as client:
            assert client.setup([client.url], rtp_channel=0).rtp_channel == 2
            assert "TCP, which the recorder chose" in client.assumptions[0].detail
            client.play(client.url)
            assert client.transport == "RTP over RTSP over TCP (interleaved)"
