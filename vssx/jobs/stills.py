"""Stills for the pages of a handover: which ones, and a process of its own that decodes them.

Decoders are large programs that read what strangers wrote. One that fails, hangs or is killed costs pictures that
illustrate, never the handover.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Self

from vssx.codec.still_pictures import missing, take_stills
from vssx.model.still import FileStills, NoStill, Still, StillEvent, StillReason, WantedStill
from vssx.report.record_view import FileView, RecordView
from vssx.times import NS

STEPS = 6
"""Pictures at even steps of each file, where nobody says how many."""
MAX_STILLS = 120
"""Pictures of a handover: some 2 MB on a page."""
MAX_IN_FILE = 32
AROUND_NS = 2 * NS
"""How long before and after an event there is a picture."""
_EVENTS_KEPT = 16
_MOST_SECONDS = 300.0
_MOST_CRASHES = 3
_MOST_MEMORY = 1_500_000_000
"""Bytes for the decoder: seventeen pictures of MAX_PIXELS with 8 bits need 1 GB."""


@dataclass(slots=True)
class _Moments:
    """Some of the events of a file, evenly out of all, however many come."""

    count: int = 0
    stride: int = 1
    kept: list[StillEvent] = field(default_factory=list)

    def add(self, event: StillEvent) -> None:
        if self.count % self.stride == 0:
            self.kept.append(event)
            if len(self.kept) >= 2 * _EVENTS_KEPT:
                self.kept = self.kept[::2]
                self.stride *= 2
        self.count += 1

    def some(self, count: int) -> list[StillEvent]:
        if count >= len(self.kept):
            return self.kept
        return [self.kept[at * len(self.kept) // count] for at in range(count)]


class StillPlan:
    """Which pictures a handover gets: bounded, however many files and events it has.

    Give it the events that lie in a file (``add``), then ``take``. ``steps``: pictures at even steps of each file; 0:
    no pictures at all.
    """

    def __init__(self, record: RecordView, *, steps: int = STEPS) -> None:
        self._steps = steps
        files = (file for one in record.recordings for file in one.files)
        self._files = {file.path: file for file in files if steps and file.video is not None}
        self._moments: dict[str, _Moments] = {}

    def add(self, file: str, event: StillEvent) -> None:
        """An event that the MP4 ``file`` shows; of any other file nothing is kept."""
        if file in self._files:
            self._moments.setdefault(file, _Moments()).add(event)

    def take(self, root: Path) -> Iterator[FileStills]:
        """The contact sheet of each MP4 with video, in the order of the record; the files lie below ``root``.

        Never raises for what is in the files: NoStill says what was wrong.
        """
        if not self._files:
            return
        plans = self._planned()
        with _Decoder() as decoder:
            for path, plan in plans.items():
                yield self._sheet(decoder, root, path, plan)

    def _sheet(self, decoder: _Decoder, root: Path, path: str, plan: _FilePlan | None) -> FileStills:
        events = self._moments.get(path, _Moments()).count
        if plan is None or decoder.given_up:
            return FileStills(file=path, stills=(), events=events, left_out=True)
        return FileStills(
            file=path,
            stills=decoder.take(root / path, path, plan.wanted),
            events=events,
            shown=plan.shown,
            steps_left_out=plan.steps_left_out,
        )

    def _planned(self) -> dict[str, _FilePlan | None]:
        """None: the page has no room for this file."""
        paths = list(self._files)
        most = MAX_STILLS // 2
        if len(paths) > most:
            chosen = {paths[at * len(paths) // most] for at in range(most)}
            return {path: self._plan(path, 0) if path in chosen else None for path in paths}
        extra = min(MAX_IN_FILE, MAX_STILLS // len(paths)) - 2
        return {path: self._plan(path, extra) for path in paths}

    def _plan(self, path: str, extra: int) -> _FilePlan:
        """Start and end, and ``extra`` pictures: half of them for events, where there are that many."""
        file = self._files[path]
        first_ns, last_ns = _bounds(file)
        moments = self._moments.get(path, _Moments())
        room = extra - min(self._steps, extra // 2)
        whole = min(len(moments.kept), room // 3)  # at it, before, after
        three = whole >= min(2, len(moments.kept))
        shown = moments.some(whole if three else min(room, len(moments.kept)))
        distances = (0, -AROUND_NS, AROUND_NS) if three else (0,)
        around = [
            WantedStill(utc_ns=event.utc_ns + distance, reason=StillReason.EVENT, event_id=event.event_id)
            for event in shown
            for distance in distances
            if not distance or first_ns <= event.utc_ns + distance <= last_ns
        ]
        steps = min(self._steps, extra - len(shown) * len(distances))
        return _FilePlan(
            wanted=(
                WantedStill(utc_ns=first_ns, reason=StillReason.START),
                *(
                    WantedStill(utc_ns=first_ns + (last_ns - first_ns) * step // (steps + 1), reason=StillReason.STEP)
                    for step in range(1, steps + 1)
                ),
                *around,
                WantedStill(utc_ns=last_ns, reason=StillReason.END),
            ),
            shown=tuple(shown),
            steps_left_out=self._steps - steps,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _FilePlan:
    wanted: tuple[WantedStill, ...]
    shown: tuple[StillEvent, ...]
    steps_left_out: int


def _bounds(file: FileView) -> tuple[int, int]:
    video = file.video
    assert video is not None
    return video.first_ns, video.last_ns


class _Decoder:
    """A process that decodes, begun again when it dies. ``given_up``: it died too often, or took too long."""

    def __init__(self) -> None:
        self.given_up = False
        self._running: tuple[Connection, BaseProcess] | None = None
        self._crashes = 0
        self._until = time.monotonic() + _MOST_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def take(self, path: Path, file: str, wanted: Sequence[WantedStill]) -> tuple[Still | NoStill, ...]:
        """As ``take_stills``; a process that dies or takes too long is a reason to have no stills."""
        try:
            if self._running is None:
                self._running = _start()
            connection, _ = self._running
            connection.send((path, file, wanted))
            if connection.poll(max(0.0, self._until - time.monotonic())):
                stills = connection.recv()
                assert isinstance(stills, tuple)
                return stills
            self.given_up = True
            why = f"decoding the pictures of this handover took more than {_MOST_SECONDS:.0f} seconds"
        except (EOFError, OSError) as error:
            self._crashes += 1
            self.given_up = self._crashes >= _MOST_CRASHES
            if self._running is None:
                why = f"no process could be begun to decode it ({error})"
            else:
                self._running[1].join()
                why = f"the decoder came to grief (exit code {self._running[1].exitcode})"
        self._end()
        return tuple(missing(file, one, why) for one in wanted)

    def _end(self) -> None:
        if self._running is not None:
            connection, process = self._running
            process.terminate()
            process.join()
            connection.close()
        self._running = None


def _start() -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    try:
        process.start()
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return ours, process


def _work(connection: Connection) -> None:
    """The process: it ends with the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the same terminal: who began it ends it
    _limit_memory()
    while True:
        try:
            path, file, wanted = connection.recv()
            connection.send(take_stills(path, file, wanted))
        except (EOFError, BrokenPipeError):
            return


def _limit_memory() -> None:
    """What needs more fails with a message. Windows has no such limit; there the number of pixels alone bounds it."""
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    if most == resource.RLIM_INFINITY or most > _MOST_MEMORY:
        with contextlib.suppress(ValueError, OSError):  # a system that knows the limit and takes none
            resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, most))
