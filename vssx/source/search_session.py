"""Search sessions as a client: start, poll until completed, end what did not complete (ONVIF Recording Search)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

from vssx import xml
from vssx.errors import ProtocolError, RecorderUnreachableError, VssxError
from vssx.model.recording import FindEventResult, RecordingInformation
from vssx.onvif import metadata_search
from vssx.onvif import search_session as messages
from vssx.onvif.metadata_search import FindMetadata, FindMetadataResult
from vssx.onvif.search_session import COMPLETED, FindEvents, FindRecordings, GetResults
from vssx.onvif.soap import SoapFaultError
from vssx.times import NS

MAX_RESULTS = 500_000
MAX_RESULT_BYTES = 256 << 20  # of the answers of one search
_CHECK_FIRMWARE = "Check the recorder's firmware."
_Item = TypeVar("_Item")
_Poll = Callable[[GetResults], tuple[str, tuple[_Item, ...]]]
Fresh = Callable[[tuple[_Item, ...]], tuple[_Item, ...]]


class EndlessSearchError(ProtocolError):
    """A search that brings more than anybody can want, or that neither ends nor brings anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searcher:
    """How to search. ``ask`` sends a request to the search service; ``wait_s``: how long the recorder may hold a poll,
    below the timeout of ``ask``; ``pause`` waits, in seconds; ``stalled_s``: how long a session may bring nothing;
    ``on_stall`` is told of one that brought nothing for so long. ``batch``: results in one answer."""

    ask: Callable[[xml.Element], xml.Element]
    wait_s: float = 5.0
    pause: Callable[[float], None] = time.sleep
    stalled_s: float = 60.0
    on_stall: Callable[[], None] = lambda: None
    batch: int = 100


class _Volume:
    """How much one search has brought: 500,000 results may be short ones, but not of 60 kB each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0

    def counted(self, answer: xml.Element) -> xml.Element:
        """The answer. Raises ProtocolError where there is too much of it."""
        self._bytes += len(xml.serialize(answer))
        if self._bytes > self._most:
            raise EndlessSearchError(
                f"a search with more than {self._most} bytes of results", next_step=_CHECK_FIRMWARE
            )
        return answer


def find_recordings(searcher: Searcher) -> tuple[tuple[RecordingInformation, ...], str]:
    """All recordings, and a note ("": none) if the end of the search was not told but concluded.

    Raises what ``ask`` raises, and ProtocolError.
    """

    read = _Volume(MAX_RESULT_BYTES)

    def poll(request: GetResults) -> tuple[str, tuple[RecordingInformation, ...]]:
        answer = read.counted(searcher.ask(messages.get_recording_search_results(request)))
        results = messages.read_get_recording_search_results_response(answer)
        return results.state, results.recordings

    return _collect(_pages(searcher, messages.find_recordings(FindRecordings()), poll, _fresh()))


def find_events(searcher: Searcher, request: FindEvents) -> tuple[tuple[FindEventResult, ...], str]:
    """All events of a search, and a note as in ``find_recordings``. Raises what ``ask`` raises, and ProtocolError."""
    return _collect(event_pages(searcher, request, _fresh(), most_bytes=MAX_RESULT_BYTES))


def event_pages(
    searcher: Searcher,
    request: FindEvents,
    fresh: Fresh[FindEventResult],
    unreadable: Callable[[ProtocolError], None] | None = None,
    *,
    most_bytes: int,
) -> Generator[tuple[FindEventResult, ...], None, str]:
    """The events of a search as they come, a page for each answer, and in the end a note as in ``find_recordings``.

    ``fresh`` gives those of a page that are new, since some recorders begin anew at each poll. ``unreadable`` is told
    of each event that cannot be read; without it such an event is an error. ``most_bytes``: of all answers together.
    Raises what ``ask`` raises, and ProtocolError; EndlessSearchError for a search that brings too much, or neither ends
    nor brings anything.
    """
    read = _Volume(most_bytes)

    def poll(get: GetResults) -> tuple[str, tuple[FindEventResult, ...]]:
        answer = read.counted(searcher.ask(messages.get_event_search_results(get)))
        results = messages.read_get_event_search_results_response(answer, unreadable)
        return results.state, results.events

    return _pages(searcher, messages.find_events(request), poll, fresh)


def finds_metadata(searcher: Searcher, request: FindMetadata) -> bool:
    """Whether a search in metadata tracks finds anything at all; it is ended with the first result.

    Raises what ``ask`` raises, and ProtocolError.
    """
    read = _Volume(MAX_RESULT_BYTES)

    def poll(get: GetResults) -> tuple[str, tuple[FindMetadataResult, ...]]:
        answer = read.counted(searcher.ask(metadata_search.get_metadata_search_results(get)))
        results = metadata_search.read_get_metadata_search_results_response(answer)
        return results.state, results.results

    with contextlib.closing(_pages(searcher, metadata_search.find_metadata(request), poll, _fresh())) as pages:
        return next(pages, None) is not None


def _fresh() -> Fresh[_Item]:
    """New are those that did not come before, by comparison."""
    known: set[_Item] = set()

    def fresh(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
        new = tuple(item for item in dict.fromkeys(items) if item not in known)
        known.update(new)
        return new

    return fresh


def _collect(pages: Generator[tuple[_Item, ...], None, str]) -> tuple[tuple[_Item, ...], str]:
    found: list[_Item] = []
    while True:
        try:
            found += next(pages)
        except StopIteration as end:
            return tuple(found), str(end.value)


def _pages(
    searcher: Searcher, find: xml.Element, poll: _Poll[_Item], fresh: Fresh[_Item]
) -> Generator[tuple[_Item, ...], None, str]:
    token = messages.read_search_token(searcher.ask(find))
    count = 0
    lives = True
    try:
        for page in _poll_to_the_end(searcher, token, poll, fresh):
            count += len(page)
            yield page
        lives = False
    except SoapFaultError as problem:
        lives = "InvalidToken" not in problem.fault.subcodes
        if not lives and count:
            # Some recorders fault where they should answer Completed.
            return f"the search brought {count} results, then its session was gone: taken as its end"
        raise
    except RecorderUnreachableError:
        lives = False  # nobody is there who could be told
        raise
    finally:
        if lives:
            _end(searcher, token)
    return ""


def _poll_to_the_end(
    searcher: Searcher, token: str, poll: _Poll[_Item], fresh: Fresh[_Item]
) -> Iterator[tuple[_Item, ...]]:
    """Poll until the state is Completed."""
    wait_ns = int(searcher.wait_s * NS)
    request = GetResults(search_token=token, min_results=1, max_results=searcher.batch, wait_ns=wait_ns)
    found = 0
    last_progress = time.monotonic()
    while True:
        asked = time.monotonic()
        state, items = poll(request)
        # Some recorders begin anew at each poll: what came before is neither a result nor progress.
        items = fresh(items)
        found += len(items)
        if found > MAX_RESULTS:
            raise EndlessSearchError(f"a search with more than {MAX_RESULTS} results", next_step=_CHECK_FIRMWARE)
        if items:
            yield items
        if state == COMPLETED:
            return
        now = time.monotonic()
        if items:
            last_progress = now
        elif now - last_progress > searcher.stalled_s:
            searcher.on_stall()
            raise EndlessSearchError(
                f"a search that neither ends nor finds anything for {searcher.stalled_s:g} s",
                next_step="Check the recorder's load, then try again.",
            )
        elif now - asked < searcher.wait_s / 2:
            searcher.pause(0.5)  # WaitTime is not honoured: do not ask as fast as we can


def _end(searcher: Searcher, token: str) -> None:
    """Free a session that did not complete; what went wrong before is what counts."""
    with contextlib.suppress(VssxError):
        searcher.ask(messages.end_search(token))
