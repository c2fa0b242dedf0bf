"""The last samples of a file that an earlier run finished, for the seam with what follows it."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections import deque
from collections.abc import Collection, Mapping
from pathlib import Path

from vssx import times
from vssx.errors import StorageError
from vssx.isobmff.progress import WrittenSample

_TAIL = 512  # at 25 pictures a second twenty seconds


def finished_tail(
    media: Path, frames: Path, only: Collection[int] | None = None, *, most: int = _TAIL
) -> Mapping[int, tuple[WrittenSample, ...]]:
    """By track ID, of all tracks or ``only`` some: the last ``most`` samples in decoding order.

    ``media`` was read back in this run. Raises StorageError when a file cannot be read, or ``frames`` is not what
    vssx writes.
    """
    tails: dict[int, deque[dict[str, str]]] = {}
    try:
        with gzip.open(frames, "rb") as packed, io.TextIOWrapper(packed, encoding="ascii", newline="") as text:
            for row in csv.DictReader(text):
                track_id = int(row["track"])
                if only is None or track_id in only:
                    tails.setdefault(track_id, deque(maxlen=most)).append(row)
        with media.open("rb") as file:
            return {track: tuple(_sample(file, row) for row in tail) for track, tail in tails.items()}
    except (EOFError, LookupError, TypeError, ValueError, zlib.error, gzip.BadGzipFile):
        raise StorageError(
            "is not the table that vssx wrote", where=str(frames), next_step="Move the unfinished export away."
        ) from None
    except OSError as error:
        raise StorageError(
            f"cannot be read: {error.strerror or error}", where=str(media), next_step="Check the medium."
        ) from error


def _sample(file: io.BufferedReader, row: Mapping[str, str]) -> WrittenSample:
    size = int(row["size"])
    file.seek(int(row["offset"]))
    return WrittenSample(
        utc_ns=times.from_xs_datetime(row["utc"]),
        sha256=hashlib.sha256(file.read(size)).digest(),
        size=size,
        clean_point="K" in row["flags"],
        run=-1,
        ticks=0,
        rtp_timestamp=int(row["rtp"]) if row["rtp"] else None,
        ntp_time=int(row["ntp"], 16) if row["ntp"] else None,
    )
