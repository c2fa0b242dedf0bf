"""Search sessions: results that wait to be fetched (ONVIF Recording Search, "Search Session")."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from vssx.times import NS

Result = TypeVar("Result")

_MAX_SESSIONS = 64
_MAX_AT_ONCE = 1000
_KEEP_ALIVE = (10 * NS, 3600 * NS)


@dataclass(slots=True)
class _Session(Generic[Result]):
    results: list[Result]
    position: int
    reached_ns: Callable[[Result | None], int]
    keep_alive_ns: int
    expires_ns: int


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
        results: Sequence[Result],
        *,
        max_matches: int | None,
        keep_alive_ns: int,
        reached_ns: Callable[[Result | None], int],
    ) -> str | None:
        """Token of a new session with these results; None where too many are open.

        ``reached_ns``: the point in time that the search has reached, out of the next result or None at the end.
        """
        kept = list(results[: max_matches if max_matches is not None and max_matches > 0 else None])
        keep_alive_ns = min(max(keep_alive_ns, _KEEP_ALIVE[0]), _KEEP_ALIVE[1])
        with self._lock:
            self._expire()
            if len(self._sessions) >= _MAX_SESSIONS:
                return None
            token = secrets.token_hex(8)
            self._sessions[token] = _Session(kept, 0, reached_ns, keep_alive_ns, self._clock() + keep_alive_ns)
            return token

    def _expire(self) -> None:
        now = self._clock()
        for token in [token for token, session in self._sessions.items() if session.expires_ns < now]:
            del self._sessions[token]

    def fetch(self, token: str, max_results: int | None) -> tuple[tuple[Result, ...], bool] | None:
        """The next results and whether they are the last; None for a session that does not exist (any more)."""
        with self._lock:
            self._expire()
            session = self._sessions.get(token)
            if session is None:
                return None
            count = min(max_results, _MAX_AT_ONCE) if max_results is not None and max_results > 0 else _MAX_AT_ONCE
            batch = tuple(session.results[session.position : session.position + count])
            session.position += len(batch)
            session.expires_ns = self._clock() + session.keep_alive_ns
            completed = session.position >= len(session.results)
            if completed:
                del self._sessions[token]
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
        left = session.results[session.position :]
        return session.reached_ns(left[0] if left else None)
