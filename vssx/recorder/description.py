"""The TOML file beside a recording: camera, start time, gaps (docs/recorder.md describes it)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from vssx.errors import StorageError, UsageError
from vssx.model.handover import Position
from vssx.times import NS, from_xs_datetime, to_xs_datetime

_MAX_BYTES = 256 * 1024
_MAX_GAPS = 10_000
_TEXTS = ("name", "location", "description", "serial", "address")
_NUMBERS = ("longitude", "latitude", "altitude")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AudioPayload(StrEnum):
    """How sound is put into RTP: as most recorders do it; AAC as LATM with its configuration in the SDP, or in every
    element (RFC 6416); G.726 packed as ITU-T I.366.2 has it, not as RFC 3551 does."""

    USUAL = "usual"
    LATM = "latm"
    LATM_IN_BAND = "latm-in-band"
    AAL2 = "aal2"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredGap:
    """Nothing was recorded for ``duration_ns`` after ``at_ns`` of media."""

    at_ns: int
    duration_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is known of a recording beside its file. ``fps``: of a raw stream that does not tell its rate."""

    name: str = ""
    location: str = ""
    description: str = ""
    serial: str = ""
    address: str = ""
    start_ns: int | None = None
    fps: Fraction | None = None
    position: Position | None = None
    gaps: tuple[DeclaredGap, ...] = ()
    audio_payload: AudioPayload = AudioPayload.USUAL


def read_description(path: Path) -> Description:
    """Read the file; without one everything is empty. Raises UsageError that names the key, or StorageError."""
    try:
        if not path.is_file():
            return Description()
        if path.stat().st_size > _MAX_BYTES:
            raise UsageError(f"larger than {_MAX_BYTES} bytes", where=str(path))
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageError(error.strerror or str(error), where=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"not TOML: {error}", where=str(path)) from None
    try:
        return _description(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise UsageError(str(error), where=str(path), next_step="docs/recorder.md lists the keys.") from None


def _description(values: Mapping[str, Any]) -> Description:
    unknown = set(values) - {*_TEXTS, *_NUMBERS, "start", "fps", "gaps", "audio_payload"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    texts = {key: _text(values, key) for key in _TEXTS}
    return Description(
        **texts,
        start_ns=_start(values["start"]) if "start" in values else None,
        fps=_fps(values["fps"]) if "fps" in values else None,
        position=_position(values, texts["name"]),
        gaps=_gaps(values.get("gaps", [])),
        audio_payload=_audio_payload(values.get("audio_payload", "usual")),
    )


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str) or not value.isprintable() or len(value) > 1000:
        raise ValueError(f"{key} must be a line of text")
    return value


def _start(value: object) -> int:
    if isinstance(value, str):  # text carries nanoseconds, which a TOML time does not
        ns = from_xs_datetime(value)
    elif isinstance(value, datetime) and value.tzinfo is not None:
        ns = (value - _EPOCH) // timedelta(microseconds=1) * 1000
    elif isinstance(value, (date, datetime)):
        raise ValueError("start must say its time zone: 2024-05-01T12:00:00Z")
    else:
        raise ValueError("start must be a time: 2024-05-01T12:00:00Z")
    to_xs_datetime(ns)
    return ns


def _fps(value: object) -> Fraction:
    try:
        rate = Fraction(value) if isinstance(value, str) else Fraction(str(_number("fps", value)))
    except (ValueError, ZeroDivisionError):
        raise ValueError('fps must be a number or a fraction: 25, 12.5, "30000/1001"') from None
    if not Fraction(1, 1000) <= rate <= 1000:
        raise ValueError("fps must be between 0.001 and 1000")
    return rate


def _audio_payload(value: object) -> AudioPayload:
    found = next((known for known in AudioPayload if known == value), None)
    if found is None:
        raise ValueError(f"audio_payload must be one of: {', '.join(AudioPayload)}")
    return found


def _number(key: str, value: object) -> float | int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e12:
        raise ValueError(f"{key} must be a number")
    return value


def _position(values: Mapping[str, Any], name: str) -> Position | None:
    if not any(key in values for key in _NUMBERS):
        return None
    if "longitude" not in values or "latitude" not in values:
        raise ValueError("a position needs longitude and latitude")
    longitude, latitude, altitude = (float(_number(key, values.get(key, 0.0))) for key in _NUMBERS)
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise ValueError("longitude must be within 180 degrees, latitude within 90")
    return Position(longitude=longitude, latitude=latitude, altitude=altitude, name=name)


def _gaps(value: object) -> tuple[DeclaredGap, ...]:
    if not isinstance(value, list) or len(value) > _MAX_GAPS:
        raise ValueError("gaps must be tables: [[gaps]] with at and duration in seconds")
    gaps = []
    for entry in value:
        if not isinstance(entry, dict) or set(entry) != {"at", "duration"}:
            raise ValueError("each of [[gaps]] needs exactly: at, duration")
        at, duration = (Fraction(str(_number(f"gaps.{key}", entry[key]))) for key in ("at", "duration"))
        if at <= 0 or duration <= 0:
            raise ValueError("at and duration of [[gaps]] must be above zero")
        gaps.append(DeclaredGap(at_ns=int(at * NS), duration_ns=int(duration * NS)))
    if any(later.at_ns <= earlier.at_ns for earlier, later in pairwise(gaps)):
        raise ValueError("[[gaps]] must be in the order of their times")
    return tuple(gaps)
