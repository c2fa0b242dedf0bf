"""``vssx remux``: a handover from local files, the same way as from a recorder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from vssx import times
from vssx.cartography.matching import RecordingIdentity
from vssx.errors import UsageError
from vssx.evidence.acquisition_log import LOG_FILE, AcquisitionLog, open_log
from vssx.evidence.digest import FileDigest, digest_file
from vssx.evidence.media import RESERVED_DIRECTORIES, MediaFiles, MediaTarget
from vssx.evidence.staging import Staging, open_staging
from vssx.jobs.added_events import add_to_file, refuse_unknown_recordings, with_events
from vssx.jobs.cartography import Matched, attach_cartography, match_camera, position_of
from vssx.jobs.clock import clock_synchronisation
from vssx.jobs.handover import Handover, HandoverRequest, Progress, demand, finish, open_signer, publish_sealed
from vssx.jobs.levels import refuse_unless_borne
from vssx.model.handover import AcquiredRecording, Acquisition, Position, Requested, SourceFile, SourceIdentity
from vssx.safe_names import safe_name, unique_name

if TYPE_CHECKING:
    from vssx.source.local import LocalSource
    from vssx.source.local_origin import Origins

HashFile = Callable[[Path], "Future[FileDigest]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemuxRequest:
    """Which files; the asserted start of the first frame (None: the file's own creation time).

    ``fps``: the asserted frame rate of raw streams that do not state one. ``said``: the options that named the start,
    as they were written, for the record.
    """

    files: tuple[Path, ...]
    start_ns: int | None
    fps: Fraction | None
    said: tuple[tuple[str, str], ...] = ()
    handover: HandoverRequest


def remux(request: RemuxRequest, progress: Progress) -> Handover:
    """Make and publish a handover. A cut run is begun again: the files are still there.

    Raises the errors of ``vssx.source.local`` and of ``vssx.evidence``.
    """
    if request.start_ns is not None and len(request.files) > 1:
        raise UsageError(
            "--start gives one start, and there are several files",
            where="--start",
            next_step="Remux the files one by one, each with its own start.",
        )
    # A source is hashed while it is remuxed: the system reads it from the medium once.
    with _hashing() as hash_file:
        return _remux(request, hash_file(request.files[0]), hash_file, progress)


def _remux(request: RemuxRequest, first: Future[FileDigest], hash_file: HashFile, progress: Progress) -> Handover:
    from vssx.source.local import open_local

    signer = open_signer(request.handover)
    choice = request.handover.tracks
    sources = [open_local(path, start_ns=request.start_ns, fps=request.fps, choice=choice) for path in request.files]
    described = _described(request, sources)
    lists = request.handover.event_lists
    refuse_unknown_recordings(lists, (path.stem for path in request.files))
    for path, source in zip(request.files, sources, strict=True):
        needs = demand(request.handover, recordings=len(sources))
        unknown = lists or any(track.added for track in source.tracks)
        refuse_unless_borne(needs, source.tracks, where=path.name, events=None if unknown else 0)
    matches = [_on_map(request, path, source) for path, source in zip(request.files, sources, strict=True)]
    stem = request.handover.name or _stem(request, sources)
    with open_staging(request.handover.output, stem, described) as staging:
        if staging.sealed:
            return publish_sealed(staging)
        staging.begin_run()
        staging.discard_media()
        attach_cartography(staging, request.handover.cartography, (one.matched.camera for one in matches))
        with open_log(staging.path) as log:
            digests = chain((first,), map(hash_file, request.files[1:]))
            acquisition = _acquire(request, sources, matches, digests, staging, log, progress)
        name = request.handover.name or f"{stem}_{times.to_file_name(_last_ns(acquisition))}"
        return finish(staging, name, acquisition, signer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnMap:
    """Where a file says that it comes from, the row of its camera, and what ``loci`` is to say."""

    origins: Origins
    matched: Matched
    position: Position | None


def _on_map(request: RemuxRequest, path: Path, source: LocalSource) -> _OnMap:
    """A row names a file by its name, with its ending or without, or by the camera's name that the file tells."""
    from vssx.source.local_origin import origins_of

    origins = origins_of(path, source.tracks)
    names = (path.stem, path.name, *(one.name for one in origins.sources.values()))
    identity = RecordingIdentity(names=tuple(dict.fromkeys(names)), from_ns=source.start_ns)
    matched = match_camera(request.handover.cartography, identity)
    return _OnMap(origins=origins, matched=matched, position=position_of(request.handover.position, matched.camera))


def _acquire(
    request: RemuxRequest,
    sources: Sequence[LocalSource],
    on_map: Sequence[_OnMap],
    digests: Iterator[Future[FileDigest]],
    staging: Staging,
    log: AcquisitionLog,
    progress: Progress,
) -> Acquisition:
    """``digests``: of the files; each begins when it is asked for."""
    acquired = []
    directories = set(RESERVED_DIRECTORIES)
    for number, (path, source, place, source_digest) in enumerate(
        zip(request.files, sources, on_map, digests, strict=True)
    ):
        started_ns = times.now()
        origins = place.origins
        assumed = (*source.assumptions, *origins.assumptions, *place.matched.assumptions)
        directory = unique_name(safe_name(path.stem), directories)
        directories.add(directory)
        target = MediaTarget(
            camera=directory,
            recording_token="",
            gap_split_ns=request.handover.gap_split_ns,
            split_length_ns=request.handover.split_length_ns,
            split_bytes=request.handover.split_bytes,
            export_unit=request.handover.export_unit,
            sample_entry=request.handover.sample_entry,
            durable=False,
            position=place.position,
            source=SourceIdentity(name=path.stem, url=""),
        )
        with source, MediaFiles(staging, target, log.observe, sources=origins.sources) as files:
            tracks, items = with_events(
                add_to_file(staging, directory, path.stem, source.start_ns, request.handover.event_lists),
                source.tracks,
                source.together(),
                base_ns=source.start_ns,
                gap_split_ns=target.gap_split_ns,
                all_of_them=False,
            )
            received = files.receive(tracks, items, _since(number, source.start_ns, progress))
        digest = source_digest.result()
        log.note("note", source=path.name, size=digest.size, sha256=digest.sha256)
        acquired.append(
            AcquiredRecording(
                directory=directory,
                camera=path.stem,
                received=replace(received, assumptions=(*assumed, *received.assumptions)),
                started_ns=started_ns,
                finished_ns=times.now(),
                transport="local file",
                log=LOG_FILE,
                source_file=SourceFile(name=path.name, size=digest.size, sha256=digest.sha256),
                map_camera=place.matched.camera,
            )
        )
    return Acquisition(
        requested=_requested(request),
        started_ns=staging.started_ns(),
        finished_ns=times.now(),
        recordings=tuple(acquired),
        clock_synchronisation=clock_synchronisation(),
        resumed=staging.resumed(),
    )


@contextmanager
def _hashing() -> Iterator[HashFile]:
    """Digests of files, computed meanwhile; given up when the block is left."""
    given_up = Event()
    with ThreadPoolExecutor(1) as executor:
        try:
            yield lambda path: executor.submit(digest_file, path, unless=given_up.is_set)
        finally:
            given_up.set()


def _since(number: int, start_ns: int, progress: Progress) -> Callable[[int, int], None]:
    return lambda utc_ns, size: progress(number, utc_ns - start_ns, size, 0)


def _requested(request: RemuxRequest) -> Requested:
    handover = request.handover
    return Requested(
        command="remux",
        source=", ".join(path.name for path in request.files),
        from_ns=request.start_ns,
        level=handover.level,
        accept_lower=handover.accept_lower,
        case=handover.case,
        exhibit=handover.exhibit,
        operator=handover.operator,
        legal_basis=handover.legal_basis,
        options=(*([("fps", str(request.fps))] if request.fps else []), *handover.options),
        said=request.said,
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
