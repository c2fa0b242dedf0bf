"""``vssx finish``: a handover from what a cut export received, when its recorder is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from vssx import times
from vssx.errors import HandoverError, NothingRecordedError
from vssx.evidence.acquisition_log import open_log
from vssx.evidence.added_documents import load_documents
from vssx.evidence.media import RESERVED_DIRECTORIES, MediaFiles
from vssx.evidence.staging import Staging, open_unfinished, part_lock
from vssx.jobs.acquire import Assignment, acquired_before, acquired_from
from vssx.jobs.added_events import beyond_search, without_rest
from vssx.jobs.clock import clock_synchronisation
from vssx.jobs.handover import Handover, HandoverRequest, finish, open_signer, publish_sealed
from vssx.jobs.known import Known, load_known
from vssx.jobs.lookup import nothing_received, nothing_recorded
from vssx.jobs.native import preserved
from vssx.jobs.spans import tell_missing
from vssx.model.handover import AcquiredRecording, Acquisition, Received
from vssx.model.media import EndReason, StreamEnd
from vssx.safe_names import safe_name, unique_name


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishRequest:
    """``path``: NAME.partial. ``passphrase`` is asked only when the key is encrypted. ``accept_lower``: a handover that
    bears less than the level asked for will do."""

    path: Path
    key: Path | None
    certificate: Path | None
    passphrase: Callable[[], str | None]
    accept_lower: bool = False


def finish_cut(request: FinishRequest) -> Handover:
    """Close, check and publish what is there; every end is unproven, and the record says why.

    Raises HandoverError for a directory that no export left, NothingRecordedError when it holds no media,
    LevelNotBorneError, ReadBackMismatchError, SigningError, StorageError.
    """
    path = request.path.resolve()
    signer = open_signer(
        HandoverRequest(
            output=path.parent, key=request.key, certificate=request.certificate, passphrase=request.passphrase
        )
    )
    with open_unfinished(path) as staging:
        if staging.sealed:
            return publish_sealed(staging)
        known = load_known(staging)
        if known is None:
            raise HandoverError(
                "holds nothing that came from a recorder",
                where=str(request.path),
                next_step="Run the command that began it again; a remux needs its files only.",
            )
        recordings = tell_missing(tuple(_acquired(staging, known)), dict(known.missing))
        if not any(one.received.media for one in recordings):
            raise NothingRecordedError("holds no media", where=str(request.path), next_step="Run the export again.")
        acquisition = Acquisition(
            requested=replace(known.requested, accept_lower=known.requested.accept_lower or request.accept_lower),
            started_ns=staging.started_ns(),
            finished_ns=times.now(),
            recordings=recordings,
            assumptions=known.assumptions,
            recorder=known.recorder,
            clock_before=known.clock,
            clock_synchronisation=clock_synchronisation(),
            resumed=staging.resumed(),
        )
        return finish(staging, path.stem, acquisition, signer)


def _acquired(staging: Staging, known: Known) -> Iterator[AcquiredRecording]:
    taken = {*RESERVED_DIRECTORIES, *(one.target.camera for one in known.assignments)}
    for token in known.requested.recordings:
        for one in known.of(token):
            if one.empty:
                yield nothing_recorded(one)
            else:
                acquired = acquired_before(staging, one.target.camera) or _close(staging, one)
                yield replace(acquired, native_export=preserved(staging, acquired.directory))
        if token in known.failed:
            directory = unique_name(safe_name(token), taken)
            taken.add(directory)
            yield nothing_received(token, directory, _end("it had told nothing about this recording"))


def _close(staging: Staging, one: Assignment) -> AcquiredRecording:
    with part_lock(staging, one.target.camera), open_log(staging.path, one.log) as log:
        log.note("note", text="finished without the recorder")
        with MediaFiles(staging, one.target, log.observe) as files:
            try:
                received = files.finish(_end("no more was asked for"))
            except NothingRecordedError:
                received = Received(media=(), gaps=(), losses=(), assumptions=(), end=_end("nothing had been received"))
        acquired = acquired_from(one, staging, received, transport="not known: the export was cut")
        added = load_documents(staging, one.target.camera)
        return beyond_search(without_rest(acquired, added), added)


def _end(what: str) -> StreamEnd:
    return StreamEnd(reason=EndReason.CUT, proven=False, detail=f"finished without the recorder: {what}")
