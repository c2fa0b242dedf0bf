"""A metadata track as it was received: the documents one after the other, and an index that finds them again."""

from __future__ import annotations

import os
from pathlib import Path

from vssx import times
from vssx.errors import MalformedMediaError
from vssx.model.media import AccessUnit

_HEADER = "sample,offset,size,utc,rtp,ntp\n"
_MAX_LINE = 200


class KeptTrack:
    """Appends documents to ``PATH`` and one line each to ``PATH.csv``; goes on behind what earlier runs wrote.

    The bytes are the recorder's own, nothing added or taken away.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.index_path = path.with_name(f"{path.name}.csv")
        self.samples, self._end, self._last_ns = self._take_up()
        self._media = path.open("r+b" if path.exists() else "w+b")
        self._media.truncate(self._end)
        self._media.seek(self._end)
        self._index = self.index_path.open("a", encoding="ascii", newline="\n")

    def add(self, unit: AccessUnit) -> None:
        """Keep one document; what an earlier run kept already is not kept twice."""
        if self._last_ns is not None and unit.utc_ns <= self._last_ns:
            return
        self._last_ns = None  # passed; an earlier time from here on is a step of the recorder's clock
        ntp = "" if unit.extension is None else f"{unit.extension.ntp_time:016x}"
        rtp = "" if unit.rtp_timestamp is None else str(unit.rtp_timestamp)
        self._media.write(unit.payload)
        self._media.flush()
        utc = times.to_xs_datetime(unit.utc_ns)
        self._index.write(f"{self.samples},{self._end},{len(unit.payload)},{utc},{rtp},{ntp}\n")
        self._index.flush()
        self.samples += 1
        self._end += len(unit.payload)

    def close(self) -> None:
        """See both files on the disk."""
        for file in (self._media, self._index):
            file.flush()
            os.fsync(file.fileno())
            file.close()

    def _take_up(self) -> tuple[int, int, int | None]:
        """Samples, bytes and last time of an earlier run; a torn last line is dropped. Raises MalformedMediaError."""
        samples, end, last, length = 0, 0, None, 0
        size = self.path.stat().st_size if self.path.exists() else 0
        with self.index_path.open("a+b") as index:
            index.seek(0)
            while (line := index.readline(_MAX_LINE)).endswith(b"\n"):
                if line != _HEADER.encode():
                    try:
                        fields = line.decode("ascii").split(",")
                        offset, size_here, utc = int(fields[1]), int(fields[2]), times.from_xs_datetime(fields[3])
                        if offset != end or size_here < 0:
                            raise ValueError("documents do not follow each other")
                    except (ValueError, IndexError):
                        raise MalformedMediaError("is no index of vssx", where=str(self.index_path)) from None
                    if end + size_here > size:
                        break
                    samples, end, last = samples + 1, end + size_here, utc
                length += len(line)
            index.truncate(length)
            if not length:  # new, or cut before its first line was whole
                index.write(_HEADER.encode())
        return samples, end, last
