"""``moov`` of a file whose media is written: built from spooled tables and given out piece by piece."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vssx.isobmff import export_format, sample_entry
from vssx.isobmff.box import box, full_box
from vssx.isobmff.spool import Spool
from vssx.isobmff.track_tables import TrackTables
from vssx.model.handover import Position
from vssx.model.media import NS, CodecConfiguration, TrackType
from vssx.times import to_1904_seconds

MOVIE_TIMESCALE = 90_000

_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_HANDLERS = {TrackType.VIDEO: "vide", TrackType.AUDIO: "soun", TrackType.METADATA: "meta"}
_U32 = (1 << 32) - 1
_I32 = (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieTrack:
    """A track and how it is described. ``in_band``: for every sample entry, whether it is avc3/hev1."""

    tables: TrackTables
    configurations: tuple[CodecConfiguration, ...]
    in_band: tuple[bool, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Four-character codes in the order of ``stsd``."""
        return tuple(
            sample_entry.code(one, in_band=flag) for one, flag in zip(self.configurations, self.in_band, strict=True)
        )


class _Table:
    """A full box around a spool; its size is known before its content is read."""

    def __init__(self, box_type: str, version: int, fixed: bytes, spool: Spool, stored: int, written: int) -> None:
        self.size = 12 + len(fixed) + len(spool) * written
        self._head = struct.pack(">I4sI", self.size, box_type.encode(), version << 24) + fixed
        self._spool = spool
        self._narrow = stored != written

    def pieces(self) -> Iterator[bytes]:
        yield self._head
        for chunk in self._spool.chunks():
            yield _narrowed(chunk) if self._narrow else chunk


def _narrowed(chunk: bytes) -> bytes:
    """64-bit integers that are known to fit into 32."""
    words = array("I", chunk)
    if words.itemsize != 4:
        raise AssertionError("this platform has other integer sizes")
    return words[1::2].tobytes()


_Part = bytes | _Table


def _size(parts: Sequence[_Part]) -> int:
    return sum(part.size if isinstance(part, _Table) else len(part) for part in parts)


def _container(box_type: str, parts: Sequence[_Part]) -> list[_Part]:
    return [struct.pack(">I4s", 8 + _size(parts), box_type.encode()), *parts]


def movie(
    tracks: Sequence[MovieTrack],
    *,
    origin_ns: int,
    creation_ns: int,
    modification_ns: int,
    position: Position | None,
    media_end: int,
) -> Iterator[bytes]:
    """The bytes of ``moov``. ``origin_ns``: UTC of movie time 0. ``media_end``: end of the last ``mdat``."""
    created, modified = _seconds(creation_ns), _seconds(modification_ns)
    durations = [_movie_duration(track.tables, origin_ns) for track in tracks]
    parts: list[_Part] = [_mvhd(created, modified, max(durations), max(t.tables.track_id for t in tracks) + 1)]
    for track, duration in zip(tracks, durations, strict=True):
        parts += _trak(track, duration, origin_ns, created, modified, media_end)
    if position is not None:
        parts.append(box("udta", export_format.build_loci(position)))
    for part in _container("moov", parts):
        if isinstance(part, _Table):
            yield from part.pieces()
        else:
            yield part


def _seconds(utc_ns: int) -> int:
    return max(0, to_1904_seconds(utc_ns))


def _empty_edit(tables: TrackTables, origin_ns: int) -> int:
    """Movie ticks before the track's presentation begins."""
    return max(0, ((tables.presented_ns - origin_ns) * MOVIE_TIMESCALE + NS // 2) // NS)


def _movie_duration(tables: TrackTables, origin_ns: int) -> int:
    media = -(-(tables.media_duration - tables.priming) * MOVIE_TIMESCALE // tables.track.timescale)
    return _empty_edit(tables, origin_ns) + media


def _times(created: int, modified: int, before: bytes, duration: int) -> tuple[int, bytes]:
    """Version and the time fields that mvhd, tkhd and mdhd share; 64 bits where 32 do not do."""
    if max(created, modified, duration) > _U32:
        return 1, struct.pack(">QQ", created, modified) + before + struct.pack(">Q", duration)
    return 0, struct.pack(">II", created, modified) + before + struct.pack(">I", duration)


def _mvhd(created: int, modified: int, duration: int, next_track_id: int) -> bytes:
    version, times = _times(created, modified, struct.pack(">I", MOVIE_TIMESCALE), duration)
    rest = struct.pack(">iH10x", 1 << 16, 0x100) + _MATRIX + bytes(24) + struct.pack(">I", next_track_id)
    return full_box("mvhd", version, 0, times, rest)


def _trak(track: MovieTrack, duration: int, origin_ns: int, created: int, modified: int, media_end: int) -> list[_Part]:
    tables = track.tables
    kind = tables.track.track_type
    version, times = _times(created, modified, struct.pack(">I4x", tables.track_id), duration)
    width, height = _display_size(track)
    volume = 0x100 if kind is TrackType.AUDIO else 0
    tail = struct.pack(">8xhhHxx", 0, 0, volume) + _MATRIX + struct.pack(">II", width, height)
    parts: list[_Part] = [full_box("tkhd", version, 3, times, tail)]
    empty = _empty_edit(tables, origin_ns)
    if empty or tables.priming:
        parts.append(box("edts", _elst(empty, duration - empty, tables.priming)))
    parts += _mdia(track, created, modified, media_end)
    return _container("trak", parts)


def _display_size(track: MovieTrack) -> tuple[int, int]:
    """16.16 fixed point, pixels made square."""
    first = track.configurations[0]
    horizontal, vertical = first.pixel_aspect
    width = first.width * horizontal // vertical if horizontal > 0 and vertical > 0 else first.width
    return min(width, 0xFFFF) << 16, min(first.height, 0xFFFF) << 16


def _elst(empty: int, media: int, media_time: int) -> bytes:
    """Nothing until the track's presentation begins, then its media from ``media_time`` on (clause 8.6.6)."""
    edits = [(empty, -1)] if empty else []
    edits.append((media, media_time))
    version = 1 if max(empty, media) > _U32 or media_time > _I32 else 0
    entry = struct.Struct(">Qqhh" if version else ">Iihh")
    return full_box("elst", version, 0, _count(len(edits)), *(entry.pack(*edit, 1, 0) for edit in edits))


def hdlr(handler: str, name: str) -> bytes:
    """``hdlr`` (clause 8.4.3)."""
    text = name.replace("\0", "").encode("utf-8", "replace") + b"\0"
    return full_box("hdlr", 0, 0, bytes(4), handler.encode(), bytes(12), text)


def _mdia(track: MovieTrack, created: int, modified: int, media_end: int) -> list[_Part]:
    tables = track.tables
    source = tables.track
    version, times = _times(created, modified, struct.pack(">I", source.timescale), tables.media_duration)
    language = struct.pack(">Hxx", export_format.pack_language(source.language))
    parts: list[_Part] = [
        full_box("mdhd", version, 0, times, language),
        hdlr(_HANDLERS[source.track_type], source.description or source.track_type.value),
    ]
    return _container("mdia", parts + _minf(track, media_end))


def _minf(track: MovieTrack, media_end: int) -> list[_Part]:
    kind = track.tables.track.track_type
    if kind is TrackType.VIDEO:
        media_header = full_box("vmhd", 0, 1, bytes(8))
    elif kind is TrackType.AUDIO:
        media_header = full_box("smhd", 0, 0, bytes(4))
    else:
        media_header = full_box("nmhd", 0, 0)
    # Flag 1: the media is in this file (clause 8.7.2).
    dinf = box("dinf", full_box("dref", 0, 0, struct.pack(">I", 1), full_box("url ", 0, 1)))
    return _container("minf", [media_header, dinf, *_stbl(track, media_end)])


def _count(entries: int) -> bytes:
    return struct.pack(">I", entries)


def _stbl(track: MovieTrack, media_end: int) -> list[_Part]:
    tables = track.tables
    entries = [
        sample_entry.build(configuration, in_band=in_band)
        for configuration, in_band in zip(track.configurations, track.in_band, strict=True)
    ]
    parts: list[_Part] = [
        full_box("stsd", 0, 0, _count(len(entries)), *entries),
        _Table("stts", 0, _count(len(tables.stts) // 2), tables.stts, 4, 4),
    ]
    if tables.has_composition_offsets:
        parts.append(_Table("ctts", 1, _count(len(tables.ctts) // 2), tables.ctts, 4, 4))
    if tables.sync_table_needed:
        parts.append(_Table("stss", 0, _count(len(tables.stss)), tables.stss, 4, 4))
    parts += [
        _Table("stsz", 0, _count(0) + _count(tables.samples), tables.stsz, 4, 4),
        _Table("stsc", 0, _count(len(tables.stsc) // 3), tables.stsc, 4, 4),
    ]
    if media_end > _U32:
        parts.append(_Table("co64", 0, _count(tables.chunks), tables.offsets, 8, 8))
    else:
        parts.append(_Table("stco", 0, _count(tables.chunks), tables.offsets, 8, 4))
    return _container("stbl", parts)
