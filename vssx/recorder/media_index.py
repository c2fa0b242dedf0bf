"""What a recorder must know of a stored file: tracks, contiguous sections, clean points. One pass, flat memory."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from vssx.bitstream import aac
from vssx.bitstream.stream import ParameterSetTracker
from vssx.codec.packets import DemuxedTrack, stated_configuration
from vssx.codec.seeking import SeekingDemuxer
from vssx.errors import MalformedMediaError
from vssx.model.media import AUDIO_CODECS, NS, TRANSCODED, Codec, CodecConfiguration, TrackType
from vssx.model.recording import MetadataAttributes
from vssx.recorder.description import AudioPayload, DeclaredGap
from vssx.recorder.samples import SeekPoint, StoredSample, read_samples
from vssx.recorder.timed_lines import TimedLines
from vssx.rtsp.packetize import DEFAULT_LIMIT
from vssx.rtsp.packetize_jpeg import packetize_jpeg

JUMP_NS = NS  # samples further apart than their duration and this are two sections


@dataclass(slots=True, kw_only=True)
class Section:
    """A contiguous part of a track: samples ``first`` to ``last`` (StoredSample.number), in transmission order.

    ``shift_ns``: recording time minus the file's own time. ``start_ns``, ``end_ns``: UTC of the first presentation
    and of the end of the last one. ``media_start_ns``: on the file's own time line.
    """

    first: int
    last: int
    shift_ns: int
    start_ns: int
    end_ns: int
    media_start_ns: int

    @property
    def media_end_ns(self) -> int:
        """End on the file's own time line."""
        return self.media_start_ns + self.end_ns - self.start_ns


@dataclass(slots=True, kw_only=True)
class CleanPoints:
    """Clean points of a video track in transmission order, 40 bytes each."""

    numbers: array[int] = field(default_factory=lambda: array("q"))
    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    sections: array[int] = field(default_factory=lambda: array("q"))
    utc_ns: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.numbers)

    def seek_point(self, track: int, position: int) -> SeekPoint:
        """For ``read_samples``."""
        return SeekPoint(track=track, number=self.numbers[position], pts=self.pts[position], dts=self.dts[position])


@dataclass(slots=True, kw_only=True)
class TrackIndex:
    """One track of a recording. ``token``: its TrackReference. Sections and clean points ascend.

    ``documents``: of a metadata track, which is beside the file; its samples are numbered by their lines.
    ``document_encoding``: what stands behind vnd.onvif.metadata in the SDP; ``holds``: what its documents do.
    """

    index: int
    token: str
    track_type: TrackType
    codec: Codec
    timescale: int
    configuration: CodecConfiguration
    start_ns: int
    description: str = ""
    samples: int = 0
    payload_bytes: int = 0
    audio_payload: AudioPayload = AudioPayload.USUAL
    documents: TimedLines | None = None
    document_encoding: str = ""
    holds: MetadataAttributes | None = None
    sections: list[Section] = field(default_factory=list)
    clean_points: CleanPoints = field(default_factory=CleanPoints)

    @property
    def clock_rate(self) -> int:
        """RTP clock: the sample rate for audio (RFC 3640), 90 kHz for the rest (RFC 6184, RFC 7798, ONVIF)."""
        return self.configuration.sample_rate if self.track_type is TrackType.AUDIO else 90_000

    @property
    def media_ns(self) -> int:
        """Recorded time, gaps left out."""
        return sum(section.end_ns - section.start_ns for section in self.sections)

    def section_of(self, number: int) -> int:
        """Position of the section that holds this sample."""
        return max(bisect_right(self.sections, number, key=lambda section: section.first) - 1, 0)

    def ticks_to_ns(self, ticks: int) -> int:
        """Ticks of the file to ns, rounded to the nearest."""
        return (ticks * NS + self.timescale // 2) // self.timescale

    def utc_ns(self, sample: StoredSample, section: int) -> int:
        """UTC of the sample's presentation."""
        return self.start_ns + self.sections[section].shift_ns + self.ticks_to_ns(sample.pts)


def index_file(
    path: Path,
    *,
    start_ns: int,
    gaps: Sequence[DeclaredGap] = (),
    fps: Fraction | None = None,
    audio_payload: AudioPayload = AudioPayload.USUAL,
) -> tuple[TrackIndex, ...]:
    """Read the whole file once, twice with declared gaps. ``fps``: of a raw stream that does not tell its rate.

    A declared gap begins at the first clean point at or after its time, on every track. Raises what ``read_samples``
    raises, and MalformedMediaError for a track without samples or parameter sets.
    """
    with SeekingDemuxer(path, fps=fps) as demuxer:
        tracks = demuxer.tracks
    video = next(index for index, track in enumerate(tracks) if track.codec not in AUDIO_CODECS)
    boundaries = [(gap.at_ns, gap.duration_ns) for gap in gaps]
    if gaps:
        boundaries = _at_clean_points(read_samples(path, fps=fps), path, tracks[video], video, gaps)
    builders = [_Builder(path, index, track, start_ns, boundaries) for index, track in enumerate(tracks)]
    for sample in read_samples(path, fps=fps):
        builders[sample.track].add(sample)
    finished = [builder.finish() for builder in builders if builder.samples or builder.is_video]
    for track in finished:
        track.audio_payload = audio_payload if track.codec in _FITTING[audio_payload] else AudioPayload.USUAL
    return _with_tokens(finished)


_FITTING = {
    AudioPayload.USUAL: (),
    AudioPayload.LATM: (Codec.AAC,),
    AudioPayload.LATM_IN_BAND: (Codec.AAC,),
    AudioPayload.AAL2: (Codec.G726,),
}


def _with_tokens(tracks: list[TrackIndex]) -> tuple[TrackIndex, ...]:
    counts: dict[TrackType, int] = {}
    for track in tracks:
        counts[track.track_type] = number = counts.get(track.track_type, 0) + 1
        track.token = f"{track.track_type.upper()}{number:03d}"
    return tuple(tracks)


def _at_clean_points(
    samples: Iterable[StoredSample], path: Path, track: DemuxedTrack, video: int, gaps: Sequence[DeclaredGap]
) -> list[tuple[int, int]]:
    """Time and length of each gap, moved to the clean point with which the recording went on."""
    found: list[tuple[int, int]] = []
    for sample in samples:
        if len(found) == len(gaps):
            break
        if sample.track == video and sample.clean_point:
            at_ns = (sample.pts * NS + track.timescale // 2) // track.timescale
            if at_ns >= gaps[len(found)].at_ns:
                found.append((at_ns, gaps[len(found)].duration_ns))
    if len(found) < len(gaps):
        raise MalformedMediaError(
            f"no clean point at or after the gap at {gaps[len(found)].at_ns / NS:g} s",
            where=str(path),
            next_step="Correct [[gaps]] in the TOML file beside it.",
        )
    return found


class _Clock:
    """Looks for jumps between samples. Ticks; ``usual``: the smaller one of the last two distances before a jump."""

    def __init__(self, timescale: int, stated: CodecConfiguration | None) -> None:
        self._second = timescale
        self._previous: int | None = None
        self._steps: tuple[int, ...] = ()
        nominal = Fraction(0)
        if stated is not None and stated.sample_rate:
            nominal = Fraction(stated.frame_samples, stated.sample_rate)
        elif stated is not None and stated.frame_duration is not None:
            nominal = stated.frame_duration
        self.usual = round(nominal * timescale)

    def jumps(self, dts: int) -> bool:
        """Whether this sample comes more than JUMP_NS later than usual."""
        previous, self._previous = self._previous, dts
        if previous is None:
            return False
        step = dts - previous
        known = bool(self._steps) or self.usual > 0
        if self._steps:
            self.usual = min(self._steps)
        self._steps = (*self._steps[-1:], max(step, 0))
        return known and step > self.usual + self._second * JUMP_NS // NS


class _Builder:
    def __init__(
        self, path: Path, index: int, track: DemuxedTrack, start_ns: int, boundaries: list[tuple[int, int]]
    ) -> None:
        self._path = path
        self._track = track
        self.is_video = track.codec not in AUDIO_CODECS
        stated = stated_configuration(track)[1]
        has_sets = self.is_video and track.codec is not Codec.JPEG
        self._sets = ParameterSetTracker(track.codec, initial=stated) if has_sets and stated else None
        if has_sets and self._sets is None:
            self._sets = ParameterSetTracker(track.codec)
        timescale = stated.sample_rate if stated is not None and track.codec in TRANSCODED else track.timescale
        self._boundaries = boundaries
        self._shift_ns = 0
        self._shown_ns = self._shown_in = 0
        self._clock = _Clock(timescale, stated)
        self._result = TrackIndex(
            index=index,
            token="",
            track_type=TrackType.VIDEO if self.is_video else TrackType.AUDIO,
            codec=track.codec,
            timescale=timescale,
            configuration=stated or CodecConfiguration(codec=track.codec),
            start_ns=start_ns,
            description=track.description,
        )

    @property
    def samples(self) -> int:
        return self._result.samples

    def add(self, sample: StoredSample) -> None:
        result = self._result
        if result.samples == 0 and result.codec is Codec.JPEG:
            packetize_jpeg(sample.payload, DEFAULT_LIMIT)  # what RTP cannot carry is refused here
        if result.samples == 0 and self._sets is not None and self._sets.current is None:
            result.configuration = self._sets.examine_sample(sample.payload).configuration
        media_ns = result.ticks_to_ns(sample.pts)
        if self._starts_section(sample, media_ns):
            result.sections.append(
                Section(
                    first=sample.number,
                    last=sample.number,
                    shift_ns=self._shift_ns,
                    start_ns=result.start_ns + self._shift_ns + media_ns,
                    end_ns=result.start_ns + self._shift_ns + media_ns,
                    media_start_ns=media_ns,
                )
            )
        section = result.sections[-1]
        utc_ns = result.start_ns + section.shift_ns + media_ns
        section.last = sample.number
        if utc_ns < section.start_ns:  # leading pictures
            section.media_start_ns -= section.start_ns - utc_ns
            section.start_ns = utc_ns
        self._shown_ns = utc_ns if len(result.sections) > self._shown_in else max(self._shown_ns, utc_ns)
        self._shown_in = len(result.sections)
        section.end_ns = max(section.end_ns, utc_ns + result.ticks_to_ns(sample.duration))
        if self.is_video and sample.clean_point:
            points = result.clean_points
            points.numbers.append(sample.number)
            points.pts.append(sample.pts)
            points.dts.append(sample.dts)
            points.sections.append(len(result.sections) - 1)
            points.utc_ns.append(utc_ns)
        result.samples += 1
        result.payload_bytes += len(sample.payload)

    def _starts_section(self, sample: StoredSample, media_ns: int) -> bool:
        starts = not self._result.sections
        if self._clock.jumps(sample.dts):
            # The sample before the jump is stored with a duration up to the next one; nobody recorded that long.
            before = self._result.sections[-1]
            before.end_ns = min(before.end_ns, self._shown_ns + self._result.ticks_to_ns(self._clock.usual))
            starts = True
        while self._boundaries and media_ns >= self._boundaries[0][0] and (sample.clean_point or not self.is_video):
            self._shift_ns += self._boundaries[0][1]
            self._boundaries = self._boundaries[1:]
            starts = True
        return starts

    def finish(self) -> TrackIndex:
        if not self._result.samples or (self.is_video and not len(self._result.clean_points)):
            what = "no samples" if not self._result.samples else "no picture at which decoding can start"
            raise MalformedMediaError(f"track {self._track.stream} holds {what}", where=str(self._path))
        if self._result.codec is Codec.AAC and not self._result.configuration.sample_rate:
            self._result.configuration = self._adts_configuration()
        return self._result

    def _adts_configuration(self) -> CodecConfiguration:
        """AAC in a transport stream: the first frame's header says what it is."""
        with SeekingDemuxer(self._path) as demuxer:
            for packet in demuxer.packets():
                if packet.track == self._result.index and packet.payload:
                    return aac.configuration(aac.parse_adts(packet.payload).audio_specific_config)
        raise MalformedMediaError("audio without a header", where=str(self._path))


def recording_sections(tracks: Iterable[TrackIndex]) -> tuple[tuple[int, int], ...]:
    """Spans (UTC, ns) in which any track has data."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted((s.start_ns, s.end_ns) for track in tracks for s in track.sections):
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], end)
        else:
            spans.append((start, end))
    return tuple(spans)
