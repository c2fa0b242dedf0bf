"""The recorder's own export: copies of stored files in a directory that stands for its storage."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import ProtocolError
from vssx.onvif.recorded_data import RecordedDataRequest, RecordedDataState
from vssx.recorder.store import StoredRecording
from vssx.safe_names import safe_name

STORAGE_TOKEN = "storage-1"  # noqa: S105 - a storage's name in ONVIF, no secret
FILE_FORMAT = "MP4"
_BLOCK = 1 << 20
_MAX_OPERATIONS = 1000


@dataclass(slots=True, kw_only=True)
class _Operation:
    name: str
    size: int
    written: int = 0
    failed: bool = False


class RecordedDataExports:
    """Exports into ``storage``. Each writes the stored file of one recording whole, whatever the range."""

    def __init__(self, storage: Path, report: Callable[[str], None]) -> None:
        self._storage = storage
        self._report = report
        self._operations: dict[str, _Operation] = {}
        self._lock = threading.Lock()

    def begin(self, request: RecordedDataRequest, recording: StoredRecording) -> tuple[str, str]:
        """Token of the operation and name of the file. Raises ProtocolError for another format or storage."""
        if request.file_format != FILE_FORMAT or request.storage != STORAGE_TOKEN:
            raise ProtocolError(f"this recorder exports {FILE_FORMAT} to the storage {STORAGE_TOKEN}")
        directory = self._storage / safe_name(request.directory) if request.directory else self._storage
        with self._lock:
            if len(self._operations) >= _MAX_OPERATIONS:
                raise ProtocolError("too many exports")
            token = f"export-{len(self._operations) + 1}"
            operation = _Operation(name=recording.path.name, size=recording.path.stat().st_size)
            self._operations[token] = operation
        threading.Thread(target=self._copy, args=(recording.path, directory, operation), daemon=True).start()
        return token, operation.name

    def state(self, token: str) -> RecordedDataState:
        """How far an operation is. Raises ProtocolError for one that does not exist, or that failed."""
        operation = self._operations.get(token)
        if operation is None or operation.failed:
            raise ProtocolError(f"no export {token[:64]!r}")
        progress = operation.written / operation.size if operation.size else 1.0
        return RecordedDataState(progress=progress, files=((operation.name, progress),))

    def _copy(self, source: Path, directory: Path, operation: _Operation) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as file, (directory / source.name).open("wb") as out:
                while block := file.read(_BLOCK):
                    out.write(block)
                    out.flush()
                    operation.written += len(block)
        except OSError as error:
            operation.failed = True
            self._report(f"export of {source.name}: {error.strerror}")
