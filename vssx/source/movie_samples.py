"""The samples of an ordinary MP4, half a second at a time: what libav gives of such a file, many samples at once.

libav keeps an index of the whole file in memory and gives every sample as an object of its own. Files with anything
out of the ordinary are left to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import accumulate, islice
from operator import add
from pathlib import Path
from typing import NamedTuple, TypeVar

from vssx.codec.packets import DemuxedTrack, Framing, LeftOut, Packet
from vssx.errors import VssxError
from vssx.isobmff.box import Box, MediaFile
from vssx.isobmff.reader import Movie, Track
from vssx.isobmff.sample_entry import METADATA_NAMESPACE
from vssx.model.media import NS, Codec, TrackType

_Value = TypeVar("_Value")
_1904_1970_NS = 2_082_844_800 * NS
_CODECS = {
    TrackType.VIDEO: (Codec.H264, Codec.H265),
    TrackType.AUDIO: (Codec.AAC,),
}
# Boxes of a sample table that say of samples what nothing here understands (ISO/IEC 14496-12 clauses 8.6, 8.7, 8.9).
_EXTRAORDINARY = frozenset(["stps", "saiz", "saio", "subs"])
_HARMLESS_GROUPS = (b"roll", b"prol")  # how far to decode before; all AAC of ffmpeg's has it
_SELF_CONTAINED = 1  # flag of a data reference (clause 8.7.2): the media is in this very file
_MAX_TICKS = 1 << 31
_TURN = Fraction(1, 2)  # seconds: the tracks stay close to each other
_LONE_TURN = Fraction(8)
_FILLED = 256  # samples whose tables are read at once
_MAX_COUNT = 4096
_MAX_BYTES = 1024 * 1024
_LONE_BYTES = 128 * 1024
_SLACK = 64 * 1024  # bytes that may be read in vain to get everything with one read


class Samples(NamedTuple):
    """Samples of one track that follow each other in decoding order; times in its ticks."""

    track: int
    payloads: list[memoryview]
    pts: list[int]
    dts: list[int]
    durations: list[int]
    keys: list[bool]

    def packet(self, at: int) -> Packet:
        """One of them, as libav would give it."""
        payload = bytes(self.payloads[at])
        return Packet(self.track, payload, self.pts[at], self.dts[at], self.durations[at], self.keys[at], False, None)


class MovieSamples:
    """An open MP4; tells what ``vssx.codec.demux.Demuxer`` tells of it. ``together`` goes through it once."""

    format = "mov,mp4,m4a,3gp,3g2,mj2"  # in libav's words
    raw = decode_times_only = False
    frame_duration: Fraction | None = None
    origin = Fraction(0)
    left_out: tuple[LeftOut, ...] = ()

    def __init__(self, path: Path, movie: Movie) -> None:
        """Only for a movie that ``is_ordinary``. Raises StorageError."""
        self._file = MediaFile(path)
        self._movie = movie
        self.creation_ns = _creation_ns(movie)
        self._tracks = [(number, one) for number, one in enumerate(movie.tracks) if not holds_documents(one)]
        self.tracks = tuple(_demuxed(number, track) for number, track in self._tracks)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def together(self) -> Iterator[Samples]:
        """All samples: half a second of each track in turn, more of a track that is alone.

        Raises MalformedMediaError for tables that contradict themselves, StorageError.
        """
        readers = [
            _TrackReader(self._file, track, at, _start_ticks(self._movie, track))
            for at, (_, track) in enumerate(self._tracks)
        ]
        turn, limit = (_TURN, _MAX_BYTES) if len(readers) > 1 else (_LONE_TURN, _LONE_BYTES)
        while waiting := [reader for reader in readers if reader.fill()]:
            until = min(reader.next_time for reader in waiting) + turn
            pieces = [piece for reader in waiting if (piece := reader.take(until, limit)) is not None]
            yield from self._read(pieces)

    def _read(self, pieces: list[_Piece]) -> Iterator[Samples]:
        """With as few reads as the order of the file allows."""
        wanted = sum(piece.size for piece in pieces)
        start, end = min(piece.start for piece in pieces), max(piece.end for piece in pieces)
        if end - start <= wanted + _SLACK:
            view = self._file.view(start, end - start)
            for piece in pieces:
                yield piece.samples(view, start)
            return
        for piece in pieces:
            if piece.end - piece.start <= piece.size + _SLACK:
                yield piece.samples(self._file.view(piece.start, piece.end - piece.start), piece.start)
            else:
                places = zip(piece.offsets, piece.sizes, strict=True)
                yield piece.of([self._file.view(offset, size) for offset, size in places])


class _Piece(NamedTuple):
    """Samples that are still to be read."""

    track: int
    offsets: list[int]
    sizes: list[int]
    pts: list[int]
    dts: list[int]
    durations: list[int]
    keys: list[bool]
    start: int
    end: int
    size: int

    def samples(self, view: memoryview, start: int) -> Samples:
        """From what was read at ``start``."""
        places = zip(self.offsets, self.sizes, strict=True)
        return self.of([view[offset - start : offset - start + size] for offset, size in places])

    def of(self, payloads: list[memoryview]) -> Samples:
        return Samples(self.track, payloads, self.pts, self.dts, self.durations, self.keys)


class _TrackReader:
    """Columns of one track's tables, as far as they are needed."""

    def __init__(self, file: MediaFile, track: Track, number: int, start: int) -> None:
        tables = track.tables
        self._number = number
        self._timescale = track.timescale
        self._runs = tables.runs(file, len(track.sample_entries))
        self._durations = tables.each_duration(file)
        self._shifts = tables.each_shift(file)
        self._syncs = tables.sync_numbers(file)
        self._all_sync = tables.sync is None
        self._next_sync = next(self._syncs, 0)
        self._counted = 0
        self._decode = start
        self._offsets: list[int] = []
        self._sizes: list[int] = []
        self._pts: list[int] = []
        self._dts: list[int] = []
        self._lengths: list[int] = []
        self._keys: list[bool] = []

    @property
    def next_time(self) -> Fraction:
        """Decode time of the next sample, s; call ``fill`` before."""
        return Fraction(self._dts[0], self._timescale)

    def fill(self) -> bool:
        """Have samples at hand; False when there are no more."""
        return bool(self._dts) or self._more()

    def _more(self) -> bool:
        count = 0
        for run in self._runs:
            if len(run.sizes) == 1:
                self._offsets.append(run.offset)
            else:
                self._offsets += accumulate(run.sizes[:-1], initial=run.offset)
            self._sizes += run.sizes
            count += len(run.sizes)
            if count >= _FILLED:
                break
        if not count:
            return False
        lengths = list(islice(self._durations, count))
        *times, self._decode = accumulate(lengths, initial=self._decode)
        self._dts += times
        self._pts += map(add, times, islice(self._shifts, count))
        self._lengths += lengths
        keys = [self._all_sync] * count
        while self._counted < self._next_sync <= self._counted + count:
            keys[self._next_sync - self._counted - 1] = True
            self._next_sync = next(self._syncs, 0)
        self._keys += keys
        self._counted += count
        return True

    def take(self, until: Fraction, limit: int) -> _Piece | None:
        """The next samples decoded before ``until`` (s), up to ``limit`` bytes, at least one of those."""
        bound = -int(-until * self._timescale // 1)
        while self._dts[-1] < bound and len(self._dts) < _MAX_COUNT and self._more():
            pass
        count = bisect_left(self._dts, bound)
        if count > 1 and sum(self._sizes[:count]) > limit:
            count = max(1, bisect_left(list(accumulate(self._sizes[:count])), limit))
        if not count:
            return None
        offsets, sizes = _off(self._offsets, count), _off(self._sizes, count)
        return _Piece(
            track=self._number,
            offsets=offsets,
            sizes=sizes,
            pts=_off(self._pts, count),
            dts=_off(self._dts, count),
            durations=_off(self._lengths, count),
            keys=_off(self._keys, count),
            start=min(offsets),
            end=max(map(add, offsets, sizes)),
            size=sum(sizes),
        )


def _off(column: list[_Value], count: int) -> list[_Value]:
    """Take the first values off."""
    taken = column[:count]
    del column[:count]
    return taken


def holds_documents(track: Track) -> bool:
    """Whether a track holds ONVIF metadata documents, and nothing else."""
    entries = track.sample_entries
    return bool(entries) and all(
        entry.codec is Codec.ONVIF_METADATA and entry.namespace == METADATA_NAMESPACE for entry in entries
    )


def is_ordinary(path: Path, movie: Movie) -> bool:
    """Whether this module reads the file as libav does: one sample entry a track, nothing beside video and sound but
    ONVIF metadata, which is read by its own module.

    Its tables are looked through once. Raises StorageError.
    """
    tracks = movie.tracks
    moov = next(box for box in movie.boxes if box.box_type == "moov")
    if movie.fragmented or not tracks or movie.major_brand == "qt  " or moov.child("meta") is not None:
        return False
    if not any(track.track_type is TrackType.VIDEO for track in tracks):
        return False
    with MediaFile(path) as file, suppress(VssxError):
        return not _has_cover(file, moov) and all(
            holds_documents(track) or _is_ordinary_track(file, track, trak)
            for track, trak in zip(tracks, moov.all("trak"), strict=True)
        )
    return False


def _is_ordinary_track(file: MediaFile, track: Track, trak: Box) -> bool:
    tables, kind = track.tables, track.track_type
    if kind is None or len(track.sample_entries) != 1 or not track.handler_name or not tables.sample_count:
        return False
    entry = track.sample_entries[0]
    if entry.codec not in _CODECS.get(kind, ()) or (kind is TrackType.VIDEO and entry.length_size != 4):
        return False
    minf = _below(trak, "mdia", "minf")
    dinf, stbl = _below(minf, "dinf"), _below(minf, "stbl")
    if minf is None or dinf is None or stbl is None or any(box.box_type in _EXTRAORDINARY for box in stbl.children):
        return False
    dref = dinf.child("dref")
    reference = file.read_small(dref) if dref is not None else b""
    if reference[4:8] != b"\0\0\0\1" or len(reference) < 20 or not reference[19] & _SELF_CONTAINED:
        return False
    if tables.sync is not None and not tables.sync.entries:
        return False
    if any(file.read_small(box)[4:8] not in _HARMLESS_GROUPS for box in stbl.all("sbgp")):
        return False
    longest, shortest, rows = 0, _MAX_TICKS, 0
    for _, duration in tables.durations.rows(file):  # libav makes up durations of 0
        longest, shortest, rows = max(longest, duration), min(shortest, duration), rows + 1
    if not 0 < shortest <= longest < _MAX_TICKS or (kind is TrackType.AUDIO and rows == 1 and longest == 1):
        return False
    return all(run.size and 0 not in run.sizes for run in tables.runs(file, 1))


def _below(box: Box | None, *names: str) -> Box | None:
    for name in names:
        box = box.child(name) if box is not None else None
    return box


def _has_cover(file: MediaFile, moov: Box) -> bool:
    """A picture among the user data, which libav makes a track of."""
    tags = _below(moov, "udta", "meta", "ilst")
    return tags is not None and b"covr" in file.read_small(tags)


def start_offset(movie: Movie, track: Track) -> Fraction:
    """Presentation time, in seconds, of the track's media time 0: an empty edit delays, a media time advances."""
    delay, advance = _first_edits(movie, track)
    return delay - Fraction(advance, max(track.timescale, 1))


def _start_ticks(movie: Movie, track: Track) -> int:
    """``start_offset`` in ticks of the track."""
    delay, advance = _first_edits(movie, track)
    return int(delay * track.timescale + Fraction(1, 2)) - advance


def _first_edits(movie: Movie, track: Track) -> tuple[Fraction, int]:
    """Seconds of the empty edit at the beginning, and the media time (ticks) that is shown first."""
    edits = list(track.edits)
    delay, advance = Fraction(0), 0
    if edits and edits[0].media_time < 0:
        delay = Fraction(edits.pop(0).duration, max(movie.timescale, 1))
    if edits and edits[0].media_time > 0:
        advance = edits[0].media_time
    return delay, advance


def _creation_ns(movie: Movie) -> int | None:
    """None where absent or plainly never set. Some writers count from 1970, which libav allows for too."""
    created = movie.creation_ns
    if created is None:
        return None
    created = created if created >= 0 else created + _1904_1970_NS
    return created if created > 365 * 86_400 * NS else None


def _demuxed(number: int, track: Track) -> DemuxedTrack:
    entry = track.sample_entries[0]
    codec = entry.codec
    assert codec is not None
    return DemuxedTrack(
        stream=number,
        codec=codec,
        framing=Framing.RAW if codec is Codec.AAC else Framing.LENGTH_PREFIXED,
        timescale=track.timescale,
        extradata=entry.decoder_configuration,
        language=track.language,
        description="".join(character for character in track.handler_name if character.isprintable()).strip(),
        samples=track.sample_count,
    )
