"""A recorder's own export beside ours: asked for, waited for, and copied out of the storage that it wrote to.

ONVIF has no way to fetch such files: a recorder writes them to a storage it was configured with (NFS, CIFS, FTP ...).
So the user names the storage by the recorder's token, and the directory where this machine sees it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vssx import times
from vssx.errors import ProtocolError, StorageError
from vssx.evidence.durable import sync_directory
from vssx.evidence.staging import Staging, unknown_state
from vssx.evidence.state import from_json, to_json
from vssx.model.handover import AcquiredRecording, NativeExport, NativeFile
from vssx.safe_names import safe_name, unique_name
from vssx.shown import shown

if TYPE_CHECKING:
    from vssx.source.search import RecorderSession

_PREFERRED = "ONVIF"  # the ONVIF Export File Format
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeStorage:
    """``token``: what the recorder calls its storage; ``directory``: where this machine sees it."""

    token: str
    directory: Path


def chosen_format(formats: Sequence[str], address: str) -> str:
    """The format to ask for. Raises ProtocolError where the recorder offers none."""
    if not formats:
        raise ProtocolError(
            "the recorder offers no export of its own (SupportedExportFileFormats)",
            where=address,
            next_step="Leave out --native.",
        )
    return _PREFERRED if _PREFERRED in formats else formats[0]


def preserve(
    session: RecorderSession, storage: NativeStorage, file_format: str, one: AcquiredRecording, staging: Staging
) -> NativeExport:
    """Let the recorder export the range of a recording, and copy what it wrote.

    Raises ProtocolError, RecorderUnreachableError, StorageError for files that are not where they should be.
    """
    from vssx.onvif.recorded_data import RecordedDataRequest
    from vssx.source.recorded_data import export_recorded_data

    below = safe_name(f"{staging.path.stem}_{one.directory}")
    request = RecordedDataRequest(
        recording_token=one.recording_token,
        start_ns=one.from_ns,
        end_ns=one.to_ns,
        file_format=file_format,
        storage=storage.token,
        directory=below,
    )
    operation, names = export_recorded_data(session, request)
    copies = _copies(staging, one.directory)
    if copies.exists():
        shutil.rmtree(copies)  # of a run that was cut here
    copies.mkdir()
    files: list[NativeFile] = []
    taken: set[str] = set()
    for name in names:
        source = _find(storage.directory, below, name)
        copy = unique_name(safe_name(source.name), taken)
        taken.add(copy)
        size, sha256 = _copy(source, copies / copy)
        path = (_place(staging, one.directory) / copy).relative_to(staging.path).as_posix()
        files.append(NativeFile(name=name, path=path, size=size, sha256=sha256))
    sync_directory(copies)
    made = NativeExport(
        file_format=file_format,
        storage=storage.token,
        operation=operation,
        finished_ns=times.now(),
        files=tuple(files),
    )
    # First the note, then the move: a run cut in between repeats the move.
    staging.save(_note(one.directory), to_json(made))
    _move(staging, one.directory)
    return made


def preserved(staging: Staging, directory: str) -> NativeExport | None:
    """What an earlier run copied completely, now at its place in the bag; None when none had. Raises StorageError."""
    document = staging.saved(_note(directory))
    if document is None:
        return None
    try:
        made = from_json(NativeExport, document)
    except (ValueError, LookupError, TypeError):
        raise unknown_state(staging.work / _note(directory)) from None
    _move(staging, directory)
    return made


def _note(directory: str) -> str:
    return f"native-{directory}.json"


def _copies(staging: Staging, directory: str) -> Path:
    """Where copies wait until all of them are there."""
    return staging.work / f"native-{directory}.files"


def _place(staging: Staging, directory: str) -> Path:
    return staging.data / directory / "native"


def _move(staging: Staging, directory: str) -> None:
    copies, place = _copies(staging, directory), _place(staging, directory)
    if copies.exists():
        place.parent.mkdir(exist_ok=True)
        copies.replace(place)
        sync_directory(place.parent)


def _find(directory: Path, below: str, name: str) -> Path:
    """The file of that name, which is a recorder's word and leads nowhere but below ``directory``."""
    root = directory.resolve()
    last = PurePosixPath(name.replace("\\", "/")).name
    for candidate in (root / below / name.lstrip("/\\"), root / name.lstrip("/\\"), root / below / last, root / last):
        found = candidate.resolve()
        if found.is_relative_to(root) and found.is_file():
            return found
    raise StorageError(
        f"holds no file {shown(name)}, which the recorder says that it exported",
        where=shown(directory),
        next_step="See to it that --native names the directory where this machine sees the recorder's storage.",
    )


def _copy(source: Path, target: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as file, target.open("wb") as out:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise StorageError(f"cannot be copied: {error.strerror}", where=shown(source)) from error
    return size, digest.hexdigest()
