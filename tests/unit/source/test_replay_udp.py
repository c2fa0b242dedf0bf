"""A replay over UDP: what the network loses is declared, what it reorders is put in order."""

from __future__ import annotations

import random
import socket

import pytest

from tests.unit.source.scripted_server import T0, VIDEO_SDP, payload, picture
from tests.unit.source.test_replay import at, ended, kinds, numbers
from tests.unit.transport.rtsp_server import ScriptedServer
from vssx.model.media import AccessUnit, Assumption, EndReason, Loss
from vssx.model.network import StreamTransport
from vssx.rtsp.rtcp import Bye, serialise_rtcp
from vssx.source.replay import replay

HOST = "127.0.0.1"
COUNT = 100


def datagrams() -> list[bytes]:
    """RTP packets of a hundred pictures, two each."""
    packets = []
    for number in range(COUNT):
        data = picture(number)
        while data:
            size = int.from_bytes(data[2:4], "big")
            packets.append(data[4 : 4 + size])
            data = data[4 + size :]
    return packets


class UdpRecorder:
    """Refuses RTP over TCP, sends over UDP what ``plays`` has for each PLAY, and BYE; refuses a PLAY beyond (457)."""

    def __init__(self, *plays: list[bytes]) -> None:
        self.plays = list(plays)
        self.first = -1  # sequence number that RTP-Info tells
        self.rtp, self.rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (self.rtp, self.rtcp):
            one.bind((HOST, 0))
        self.client = (0, 0)

    def __call__(self, server, request):
        respond = server.codec.response
        asked = request.headers.get("Transport")
        if request.method == "DESCRIBE":
            return respond(request.cseq, 200, [("Content-Type", "application/sdp")], VIDEO_SDP.encode())
        if request.method == "SETUP":
            if "TCP" in asked:
                return respond(request.cseq, 461)
            first, second = asked.partition("client_port=")[2].split("-")
            self.client = int(first), int(second)
            ports = f"server_port={self.rtp.getsockname()[1]}-{self.rtcp.getsockname()[1]}"
            return respond(request.cseq, 200, [("Session", "S1"), ("Transport", f"{asked};{ports}")])
        if request.method == "PLAY" and self.plays:
            # The answer first: what comes before it would belong to no PLAY.
            info = [("RTP-Info", f"url={request.uri}/video;seq={self.first};rtptime=0")] if self.first >= 0 else []
            server.peer.sendall(respond(request.cseq, 200, [("Session", "S1"), *info]))
            for packet in self.plays.pop(0):
                self.rtp.sendto(packet, (HOST, self.client[0]))
            self.rtcp.sendto(serialise_rtcp(Bye(ssrcs=(9,))), (HOST, self.client[1]))
            return b""
        return respond(request.cseq, 457 if request.method == "PLAY" else 200, [("Session", "S1")])


def received(*plays: list[bytes], first: int = -1):
    """The stream of all of it, and its transport. ``first``: what RTP-Info says of the first packet."""
    recorder = UdpRecorder(*plays)
    recorder.first = first
    with recorder.rtp, recorder.rtcp, ScriptedServer(recorder) as server:
        source = replay(
            server.url, credentials=None, from_ns=T0, to_ns=at(COUNT / 25), timeout=0.8, quiet_s=0.3,
            transport=StreamTransport.AUTO,
        )  # fmt: skip
        return list(source), source.transport


def test_all_of_it():
    items, transport = received(datagrams())
    assert numbers(items) == list(range(COUNT))
    assert not kinds(items, Loss)
    # BYE says that no more comes, not that all came: it is asked again, and nothing proves the end
    assert (ended(items).reason, ended(items).proven) == (EndReason.SILENCE, False)
    assert transport == "RTP over UDP, RTSP over TCP"
    [told] = [one for one in kinds(items, Assumption) if one.subject == "transport"]
    assert "461" in told.detail


@pytest.mark.parametrize("missing", [{40}, {41}, {40, 41}, {2 * 30, 2 * 30 + 1, 2 * 31}, set(range(80, 100))])
def test_what_the_network_loses_is_declared(missing):
    """Each picture has two packets: SEI and slice. Whole NAL units of a damaged picture are kept."""
    packets = [packet for number, packet in enumerate(datagrams()) if number not in missing]
    items, _ = received(packets)
    losses = kinds(items, Loss)
    assert sum(loss.packets or 0 for loss in losses) == len(missing)
    assert losses
    untouched = {number for number in range(COUNT) if not {2 * number, 2 * number + 1} & missing}
    delivered = [unit.payload for unit in kinds(items, AccessUnit)]
    whole = {payload(number): number for number in range(COUNT)}
    assert [whole[one] for one in delivered if one in whole] == sorted(untouched)
    assert all(any(one in complete for complete in whole) for one in delivered)


@pytest.mark.parametrize("seed", range(5))
def test_what_the_network_reorders_is_put_in_order(seed):
    packets = datagrams()
    shuffled = []
    chance = random.Random(seed)
    for start in range(0, len(packets), 8):
        part = packets[start : start + 8]
        # the first packet stays: where a sequence begins cannot be known otherwise
        head, rest = (part[:1], part[1:]) if start == 0 else ([], part)
        chance.shuffle(rest)
        shuffled += head + rest
    items, _ = received(shuffled)
    assert numbers(items) == list(range(COUNT))
    assert not kinds(items, Loss)


def test_lost_at_the_end_and_asked_for_again():
    """No later packet shows that the last ones are missing, and BYE comes as if all were well."""
    whole = datagrams()
    items, _ = received(whole[:-30], whole[150:])
    assert numbers(items) == list(range(COUNT))
    assert not kinds(items, Loss)


def test_end_bits_prove_the_end_over_udp_too():
    packets = datagrams()[: 2 * (COUNT - 1)]
    data = picture(COUNT - 1, "E")
    while data:
        size = int.from_bytes(data[2:4], "big")
        packets.append(data[4 : 4 + size])
        data = data[4 + size :]
    items, _ = received(packets)
    assert numbers(items) == list(range(COUNT))
    assert (ended(items).reason, ended(items).proven) == (EndReason.END_BIT, True)


@pytest.mark.parametrize("missing", [1, 2, 30, 50])
def test_what_is_lost_before_the_first_packet_is_known_from_rtp_info(missing):
    items, _ = received(datagrams()[missing:], first=0)
    assert sum(loss.packets or 0 for loss in kinds(items, Loss)) == missing


def test_the_first_two_change_places():
    one, two, *rest = datagrams()
    items, _ = received([two, one, *rest], first=0)
    assert numbers(items) == list(range(COUNT))
    assert not kinds(items, Loss)


@pytest.mark.parametrize("first", [60_000, 5_000, 40])
def test_a_wrong_number_in_rtp_info_loses_nothing(first):
    """Recorders tell any number there: a far one is forgotten, and a packet before the one told begins anew."""
    items, _ = received(datagrams(), first=first)
    assert numbers(items) == list(range(COUNT))
    assert not kinds(items, Loss)
