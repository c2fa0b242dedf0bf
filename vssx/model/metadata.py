"""What an export says of its timed metadata and alpha-events."""

from __future__ import annotations

from dataclasses import dataclass

ADDED_TRACK = "events added by the exporter (vssx), not by the recorder"
"""Handler name of the metadata track that holds what the exporter adds; no other track of ours has it."""
RECORDED_TRACK = "metadata as recorded"
ADDED_NAMESPACE = "urn:vssx:added:1"
"""Namespace of the attributes kind, where and startState on the root of a document that the exporter adds."""
DERIVATION = "1"
"""How metadata.xml, metadata.jsonl, events.xml and events.csv are made of an MP4: another one, other bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedMetadata:
    """Documents of the recorded metadata tracks of one recording.

    ``malformed``: kept as they came, not well-formed or no tt:MetadataStream; ``not_decoded``: EXI, kept as it came.
    ``objects``, ``ptz``: lines of each kind in metadata.jsonl. ``first_utc_ns``/``last_utc_ns``: sample times.
    ``files``: paths in the bag. ``notes``: in plain words what was wrong, with counts.
    """

    documents: int
    malformed: int = 0
    not_decoded: int = 0
    objects: int = 0
    ptz: int = 0
    first_utc_ns: int | None = None
    last_utc_ns: int | None = None
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def borne(self) -> int:
        """Documents that can be read: what the level 0M rests on."""
        return self.documents - self.malformed - self.not_decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class AlphaEvents:
    """Events of one recording. ``events``: occurrences, each counted once; ``within``: how many of them happened in the
    range asked for, or within ten seconds of the footage, which the level 0E rests on; ``recorded``, ``found``,
    ``listed``: how many have a provenance of that kind.

    ``states``: rows that state what held at the start; ``states_unknown``: those of which nobody can tell. ``files``:
    paths in the bag.
    """

    events: int
    within: int = 0
    recorded: int = 0
    found: int = 0
    listed: int = 0
    states: int = 0
    states_unknown: int = 0
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
