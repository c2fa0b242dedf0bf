"""Times for a track without 0xABAC extension: the clock Range that PLAY answered. Pure.

Holds only where Rate-Control: no is honoured, since only then are RTP timestamps the original sampling times (ONVIF
Streaming, "RTP timestamps"), and inside one contiguous section. Never sender reports: with rate control their NTP time
is today's, without it they are zero.
"""

from __future__ import annotations

from vssx.errors import ProtocolError
from vssx.model.media import SourceTrack
from vssx.model.recording import RecordingHistory
from vssx.source.history import section_after, section_end
from vssx.source.replay_session import PlayAnswer
from vssx.source.time_base import RangeAnchor


def range_anchor(
    answer: PlayAnswer,
    history: RecordingHistory | None,
    track: SourceTrack,
    *,
    media_seconds: float,
    elapsed_s: float,
    where: str,
) -> RangeAnchor:
    """The anchor for ``track``. ``media_seconds`` of media came in ``elapsed_s``: a recorder that need not say it
    shows by sending twice as fast as life that it does not control the rate. Raises ProtocolError."""
    as_fast_as_possible = answer.rate_control_off or media_seconds > 2 * elapsed_s + 1
    if answer.range_start_ns is None or not as_fast_as_possible:
        reason = (
            "PLAY was answered without a clock Range"
            if answer.range_start_ns is None
            else "it does not show that it honours Rate-Control: no"
        )
        raise ProtocolError(
            f"the recorder does not say when its pictures were taken: no 0xABAC extension, and {reason}",
            where=where,
            next_step="Check the recorder's firmware, or export with its own software and use vssx remux --start.",
        )
    until_ns = section_end(history, track.token, answer.range_start_ns)
    return RangeAnchor(
        utc_ns=answer.range_start_ns,
        rtp_timestamp=answer.rtp_times.get(track.index),
        valid_until_ns=until_ns,
        next_ns=section_after(history, track.token, until_ns),
    )
