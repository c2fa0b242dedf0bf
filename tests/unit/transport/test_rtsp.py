"""The RTSP client against a scripted server on loopback."""

from __future__ import annotations

import socket
import time

import pytest

from tests.unit.transport.rtsp_server import ScriptedServer
from vssx.digest_auth import AuthenticationServer, Verdict
from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError
from vssx.model.acquisition import Credentials
from vssx.rtsp.connection import interleaved
from vssx.rtsp.message import serialise_request, serialise_response
from vssx.rtsp.session import interleaved_channels, split_url
from vssx.transport.rtsp import RefusedError, RtspClient

USER = Credentials(user="admin", password="geheim")
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\na=control:*\r\n"
    b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\na=x-onvif-track:VIDEO001\r\n"
)


def usual(server, request):
    """A server that takes everything; only the form of the URL that players make of a query is known to it."""
    headers = []
    match request.method:
        case "DESCRIBE":
            return server.codec.response(request.cseq, 200, [("Content-Type", "application/sdp")], SDP)
        case "OPTIONS":
            headers = [("Public", "DESCRIBE, SETUP, PLAY, GET_PARAMETER")]
        case "SETUP":
            if not request.uri.endswith("/rec/trackID=1?token=1"):
                return server.codec.response(request.cseq, 404)
            headers = [("Session", "S1;timeout=60"), ("Transport", "RTP/AVP/TCP;unicast;interleaved=4-5")]
        case "PLAY":
            response = server.codec.response(request.cseq, 200, [("Session", "S1")])
            return interleaved(4, b"early") + response + b"".join(interleaved(4, bytes([n])) for n in range(5))
        case "TEARDOWN":
            assert request.headers.get("Session") == "S1"
    return server.codec.response(request.cseq, 200, headers)


def test_a_session_from_describe_to_teardown():
    events = []
    with ScriptedServer(usual) as server:
        with RtspClient(server.url.replace("rtsp://", "RTSP://u:p@"), timeout_s=5, observe=events.append) as client:
            client.options()
            description = client.describe([("Require", "onvif-replay")])
            media = description.session.media[0]
            setup = client.setup(description.track_urls(media), rtp_channel=0, headers=[("Require", "onvif-replay")])
            assert (setup.rtp_channel, setup.rtcp_channel) == (4, 5)
            assert setup.url.endswith("/rec/trackID=1?token=1")
            client.play(description.aggregate_url, [("Range", "clock=20240101T000000Z-")])
            frames = client.packets(silence_s=5)
            # a consumer that stops half-way and asks something in between loses nothing
            got = [bytes(next(frames)[1])]
            frames.close()
            assert client.is_alive()
            frames = client.packets(silence_s=0.05)
            (run,) = [frame for frame in frames if frame[0] == 4]
            got += [bytes(content) for content in run.contents()]
            assert got == [b"early", *(bytes([n]) for n in range(5))]
        methods = [request.method for request in server.requests]
        assert methods == ["OPTIONS", "DESCRIBE", "SETUP", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"]
        assert server.requests[4].headers.get("Session") == "S1"
    assert [event.detail["method"] for event in events] == methods
    assert all("u:p" not in str(event) for event in events)
    assert [event.detail["status"] for event in events if event.detail["method"] == "SETUP"] == [404, 200]
    assert [event.detail["cseq"] for event in events] == list(range(1, 8))


@pytest.mark.parametrize("closes", [False, True])
def test_digest(closes):
    judge = AuthenticationServer(credentials=USER)

    def answer(server, request):
        if judge.verify(request.headers.get("Authorization"), request.method, request.uri) is Verdict.ACCEPTED:
            return usual(server, request)
        headers = [("WWW-Authenticate", value) for value in judge.challenges()]
        response = server.codec.response(request.cseq, 401, headers)
        if closes:  # as some cameras do
            server.peer.sendall(response)
            return None
        return response

    with ScriptedServer(answer) as server, RtspClient(server.url, USER, timeout_s=5) as client:
        client.describe()
        client.options()
        assert len(server.requests) == 3, "the nonce is used again, without another 401"
        assert server.connections == 1 + closes


def test_stale_nonce_in_the_middle_and_a_wrong_password():
    now = 0.0
    judge = AuthenticationServer(credentials=USER, clock=lambda: now)

    def answer(server, request):
        verdict = judge.verify(request.headers.get("Authorization"), request.method, request.uri)
        if verdict is Verdict.ACCEPTED:
            return usual(server, request)
        stale = verdict is Verdict.STALE
        headers = [("WWW-Authenticate", value) for value in judge.challenges(stale=stale)]
        return server.codec.response(request.cseq, 401, headers)

    with ScriptedServer(answer) as server:
        with RtspClient(server.url, USER, timeout_s=5) as client:
            client.options()
            now = 1000.0
            client.options()
            assert len(server.requests) == 4
        server.requests.clear()
        with (
            RtspClient(server.url, Credentials(user="admin", password="falsch"), timeout_s=5) as client,
            pytest.raises(NotAuthenticatedError) as caught,
        ):
            client.options()
        assert len(server.requests) == 2, "a wrong password is sent once: recorders lock accounts"
        assert "falsch" not in str(caught.value)
        with RtspClient(server.url, timeout_s=5) as client, pytest.raises(NotAuthenticatedError, match="--user"):
            client.options()


def test_the_next_nonce_is_taken_from_the_answer():
    """RFC 7616 section 3.5: with it no request has to be sent twice."""
    numbers = iter(range(1, 100))
    current = ["n0"]
    unauthorized = []

    def answer(server, request):
        given = request.headers.get("Authorization")
        if f'nonce="{current[0]}"' not in given or "nc=00000001" not in given:
            unauthorized.append(request.method)
            headers = [("WWW-Authenticate", f'Digest realm="x", qop="auth", nonce="{current[0]}"')]
            return server.codec.response(request.cseq, 401, headers)
        current[0] = f"n{next(numbers)}"
        headers = [("Session", "S1"), ("Authentication-Info", f'qop=auth, nextnonce="{current[0]}"')]
        media = interleaved(0, b"x") if request.method == "PLAY" else b""
        return server.codec.response(request.cseq, 200, headers) + media

    with ScriptedServer(answer) as server, RtspClient(server.url, USER, timeout_s=5) as client:
        client.options()
        client.setup([client.url], rtp_channel=0)
        client.play(client.url)
        client.keep_alive()
        assert [bytes(content) for _, content in client.packets(silence_s=0.3)] == [b"x"]
        assert client.is_alive()
    assert unauthorized == ["OPTIONS"]


@pytest.mark.parametrize("value", ['nextnonce="', "\x01", "x" * 20_000, "nextnonce=", "=,;"])
def test_authentication_info_that_makes_no_sense_is_passed_over(value):
    judge = AuthenticationServer(credentials=USER)

    def answer(server, request):
        if judge.verify(request.headers.get("Authorization"), request.method, request.uri) is Verdict.ACCEPTED:
            text = b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nAuthentication-Info: %s\r\n\r\n"
            return text % (request.cseq, value[:7000].encode("latin-1"))
        headers = [("WWW-Authenticate", one) for one in judge.challenges()]
        return server.codec.response(request.cseq, 401, headers)

    with ScriptedServer(answer) as server, RtspClient(server.url, USER, timeout_s=5) as client:
        client.options()
        client.options()
        assert len(server.requests) == 3


def test_whether_a_server_lives_is_a_question_not_an_error():
    """A password that was changed meanwhile: the next request says so, with what to do about it."""
    judge = AuthenticationServer(credentials=USER)
    refuse = []

    def answer(server, request):
        if (
            not refuse
            and judge.verify(request.headers.get("Authorization"), request.method, request.uri) is Verdict.ACCEPTED
        ):
            return usual(server, request)
        headers = [("WWW-Authenticate", one) for one in judge.challenges()]
        return server.codec.response(request.cseq, 401, headers)

    with ScriptedServer(answer) as server, RtspClient(server.url, USER, timeout_s=5) as client:
        client.options()
        assert client.is_alive()
        refuse.append(True)
        assert not client.is_alive()
        with pytest.raises(NotAuthenticatedError, match="wrong"):
            client.options()


def test_keep_alives_go_out_while_media_comes():
    def answer(server, request):
        if request.method == "SETUP":
            return server.codec.response(request.cseq, 200, [("Session", "S1;timeout=1")])
        if request.method == "GET_PARAMETER":
            assert request.headers.get("Session") == "S1"
            return interleaved(0, b"a") + server.codec.response(request.cseq, 501) + interleaved(0, b"b")
        if request.method == "OPTIONS" and "Session" in request.headers:
            return server.codec.response(request.cseq, 454)
        if request.method == "PLAY":
            return server.codec.response(request.cseq, 200)
        return usual(server, request)

    with ScriptedServer(answer) as server, RtspClient(server.url, timeout_s=5) as client:
        client.options()
        client.setup([client.url], rtp_channel=0)
        client.play(client.url)
        assert client.keep_alive_interval_s == 1
        frames = client.packets(silence_s=2.5)
        assert [bytes(next(frames)[1]), bytes(next(frames)[1])] == [b"a", b"b"]
        assert list(frames) == []
        asked = len(server.requests)
        assert not client.is_alive()
        assert len(server.requests) == asked, "OPTIONS followed GET_PARAMETER, and told of the lost session already"
    assert [request.method for request in server.requests].count("GET_PARAMETER") == 1


def test_requests_of_the_server_are_answered():
    seen = []

    def answer(server, request):
        if request.method == "PLAY":
            out = serialise_request("OPTIONS", "*", [("CSeq", "77")]) + serialise_request(
                "REDIRECT", "*", [("CSeq", "78")]
            )
            return server.codec.response(request.cseq, 200) + out + interleaved(0, b"x")
        return usual(server, request)

    with ScriptedServer(answer) as server, RtspClient(server.url, timeout_s=5, observe=seen.append) as client:
        client.play(client.url)
        assert [bytes(content) for _, content in client.packets(silence_s=0.05)] == [b"x"]
    assert [(e.detail["method"], e.detail["status"]) for e in seen if "from" in e.detail] == [
        ("OPTIONS", 200),
        ("REDIRECT", 501),
    ]


def test_garbage_between_messages_is_reported():
    seen = []

    def answer(server, request):
        out = server.codec.response(request.cseq, 200)
        return out + b"\x00\x01rubbish" + interleaved(0, b"\x80after") if request.method == "PLAY" else out

    with ScriptedServer(answer) as server, RtspClient(server.url, timeout_s=5, observe=seen.append) as client:
        client.play(client.url)
        assert [bytes(content) for _, content in client.packets(silence_s=0.05)] == [b"\x80after"]
    notes = [event.detail["text"] for event in seen if event.kind == "note"]
    assert len(notes) == 1
    assert notes[0].startswith("9 bytes")


def test_a_flood_of_requests_and_garbage_is_summed_up():
    seen = []

    def answer(server, request):
        if request.method == "PLAY":
            flood = serialise_request("OPTIONS", "*", [("CSeq", "77")]) + b"rubbish" + interleaved(0, b"\x80after")
            return server.codec.response(request.cseq, 200) + flood * 150
        return usual(server, request)

    with ScriptedServer(answer) as server, RtspClient(server.url, timeout_s=5, observe=seen.append) as client:
        client.play(client.url)
        list(client.packets(silence_s=0.05))
    assert len([event for event in seen if "from" in event.detail]) == 100
    notes = [event.detail["text"] for event in seen if event.kind == "note"]
    assert len([note for note in notes if note.startswith("7 bytes")]) == 100
    assert "the recorder sent 150 requests, which were answered, 150 with 200" in notes[-2]
    assert "1050 bytes made no sense and were passed over, 150 times" in notes[-1]


def test_connection_that_breaks_gives_what_came_first():
    def answer(server, request):
        server.peer.sendall(server.codec.response(request.cseq, 200) + interleaved(0, b"x") + b"$\x00\x00\x09cut")
        return

    with ScriptedServer(answer) as server, RtspClient(server.url, timeout_s=5) as client:
        client.play(client.url)
        frames = client.packets(silence_s=5)
        assert bytes(next(frames)[1]) == b"x"
        with pytest.raises(RecorderUnreachableError, match="closed the connection"):
            next(frames)


def test_no_server():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RecorderUnreachableError, match=str(port)):
        RtspClient(f"rtsp://127.0.0.1:{port}/", timeout_s=5).describe()


def test_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with RtspClient(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.1) as client:
            start = time.monotonic()
            with pytest.raises(RecorderUnreachableError, match="no answer to OPTIONS"):
                client.options()
            assert time.monotonic() - start < 5


def test_not_an_rtsp_server():
    with ScriptedServer(lambda *_: b"SSH-2.0-OpenSSH_9.6\r\n" * 20000) as server:
        with RtspClient(server.url, timeout_s=5) as client, pytest.raises(ProtocolError, match="no RTSP") as caught:
            client.options()
        assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize(("status", "error"), [(403, NotAuthenticatedError), (551, RefusedError), (302, RefusedError)])
def test_refusals(status, error):
    with ScriptedServer(lambda server, request: server.codec.response(request.cseq, status)) as server:
        with RtspClient(server.url, timeout_s=5) as client, pytest.raises(error) as caught:
            client.setup([client.url], rtp_channel=0)
        assert getattr(caught.value, "status", 403) == status


def test_setup_answered_with_udp():
    def answer(server, request):
        return server.codec.response(request.cseq, 200, [("Transport", "RTP/AVP;unicast;client_port=1-2")])

    with ScriptedServer(answer) as server, RtspClient(server.url, timeout_s=5) as client:
        with pytest.raises(ProtocolError, match="another transport"):
            client.setup([client.url], rtp_channel=0)


def test_a_broken_session_is_not_kept_by_a_new_connection():
    def answer(server, request):
        return None if request.method == "PLAY" else usual(server, request)

    with ScriptedServer(answer) as server, RtspClient(server.url, timeout_s=5) as client:
        client.setup([client.url.replace("?", "/trackID=1?")], rtp_channel=0)
        with pytest.raises(RecorderUnreachableError):
            client.play(client.url)
        client.options()
        assert "Session" not in server.requests[-1].headers


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://h/p", "rtsp://h/p"),
        ("RTSP://Host:8554/P?a=b&c=%20#f", "rtsp://host:8554/P?a=b&c=%20"),
        ("rtsp://u:p%40@[::1]:554/x y", "rtsp://[::1]:554/x%20y"),
        ("rtsp://h/ü", "rtsp://h/%C3%BC"),
        ("RTSPS://h/", "rtsps://h/"),
    ],
)
def test_split_url(url, expected):
    assert split_url(url)[0] == expected


def test_split_url_credentials():
    assert split_url("rtsp://us%65r:p%40ss@h/")[1] == Credentials(user="user", password="p@ss")
    assert split_url("rtsp://h/")[1] is None


@pytest.mark.parametrize(
    "url", ["", "http://h/", "https://h/", "rtspu://h/", "rtsp:///x", "rtsp://h:99999/", "rtsp://[::1/", "/rec"]
)
def test_split_url_refuses(url):
    with pytest.raises(ProtocolError):
        split_url(url)


def test_interleaved_channels():
    assert interleaved_channels("RTP/AVP/TCP;unicast;Interleaved=2-3;ssrc=1", 0) == (2, 3)
    assert interleaved_channels("RTP/AVP/TCP;interleaved=6", 0) == (6, 7)
    assert interleaved_channels("", 8) == (8, 9)
    assert interleaved_channels("RTP/AVP/TCP;unicast", 8) == (8, 9)
    for text in ("RTP/AVP;unicast;client_port=1-2", "RTP/AVP/TCP;interleaved=900-901"):
        with pytest.raises(ProtocolError):
            interleaved_channels(text, 0)


def test_response_without_cseq_answers_the_only_request():
    with ScriptedServer(lambda *_: serialise_response(200, [("Public", "PLAY")])) as server:
        with RtspClient(server.url, timeout_s=5) as client:
            assert client.options() == {"PLAY"}


def test_media_that_still_comes_while_a_session_is_ended_is_dropped(monkeypatch):
    """A fast recorder sends more until it hears of TEARDOWN than anybody wants to keep; its answer counts."""
    monkeypatch.setattr("vssx.transport.rtsp_connection._MAX_QUEUED", 50_000)

    def flooding(server, request):
        answer = usual(server, request)
        return interleaved(4, bytes(1000)) * 100 + answer if request.method == "TEARDOWN" else answer

    events = []
    with ScriptedServer(flooding) as server, RtspClient(server.url, timeout_s=5, observe=events.append) as client:
        media = client.describe().session.media[0]
        client.setup([f"{server.url.partition('?')[0]}/{media.control}?token=1"], rtp_channel=0)
    assert [(event.kind, event.detail.get("method"), event.detail.get("status")) for event in events][-1] == (
        "rtsp", "TEARDOWN", 200,
    )  # fmt: skip


@pytest.mark.parametrize("url", ["rtsp://u:geheim@h:99999/", f"rtsp://{'u' * 90}:geheim@h:x/"])
def test_no_password_in_the_message_about_an_address_that_is_none(url):
    with pytest.raises(ProtocolError) as caught:
        split_url(url)
    assert "geheim" not in str(caught.value) and "uuu" not in str(caught.value)
