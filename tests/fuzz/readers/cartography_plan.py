"""Indoor plans: their kind and size by their content, and how they are drawn on a page."""

from __future__ import annotations

import struct
import zlib

from vssx.cartography.plan_file import SUFFIXES, read_plan

MAX_LENGTH = 8192
_SVG = "http://www.w3.org/2000/svg"


def _png(width: int, height: int) -> bytes:
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def seeds() -> list[bytes]:
    """One of each kind, and the ways in which an SVG tells its size."""
    return [
        _png(800, 600),
        b"%PDF-1.7\n1 0 obj\n<< /MediaBox [0 0 595 842] >>\nendobj\n",
        f'<svg xmlns="{_SVG}" viewBox="0 0 800 600"/>'.encode(),
        f'<?xml version="1.0"?><svg xmlns="{_SVG}" width="80.5px" height="60"><a>&#60;</a></svg>'.encode(),
        f'\ufeff<s:svg xmlns:s="{_SVG}" viewBox="0,0 , 1 2" width="100%"/>'.encode(),
        f'<svg xmlns="{_SVG}"/>'.encode("utf-16"),
    ]


def read(data: bytes) -> None:
    """Read one. Its size is unknown, or one that can be drawn; the file itself stays as it is."""
    plan = read_plan("plan.svg", data)
    assert plan.data == data
    assert plan.media_type in SUFFIXES
    assert (plan.width > 0) is (plan.height > 0)
    assert 0 <= plan.width <= 100_000 and 0 <= plan.height <= 100_000
