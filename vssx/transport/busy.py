"""A recorder that serves somebody else just now: HTTP 429 and 503, RTSP 453 and 503. Asked again, but not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from vssx.errors import RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent, Observe

HTTP_BUSY = frozenset((429, 503))
RTSP_BUSY = frozenset((429, 453, 503))
WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""About a minute in all: as long as recorders that serve one client keep a session that nobody ended."""


class RecorderBusyError(RecorderUnreachableError):
    """The recorder serves as many clients as it can, often one."""


class BusyWaits:
    """The waits of one request or one attempt to connect. ``pause``: waits, in seconds."""

    def __init__(self, observe: Observe, pause: Callable[[float], None]) -> None:
        self._observe = observe
        self._pause = pause
        self._number = 0
        self._left_s = sum(WAITS_S)

    def wait(self, what: str, retry_after: str = "") -> bool:
        """Wait a little longer than before, or as long as ``retry_after`` says; False when it was enough.

        ``what``: for the log, with the status. ``retry_after``: seconds of a Retry-After header; a date is ignored.
        """
        if self._left_s <= 0 or self._number >= len(WAITS_S):
            return False
        wait_s = WAITS_S[self._number]
        if retry_after.isascii() and retry_after.isdigit():
            wait_s = float(retry_after[:6])
        wait_s = min(wait_s, self._left_s)
        self._number += 1
        self._left_s -= wait_s
        text = f"{what}: the recorder is busy, asked again in {wait_s:g} s"
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind="retry", detail={"text": text, "busy": True}))
        self._pause(wait_s)
        return True
