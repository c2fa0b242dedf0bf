"""A recorder that comes to the end of its footage and begins again without a word. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from vssx.model.media import NS
from vssx.source.time_base import Content, usable_time

if TYPE_CHECKING:
    from vssx.rtsp.depacketize import RawUnit

_REMEMBERED = 64
_NEAR_NS = 2 * NS  # footage that begins again does so at least so long before what was reached


class LoopWatch:
    """Recognises the first clean points of one track's runs when they come again within a PLAY.

    A unit is the same when its extension time and its payload are. Without extension times nothing is recognised:
    then times go on from the RTP timestamps, and the end of the range ends the replay.
    """

    def __init__(self) -> None:
        self._firsts: dict[int, bytes] = {}
        self.repeated = 0
        """Units since the footage began again, 0 before."""

    def restart(self) -> None:
        """Another PLAY: what comes again now was asked for."""
        self.repeated = 0

    def begins_run(self, unit: RawUnit, content: Content) -> None:
        """The first unit of a run."""
        extension = unit.extension
        if extension is not None and content.clean_point and len(self._firsts) < _REMEMBERED:
            self._firsts.setdefault(extension.ntp_time, hashlib.sha256(content.payload).digest())

    def again(self, unit: RawUnit, content: Content, reached_ns: int | None) -> bool:
        """Whether ``unit`` belongs to footage that came before, and must not be written a second time.

        ``reached_ns``: UTC that the stream has reached. Clocks of whole seconds and silence make near units alike.
        """
        if not self.repeated:
            extension = unit.extension
            first = self._firsts.get(extension.ntp_time) if extension is not None else None
            if extension is None or first is None or not usable_time(extension.ntp_time, extension.utc_ns):
                return False
            if reached_ns is None or extension.utc_ns > reached_ns - _NEAR_NS:
                return False
            if hashlib.sha256(content.payload).digest() != first:
                return False
        self.repeated += 1
        return True
