"""What a run learned from the recorder before it replayed anything, for a next run that may not reach it any more."""

from __future__ import annotations

from dataclasses import dataclass

from vssx.evidence.staging import Staging, unknown_state
from vssx.evidence.state import from_json, to_json
from vssx.jobs.acquire import Assignment
from vssx.model.acquisition import ClockSample, RecorderIdentity
from vssx.model.handover import Requested
from vssx.model.media import Assumption

_KNOWN = "known.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """``assignments``: the recordings to replay; ``empty``: those with nothing in the range; ``failed``: tokens of
    those that the recorder refused to tell about; ``assumptions``: about the recorder as a whole."""

    requested: Requested
    recorder: RecorderIdentity
    clock: ClockSample
    assignments: tuple[Assignment, ...]
    empty: tuple[Assignment, ...]
    failed: tuple[str, ...]
    assumptions: tuple[Assumption, ...]

    @property
    def directories(self) -> dict[str, str]:
        """The directory of each recording, by token: the next run must not choose others."""
        return {one.target.recording_token: one.target.camera for one in (*self.assignments, *self.empty)}


def save_known(staging: Staging, known: Known) -> None:
    """Write it down before the first replay."""
    staging.save(_KNOWN, to_json(known))


def load_known(staging: Staging) -> Known | None:
    """What an earlier run learned; None when it did not get that far. Raises StorageError."""
    document = staging.saved(_KNOWN)
    if document is None:
        return None
    try:
        return from_json(Known, document)
    except (ValueError, LookupError, TypeError):
        raise unknown_state(staging.work / _KNOWN) from None
