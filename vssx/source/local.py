"""Local files as a stream of AccessUnit | Gap | Loss | Assumption | StreamEnd: what ``vssx remux`` reads."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from vssx.codec.demux import RAW_SUFFIXES, DemuxedTrack, Demuxer, Framing
from vssx.errors import StorageError, UsageError
from vssx.isobmff.reader import Movie
from vssx.model.event import ABOUT_EVENTS
from vssx.model.media import (
    EVERY_TRACK,
    NS,
    AccessUnits,
    Assumption,
    AudioChoice,
    EndReason,
    Loss,
    SourceTrack,
    StreamEnd,
    StreamItem,
    TimeSource,
    TrackChoice,
)
from vssx.source.container_end import ContainerEnd, container_end
from vssx.source.local_metadata import LocalMetadata, carried, kind_of, woven
from vssx.source.local_track import LocalTrack
from vssx.source.movie_facts import MovieFacts, has_boxes, open_boxes
from vssx.source.movie_samples import MovieSamples, is_ordinary
from vssx.times import YEAR_2262, to_xs_datetime

_YEAR_1904 = -2_082_844_800 * NS  # MP4 counts from there
_STATES_DURATIONS = ("mov", "matroska")
_SHORTER = 1.0  # seconds that a stated duration may exceed what came: the last sample of some track is longer


class LocalSource:
    """An open local file. A context manager; iterate once.

    ``assumptions``: what was assumed of the file as a whole; the items of the iteration add what concerns single
    samples. ``container``: its kind in libav's words.
    """

    def __init__(
        self, path: Path, *, start_ns: int | None, fps: Fraction | float | None, choice: TrackChoice = EVERY_TRACK
    ) -> None:
        self.path = path
        rate = None if fps is None else _rate(fps, path)
        self._demuxer, movie, facts = _open(path, rate, choice)
        try:
            self.container = self._demuxer.format
            self.time_source = TimeSource.FILE if start_ns is None else TimeSource.ASSERTED
            stated = facts.start_ns if facts.start_ns is not None else self._demuxer.creation_ns
            self.start_ns = _start(path, stated) if start_ns is None else start_ns
            if not _YEAR_1904 <= self.start_ns < YEAR_2262:
                raise UsageError("a start before 1904 or after 2261", where=str(path), next_step="Correct --start.")
            self._unread = facts.unread
            self._assumptions: list[Assumption] = []
            self._assume_start("cstb box" if facts.start_ns is not None else "creation time")
            for remark in facts.remarks:
                self._assume("edit list", remark)
            if self._demuxer.frame_duration is not None:
                origin = "the frame rate in its parameter sets" if fps is None else "the frame rate given"
                duration = self._demuxer.frame_duration
                self._assume("times", f"a raw stream has none; every picture lasts {duration} s, {origin}")
            elif self._demuxer.decode_times_only:
                self._assume("times", "the container states decode times; presentation times follow the picture order")
            demuxed = self._demuxer.tracks
            self._end = _container_end(path, self._demuxer, movie)
            documents = [(movie, number) for number in carried(movie)] if movie is not None else []
            self._assume_left_out(movie, {number for _, number in documents})
            self._assume_framing(demuxed)
            self._tracks = [
                LocalTrack(
                    track,
                    index=index,
                    start_ns=self.start_ns,
                    time_source=self.time_source,
                    where=str(path),
                    stored_durations=self._demuxer.raw or self.container.startswith(_STATES_DURATIONS),
                )
                for index, track in enumerate(demuxed)
            ]
            shift_ns = 0 if facts.start_ns is None else self.start_ns - facts.start_ns
            self._metadata = [
                LocalMetadata(
                    movie,
                    number,
                    index=index,
                    origin_ns=self.start_ns,
                    shift_ns=shift_ns,
                    time_source=self.time_source,
                )
                for index, (movie, number) in enumerate(documents, len(demuxed))
            ]
            for index in (one.source.index for one in self._metadata if one.source.added):
                told = "found and listed events are taken over from the file as it claims them"
                self._assume(ABOUT_EVENTS, f"{told}; no recorder was asked in this run", index)
        except BaseException:
            self._demuxer.close()
            raise
        media, metadata = (one.source for one in self._tracks), (one.source for one in self._metadata)
        self.tracks: tuple[SourceTrack, ...] = (*media, *metadata)
        self.assumptions: tuple[Assumption, ...] = tuple(self._assumptions)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._demuxer.close()

    def __iter__(self) -> Iterator[StreamItem]:
        """Every sample in file order, the last item a StreamEnd. Raises MalformedMediaError, UnsupportedMediaError."""
        for item in self.together():
            if isinstance(item, AccessUnits):
                yield from item.one_by_one()
            else:
                yield item

    def together(self) -> Iterator[StreamItem | AccessUnits]:
        """The same, many access units at once where the file allows it."""
        yield from woven(self._pictures_and_sound(), self._metadata)
        missing = [*self._missing(), *(loss for one in self._metadata for loss in one.missing)]
        yield from missing
        complete = not missing and all(track.complete for track in self._tracks)
        yield StreamEnd(
            reason=EndReason.END_OF_FILE,
            proven=complete,
            detail=self._end.proves if complete else "the file is damaged or was cut; see the losses",
        )

    def _pictures_and_sound(self) -> Iterator[StreamItem | AccessUnits]:
        if isinstance(self._demuxer, MovieSamples):
            for samples in self._demuxer.together():
                yield from self._tracks[samples.track].take_all(samples)
        else:
            for packet in self._demuxer.packets():
                yield from self._tracks[packet.track].take(packet)
        beyond = {} if isinstance(self._demuxer, MovieSamples) else self._demuxer.beyond
        for number, track in enumerate(self._tracks):
            yield from track.finish(beyond.get(number, 0))

    def _missing(self) -> Iterator[Loss]:
        """What the container as a whole shows to be missing. What concerns every track is told of the first one."""
        last_ns = max((*(track.end_ns for track in self._tracks), *(one.end_ns for one in self._metadata)))
        for number, text in self._end.missing:
            track = self._tracks[number or 0]
            yield Loss(track=number or 0, at_ns=track.end_ns, packets=None, detail=text)
        for left_out in self._demuxer.left_out:
            if self._unread and left_out.detail.endswith("neither video nor audio"):
                detail = f"{left_out.detail}; whether it is timed metadata cannot be told: {self._unread}"
                yield Loss(track=0, at_ns=None, packets=None, detail=detail)
        if not isinstance(self._demuxer, MovieSamples) and (error := self._demuxer.read_error):
            yield Loss(
                track=0, at_ns=last_ns, packets=None, detail=f"reading ended before the end of the file: {error}"
            )
        came = (last_ns - self.start_ns) / NS
        if self._end.seconds is not None and self._end.seconds > came + _SHORTER:
            detail = f"the file says it lasts {self._end.seconds:.3f} s; what it holds ends after {came:.3f} s"
            yield Loss(track=0, at_ns=last_ns, packets=None, detail=detail)

    def _assume(self, subject: str, detail: str, track: int | None = None) -> None:
        self._assumptions.append(Assumption(subject=subject, detail=detail, track=track))

    def _assume_start(self, stated_by: str) -> None:
        moment = to_xs_datetime(self.start_ns)
        if self.time_source is TimeSource.ASSERTED:
            self._assume("start", f"presentation time 0 is {moment}, as asserted by the caller")
        else:
            self._assume("start", f"presentation time 0 is {moment}, taken from the file's {stated_by}")
        if self._demuxer.origin:
            self._assume("start", "the container's clock starts anywhere; its first presentation time counts as 0")

    def _assume_left_out(self, movie: Movie | None, documents: set[int]) -> None:
        """``documents``: numbers of the tracks that libav does not know, and that are carried."""
        for left_out in self._demuxer.left_out:
            if left_out.stream not in documents:
                kind = "" if movie is None else kind_of(movie, left_out.stream)
                self._assume("left out", f"{left_out.detail}: {kind}" if kind else left_out.detail)

    def _assume_framing(self, tracks: tuple[DemuxedTrack, ...]) -> None:
        for index, track in enumerate(tracks):
            if track.framing is Framing.ADTS:
                self._assume("ADTS", "ADTS headers were taken off the AAC frames", index)
            elif track.framing is Framing.ANNEX_B:
                self._assume("Annex B", "start codes, and zero bytes between NAL units, became length prefixes", index)


def open_local(
    path: Path,
    *,
    start_ns: int | None = None,
    fps: Fraction | float | None = None,
    choice: TrackChoice = EVERY_TRACK,
) -> LocalSource:
    """Open a local MP4, MKV, TS or raw .264/.265 file (anything libav demuxes with H.264 or H.265 in it).

    ``start_ns``: UTC of presentation time 0 (of the first sample, where the container has no origin), asserted by the
    caller; without it what the file states: the ``cstb`` of an ONVIF export file, else its creation time. ``fps``:
    frame rate of a raw stream, else its VUI's. ``choice``: which tracks to take. Edit lists move the time line, they
    hide no sample.

    Raises UsageError (no start time), StorageError (no such file, or not readable), MalformedMediaError,
    UnsupportedMediaError (a codec that vssx does not carry; a raw stream without a frame rate).
    """
    return LocalSource(path, start_ns=start_ns, fps=fps, choice=choice)


def _open(
    path: Path, fps: Fraction | None, choice: TrackChoice
) -> tuple[Demuxer | MovieSamples, Movie | None, MovieFacts]:
    """libav, or where it would say nothing else of the file, what gives many samples at once."""
    looked = path.suffix.lower() not in RAW_SUFFIXES and has_boxes(path)
    movie, facts = open_boxes(path) if looked else (None, MovieFacts())
    if movie is not None and choice.audio is not AudioChoice.NONE and is_ordinary(path, movie):
        return MovieSamples(path, movie), movie, facts
    demuxer = Demuxer(path, fps=fps, choice=choice)
    if not demuxer.format.startswith("mov"):
        return demuxer, None, MovieFacts()
    return demuxer, *((movie, facts) if looked else open_boxes(path))


def _container_end(path: Path, demuxer: Demuxer | MovieSamples, movie: Movie | None) -> ContainerEnd:
    numbers = {} if isinstance(demuxer, MovieSamples) else demuxer.numbers
    try:
        return container_end(path, demuxer.format, movie, numbers)
    except OSError as error:
        raise StorageError(
            error.strerror or str(error), where=str(path), next_step="Check the file, its disk and its permissions."
        ) from error


def _start(path: Path, stated_ns: int | None) -> int:
    if stated_ns is None:
        raise UsageError(
            "the file does not say when it was recorded",
            where=str(path),
            next_step="State the UTC of its first frame with --start, e.g. --start 2024-05-01T12:00:00Z.",
        )
    return stated_ns


def _rate(fps: Fraction | float, path: Path) -> Fraction:
    """Exactly what was written: 29.97 is 2997/100."""
    try:
        return Fraction(str(fps))
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"a frame rate of {fps}", where=str(path), next_step="Correct --fps.") from None
