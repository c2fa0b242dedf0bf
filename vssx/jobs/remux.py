"""``vssx remux``: a handover from local files, the same way as from a recorder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from vssx import times
from vssx.errors import UsageError
from vssx.evidence.acquisition_log import AcquisitionLog, open_log
from vssx.evidence.digest import FileDigest, digest_file
from vssx.evidence.media import RESERVED_DIRECTORIES, MediaFiles, MediaTarget, Received
from vssx.evidence.staging import Staging, open_staging
from vssx.jobs.clock import clock_synchronisation
from vssx.jobs.handover import Handover, HandoverRequest, Progress, finish, open_signer, publish_sealed
from vssx.model.handover import Acquisition, Requested, SourceFile, SourceIdentity
from vssx.model.media import StreamEnd
from vssx.safe_names import safe_name, unique_name

if TYPE_CHECKING:
    from vssx.source.local import LocalSource


@dataclass(frozen=True, slots=True, kw_only=True)
class RemuxRequest:
    """Which files; the asserted start of the first frame (None: the file's own creation time).

    ``fps``: the asserted frame rate of raw streams that do not state one.
    """

    files: tuple[Path, ...]
    start_ns: int | None
    fps: Fraction | None
    handover: HandoverRequest


def remux(request: RemuxRequest, progress: Progress) -> Handover:
    """Make and publish a handover. A cut run is begun again: the files are still there.

    Raises the errors of ``vssx.source.local`` and of ``vssx.evidence``.
    """
    from vssx.source.local import open_local

    if request.start_ns is not None and len(request.files) > 1:
        raise UsageError(
            "--start gives one start, and there are several files",
            where="--start",
            next_step="Remux the files one by one, each with its own start.",
        )
    signer = open_signer(request.handover)
    sources = [open_local(path, start_ns=request.start_ns, fps=request.fps) for path in request.files]
    described = _described(request, sources)
    stem = request.handover.name or _stem(request, sources)
    with open_staging(request.handover.output, stem, described) as staging:
        if staging.sealed:
            return publish_sealed(staging)
        staging.begin_run()
        staging.discard_media()
        with open_log(staging.data) as log:
            acquisition = _acquire(request, sources, staging, log, progress)
        name = request.handover.name or f"{stem}_{times.to_file_name(_last_ns(acquisition))}"
        return finish(staging, name, acquisition, signer, request.handover.level)


def _acquire(
    request: RemuxRequest, sources: Sequence[LocalSource], staging: Staging, log: AcquisitionLog, progress: Progress
) -> Acquisition:
    all_received, source_files = [], []
    cameras = set(RESERVED_DIRECTORIES)
    for path, source in zip(request.files, sources, strict=True):
        camera = unique_name(safe_name(path.stem), cameras)
        cameras.add(camera)
        target = MediaTarget(
            camera=camera,
            recording_token="",
            gap_split_ns=request.handover.gap_split_ns,
            export_unit=request.handover.export_unit,
            sample_entry=request.handover.sample_entry,
            durable=False,
            position=request.handover.position,
            source=SourceIdentity(name=path.stem, url=""),
        )
        # The source is hashed while it is remuxed: the system reads it from the medium once.
        with _hashing(path) as source_digest, source, MediaFiles(staging, target, log.observe) as files:
            all_received.append(files.receive(source.tracks, source, _since(source.start_ns, progress)))
        digest = source_digest.result()
        source_files.append(SourceFile(name=path.name, size=digest.size, sha256=digest.sha256))
        log.note("note", source=path.name, size=digest.size, sha256=digest.sha256)
    return Acquisition(
        requested=_requested(request),
        started_ns=staging.started_ns,
        finished_ns=times.now(),
        media=tuple(media for received in all_received for media in received.media),
        gaps=tuple(gap for received in all_received for gap in received.gaps),
        losses=tuple(loss for received in all_received for loss in received.losses),
        assumptions=(
            *(assumption for source in sources for assumption in source.assumptions),
            *(assumption for received in all_received for assumption in received.assumptions),
        ),
        end=_end(all_received),
        clock_synchronisation=clock_synchronisation(),
        resumed=staging.resumed,
        kept_files=tuple(path for received in all_received for path in received.kept_files),
        transport="local files",
        source_files=tuple(source_files),
    )


@contextmanager
def _hashing(path: Path) -> Iterator[Future[FileDigest]]:
    """The digest of a file, computed meanwhile; given up when the block is left by an error."""
    given_up = Event()
    with ThreadPoolExecutor(1) as executor:
        try:
            yield executor.submit(digest_file, path, unless=given_up.is_set)
        except BaseException:
            given_up.set()
            raise


def _since(start_ns: int, progress: Progress) -> Progress:
    return lambda utc_ns, size: progress(utc_ns - start_ns, size)


def _end(all_received: Sequence[Received]) -> StreamEnd:
    """The end of all: the first that is not proven, else the end of the last file."""
    ends = [received.end for received in all_received]
    return next((end for end in ends if not end.proven), ends[-1])


def _requested(request: RemuxRequest) -> Requested:
    handover = request.handover
    return Requested(
        command="remux",
        source=", ".join(path.name for path in request.files),
        from_ns=request.start_ns,
        level=handover.level,
        case=handover.case,
        exhibit=handover.exhibit,
        operator=handover.operator,
        options=(*([("fps", str(request.fps))] if request.fps else []), *handover.options),
    )


def _described(request: RemuxRequest, sources: Sequence[LocalSource]) -> dict[str, object]:
    return {
        "command": "remux",
        "files": [str(path.resolve()) for path in request.files],
        "starts_ns": [source.start_ns for source in sources],
        "fps": str(request.fps),
        **request.handover.described,
    }


def _stem(request: RemuxRequest, sources: Sequence[LocalSource]) -> str:
    """Name of the staging directory: first file and its start; the end joins it when it is known."""
    first = safe_name(request.files[0].stem)
    more = f"_and_{len(request.files) - 1}_more" if len(request.files) > 1 else ""
    return f"{first}{more}_{times.to_file_name(min(source.start_ns for source in sources))}"


def _last_ns(acquisition: Acquisition) -> int:
    return max(track.last_utc_ns for media in acquisition.media for track in media.file.tracks)
