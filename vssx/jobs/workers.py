"""Several recordings side by side, each received by a process of its own; one that fails costs the others nothing."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from vssx import errors
from vssx.errors import AbortError, ProtocolError, RecorderUnreachableError, VssxError
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
class _Running:
    number: int
    process: BaseProcess
    received: bool = False
    alone: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """``acquired`` and ``failed``: by the number of the assignment. ``one_session``: why only one replay ran at a time,
    "" where several did."""

    acquired: dict[int, AcquiredRecording] = field(default_factory=dict)
    failed: dict[int, VssxError] = field(default_factory=dict)
    one_session: str = ""


def acquire_side_by_side(
    assignments: Mapping[int, Assignment],
    address: RecorderAddress,
    staging: Staging,
    *,
    jobs: int,
    progress: Callable[[int, int, int, int], None],
) -> Outcome:
    """Receive all, at most ``jobs`` at a time; ``progress`` gets the number, media time in ns, bytes and losses.

    A recorder that is busy while others run gets no further worker until they have ended, and from then on one after
    the other. One that refuses a replay outright, and had given nothing of it, is asked again when the others have
    ended.
    """
    outcome = Outcome()
    waiting = deque(assignments)
    running: dict[Connection, _Running] = {}
    try:
        while waiting or running:
            while waiting and len(running) < (1 if outcome.one_session else jobs):
                number = waiting.popleft()
                connection, process = _start(assignments[number], address, staging.path)
                running[connection] = _Running(number=number, process=process, alone=not running)
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                one = running[ready]
                message = _message(ready, one)
                if isinstance(message, _Busy):
                    if len(running) > 1:
                        outcome.one_session = outcome.one_session or message.text
                    continue
                if isinstance(message, _Progress):
                    one.received = True
                    progress(one.number, message.media_ns, message.payload_bytes, message.losses)
                    continue
                one.process.join()
                ready.close()
                del running[ready]
                if isinstance(message, AcquiredRecording):
                    outcome.acquired[one.number] = message
                    continue
                error = message.error()
                busy = isinstance(error, (RecorderUnreachableError, ProtocolError)) and not one.received
                if busy and not one.alone:
                    outcome.one_session = outcome.one_session or str(error)
                    waiting.append(one.number)
                else:
                    outcome.failed[one.number] = error
    finally:
        for connection, one in running.items():  # the next run goes on with what they leave
            one.process.terminate()
            one.process.join()
            connection.close()
    return outcome


def _message(connection: Connection, one: _Running) -> _Progress | _Busy | _Failure | AcquiredRecording:
    try:
        message = connection.recv()
    except EOFError:
        one.process.join()
        lost = AbortError(
            f"the process that received it ended by itself (exit code {one.process.exitcode})",
            next_step="What it received is kept. Run the same command again.",
        )
        return _Failure.of(lost)
    assert isinstance(message, (_Progress, _Busy, _Failure, AcquiredRecording))
    return message


def _start(assignment: Assignment, address: RecorderAddress, root: Path) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(assignment, address, root, theirs), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _work(assignment: Assignment, address: RecorderAddress, root: Path, connection: Connection) -> None:
    """The worker. What it is given comes through a pipe, not through arguments that others see."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the same terminal: the run that began this one ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    told = 0.0

    def progress(media_ns: int, payload_bytes: int, losses: int) -> None:
        nonlocal told
        if (now := time.monotonic()) - told >= _TOLD_EVERY_S:
            told = now
            connection.send(_Progress(media_ns=media_ns, payload_bytes=payload_bytes, losses=losses))

    staging = Staging(root)
    try:
        with part_lock(staging, assignment.target.camera), open_log(root, assignment.log) as log:

            def observe(event: AcquisitionEvent) -> None:
                log.observe(event)
                if event.kind == "retry" and event.detail.get("busy"):
                    connection.send(_Busy(text=str(event.detail["text"])))

            message: AcquiredRecording | _Failure = acquire(assignment, address, staging, observe, progress)
    except VssxError as error:
        message = _Failure.of(error)
    connection.send(message)


def _end_with_parent() -> None:
    """A run that was killed must not go on in its workers: the next one is about to take everything up."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    signal.raise_signal(signal.SIGTERM)


def combined(failed: Sequence[tuple[str, VssxError]], finished: int) -> VssxError:
    """One error that names every recording that failed; its kind is that of the first."""
    kind = type(failed[0][1])
    told = "; ".join(f"recording {token}: {error}".rstrip(".") for token, error in failed)
    kept = f"{finished} other{'s are' if finished != 1 else ' is'} complete and kept" if finished else "nothing is lost"
    return kind(
        told,
        next_step=f"{kept[:1].upper()}{kept[1:]}. Run the same command again: it goes on with what is missing.",
    )
