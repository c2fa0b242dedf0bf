"""RTSP within HTTP: the head of an HTTP answer, and the base64 of POSTs, the same however it is cut."""

from __future__ import annotations

import base64

from vssx.recorder.http_tunnel import Base64Error, Base64Stream
from vssx.transport.http_tunnel import parse_head


def seeds() -> list[bytes]:
    """The first byte: 0 an answer, else the size of the pieces of base64."""
    first, second = base64.b64encode(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"), base64.b64encode(b"PLAY!")
    return [
        b"\0HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n$\0\0\x01x",
        b'\0HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\nContent-Length: 0\r\n\r\n',
        b"\x01" + first + second,
        b"\x05" + first + b"\r\n" + second + b"\r\n",
    ]


def _decoded(text: bytes, size: int) -> bytes | None:
    stream = Base64Stream()
    try:
        return b"".join(stream.feed(text[start : start + size]) for start in range(0, len(text), size))
    except Base64Error:
        return None


def read(data: bytes) -> None:
    """Read one input."""
    size, content = data[:1], data[1:]
    if size in (b"", b"\0"):
        found = parse_head(content, where="tunnel")
        assert found is None or content.endswith(found[1])
        return
    assert _decoded(content, size[0]) == _decoded(content, max(len(content), 1))
