"""One PLAY: where it starts, which samples it sends in which order, with which bits of the replay extension.

Source: ONVIF Streaming, "Playback": synchronization points, frames header field, reverse replay, header extension.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from vssx.model.media import TrackType
from vssx.recorder.disposable import is_disposable
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.play_request import Frames, PlayRequest, PlayRequestError, Range
from vssx.recorder.played_sample import PlayedSample
from vssx.recorder.played_sample import played as played_sample
from vssx.recorder.samples import MAX_SKEW_NS, read_samples
from vssx.recorder.store import StoredRecording
from vssx.recorder.stored_metadata import with_documents

_ALWAYS = -(1 << 63)


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """A PLAY request against a recording. ``clean_point``: position of the one that it starts with.

    ``start_ns``: UTC of that picture; ``end_ns``: requested end, None for all there is. ``discontinuity``: what is
    sent does not follow what was sent before in this session.
    """

    recording: StoredRecording
    tracks: tuple[TrackIndex, ...]
    request: PlayRequest
    video: TrackIndex
    clean_point: int
    start_ns: int
    start_media_ns: int
    end_ns: int | None
    discontinuity: bool

    @property
    def range(self) -> Range:
        """For the answer's Range header, in the unit of the request."""
        span = self.request.range
        last_ns = self.recording.start_ns if self.request.reverse else self.recording.end_ns
        if span is None or span.clock:
            return Range(clock=True, start_ns=self.start_ns, end_ns=last_ns if self.end_ns is None else self.end_ns)
        end_ns = span.end_ns
        if end_ns is None:
            end_ns = 0 if self.request.reverse else media_end_ns(self.recording)
        return Range(clock=False, start_ns=self.start_media_ns, end_ns=end_ns)

    def samples(self) -> Iterator[PlayedSample]:
        """Everything that the request asks for, in the order of transmission. Raises what ``read_samples`` raises."""
        if self.request.reverse:
            yield from self._reverse()
            return
        of_metadata = [track for track in self.tracks if track.documents is not None]
        merged = with_documents(self._forward(), of_metadata, self._other_tracks_from_ns(), self.end_ns)
        forward = _gap_by_gap(merged, len(self.tracks))
        if self.request.frames is Frames.ALL:
            yield from self._with_discontinuities(forward)
        else:
            yield from self._with_discontinuities(_ends_marked(self._chosen(forward), self.video, self.end_ns))

    def _forward(self) -> Iterator[PlayedSample]:
        """Samples from the clean point to the range's end, E and T as in the index."""
        by_index = {track.index: track for track in self.tracks if track.documents is None}
        if not by_index:
            return
        open_tracks = set(by_index)
        beyond = dict.fromkeys(by_index, 0)
        started: set[int] = set()  # a second video track begins with a clean point of its own
        earliest_ns = self._other_tracks_from_ns()
        for sample in read_samples(
            self.recording.path,
            self.video.clean_points.seek_point(self.video.index, self.clean_point),
            fps=self.recording.description.fps,
        ):
            track = by_index.get(sample.track)
            if track is None or sample.track not in open_tracks:
                continue
            if sample.track not in started and not sample.clean_point:
                continue
            played = played_sample(track, sample)
            if sample.track != self.video.index and played.utc_ns + track.ticks_to_ns(sample.duration) <= earliest_ns:
                continue
            if self.end_ns is not None and played.utc_ns >= self.end_ns:
                # B-frames: up to reorder_depth pictures beyond the end may precede one within it.
                beyond[sample.track] += 1
                section_starts_beyond = track.sections[played.section].start_ns >= self.end_ns
                if section_starts_beyond or beyond[sample.track] > track.configuration.reorder_depth:
                    open_tracks.discard(sample.track)
                    if not open_tracks:
                        return
                    continue
            else:
                beyond[sample.track] = 0
            started.add(sample.track)
            yield played

    def _other_tracks_from_ns(self) -> int:
        """Where audio begins: with the video; before a section's first clean point whatever belongs to the section."""
        section = self.video.clean_points.sections[self.clean_point]
        if self.clean_point and self.video.clean_points.sections[self.clean_point - 1] == section:
            return self.start_ns
        return self.video.sections[section - 1].end_ns if section else _ALWAYS

    def _chosen(self, samples: Iterable[PlayedSample]) -> Iterator[PlayedSample]:
        """Frames: intra and Frames: predicted thin out the video; other tracks stay as they are."""
        shown_ns: int | None = None
        highest_ns: int | None = None
        for played in samples:
            if played.track is not self.video:
                yield played
            elif self.request.frames is Frames.INTRA:
                interval_ns = self.request.intra_interval_ns
                if played.sample.clean_point and (shown_ns is None or played.utc_ns - shown_ns >= interval_ns):
                    shown_ns = played.utc_ns
                    yield played
            elif highest_ns is None or played.utc_ns > highest_ns or not self._disposable(played):
                highest_ns = played.utc_ns if highest_ns is None else max(highest_ns, played.utc_ns)
                yield played

    def _disposable(self, played: PlayedSample) -> bool:
        return is_disposable(played.track.codec, played.sample.payload)

    def _with_discontinuities(self, samples: Iterable[PlayedSample]) -> Iterator[PlayedSample]:
        """D on the first access unit of each track after a gap, and after a jump within the session."""
        last_section: dict[int, int] = {}
        for played in samples:
            known = last_section.get(played.track.index)
            last_section[played.track.index] = played.section
            if (known is None and self.discontinuity) or (known is not None and known != played.section):
                yield played._replace(discontinuity=True)
            else:
                yield played

    def _reverse(self) -> Iterator[PlayedSample]:
        """GOPs in reverse order, each in forward order; video only, since audio backwards is of no use."""
        if self.video not in self.tracks:
            return
        points = self.video.clean_points
        shown_ns: int | None = None
        for position in range(self.clean_point, -1, -1):
            if self.request.frames is Frames.INTRA:
                skip = shown_ns is not None and shown_ns - points.utc_ns[position] < self.request.intra_interval_ns
                if skip and position > 0:
                    continue
                shown_ns = points.utc_ns[position]
            yield from self._gop(position)
            if self.end_ns is not None and points.utc_ns[position] <= self.end_ns:
                return

    def _gop(self, position: int) -> Iterator[PlayedSample]:
        points = self.video.clean_points
        section = points.sections[position]
        first_of_section = position == 0 or points.sections[position - 1] != section
        chosen = gop = self._gop_samples(position)
        if self.request.frames is Frames.INTRA:
            chosen = islice(gop, 1)
        elif self.request.frames is Frames.PREDICTED:
            chosen = self._chosen(gop)
        discontinuity = True
        for played, following in _with_next(chosen):
            last = following is None
            yield played._replace(
                discontinuity=discontinuity,
                end_of_section=last and first_of_section,
                terminal=last and position == 0,
            )
            discontinuity = False

    def _gop_samples(self, position: int) -> Iterator[PlayedSample]:
        points = self.video.clean_points
        section = self.video.sections[points.sections[position]]
        last = section.last
        if position + 1 < len(points) and points.sections[position + 1] == points.sections[position]:
            last = points.numbers[position + 1] - 1
        stop_ns = self._requested_start_ns() if position == self.clean_point else None
        beyond = 0
        start = points.seek_point(self.video.index, position)
        for sample in read_samples(self.recording.path, start, fps=self.recording.description.fps):
            if sample.track != self.video.index:
                continue
            if sample.number > last:
                return
            played = played_sample(self.video, sample)
            beyond = beyond + 1 if stop_ns is not None and played.utc_ns > stop_ns else 0
            if beyond > self.video.configuration.reorder_depth:
                return
            yield played

    def _requested_start_ns(self) -> int | None:
        span = self.request.range
        if span is None or span.start_ns is None:
            return None
        return span.start_ns if span.clock else media_to_utc(self.recording, span.start_ns)


def _gap_by_gap(samples: Iterable[PlayedSample], tracks: int) -> Iterator[PlayedSample]:
    """What was recorded behind a declared gap comes behind what was recorded before it, on every track.

    The order of decoding alone would let B-frames' key picture overtake the last audio before the gap.
    """
    behind: list[PlayedSample] = []
    shift_ns: int | None = None
    for played in samples:
        own_ns = played.track.sections[played.section].shift_ns
        shift_ns = own_ns if shift_ns is None else shift_ns
        if own_ns <= shift_ns:
            yield played
            continue
        behind.append(played)
        waited_ns = played.decode_media_ns - behind[0].decode_media_ns
        if len({each.track.index for each in behind}) == tracks or waited_ns > MAX_SKEW_NS:
            yield from behind
            behind, shift_ns = [], own_ns
    yield from behind


def _with_next(samples: Iterable[PlayedSample]) -> Iterator[tuple[PlayedSample, PlayedSample | None]]:
    previous: PlayedSample | None = None
    for current in samples:
        if previous is not None:
            yield previous, current
        previous = current
    if previous is not None:
        yield previous, None


def _ends_marked(samples: Iterable[PlayedSample], video: TrackIndex, end_ns: int | None) -> Iterator[PlayedSample]:
    """E and T on the last pictures that are really sent; what lies between waits, so that the order stays."""
    waiting: list[PlayedSample] = []
    for played in samples:
        if played.track is video and waiting:
            yield from _released(waiting, ends=played.section != waiting[0].section, terminal=False)
            waiting = []
        if played.track is video or waiting:
            waiting.append(played)
        else:
            yield played
    if waiting:
        section = waiting[0].section
        ends = end_ns is None or end_ns >= video.sections[section].end_ns  # else the range ends before the section
        yield from _released(waiting, ends=ends, terminal=ends and section == len(video.sections) - 1)


def _released(waiting: list[PlayedSample], *, ends: bool, terminal: bool) -> Iterator[PlayedSample]:
    yield waiting[0]._replace(end_of_section=ends, terminal=terminal)
    yield from waiting[1:]


def media_end_ns(recording: StoredRecording) -> int:
    """Where the recording ends on the file's own time line."""
    return max(track.sections[-1].media_end_ns for track in recording.tracks)


def media_to_utc(recording: StoredRecording, media_ns: int) -> int:
    """UTC of a point on the file's own time line."""
    sections = video_of(recording).sections
    position = max(bisect_right(sections, media_ns, key=lambda section: section.media_start_ns) - 1, 0)
    return sections[position].start_ns + media_ns - sections[position].media_start_ns


def video_of(recording: StoredRecording) -> TrackIndex:
    """The track that decides where playing may start."""
    return next(track for track in recording.tracks if track.track_type is TrackType.VIDEO)


def plan(
    recording: StoredRecording,
    tracks: tuple[TrackIndex, ...],
    request: PlayRequest,
    *,
    resume_ns: int | None,
    discontinuity: bool,
) -> Playback:
    """Where a PLAY starts and ends. ``resume_ns``: where the one before stopped, for a request without Range.

    Raises PlayRequestError 457 for a start behind the footage.
    """
    video = video_of(recording)
    span = request.range
    start_ns, end_ns = (span.start_ns, span.end_ns) if span is not None else (None, None)
    if span is not None and not span.clock:
        start_ns = None if start_ns is None else media_to_utc(recording, start_ns)
        end_ns = None if end_ns is None else media_to_utc(recording, end_ns)
    if end_ns is not None and end_ns == start_ns:
        end_ns += -1 if request.reverse else 1  # a moment: the picture that is shown then
    if start_ns is None:
        start_ns = resume_ns
    if start_ns is None:
        start_ns = recording.end_ns if request.reverse else recording.start_ns
    position = _clean_point(video, start_ns, reverse=request.reverse)
    points = video.clean_points
    if position is None:
        raise PlayRequestError(457, "nothing is recorded there or in the direction of play")
    if not request.reverse and end_ns is not None and end_ns <= points.utc_ns[position]:
        raise PlayRequestError(457, "nothing is recorded in the range")
    return Playback(
        recording=recording,
        tracks=tracks,
        request=request,
        video=video,
        clean_point=position,
        start_ns=points.utc_ns[position],
        start_media_ns=video.ticks_to_ns(points.pts[position]),
        end_ns=end_ns,
        discontinuity=discontinuity,
    )


def _clean_point(video: TrackIndex, start_ns: int, *, reverse: bool) -> int | None:
    """Position of the clean point to start with: the rules of "Synchronization points"."""
    points = video.clean_points
    inside = next(
        (n for n, section in enumerate(video.sections) if section.start_ns <= start_ns < section.end_ns), None
    )
    if inside is None:
        position = bisect_right(points.utc_ns, start_ns) - 1 if reverse else bisect_left(points.utc_ns, start_ns)
        return position if 0 <= position < len(points) else None
    position = bisect_right(points.utc_ns, start_ns) - 1
    if position >= 0 and points.sections[position] == inside:
        return position
    # Pictures before a section's first clean point cannot be decoded; they have no place to start from.
    if reverse:
        return position if position >= 0 else None
    return position + 1 if position + 1 < len(points) else None


def gaps(track: TrackIndex) -> list[tuple[int, int]]:
    """Spans between the sections of a track, UTC in ns."""
    return [(before.end_ns, after.start_ns) for before, after in pairwise(track.sections)]
