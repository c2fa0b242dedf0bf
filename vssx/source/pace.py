"""Reading no faster than somebody allows; the recorder is slowed down by the flow control of its connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from vssx.model.media import AccessUnit, StreamItem

_MAX_WAIT_S = 0.5  # the session must be looked after in between, and silence is judged in seconds


def paced(
    items: Iterable[StreamItem],
    bytes_per_second: int | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[StreamItem]:
    """``items``, their payload at ``bytes_per_second`` on average; None: as they come.

    What was not used is not saved up: after a pause the rate is the same as before. Nothing is dropped or reordered.
    """
    if bytes_per_second is None:
        yield from items
        return
    due = clock()
    for item in items:
        yield item
        if isinstance(item, AccessUnit):
            due = max(due, clock() - _MAX_WAIT_S) + len(item.payload) / bytes_per_second
            # A large access unit is paid for in several turns.
            if (ahead := due - clock()) > 0:
                wait(min(ahead, _MAX_WAIT_S))
