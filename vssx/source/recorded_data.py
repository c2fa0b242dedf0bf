"""A recorder's own export of a recording, into a storage of its own (ONVIF Recording Control, "ExportRecordedData")."""

from __future__ import annotations

import time
from collections.abc import Callable

from vssx.errors import ProtocolError, RecorderUnreachableError
from vssx.onvif.recorded_data import RecordedDataRequest
from vssx.source.search import RecorderSession

_POLL_S = 1.0
_STALLED_S = 300.0  # without any progress


def export_recorded_data(
    session: RecorderSession, request: RecordedDataRequest, *, pause: Callable[[float], None] = time.sleep
) -> tuple[str, tuple[str, ...]]:
    """Let the recorder export, and wait for its end: the operation's token and the names of the files it wrote.

    Raises ProtocolError for a refusal and for an export that names no file, RecorderUnreachableError for one that makes
    no progress for five minutes.
    """
    operation, names = session.start_own_export(request)
    reached, since = -1.0, time.monotonic()
    while True:
        state = session.own_export_state(operation)
        if state.progress >= 1.0:
            break
        if state.progress > reached:
            reached, since = state.progress, time.monotonic()
        elif time.monotonic() - since > _STALLED_S:
            raise RecorderUnreachableError(
                f"the recorder's own export stands still at {state.progress:.0%}",
                where=session.address,
                next_step="Look at the storage that it writes to, or leave out --native.",
            )
        pause(_POLL_S)
    found = tuple(dict.fromkeys((*names, *(name for name, _ in state.files))))
    if not found:
        raise ProtocolError(
            "the recorder's own export names no file",
            where=session.address,
            next_step="Look at the storage that it writes to, or leave out --native.",
        )
    return operation, found
