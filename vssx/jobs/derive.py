"""``vssx derive --viewing-copy``: copies for players that cannot show the evidence itself, outside of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vssx import __version__
from vssx.codec.viewing_copy import LABEL, ViewingCopy, make_viewing_copy
from vssx.errors import ExitCode, HandoverError, StorageError, UsageError, VssxError
from vssx.evidence.digest import digest_file
from vssx.evidence.handover_reading import file_of, read_record
from vssx.isobmff.reader import open_movie
from vssx.jobs.page_file import check_page_file
from vssx.model.media import TrackType
from vssx.shown import counted, shown

SUFFIX = ".viewing-copy.mp4"
_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to be copied, and its copy."""

    path: Path
    target: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A finished copy. ``sha256``: of its source."""

    path: Path
    sha256: str
    copy: ViewingCopy

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """What is not as in the source, in plain words; empty when nothing."""
        made = self.copy
        told = (
            (made.damaged, f"{counted(made.damaged, 'sample')} damaged, and not shown as recorded"),
            (made.same_time, f"{counted(made.same_time, 'picture')} left out: shown no later than the one before"),
            (made.resized, f"{counted(made.resized, 'picture')} of another size than the first, and scaled to it"),
        )
        return tuple(text for count, text in told if count)

    @property
    def exit_code(self) -> ExitCode:
        """0, or 100 where something is not as in the source."""
        return ExitCode.INCOMPLETE if self.shortfalls else ExitCode.DONE


def sources(path: Path, directory: Path) -> tuple[Source, ...]:
    """What of ``path``, a media file or a handover, is to be copied into ``directory``.

    Raises HandoverError (no handover; a copy exists already, or would lie in a handover), UsageError (nothing to copy,
    or two files of the same name), StorageError.
    """
    files = _files(path) if path.is_dir() else (path,)
    found = tuple(Source(path=file, target=directory / f"{file.stem}{SUFFIX}") for file in files)
    if not found:
        raise UsageError("holds no MP4 file", where=shown(path), next_step="There is nothing to copy.")
    if len({one.target for one in found}) < len(found):
        raise UsageError(
            "has two files of the same name", where=shown(path), next_step="Copy each into a directory of its own."
        )
    for one in found:
        check_page_file(one.target, (".mp4",), option="--output")
        check_page_file(one.target.with_name(one.target.name + _UNFINISHED), (_UNFINISHED,), option="--output")
    return found


def derive(source: Source, progress: Callable[[int, int], None]) -> Derived:
    """Make one copy; it gets its name when it is whole. ``progress``: media time in ns, bytes of video read.

    Raises as ``vssx.codec.viewing_copy.make_viewing_copy``, HandoverError where the copy exists meanwhile.
    """
    if not source.path.is_file():
        raise StorageError("no such file", where=shown(source.path), next_step="Name a media file or a handover.")
    sha256 = digest_file(source.path.resolve()).sha256
    name = shown(source.path.name)
    unfinished = source.target.with_name(source.target.name + _UNFINISHED)
    try:
        source.target.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb"):
            pass
        try:
            copy = make_viewing_copy(
                source.path,
                unfinished,
                title=f"{LABEL}: {name}",
                comment=f"Not evidence. Made for viewing by vssx {__version__} of {name} (SHA-256 {sha256}): decoded,"
                " encoded anew as H.264, with a band below the picture.",
                origin_ns=_origin_ns(source.path),
                progress=progress,
            )
            if source.target.exists() or source.target.is_symlink():
                raise HandoverError(
                    "exists already and is never overwritten",
                    where=shown(source.target),
                    next_step="Move it away or use another directory.",
                )
            unfinished.replace(source.target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}",
            where=shown(source.target),
            next_step="Check free space and permissions, then run the command again.",
        ) from error
    return Derived(path=source.target, sha256=sha256, copy=copy)


def _files(root: Path) -> Iterator[Path]:
    """The MP4 files that the record of a handover names; nobody vouches for the names."""
    for section in read_record(root)["recordings"]:
        for file in section["files"]:
            yield file_of(root, file["path"])


def _origin_ns(path: Path) -> int | None:
    """UTC of media time 0, where the file has one; whatever else is wrong with it, libav may read it."""
    try:
        movie = open_movie(path)
    except VssxError:
        return None
    return next((movie.start_ns(one) for one in movie.tracks if one.track_type is TrackType.VIDEO), None)
