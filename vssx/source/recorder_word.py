"""What the recorder itself says of the time of an access unit, where that is earlier than its time. Pure."""

from __future__ import annotations

from vssx.model.media import NS, AccessUnit


def stated_ns(unit: AccessUnit) -> int:
    """The time of ``unit``, or what the recorder itself says of it, where that is somewhat earlier."""
    said_ns = unit.utc_ns if unit.extension is None else unit.extension.utc_ns
    return said_ns if 0 < unit.utc_ns - said_ns <= 2 * NS else unit.utc_ns


class RecorderWord:
    """The word on one track; a clock of whole seconds, which may cut them off, says nothing better than the time."""

    def __init__(self) -> None:
        self._tells_fractions = False

    def earlier_ns(self, unit: AccessUnit) -> int:
        """Of the time and the recorder's word the earlier."""
        if unit.extension is not None and unit.extension.utc_ns % NS:
            self._tells_fractions = True
        return stated_ns(unit) if self._tells_fractions else unit.utc_ns
