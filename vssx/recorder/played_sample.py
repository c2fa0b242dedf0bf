"""A sample that a PLAY sends."""

from __future__ import annotations

from typing import NamedTuple

from vssx.recorder.media_index import TrackIndex
from vssx.recorder.samples import StoredSample


class PlayedSample(NamedTuple):
    """A sample to send. ``media_ns``, ``decode_media_ns``: presentation and decoding on the file's own time line."""

    track: TrackIndex
    sample: StoredSample
    section: int
    utc_ns: int
    media_ns: int
    decode_media_ns: int
    end_of_section: bool = False
    discontinuity: bool = False
    terminal: bool = False


def played(track: TrackIndex, sample: StoredSample) -> PlayedSample:
    """The sample with its times, and E and T as the index has them."""
    section = track.section_of(sample.number)
    return PlayedSample(
        track,
        sample,
        section,
        track.utc_ns(sample, section),
        track.ticks_to_ns(sample.pts),
        track.ticks_to_ns(sample.dts),
        sample.number == track.sections[section].last,
        False,
        sample.number == track.sections[-1].last,
    )
