"""The original of a transcoded audio track: its payload, unaltered, in a file that players open, and where it is in it.

Big-endian samples, G.711 and G.726 as RFC 3551 packs it go into Sun/NeXT audio (.au), whose encodings are those very
bytes; little-endian samples and G.726 as ITU-T I.366.2 packs it go into WAVE (.wav).
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import ReadBackMismatchError, StorageError
from vssx.evidence.digest import TrackDigest, digest_file
from vssx.isobmff.frames import packed_table
from vssx.model.handover import AudioOriginal
from vssx.model.media import AccessUnit, Codec, CodecConfiguration
from vssx.times import to_xs_datetime

INDEX_SUFFIX = ".csv.gz"
_U32 = (1 << 32) - 1
_AU_HEADER = struct.Struct(">4s5I8x")
_AU_CODES = {
    "PCMU": 1, "PCMA": 27, "L16": 3, "s16be": 3, "s24be": 4, "s32be": 5, "f32be": 6,
    "G726-16": int.from_bytes(b"7262", "big"), "G726-24": 25, "G726-32": 23, "G726-40": 26,
}  # fmt: skip
_WAVE_PCM, _WAVE_FLOAT, _WAVE_G726 = 1, 3, 0x45
_RF64_EXTRA = 28  # payload of ds64, and of the JUNK that keeps its place
_FLAGS = (("clean_point", "C"), ("end_of_section", "E"), ("discontinuity", "D"), ("terminal", "T"))  # of 0xABAC


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """What was received of a track: how many packets, bytes, and their digest (as that of a track)."""

    packets: int
    payload_bytes: int
    digest: str


def suffix_of(configuration: CodecConfiguration) -> str:
    """``.au`` or ``.wav``."""
    return ".au" if configuration.profile in _AU_CODES else ".wav"


def write_original(
    directory: Path,
    name: str,
    units: Iterable[AccessUnit],
    configuration: CodecConfiguration,
    received: Packets,
    *,
    track_id: int,
) -> AudioOriginal:
    """Write ``NAME.au`` (or .wav) and ``NAME.csv.gz`` and read the first one back; the paths in the result are names.

    The index has the columns of frames.csv.gz; its offsets are those of the packets in the original.
    Raises ReadBackMismatchError when the disk gives other packets than were received, StorageError.
    """
    path, index = directory / f"{name}{suffix_of(configuration)}", directory / f"{name}{INDEX_SUFFIX}"
    head = header_of(configuration, received.payload_bytes)
    first_ns = last_ns = 0
    sizes = array("I")
    try:
        with path.open("wb") as out, index.open("wb") as raw:
            with packed_table(raw) as text:
                offset = out.write(head)
                for number, unit in enumerate(units, 1):
                    utc_ns = unit.utc_ns
                    first_ns = min(first_ns, utc_ns) if number > 1 else utc_ns
                    last_ns = max(last_ns, utc_ns) if number > 1 else utc_ns
                    text.write(f"{track_id},{number},{_line(offset, unit)}")
                    sizes.append(len(unit.payload))
                    offset += out.write(unit.payload)
            if suffix_of(configuration) == ".wav" and received.payload_bytes % 2:
                out.write(b"\0")  # chunks have even lengths
            for file in (out, raw):
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            next_step="Make room on the disk and run the same command again; what is there is continued.",
        ) from error
    size, sha256 = _read_back(path, len(head), sizes, received)
    return AudioOriginal(
        path=path.name,
        index_path=index.name,
        size=size,
        sha256=sha256,
        codec=configuration.codec,
        profile=configuration.profile,
        sample_rate=configuration.sample_rate,
        channels=configuration.channels,
        packets=received.packets,
        payload_bytes=received.payload_bytes,
        digest=received.digest,
        first_utc_ns=first_ns,
        last_utc_ns=last_ns,
    )


def check_original(path: Path, original: AudioOriginal) -> None:
    """What lay on the disk since an earlier run. Raises ReadBackMismatchError for other bytes, StorageError."""
    found = digest_file(path)
    if (found.size, found.sha256) != (original.size, original.sha256):
        raise ReadBackMismatchError(
            f"has size {found.size} and SHA-256 {found.sha256}, written: {original.size} and {original.sha256}",
            where=str(path),
            next_step="Everything is kept. Check the disk and the memory of this machine, then run the command again.",
        )


def _line(offset: int, unit: AccessUnit) -> str:
    rtp = "" if unit.rtp_timestamp is None else str(unit.rtp_timestamp)
    extension = unit.extension
    ntp = "" if extension is None else f"{extension.ntp_time:016x}"
    flags = "" if extension is None else "".join(letter for field, letter in _FLAGS if getattr(extension, field))
    return f"{offset},{len(unit.payload)},{to_xs_datetime(unit.utc_ns)},{rtp},{ntp},K{flags}\r\n"


def _read_back(path: Path, start: int, sizes: array[int], received: Packets) -> tuple[int, str]:
    """Size and SHA-256 of the whole file; its packets have the digest of the acquisition."""
    running, digest = hashlib.sha256(), TrackDigest()
    total = 0
    with path.open("rb") as file:
        for chunk in _chunks(file, start, sizes):
            running.update(chunk)
            if total >= start and digest.samples < len(sizes):
                digest.update(chunk)
            total += len(chunk)
    found = Packets(packets=digest.samples, payload_bytes=digest.payload_bytes, digest=digest.hexdigest())
    if found != received:
        raise ReadBackMismatchError(
            f"what was read back of the original audio is not what was acquired: {found.packets} packets with digest"
            f" {found.digest}, acquired {received.packets} with {received.digest}",
            where=str(path),
            next_step="Everything is kept. Check the disk and the memory of this machine, then run the command again.",
        )
    return total, running.hexdigest()


def _chunks(file: io.BufferedReader, start: int, sizes: array[int]) -> Iterator[bytes]:
    yield file.read(start)
    for size in sizes:
        yield file.read(size)
    if rest := file.read():
        yield rest


def header_of(configuration: CodecConfiguration, payload_bytes: int) -> bytes:
    """What stands before the payload. Raises ValueError for a codec or encoding of which there is no original."""
    if suffix_of(configuration) == ".au":
        code = _AU_CODES[configuration.profile]
        size = min(payload_bytes, _U32)  # all ones: up to the end of the file
        rate, channels = configuration.sample_rate, configuration.channels
        return _AU_HEADER.pack(b".snd", _AU_HEADER.size, size, code, rate, channels)
    return _wave_header(configuration, payload_bytes)


def _wave_header(configuration: CodecConfiguration, payload_bytes: int) -> bytes:
    """RIFF, or RF64 (EBU Tech 3306) where 32 bits do not hold the length."""
    channels, rate, profile = configuration.channels, configuration.sample_rate, configuration.profile
    extra = b""
    if configuration.codec is Codec.G726:
        tag, bits = _WAVE_G726, int(profile.rpartition("-")[2]) // 8
        block = bits if bits % 2 else 1  # whole code words: 8 of them in 3 or 5 bytes
        extra = struct.pack("<HH", 2, 0)
    else:
        tag = _WAVE_FLOAT if profile.startswith("f") else _WAVE_PCM
        bits = int("".join(character for character in profile if character.isdigit()))
        block = channels * bits // 8
    per_second = rate * channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, per_second, block, bits) + extra
    behind = 4 + 8 + _RF64_EXTRA + 8 + len(form) + 8
    whole = behind + payload_bytes + payload_bytes % 2
    wide = whole > _U32
    sizes = struct.pack("<QQQI", whole, payload_bytes, 0, 0) if wide else bytes(_RF64_EXTRA)
    return b"".join(
        (
            struct.pack("<4sI4s", b"RF64" if wide else b"RIFF", _U32 if wide else whole, b"WAVE"),
            struct.pack("<4sI", b"ds64" if wide else b"JUNK", _RF64_EXTRA) + sizes,
            struct.pack("<4sI", b"fmt ", len(form)) + form,
            struct.pack("<4sI", b"data", _U32 if wide else payload_bytes),
        )
    )
