"""The harnesses, one module a reader."""

from __future__ import annotations

import pkgutil
import struct
from collections.abc import Iterator
from pathlib import Path

from tests.peers import ROOT

NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")))


def recordings() -> list[Path]:
    """The committed samples, and the footage where it is."""
    found = [*(ROOT / "samples").glob("*.mp4"), *(ROOT.parent / "shared" / "footage").glob("*.mp4")]
    assert found, "samples/ has no recordings"
    return sorted(found)


def top_level_boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, whole box) of the top level of a valid MP4."""
    position = 0
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        if size == 1:
            size = struct.unpack_from(">Q", data, position + 8)[0]
        yield kind, data[position : position + size]
        position += size


def samples_of(path: Path, limit: int) -> tuple[str, bytes, list[bytes]]:
    """Codec name, decoder configuration, and the first samples of the video track, by PyAV."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [bytes(packet) for _, packet in zip(range(limit), container.demux(stream), strict=False)]
        return stream.codec_context.name, stream.codec_context.extradata or b"", [one for one in packets if one]
