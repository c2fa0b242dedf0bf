"""A metadata track as it was received: the documents one after the other, and an index that finds them again."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from pathlib import Path

from vssx import times
from vssx.errors import MalformedMediaError
from vssx.evidence.seam import Seam
from vssx.isobmff.progress import WrittenSample
from vssx.model.media import NS, AccessUnit, Loss

KEPT_SUFFIX = ".received"
_HEADER = "sample,offset,size,utc,rtp,ntp\n"
_MAX_LINE = 200
_TAIL = 256  # documents that are compared when they come again
_Line = tuple[int, int, int, int | None, int | None]  # offset, size, UTC, RTP timestamp, NTP time


class KeptTrack:
    """Appends documents to ``PATH`` and one line each to ``PATH.csv``; goes on behind what earlier runs wrote.

    The bytes are the recorder's own, nothing added or taken away.
    """

    def __init__(self, path: Path, *, asked_ns: int | None = None) -> None:
        """``asked_ns``: from when on the recorder is asked again. Raises MalformedMediaError for another index."""
        self.path = path
        self.index_path = path.with_name(f"{path.name}.csv")
        self.samples = self._end = 0
        self._tail: deque[_Line] = deque(maxlen=_TAIL)
        self._latest_ns = 0
        self._take_up()
        self._media = path.open("r+b" if path.exists() else "w+b")
        self._media.truncate(self._end)
        self._seam = self._opened_seam(asked_ns)
        self._media.seek(self._end)
        self._index = self.index_path.open("a", encoding="ascii", newline="\n")

    def _opened_seam(self, asked_ns: int | None) -> Seam | None:
        overlap = []
        for offset, size, utc_ns, rtp, ntp in self._tail:
            self._media.seek(offset)
            overlap.append(
                WrittenSample(
                    utc_ns=utc_ns,
                    sha256=hashlib.sha256(self._media.read(size)).digest(),
                    size=size,
                    clean_point=True,
                    run=-1,
                    ticks=0,
                    rtp_timestamp=rtp,
                    ntp_time=ntp,
                )
            )
        if not overlap:
            return None
        stepped_back = self._latest_ns > overlap[-1].utc_ns + NS
        timeless = all(one.ntp_time is None and one.rtp_timestamp is not None for one in overlap)
        return Seam(0, overlap, asked_ns=asked_ns, by_content=stepped_back or timeless)

    def add(self, unit: AccessUnit) -> Loss | None:
        """Keep one document; what an earlier run kept already is not kept twice. What of that is not proven."""
        loss = None
        if self._seam is not None:
            new, loss = self._seam.admit(unit)
            if loss is not None:
                loss = Loss(track=unit.track, at_ns=loss.at_ns, packets=None, detail=loss.detail)
            if new is None:
                return loss
            unit = new
        ntp = "" if unit.extension is None else f"{unit.extension.ntp_time:016x}"
        rtp = "" if unit.rtp_timestamp is None else str(unit.rtp_timestamp)
        self._media.write(unit.payload)
        self._media.flush()
        utc = times.to_xs_datetime(unit.utc_ns)
        self._index.write(f"{self.samples},{self._end},{len(unit.payload)},{utc},{rtp},{ntp}\n")
        self._index.flush()
        self.samples += 1
        self._end += len(unit.payload)
        return loss

    def sync(self) -> None:
        """See both files on the disk, the documents before the index that tells of them; after ``close`` they are."""
        if self._index.closed:
            return
        for file in (self._media, self._index):
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """See both files on the disk, and let go of them."""
        try:
            self.sync()
        finally:
            self._media.close()
            self._index.close()

    def _take_up(self) -> None:
        """Read what an earlier run left; a torn last line is dropped. Raises MalformedMediaError."""
        length = 0
        size = self.path.stat().st_size if self.path.exists() else 0
        with self.index_path.open("a+b") as index:
            index.seek(0)
            while (text := index.readline(_MAX_LINE)).endswith(b"\n"):
                if text != _HEADER.encode():
                    line = self._line(text)
                    if line[0] + line[1] > size:
                        break
                    self._tail.append(line)
                    self._latest_ns = max(self._latest_ns, line[2])
                    self.samples, self._end = self.samples + 1, line[0] + line[1]
                length += len(text)
            index.truncate(length)
            if not length:  # new, or cut before its first line was whole
                index.write(_HEADER.encode())

    def _line(self, text: bytes) -> _Line:
        try:
            _, start, length, utc, rtp, ntp = text.decode("ascii").rstrip("\n").split(",")
            offset, size, utc_ns = int(start), int(length), times.from_xs_datetime(utc)
            if offset != self._end or size < 0:
                raise ValueError("documents do not follow each other")
            return offset, size, utc_ns, int(rtp) if rtp else None, int(ntp, 16) if ntp else None
        except ValueError:
            raise MalformedMediaError("is no index of vssx", where=str(self.index_path)) from None
