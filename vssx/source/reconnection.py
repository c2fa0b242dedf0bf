"""A recorder that cannot be reached any more is tried again, in growing intervals and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vssx.errors import ProtocolError, RecorderUnreachableError

if TYPE_CHECKING:
    from vssx.source.replay_session import ReplaySession

BACK_OFF_S = (0, 1, 2, 4, 8, 16, 30)
"""Seconds before each attempt: about a minute, in which a recorder that allows one session forgets the broken one."""


def connect_again(
    connect: Callable[[], ReplaySession],
    broken: RecorderUnreachableError,
    *,
    pause_s: int,
    note: Callable[[str, str], None],
) -> ReplaySession:
    """A new session in place of the one that ``broken`` ended.

    ``pause_s``: seconds to wait at least before each attempt, longer where connections bring little. ``note``: takes
    kind and text of what belongs in the log.

    Raises RecorderUnreachableError when the recorder does not come back, NotAuthenticatedError.
    """
    failed: RecorderUnreachableError | ProtocolError = broken
    for wait_s in BACK_OFF_S:
        longer_s = max(wait_s, pause_s)
        note("retry", f"connecting again in {longer_s} s: {failed.message}")
        time.sleep(longer_s)
        try:
            return connect()
        except (RecorderUnreachableError, ProtocolError) as error:  # busy with the session that broke, mostly
            failed = error
    raise RecorderUnreachableError(
        f"the connection was lost ({broken.message}), and {len(BACK_OFF_S)} attempts to make it again failed"
        f" ({failed.message})",
        where=failed.where or broken.where,
        next_step="What came so far is kept: run the same command again, and it goes on from there.",
    )
