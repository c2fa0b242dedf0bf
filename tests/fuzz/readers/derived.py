"""MP4 files with metadata tracks: their events, and the files that are derived from them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.fuzz.readers._scratch import scratch
from tests.hostile_documents import documents
from tests.scene_documents import motion, scene
from tests.unit.evidence.metadata_files import ADDED, RECORDED, START_NS, at, document, found, write
from vssx.cells import row
from vssx.evidence.derived import derive, list_events
from vssx.evidence.event_listing import as_json
from vssx.evidence.events_csv import cells
from vssx.evidence.metadata_samples import DerivedFrom
from vssx.isobmff.reader import open_movie
from vssx.model.media import Codec

MAX_LENGTH = 32768
_MAX_SAMPLES = 500
_MAX_BYTES = 4 << 20


def seeds() -> list[bytes]:
    """A small scene, and documents that mean harm."""
    kept = [document(RECORDED, n, scene(n, at(n), ptz=True, occurrences=[motion(at(n), n > 1)])) for n in range(3)]
    kept.append(document(ADDED, 1, found(motion(at(1), True))))
    harm = [document(RECORDED, n / 10, one.data) for n, one in enumerate(documents(START_NS)) if len(one.data) < 2000]
    return [_file(units) for units in (kept, harm)]


def _file(units: list[object]) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        source = write(Path(name), units, seconds=3)  # type: ignore[arg-type]
        return (Path(name) / source.path).read_bytes()


def read(data: bytes) -> None:
    """Read one input: its rows as they are shown, and the digests of what follows from it."""
    path = scratch("derived.mp4", data)
    source = DerivedFrom(path=path.name, time_sources={})
    if _is_large(path):  # samples may overlap: a small file can hold any number of large ones
        return
    for listed in list_events(path.parent, "", [source]):
        as_json(listed)
        row(cells(listed))
    derive(path.parent, "", [source], from_ns=None, to_ns=START_NS, write=False)


def _is_large(path: Path) -> bool:
    movie = open_movie(path)
    size = 0
    for track in movie.tracks:
        if track.sample_count > _MAX_SAMPLES:
            return True
        if track.codec is Codec.ONVIF_METADATA:
            size += sum(sample.size for sample in movie.iter_samples(track))
    return size > _MAX_BYTES
