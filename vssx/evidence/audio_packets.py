"""Packets of recorded audio as they arrive, in ``work/``: what the original file is made of, and the encoder again.

Magic, then records: length and CRC-32 (32 bits each, little-endian) of what follows. The first one is JSON and tells
the track; every other one is a packet: its times as in AccessUnit, then its payload. A record that is torn or fails
its CRC ends the file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from vssx.errors import MalformedMediaError, StorageError
from vssx.evidence.durable import sync_directory
from vssx.model.media import (
    AccessUnit,
    Codec,
    CodecConfiguration,
    ReplayExtension,
    SourceTrack,
    TimeSource,
    TrackType,
)
from vssx.times import from_ntp

_MAGIC = b"VSSXPKT1"
_RECORD = struct.Struct("<II")
_PACKET = struct.Struct("<qqIBHIQ")
_MAX_PACKET = 16 * 1024 * 1024
_TIME_SOURCES = tuple(TimeSource)
_HAS_RTP, _EXTENSION, _C, _E, _D, _T = (1 << bit for bit in range(6))


class AudioPackets:
    """An open file of packets of one track; ``add`` appends, ``units`` reads them again from the beginning."""

    def __init__(self, path: Path, file: IO[bytes], track: SourceTrack, configuration: CodecConfiguration) -> None:
        self.path = path
        self.track = track
        self.configuration = configuration
        self._file = file

    @classmethod
    def create(cls, path: Path, track: SourceTrack, configuration: CodecConfiguration) -> AudioPackets:
        """A new file. Raises StorageError."""
        head = {
            "track": dataclasses.asdict(track),
            "codec": configuration.codec,
            "profile": configuration.profile,
            "sample_rate": configuration.sample_rate,
            "channels": configuration.channels,
        }
        try:
            file = path.open("wb", buffering=1 << 16)
            file.write(_MAGIC + _record(json.dumps(head).encode()))
            file.flush()
            sync_directory(path.parent)
        except OSError as error:
            raise _failed(path, error) from error
        return cls(path, file, track, configuration)

    @classmethod
    def resume(cls, path: Path) -> AudioPackets | None:
        """Go on behind the last whole packet; None when not even the track is known. Raises StorageError."""
        try:
            with path.open("rb") as known:
                head = _head(path, known)
                end = known.tell()
                if head is not None:
                    for _ in _packets(known):
                        end = known.tell()
            if head is None:
                return None
            file: IO[bytes] = path.open("r+b", buffering=1 << 16)
            file.truncate(end)
            file.seek(end)
        except OSError as error:
            raise _failed(path, error) from error
        return cls(path, file, *head)

    def add(self, unit: AccessUnit) -> None:
        """Append a packet. Raises StorageError."""
        extension = unit.extension
        flags = _HAS_RTP if unit.rtp_timestamp is not None else 0
        if extension is not None:
            bits = (extension.clean_point, extension.end_of_section, extension.discontinuity, extension.terminal)
            flags |= _EXTENSION + sum(bit for bit, is_set in zip((_C, _E, _D, _T), bits, strict=True) if is_set)
        packet = _PACKET.pack(
            unit.run_start_ns,
            unit.ticks,
            unit.run,
            _TIME_SOURCES.index(unit.time_source),
            flags | (extension.cseq << 8 if extension is not None else 0),
            (unit.rtp_timestamp or 0) & 0xFFFFFFFF,
            extension.ntp_time if extension is not None else 0,
        )
        try:
            self._file.write(_record(packet + unit.payload))
        except OSError as error:
            raise _failed(self.path, error) from error

    def sync(self) -> None:
        """See what there is on the disk. Raises StorageError."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _failed(self.path, error) from error

    def units(self) -> Iterator[AccessUnit]:
        """All packets in order, as they were added. Raises StorageError."""
        try:
            self._file.flush()
            with self.path.open("rb") as file:
                head = _head(self.path, file)
                assert head is not None
                for record in _packets(file):
                    yield self._unit(record)
        except OSError as error:
            raise _failed(self.path, error) from error

    def close(self) -> None:
        """Leave the file as it is; what could not be written any more is asked for again."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _unit(self, record: bytes) -> AccessUnit:
        start_ns, ticks, run, source, flags, rtp, ntp = _PACKET.unpack_from(record)
        extension = None
        if flags & _EXTENSION:
            extension = ReplayExtension(
                ntp_time=ntp,
                utc_ns=from_ntp(ntp),
                clean_point=bool(flags & _C),
                end_of_section=bool(flags & _E),
                discontinuity=bool(flags & _D),
                terminal=bool(flags & _T),
                cseq=flags >> 8,
            )
        return AccessUnit(
            track=self.track.index,
            payload=record[_PACKET.size :],
            run=run,
            run_start_ns=start_ns,
            ticks=ticks,
            timescale=self.track.timescale,
            clean_point=True,
            configuration=self.configuration,
            time_source=_TIME_SOURCES[source],
            rtp_timestamp=rtp if flags & _HAS_RTP else None,
            extension=extension,
        )


def _record(content: bytes) -> bytes:
    return _RECORD.pack(len(content), zlib.crc32(content)) + content


def _records(file: IO[bytes]) -> Iterator[bytes]:
    """Intact records from where the file stands; it stands behind each while that one is handled."""
    while len(head := file.read(_RECORD.size)) == _RECORD.size:
        length, crc = _RECORD.unpack(head)
        content = file.read(length) if length <= _MAX_PACKET else b""
        if len(content) < length or zlib.crc32(content) != crc:
            return
        yield content


def _packets(file: IO[bytes]) -> Iterator[bytes]:
    """Intact packets; zeros, which a file system may leave where it lost what was written, are none."""
    return itertools.takewhile(lambda record: len(record) >= _PACKET.size, _records(file))


def _head(path: Path, file: IO[bytes]) -> tuple[SourceTrack, CodecConfiguration] | None:
    if file.read(len(_MAGIC)) != _MAGIC:
        return None
    text = next(_records(file), None)
    if text is None:
        return None
    try:
        head = json.loads(text)
        track = head["track"]
        return (
            SourceTrack(**{**track, "track_type": TrackType(track["track_type"]), "codec": Codec(track["codec"])}),
            CodecConfiguration(
                codec=Codec(head["codec"]),
                profile=str(head["profile"]),
                sample_rate=int(head["sample_rate"]),
                channels=int(head["channels"]),
            ),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise MalformedMediaError(
            f"is not what vssx writes there ({error})",
            where=str(path),
            next_step="Move the unfinished handover away and start again.",
        ) from error


def _failed(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot be written or read: {error.strerror or error}",
        where=str(path),
        next_step="Check free space and the medium, then run the same command again; what is there is continued.",
    )
