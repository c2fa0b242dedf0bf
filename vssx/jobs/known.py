"""What a run learned from the recorder before it replayed anything, for a next run that may not reach it any more."""

from __future__ import annotations

from dataclasses import dataclass

from vssx.evidence.staging import Staging, unknown_state
from vssx.evidence.state import from_json, to_json
from vssx.jobs.acquire import Assignment
from vssx.jobs.spans import TimeSpan
from vssx.model.acquisition import ClockSample, RecorderIdentity
from vssx.model.handover import Requested
from vssx.model.media import Assumption

_KNOWN = "known.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """``assignments``: what there is to do, in the order of the record; ``failed``: tokens of the recordings that the
    recorder refused to tell about; ``missing``: tokens of those with events that may not have been found, and why;
    ``assumptions``: about the recorder as a whole."""

    requested: Requested
    recorder: RecorderIdentity
    clock: ClockSample
    assignments: tuple[Assignment, ...]
    failed: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    missing: tuple[tuple[str, str], ...] = ()

    def of(self, token: str) -> tuple[Assignment, ...]:
        """The assignments of one recording: the next run must choose no other directories."""
        return tuple(one for one in self.assignments if one.target.recording_token == token)

    def spans(self, token: str) -> tuple[TimeSpan, ...]:
        """What there is to replay of one recording: the next run must not ask for another range."""
        return tuple(one.span for one in self.of(token))


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
