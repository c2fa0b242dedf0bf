"""Files of indoor plans: what they are is told by their content."""

from __future__ import annotations

import struct

import pytest

from vssx.cartography import plan_file
from vssx.cartography.plan_file import read_plan
from vssx.errors import MalformedMediaError, UnsupportedMediaError

_NS = 'xmlns="http://www.w3.org/2000/svg"'


def png(width: int, height: int, length: int = 13) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", length, b"IHDR", width, height, 8, 6, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("data", "media_type", "size"),
    [
        (png(800, 600), "image/png", (800, 600)),
        (b"%PDF-1.7\n", "application/pdf", (0, 0)),
        (b"\xef\xbb\xbf\n %PDF-2.0\n", "application/pdf", (0, 0)),
        (f'<svg {_NS} viewBox="0 0 80.5 60"/>'.encode(), "image/svg+xml", (80.5, 60)),
        (f'<svg {_NS} viewBox="-5,-5 , 80,60" width="1cm"/>'.encode(), "image/svg+xml", (80, 60)),
        (f'<?xml version="1.0"?>\n<svg {_NS} width="80px" height=" 60 "/>'.encode(), "image/svg+xml", (80, 60)),
        (f'<svg {_NS} width="80"/>'.encode("utf-16"), "image/svg+xml", (0, 0)),
        (f'<svg {_NS} viewBox="0 0 100% 60"/>'.encode(), "image/svg+xml", (0, 0)),
        (f'<svg {_NS} viewBox="0 0 1e999 60"/>'.encode(), "image/svg+xml", (0, 0)),
        (f'<svg {_NS} viewBox="0 0 999999999 60"/>'.encode(), "image/svg+xml", (0, 0)),
        (f'<svg {_NS} width="10cm" height="5cm"/>'.encode(), "image/svg+xml", (0, 0)),
    ],
)
def test_kinds_and_sizes(data: bytes, media_type: str, size: tuple[float, float]) -> None:
    plan = read_plan("plan.exe", data)
    assert (plan.name, plan.media_type, (plan.width, plan.height), plan.data) == ("plan.exe", media_type, size, data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is neither a PNG, nor an SVG, nor a PDF"),
        (b"GIF89a", "is neither a PNG"),
        (b"\x1f\x8b\x08svgz", "is neither a PNG"),
        (b"<html/>", "is XML, but no SVG"),
        (b'<svg viewBox="0 0 1 1"/>', "is XML, but no SVG"),
    ],
)
def test_anything_else_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(UnsupportedMediaError, match=words):
        read_plan("plan.svg", data)


@pytest.mark.parametrize(
    "data",
    [
        png(800, 600)[:32],
        png(800, 600, length=14),
        png(0, 600),
        png(800, 0x7FFFFFFF),
        b"<svg",
        f'<!DOCTYPE svg SYSTEM "file:///etc/passwd"><svg {_NS}/>'.encode(),
        f'<!DOCTYPE svg [<!ENTITY a "b">]><svg {_NS}>&a;</svg>'.encode(),
    ],
)
def test_what_breaks_its_own_format(data: bytes) -> None:
    with pytest.raises(MalformedMediaError, match=r"^plan\.svg: "):
        read_plan("plan.svg", data)


def test_a_plan_has_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_file, "MAX_PLAN", 1 << 20)
    with pytest.raises(UnsupportedMediaError, match="more than the 1 MB"):
        read_plan("plan.png", png(8, 8) + bytes(1 << 20))
