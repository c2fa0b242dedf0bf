"""The events of an MP4 or of a handover, read out of the metadata tracks."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from vssx.evidence.derived import list_events
from vssx.evidence.handover_reading import file_of, read_record
from vssx.evidence.metadata_samples import DerivedFrom
from vssx.model.event import ListedEvent
from vssx.times import from_xs_datetime


def read_events(path: Path) -> Generator[ListedEvent, None, None]:
    """All events, and the states at the start: of each recording of a handover by time, or of one MP4.

    Nothing of the handover is verified. Close the iterator, or read it to its end: a temporary file belongs to it.
    Raises HandoverError for a directory that is no complete handover, MalformedMediaError or UnsupportedMediaError for
    an MP4 that cannot be read or tells no UTC, StorageError.
    """
    if not path.is_dir():
        yield from list_events(path.parent, "", [DerivedFrom(path=path.name, time_sources={})])
        return
    root = path.resolve()
    for recording in read_record(path)["recordings"]:
        files = [DerivedFrom.of_record(file) for file in recording["files"]]
        for file in files:
            file_of(root, file.path)
        asked = recording["asked"]["from"]
        from_ns = None if asked is None else from_xs_datetime(asked)
        yield from list_events(root, recording["directory"], files, from_ns=from_ns)
