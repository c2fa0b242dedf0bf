"""``data/log/acquisition.jsonl``: every request, answer, retry, gap and loss as it happened, one JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vssx import times
from vssx.model.acquisition import AcquisitionEvent, Observe

LOG_FILE = "data/log/acquisition.jsonl"
"""Path in the bag."""


class AcquisitionLog:
    """Appends events; a line is handed to the system when it is written, so a killed run leaves all but the last."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def observe(self, event: AcquisitionEvent) -> None:
        """Write one event. Its detail holds JSON values only and no secrets (vssx.model.acquisition)."""
        line = {"time": times.to_xs_datetime(event.at_ns), "kind": event.kind, **event.detail}
        self._out.write(json.dumps(line, separators=(",", ":"), ensure_ascii=True).encode() + b"\n")
        self._out.flush()

    def note(self, kind: str, **detail: object) -> None:
        """Write an event that happens now."""
        self.observe(AcquisitionEvent(at_ns=time.time_ns(), kind=kind, detail=detail))


@contextmanager
def open_log(root: Path, name: str = LOG_FILE) -> Iterator[AcquisitionLog]:
    """Open a log in the bag ``root``; what earlier runs wrote stays, less a torn last line."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as out:
        _drop_torn_line(out)
        yield AcquisitionLog(out)


def _drop_torn_line(out: IO[bytes]) -> None:
    end = out.seek(0, 2)
    position = end
    while position > 0:
        start = max(0, position - 65536)
        out.seek(start)
        block = out.read(position - start)
        newline = block.rfind(b"\n")
        if newline >= 0:
            out.truncate(start + newline + 1)
            break
        position = start
    else:
        out.truncate(0)
    out.seek(0, 2)


class Relay:
    """The ``observe`` callback of a run: keeps events until the log is open, then passes them on."""

    def __init__(self) -> None:
        self._early: list[AcquisitionEvent] = []
        self._observe: Observe = self._early.append

    def __call__(self, event: AcquisitionEvent) -> None:
        """Take one event."""
        self._observe(event)

    def attach(self, observe: Observe) -> None:
        """From now on everything goes to ``observe``, what was kept first."""
        early, self._early, self._observe = self._early, [], observe
        for event in early:
            observe(event)
