"""Search sessions as a client: start, poll until completed, end what did not complete (ONVIF Recording Search)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vssx import xml
from vssx.errors import NotAuthenticatedError, ProtocolError, VssxError
from vssx.model.recording import FindEventResult, RecordingInformation
from vssx.onvif import search_session as messages
from vssx.onvif.search_session import COMPLETED, FindEvents, FindRecordings, GetResults
from vssx.onvif.soap import SoapFaultError
from vssx.times import NS

MAX_RESULTS = 500_000
MAX_RESULT_BYTES = 256 << 20  # of the answers of one search
_BATCH = 100
_CHECK_FIRMWARE = "Check the recorder's firmware."
_Item = TypeVar("_Item")
_Poll = Callable[[GetResults], tuple[str, tuple[_Item, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searcher:
    """How to search. ``ask`` sends a request to the search service; ``wait_s``: how long the recorder may hold a poll,
    below the timeout of ``ask``; ``pause`` waits, in seconds; ``stalled_s``: how long a session may bring nothing."""

    ask: Callable[[xml.Element], xml.Element]
    wait_s: float = 5.0
    pause: Callable[[float], None] = time.sleep
    stalled_s: float = 60.0


class _Volume:
    """How much one search has brought: 500,000 results may be short ones, but not of 60 kB each."""

    def __init__(self) -> None:
        self._bytes = 0

    def counted(self, answer: xml.Element) -> xml.Element:
        """The answer. Raises ProtocolError where there is too much of it."""
        self._bytes += len(xml.serialize(answer))
        if self._bytes > MAX_RESULT_BYTES:
            raise ProtocolError(
                f"a search with more than {MAX_RESULT_BYTES} bytes of results", next_step=_CHECK_FIRMWARE
            )
        return answer


def find_recordings(searcher: Searcher) -> tuple[tuple[RecordingInformation, ...], str]:
    """All recordings, and a note ("": none) if the end of the search was not told but concluded.

    Raises what ``ask`` raises, and ProtocolError.
    """

    read = _Volume()

    def poll(request: GetResults) -> tuple[str, tuple[RecordingInformation, ...]]:
        answer = read.counted(searcher.ask(messages.get_recording_search_results(request)))
        results = messages.read_get_recording_search_results_response(answer)
        return results.state, results.recordings

    return _collect(searcher, messages.find_recordings(FindRecordings()), poll)


def find_events(searcher: Searcher, request: FindEvents) -> tuple[tuple[FindEventResult, ...], str]:
    """All events of a search, and a note as in ``find_recordings``. Raises what ``ask`` raises, and ProtocolError."""

    read = _Volume()

    def poll(get: GetResults) -> tuple[str, tuple[FindEventResult, ...]]:
        answer = read.counted(searcher.ask(messages.get_event_search_results(get)))
        results = messages.read_get_event_search_results_response(answer)
        return results.state, results.events

    return _collect(searcher, messages.find_events(request), poll)


def _collect(searcher: Searcher, find: xml.Element, poll: _Poll[_Item]) -> tuple[tuple[_Item, ...], str]:
    token = messages.read_search_token(searcher.ask(find))
    found: list[_Item] = []
    try:
        _poll_to_the_end(searcher, token, poll, found)
    except SoapFaultError as problem:
        gone = "InvalidToken" in problem.fault.subcodes
        if not gone:
            _end(searcher, token)
        if gone and found:
            # Some recorders fault where they should answer Completed.
            return tuple(found), f"the search brought {len(found)} results, then its session was gone: taken as its end"
        raise
    except (ProtocolError, NotAuthenticatedError):
        _end(searcher, token)
        raise
    return tuple(found), ""


def _poll_to_the_end(searcher: Searcher, token: str, poll: _Poll[_Item], found: list[_Item]) -> None:
    """Poll until the state is Completed."""
    wait_ns = int(searcher.wait_s * NS)
    request = GetResults(search_token=token, min_results=1, max_results=_BATCH, wait_ns=wait_ns)
    known = set(found)
    last_progress = time.monotonic()
    while True:
        asked = time.monotonic()
        state, items = poll(request)
        # Some recorders begin anew at each poll: what came before is neither a result nor progress.
        items = tuple(item for item in dict.fromkeys(items) if item not in known)
        found += items
        known.update(items)
        if len(found) > MAX_RESULTS:
            raise ProtocolError(f"a search with more than {MAX_RESULTS} results", next_step=_CHECK_FIRMWARE)
        if state == COMPLETED:
            return
        now = time.monotonic()
        if items:
            last_progress = now
        elif now - last_progress > searcher.stalled_s:
            raise ProtocolError(
                f"a search that neither ends nor finds anything for {searcher.stalled_s:g} s",
                next_step="Check the recorder's load, then try again.",
            )
        elif now - asked < searcher.wait_s / 2:
            searcher.pause(0.5)  # WaitTime is not honoured: do not ask as fast as we can


def _end(searcher: Searcher, token: str) -> None:
    """Free a session that did not complete; what went wrong before is what counts."""
    with contextlib.suppress(VssxError):
        searcher.ask(messages.end_search(token))
