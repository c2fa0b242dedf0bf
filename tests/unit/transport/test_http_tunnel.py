"""RTSP through HTTP: what servers do with the two connections, and which way is taken when."""

from __future__ import annotations

import socket

import pytest

from tests.unit.transport.http_server import Log
from tests.unit.transport.rtsp_server import ScriptedServer
from tests.unit.transport.tls_certificates import Issued
from tests.unit.transport.tunnel_server import Seen, TunnelServer
from vssx.digest_auth import AuthenticationClient, AuthenticationServer, Verdict
from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError, VssxError
from vssx.model.acquisition import Credentials
from vssx.model.network import StreamTransport, TlsPolicy
from vssx.rtsp.connection import ServerConnection, interleaved
from vssx.transport.busy import RecorderBusyError
from vssx.transport.http_tunnel import POST_LENGTH, HttpTunnel, TunnelEntry, TunnelRefusedError
from vssx.transport.rtsp import RtspClient

USER = Credentials(user="admin", password="geheim")
CODEC = ServerConnection()
HTTP = StreamTransport.HTTP


def usual(request):
    extra = [("Session", "S1"), ("Transport", "RTP/AVP/TCP;interleaved=0-1")] if request.method == "SETUP" else []
    answer = CODEC.response(request.cseq, 200, extra)
    return answer + interleaved(0, b"\x80media") if request.method == "PLAY" else answer


def play(client: RtspClient) -> None:
    """OPTIONS, SETUP, PLAY, a packet, and whether the session lives."""
    client.options()
    client.setup([client.url], rtp_channel=0)
    client.play(client.url)
    assert bytes(next(client.packets(silence_s=5))[1]) == b"\x80media"
    assert client.is_alive()


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("reply", [b"", b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"])
def test_posts_that_are_closed(after, reply):
    """Some recorders close the POST behind each request, answered or not; a new one carries the next request."""
    with TunnelServer(answer=usual, close_post_after=after, reply=reply) as server:
        url = f"http://127.0.0.1:{server.port}/rec?token=1"
        with RtspClient(url, timeout_s=5) as client:
            play(client)
            assert client.transport == "RTP over RTSP over HTTP over TCP (interleaved)"
    assert [request.method for request in server.requests] == ["OPTIONS", "SETUP", "PLAY", "OPTIONS", "TEARDOWN"]
    assert server.requests[0].uri == f"rtsp://127.0.0.1:{server.port}/rec?token=1"
    assert len(server.posts()) == 1 if after == 0 else len(server.posts()) >= 3
    assert server.http[0].line == "GET /rec?token=1 HTTP/1.0"
    assert {seen.headers["x-sessioncookie"] for seen in server.http} == {server.http[0].headers["x-sessioncookie"]}
    assert {seen.headers["content-length"] for seen in server.posts()} == {str(POST_LENGTH)}


def test_a_post_that_is_used_up():
    """What a POST announced is never exceeded, and no message is split over two."""
    with TunnelServer(answer=usual) as server:
        with RtspClient(f"http://127.0.0.1:{server.port}/", timeout_s=5) as client:
            for _ in range(30):
                client.request("OPTIONS", headers=[("X-Filling", "x" * 2000)])
    assert len(server.requests) == 30
    assert len(server.posts()) > 2
    assert all(POST_LENGTH - 4000 < seen.body <= POST_LENGTH for seen in server.posts()[:-1])


def test_a_message_longer_than_a_post():
    with TunnelServer(answer=usual) as server:
        with RtspClient(f"http://127.0.0.1:{server.port}/", timeout_s=5) as client:
            client.request("SET_PARAMETER", body=b"x" * 40_000)
    assert len(server.requests[0].body) == 40_000
    assert int(server.posts()[0].headers["content-length"]) > 40_000


@pytest.mark.parametrize("status", [400, 411, 413])
def test_a_server_that_wants_the_exact_length(status):
    log = Log()

    def gate(seen: Seen) -> bytes | None:
        exact = seen.method == "GET" or seen.headers["content-length"] != str(POST_LENGTH)
        return None if exact else b"HTTP/1.0 %d No\r\n\r\n" % status

    with TunnelServer(answer=usual, gate=gate) as server:
        with RtspClient(f"http://127.0.0.1:{server.port}/", timeout_s=5, observe=log) as client:
            play(client)
    lengths = [int(seen.headers["content-length"]) for seen in server.posts()]
    assert lengths[0] == POST_LENGTH
    assert lengths[1:] == [seen.body for seen in server.posts()[1:]]
    assert len(lengths) == 6
    assert {"method": "POST", "status": status}.items() <= log.of("rtsp")[0].items()


@pytest.mark.parametrize("challenged", ["GET", "POST", "both"])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_on_either_connection(challenged, algorithm):
    judge = AuthenticationServer(credentials=USER, algorithms=(algorithm,))

    def gate(seen: Seen) -> bytes | None:
        if challenged not in (seen.method, "both"):
            return None
        method, target, _ = seen.line.split()
        if judge.verify(seen.headers.get("authorization"), method, target) is Verdict.ACCEPTED:
            return None
        [value] = judge.challenges()
        return f"HTTP/1.0 401 No\r\nWWW-Authenticate: {value}\r\n\r\n".encode("latin-1")

    def answer(request):
        if judge.verify(request.headers.get("Authorization"), request.method, request.uri) is Verdict.ACCEPTED:
            return usual(request)
        return CODEC.response(request.cseq, 401, [("WWW-Authenticate", value) for value in judge.challenges()])

    with TunnelServer(answer=answer, gate=gate, close_post_after=2) as server:
        url = f"http://127.0.0.1:{server.port}/rec?x=1"
        with RtspClient(url, USER, timeout_s=5) as client:
            play(client)
        wrong = Credentials(user="admin", password="falsch")
        with RtspClient(url, wrong, timeout_s=5) as client, pytest.raises(NotAuthenticatedError) as caught:
            client.options()
        assert "falsch" not in str(caught.value)
        with RtspClient(url, None, timeout_s=5) as client, pytest.raises(NotAuthenticatedError, match="--user"):
            client.options()


REFUSALS = [
    (b"HTTP/1.0 404 Not Found\r\n\r\n", TunnelRefusedError, "404.*--transport tcp"),
    (b"HTTP/1.0 403 Forbidden\r\n\r\n", NotAuthenticatedError, "forbidden"),
    (b"HTTP/1.0 503 Busy\r\n\r\n", RecorderBusyError, "busy"),
    (b"RTSP/1.0 200 OK\r\n\r\n", ProtocolError, "no HTTP answer"),
    (b"HTTP/1.0 200 OK\r\nX: " + b"y" * 40_000, ProtocolError, "does not end"),
]


@pytest.mark.parametrize(
    ("method", "answer", "error", "message"),
    [
        *(("GET", *refusal) for refusal in REFUSALS),
        *(("POST", *refusal) for refusal in REFUSALS),
        ("GET", b"", RecorderUnreachableError, "without an answer"),
    ],
)
def test_refusals(method, answer, error, message):
    with TunnelServer(answer=usual, gate=lambda seen: answer if seen.method == method else None) as server:
        with RtspClient(f"http://127.0.0.1:{server.port}/", timeout_s=5) as client, pytest.raises(error, match=message):
            client.options()


@pytest.mark.parametrize(
    "answer",
    [
        b"\r\n\r\n",
        b"HTTP/1.0\r\n\r\n",
        b"HTTP/1.0 2x0 OK\r\n\r\n",
        b"HTTP/1.0 \xb2\xb2\xb2 OK\r\n\r\n",
        b"HTTP/1.0 99999 OK\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"\x00" * 70_000,
        b"HTTP/1.0 401 No\r\n\r\n",
        b"HTTP/1.0 401 No\r\nWWW-Authenticate: Digest\r\n\r\n",
        b"HTTP/1.0 401 No\r\nWWW-Authenticate: \x01\r\n\r\n",
    ],
)
def test_answers_that_make_no_sense(answer):
    with TunnelServer(answer=usual, gate=lambda _seen: answer) as server:
        with RtspClient(f"http://127.0.0.1:{server.port}/", USER, timeout_s=2) as client, pytest.raises(VssxError):
            client.options()


def test_media_in_one_piece_with_the_head():
    with TunnelServer(answer=usual, greeting=interleaved(0, b"\x80early")) as server:
        with RtspClient(f"http://127.0.0.1:{server.port}/", timeout_s=5) as client:
            client.options()
            assert bytes(next(client.packets(silence_s=5))[1]) == b"\x80early"


def test_a_tunnel_that_breaks_is_made_anew():
    log = Log()
    with TunnelServer(answer=lambda request: b"" if request.method == "PLAY" else usual(request)) as server:
        with RtspClient(f"http://127.0.0.1:{server.port}/", timeout_s=0.3, observe=log) as client:
            client.options()
            with pytest.raises(RecorderUnreachableError, match="no answer to PLAY"):
                client.play(client.url)
            client.close()
            client.options()
    cookies = {seen.headers["x-sessioncookie"] for seen in server.http}
    assert len(cookies) == 2


def test_over_https(tmp_path):
    issued = Issued(tmp_path)
    log = Log()
    with TunnelServer(answer=usual, tls=issued.context(), close_post_after=1) as server:
        url = f"https://127.0.0.1:{server.port}/rec"
        with RtspClient(url, timeout_s=5, tls=TlsPolicy(ca_file=issued.ca), observe=log) as client:
            play(client)
            assert client.transport == "RTP over RTSP over HTTPS over TCP (interleaved)"
        with RtspClient(url, timeout_s=5) as client, pytest.raises(RecorderUnreachableError, match="unknown authority"):
            client.options()
    assert len(log.of("tls")) == 1, "told once, though there were six connections"


# which way


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def test_the_rtsp_port_is_closed_and_http_answers():
    log = Log()
    with TunnelServer(answer=usual) as server:
        port = unused_port()
        client = RtspClient(
            f"rtsp://127.0.0.1:{port}/rec?a=b",
            timeout_s=5,
            observe=log,
            http_address=f"http://127.0.0.1:{server.port}/onvif/device_service",
        )
        with client:
            play(client)
            [told] = client.assumptions
    assert (told.subject, f"127.0.0.1:{server.port}" in told.detail, str(port) in told.detail) == (
        "transport",
        True,
        True,
    )
    assert log.of("note")[-1]["text"] == told.detail
    assert server.http[0].line == "GET /rec?a=b HTTP/1.0"
    assert server.requests[0].uri == f"rtsp://127.0.0.1:{port}/rec?a=b"


def test_neither_answers():
    port, http_port = unused_port(), unused_port()
    client = RtspClient(f"rtsp://127.0.0.1:{port}/", timeout_s=5, http_address=f"http://127.0.0.1:{http_port}/x")
    with client, pytest.raises(RecorderUnreachableError, match=f":{port}.*refused"):
        client.options()


@pytest.mark.parametrize("transport", [StreamTransport.TCP, StreamTransport.UDP])
def test_who_asked_for_another_way_gets_no_tunnel(transport):
    with TunnelServer(answer=usual) as server:
        client = RtspClient(
            f"rtsp://127.0.0.1:{unused_port()}/",
            timeout_s=5,
            transport=transport,
            http_address=f"http://127.0.0.1:{server.port}/",
        )
        with client, pytest.raises(RecorderUnreachableError):
            client.options()
    assert not server.http


def test_a_tunnel_at_the_rtsp_port_where_the_http_server_knows_none():
    """GStreamer and others take the GET at their RTSP port."""
    with (
        TunnelServer(answer=usual) as rtsp,
        TunnelServer(answer=usual, gate=lambda _seen: b"HTTP/1.0 404 Not Found\r\n\r\n") as web,
    ):
        client = RtspClient(
            f"rtsp://127.0.0.1:{rtsp.port}/",
            timeout_s=5,
            transport=HTTP,
            http_address=f"http://127.0.0.1:{web.port}/onvif",
        )
        with client:
            play(client)
            assert "404" in client.assumptions[0].detail
    assert len(rtsp.requests) == 5


def test_a_wrong_certificate_is_no_reason_for_another_way(tmp_path):
    """Falling back to a plain tunnel would be what an attacker wants."""
    issued = Issued(tmp_path)
    with (
        TunnelServer(answer=usual) as server,
        ScriptedServer(
            lambda scripted, request: scripted.codec.response(request.cseq, 200), tls=issued.context()
        ) as secure,
    ):
        client = RtspClient(
            secure.url.replace("rtsp:", "rtsps:"), timeout_s=5, http_address=f"http://127.0.0.1:{server.port}/"
        )
        with client, pytest.raises(RecorderUnreachableError, match="unknown authority"):
            client.options()
    assert not server.http


def test_rtsps_never_goes_through_plain_http():
    with TunnelServer(answer=usual) as server:
        client = RtspClient(
            f"rtsps://127.0.0.1:{unused_port()}/", timeout_s=5, http_address=f"http://127.0.0.1:{server.port}/"
        )
        with client, pytest.raises(RecorderUnreachableError, match="refused"):
            client.options()
    assert not server.http


def test_an_http_address_that_is_only_reached_where_soap_was():
    """The recorder tells the port inside; outside another one leads there."""
    with TunnelServer(answer=usual) as server:
        client = RtspClient(
            f"http://127.0.0.1:{unused_port()}/rec", timeout_s=5, http_address=f"http://127.0.0.1:{server.port}/onvif"
        )
        with client:
            play(client)
            assert str(server.port) in client.assumptions[0].detail
    assert server.http[0].line == "GET /rec HTTP/1.0"


def test_a_post_that_cannot_be_begun_is_closed_with_the_tunnel():
    class GetOnly(AuthenticationClient):
        def authorization(self, method, uri, body=b""):
            if method == "POST":
                raise VssxError("no header for a POST")
            return super().authorization(method, uri, body)

    with TunnelServer(answer=usual) as server:
        entry = TunnelEntry(host="127.0.0.1", port=server.port, target="/rec", tls=None)
        tunnel = HttpTunnel(entry, GetOnly(None), timeout_s=5, observe=lambda _event: None)
        with pytest.raises(VssxError, match="no header"):
            tunnel.send(b"OPTIONS * RTSP/1.0\r\n\r\n", 5)
        tunnel.close()
