"""The index journal of a file that is still being written: what a later run needs to finish or continue it.

A journal is the magic, then blocks: type (4 bytes), length of the payload and CRC-32 of type and payload (32 bits
each, little-endian), payload. The first block, ``HEAD``, holds the tracks as JSON. Every ``DATA`` block describes one
``mdat`` that was on the disk before the block was written: where it starts and ends, the SHA-256 of the file up to its
end, the codec configurations and runs that are new, and one record of 48 bytes for every sample in file order. A block
that is torn or fails its CRC ends the journal.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from vssx.errors import MalformedMediaError, StorageError
from vssx.model.media import AccessUnit, Codec, CodecConfiguration, SourceTrack, TimeSource, TrackType

MAGIC = b"VSSXJNL1"
MAX_BLOCK = 64 * 1024 * 1024

CLEAN_POINT = 1
PARAMETER_SETS = 2
EXTENSION = 4
EXTENSION_C = 8
EXTENSION_E = 16
EXTENSION_D = 32
EXTENSION_T = 64
HAS_RTP = 128
HAS_DURATION = 256

_BLOCK = struct.Struct("<4sII")
_DATA = struct.Struct("<QQ32sIII")
_RUN = struct.Struct("<HHqq")
_LENGTH = struct.Struct("<I")
_TIME_SOURCES = tuple(TimeSource)
MAX_TICKS = (1 << 31) - 1
"""Longer durations and composition offsets break GStreamer and ffmpeg (export-file.md)."""
# What decoding raises for content that is intact by its checksum and yet none of ours.
_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, struct.error)


class SampleRecord(NamedTuple):
    """One sample. ``track``: position in the header's tracks; ``entry``: number of its codec configuration on that
    track; ``run``: number of the run record in the file; ``offset``: of the payload in the file; ``ticks``: as in
    AccessUnit; ``ntp``: 0xABAC time as received.
    """

    track: int
    flags: int
    entry: int
    cseq: int
    run: int
    size: int
    offset: int
    ticks: int
    duration: int
    rtp: int
    ntp: int


RECORD = struct.Struct("<HHHHIIQqIIQ")
_REFERENCES = attrgetter("track", "entry", "run")


def sample_record(unit: AccessUnit, *, number: int, entry: int, run: int) -> SampleRecord:
    """The record of an access unit of track ``number``; its offset follows when the block is complete."""
    flags = (CLEAN_POINT if unit.clean_point else 0) | (PARAMETER_SETS if unit.has_parameter_sets else 0)
    cseq = ntp = 0
    extension = unit.extension
    if extension is not None:
        flags |= (
            EXTENSION
            | (EXTENSION_C if extension.clean_point else 0)
            | (EXTENSION_E if extension.end_of_section else 0)
            | (EXTENSION_D if extension.discontinuity else 0)
            | (EXTENSION_T if extension.terminal else 0)
        )
        cseq, ntp = extension.cseq, extension.ntp_time
    if unit.rtp_timestamp is not None:
        flags |= HAS_RTP
    duration = unit.duration_ticks
    if duration is not None and 0 <= duration <= MAX_TICKS:
        flags |= HAS_DURATION
    else:
        duration = 0
    return SampleRecord(
        number,
        flags,
        entry,
        cseq & 0xFFFF,
        run,
        len(unit.payload),
        0,
        unit.ticks,
        duration,
        (unit.rtp_timestamp or 0) & 0xFFFFFFFF,
        ntp & 0xFFFFFFFFFFFFFFFF,
    )


class RunRecord(NamedTuple):
    """A stretch of samples of one track with the same anchor. ``run``: AccessUnit.run."""

    track: int
    time_source: TimeSource
    run: int
    start_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataBlock:
    """One ``mdat`` and what it holds. ``prefix_sha256``: of the file's bytes before ``mdat_end``."""

    mdat_start: int
    mdat_end: int
    prefix_sha256: bytes
    configurations: tuple[tuple[int, CodecConfiguration], ...]
    runs: tuple[RunRecord, ...]
    samples: tuple[SampleRecord, ...]


def encode_header(tracks: Sequence[SourceTrack]) -> bytes:
    """Magic and ``HEAD`` block of a new journal."""
    rows = [
        {
            "index": track.index,
            "track_type": track.track_type,
            "codec": track.codec,
            "timescale": track.timescale,
            "token": track.token,
            "description": track.description,
            "language": track.language,
            "added": track.added,
        }
        for track in tracks
    ]
    return MAGIC + _block(b"HEAD", json.dumps({"tracks": rows}).encode())


def encode_data(block: DataBlock) -> bytes:
    """A ``DATA`` block as it goes to the disk."""
    parts = [
        _DATA.pack(
            block.mdat_start,
            block.mdat_end,
            block.prefix_sha256,
            len(block.configurations),
            len(block.runs),
            len(block.samples),
        )
    ]
    for track, configuration in block.configurations:
        text = json.dumps({"track": track, **_configuration_to_json(configuration)}).encode()
        parts += [_LENGTH.pack(len(text)), text]
    parts += [_RUN.pack(run.track, _TIME_SOURCES.index(run.time_source), run.run, run.start_ns) for run in block.runs]
    pack = RECORD.pack
    parts += [pack(*sample) for sample in block.samples]
    return _block(b"DATA", b"".join(parts))


def _block(kind: bytes, payload: bytes) -> bytes:
    return _BLOCK.pack(kind, len(payload), zlib.crc32(payload, zlib.crc32(kind))) + payload


class JournalReader:
    """Reads the intact part of a journal, block by block; ``end`` is the offset after the last block read.

    Raises StorageError when the file cannot be read, MalformedMediaError when an intact block makes no sense.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.end = 0

    def tracks(self) -> tuple[SourceTrack, ...] | None:
        """Tracks of the header; None when the header never reached the disk."""
        with self._open() as file:
            return self._header(file)

    def blocks(self) -> Iterator[DataBlock]:
        """The data blocks in order."""
        with self._open() as file:
            tracks = self._header(file)
            if tracks is None:
                return
            entries = [0] * len(tracks)
            runs: list[int] = []  # the track of every run record
            while (found := self._next(file)) is not None:
                kind, payload = found
                if kind != b"DATA":
                    raise self._malformed(f"unknown block {kind!r}")
                try:
                    block = _decode_data(payload)
                    for track, _ in block.configurations:
                        if track < 0:
                            raise ValueError("a configuration of no track")
                        entries[track] += 1
                    runs += [run.track for run in block.runs]
                    _check_references(block.samples, entries, runs)
                except _NONSENSE as error:
                    raise self._malformed(f"a block makes no sense ({error})") from error
                self.end = file.tell()
                yield block

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise StorageError(f"cannot be read: {error.strerror}", where=str(self.path)) from error

    def _header(self, file: BinaryIO) -> tuple[SourceTrack, ...] | None:
        self.end = 0
        found = self._next(file) if file.read(len(MAGIC)) == MAGIC else None
        if found is None or found[0] != b"HEAD":
            return None
        try:
            tracks = tuple(
                SourceTrack(**{**row, "track_type": TrackType(row["track_type"]), "codec": Codec(row["codec"])})
                for row in json.loads(found[1])["tracks"]
            )
            if any(not isinstance(one.timescale, int) or one.timescale <= 0 for one in tracks):
                raise ValueError("a timescale that is none")
        except _NONSENSE as error:
            raise self._malformed(f"the header makes no sense ({error})") from error
        self.end = file.tell()
        return tracks

    def _next(self, file: BinaryIO) -> tuple[bytes, bytes] | None:
        head = file.read(_BLOCK.size)
        if len(head) < _BLOCK.size:
            return None
        kind, length, crc = _BLOCK.unpack(head)
        if length > MAX_BLOCK:
            return None
        payload = file.read(length)
        if len(payload) < length or zlib.crc32(payload, zlib.crc32(kind)) != crc:
            return None
        return kind, payload

    def _malformed(self, message: str) -> MalformedMediaError:
        return MalformedMediaError(
            f"not a journal of vssx, or damaged: {message}",
            where=f"{self.path} at byte {self.end}",
            next_step="Move the unfinished export away and start it again.",
        )


def _check_references(samples: Sequence[SampleRecord], entries: list[int], runs: list[int]) -> None:
    if any(runs[run] != track or entry >= entries[track] for track, entry, run in set(map(_REFERENCES, samples))):
        raise ValueError("a sample of no known track, run or configuration")


def _decode_data(payload: bytes) -> DataBlock:
    start, end, digest, configurations, runs, samples = _DATA.unpack_from(payload)
    position = _DATA.size
    found = []
    for _ in range(configurations):
        (length,) = _LENGTH.unpack_from(payload, position)
        position += _LENGTH.size
        row = json.loads(payload[position : position + length])
        position += length
        found.append((int(row.pop("track")), _configuration_from_json(row)))
    run_end = position + runs * _RUN.size
    run_rows = tuple(
        RunRecord(track, _TIME_SOURCES[source], run, start_ns)
        for track, source, run, start_ns in _RUN.iter_unpack(payload[position:run_end])
    )
    if len(payload) - run_end != samples * RECORD.size:
        raise ValueError("wrong number of samples")
    rows = tuple(map(SampleRecord._make, RECORD.iter_unpack(memoryview(payload)[run_end:])))
    return DataBlock(
        mdat_start=start,
        mdat_end=end,
        prefix_sha256=digest,
        configurations=tuple(found),
        runs=run_rows,
        samples=rows,
    )


def _configuration_to_json(value: CodecConfiguration) -> dict[str, object]:
    return {
        "codec": value.codec,
        "decoder_configuration": value.decoder_configuration.hex(),
        "parameter_sets": [one.hex() for one in value.parameter_sets],
        "width": value.width,
        "height": value.height,
        "pixel_aspect": list(value.pixel_aspect),
        "reorder_depth": value.reorder_depth,
        "frame_duration": None if value.frame_duration is None else str(value.frame_duration),
        "profile": value.profile,
        "sample_rate": value.sample_rate,
        "channels": value.channels,
        "frame_samples": value.frame_samples,
        "priming": value.priming,
    }


def _configuration_from_json(row: dict[str, Any]) -> CodecConfiguration:
    return CodecConfiguration(
        codec=Codec(row["codec"]),
        decoder_configuration=bytes.fromhex(row["decoder_configuration"]),
        parameter_sets=tuple(bytes.fromhex(one) for one in row["parameter_sets"]),
        width=int(row["width"]),
        height=int(row["height"]),
        pixel_aspect=(int(row["pixel_aspect"][0]), int(row["pixel_aspect"][1])),
        reorder_depth=int(row["reorder_depth"]),
        frame_duration=None if row["frame_duration"] is None else Fraction(row["frame_duration"]),
        profile=str(row["profile"]),
        sample_rate=int(row["sample_rate"]),
        channels=int(row["channels"]),
        frame_samples=int(row["frame_samples"]),
        priming=int(row["priming"]),
    )
