"""What is known of this machine's own clock. An offset of the recorder means little without it."""

from __future__ import annotations

from pathlib import Path

_TIMESYNC = Path("/run/systemd/timesync/synchronized")
_CHRONY = Path("/run/chrony/chronyd.pid")


def clock_synchronisation() -> str:
    """In plain words; nothing is claimed that the system does not show without further rights."""
    if _TIMESYNC.exists():
        return "systemd-timesyncd reports this machine's clock as synchronised"
    if _CHRONY.exists():
        return "chronyd runs on this machine; its state was not asked"
    return "unknown: nothing on this machine tells"
