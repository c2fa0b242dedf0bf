"""After a second PLAY: which metadata documents were delivered before. None is written twice, and none left out. Pure.

A document is the same when its bytes are, and its extension time is, where it has one. Its place in the sequence proves
nothing: documents come late, several at one time, and not always in the order of their times. One without any time, not
even in it, says the same as others of its kind: it is an old one as long as the footage that comes is.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from vssx.model.media import NS, AccessUnit, Assumption
from vssx.onvif.known_documents import KnownDocuments
from vssx.onvif.metadata_time import first_utc_ns
from vssx.source.overlap import Repeat
from vssx.source.recorder_word import stated_ns
from vssx.source.time_base import Content, usable_time

if TYPE_CHECKING:
    from vssx.model.media import ReplayExtension
    from vssx.rtsp.depacketize import RawUnit

_REMEMBERED = 4096


class MetadataOverlap:
    """Remembers the last 4096 documents of one track and recognises them: the same interface as ``Overlap``."""

    different = 0  # whatever is not known is new
    broke_off = repeating = False

    def __init__(self, *, footage_repeats: Callable[[], bool] = lambda: True) -> None:
        """``footage_repeats``: whether pictures that were delivered before are still to come."""
        self._footage_repeats = footage_repeats
        self._remembered: deque[tuple[int, int | None, bytes]] = deque(maxlen=_REMEMBERED)
        self._forgotten = False
        self._known: KnownDocuments | None = None  # that may come again; None: nothing is expected
        self._oldest_ns = self._newest_ns = 0
        self._due = self._again = 0  # documents that have to come again; those that did
        self._unproven: list[int] = []  # times of the last document before each interruption after which none came

    def remember(self, unit: AccessUnit) -> None:
        """A document that the timeline delivered."""
        self._forgotten |= len(self._remembered) == _REMEMBERED
        self._remembered.append((stated_ns(unit), _ntp(unit.extension), _digest(unit.payload)))

    def begin(self, start_ns: int | None = None, *, by_content: bool = False) -> None:  # noqa: ARG002 - always so
        """A new PLAY was answered. ``start_ns``: from where; None: from before the last document."""
        times_ns = [at_ns for at_ns, _, _ in self._remembered]
        known = KnownDocuments()
        for _, ntp_time, digest in self._remembered:
            known.add(digest, ntp_time)
        self._known = known or None
        self._oldest_ns, self._newest_ns = min(times_ns, default=0), max(times_ns, default=0)
        self._due = sum(at_ns > (start_ns or 0) + NS for at_ns in times_ns)
        self._again = 0

    def began(self, at_ns: int, rtp_timestamp: int | None) -> None:
        """Where PLAY begins: documents are not recognised by their place."""

    def end(self) -> None:
        """What comes from now on is new."""
        self._known = None

    @property
    def expected(self) -> bool:
        """Repeated documents may still come."""
        return self._known is not None

    def resume_ns(self, *, itself: bool = False) -> int | None:  # noqa: ARG002 - every document is a clean point
        """Where a new PLAY has to begin for this track's sake."""
        return self.last_ns()

    def surely_known_ns(self) -> int | None:
        """Documents are known wherever a PLAY begins."""
        return None

    def last_ns(self) -> int | None:
        """The time of the document that came last."""
        return self._remembered[-1][0] if self._remembered else None

    def lags(self, start_ns: int, usual_ns: int) -> bool:  # noqa: ARG002 - there is no usual distance
        """A PLAY from ``start_ns`` could leave out a document that is late."""
        last_ns = self.last_ns()
        return last_ns is None or last_ns < start_ns

    def take_repetition(self) -> None:
        """What came again is told once, by ``finish``."""

    def recognise(self, unit: RawUnit, content: Content) -> Repeat | None:
        """That it was delivered before; None: it is new."""
        if self._known is None:
            return None
        extension = unit.extension
        loosely = self._footage_repeats() or not _has_no_time(content)
        if self._known.take(_digest(content.payload), _ntp(extension), loosely=loosely):
            self._again += 1
            return Repeat.EARLIER
        if extension is None or not usable_time(extension.ntp_time, extension.utc_ns):
            return None
        if self._forgotten and extension.utc_ns < self._oldest_ns:
            return Repeat.EARLIER
        return None

    def conclude(self) -> None:
        """The PLAY is over: what did not come again will not."""
        if self._known is not None and self._due and not self._again:
            self._unproven.append(self._newest_ns)
        self._known = None

    def finish(self, track: int) -> list[Assumption]:
        """What belongs in the record."""
        if not self._unproven:
            return []
        detail = (
            f"after {len(self._unproven)} interruptions none of the metadata documents before came again: that none is "
            "missing there is not proven"
        )
        return [Assumption(subject="metadata", detail=detail, track=track, at_ns=self._unproven[0])]


def _ntp(extension: ReplayExtension | None) -> int | None:
    return None if extension is None else extension.ntp_time


def _has_no_time(content: Content) -> bool:
    return first_utc_ns(content.payload, content.configuration.profile) is None


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=16).digest()
