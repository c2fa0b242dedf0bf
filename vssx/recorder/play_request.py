"""The headers of PLAY that steer a replay (ONVIF Streaming, "Initiating Playback"; RFC 2326)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from vssx.rtsp.message import Headers
from vssx.times import NS, from_clock, to_clock

_NPT = re.compile(r"(?:(\d{1,6}):(\d{1,2}):)?(\d{1,9})(?:\.(\d{1,9})\d*)?", re.ASCII)
_INTRA = re.compile(r"intra(?:\s*/\s*(\d{1,9}))?", re.ASCII)
_SCALES = (0.125, 32.0)


class PlayRequestError(Exception):
    """A PLAY that is refused; never leaves the recorder. ``status``: of the RTSP answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Frames(Enum):
    """Which pictures are sent."""

    ALL = "all"
    PREDICTED = "predicted"
    INTRA = "intra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The Range header. ``clock``: UTC in ns; else ns of media since the recording's start. None: open."""

    clock: bool
    start_ns: int | None
    end_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayRequest:
    """What PLAY asks for. ``range`` None: go on from where it stopped, or from the start.

    ``scale``: speed, negative for reverse; without rate control 1 or -1. ``intra_interval_ns``: least time between
    two pictures of Frames: intra.
    """

    cseq: int
    range: Range | None = None
    rate_control: bool = True
    immediate: bool = False
    scale: float = 1.0
    frames: Frames = Frames.ALL
    intra_interval_ns: int = 0

    @property
    def reverse(self) -> bool:
        """Whether time runs backwards."""
        return self.scale < 0


def parse_play(headers: Headers, cseq: int) -> PlayRequest:
    """Read the headers of a PLAY request. Raises PlayRequestError (400, 456, 457)."""
    rate_control = headers.get("Rate-Control", "yes").strip().lower() != "no"
    frames, interval_ns = _frames(headers.get("Frames", "all"))
    scale = _scale(headers.get("Scale", "1"), rate_control)
    request = PlayRequest(
        cseq=cseq,
        range=_range(headers.get("Range")) if "Range" in headers else None,
        rate_control=rate_control,
        immediate=headers.get("Immediate", "no").strip().lower() == "yes",
        scale=scale,
        frames=frames,
        intra_interval_ns=interval_ns,
    )
    span = request.range
    if span is not None and span.start_ns is not None and span.end_ns is not None:
        backward = span.end_ns < span.start_ns
        if span.start_ns != span.end_ns and backward != request.reverse:
            raise PlayRequestError(457, "the direction of Range is not that of Scale")
    return request


def _scale(text: str, rate_control: bool) -> float:
    try:
        scale = float(text)
    except ValueError:
        raise PlayRequestError(400, "Scale is no number") from None
    if not scale or scale != scale:
        raise PlayRequestError(456, "Scale must not be zero")
    sign = -1.0 if scale < 0 else 1.0
    return sign * min(max(abs(scale), _SCALES[0]), _SCALES[1]) if rate_control else sign


def _frames(text: str) -> tuple[Frames, int]:
    value = text.strip().lower()
    if value in ("", "all"):
        return Frames.ALL, 0
    if value == "predicted":
        return Frames.PREDICTED, 0
    if match := _INTRA.fullmatch(value):
        return Frames.INTRA, int(match[1] or 0) * 1_000_000
    raise PlayRequestError(456, "Frames is all, predicted, intra or intra/MILLISECONDS")


def _range(text: str) -> Range:
    unit, equals, span = text.partition(";")[0].strip().partition("=")
    unit = unit.strip().lower()
    first, dash, last = span.strip().partition("-")
    if not equals or not dash or not (first or last) or unit not in ("clock", "npt"):
        raise PlayRequestError(457, "Range is clock=START-END or npt=START-END")
    try:
        if unit == "clock":
            return Range(clock=True, start_ns=_clock(first), end_ns=_clock(last))
        return Range(clock=False, start_ns=_npt(first), end_ns=_npt(last))
    except ValueError as error:
        raise PlayRequestError(457, f"Range: {error}") from None


def _clock(text: str) -> int | None:
    return from_clock(text) if text.strip() else None


def _npt(text: str) -> int | None:
    text = text.strip()
    if not text or text == "now":
        return None
    match = _NPT.fullmatch(text)
    if match is None:
        raise ValueError(f"not a time: {text[:40]!r}")
    seconds = int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + int(match[3])
    return seconds * NS + int((match[4] or "").ljust(9, "0") or 0)


def range_text(span: Range) -> str:
    """Value of a Range header."""
    if span.clock:
        ends = [to_clock(ns) if ns is not None else "" for ns in (span.start_ns, span.end_ns)]
        return f"clock={ends[0]}-{ends[1]}"
    ends = [f"{ns / NS:.6f}".rstrip("0").rstrip(".") if ns is not None else "" for ns in (span.start_ns, span.end_ns)]
    return f"npt={ends[0]}-{ends[1]}"
