"""The documents of the metadata tracks of an MP4 of ours, one after the other, with their times."""

from __future__ import annotations

import gzip
import heapq
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from vssx.errors import MalformedMediaError, StorageError
from vssx.isobmff.box import MediaFile
from vssx.isobmff.reader import Track, open_movie
from vssx.model.handover import WrittenFile
from vssx.model.media import Codec, TimeSource
from vssx.model.metadata import ADDED_TRACK
from vssx.onvif.metadata_time import first_utc_ns
from vssx.shown import shown
from vssx.times import NS

MAX_DOCUMENT = 16 << 20
"""Larger samples are counted as malformed and not read: none of ours is larger."""
_MAX_LINE = 400
_YEAR_1_NS = -62_135_596_800 * NS
_YEAR_10000_NS = 253_402_300_800 * NS


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedFrom:
    """An MP4 of a handover, from which something is derived. ``path`` and ``frames_path`` are relative to the bag.

    ``time_sources``: by track ID, how its times were obtained, as the record says.
    """

    path: str
    frames_path: str = ""
    time_sources: Mapping[int, tuple[TimeSource, ...]]

    @classmethod
    def of(cls, file: WrittenFile) -> DerivedFrom:
        """The one that was written."""
        sources = {track.track_id: track.time_sources for track in file.tracks}
        return cls(path=file.path, frames_path=file.frames_path, time_sources=sources)

    @classmethod
    def of_record(cls, file: Mapping[str, object]) -> DerivedFrom:
        """The one of a record that follows its schema: an entry of ``files`` of a recording."""
        tracks = file["tracks"]
        assert isinstance(tracks, list)
        sources = {track["track_id"]: tuple(map(TimeSource, track["time_sources"])) for track in tracks}
        return cls(path=str(file["path"]), frames_path=str(file["frames"]), time_sources=sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSample:
    """One sample of a metadata track. ``number`` counts from 1, in the order of the track.

    ``media_ns``: time behind the start of the file's media timeline; ``added``: the exporter's own, not recorded.
    ``encoding``: "" (XML), "gzip" or "exi". ``payload`` is None where the sample has more than MAX_DOCUMENT bytes.
    ``time_source``: how the time was obtained, None where that is not known.
    """

    track_id: int
    number: int
    utc_ns: int
    media_ns: int
    added: bool
    encoding: str
    size: int
    payload: bytes | None
    time_source: TimeSource | None


class MetadataMovie:
    """An MP4 whose metadata tracks are read. ``name``: of the file, without its directory.

    ``start_ns``: UTC of the start of its media timeline. ``shown_from_ns``/``shown_to_ns``: between them it has video,
    or without a video track any media.

    Raises MalformedMediaError for a file that tells no UTC or breaks its format, UnsupportedMediaError, StorageError.
    """

    def __init__(self, path: Path, source: DerivedFrom | None = None, frames: Path | None = None) -> None:
        self.name = path.name
        self._source = source
        self._frames = frames
        self._movie = open_movie(path)
        if not self._movie.start_times:
            raise MalformedMediaError(
                "does not tell the UTC of its media (cstb)",
                where=shown(path),
                next_step="Make a handover of it with `vssx remux`, which states its times.",
            )
        self.start_ns = self._movie.start_times[0].utc_ns
        self._tracks = [track for track in self._movie.tracks if track.codec is Codec.ONVIF_METADATA]
        self.recorded = any(track.handler_name != ADDED_TRACK for track in self._tracks)
        self.shown_from_ns, self.shown_to_ns = self._shown()
        self._refuse_beyond_calendar(self.start_ns, self.shown_from_ns)

    def samples(self) -> Iterator[DocumentSample]:
        """Of all metadata tracks, by time; those of one track in its order."""
        return heapq.merge(*map(self._samples, self._tracks), key=attrgetter("utc_ns"))

    def media_ns(self, utc_ns: int) -> int | None:
        """Time behind the start of the media timeline at which the file shows ``utc_ns``, None where it does not."""
        return utc_ns - self.start_ns if self.shown_from_ns <= utc_ns <= self.shown_to_ns else None

    def _start_ns(self, track: Track) -> int:
        start_ns = self._movie.start_ns(track)
        if start_ns is None:  # the file tells times, this one from 2262 on
            raise _beyond_calendar(self._movie.path)
        return start_ns

    def _shown(self) -> tuple[int, int]:
        media = [track for track in self._movie.tracks if track.codec is not Codec.ONVIF_METADATA]
        media = [track for track in media if track.handler == "vide"] or media or list(self._movie.tracks)
        spans = []
        for track in media:
            first = next(self._movie.iter_samples(track), None)
            if first is not None:
                begin_ns = self._start_ns(track) + first.composition * NS // track.timescale
                spans.append((begin_ns, begin_ns + track.duration * NS // track.timescale))
        if not spans:
            return self.start_ns, self.start_ns
        return min(begin for begin, _ in spans), max(end for _, end in spans)

    def _samples(self, track: Track) -> Iterator[DocumentSample]:
        start_ns, scale = self._start_ns(track), track.timescale
        added = track.handler_name == ADDED_TRACK
        sources = self._source.time_sources.get(track.track_id, ()) if self._source else ()
        extensions = self._extensions(track) if len(sources) > 1 else None
        with MediaFile(self._movie.path) as file:
            for sample in self._movie.iter_samples(track):
                utc_ns = start_ns + (sample.composition * NS + scale // 2) // scale
                self._refuse_beyond_calendar(utc_ns)
                encoding = track.sample_entries[sample.entry].content_encoding
                payload = file.read(sample.offset, sample.size) if sample.size <= MAX_DOCUMENT else None
                yield DocumentSample(
                    track_id=track.track_id,
                    number=sample.number,
                    utc_ns=utc_ns,
                    media_ns=utc_ns - self.start_ns,
                    added=added,
                    encoding=encoding,
                    size=sample.size,
                    payload=payload,
                    time_source=_time_source(
                        sources,
                        extension=extensions is not None and next(extensions, False),
                        told_ns=first_utc_ns(payload, encoding) if payload and len(sources) > 1 else None,
                        utc_ns=utc_ns,
                        tick_ns=NS // scale + 1,
                    ),
                )

    def _refuse_beyond_calendar(self, *times_ns: int) -> None:
        if not all(_YEAR_1_NS <= ns < _YEAR_10000_NS for ns in times_ns):
            raise _beyond_calendar(self._movie.path)

    def _extensions(self, track: Track) -> Iterator[bool]:
        """For each sample of the track, whether the recorder sent a time with it (column ntp of frames.csv.gz)."""
        if self._frames is None:
            return
        first = f"{track.track_id},".encode()
        try:
            with gzip.open(self._frames, "rb") as lines:
                while line := lines.readline(_MAX_LINE):
                    if line.startswith(first):
                        fields = line.split(b",")
                        yield len(fields) > 6 and bool(fields[6])
        except (FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise MalformedMediaError(
                f"is not the list of samples that was written: {shown(error)}", where=shown(self._frames)
            ) from error
        except OSError as error:
            raise StorageError(
                f"cannot be read: {error.strerror or error}", where=shown(self._frames), next_step="Check the disk."
            ) from error


def _time_source(
    sources: Sequence[TimeSource], *, extension: bool, told_ns: int | None, utc_ns: int, tick_ns: int
) -> TimeSource | None:
    if len(sources) <= 1:
        return sources[0] if sources else None
    if extension:
        return TimeSource.REPLAY_EXTENSION
    if told_ns is not None and abs(told_ns - utc_ns) <= tick_ns:
        return TimeSource.DOCUMENT
    rest = [source for source in sources if source not in (TimeSource.REPLAY_EXTENSION, TimeSource.DOCUMENT)]
    return rest[0] if len(rest) == 1 else None


def open_movies(root: Path, files: Sequence[DerivedFrom]) -> Iterator[MetadataMovie]:
    """Those of a handover, one after the other, by their times. Raises as MetadataMovie."""
    for source in sorted(files, key=attrgetter("path")):
        frames = root / source.frames_path if source.frames_path else None
        yield MetadataMovie(root / source.path, source, frames)


def _beyond_calendar(path: Path) -> MalformedMediaError:
    return MalformedMediaError("tells a time that no calendar has", where=shown(path))
