"""frames.csv.gz: one line a sample with its place, its UTC and what the recorder said about it."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import IO

from vssx.errors import StorageError
from vssx.isobmff import journal
from vssx.isobmff.journal import JournalReader, RunRecord
from vssx.model.media import NS, SourceTrack
from vssx.times import to_xs_datetimes

COLUMNS = ("track", "sample", "offset", "size", "utc", "rtp", "ntp", "flags")

_LEVEL = 1  # a fifth of the time of zlib's usual 6, for a seventh more bytes

_FLAGS = (
    (journal.CLEAN_POINT, "K"),
    (journal.PARAMETER_SETS, "P"),
    (journal.EXTENSION_C, "C"),
    (journal.EXTENSION_E, "E"),
    (journal.EXTENSION_D, "D"),
    (journal.EXTENSION_T, "T"),
)


def write_frames(journal_path: Path, out: Path) -> None:
    """Write the table for a file, from its journal, in file order; the same journal gives the same bytes.

    Columns: ``track`` (track ID) and ``sample`` (from 1, decoding order); ``offset`` and ``size`` of the payload in the
    file, bytes; ``utc``, xs:dateTime of the presentation; ``rtp``, the RTP timestamp; ``ntp``, the 0xABAC time as
    received, 16 hexadecimal digits; ``flags``: K decoding can start here, P parameter sets inside, C E D T as in the
    0xABAC extension. What was not received is empty.

    Raises StorageError when ``out`` exists or cannot be written, MalformedMediaError for a damaged journal.
    """
    reader = JournalReader(journal_path)
    tracks = reader.tracks() or ()
    try:
        with out.open("xb") as raw:
            with packed_table(raw) as text:
                text.writelines(_lines(reader, tracks))
            raw.flush()
            os.fsync(raw.fileno())
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}",
            where=str(out),
            next_step="Make room on the disk and run the same command again; what is there is continued.",
        ) from error


@contextmanager
def packed_table(out: IO[bytes]) -> Iterator[io.TextIOWrapper]:
    """Lines of a table with these columns, gzip, behind their names; it is whole when the block is left."""
    # Neither name nor time go into the gzip header (RFC 1952): two runs write the same bytes.
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=_LEVEL) as packed,
        io.TextIOWrapper(packed, encoding="ascii", newline="") as text,
    ):
        text.write(",".join(COLUMNS) + "\r\n")
        yield text


def _lines(reader: JournalReader, tracks: tuple[SourceTrack, ...]) -> Iterator[str]:
    numbers = [0] * len(tracks)
    runs: list[RunRecord] = []
    flag_texts: dict[int, str] = {}
    for block in reader.blocks():
        runs += block.runs
        for (track, run), samples in groupby(block.samples, attrgetter("track", "run")):
            rows = tuple(samples)
            scale, start_ns = tracks[track].timescale, runs[run].start_ns
            half = scale // 2
            times = to_xs_datetimes([start_ns + (row.ticks * NS + half) // scale for row in rows])
            first = numbers[track] + 1
            numbers[track] += len(rows)
            lines = []
            for number, row, utc in zip(range(first, first + len(rows)), rows, times, strict=True):
                _, flags, _, _, _, size, offset, _, _, rtp, ntp = row
                text = flag_texts.get(flags)
                if text is None:
                    text = flag_texts[flags] = "".join(letter for bit, letter in _FLAGS if flags & bit)
                rtp_text = rtp if flags & journal.HAS_RTP else ""
                ntp_text = f"{ntp:016x}" if flags & journal.EXTENSION else ""
                lines.append(f"{track + 1},{number},{offset},{size},{utc},{rtp_text},{ntp_text},{text}\r\n")
            yield "".join(lines)
