"""MP4 files: boxes, tables, samples, static metadata, the whole read back."""

from __future__ import annotations

import itertools
import struct
import tempfile
from pathlib import Path

from tests.fuzz.readers import recordings, top_level_boxes
from tests.fuzz.readers._scratch import scratch
from vssx.errors import VssxError
from vssx.isobmff.read_back import read_back
from vssx.isobmff.reader import open_movie
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import ExportUnit, Position, SourceIdentity
from vssx.model.media import AccessUnit
from vssx.source.local import open_local

MAX_LENGTH = 65536
_START_NS = 1_700_000_000_000_000_000
_UNITS = 8
_MAX_SAMPLES = 20_000


def exported(path: Path, units: int) -> tuple[bytes, bytes]:
    """(MP4, journal) of the first access units, as vssx writes them."""
    with tempfile.TemporaryDirectory() as name, open_local(path, start_ns=_START_NS) as source:
        work = Path(name)
        with Mp4Writer(work / "a.mp4", work / "a.journal", source.tracks) as writer:
            items = (item for item in source if isinstance(item, AccessUnit))
            for _, unit in zip(range(units), items, strict=False):
                writer.add(unit)
            writer.close(
                export_unit=ExportUnit(name="vssx", time_ns=_START_NS),
                sources={track.index: SourceIdentity(name="Gate", url="rtsp://h/") for track in source.tracks},
                position=Position(longitude=8.5, latitude=47.25, altitude=400, name="Gate", notes="camera"),
                creation_ns=_START_NS,
            )
        return (work / "a.mp4").read_bytes(), (work / "a.journal").read_bytes()


def _header_only(path: Path) -> bytes:
    """A stranger's file with its media cut to 64 bytes: the tables stay as they are."""
    parts = []
    for kind, box in top_level_boxes(path.read_bytes()):
        parts.append(struct.pack(">I4s", 72, kind) + box[8:72] if kind == b"mdat" and len(box) > 72 else box)
    return b"".join(parts)


def seeds() -> list[bytes]:
    """Whole files; a stranger's samples lie beyond the end, so only its header is read."""
    files = [data for path in recordings() for data in (exported(path, _UNITS)[0], _header_only(path))]
    return [data for data in files if len(data) <= MAX_LENGTH]


def read(data: bytes) -> None:
    """Read one input: what the header says, each track's samples, then all of it."""
    path = scratch("fuzzed.mp4", data)
    movie = open_movie(path)
    count = 0
    for track in movie.tracks:
        movie.start_ns(track)
        try:
            for sample in itertools.islice(movie.iter_samples(track), _MAX_SAMPLES):
                assert sample.offset + sample.size <= movie.size
                count += 1
        except VssxError:
            return
    if count < _MAX_SAMPLES:
        read_back(path, lambda _track, _number, _sizes, _payloads: None)
