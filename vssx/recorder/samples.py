"""Samples of a stored file in the order in which they were recorded, from its start or from a clean point.

Memory does not grow with the file: at most MAX_SKEW_NS or MAX_BUFFER of samples wait for those of other tracks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from vssx.bitstream import aac, h264, h265, stream
from vssx.bitstream.nal import NalUnit, join_length_prefixed, split_annex_b, split_length_prefixed
from vssx.codec.packets import DemuxedTrack, Framing, Packet, stated_configuration
from vssx.codec.seeking import SeekingDemuxer
from vssx.errors import MalformedMediaError
from vssx.model.media import AUDIO_CODECS, NS, TRANSCODED, Codec
from vssx.recorder.sampled_audio import Piece, SampledAudio

MAX_SKEW_NS = 5 * NS
MAX_BUFFER = 64 << 20


class StoredSample(NamedTuple):
    """One access unit or audio frame.

    ``payload``: NAL units behind 4-byte lengths, a JPEG picture, an AAC frame, or at most 20 ms of sampled audio.
    ``pts``, ``dts``, ``duration``: ticks of the track (of sampled audio: samples)
    on the file's own time line, which knows no gaps. ``number``: position in the track from 0 for video; for audio
    its pts, which grows with every frame and is known after a seek too.
    """

    track: int
    number: int
    payload: bytes
    pts: int
    dts: int
    duration: int
    clean_point: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeekPoint:
    """A clean point of the video: where it is decoded and shown (ticks), and its position in the track."""

    track: int
    number: int
    pts: int
    dts: int


class _TrackReader:
    """Turns the packets of one track into samples."""

    def __init__(self, index: int, track: DemuxedTrack) -> None:
        self.index = index
        self.track = track
        self.number = 0
        self._length_size = stated_configuration(track)[0]
        self._sampled = SampledAudio(track) if track.codec in TRANSCODED else None
        self.timescale = track.timescale if self._sampled is None else self._sampled.sample_rate
        self._is_intra = h264.is_intra if track.codec is Codec.H264 else h265.is_intra
        self._next_dts = 0

    def resume(self, point: SeekPoint) -> None:
        self.number = point.number
        self._next_dts = point.dts

    def samples(self, packet: Packet) -> Iterator[StoredSample]:
        """Those of a packet: none without data, several of sampled audio."""
        payload = packet.payload
        if not payload:
            return
        if self._sampled is not None:
            time = packet.pts if packet.pts is not None else packet.dts or 0
            yield from self._pieces(self._sampled.push(payload, time))
            return
        if self.track.codec is Codec.JPEG:
            clean = True
        elif self.track.codec is Codec.AAC:
            if self.track.framing is Framing.ADTS:
                header = aac.parse_adts(payload)
                payload = payload[header.header_size : header.frame_size]
            clean = True
        else:
            payload, nals = self._nal_units(payload)
            # Recorders that store intra pictures only often write no IDR pictures: then the container's word counts.
            clean = stream.is_clean_point(self.track.codec, nals) or (packet.key and self._is_intra(nals))
        yield self._timed(packet, payload, clean)

    def rest(self) -> Iterator[StoredSample]:
        """What the last packet left."""
        if self._sampled is not None:
            yield from self._pieces(self._sampled.flush())

    def _pieces(self, pieces: Iterable[Piece]) -> Iterator[StoredSample]:
        for first, count, content in pieces:
            yield StoredSample(self.index, first, content, first, first, count, True)

    def _nal_units(self, payload: bytes) -> tuple[bytes, list[NalUnit]]:
        if self.track.framing is Framing.ANNEX_B:
            nals: list[NalUnit] = list(split_annex_b(payload))
            return join_length_prefixed(nals), nals
        nals = list(split_length_prefixed(payload, self._length_size))
        return (payload if self._length_size == 4 else join_length_prefixed(nals)), nals

    def _timed(self, packet: Packet, payload: bytes, clean: bool) -> StoredSample:
        pts = packet.pts
        dts = packet.dts if packet.dts is not None else pts if pts is not None else self._next_dts
        # Containers without decode times: libav guesses them, and not always in order.
        dts = max(dts, self._next_dts - packet.duration) if packet.dts is None else dts
        pts = dts if pts is None else pts
        number = pts if self.track.codec in AUDIO_CODECS else self.number
        self.number += 1
        self._next_dts = dts + packet.duration
        return StoredSample(self.index, number, payload, pts, dts, packet.duration, clean)


def read_samples(path: Path, start: SeekPoint | None = None, *, fps: Fraction | None = None) -> Iterator[StoredSample]:
    """Samples in recording order: by decode time over all tracks.

    With ``start``, video begins exactly there; other tracks begin somewhat before or at that time, and the caller
    drops what it does not want. ``fps``: of a raw stream that does not tell its rate. Raises what ``Demuxer``
    raises, and MalformedMediaError for samples that break their own format.
    """
    if start is not None and start.number > 0:
        try:
            yield from _merged(path, start, fps)
        except _SeekMissed:
            yield from (s for s in _merged(path, None, fps) if s.track != start.track or s.number >= start.number)
        return
    yield from _merged(path, None, fps)


class _SeekMissed(Exception):  # noqa: N818 - a signal inside this module, no error
    """The container did not bring the clean point after a seek."""


def _merged(path: Path, start: SeekPoint | None, fps: Fraction | None) -> Iterator[StoredSample]:
    with SeekingDemuxer(path, fps=fps) as demuxer:
        readers = [_TrackReader(index, track) for index, track in enumerate(demuxer.tracks)]
        earliest = 0
        if start is not None:
            if not demuxer.seek(start.track, start.dts):
                raise _SeekMissed
            readers[start.track].resume(start)
            earliest = start.dts * NS // demuxer.tracks[start.track].timescale - NS
        merge = _Merge(len(readers))
        for packet in demuxer.packets():
            if start is not None and packet.track == start.track:
                if packet.pts != start.pts:
                    if packet.dts is not None and packet.dts > start.dts:
                        raise _SeekMissed
                    continue
                start = None
            try:
                samples = list(readers[packet.track].samples(packet))
            except MalformedMediaError as error:
                where = f"{path}, track {packet.track}, time stamp {packet.pts}"
                raise MalformedMediaError(error.message, where=where, next_step=error.next_step) from None
            for sample in samples:
                time_ns = sample.dts * NS // readers[packet.track].timescale
                if start is None:
                    yield from merge.push(time_ns, sample)
                elif time_ns >= earliest:
                    merge.keep(time_ns, sample)  # after a seek everything waits for the clean point
        if start is not None:
            raise _SeekMissed
        for reader in readers:
            for sample in reader.rest():
                merge.keep(sample.dts * NS // reader.timescale, sample)
        yield from merge.rest()


class _Merge:
    """Puts the samples of several tracks into one order, by time."""

    def __init__(self, tracks: int) -> None:
        self._queues: tuple[deque[tuple[int, StoredSample]], ...] = tuple(deque() for _ in range(tracks))
        self._empty = tracks
        self._waiting = 0

    def keep(self, time_ns: int, sample: StoredSample) -> None:
        """Take a sample."""
        queue = self._queues[sample.track]
        if not queue:
            self._empty -= 1
        queue.append((time_ns, sample))
        self._waiting += len(sample.payload)

    def push(self, time_ns: int, sample: StoredSample) -> Iterator[StoredSample]:
        """Take a sample; give what no other track can precede any more, or what would wait for too long."""
        self.keep(time_ns, sample)
        while not self._empty:
            yield self._pop()
        while self._waiting > MAX_BUFFER or (self._waiting and time_ns - self._oldest()[0][0] > MAX_SKEW_NS):
            yield self._pop()

    def rest(self) -> Iterator[StoredSample]:
        """All that is left."""
        while self._empty < len(self._queues):
            yield self._pop()

    def _oldest(self) -> deque[tuple[int, StoredSample]]:
        return min((queue for queue in self._queues if queue), key=_head_time)

    def _pop(self) -> StoredSample:
        queue = self._oldest()
        sample = queue.popleft()[1]
        if not queue:
            self._empty += 1
        self._waiting -= len(sample.payload)
        return sample


def _head_time(queue: deque[tuple[int, StoredSample]]) -> int:
    return queue[0][0]
