"""Sessions of the recorder's RTSP side: negotiation, control while playing, authentication, timeouts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.recorder.player import REPLAY, Player, clock
from vssx.digest_auth import AuthenticationClient
from vssx.model.acquisition import Credentials
from vssx.recorder import listener
from vssx.recorder.outgoing import Outgoing
from vssx.recorder.rtp_transport import TransportChoice, UdpTransport, choose_transport
from vssx.recorder.rtsp_server import RtspServer
from vssx.recorder.rtsp_service import RtspService
from vssx.recorder.server import RecorderServer
from vssx.recorder.session import Session
from vssx.rtsp.connection import interleaved
from vssx.rtsp.rtcp import Bye, ReceiverReport, parse_rtcp, serialise_rtcp
from vssx.rtsp.rtp import parse_rtp, replay_extension

VIDEO, AUDIO = "VIDEO001", "AUDIO001"
CREDENTIALS = Credentials(user="Wächter", password="päss")
TCP = ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")


@pytest.fixture
def player(three: str) -> Iterator[Player]:
    with Player(three) as player:
        yield player


def test_options(player: Player) -> None:
    answer = player.request("OPTIONS")
    assert "GET_PARAMETER" in answer.headers.get("Public")
    assert answer.headers.get("Supported") == "onvif-replay"


def test_describe_names_the_tracks(player: Player) -> None:
    answer = player.request("DESCRIBE", ("Accept", "application/sdp"))
    assert answer.headers.get("Content-Base") == f"{player.url}/"
    for line in ("a=x-onvif-track:VIDEO001", "a=x-onvif-track:AUDIO001", "a=range:npt=0-3.008", "s=Küche"):
        assert f"{line}\r\n" in answer.body.decode()


@pytest.mark.parametrize(
    ("method", "tail", "headers", "status"),
    [
        ("DESCRIBE", "x", (), 404),
        ("DESCRIBE", "/VIDEO001", (), 404),
        ("DESCRIBE", "", (("Accept", "text/plain"),), 406),
        ("SETUP", "", (TCP,), 459),
        ("SETUP", "/VIDEO009", (TCP,), 404),
        ("SETUP", "/VIDEO001", (("Transport", "RTP/AVP;multicast"),), 461),
        ("SETUP", "/VIDEO001", (("Transport", "RTP/SAVP;unicast;client_port=5000-5001"),), 461),
        ("SETUP", "/VIDEO001", (), 461),
        ("SETUP", "/VIDEO001", (TCP, ("Require", "flying-carpet, onvif-replay")), 551),
        ("SETUP", "/VIDEO001", (TCP, ("Session", "0123456789abcdef")), 454),
        ("PLAY", "", (REPLAY,), 454),
        ("PAUSE", "", (), 454),
        ("TEARDOWN", "", (), 454),
        ("GET_PARAMETER", "", (("Session", "nothing"),), 454),
        ("OPTIONS", "", (("Session", "nothing"),), 454),
        ("ANNOUNCE", "", (), 405),
        ("SIT", "", (), 501),
    ],
)
def test_refusals(player: Player, method: str, tail: str, headers: tuple[tuple[str, str], ...], status: int) -> None:
    answer = player.request(method, *headers, url=player.url + tail)
    assert answer.status == status
    if status == 551:
        assert answer.headers.get("Unsupported") == "flying-carpet"


def test_garbage_ends_the_connection_and_nothing_else(recorder: RecorderServer, three: str) -> None:
    with socket.create_connection(("127.0.0.1", recorder.rtsp_port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + bytes(300_000))
        while _received(connection):
            pass
    with Player(three) as player:
        assert player.request("OPTIONS").status == 200


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(4096)
    except ConnectionResetError:
        return b""


def test_two_sessions_at_once(three: str) -> None:
    with Player(three) as first, Player(three) as second:
        for player in (first, second):
            player.setup()
            player.play()
        units = [list(player.units()) for player in (first, second)]
    assert [unit.raw.nal_units for unit in units[0]] == [unit.raw.nal_units for unit in units[1]]


def test_teardown_ends_the_session(player: Player) -> None:
    player.setup(VIDEO)
    session = ("Session", player.connection.session)
    assert player.request("TEARDOWN").status == 200
    assert player.request("PLAY", session).status == 454


def test_setup_while_playing_is_refused(player: Player) -> None:
    player.setup(VIDEO)
    player.play(rate_control="yes")
    transport = ("Transport", "RTP/AVP/TCP;unicast;interleaved=8-9")
    assert player.request("SETUP", transport, url=f"{player.url}/{AUDIO}").status == 455


def test_pause_and_play_again(player: Player) -> None:
    player.setup(VIDEO)
    first = player.play(rate_control="yes")
    units = player.units()
    early = [next(units) for _ in range(3)]
    assert player.request("PAUSE").status == 200
    second = player.play()
    assert second.cseq != first.cseq
    rest = [unit for unit in units if unit.extension.cseq == (second.cseq or 0) & 0xFF]
    assert "D" in rest[0].flags
    assert "C" in rest[0].flags
    assert rest[0].extension.utc_ns <= early[-1].extension.utc_ns
    assert rest[-1].flags.endswith("T")


def test_immediate_replaces_what_is_played(player: Player) -> None:
    player.setup(VIDEO)
    player.play(rate_control="yes")
    units = player.units()
    next(units)
    answer = player.play(("Immediate", "yes"), clock("20240501T120101.5Z"))
    rest = list(units)
    changed = [unit for unit in rest if unit.extension.cseq == (answer.cseq or 0) & 0xFF]
    assert len(rest) - len(changed) < 74
    assert changed[0].flags == "CD"
    assert changed[-1].flags.endswith("T")


def test_play_without_immediate_waits_its_turn(player: Player) -> None:
    player.setup(VIDEO)
    first = player.play(("Range", "npt=0-0.4"), rate_control="yes")
    second = player.play(("Range", "npt=2.4-"))
    order = [unit.extension.cseq for unit in player.units()]
    assert order == sorted(order)
    assert set(order) == {first.cseq, second.cseq}


def test_play_while_playing_without_a_range_goes_on(player: Player) -> None:
    player.setup(VIDEO)
    first = player.play(("Range", "npt=0-0.4"), rate_control="yes")
    assert player.request("PLAY", REPLAY).status == 200
    assert {unit.extension.cseq for unit in player.units()} == {first.cseq}


def test_udp(three: str) -> None:
    receivers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for one in receivers:
        one.bind(("127.0.0.1", 0))
        one.settimeout(10)
    ports = "-".join(str(one.getsockname()[1]) for one in receivers)
    with Player(three) as player:
        transport = ("Transport", f"RTP/AVP;unicast;client_port={ports},RTP/AVP/TCP;interleaved=0-1")
        answer = player.request("SETUP", transport, REPLAY, url=f"{player.url}/{VIDEO}")
        assert f"client_port={ports}" in answer.headers.get("Transport")
        player.play()
        while not any(isinstance(packet, Bye) for packet in parse_rtcp(receivers[1].recv(2048))):
            pass
        receivers[0].settimeout(0.5)
        starts, sequence = [], []
        for packet in map(parse_rtp, iter(lambda: _datagram(receivers[0]), b"")):
            sequence.append(packet.sequence)
            starts += [extension] if (extension := replay_extension(packet)) is not None else []
    assert len(starts) == 75
    assert sequence == [(sequence[0] + number) & 0xFFFF for number in range(len(sequence))]
    for one in receivers:
        one.close()


def _datagram(receiver: socket.socket) -> bytes:
    """What waits in the socket; nothing ends it, as the last packet came before the BYE that was seen."""
    try:
        return receiver.recv(2048)
    except TimeoutError:
        return b""


@pytest.mark.parametrize(
    ("header", "choice"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=2-3", TransportChoice(interleaved=True, numbers=(2, 3))),
        ("rtp/avp/tcp;interleaved=4", TransportChoice(interleaved=True, numbers=(4, 5))),
        ("RTP/AVP/TCP", TransportChoice(interleaved=True, numbers=None)),
        ("RTP/AVP/UDP;client_port=5000-5001;mode=play", TransportChoice(interleaved=False, numbers=(5000, 5001))),
        ("RTP/AVP;multicast,RTP/AVP;client_port=6000-6001", TransportChoice(interleaved=False, numbers=(6000, 6001))),
        ("RTP/AVP;client_port=0-1", None),
        ("RTP/AVP;client_port=5000-5000", None),
        ("RTP/AVP;client_port=65535-65536", None),
        ("RTP/AVP/TCP;interleaved=254-256", None),
        ("RTP/AVP/TCP;mode=record", None),
        ("", None),
    ],
)
def test_choice_of_transport(header: str, choice: TransportChoice | None) -> None:
    assert choose_transport(header) == choice


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest(recordings: Path, algorithm: str) -> None:
    with RecorderServer(recordings, credentials=CREDENTIALS) as recorder, Player(f"{recorder.rtsp_url}three") as player:
        refused = player.request("DESCRIBE")
        assert refused.status == 401
        offered = [value for value in refused.headers.get_all("WWW-Authenticate") if f"algorithm={algorithm}" in value]
        for password, status in (("wrong", 401), (CREDENTIALS.password, 200)):
            client = AuthenticationClient(Credentials(user=CREDENTIALS.user, password=password))
            client.challenged(offered, retried=False)
            header = ("Authorization", client.authorization("DESCRIBE", player.url) or "")
            assert player.request("DESCRIBE", header).status == status


@contextmanager
def serving(service: RtspService) -> Iterator[str]:
    """An RTSP port of its own; gives the address of its recordings."""
    server = RtspServer(("127.0.0.1", 0), service)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    service.start()
    yield f"rtsp://127.0.0.1:{server.server_address[1]}/recordings/"
    server.shutdown()
    server.server_close()
    service.close()
    thread.join()


def service_of(recorder: RecorderServer, *, session_timeout_s: int = 60, idle_s: float = 60) -> RtspService:
    return RtspService(
        recorder.store,
        None,
        session_timeout_s=lambda: session_timeout_s,
        on_error=lambda _: None,
        outgoing=Outgoing(),
        idle_s=idle_s,
    )


def test_session_of_a_silent_client_ends(recorder: RecorderServer) -> None:
    service = service_of(recorder, session_timeout_s=1)
    with serving(service) as url, Player(f"{url}three") as player:
        player.setup(VIDEO)
        assert ";timeout=1" in player.request("GET_PARAMETER").headers.get("Session")
        while player.socket.recv(1 << 16):
            pass
        assert not service.sessions.all()


def test_connection_without_a_session_ends_when_it_is_silent(recorder: RecorderServer) -> None:
    service = service_of(recorder, idle_s=0.5)
    with serving(service) as url, Player(f"{url}three") as player, Player(f"{url}three") as other:
        player.setup(VIDEO)
        assert other.request("DESCRIBE").status == 200
        assert other.socket.recv(1) == b""
        assert player.request("GET_PARAMETER").status == 200  # silent as long, but its session lives


def test_too_many_connections_are_told_so(recorder: RecorderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 1)
    with serving(service_of(recorder)) as url, Player(f"{url}three") as player:
        assert player.request("DESCRIBE").status == 200
        host, port = url.split("/")[2].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10) as second:
            assert second.recv(100).startswith(b"RTSP/1.0 503 ")


def test_signs_of_life(recorder: RecorderServer) -> None:
    now = 0.0
    session = Session(recorder.store.recordings[0], 60, outgoing=Outgoing(), clock=lambda: now)
    now = 59.0
    assert not session.is_expired()
    session.touch()
    now = 118.0
    assert not session.is_expired()
    now = 120.0
    assert session.is_expired()
    transport = UdpTransport("127.0.0.1", "127.0.0.1", (5000, 5001))
    session.add_stream(recorder.store.recordings[0].tracks[0], "", transport)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(serialise_rtcp(ReceiverReport(ssrc=1)), ("127.0.0.1", transport.ports[1]))
    assert not session.is_expired()
    session.close()


def test_interleaved_receiver_report_is_a_sign_of_life(recorder: RecorderServer, player: Player) -> None:
    player.setup(VIDEO)
    session = next(one for one in recorder._service.sessions.all() if one.identifier == player.connection.session)
    touched = threading.Event()
    session.touch = touched.set  # type: ignore[method-assign]
    player.socket.sendall(interleaved(1, serialise_rtcp(ReceiverReport(ssrc=1))))
    assert touched.wait(10)


def test_connection_lost_ends_its_sessions(recorder: RecorderServer, three: str) -> None:
    with Player(three) as player:
        player.setup(VIDEO)
        player.play(rate_control="yes")
        identifier = player.connection.session
    deadline = threading.Event()
    for _ in range(100):
        if recorder._service.sessions.find(identifier) is None:
            return
        deadline.wait(0.05)
    pytest.fail("the session lives on")


def test_sockets_closed_by_another_thread_are_silent() -> None:
    """The thread that looks for timeouts must outlive a session that ends while it looks."""
    transport = UdpTransport("127.0.0.1", "127.0.0.1", (5000, 5001))
    transport.close()
    assert not transport.heard_from_client()
