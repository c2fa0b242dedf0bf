"""Documents that are there already, each as often as it is."""

from __future__ import annotations

from collections import Counter


class KnownDocuments:
    """A document is its digest and, where the recorder told one, the NTP time of its 0xABAC extension."""

    def __init__(self) -> None:
        self._times: dict[bytes, Counter[int | None]] = {}

    def __bool__(self) -> bool:
        return bool(self._times)

    def add(self, digest: bytes, ntp_time: int | None) -> None:
        """One more of this kind is there."""
        self._times.setdefault(digest, Counter())[ntp_time] += 1

    def clear(self) -> None:
        """None is known any more."""
        self._times.clear()

    def take(self, digest: bytes, ntp_time: int | None, *, loosely: bool) -> bool:
        """Whether one of this kind is there, which then counts no more. ``loosely``: also one that was told with a time
        when the other was without: recorders tell times with the first packets of a PLAY only."""
        times = self._times.get(digest)
        if times is None:
            return False
        if ntp_time is not None or not loosely:
            found = ntp_time if ntp_time in times else None
            if found not in times or (found is None and not loosely):
                return False
        else:
            found = None if None in times else next(iter(times))
        times[found] -= 1
        if not times[found]:
            del times[found]
        if not times:
            del self._times[digest]
        return True
