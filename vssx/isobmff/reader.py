"""Reading MP4 files, ours and those of strangers: boxes, tracks, times, samples, static metadata."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import MalformedMediaError, UnsupportedMediaError, UsageError
from vssx.isobmff import export_format, sample_entry
from vssx.isobmff.box import Box, MediaFile, read_boxes
from vssx.isobmff.export_format import FileIdentity, SigningInstance, StartTime, SurveillanceExport
from vssx.isobmff.fields import Fields
from vssx.isobmff.sample_entry import SampleEntry
from vssx.isobmff.sample_tables import Sample, SampleRun, SampleTables, read_tables
from vssx.model.handover import Position
from vssx.model.media import NS, Codec, TrackType
from vssx.times import YEAR_2262, from_1904_seconds

_MAX_TRACKS = 256
_MAX_EDITS = 10_000
_MAX_ENTRIES = 4096
_HANDLERS = {"vide": TrackType.VIDEO, "soun": TrackType.AUDIO, "meta": TrackType.METADATA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One entry of ``elst``: ``duration`` in movie ticks, ``media_time`` in media ticks, -1 for an empty edit."""

    duration: int
    media_time: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One track. ``duration`` in ticks of ``timescale``; ``width`` and ``height`` of the presentation, pixels.

    ``creation_ns``: ns UTC, None where it is not set.
    """

    track_id: int
    handler: str
    handler_name: str
    timescale: int
    duration: int
    language: str
    creation_ns: int | None
    width: float
    height: float
    sample_entries: tuple[SampleEntry, ...]
    edits: tuple[Edit, ...]
    tables: SampleTables

    @property
    def track_type(self) -> TrackType | None:
        """Kind of the track, None for one that vssx does not know."""
        return _HANDLERS.get(self.handler)

    @property
    def codec(self) -> Codec | None:
        """Codec of the first sample entry."""
        return self.sample_entries[0].codec if self.sample_entries else None

    @property
    def sample_count(self) -> int:
        """Number of samples."""
        return self.tables.sample_count


@dataclass(frozen=True, slots=True, kw_only=True)
class Movie:
    """A file as read; samples stay on the disk.

    ``start_times``: of ``cstb`` in the file-level ``meta``, else of the first signing instance that has some.
    ``remarks``: what deviates from the export format or from common practice and was accepted.
    """

    path: Path
    size: int
    boxes: tuple[Box, ...]
    major_brand: str
    compatible_brands: tuple[str, ...]
    timescale: int
    duration: int
    creation_ns: int | None
    fragmented: bool
    tracks: tuple[Track, ...]
    export: SurveillanceExport | None
    identity: FileIdentity | None
    start_times: tuple[StartTime, ...]
    signatures: tuple[SigningInstance, ...]
    position: Position | None
    remarks: tuple[str, ...]

    def track(self, track_id: int) -> Track:
        """The track with this ID. Raises UsageError."""
        for one in self.tracks:
            if one.track_id == track_id:
                return one
        raise UsageError(
            f"has no track {track_id}",
            where=str(self.path),
            next_step=f"Its tracks: {', '.join(str(one.track_id) for one in self.tracks) or 'none'}.",
        )

    def start_ns(self, track: Track) -> int | None:
        """UTC of media time 0 of a track, from ``cstb``; None where the file has none, or one from 2262 on.

        A track without an entry of its own starts with the first one, later by its empty edit.
        """
        if not self.start_times:
            return None
        start = next((one for one in self.start_times if one.track_id == track.track_id), None)
        if start is not None:
            start_ns = start.utc_ns
        else:
            empty = track.edits[0].duration if track.edits and track.edits[0].media_time < 0 else 0
            start_ns = self.start_times[0].utc_ns + empty * NS // max(1, self.timescale)
        return start_ns if start_ns < YEAR_2262 else None

    def iter_samples(self, track: Track) -> Iterator[Sample]:
        """Samples of a track in decoding order.

        Raises MalformedMediaError, UnsupportedMediaError for a fragmented file, StorageError.
        """
        self._refuse_fragments()
        with MediaFile(self.path) as file:
            yield from track.tables.samples(file, len(track.sample_entries))

    def iter_runs_in_file_order(self) -> Iterator[tuple[int, SampleRun]]:
        """Track ID and where its samples lie, by offset as long as each track's samples ascend in the file.

        Raises as ``iter_samples``.
        """
        self._refuse_fragments()
        # Empty samples come before those of another track that start where they end.
        return heapq.merge(*map(self._keyed, self.tracks), key=lambda pair: (pair[1].offset, pair[1].size))

    def _refuse_fragments(self) -> None:
        if self.fragmented:
            raise UnsupportedMediaError(
                "fragmented MP4 (moof) is not read",
                where=str(self.path),
                next_step="Make an ordinary MP4 of it, for example with `vssx remux`.",
            )

    def _keyed(self, track: Track) -> Iterator[tuple[int, SampleRun]]:
        with MediaFile(self.path) as file:
            for run in track.tables.runs(file, len(track.sample_entries)):
                yield track.track_id, run

    def iter_payloads(self, track: Track) -> Iterator[tuple[Sample, bytes]]:
        """Samples of a track with their bytes, in decoding order. Raises as ``iter_samples``."""
        with MediaFile(self.path) as file:
            for sample in self.iter_samples(track):
                yield sample, file.read(sample.offset, sample.size)


def open_movie(path: Path) -> Movie:
    """Read everything but the samples. Raises MalformedMediaError, UnsupportedMediaError, StorageError."""
    with MediaFile(path) as file:
        return _Reading(file).movie()


class _Reading:
    def __init__(self, file: MediaFile) -> None:
        self.file = file
        self.boxes = read_boxes(file)
        self.remarks: list[str] = []

    def movie(self) -> Movie:
        file = self.file
        top = {one.box_type: one for one in reversed(self.boxes)}
        moov = top.get("moov")
        if moov is None:
            raise MalformedMediaError(
                "no moov box: not an MP4 file, or one that was never finished",
                where=str(file.path),
                next_step="An unfinished export of vssx is finished by running its command again.",
            )
        major, brands = self._brands(top.get("ftyp"))
        header = moov.child("mvhd")
        if header is None:
            raise file.malformed("no mvhd", moov.offset, "moov")
        creation_ns, timescale, duration = self._times(Fields.of(file, header))
        traks = moov.all("trak")
        if len(traks) > _MAX_TRACKS:
            raise file.malformed(f"{len(traks)} tracks", moov.offset, "moov")
        tracks = tuple(self._track(trak) for trak in traks)
        if len({one.track_id for one in tracks}) != len(tracks):
            raise file.malformed("two tracks with the same ID", moov.offset, "moov")
        export, starts, signatures = self._meta(top.get("meta"))
        udta = moov.child("udta")
        loci = udta.child("loci") if udta is not None else None
        return Movie(
            path=file.path,
            size=file.size,
            boxes=self.boxes,
            major_brand=major,
            compatible_brands=brands,
            timescale=timescale,
            duration=duration,
            creation_ns=creation_ns,
            fragmented="moof" in top or moov.child("mvex") is not None,
            tracks=tracks,
            export=export,
            identity=self._identity(top.get("meta")),
            start_times=starts,
            signatures=signatures,
            position=export_format.parse_loci(Fields.of(file, loci)) if loci is not None else None,
            remarks=tuple(self.remarks),
        )

    def _brands(self, ftyp: Box | None) -> tuple[str, tuple[str, ...]]:
        if ftyp is None:
            self.remarks.append("no ftyp box")
            return "", ()
        data = Fields.of(self.file, ftyp, limit=4096).data
        names = tuple(data[at : at + 4].decode("latin-1") for at in range(8, len(data) - 3, 4))
        return data[:4].decode("latin-1"), names

    def _times(self, fields: Fields) -> tuple[int | None, int, int]:
        """Creation, timescale and duration of mvhd and mdhd."""
        version, _ = fields.version_and_flags()
        created, _, timescale, duration = fields.unpack("QQIQ" if version == 1 else "IIII")
        if not timescale:
            raise fields.malformed("timescale 0")
        return from_1904_seconds(created) if created else None, timescale, duration

    def _track(self, trak: Box) -> Track:
        file = self.file
        tkhd, mdia = self._child(trak, "tkhd"), self._child(trak, "mdia")
        fields = Fields.of(file, tkhd)
        version, _ = fields.version_and_flags()
        track_id = fields.unpack("QQI" if version == 1 else "III")[2]
        if not track_id:
            raise file.malformed("track ID 0", tkhd.offset, "tkhd")
        fields.take((12 if version == 1 else 8) + 16 + 36)
        width, height = fields.unpack("II")
        mdhd = Fields.of(file, self._child(mdia, "mdhd"))
        creation_ns, timescale, duration = self._times(mdhd)
        language = export_format.unpack_language(mdhd.u16())
        hdlr = Fields.of(file, self._child(mdia, "hdlr"))
        hdlr.take(8)
        handler = hdlr.take(4).decode("latin-1")
        hdlr.take(12)
        stbl = self._child(self._child(mdia, "minf"), "stbl")
        return Track(
            track_id=track_id,
            handler=handler,
            handler_name=hdlr.string(),
            timescale=timescale,
            duration=duration,
            language=language,
            creation_ns=creation_ns,
            width=width / 65536,
            height=height / 65536,
            sample_entries=self._entries(self._child(stbl, "stsd")),
            edits=self._edits(trak),
            tables=read_tables(file, stbl),
        )

    def _child(self, parent: Box, box_type: str) -> Box:
        found = parent.child(box_type)
        if found is None:
            raise self.file.malformed(f"no {box_type}", parent.offset, parent.box_type)
        return found

    def _entries(self, stsd: Box) -> tuple[SampleEntry, ...]:
        if len(stsd.children) > _MAX_ENTRIES:
            raise self.file.malformed(f"{len(stsd.children)} sample entries", stsd.offset, "stsd")
        return tuple(sample_entry.parse(self.file, one) for one in stsd.children)

    def _edits(self, trak: Box) -> tuple[Edit, ...]:
        edts = trak.child("edts")
        elst = edts.child("elst") if edts is not None else None
        if elst is None:
            return ()
        fields = Fields.of(self.file, elst)
        version, _ = fields.version_and_flags()
        count = fields.u32()
        layout, size = ("Qqhh", 20) if version == 1 else ("Iihh", 12)
        if count > min(_MAX_EDITS, fields.left // size):
            raise fields.malformed(f"{count} edits")
        rows = (fields.unpack(layout) for _ in range(count))
        return tuple(Edit(duration=row[0], media_time=row[1], rate=row[2] + row[3] / 65536) for row in rows)

    def _meta(
        self, meta: Box | None
    ) -> tuple[SurveillanceExport | None, tuple[StartTime, ...], tuple[SigningInstance, ...]]:
        """The file-level ``meta`` of the export format."""
        if meta is None:
            return None, (), ()
        suep, cstb, ipro = meta.child("suep"), meta.child("cstb"), meta.child("ipro")
        export = export_format.parse_suep(Fields.of(self.file, suep)) if suep is not None else None
        if suep is not None:
            self._remark_on_order(meta, ipro)
        if export is not None and export.wide_track_ids:
            self.remarks.append("suep stores track IDs in 32 bits instead of 16")
        signatures = export_format.parse_ipro(self.file, ipro) if ipro is not None else ()
        starts = export_format.parse_cstb(Fields.of(self.file, cstb)) if cstb is not None else ()
        if not starts:
            starts = next((one.start_times for one in signatures if one.start_times), ())
        for one in signatures:
            if one.scheme_type != export_format.SCHEME_TYPE:
                self.remarks.append(f"scheme type {one.scheme_type!r} instead of 'oeff'")
        return export, starts, signatures

    def _identity(self, meta: Box | None) -> FileIdentity | None:
        sumi = meta.child("sumi") if meta is not None else None
        return export_format.parse_sumi(Fields.of(self.file, sumi)) if sumi is not None else None

    def _remark_on_order(self, meta: Box, ipro: Box | None) -> None:
        behind = [one.box_type for one in self.boxes if one.offset > meta.offset]
        if behind:
            self.remarks.append(f"behind meta: {', '.join(behind[:8])}")
        if ipro is not None and meta.children[-1] is not ipro:
            self.remarks.append("ipro is not the last box in meta")
