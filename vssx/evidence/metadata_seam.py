"""Where the documents of a continued export meet those that an earlier run wrote.

Documents come at any time, several at one time, and not always in the order of their times: one is there already when
the very same one is, whatever its place in a sequence. Whatever is not there is new, and written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from vssx.isobmff.progress import WrittenSample
from vssx.model.media import NS, AccessUnit, Loss
from vssx.onvif.known_documents import KnownDocuments

LAG_NS = 10 * NS
"""Documents may come so long behind the pictures of their time: a continued export asks for them again."""
_MOST_LATE_NS = 600 * NS
"""What is later than that lies behind a step of a clock."""


class MetadataSeam:
    """One metadata track of a continued export. ``written``: what the earlier run wrote last; ``asked_ns``: from when
    on it was asked for, None: from the beginning."""

    def __init__(self, track: int, written: Iterable[WrittenSample], *, asked_ns: int | None) -> None:
        self._track = track
        self._known = KnownDocuments()
        self._last_ns = 0
        self.expected = 0
        """Documents that have to come again: those since ``asked_ns``."""
        for one in written:
            self._known.add(one.sha256, one.ntp_time)
            self._last_ns = max(self._last_ns, one.utc_ns)
            self.expected += asked_ns is None or one.utc_ns > asked_ns + NS
        self._asked_ns = asked_ns
        self._late_ns = 0
        self.compared = 0
        """Documents that came again so far, byte for byte."""

    def admit(self, unit: AccessUnit, footage_ns: int) -> AccessUnit | None:
        """``unit``, or None when it is there already. ``footage_ns``: UTC of the last picture or sound before it."""
        late_ns = footage_ns - unit.utc_ns
        if self._late_ns < late_ns <= _MOST_LATE_NS:
            self._late_ns = late_ns
        if self._known:
            ntp_time = None if unit.extension is None else unit.extension.ntp_time
            # Without an extension the words alone tell, and those may be said again behind the place.
            loosely = unit.utc_ns <= self._last_ns + NS
            if self._known.take(hashlib.sha256(unit.payload).digest(), ntp_time, loosely=loosely):
                self.compared += 1
                return None
            if unit.utc_ns > self._last_ns + LAG_NS:
                self._known.clear()  # the same words later on are another document
        # A recorder may begin earlier: what lies there was written then, or did not belong to the range.
        return None if self._asked_ns is not None and unit.utc_ns < self._asked_ns else unit

    def finish(self) -> Loss | None:
        """The stream is over: did anything come again of what had to, and had it come in time to be asked for?"""
        if self._asked_ns is not None and self._late_ns > LAG_NS + NS:
            detail = (
                f"metadata documents came up to {self._late_ns / NS:.0f} s behind the footage, and after the"
                f" interruption they were asked for again from {LAG_NS // NS} s before it: those that were on their way"
                " then may be missing before this time"
            )
            return Loss(track=self._track, at_ns=self._asked_ns, packets=None, detail=detail)
        if not self.expected or self.compared:
            return None
        detail = (
            f"after the interruption none of the last {self.expected} metadata documents came again: that none is "
            "missing there is not proven"
        )
        return Loss(track=self._track, at_ns=self._last_ns, packets=None, detail=detail)
