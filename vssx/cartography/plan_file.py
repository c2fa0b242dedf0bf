"""Files of indoor plans: their kind is told by their content, never by their name; nothing in them is drawn here."""

from __future__ import annotations

import math
import re
import struct

from vssx import xml
from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.cartography import IndoorPlan
from vssx.shown import shown

MAX_PLAN = 32 << 20
"""Bytes of a plan."""
SUFFIXES = {"image/png": ".png", "image/svg+xml": ".svg", "application/pdf": ".pdf"}
_PNG = b"\x89PNG\r\n\x1a\n"
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<|\xff\xfe<\0|\xfe\xff\0<")  # UTF-8, UTF-16
_PDF = re.compile(rb"\A(?:\xef\xbb\xbf)?\s{0,100}%PDF-\d")
_MAX_SIDE = 100_000.0
_LENGTH = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)(?:px)?\s*", re.ASCII)
_SVG = "http://www.w3.org/2000/svg"


def read_plan(name: str, data: bytes) -> IndoorPlan:
    """A PNG, SVG or PDF. ``width``/``height``: of a PNG in pixels, of an SVG in user units; 0 where it does not tell.

    Raises UnsupportedMediaError for anything else, or more than MAX_PLAN bytes; MalformedMediaError for one that
    breaks its format, or an SVG with a document type declaration.
    """
    where = shown(name)
    if len(data) > MAX_PLAN:
        raise UnsupportedMediaError(
            f"has more than the {MAX_PLAN >> 20} MB that a plan may have", where=where, next_step="Make it smaller."
        )
    width = height = 0.0
    if data.startswith(_PNG):
        media_type = "image/png"
        width, height = _size_of_png(data, where)
    elif _PDF.match(data):
        media_type = "application/pdf"
    elif _MARKUP.match(data):
        media_type = "image/svg+xml"
        width, height = _size_of_svg(data, where)
    else:
        raise UnsupportedMediaError(
            "is neither a PNG, nor an SVG, nor a PDF", where=where, next_step="Save the plan as one of these."
        )
    return IndoorPlan(name=name, media_type=media_type, width=width, height=height, data=data)


def _size_of_png(data: bytes, where: str) -> tuple[float, float]:
    """ISO/IEC 15948, 11.2.2: the first chunk is IHDR."""
    if len(data) < 33 or data[8:16] != b"\x00\x00\x00\x0dIHDR":
        raise MalformedMediaError("is cut off, or no PNG after all", where=where)
    width, height = struct.unpack(">II", data[16:24])
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise MalformedMediaError(f"is {width} x {height} pixels large, which no plan is", where=where)
    return float(width), float(height)


def _size_of_svg(data: bytes, where: str) -> tuple[float, float]:
    """SVG 2, 8.6: the viewBox has user units; without one, width and height without a unit are the same."""
    root = xml.parse(data, where=where, max_bytes=MAX_PLAN, error=MalformedMediaError)
    if xml.local_name(root) != "svg" or xml.namespace(root) != _SVG:
        raise UnsupportedMediaError("is XML, but no SVG", where=where, next_step="Save the plan as PNG, SVG or PDF.")
    box = re.split(r"[\s,]+", (xml.attribute(root, "viewBox") or "").strip()[:200])
    sides = box[2:] if len(box) == 4 else [(xml.attribute(root, name) or "")[:200] for name in ("width", "height")]
    width, height = (_length(text) for text in sides)
    return (width, height) if width and height else (0.0, 0.0)


def _length(text: str) -> float:
    match = _LENGTH.fullmatch(text)
    value = float(match[1]) if match is not None else 0.0
    return value if math.isfinite(value) and 0 < value <= _MAX_SIDE else 0.0
