"""The acquisition's digests of a file's tracks, computed beside everything else."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Mapping, Sequence

from vssx.evidence.digest import TrackDigest

_TOGETHER = 256 * 1024  # bytes: below that, passing them on costs more than hashing them
_QUEUED = 3

Payloads = Sequence[bytes | memoryview]


class TrackDigests:
    """A TrackDigest for every track, fed in the order of its samples by a thread.

    Payloads must not change after they were handed over.
    """

    def __init__(self, tracks: Iterable[int], known: Mapping[int, TrackDigest] | None = None) -> None:
        """``known``: digests of what is there already."""
        self._digests = {track: TrackDigest() for track in tracks} | dict(known or {})
        self._gathered: dict[int, list[bytes | memoryview]] = {track: [] for track in self._digests}
        self._size = 0
        self._queue: queue.Queue[Mapping[int, Payloads] | None] = queue.Queue(_QUEUED)
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def update(self, track: int, payload: bytes) -> None:
        """The next sample of a track."""
        self._gathered[track].append(payload)
        self._size += len(payload)
        if self._size >= _TOGETHER:
            self._hand_over()

    def update_many(self, track: int, payloads: Payloads) -> None:
        """The next samples of a track."""
        self._gathered[track] += payloads
        self._size += sum(map(len, payloads))
        if self._size >= _TOGETHER:
            self._hand_over()

    def settled(self) -> Mapping[int, TrackDigest]:
        """The digests by track, when everything so far is in them."""
        self._queue.join()
        self._check()
        self._hash(self._taken())
        return self._digests

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _taken(self) -> Mapping[int, Payloads]:
        gathered = {track: payloads for track, payloads in self._gathered.items() if payloads}
        self._gathered |= {track: [] for track in gathered}
        self._size = 0
        return gathered

    def _hand_over(self) -> None:
        self._check()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="vssx track digests", daemon=True)
            self._thread.start()
        self._queue.put(self._taken())

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _hash(self, gathered: Mapping[int, Payloads]) -> None:
        for track, payloads in gathered.items():
            self._digests[track].update_many(payloads)

    def _work(self) -> None:
        while (gathered := self._queue.get()) is not None:
            try:
                if self._error is None:
                    self._hash(gathered)
            except BaseException as error:  # noqa: BLE001 (raised again by the next call, in the thread of the caller)
                self._error = error
            finally:
                self._queue.task_done()
        self._queue.task_done()
