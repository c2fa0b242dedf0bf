"""One track of a local file: samples become access units; jumps become gaps; damage becomes losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from vssx.bitstream import aac, h264, h265
from vssx.bitstream.nal import NalUnit, join_length_prefixed, split_annex_b, split_length_prefixed
from vssx.bitstream.stream import Examined, ParameterSetTracker
from vssx.codec.audio_decoding import sample_bits
from vssx.codec.packets import DemuxedTrack, Framing, Packet, stated_configuration
from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.media import (
    AAC_RATES,
    AUDIO_CODECS,
    NS,
    TRANSCODED,
    AccessUnit,
    Assumption,
    Codec,
    Gap,
    GapCause,
    Loss,
    SourceTrack,
    StreamItem,
    TimeSource,
    TrackType,
)

_MAX_BROKEN = 100  # samples of a track that may be unusable before the file is refused
_MAX_SPAN = 100 * 366 * 86_400  # seconds; no recording is longer, and its times stay within what calendars know


class _VideoSamples:
    """Makes samples with 4-byte length prefixes and tells what they are."""

    def __init__(self, track: DemuxedTrack) -> None:
        self._track = track
        self._length_size, initial = stated_configuration(track)
        self._tracker = ParameterSetTracker(track.codec, initial=initial)
        self._is_intra = h264.is_intra if track.codec is Codec.H264 else h265.is_intra
        self.unread = ""

    @property
    def nominal(self) -> float:
        """Seconds of a frame by the VUI; 0 where it says nothing."""
        current = self._tracker.current
        return float(current.frame_duration) if current is not None and current.frame_duration is not None else 0.0

    @property
    def reorder_depth(self) -> int:
        return self._tracker.current.reorder_depth if self._tracker.current is not None else 0

    def convert(self, packet: Packet) -> tuple[bytes, Examined]:
        """Sample as MP4 stores it. Raises MalformedMediaError when nothing can be made of it."""
        if packet.extradata:
            self._take_extradata(packet.extradata)
        payload = packet.payload
        nals: Sequence[NalUnit]
        if self._track.framing is Framing.ANNEX_B:
            nals = split_annex_b(payload)
            payload = join_length_prefixed(nals)
        else:
            nals = split_length_prefixed(payload, self._length_size)
            if self._length_size != 4:
                payload = join_length_prefixed(nals)
        try:
            examined = self._tracker.examine(nals)
        except MalformedMediaError as error:
            # A set that cannot be read travels on in the sample, as the camera sent it; the last good ones describe it.
            if self._tracker.current is None:
                raise
            self.unread = str(error)
            examined = self._tracker.examine([nal for nal in nals if not self._is_set(nal)])
            examined = examined._replace(has_parameter_sets=True)
        if packet.key and not examined.clean_point and examined.has_slice and self._is_intra(nals):
            examined = examined._replace(clean_point=True)
        return payload, examined

    def _is_set(self, nal: NalUnit) -> bool:
        return h264.is_parameter_set(nal) if self._track.codec is Codec.H264 else h265.is_parameter_set(nal)

    def _take_extradata(self, data: bytes) -> None:
        if data[:1] != b"\x01":
            self._tracker.update(split_annex_b(data))
            return
        self._length_size, configuration = (
            h264.from_avcc(data) if self._track.codec is Codec.H264 else h265.from_hvcc(data)
        )
        if configuration is not None:
            self._tracker.replace(configuration)


class _AudioSamples:
    """Raw AAC frames; ADTS headers are taken off."""

    def __init__(self, track: DemuxedTrack) -> None:
        self._adts = track.framing is Framing.ADTS
        self._asc = track.extradata
        self._configuration = stated_configuration(track)[1]
        self.unread = ""
        self.reorder_depth = 0

    @property
    def nominal(self) -> float:
        """Seconds of a frame; 0 before the first one."""
        known = self._configuration
        return known.frame_samples / known.sample_rate if known is not None else 0.0

    def convert(self, packet: Packet) -> tuple[bytes, Examined]:
        """Raw frame. Raises MalformedMediaError, UnsupportedMediaError."""
        payload = packet.payload
        if self._adts:
            header = aac.parse_adts(payload)
            if header.raw_data_blocks != 1:
                raise UnsupportedMediaError(
                    f"{header.raw_data_blocks} AAC frames in one ADTS frame", where="ADTS header"
                )
            if header.frame_size != len(payload):
                raise MalformedMediaError(
                    f"frame of {header.frame_size} bytes in a packet of {len(payload)}", where="ADTS header"
                )
            payload = payload[header.header_size :]
            self._take(header.audio_specific_config)
        elif packet.extradata:
            self._take(packet.extradata)
        assert self._configuration is not None
        return payload, Examined(self._configuration, True, False, False)

    def _take(self, asc: bytes) -> None:
        if asc != self._asc or self._configuration is None:
            self._configuration = aac.configuration(asc)
            self._asc = asc


class _SampledAudio:
    """G.711, G.726 and PCM: the samples as they are stored."""

    def __init__(self, track: DemuxedTrack) -> None:
        """Raises UnsupportedMediaError for what AAC cannot hold."""
        configuration = stated_configuration(track)[1]
        assert configuration is not None
        rate, channels = configuration.sample_rate, configuration.channels
        if rate not in AAC_RATES or channels not in (1, 2):
            raise UnsupportedMediaError(
                f"track {track.stream} holds {track.codec} with {channels} channels at {rate} Hz",
                next_step="Leave it out with --audio aac-only; the record will say so.",
            )
        self._configuration = configuration
        self._samples = 0
        self.sample_rate = rate
        self.unread = ""
        self.reorder_depth = 0

    @property
    def nominal(self) -> float:
        """Seconds of the packet before."""
        return self._samples / self.sample_rate

    def convert(self, packet: Packet) -> tuple[bytes, Examined]:
        """The payload as it is. Raises MalformedMediaError for a part of a sample."""
        bits = sample_bits(self._configuration)
        if 8 * len(packet.payload) % bits:
            raise MalformedMediaError(f"{len(packet.payload)} bytes are no whole number of samples of {bits} bits")
        self._samples = 8 * len(packet.payload) // bits
        return packet.payload, Examined(self._configuration, True, False, False)


class _Clock:
    """Looks for jumps, by decode times as long as the container states them, else by presentation times. In ticks."""

    def __init__(self, timescale: int) -> None:
        self._second = timescale
        self._by_dts = True
        self._latest: int | None = None
        self._steps: tuple[int, ...] = ()

    def expected(self, samples: _VideoSamples | _AudioSamples | _SampledAudio) -> int:
        """The usual distance of two samples: the smaller one of the last two, so that a gap cannot hide the next."""
        return min(self._steps) if self._steps else round(samples.nominal * self._second)

    def jump(self, pts: int, dts: int | None, expected: int, reorder_depth: int) -> GapCause | None:
        """Whether this sample is more than a second beyond, or before, what was to be expected."""
        if dts is None and self._by_dts:
            self._by_dts, self._latest = False, None
        now = pts if dts is None or not self._by_dts else dts
        latest = self._latest
        if latest is None:
            self._latest = now
            return None
        step = now - latest
        slack = self._second + (expected if self._by_dts else (1 + reorder_depth) * expected)
        if step < -slack:
            self._latest = now
            return GapCause.BACKWARD_STEP
        if step < 0:  # a picture shown before one that was decoded earlier
            return None
        self._latest = now
        known = bool(self._steps)  # parameter sets may claim 25 frames a second of a recording that has one a minute
        self._steps = (*self._steps[-1:], step)
        return GapCause.SOURCE_FILE if known and step > slack else None


class LocalTrack:
    """Turns the packets of one track into stream items; keeps of them only what the next one needs."""

    def __init__(
        self,
        demuxed: DemuxedTrack,
        *,
        index: int,
        start_ns: int,
        time_source: TimeSource,
        where: str,
        stored_durations: bool,
    ) -> None:
        """``stored_durations``: the container states how long each sample lasts."""
        self._demuxed = demuxed
        self._start_ns = start_ns
        self._time_source = time_source
        self._where = f"{where}, track {demuxed.stream}"
        self._stored_durations = stored_durations
        self._timescale = demuxed.timescale
        if demuxed.codec in TRANSCODED:
            self._samples: _VideoSamples | _AudioSamples | _SampledAudio = _SampledAudio(demuxed)
            self._timescale = self._samples.sample_rate  # of audio that is encoded every sample has its place
        else:
            self._samples = _AudioSamples(demuxed) if demuxed.codec is Codec.AAC else _VideoSamples(demuxed)
        self._clock = _Clock(self._timescale)
        self._taken = self._left_out = self._run = self._end = 0
        self._said: set[str] = set()
        self.source = SourceTrack(
            index=index,
            track_type=TrackType.AUDIO if demuxed.codec in AUDIO_CODECS else TrackType.VIDEO,
            codec=demuxed.codec,
            timescale=self._timescale,
            token=str(demuxed.stream),
            description=demuxed.description,
            language=demuxed.language,
        )

    @property
    def complete(self) -> bool:
        """Every sample that the file's index counts came, and was usable."""
        return not self._left_out and self._taken >= self._demuxed.samples

    def take(self, packet: Packet) -> Iterator[StreamItem]:
        """The items that one sample becomes. Raises MalformedMediaError, UnsupportedMediaError."""
        self._taken += 1
        if self._timescale != self._demuxed.timescale:
            packet = packet._replace(
                pts=self._rescaled(packet.pts), dts=self._rescaled(packet.dts), duration=self._rescaled(packet.duration)
            )
        ticks = self._time(packet)
        try:
            if abs(ticks) > _MAX_SPAN * self._timescale:
                raise MalformedMediaError(f"a time {ticks // self._timescale} s from the start of the file")
            payload, examined = self._samples.convert(packet)
        except MalformedMediaError as error:
            yield self._leave_out(packet, str(error))
            return
        if packet.pts is None:
            yield from self._once("time missing", "samples without a time of their own follow the sample before them")
        if self._samples.unread:
            yield from self._once("parameter set", f"carried on unread: {self._samples.unread}")
        if packet.corrupt:
            yield self._loss(ticks, "the file's container marks this sample as damaged; it was taken as it is")
        clock, samples = self._clock, self._samples
        cause = clock.jump(ticks, packet.dts, clock.expected(samples), samples.reorder_depth)
        if cause is not None:
            self._run += 1
            yield Gap(track=self.source.index, start_ns=self._utc(self._end), end_ns=self._utc(ticks), cause=cause)
        length = clock.expected(samples)
        self._end = ticks + length if cause is not None else max(self._end, ticks + length)
        yield AccessUnit(
            track=self.source.index,
            payload=payload,
            run=self._run,
            run_start_ns=self._start_ns,
            ticks=ticks,
            timescale=self._timescale,
            clean_point=examined.clean_point,
            configuration=examined.configuration,
            time_source=self._time_source,
            has_parameter_sets=examined.has_parameter_sets,
            duration_ticks=(packet.duration or None) if self._stored_durations else None,
        )

    def finish(self) -> Iterator[StreamItem]:
        """What there is to say at the end. Raises MalformedMediaError when no sample was usable."""
        if self._taken and self._taken == self._left_out:
            raise MalformedMediaError(
                f"none of its {self._taken} samples is usable", where=self._where, next_step="The file is damaged."
            )
        missing = self._demuxed.samples - self._taken
        if missing > 0:
            yield self._loss(
                self._end,
                f"the file's index counts {self._demuxed.samples} samples; {missing} of them are not in the file",
            )

    @overload
    def _rescaled(self, ticks: int) -> int: ...

    @overload
    def _rescaled(self, ticks: None) -> None: ...

    def _rescaled(self, ticks: int | None) -> int | None:
        scale = self._demuxed.timescale
        return None if ticks is None else (ticks * self._timescale + scale // 2) // scale

    def _utc(self, ticks: int) -> int:
        return self._start_ns + (ticks * NS + self._timescale // 2) // self._timescale

    def _loss(self, ticks: int | None, detail: str) -> Loss:
        at_ns = None if ticks is None else self._utc(ticks)
        return Loss(track=self.source.index, at_ns=at_ns, packets=None, detail=detail)

    def _leave_out(self, packet: Packet, reason: str) -> Loss:
        self._left_out += 1
        if self._left_out > _MAX_BROKEN:
            raise MalformedMediaError(
                f"more than {_MAX_BROKEN} samples are unusable, the last one because of {reason}",
                where=self._where,
                next_step="The file is damaged; copy it again from where it came from.",
            )
        number, size = self._taken - 1, len(packet.payload)
        return self._loss(self._end, f"sample {number} ({size} bytes) is unusable and was left out: {reason}")

    def _once(self, subject: str, detail: str) -> Iterator[Assumption]:
        if subject not in self._said:
            self._said.add(subject)
            yield Assumption(subject=subject, detail=detail, track=self.source.index, at_ns=self._utc(self._end))

    def _time(self, packet: Packet) -> int:
        """Presentation time in ticks."""
        if packet.pts is not None:
            return packet.pts
        if packet.dts is not None and self._samples.reorder_depth == 0:
            return packet.dts
        if self._taken == 1:
            raise UnsupportedMediaError(
                "the container states no presentation times",
                where=self._where,
                next_step="Put the streams into an MP4 or MKV file that does.",
            )
        return self._end
