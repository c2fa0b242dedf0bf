"""What the exporter adds to a recording: documents with their times, in ``work/`` for this run and all that follow.

Written whole before the first replay. A run that goes on reads the same documents again, in the same order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vssx.errors import StorageError
from vssx.evidence.durable import sync_file
from vssx.evidence.staging import Staging, unknown_state
from vssx.evidence.state import from_json, to_json

MAX_DOCUMENT = 8 << 20
_RECORD = struct.Struct(">qI")  # ns UTC, bytes of the document that follows
_MAX_NS = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSummary:
    """``events``: occurrences among the ``documents``; ``asked``: the recorder was asked for events. ``losses``,
    ``notes``: what the record has to say about where they came from."""

    documents: int
    events: int
    asked: bool
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class AddedDocuments:
    """The documents for one recording, in the order of their times. Iterating raises StorageError."""

    def __init__(self, path: Path, summary: AddedSummary) -> None:
        self._path = path
        self.summary = summary

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Time in ns UTC and document."""
        try:
            with self._path.open("rb") as file:
                for _ in range(self.summary.documents):
                    yield _read(file)
        except (OSError, ValueError, struct.error):
            raise unknown_state(self._path) from None


def _read(file: IO[bytes]) -> tuple[int, bytes]:
    at_ns, size = _RECORD.unpack(file.read(_RECORD.size))
    document = file.read(size) if size <= MAX_DOCUMENT else b""
    if len(document) != size:
        raise ValueError("is torn")
    return at_ns, document


def save_documents(staging: Staging, directory: str, documents: Iterable[tuple[int, bytes]]) -> int:
    """Write them down; how many there are. ``save_summary`` makes them count. Raises StorageError."""
    path = _documents(staging, directory)
    number = 0
    try:
        with path.open("wb") as file:
            for at_ns, document in documents:
                if len(document) > MAX_DOCUMENT:
                    raise ValueError("a document that is larger than any that is added")
                file.write(_RECORD.pack(max(-_MAX_NS, min(at_ns, _MAX_NS)), len(document)))
                file.write(document)
                number += 1
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror}", where=str(path), next_step="Check free space and permissions."
        ) from error
    sync_file(path)
    return number


def save_summary(staging: Staging, directory: str, summary: AddedSummary) -> AddedDocuments:
    """The documents are complete. Raises StorageError."""
    staging.save(_summary(directory), to_json(summary))
    return AddedDocuments(_documents(staging, directory), summary)


def load_documents(staging: Staging, directory: str) -> AddedDocuments | None:
    """What this or an earlier run wrote down for the recording in ``directory``; None when none did.

    Raises StorageError.
    """
    document = staging.saved(_summary(directory))
    if document is None:
        return None
    try:
        return AddedDocuments(_documents(staging, directory), from_json(AddedSummary, document))
    except (ValueError, LookupError, TypeError):
        raise unknown_state(staging.work / _summary(directory)) from None


def _documents(staging: Staging, directory: str) -> Path:
    return staging.work / f"added-{directory}.bin"


def _summary(directory: str) -> str:
    return f"added-{directory}.json"
