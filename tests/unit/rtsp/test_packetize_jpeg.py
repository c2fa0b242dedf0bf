"""JPEG in RTP (RFC 2435): what is carried, and what is refused."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from vssx.errors import UnsupportedMediaError
from vssx.rtsp.packetize_jpeg import packetize_jpeg


def picture(width: int = 64, height: int = 48, **options: object) -> bytes:
    out = io.BytesIO()
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    image.save(out, "jpeg", **{"subsampling": "4:2:0", **options})
    return out.getvalue()


def test_headers_and_scan() -> None:
    data = picture()
    payloads = packetize_jpeg(data, 300)
    scan = b""
    for number, payload in enumerate(payloads):
        assert len(payload) <= 300
        assert int.from_bytes(payload[1:4], "big") == len(scan)
        assert payload[4:8] == bytes((1, 255, 8, 6))  # 4:2:0, tables in band, width and height in blocks
        content = payload[8:]
        if number == 0:
            assert content[:4] == b"\0\0\0\x80"
            assert all(table in data for table in (content[4:68], content[68:132]))
            content = content[132:]
        scan += content
    assert data.endswith(scan + b"\xff\xd9")
    assert len(payloads) > 1


def test_other_sampling_and_restart_markers() -> None:
    payload = packetize_jpeg(picture(subsampling="4:2:2", restart_marker_blocks=2), 1400)[0]
    assert payload[4] == 64
    assert payload[8:12] == b"\x00\x02\xff\xff"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (picture(progressive=True), "not baseline"),
        (picture(optimize=True), "Huffman tables of its own"),
        (picture(subsampling="4:4:4"), "other sampling"),
        (picture(width=60), "60x48"),
        (picture(width=2048, height=8), "2048x8"),
        (picture()[:100], "without a frame"),
        (b"BM", "no JPEG picture"),
        (b"\xff\xd8" + b"\xff\xdb\x00\x03\x10", "16 bits"),
    ],
)
def test_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnsupportedMediaError, match=reason):
        packetize_jpeg(data, 1400)


def test_a_limit_without_room() -> None:
    with pytest.raises(ValueError, match="too small"):
        packetize_jpeg(picture(), 100)
