"""What a timeline is given and how it reads clocks: contents, anchors, RTP timestamps, usable times. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vssx.model.media import NS, CodecConfiguration, SourceTrack

_HALF = 1 << 31
RTP_MASK = (1 << 32) - 1
_EARLIEST_NS = 315_532_800 * NS  # 1980-01-01: nobody recorded digital video earlier
_NTP_YEAR = 366 * 86_400 << 32  # within a year of an NTP era's start: an unset clock counting from zero


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeAnchor:
    """Time of a stream without extension: the clock Range that PLAY answered holds at ``rtp_timestamp``.

    ``rtp_timestamp``: from RTP-Info; None: the first unit received. ``valid_until_ns``: end of the contiguous section
    as the recorder's history tells it; None: the history cannot tell. ``next_ns``: where it tells the next one begins.
    """

    utc_ns: int
    rtp_timestamp: int | None = None
    valid_until_ns: int | None = None
    next_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a raw unit holds once it is put into the form of a sample."""

    payload: bytes
    configuration: CodecConfiguration
    clean_point: bool
    has_parameter_sets: bool


class GapPart(NamedTuple):
    """A part of a gap. ``confirmed``: as in Gap."""

    start_ns: int
    end_ns: int
    confirmed: bool | None


Confirm = Callable[[str, int, int, int], Sequence[GapPart]]  # track token, start_ns, end_ns, usual frame duration in ns
Fallback = Callable[[SourceTrack, float], RangeAnchor]  # seconds of media without a time; raises ProtocolError


def usable_time(ntp_time: int, utc_ns: int) -> bool:
    """False for the times of an unset clock: NTP zero, the first year of an NTP era, and before 1980."""
    return ntp_time >= _NTP_YEAR and utc_ns >= _EARLIEST_NS


def rtp_step(first: int, second: int) -> int:
    """Ticks from one RTP timestamp to another, the shorter way round their 32 bits."""
    return ((second - first + _HALF) & RTP_MASK) - _HALF


def wrong_first(went_ns: int, rtp_ns: int, configuration: CodecConfiguration) -> bool:
    """Whether the first RTP timestamp of audio was off, as recorders exist, while its extension time is right.

    From the first to the second unit the extension times went on by ``went_ns``, the RTP timestamps by ``rtp_ns``.
    """
    tolerance_ns = NS // 10
    if configuration.frame_samples and configuration.sample_rate:
        tolerance_ns = configuration.frame_samples * NS // configuration.sample_rate // 2
    return 0 < went_ns < NS // 2 and abs(went_ns - rtp_ns) > tolerance_ns
