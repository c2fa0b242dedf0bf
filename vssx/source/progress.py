"""How far footage gets in media time, and what that costs: a replay that stands still comes to an end. Pure."""

from __future__ import annotations

from vssx.model.media import NS, AccessUnit

_OCTETS_PER_S = 125_000_000  # of one track: a gigabit for a second of footage, more than any recorder stores
_FREE_OCTETS = 256 << 20
_UNIT_OCTETS = 512  # what an access unit costs beside its payload, so that empty ones come to an end, too
_POOR_NS = NS
MAX_POOR = 60
"""PLAYs in a row that bring less than a second of footage each, after which the replay ends."""


class _Track:
    __slots__ = ("furthest_ns", "latest_ns", "media_ns", "octets", "run")

    def __init__(self) -> None:
        self.run = -1
        self.latest_ns = self.furthest_ns = 0
        self.media_ns = self.octets = 0


class Progress:
    """Media time and octets of each track. What came before and is recognised does not count."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}
        self._before_ns: dict[int, int] = {}
        self.poor = 0
        """PLAYs in a row that brought less than a second of media."""

    def take(self, unit: AccessUnit) -> bool:
        """Whether the track's footage gets on: False where it has more octets than its time can have."""
        track = self._tracks.get(unit.track)
        if track is None:
            track = self._tracks[unit.track] = _Track()
        utc = unit.utc_ns
        if unit.run == track.run:
            if utc > track.latest_ns:
                track.media_ns += utc - track.latest_ns
                track.latest_ns = utc
        else:  # behind a step back of the clock only what its runs last counts
            if track.run >= 0 and utc > track.furthest_ns:
                track.media_ns += utc - track.furthest_ns
            track.run, track.latest_ns = unit.run, utc
        if utc > track.furthest_ns:
            track.furthest_ns = utc
        track.octets += len(unit.payload) + _UNIT_OCTETS
        return track.octets <= _FREE_OCTETS + track.media_ns * _OCTETS_PER_S // NS

    def ended_play(self) -> None:
        """A PLAY is over: was it worth it?"""
        gained_ns = max(
            (track.media_ns - self._before_ns.get(index, 0) for index, track in self._tracks.items()), default=0
        )
        self._before_ns = {index: track.media_ns for index, track in self._tracks.items()}
        self.poor = 0 if gained_ns >= _POOR_NS else self.poor + 1

    def told(self) -> str:
        """What came, for the record."""
        octets = sum(track.octets for track in self._tracks.values())
        longest_ns = max((track.media_ns for track in self._tracks.values()), default=0)
        return f"{octets} octets for {longest_ns / NS:.3f} s of footage"
