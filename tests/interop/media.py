"""What media tests compare: NAL units and frames as PyAV and GStreamer see them, not as vssx does."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av

H264_SETS = {7, 8, 13}
H265_SETS = {32, 33, 34}


class Packet(NamedTuple):
    """One sample; ``pts`` in seconds."""

    payload: bytes
    pts: Fraction
    key: bool


def packets(path: Path, index: int = 0) -> list[Packet]:
    """The samples of one stream in decoding order."""
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        stream = container.streams[index]
        assert stream.time_base is not None
        return [
            Packet(bytes(packet), packet.pts * stream.time_base, packet.is_keyframe)
            for packet in container.demux(stream)
            if packet.size and packet.pts is not None
        ]


def extradata(path: Path, index: int = 0) -> tuple[str, bytes]:
    """Codec name, and avcC, hvcC or AudioSpecificConfig."""
    with av.open(str(path)) as container:
        context = container.streams[index].codec_context
        return context.name, bytes(context.extradata or b"")


def nal_units(payload: bytes) -> list[bytes]:
    """NAL units of a sample with 4-byte lengths."""
    found, position = [], 0
    while position < len(payload):
        size = int.from_bytes(payload[position : position + 4], "big")
        found.append(payload[position + 4 : position + 4 + size])
        assert len(found[-1]) == size
        position += 4 + size
    return found


def split_sets(codec: str, nals: list[bytes]) -> tuple[list[bytes], set[bytes]]:
    """(everything but the parameter sets, in order; the parameter sets as a set)."""
    if codec == "h264":
        is_set = [nal[0] & 31 in H264_SETS for nal in nals]
    else:
        is_set = [nal[0] >> 1 & 63 in H265_SETS for nal in nals]
    others = [nal for nal, left_out in zip(nals, is_set, strict=True) if not left_out]
    return others, {nal for nal, kept in zip(nals, is_set, strict=True) if kept}


def sets_of(path: Path, index: int = 0) -> set[bytes]:
    """Parameter sets of avcC or hvcC, read without vssx (ISO/IEC 14496-15 clauses 5.3.3.1 and 8.3.3.1)."""
    codec, data = extradata(path, index)
    found: set[bytes] = set()

    def take(position: int, count: int) -> int:
        for _ in range(count):
            size = int.from_bytes(data[position : position + 2], "big")
            found.add(data[position + 2 : position + 2 + size])
            position += 2 + size
        return position

    if codec == "h264":
        position = take(6, data[5] & 31)
        take(position + 1, data[position])
    else:
        position = 23
        for _ in range(data[22]):
            position = take(position + 3, int.from_bytes(data[position + 1 : position + 3], "big"))
    return found


def pictures(path: Path, index: int = 0) -> int:
    """How many samples hold a slice: cameras also store samples of SEIs alone."""
    codec, _ = extradata(path, index)
    is_slice = (lambda nal: 1 <= nal[0] & 31 <= 5) if codec == "h264" else (lambda nal: nal[0] >> 1 & 63 < 32)
    return sum(any(map(is_slice, nal_units(one.payload))) for one in packets(path, index))


def origin_ns(path: Path) -> int:
    """UTC of media time 0 of the first entry, read by hand: file-level meta, box cstb."""
    data = path.read_bytes()
    at = data.rindex(b"cstb")
    ticks = int.from_bytes(data[at + 12 : at + 20], "big")
    return (ticks - 116_444_736_000_000_000) * 100
