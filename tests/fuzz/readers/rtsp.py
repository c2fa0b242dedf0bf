"""RTSP connections, both sides: any bytes, in any pieces, and the same events however they are cut."""

from __future__ import annotations

from tests.fuzz.readers import recordings
from vssx.errors import VssxError
from vssx.rtsp.connection import ClientConnection, Event, ServerConnection, interleaved
from vssx.rtsp.message import serialise_request, serialise_response

MAX_LENGTH = 1024
_PIECES = (1, 7, 1000)


def _client() -> ClientConnection:
    connection = ClientConnection()
    for method in ("OPTIONS", "DESCRIBE", "SETUP", "PLAY"):
        connection.request(method, "rtsp://127.0.0.1/replay")
    return connection


def seeds() -> list[bytes]:
    """The first byte chooses the side and the size of the pieces."""
    media = recordings()[0].read_bytes()
    frames = b"".join(interleaved(n % 4, media[n * 90 : n * 90 + 80]) for n in range(6))
    answer = serialise_response(
        200, [("CSeq", "3"), ("Session", "a.b;timeout=60"), ("Transport", "RTP/AVP/TCP;interleaved=0-1")]
    )
    described = serialise_response(
        200, [("CSeq", "2"), ("Content-Type", "application/sdp"), ("Content-Base", "rtsp://h/r")], b"v=0\r\ns=x\r\n"
    )
    refused = serialise_response(401, [("CSeq", "1"), ("WWW-Authenticate", 'Digest realm="r", nonce="n"')])
    asked = serialise_request(
        "PLAY",
        "rtsp://127.0.0.1/replay",
        [("CSeq", "4"), ("Require", "onvif-replay"), ("Range", "clock=20240501T120000Z-"), ("Rate-Control", "no")],
    )
    alive = serialise_request("GET_PARAMETER", "*", [("CSeq", "5"), ("Session", "a.b")], b"x")
    client = refused + described + answer + frames + alive + frames
    return [bytes([n]) + data for n in range(3) for data in (client, b"\r\n" + frames[5:] + client)] + [
        bytes([n + 3]) + asked + frames[:84] + alive for n in range(3)
    ]


def _plain(event: Event) -> object:
    return (event[0], bytes(event[1])) if isinstance(event, tuple) else event


def _events(connection: ClientConnection | ServerConnection, data: bytes, size: int) -> list[object]:
    events: list[object] = []
    try:
        for start in range(0, len(data), size):
            events += map(_plain, connection.feed(data[start : start + size]))
    except VssxError as error:
        events.append(str(error))
    return events


def read(data: bytes) -> None:
    """Read one input whole and in pieces."""
    if not data:
        return
    side, piece = divmod(data[0] % 6, 3)
    make = _client if side == 0 else ServerConnection
    whole = _events(make(), data[1:], max(len(data), 1))
    size = _PIECES[piece] if len(data) < 256 else 7 + piece  # octet by octet costs a millisecond for every few hundred
    assert _events(make(), data[1:], size) == whole
