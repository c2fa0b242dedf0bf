"""``NAME.partial``: where a handover grows, and the only place from which it gets its final name.

A run that is cut at any point leaves this directory behind with its working files in ``work/``; the next run of the
same command goes on there. No command takes a ``.partial`` for a handover. ``work/`` goes last before the rename.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vssx import times
from vssx.errors import HandoverError, StorageError
from vssx.evidence.durable import sync_directory, write_durably

PARTIAL_SUFFIX = ".partial"
_REQUEST = "request.json"
_NOTE = re.compile(
    r"data/(?:log|cartography)/.*|work/(?:(?:request|known|cartography)\.json|runs[^/]*\.jsonl|lock-[^/]*|added-[^/]*)"
)
_SEALED = "sealed"
_MAX_STATE = 64 * 1024 * 1024


class Staging:
    """An open, locked ``NAME.partial`` directory below ``parent``. Made by ``open_staging``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin_run(self, part: str = "") -> None:
        """Count this run, of all or of one recording's ``part``; earlier ones are what ``resumed`` tells."""
        self.append(_runs(part), {"started_ns": times.now()})

    def resumed(self, part: str = "") -> int:
        """How many earlier runs of the same command began this and were cut."""
        return max(0, len(self.load(_runs(part))) - 1)

    def started_ns(self, part: str = "") -> int:
        """When the first of the runs began; of a part that none of them came to, when the whole was begun."""
        runs = self.load(_runs(part)) or self.load(_runs(""))
        return int(str(runs[0]["started_ns"]))

    @property
    def work(self) -> Path:
        """Working files: journals, files that are not closed yet, what is known so far."""
        return self.path / "work"

    @property
    def data(self) -> Path:
        """The payload directory of the bag."""
        return self.path / "data"

    @property
    def sealed(self) -> bool:
        """The bag is complete; only the rename is missing."""
        return (self.work / _SEALED).exists()

    def seal(self, outcome: Mapping[str, object]) -> None:
        """State that the bag is complete. After this a cut run needs nothing but ``outcome`` and ``publish``."""
        write_durably(self.work / _SEALED, json.dumps(outcome).encode())

    @property
    def outcome(self) -> Mapping[str, object]:
        """What ``seal`` was given."""
        try:
            outcome = json.loads((self.work / _SEALED).read_bytes())
        except (ValueError, RecursionError):
            outcome = None
        if not isinstance(outcome, dict) or not isinstance(outcome.get("name", ""), str):
            raise unknown_state(self.work / _SEALED)
        return outcome

    def publish(self, name: str) -> Path:
        """Remove the working files and give the handover its name. Raises HandoverError if the name is taken."""
        final = self.path.with_name(name)
        _refuse_existing(final)
        # The mark goes last but one: a run cut in the middle of this still finds a sealed bag and its rest of work/.
        for entry in sorted(self.work.iterdir()):
            if entry.name not in (_SEALED, _REQUEST):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        hidden = self.path.with_name(f"{self.path.name}.work")
        shutil.rmtree(hidden, ignore_errors=True)
        self.work.rename(hidden)
        try:
            self.path.rename(final)
        except OSError as error:
            hidden.rename(self.work)
            raise StorageError(f"cannot be renamed to {final.name}: {error.strerror}", where=str(self.path)) from error
        sync_directory(final.parent)
        shutil.rmtree(hidden, ignore_errors=True)
        return final

    def discard_media(self) -> None:
        """Begin again: drop what earlier runs made, all but the log. Only for sources that are still there."""
        keep = {_REQUEST, _runs("")}
        for entry in (*self.work.iterdir(), *self.data.iterdir()):
            if entry.name not in keep and entry != self.data / "log":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def load(self, name: str) -> list[dict[str, object]]:
        """Lines of ``work/NAME``, a JSON Lines file; lines that a kill tore are left out."""
        path = self.work / name
        if not path.exists():
            return []
        lines = []
        with path.open("rb") as file:
            while line := file.readline(_MAX_STATE):  # as many as there were losses
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError):
                    continue  # torn by a kill; what it told was not relied upon by anybody
                if isinstance(value, dict):
                    lines.append(value)
        return lines

    def save(self, name: str, document: Mapping[str, object]) -> None:
        """Write ``work/NAME``, a JSON document, whole or not at all."""
        write_durably(self.work / name, json.dumps(document, separators=(",", ":")).encode())

    def saved(self, name: str) -> object:
        """What ``save`` was given; None where it was not called. Raises StorageError."""
        path = self.work / name
        if not path.exists():
            return None
        try:
            if path.stat().st_size > _MAX_STATE:
                raise ValueError("is larger than anything vssx writes")
            return json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            raise unknown_state(path) from None

    def append(self, name: str, value: Mapping[str, object], *, durable: bool = True) -> None:
        """Add one line to ``work/NAME`` and see it on the disk; without ``durable`` only the next ``sync`` does."""
        with (self.work / name).open("ab") as out:
            out.write(_line(value))
        if durable:
            self.sync(name)

    def sync(self, name: str) -> None:
        """See all lines of ``work/NAME`` on the disk."""
        with (self.work / name).open("ab") as out:
            os.fsync(out.fileno())

    def rewrite(self, name: str, values: Iterable[Mapping[str, object]]) -> None:
        """Replace all lines of ``work/NAME`` at once."""
        write_durably(self.work / name, b"".join(map(_line, values)))


def _line(value: Mapping[str, object]) -> bytes:
    # The newline stands first, so that a line torn before cannot take this one with it.
    return b"\n" + json.dumps(value, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def _runs(part: str) -> str:
    return f"runs-{part}.jsonl" if part else "runs.jsonl"


def unknown_state(path: Path) -> StorageError:
    """What to raise for a working file that no run of this version can have left."""
    return StorageError(
        "is not what vssx writes there", where=str(path), next_step="Move the unfinished handover away and start again."
    )


def _refuse_existing(final: Path) -> None:
    if final.exists() or final.is_symlink():
        raise HandoverError(
            "exists already and is never overwritten",
            where=str(final),
            next_step="Move it away and run the same command again, or choose another --name or --output.",
        )


@contextmanager
def open_staging(parent: Path, name: str, request: Mapping[str, object]) -> Iterator[Staging]:
    """Create or continue ``parent/NAME.partial`` for ``request``.

    Raises HandoverError when the directory belongs to another request or to a run that is still going on, and
    StorageError when it cannot be made.
    """
    path = parent / f"{name}{PARTIAL_SUFFIX}"
    hidden = path.with_name(f"{path.name}.work")
    text = json.dumps(request, indent=1, sort_keys=True)
    _refuse_existing(parent / name)
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot be made: {error.strerror}", where=str(parent)) from error
    # Nothing is touched before the lock is held: another run may be between the two renames of publish.
    with _lock(path.with_name(f"{path.name}.lock"), path):
        _refuse_existing(parent / name)
        _refuse_links(path, hidden, path / "work", path / "data")
        _make(path, hidden)
        known = path / "work" / _REQUEST
        if known.exists() and known.read_bytes() != text.encode() and not _has_received(path):
            # Refused before anything came, and the user did what the message said: nothing is lost.
            for part in ("data", "work"):
                shutil.rmtree(path / part)
            _make(path, hidden)
        if known.exists():
            if known.read_bytes() != text.encode():
                raise HandoverError(
                    "holds the beginning of another request",
                    where=str(path),
                    next_step="Finish that one with its own command, move it away, or choose another --name.",
                )
        else:
            write_durably(known, text.encode())
        yield Staging(path)


@contextmanager
def open_unfinished(path: Path) -> Iterator[Staging]:
    """``NAME.partial`` as it is, for whatever request it was begun.

    Raises HandoverError when it is none, or when a run is still going on, and StorageError.
    """
    request = path / "work" / _REQUEST
    if path.suffix != PARTIAL_SUFFIX or not request.is_file():
        raise HandoverError(
            "is not the working directory of a cut export",
            where=str(path),
            next_step=f"Name the directory that ends in {PARTIAL_SUFFIX}.",
        )
    try:
        known = json.loads(request.read_bytes())
    except (ValueError, RecursionError):
        known = None
    if not isinstance(known, dict):
        raise unknown_state(request)
    with open_staging(path.parent, path.stem, known) as staging:
        yield staging


@contextmanager
def part_lock(staging: Staging, part: str) -> Iterator[None]:
    """Held by whoever receives one recording: a worker may outlive the run that began it for a moment.

    Raises HandoverError when somebody else holds it.
    """
    with _lock(staging.work / f"lock-{part}", staging.path):
        yield


def _refuse_links(*paths: Path) -> None:
    for path in paths:
        if path.is_symlink():  # what is emptied and renamed here must not lie somewhere else
            raise HandoverError("is a link", where=str(path), next_step="Remove it and run the same command again.")


def _has_received(path: Path) -> bool:
    """Whether anything is there but the log, the cartography and the notes about what was asked."""
    files = (each.relative_to(path) for part in ("data", "work") for each in (path / part).rglob("*") if each.is_file())
    return any(not _NOTE.fullmatch(each.as_posix()) for each in files)


def _make(path: Path, hidden: Path) -> None:
    try:
        if hidden.exists() and not path.exists():
            shutil.rmtree(hidden)  # cut after the last rename of publish
        if hidden.exists() and path.exists() and not (path / "work").exists():
            hidden.rename(path / "work")  # cut between the two renames of publish
        (path / "work").mkdir(parents=True, exist_ok=True)
        (path / "data").mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot be made: {error.strerror}", where=str(path)) from error


@contextmanager
def _lock(path: Path, staging: Path) -> Iterator[None]:
    try:
        file = path.open("a+b")
    except OSError as error:
        raise StorageError(
            f"nothing can be made in it: {error.strerror}",
            where=str(path.parent),
            next_step="Check the directory, its permissions and its medium.",
        ) from error
    with file:
        if not _try_lock(file):
            raise HandoverError(
                "another run is writing it", where=str(staging), next_step="Wait until that one has ended."
            )
        if os.name != "nt" and not _is_at(file, path):  # its last owner removed it after we opened it
            raise HandoverError("another run has just ended", where=str(staging), next_step="Run the command again.")
        try:
            yield
        finally:
            if os.name != "nt":  # while it is still held: nobody else may hold a lock on what is removed
                path.unlink(missing_ok=True)
    if os.name == "nt":
        with suppress(OSError):  # the next run may have it open already
            path.unlink()


def _is_at(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _try_lock(file: IO[bytes]) -> bool:
    """An advisory lock that the system drops with the process, so a killed run leaves none."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
