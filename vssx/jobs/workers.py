"""Several recordings side by side, each received by a process of its own; one that fails costs the others nothing."""

from __future__ import annotations

import importlib
import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from vssx import errors
from vssx.errors import AbortError, LevelNotBorneError, ProtocolError, RecorderUnreachableError, StorageError, VssxError
from vssx.evidence.acquisition_log import open_log
from vssx.evidence.staging import Staging, part_lock
from vssx.jobs.acquire import Assignment, acquire
from vssx.jobs.config import RecorderAddress
from vssx.model.acquisition import AcquisitionEvent
from vssx.model.handover import AcquiredRecording

_TOLD_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Progress:
    media_ns: int
    payload_bytes: int
    losses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Busy:
    """The recorder serves others just now, in its words; the worker asks again by itself."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """An error in a form that every process can read: the class of ``vssx.errors`` and what it says."""

    kind: str
    message: str
    where: str
    next_step: str

    @classmethod
    def of(cls, error: VssxError) -> _Failure:
        kind = next(base.__name__ for base in type(error).__mro__ if base.__module__ == errors.__name__)
        return cls(kind=kind, message=error.message, where=error.where, next_step=error.next_step)

    def error(self) -> VssxError:
        made = getattr(errors, self.kind)(self.message, where=self.where, next_step=self.next_step)
        assert isinstance(made, VssxError)
        return made


@dataclass(slots=True, kw_only=True)
class _Worker:
    """A process, and the number of the recording that it receives; ``alone``: none other ran when that began."""

    process: BaseProcess
    number: int = 0
    received: bool = False
    alone: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """``acquired`` and ``failed``: by the number of the assignment. ``one_session``: why only one replay ran at a time,
    "" where several did."""

    acquired: dict[int, AcquiredRecording] = field(default_factory=dict)
    failed: dict[int, VssxError] = field(default_factory=dict)
    one_session: str = ""


class Workers:
    """Processes that wait for recordings to receive: begun early, since a process takes as long as a few megabytes.

    A context manager; left, it ends them, and the next run goes on with what they leave.
    """

    def __init__(self, count: int) -> None:
        self._idle: list[tuple[Connection, _Worker]] = []
        self._running: dict[Connection, _Worker] = {}
        self._count = count

    def __enter__(self) -> Self:
        for _ in range(self._count):
            self._idle.append(_start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection, worker in (*self._idle, *self._running.items()):
            worker.process.terminate()
            worker.process.join()
            connection.close()

    def acquire(
        self,
        assignments: Mapping[int, Assignment],
        address: RecorderAddress,
        staging: Staging,
        progress: Callable[[int, int, int, int], None],
    ) -> Outcome:
        """Receive all, one in each process; ``progress`` gets the number, media time in ns, bytes and losses.

        A recorder that is busy while others run is given no further task until they have ended, and from then on one
        after the other. One that refuses a replay outright, and had given nothing of it, is asked again when the others
        have ended. A worker that ends by itself is a failure of its recording, and another one takes its place.
        """
        outcome = Outcome()
        waiting = deque(assignments)
        while waiting or self._running:
            while waiting and len(self._running) < (1 if outcome.one_session else self._count):
                number = waiting.popleft()
                connection, worker = self._idle.pop() if self._idle else _start()
                worker.number, worker.received, worker.alone = number, False, not self._running
                self._running[connection] = worker
                with suppress(BrokenPipeError):  # a worker that is dead already says so where it is waited for
                    connection.send((assignments[number], address, staging.path))
            for ready in wait(list(self._running)):
                assert isinstance(ready, Connection)
                worker = self._running[ready]
                message = _message(ready, worker)
                if isinstance(message, _Busy):
                    if len(self._running) > 1:
                        outcome.one_session = outcome.one_session or message.text
                elif isinstance(message, _Progress):
                    worker.received = True
                    progress(worker.number, message.media_ns, message.payload_bytes, message.losses)
                else:
                    self._release(ready)
                    if isinstance(message, AcquiredRecording):
                        outcome.acquired[worker.number] = message
                    elif _may_be_busy(error := message.error(), worker):
                        outcome.one_session = outcome.one_session or str(error)
                        waiting.append(worker.number)
                    else:
                        outcome.failed[worker.number] = error
        return outcome

    def _release(self, connection: Connection) -> None:
        worker = self._running.pop(connection)
        if worker.process.is_alive():
            self._idle.append((connection, worker))
        else:
            connection.close()


def _may_be_busy(error: VssxError, worker: _Worker) -> bool:
    refused = isinstance(error, (RecorderUnreachableError, ProtocolError))
    return refused and not worker.received and not worker.alone


def _message(connection: Connection, worker: _Worker) -> _Progress | _Busy | _Failure | AcquiredRecording:
    try:
        message = connection.recv()
    except (EOFError, ConnectionResetError):
        worker.process.join()
        lost = AbortError(
            f"the process that received it ended by itself (exit code {worker.process.exitcode})",
            next_step="What it received is kept. Run the same command again.",
        )
        return _Failure.of(lost)
    assert isinstance(message, (_Progress, _Busy, _Failure, AcquiredRecording))
    return message


def _start() -> tuple[Connection, _Worker]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return ours, _Worker(process=process)


def _work(connection: Connection) -> None:
    """The worker. What it is given comes through a pipe, not through arguments that others see."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the same terminal: the run that began this one ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    importlib.import_module("vssx.source.replay")  # while the recorder is still asked what it holds
    while True:
        try:
            assignment, address, root = connection.recv()
        except EOFError:
            return
        connection.send(_receive(assignment, address, Staging(root), connection))


def _receive(
    assignment: Assignment, address: RecorderAddress, staging: Staging, connection: Connection
) -> AcquiredRecording | _Failure:
    told = 0.0

    def progress(media_ns: int, payload_bytes: int, losses: int) -> None:
        nonlocal told
        if (now := time.monotonic()) - told >= _TOLD_EVERY_S:
            told = now
            connection.send(_Progress(media_ns=media_ns, payload_bytes=payload_bytes, losses=losses))

    try:
        with part_lock(staging, assignment.target.camera), open_log(staging.path, assignment.log) as log:

            def observe(event: AcquisitionEvent) -> None:
                log.observe(event)
                if event.kind == "retry" and event.detail.get("busy"):
                    connection.send(_Busy(text=str(event.detail["text"])))

            return acquire(assignment, address, staging, observe, progress)
    except VssxError as error:
        return _Failure.of(error)
    except OSError as error:  # as at the end of every command (vssx.cli.main)
        where = str(error.filename or staging.path)
        return _Failure.of(StorageError(f"cannot be read or written: {error.strerror or error}", where=where))


def _end_with_parent() -> None:
    """A run that was killed must not go on in its workers: the next one is about to take everything up."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    signal.raise_signal(signal.SIGTERM)


def combined(failed: Sequence[tuple[str, VssxError]], finished: int) -> VssxError:
    """One error that names every recording that failed; its kind is that of the first."""
    told = "; ".join(_about(token, error).rstrip(".") for token, error in failed)
    kept = f"{finished} other{'s are' if finished != 1 else ' is'} complete and kept" if finished else "nothing is lost"
    whole = _Failure.of(failed[0][1])  # of a class of vssx.errors: others want more than a text
    lacking = next((error for _, error in failed if isinstance(error, LevelNotBorneError)), None)
    what_to_do = lacking.next_step if lacking else "Run the same command again: it goes on with what is missing."
    next_step = f"{kept[:1].upper()}{kept[1:]}. {what_to_do}"
    return replace(whole, message=told, where="", next_step=next_step).error()


def _about(token: str, error: VssxError) -> str:
    """What went wrong with a recording, which is named once; the way out of a level stands behind all of them."""
    name = f"recording {token}"
    where = "" if f"{name} ".startswith(f"{error.where} ") else error.where
    next_step = "" if isinstance(error, LevelNotBorneError) else error.next_step
    return f"{name}: {replace(_Failure.of(error), where=where, next_step=next_step).error()}"
