"""One track of a local file: samples become access units; jumps become gaps; damage becomes losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from operator import add, sub
from typing import overload

from vssx.codec.packets import DemuxedTrack, Packet
from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.media import (
    AUDIO_CODECS,
    NS,
    TRANSCODED,
    AccessUnit,
    AccessUnits,
    Assumption,
    Codec,
    CodecConfiguration,
    Gap,
    GapCause,
    Loss,
    SourceTrack,
    StreamItem,
    TimeSource,
    TrackType,
)
from vssx.source.local_samples import AudioSamples, SampledAudio, VideoSamples
from vssx.source.movie_samples import Samples
from vssx.source.plain_samples import PLAIN, is_plain

_MAX_BROKEN = 100  # samples of a track that may be unusable before the file is refused
_MAX_SPAN = 100 * 366 * 86_400  # seconds; no recording is longer, and its times stay within what calendars know


class _Clock:
    """Looks for jumps, by decode times as long as the container states them, else by presentation times. In ticks."""

    def __init__(self, timescale: int) -> None:
        self._second = timescale
        self._by_dts = True
        self._latest: int | None = None
        self._steps: tuple[int, ...] = ()

    def expected(self, samples: VideoSamples | AudioSamples | SampledAudio) -> int:
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

    def steady(self, times: Sequence[int]) -> bool:
        """Whether ``jump`` has nothing to say of samples with these decode times, which ascend."""
        if not self._by_dts or self._latest is None or len(self._steps) < 2:
            return False
        return max(map(sub, times, (self._latest, *times))) <= self._second and times[0] >= self._latest

    def passed(self, times: Sequence[int]) -> list[int]:
        """Go on behind samples that are ``steady``; what was ``expected`` behind each of them."""
        assert self._latest is not None
        steps = [*self._steps, *map(sub, times, (self._latest, *times))]
        self._latest = times[-1]
        self._steps = tuple(steps[-2:])
        return list(map(min, steps[1:], steps[2:]))


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
            self._samples: VideoSamples | AudioSamples | SampledAudio = SampledAudio(demuxed)
            self._timescale = self._samples.sample_rate  # of audio that is encoded every sample has its place
        else:
            self._samples = AudioSamples(demuxed) if demuxed.codec is Codec.AAC else VideoSamples(demuxed)
        self._clock = _Clock(self._timescale)
        self._taken = self._left_out = self._run = self._end = self._beyond = 0
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
        return not self._left_out and not self._beyond and self._taken >= max(1, self._demuxed.samples)

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

    def take_all(self, samples: Samples) -> Iterator[StreamItem | AccessUnits]:
        """``take`` for samples of an ordinary MP4: what is nothing but the next stays together."""
        limit = _MAX_SPAN * self._timescale
        count = len(samples.pts)
        if not self._clock.steady(samples.dts) or max(samples.pts) > limit or min(samples.pts) < -limit:
            for at in range(count):
                yield from self.take(samples.packet(at))
            return
        if isinstance(self._samples, VideoSamples):
            yield from self._take_pictures(samples, self._samples)
        else:
            configuration = self._samples.convert(samples.packet(0))[1].configuration
            yield self._together(samples, 0, configuration, [True] * count, [False] * count)

    def _take_pictures(self, samples: Samples, pictures: VideoSamples) -> Iterator[StreamItem | AccessUnits]:
        plain = PLAIN[self._demuxed.codec]
        first, known = 0, pictures.current
        clean: list[bool] = []
        sets: list[bool] = []
        for at, (payload, key) in enumerate(zip(samples.payloads, samples.keys, strict=True)):
            if not key and known is not None and is_plain(payload, plain):
                clean.append(False)
                sets.append(False)
                continue
            examined = None
            with suppress(MalformedMediaError):
                examined = pictures.convert(samples.packet(at))[1]
            if examined is not None and examined.configuration is known and not pictures.unread:
                clean.append(examined.clean_point)
                sets.append(examined.has_parameter_sets)
                continue
            if clean and known is not None:
                yield self._together(samples, first, known, clean, sets)
            yield from self.take(samples.packet(at))
            first, known, clean, sets = at + 1, pictures.current, [], []
        if clean and known is not None:
            yield self._together(samples, first, known, clean, sets)

    def _together(
        self, samples: Samples, first: int, configuration: CodecConfiguration, clean: list[bool], sets: list[bool]
    ) -> AccessUnits:
        end = first + len(clean)
        ticks = samples.pts[first:end]
        lengths = self._clock.passed(samples.dts[first:end])
        self._taken += len(clean)
        self._end = max(self._end, *map(add, ticks, lengths))
        return AccessUnits(
            track=self.source.index,
            payloads=samples.payloads[first:end],
            run=self._run,
            run_start_ns=self._start_ns,
            ticks=ticks,
            timescale=self._timescale,
            clean_points=clean,
            configuration=configuration,
            time_source=self._time_source,
            parameter_sets=sets,
            durations=samples.durations[first:end],
        )

    @property
    def end_ns(self) -> int:
        """UTC of the end of what came."""
        return self._utc(self._end)

    def finish(self, beyond: int = 0) -> Iterator[StreamItem]:
        """What there is to say at the end; ``beyond``: samples that lie behind the end of the file.

        Raises MalformedMediaError when no sample was usable.
        """
        if self._taken and self._taken == self._left_out:
            raise MalformedMediaError(
                f"none of its {self._taken} samples is usable", where=self._where, next_step="The file is damaged."
            )
        self._beyond = beyond
        missing = self._demuxed.samples - self._taken
        if not self._taken:
            counted = max(beyond, self._demuxed.samples)
            known = f" ({counted} are missing)" if counted else ""
            yield self._loss(
                None,
                f"track {self._demuxed.stream} ({self._demuxed.codec}) is declared, and the file holds no sample of it"
                f"{known}",
            )
        elif missing > 0:
            yield self._loss(
                self._end,
                f"the file's index counts {self._demuxed.samples} samples; {missing} of them are not in the file",
            )
        elif beyond:
            yield self._loss(self._end, f"{beyond} samples that the file's tables name lie behind its end")

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
