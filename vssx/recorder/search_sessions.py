"""Search sessions: results that wait to be fetched (ONVIF Recording Search, "Search Session")."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from vssx.times import NS

Result = TypeVar("Result")

_MAX_SESSIONS = 64
_MAX_AT_ONCE = 1000
_KEEP_ALIVE = (10 * NS, 3600 * NS)


@dataclass(slots=True)
class _Session(Generic[Result]):
    results: Iterator[Result | None]
    left: int | None
    reached_ns: Callable[[Result | None], int]
    keep_alive_ns: int
    expires_ns: int
    ahead: Result | None = None
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look_ahead(self) -> None:
        """Find the next result, unless the search pauses before it."""
        if self.ahead is None and not self.over:
            if self.left == 0:
                self.over = True
                return
            try:
                self.ahead = next(self.results)
            except StopIteration:
                self.over = True
            if self.ahead is not None and self.left is not None:
                self.left -= 1

    def take(self, count: int) -> tuple[Result, ...]:
        """At most so many results; fewer before a pause."""
        batch: list[Result] = []
        self.look_ahead()
        while self.ahead is not None and len(batch) < count:
            batch.append(self.ahead)
            self.ahead = None
            self.look_ahead()
        return tuple(batch)


class SearchSessions(Generic[Result]):
    """The open sessions of one kind of search. A session ends when its last result is fetched, by EndSearch, or when
    nobody asks for it during its keep-alive time."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """``clock``: ns of a clock that never goes back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session[Result]] = {}

    def start(
        self,
        results: Iterable[Result | None],
        *,
        max_matches: int | None,
        keep_alive_ns: int,
        reached_ns: Callable[[Result | None], int],
    ) -> str | None:
        """Token of a new session with these results, found when they are asked for; None where too many are open.

        A result None is a pause: what was found so far is handed out, and the search goes on with the next request.
        ``reached_ns``: the point in time that the search has reached, out of the next result or None at the end.
        """
        left = max_matches if max_matches is not None and max_matches > 0 else None
        keep_alive_ns = min(max(keep_alive_ns, _KEEP_ALIVE[0]), _KEEP_ALIVE[1])
        with self._lock:
            self._expire()
            if len(self._sessions) >= _MAX_SESSIONS:
                return None
            token = secrets.token_hex(8)
            expires_ns = self._clock() + keep_alive_ns
            self._sessions[token] = _Session(iter(results), left, reached_ns, keep_alive_ns, expires_ns)
            return token

    def _expire(self) -> None:
        now = self._clock()
        for token in [token for token, session in self._sessions.items() if session.expires_ns < now]:
            del self._sessions[token]

    def _open(self, token: str) -> _Session[Result] | None:
        with self._lock:
            self._expire()
            session = self._sessions.get(token)
            if session is not None:
                session.expires_ns = self._clock() + session.keep_alive_ns
            return session

    def fetch(self, token: str, max_results: int | None, wait_ns: int = 0) -> tuple[tuple[Result, ...], bool] | None:
        """The next results and whether they are the last; None for a session that does not exist (any more).

        ``wait_ns``: how long it looks on while it finds none. Raises what finding them raises.
        """
        session = self._open(token)
        if session is None:
            return None
        count = min(max_results, _MAX_AT_ONCE) if max_results is not None and max_results > 0 else _MAX_AT_ONCE
        until_ns = self._clock() + wait_ns
        with session.lock:
            batch = session.take(count)
            while not batch and not session.over and self._clock() < until_ns:
                batch = session.take(count)
            completed = session.over and session.ahead is None
        if completed:
            with self._lock:
                self._sessions.pop(token, None)
        return batch, completed

    def is_open(self, token: str) -> bool:
        """Whether the session exists and has results left."""
        with self._lock:
            self._expire()
            return token in self._sessions

    def end(self, token: str) -> int | None:
        """End a session; the point that its search had reached, or None for one that does not exist."""
        with self._lock:
            self._expire()
            session = self._sessions.pop(token, None)
        if session is None:
            return None
        with session.lock:
            session.look_ahead()
            return session.reached_ns(session.ahead)
