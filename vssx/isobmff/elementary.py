"""Elementary streams out of an MP4 file: Annex B, length-prefixed NAL units, ADTS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import HandoverError, MalformedMediaError, StorageError, UnsupportedMediaError
from vssx.isobmff.reader import Movie, Track
from vssx.isobmff.sample_entry import SampleEntry
from vssx.isobmff.sample_tables import Sample
from vssx.model.media import Codec

_START_CODE = b"\0\0\0\1"
# A byte stream (H.264 and H.265 Annex B) cannot carry these inside a NAL unit: a reader would cut there.
_CUTS = re.compile(rb"\0\0[\0\1]")
_PARAMETER_SETS = {Codec.H264: frozenset((7, 8)), Codec.H265: frozenset((32, 33, 34))}
_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_ADTS_MAX = (1 << 13) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """``samples`` read, ``size`` of what was written in bytes."""

    samples: int
    size: int


def extract(movie: Movie, track: Track, out: Path) -> Extracted:
    """Write a track as an elementary stream; the suffix of ``out`` chooses the format.

    ``.nals``: every NAL unit behind its length in 4 bytes big-endian, always without loss. ``.aac``: ADTS. Any other
    suffix: Annex B for video. Parameter sets of the sample entry come before the samples that do not bring their own.

    Raises UnsupportedMediaError where the format would lose bytes or does not fit the track, MalformedMediaError,
    HandoverError when ``out`` exists, StorageError. Nothing is left of ``out`` when it fails.
    """
    if track.codec not in (Codec.H264, Codec.H265, Codec.AAC):
        raise UnsupportedMediaError(
            f"a {track.sample_entries[0].code if track.sample_entries else track.handler!r} track is no elementary"
            " stream that vssx extracts",
            where=f"{movie.path}, track {track.track_id}",
        )
    suffix = out.suffix.lower()
    if track.codec is Codec.AAC:
        if suffix not in (".aac", ".adts"):
            raise UnsupportedMediaError(
                "AAC is extracted as ADTS", where=str(out), next_step="Choose a name that ends in .aac."
            )
        pieces = _adts(movie, track)
    elif suffix == ".nals":
        pieces = _video(movie, track, _length_prefixed)
    else:
        pieces = _video(movie, track, _annex_b)
    return _write(out, pieces)


def _write(out: Path, pieces: Iterator[tuple[int, bytes]]) -> Extracted:
    if out.exists() or out.is_symlink():
        raise HandoverError("exists already and is never overwritten", where=str(out))
    partial = out.with_name(out.name + ".partial")
    samples = size = 0
    try:
        try:
            with partial.open("wb") as file:
                for number, data in pieces:
                    samples = number
                    size += len(data)
                    file.write(data)
            partial.rename(out)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}",
            where=str(out),
            next_step="Check free space and permissions.",
        ) from error
    return Extracted(samples=samples, size=size)


_Format = Callable[[list[memoryview], str], bytes]


def _video(movie: Movie, track: Track, form: _Format) -> Iterator[tuple[int, bytes]]:
    entry_number = -1
    for sample, payload in movie.iter_payloads(track):
        entry = track.sample_entries[sample.entry]
        where = f"{movie.path}, track {track.track_id}, sample {sample.number} at byte {sample.offset}"
        if entry.codec is not track.codec or entry.codec is None:
            raise UnsupportedMediaError(f"sample entry {entry.code!r} among others", where=where)
        units = split(payload, entry.length_size, where)
        if sample.entry != entry_number:
            entry_number = sample.entry
            if not _has_parameter_sets(entry.codec, units):
                units = [*(memoryview(one) for one in entry.parameter_sets), *units]
        yield sample.number, form(units, where)


def split(payload: bytes, length_size: int, where: str) -> list[memoryview]:
    """NAL units of a sample (ISO/IEC 14496-15 clause 4.3). Raises MalformedMediaError."""
    view = memoryview(payload)
    units = []
    position = 0
    while position < len(view):
        start = position + length_size
        end = start + int.from_bytes(view[position:start], "big")
        if end > len(view) or start > len(view):
            raise MalformedMediaError("a NAL unit reaches beyond its sample", where=where)
        units.append(view[start:end])
        position = end
    return units


def _has_parameter_sets(codec: Codec, units: list[memoryview]) -> bool:
    kinds = _PARAMETER_SETS[codec]
    if codec is Codec.H264:
        return any(unit and unit[0] & 0x1F in kinds for unit in units)
    return any(unit and unit[0] >> 1 & 0x3F in kinds for unit in units)


def _length_prefixed(units: list[memoryview], _where: str) -> bytes:
    return b"".join(part for unit in units for part in (len(unit).to_bytes(4, "big"), unit))


def _annex_b(units: list[memoryview], where: str) -> bytes:
    for number, unit in enumerate(units, 1):
        reason = ""
        if not unit:
            reason = "is empty"
        elif not unit[-1]:
            reason = "ends in a zero byte"
        elif _CUTS.search(unit):
            reason = "has a start-code pattern inside"
        if reason:
            raise UnsupportedMediaError(
                f"NAL unit {number} {reason}: Annex B would lose or move bytes",
                where=where,
                next_step="Extract with a name that ends in .nals, which keeps every byte.",
            )
    return b"".join(part for unit in units for part in (_START_CODE, unit))


def _adts(movie: Movie, track: Track) -> Iterator[tuple[int, bytes]]:
    headers = [_AdtsHeader(entry, f"{movie.path}, track {track.track_id}") for entry in track.sample_entries]
    for sample, payload in movie.iter_payloads(track):
        yield sample.number, headers[sample.entry].before(sample, len(payload)) + payload


class _AdtsHeader:
    """ISO/IEC 14496-3 clause 1.A.2.2 for one AudioSpecificConfig (clause 1.6.2.1)."""

    def __init__(self, entry: SampleEntry, where: str) -> None:
        self._where = where
        config = entry.decoder_configuration
        if len(config) < 2:
            raise UnsupportedMediaError("no AudioSpecificConfig", where=where)
        bits = int.from_bytes(config[:2], "big")
        kind, rate, self._channels = bits >> 11, bits >> 7 & 15, bits >> 3 & 15
        # With HE-AAC signalled in front (5, 29) ADTS carries the core: AAC-LC at the rate stated first.
        self._profile = 1 if kind in (5, 29) else kind - 1
        self._rate = rate
        if not 0 <= self._profile <= 3 or rate >= len(_ADTS_RATES) or not 1 <= self._channels <= 7:
            raise UnsupportedMediaError(
                f"AAC object type {kind}, rate index {rate}, channel configuration {self._channels} has no ADTS form",
                where=where,
            )

    def before(self, sample: Sample, size: int) -> bytes:
        """The header of one frame, without CRC, buffer fullness "variable"."""
        length = size + 7
        if length > _ADTS_MAX:
            raise UnsupportedMediaError(f"sample {sample.number} is too long for ADTS", where=self._where)
        value = 0xFFF1 << 40 | self._profile << 38 | self._rate << 34 | self._channels << 30
        return (value | length << 13 | 0x7FF << 2).to_bytes(7, "big")
