"""What a recorder sends without being asked, in the log: the first hundred of a kind each, the others as a number."""

from __future__ import annotations

import time
from collections import Counter

from vssx.model.acquisition import AcquisitionEvent, Observe

_TOLD_ONE_BY_ONE = 100


class Unasked:
    """Requests and senseless bytes of one connection: a recorder must not be able to fill the disk with its log."""

    def __init__(self, observe: Observe) -> None:
        self._observe = observe
        self._requests: Counter[int] = Counter()
        self._skipped: Counter[str] = Counter()

    def request(self, method: str, url: str, status: int) -> None:
        """A request of the recorder was answered with ``status``."""
        self._requests[status] += 1
        if self._requests.total() <= _TOLD_ONE_BY_ONE:
            self._tell("rtsp", {"method": method, "url": url, "status": status, "from": "recorder"})

    def skipped(self, count: int) -> None:
        """So many bytes between RTSP messages made no sense."""
        self._skipped["times"] += 1
        self._skipped["bytes"] += count
        if self._skipped["times"] <= _TOLD_ONE_BY_ONE:
            self._tell("note", {"text": f"{count} bytes between RTSP messages made no sense and were passed over"})

    def sum_up(self) -> None:
        """The connection is over: what was not told one by one."""
        requests, times = self._requests.total(), self._skipped["times"]
        if requests > _TOLD_ONE_BY_ONE:
            answered = ", ".join(f"{count} with {status}" for status, count in sorted(self._requests.items()))
            text = f"the recorder sent {requests} requests, which were answered, {answered}; the first"
            self._tell("note", {"text": f"{text} {_TOLD_ONE_BY_ONE} are told one by one"})
        if times > _TOLD_ONE_BY_ONE:
            text = f"{self._skipped['bytes']} bytes made no sense and were passed over, {times} times between RTSP"
            self._tell("note", {"text": f"{text} messages; the first {_TOLD_ONE_BY_ONE} are told one by one"})
        self._requests.clear()
        self._skipped.clear()

    def _tell(self, kind: str, detail: dict[str, object]) -> None:
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind=kind, detail=detail))
