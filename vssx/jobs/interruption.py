"""Ctrl-C, and the request to end, while a stream is received: between two of its items and not inside of one.

What was received up to there is whole, so it can be written down before the run ends.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Self, TypeVar

_Item = TypeVar("_Item")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_USUAL = (signal.default_int_handler, signal.SIG_DFL)


class Interruption:
    """Raises KeyboardInterrupt only while the next item of ``between`` is waited for. A context manager.

    Signals that somebody else handles, or nobody should, stay as they are. A second signal is not waited with.
    """

    def __init__(self) -> None:
        self._waiting = True
        self._asked = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if (handler := signal.getsignal(number)) in _USUAL:
                    self._before[number] = handler
                    signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        if self._asked and error is None:
            raise KeyboardInterrupt

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._waiting or self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def between(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """The items."""
        for item in items:
            self._waiting = False
            yield item
            self._waiting = True
            if self._asked:
                raise KeyboardInterrupt
