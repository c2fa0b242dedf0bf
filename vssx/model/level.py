"""Export levels of IEC 62676-2-11, 5.2 and 5.3, in our reading (docs/standard.md)."""

from __future__ import annotations

from enum import StrEnum


class ExportLevel(StrEnum):
    """What a handover may claim. 0M and 0E are independent claims on top of 0V; a handover may bear both."""

    VIDEO = "0V"
    METADATA = "0M"
    EVENTS = "0E"
    METADATA_AND_EVENTS = "0M+0E"

    @classmethod
    def of(cls, *, timed_metadata: bool, alpha_events: bool) -> ExportLevel:
        """The level that says just this."""
        if timed_metadata:
            return cls.METADATA_AND_EVENTS if alpha_events else cls.METADATA
        return cls.EVENTS if alpha_events else cls.VIDEO

    @property
    def timed_metadata(self) -> bool:
        """Whether it needs timed metadata: 0M."""
        return self in (ExportLevel.METADATA, ExportLevel.METADATA_AND_EVENTS)

    @property
    def alpha_events(self) -> bool:
        """Whether it needs alpha-events: 0E."""
        return self in (ExportLevel.EVENTS, ExportLevel.METADATA_AND_EVENTS)

    def __and__(self, other: ExportLevel) -> ExportLevel:
        """What both say."""
        return ExportLevel.of(
            timed_metadata=self.timed_metadata and other.timed_metadata,
            alpha_events=self.alpha_events and other.alpha_events,
        )

    def covers(self, other: ExportLevel) -> bool:
        """Whether everything that ``other`` needs is in this one."""
        return self & other == other
