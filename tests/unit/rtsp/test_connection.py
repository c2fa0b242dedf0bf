"""RTSP byte streams: what recorders send, and what they should not."""

from __future__ import annotations

import pytest

from vssx.errors import ProtocolError
from vssx.rtsp.connection import MAX_HEADER, MAX_SKIPPED, ClientConnection, ServerConnection, Skipped, interleaved
from vssx.rtsp.message import MAX_BODY, Headers, Request, Response, serialise_request, serialise_response


def feed(connection, data, step=0):
    step = step or max(1, len(data))
    events = [event for start in range(0, len(data), step) for event in connection.feed(data[start : start + step])]
    return [(event[0], bytes(event[1])) if isinstance(event, tuple) else event for event in events]


def test_requests_are_numbered_and_know_the_session():
    client = ClientConnection("agent/1")
    first = client.request("SETUP", "rtsp://h/t", [("Transport", "RTP/AVP/TCP")])
    assert first == (b"SETUP rtsp://h/t RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: agent/1\r\nTransport: RTP/AVP/TCP\r\n\r\n")
    assert client.pending == (1,)
    (event,) = feed(client, b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: a b;Timeout=25\r\n\r\n")
    assert event.answers == ("SETUP", "rtsp://h/t")
    assert (client.session, client.session_timeout_s, client.pending) == ("a b", 25, ())
    assert b"\r\nSession: a b\r\n" in client.request("PLAY", "rtsp://h/")
    assert client.last_cseq == 2
    client.request("TEARDOWN", "rtsp://h/")
    feed(client, b"RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n")
    assert client.session == ""


@pytest.mark.parametrize(
    ("value", "session", "timeout"),
    [
        ("12345678", "12345678", 60),
        ("abc; timeout = 90", "abc", 90),
        ("abc;timeout=0", "abc", 60),
        ("abc;timeout=soon", "abc", 60),
        ('abc;x=1;timeout="30"', "abc", 30),
        (";timeout=30", "", 30),
        ("", "", 60),
    ],
)
def test_session_header(value, session, timeout):
    client = ClientConnection()
    client.request("SETUP", "rtsp://h/t")
    feed(client, serialise_response(200, [("CSeq", "1"), ("Session", value)]))
    assert (client.session, client.session_timeout_s) == (session, timeout)


def test_only_a_successful_setup_makes_a_session():
    client = ClientConnection()
    client.request("SETUP", "rtsp://h/t")
    client.request("OPTIONS", "*")
    feed(client, serialise_response(454, [("CSeq", "1"), ("Session", "x")]))
    feed(client, serialise_response(200, [("CSeq", "2"), ("Session", "y")]))
    assert client.session == ""


def test_responses_find_their_requests():
    client = ClientConnection()
    client.request("OPTIONS", "rtsp://h/1")
    client.request("DESCRIBE", "rtsp://h/2")
    events = feed(
        client,
        serialise_response(100, [("CSeq", "2")])
        + serialise_response(200, [("CSeq", "2")])
        + serialise_response(200, [("CSeq", "9")])
        + serialise_response(200, []),  # no CSeq, but only one request waits
    )
    assert [(event.status, event.cseq, event.answers) for event in events] == [
        (100, 2, ("DESCRIBE", "rtsp://h/2")),
        (200, 2, ("DESCRIBE", "rtsp://h/2")),
        (200, 9, None),
        (200, None, ("OPTIONS", "rtsp://h/1")),
    ]


@pytest.mark.parametrize("step", [0, 1, 2, 3, 7])
def test_frames_and_messages_mixed(step):
    data = (
        interleaved(0, b"")
        + interleaved(255, b"$" * 300)
        + b"\r\n"
        + serialise_response(200, [("CSeq", "1")], b"$\x00\x00\x04body")
        + interleaved(1, b"RTSP/1.0 200 OK\r\n\r\n")
        + serialise_request("OPTIONS", "*", [("CSeq", "5")])
    )
    assert feed(ClientConnection(), data, step) == [
        (0, b""),
        (255, b"$" * 300),
        Response(
            status=200,
            reason="OK",
            headers=Headers((("CSeq", "1"), ("Content-Length", "8"))),
            body=b"$\x00\x00\x04body",
        ),
        (1, b"RTSP/1.0 200 OK\r\n\r\n"),
        Request(method="OPTIONS", uri="*", headers=Headers((("CSeq", "5"),))),
    ]


def test_frames_stay_valid_and_cannot_be_changed():
    buffer = bytearray(interleaved(0, b"first"))
    client = ClientConnection()
    ((_, content),) = client.feed(memoryview(buffer))
    buffer[:] = interleaved(0, b"other")
    assert bytes(content) == b"first"
    assert content.readonly


def test_nothing_is_lost_when_the_iterator_is_dropped():
    client = ClientConnection()
    client.feed(interleaved(0, b"a") + interleaved(0, b"b")[:3])
    assert feed(client, interleaved(0, b"b")[3:]) == [(0, b"b")]


@pytest.mark.parametrize(
    ("head", "fields"),
    [
        (b"RTSP/1.0 200 OK\nCSeq:1\nX:  y \n\n", (("CSeq", "1"), ("X", "y"))),
        (b"RTSP/1.0 200\r\nX: a\r\n b\r\n\tc\r\n\r\n", (("X", "a b c"),)),
        (b"RTSP/1.0 200 OK\r\nno colon\r\n: no name\r\nbad name: x\r\ncseq: 2\r\n\r\n", (("cseq", "2"),)),
        (b"RTSP/2.0  200  Fine \r\n\r\n", ()),
        (b"RTSP/1.0 200 OK\r\nX: \xfc\x00y\r\n\r\n", (("X", "\xfc y"),)),
    ],
)
def test_careless_headers(head, fields):
    (event,) = feed(ClientConnection(), head)
    assert event.status == 200
    assert event.headers.fields == fields


def test_headers_compare_without_case():
    headers = Headers((("WWW-Authenticate", "Basic"), ("www-authenticate", "Digest")))
    assert headers.get("Www-authenticate") == "Basic"
    assert headers.get_all("WWW-AUTHENTICATE") == ("Basic", "Digest")
    assert "www-Authenticate" in headers
    assert headers.get("Other", "none") == "none"
    assert 5 not in headers


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "99999999999", "\u0661"])
def test_cseq_that_is_none(text):
    assert Response(status=200, headers=Headers((("CSeq", text),))).cseq is None
    assert Request(method="PLAY", uri="*", headers=Headers((("CSeq", " 7 "),))).cseq == 7


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02",
        b"HTTP-ish stuff\n",
        b"RTSP/1.0 two hundred\r\n\r\n",
        b"lower case * RTSP/1.0\r\n\r\n",
        b"R" * 50,
    ],
)
def test_garbage_is_counted_and_passed_over(garbage):
    frame = interleaved(0, b"\x80rtp")
    events = feed(ClientConnection(), frame + garbage + frame + serialise_response(200, []))
    assert events[0] == events[-2] == (0, b"\x80rtp")
    skipped = [event for event in events if isinstance(event, Skipped)]
    assert sum(event.count for event in skipped) == len(garbage)
    assert events[-1].status == 200
    assert len(events) == 3 + len(skipped)


def test_too_much_garbage():
    client = ClientConnection(where="rtsp://h:554")
    with pytest.raises(ProtocolError, match=r"rtsp://h:554: more than .* no RTSP"):
        feed(client, b"\x01" * (MAX_SKIPPED + 10))


def test_error_comes_behind_what_was_good_and_stays():
    client = ClientConnection()
    events = client.feed(interleaved(0, b"x") + b"RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n")
    assert bytes(next(events)[1]) == b"x"
    with pytest.raises(ProtocolError, match="Content-Length '-5'"):
        next(events)
    with pytest.raises(ProtocolError):
        list(client.feed(interleaved(0, b"y")))


@pytest.mark.parametrize("step", [0, 8192])
def test_bounds(step):
    endless = b"RTSP/1.0 200 OK\r\nX: " + b"y" * MAX_HEADER
    with pytest.raises(ProtocolError, match="header of more"):
        feed(ClientConnection(), endless, step)
    with pytest.raises(ProtocolError, match="no RTSP"):
        feed(ClientConnection(), b"OPTIONS " + b"y" * MAX_SKIPPED, step)
    with pytest.raises(ProtocolError, match="at most"):
        feed(ClientConnection(), b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), step)


def test_many_false_starts_before_one_line_end():
    data = b"RTSP/" * 12_000 + b"\n" + serialise_response(200, [])
    events = feed(ClientConnection(), data)
    assert sum(event.count for event in events[:-1]) == 60_001
    assert events[-1].status == 200


def test_a_large_body_in_small_pieces():
    body = bytes(MAX_BODY)
    (event,) = feed(ClientConnection(), serialise_response(200, [], body), 1000)
    assert event.body == body


@pytest.mark.parametrize(
    ("method", "uri", "fields"),
    [
        ("PLAY", "rtsp://h/\r\nX: y", []),
        ("PLAY", "rtsp://h/a b", []),
        ("PLAY", "rtsp://h/ü", []),
        ("PLAY", "", []),
        ("play", "*", []),
        ("PLAY *", "*", []),
        ("PLAY", "*", [("X", "a\r\nY: b")]),
        ("PLAY", "*", [("X", "a\nY: b")]),
        ("PLAY", "*", [("X", "a\x00")]),
        ("PLAY", "*", [("X: y\r\nZ", "a")]),
        ("PLAY", "*", [("", "a")]),
        ("PLAY", "*", [("X", "Ж")]),
    ],
)
def test_nothing_is_injected(method, uri, fields):
    client = ClientConnection()
    with pytest.raises(ProtocolError, match="cannot be sent"):
        client.request(method, uri, fields)
    assert client.pending == ()


def test_server_side():
    server = ServerConnection("recorder/1")
    (request,) = feed(server, ClientConnection().request("DESCRIBE", "rtsp://h/x", [("Accept", "application/sdp")]))
    assert (request.method, request.uri, request.cseq) == ("DESCRIBE", "rtsp://h/x", 1)
    assert request.headers.get("accept") == "application/sdp"
    assert server.response(request.cseq, 551, [("Unsupported", "onvif-replay")]) == (
        b"RTSP/1.0 551 Option not supported\r\nCSeq: 1\r\nServer: recorder/1\r\nUnsupported: onvif-replay\r\n\r\n"
    )
    assert server.response(None, 299).startswith(b"RTSP/1.0 299 Unknown\r\nServer")
    with pytest.raises(ProtocolError):
        server.response(1, 200, [("X", "a\r\nb")])
    assert ClientConnection().response(request, 200) == b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"


def test_interleaved_bounds():
    assert interleaved(3, b"ab") == b"$\x03\x00\x02ab"
    with pytest.raises(ValueError):
        interleaved(0, bytes(65536))
    with pytest.raises(ValueError):
        interleaved(256, b"")
