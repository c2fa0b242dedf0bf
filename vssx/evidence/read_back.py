"""The read-back: what lies on the disk is what was acquired, or nobody may use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vssx import times
from vssx.errors import MalformedMediaError, ReadBackMismatchError
from vssx.evidence.digest import TrackDigest
from vssx.isobmff import read_back as isobmff
from vssx.isobmff.read_back import side_by_side
from vssx.model.handover import CheckedMedia, TrackSummary, WrittenFile


def read_back(path: Path, written: WrittenFile, *, frame_sha256: str | None = None) -> CheckedMedia:
    """Read ``path`` once and compare the whole file's SHA-256 and every track's digest with the acquisition's.

    ``frame_sha256``: hex, of everything in the file that is no sample, where the file was not hashed as a whole when it
    was written. It and the tracks' digests cover every byte once; the SHA-256 of the result is then what was read.

    Raises ReadBackMismatchError that names the first difference; StorageError when the file cannot be read.
    """
    digests = {track.track_id: TrackDigest() for track in written.tracks}

    def take(track_id: int, number: int, sizes: Sequence[int], payloads: memoryview) -> None:
        digest = digests.get(track_id)
        if digest is None:
            raise _mismatch(path, f"sample {number} belongs to a track {track_id} that was not written")
        digest.update_many(side_by_side(sizes, payloads))

    try:
        found = isobmff.read_back(path, take)
    except MalformedMediaError as error:
        raise _mismatch(path, f"it cannot be read as what was written ({error})") from error
    for track in written.tracks:
        _compare(path, track, digests[track.track_id])
    if frame_sha256 is not None:
        if (found.size, found.frame_sha256) != (written.size, frame_sha256):
            raise _mismatch(path, f"{found.size} bytes, written: {written.size}; or what lies between the samples")
        written = replace(written, sha256=found.sha256)
    if (found.size, found.sha256) != (written.size, written.sha256):
        raise _mismatch(
            path, f"size {found.size} and SHA-256 {found.sha256}, written: {written.size} and {written.sha256}"
        )
    return CheckedMedia(file=written, read_back_ns=times.now())


def _compare(path: Path, track: TrackSummary, digest: TrackDigest) -> None:
    for what, read, expected in (
        ("samples", digest.samples, track.samples),
        ("payload bytes", digest.payload_bytes, track.payload_bytes),
        ("digest", digest.hexdigest(), track.digest),
    ):
        if read != expected:
            raise _mismatch(path, f"track {track.track_id}: {what} read back {read}, acquired {expected}")


def _mismatch(path: Path, detail: str) -> ReadBackMismatchError:
    return ReadBackMismatchError(
        f"what was read back is not what was acquired: {detail}",
        where=str(path),
        next_step="Everything is kept. Check the disk and the memory of this machine, then run the command again.",
    )
