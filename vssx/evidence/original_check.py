"""Checks the original of transcoded audio against its list and the record: every packet once, at its place."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import Any

from vssx.evidence.audio_original import header_of
from vssx.evidence.digest import TrackDigest
from vssx.isobmff.frames import COLUMNS
from vssx.model.media import Codec, CodecConfiguration
from vssx.shown import shown
from vssx.times import from_xs_datetime

_MAX_LINE = 400
_MAX_PACKET = 16 * 1024 * 1024


def original_fault(root: Path, transcoded: dict[str, Any]) -> str:
    """The first thing in which a file, its list and the record's entry differ; "" when there is none.

    ``transcoded``: an entry that follows the schema, whose files are there. Never raises for content.
    """
    told = transcoded["original"]
    try:
        return _compare(root / told["path"], root / told["index"], transcoded)
    except (OSError, EOFError, zlib.error) as error:
        return f"cannot be read: {shown(error)}"
    except (ValueError, struct.error) as error:
        return f"its list makes no sense: {shown(error)}"


def _compare(original: Path, index: Path, transcoded: dict[str, Any]) -> str:
    told = transcoded["original"]
    configuration = CodecConfiguration(
        codec=Codec(told["codec"]),
        profile=told["encoding"],
        sample_rate=told["sample_rate"],
        channels=told["channels"],
    )
    size = original.stat().st_size
    with original.open("rb") as file, gzip.open(index, "rb") as lines:
        head = header_of(configuration, told["payload_bytes"])
        if file.read(len(head)) != head:
            return f"does not begin like {shown(told['encoding'])} with {told['payload_bytes']} bytes"
        if lines.readline(_MAX_LINE).rstrip(b"\r\n") != ",".join(COLUMNS).encode():
            return f"its list does not begin with the names {','.join(COLUMNS)}"
        digest = TrackDigest()
        times: list[int] = []
        end = len(head)
        while line := lines.readline(_MAX_LINE):
            fields = line.decode("ascii").rstrip("\r\n").split(",")
            if len(fields) != len(COLUMNS):
                return f"its list has a line of {len(fields)} columns behind packet {digest.samples}"
            track, number, offset, length = (int(field) for field in fields[:4])
            expected_place = (transcoded["track_id"], digest.samples + 1, end)
            if (track, number, offset) != expected_place or not 0 <= length <= _MAX_PACKET:
                return f"its list does not go on with packet {digest.samples + 1} at byte {end}"
            if end + length > size:
                return f"ends within packet {number}"
            digest.update(file.read(length))
            end += length
            at_ns = from_xs_datetime(fields[4])
            times = [min(times[0], at_ns), max(times[1], at_ns)] if times else [at_ns, at_ns]
    stated = [from_xs_datetime(told["first"]), from_xs_datetime(told["last"])]
    for what, actual, expected in (
        ("packets", digest.samples, told["packets"]),
        ("payload bytes", digest.payload_bytes, told["payload_bytes"]),
        ("the digest of the packets", digest.hexdigest(), told["digest"]),
        ("first and last time", times, stated),
        ("bytes behind the last packet", size - end, end % 2 if original.suffix == ".wav" else 0),
    ):
        if actual != expected:
            return f"{what}: {shown(actual)} in the files, the record says {shown(expected)}"
    return ""
