"""Timed metadata tracks of a local MP4 (``metx`` of ONVIF), which libav does not tell from other data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vssx.errors import StorageError, VssxError
from vssx.isobmff.reader import Movie
from vssx.model.media import (
    NS,
    AccessUnit,
    AccessUnits,
    Codec,
    Loss,
    SourceTrack,
    StreamItem,
    TimeSource,
    TrackType,
)
from vssx.model.metadata import ADDED_TRACK
from vssx.onvif.added_document import calls_itself_recorded
from vssx.onvif.metadata_sample import EXI, GZIP, XML, sample_of
from vssx.source.movie_samples import holds_documents, start_offset

_LONGEST_NAME = 200
_ENCODINGS = {"": XML, "gzip": GZIP, "exi": EXI}


def carried(movie: Movie) -> tuple[int, ...]:
    """Numbers, from 0, of the tracks that hold ONVIF metadata documents; none of a file of fragments."""
    return () if movie.fragmented else tuple(n for n, track in enumerate(movie.tracks) if holds_documents(track))


def kind_of(movie: Movie, number: int) -> str:
    """What a track that is not carried holds, as far as its boxes say it; "" where they say nothing."""
    entries = movie.tracks[number].sample_entries if number < len(movie.tracks) else ()
    if not entries or movie.tracks[number].track_type is not TrackType.METADATA:
        return ""
    space = f" of the namespace {entries[0].namespace[:_LONGEST_NAME]}" if entries[0].namespace else ""
    text = f"timed metadata ({entries[0].code}{space}), not ONVIF's"
    return "".join(filter(str.isprintable, text))


class LocalMetadata:
    """The documents of one track, in decoding order; each keeps its bytes and its time.

    ``shift_ns``: what the caller's word of the start moves all times of the file by; ``origin_ns``: UTC of presentation
    time 0, for a file that tells none.
    """

    def __init__(
        self,
        movie: Movie,
        number: int,
        *,
        index: int,
        origin_ns: int,
        shift_ns: int,
        time_source: TimeSource,
    ) -> None:
        """``number``: of the track in the file, from 0."""
        track = movie.tracks[number]
        self._movie, self._track = movie, track
        stated_ns = movie.start_ns(track)
        if stated_ns is None:
            self._start_ns = origin_ns + round(start_offset(movie, track) * NS)
        else:
            self._start_ns = stated_ns + shift_ns
        self._time_source = time_source
        self.end_ns = origin_ns
        """UTC at which the last document that came ends to hold."""
        self.missing: tuple[Loss, ...] = ()
        """What could not be read or was left out, once all came that could."""
        name = "".join(filter(str.isprintable, track.handler_name)).strip()
        self.source = SourceTrack(
            index=index,
            track_type=TrackType.METADATA,
            codec=Codec.ONVIF_METADATA,
            timescale=track.timescale,
            token=str(number),
            description=name,
            language=track.language,
            added=name == ADDED_TRACK,
        )

    def __iter__(self) -> Iterator[AccessUnit]:
        """Raises StorageError; what else cannot be read ends the track, and is ``missing`` then."""
        scale, came, false = self._track.timescale, 0, 0
        entries = [_ENCODINGS.get(entry.content_encoding.lower(), XML) for entry in self._track.sample_entries]
        try:
            for sample, payload in self._movie.iter_payloads(self._track):
                came += 1
                end_ns = self._start_ns + (sample.composition + sample.duration) * NS // scale
                self.end_ns = max(self.end_ns, end_ns)
                configuration = sample_of(payload, entries[sample.entry]).configuration
                if self.source.added and calls_itself_recorded(payload, configuration.profile):
                    false += 1
                    continue
                yield AccessUnit(
                    track=self.source.index,
                    payload=payload,
                    run=0,
                    run_start_ns=self._start_ns,
                    ticks=sample.composition,
                    timescale=scale,
                    clean_point=True,
                    configuration=configuration,
                    time_source=self._time_source,
                )
        except StorageError:
            raise
        except VssxError as error:
            detail = f"of {self._track.sample_count} metadata documents {came} can be read: {error}"
            self.missing = (self._loss(detail),)
        if false:
            detail = (
                f"{false} of the documents that an exporter added call themselves recorded by the recorder; left out"
            )
            self.missing += (self._loss(detail),)

    def _loss(self, detail: str) -> Loss:
        return Loss(track=self.source.index, at_ns=self.end_ns, packets=None, detail=detail)


def woven(
    items: Iterator[StreamItem | AccessUnits], tracks: Sequence[LocalMetadata]
) -> Iterator[StreamItem | AccessUnits]:
    """``items`` of the media, with each document before what is shown later than it; the rest of them at the end."""
    documents = [iter(track) for track in tracks]
    waiting = [next(one, None) for one in documents]
    for item in items:
        if isinstance(item, AccessUnit | AccessUnits):
            until_ns = item.utc_ns if isinstance(item, AccessUnit) else item.utc_ns(item.ticks[0])
            for number, one in enumerate(documents):
                while (unit := waiting[number]) is not None and unit.utc_ns <= until_ns:
                    yield unit
                    waiting[number] = next(one, None)
        yield item
    for unit, rest in zip(waiting, documents, strict=True):
        if unit is not None:
            yield unit
            yield from rest
