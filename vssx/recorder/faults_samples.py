"""Faults of what a PLAY sends: which samples, in which order, with which parameter sets."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from vssx.bitstream import h264, h265
from vssx.bitstream.nal import join_length_prefixed, split_length_prefixed
from vssx.model.media import Codec, TrackType
from vssx.recorder.faults import Faults
from vssx.recorder.metadata_track import documents
from vssx.recorder.playback import Playback, video_of
from vssx.recorder.played_sample import PlayedSample
from vssx.recorder.samples import read_samples
from vssx.recorder.store import StoredRecording
from vssx.times import NS

_NO_SETS = ("sets-sdp-only", "sets-after-seek", "sets-nowhere")
_SILENT = ("silent-end", "loops")


def middle_ns(recording: StoredRecording) -> int:
    """UTC of the clean point in the middle of a recording."""
    points = video_of(recording).clean_points.utc_ns
    return points[len(points) // 2]


class SampleFaults:
    """One recorder's faults of samples. ``find``: a recording by its token."""

    def __init__(self, faults: Faults, find: Callable[[str], StoredRecording | None]) -> None:
        self._faults = faults
        self._find = find

    def changed(self, playback: Playback) -> Iterator[PlayedSample]:
        """What this recorder sends for a PLAY."""
        faults = self._faults
        samples = self._looped(playback) if faults.on("loops") else playback.samples()
        if faults.on("end-ignored") and not playback.request.reverse:
            samples = _then_live(samples, playback)
        token = faults.text("glued")
        other = self._find(token) if token is not None else None
        if other is not None and other is not playback.recording:
            samples = _glued(samples, playback, other)
        if faults.on("play-stops"):
            samples = _up_to(samples, middle_ns(playback.recording))
        if faults.on("intra-only"):
            samples = (each for each in samples if each.track is not playback.video or each.sample.clean_point)
        pictures = faults.number("late-start")
        if pictures is not None:
            samples = _late(samples, playback, int(pictures))
        if faults.on("metadata"):
            samples = documents(samples, playback)
        seconds = faults.number("loose-interleaving")
        if seconds is not None:
            samples = _loosened(samples, int(seconds * NS), TrackType.AUDIO)
        seconds = faults.number("metadata-late")
        if seconds is not None:
            samples = _loosened(samples, int(seconds * NS), TrackType.METADATA)
        if any(faults.on(name) for name in ("sets-in-band", *_NO_SETS)):
            samples = self._with_sets(samples, playback)
        return self._with_ends(samples)

    def _looped(self, playback: Playback) -> Iterator[PlayedSample]:
        while True:
            yield from playback.samples()

    def _with_ends(self, samples: Iterable[PlayedSample]) -> Iterator[PlayedSample]:
        silent = any(self._faults.on(name) for name in _SILENT)
        no_gap_bits = self._faults.on("no-gap-bits")
        for each in samples:
            if silent and each.terminal:
                each = each._replace(end_of_section=False, terminal=False)
            if no_gap_bits and not each.terminal:
                each = each._replace(end_of_section=False, discontinuity=False)
            yield each

    def _with_sets(self, samples: Iterable[PlayedSample], playback: Playback) -> Iterator[PlayedSample]:
        """Parameter sets taken out of the stream, or put before every clean point."""
        in_band = self._faults.on("sets-in-band")
        # What a seek leads to comes without; the start of the recording and later clean points have them.
        waits = self._faults.on("sets-after-seek") and playback.clean_point > 0
        after_seek = self._faults.on("sets-after-seek")
        for each in samples:
            track = each.track
            if track is not playback.video:
                yield each
                continue
            kept = [bytes(nal) for nal in split_length_prefixed(each.sample.payload)]
            kept = [nal for nal in kept if not _is_parameter_set(track.codec, nal)]
            if each.sample.clean_point:
                if (in_band or after_seek) and not waits:
                    sets = track.configuration.parameter_sets
                    kept = [*(nal for nal in sets if _is_parameter_set(track.codec, nal)), *kept]
                waits = False
            yield each._replace(sample=each.sample._replace(payload=join_length_prefixed(kept)))


def _is_parameter_set(codec: Codec, nal: bytes) -> bool:
    if codec is Codec.H264:
        return h264.nal_type(nal) in (h264.SPS, h264.PPS)
    return h265.nal_type(nal) in (h265.VPS, h265.SPS, h265.PPS)


def _then_live(samples: Iterable[PlayedSample], playback: Playback) -> Iterator[PlayedSample]:
    """Behind the footage the live picture: what the recording shows, taken now."""
    last: PlayedSample | None = None
    for each in samples:
        last = each
        yield each._replace(terminal=False)
    live = time.time_ns()
    video = playback.video
    begun = False
    for sample in read_samples(playback.recording.path, fps=playback.recording.description.fps):
        if sample.track != video.index or last is None:
            continue
        media_ns = video.ticks_to_ns(sample.pts)
        yield PlayedSample(
            video,
            sample,
            last.section,
            live + media_ns,
            last.media_ns + media_ns,
            last.decode_media_ns + video.ticks_to_ns(sample.dts),
            discontinuity=not begun,
        )
        begun = True


def _up_to(samples: Iterable[PlayedSample], end_ns: int) -> Iterator[PlayedSample]:
    for each in samples:
        if each.utc_ns >= end_ns:
            return
        yield each


def _late(samples: Iterable[PlayedSample], playback: Playback, pictures: int) -> Iterator[PlayedSample]:
    left = pictures
    for each in samples:
        if each.track is playback.video and left:
            left -= 1
            continue
        yield each


def _loosened(samples: Iterable[PlayedSample], behind_ns: int, late: TrackType) -> Iterator[PlayedSample]:
    """Tracks of a type wait until the others are so much further."""
    waiting: deque[PlayedSample] = deque()
    for each in samples:
        if each.track.track_type is late:
            waiting.append(each)
            continue
        while waiting and waiting[0].utc_ns + behind_ns <= each.utc_ns:
            yield waiting.popleft()
        yield each
    yield from waiting


def _glued(samples: Iterable[PlayedSample], playback: Playback, other: StoredRecording) -> Iterator[PlayedSample]:
    """From the clean point in the middle on, the pictures of ``other``, with the times of these."""
    at_ns = middle_ns(playback.recording)
    theirs = video_of(other)
    pictures: Iterator[PlayedSample] | None = None
    if theirs.codec is not playback.video.codec:
        yield from samples
        return
    for each in samples:
        if each.track is not playback.video or (pictures is None and each.utc_ns < at_ns):
            yield each
            continue
        if pictures is None:
            pictures = _since_clean_point(_pictures_from(other, each, at_ns), each.utc_ns)
        following = next(pictures, None)
        if following is None:
            return
        yield following


def _pictures_from(other: StoredRecording, first: PlayedSample, at_ns: int) -> Iterator[PlayedSample]:
    """Pictures of another recording's video as if they had been taken from ``at_ns`` on, in the place of ``first``."""
    track = video_of(other)
    wanted = (sample for sample in read_samples(other.path, fps=other.description.fps) if sample.track == track.index)
    sets = [nal for nal in track.configuration.parameter_sets if _is_parameter_set(track.codec, nal)]
    origin: int | None = None
    for sample in islice(wanted, track.samples):
        origin = sample.pts if origin is None else origin
        utc_ns = at_ns + track.ticks_to_ns(sample.pts - origin)
        payload = sample.payload
        if sample.clean_point:
            payload = join_length_prefixed([*sets, *split_length_prefixed(payload)])
        yield first._replace(
            sample=sample._replace(payload=payload),
            utc_ns=utc_ns,
            media_ns=first.media_ns + utc_ns - first.utc_ns,
            decode_media_ns=first.decode_media_ns + at_ns + track.ticks_to_ns(sample.dts - origin) - first.utc_ns,
            end_of_section=False,
            terminal=False,
        )


def _since_clean_point(pictures: Iterable[PlayedSample], utc_ns: int) -> Iterator[PlayedSample]:
    """From the last clean point at or before that time on."""
    waiting: list[PlayedSample] | None = []
    for each in pictures:
        if waiting is None:
            yield each
        elif each.utc_ns > utc_ns and each.sample.clean_point:
            yield from waiting
            yield each
            waiting = None
        else:
            waiting = [each] if each.sample.clean_point else [*waiting, each]
    yield from waiting or ()
