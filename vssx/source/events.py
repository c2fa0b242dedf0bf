"""What happened, as the recorder tells it: FindEvents over all topics (ONVIF Recording Search, FindEvents).

A recorder that refuses what is asked gets poorer requests, and what those leave open is done here. A search that
breaks, or that ends while there is more, goes on from where it got to. Whatever was done so is told with the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError
from vssx.model.recording import FindEventResult
from vssx.onvif.content_filter import parse_event_filter
from vssx.onvif.search_session import FindEvents, SearchScope
from vssx.onvif.soap import SoapFaultError
from vssx.source.found_events import FoundEvents
from vssx.source.search_session import EndlessSearchError, Searcher, event_pages
from vssx.times import NS, to_xs_datetime

MAX_EVENTS = 500_000
MAX_BYTES = 2 << 30  # of the answers of one search; nothing of it is held in memory
MAX_MESSAGE = 1 << 20
"""Bytes of one notification; a larger one is told, and left out."""
MAX_OUTSIDE = 1000
"""Events with a time outside the range that are kept; more are counted."""
_MAX_BREAKS = 3
_MAX_ROUNDS = 1000
_PAUSE_S = 1.0
_SMALL_BATCH = 5
_TIMES_DIFFER_NS = NS
_ROOTS = (
    "RecordingHistory", "VideoSource", "VideoAnalytics", "RuleEngine", "AudioSource", "AudioAnalytics", "Device",
    "PTZController", "AccessControl", "AccessPoint", "Door", "Credential", "Configuration", "Media", "Monitoring",
    "RecordingConfig", "Schedule", "UserAlarm",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Events of a recording from ``from_ns`` to ``to_ns``, ns UTC of the recorder's clock.

    ``topics``: full topic expressions, any of which may match, () means all; ``contents``: content filters in the
    dialect ItemFilter, all of which must match. ``start_state``: with what held at ``from_ns``.
    """

    recording: str
    from_ns: int
    to_ns: int
    topics: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    start_state: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsOutcome:
    """How a search went. ``events``: all of them; of these ``states`` tell what held at the start, and ``outside`` have
    a time that is not in the range.

    ``losses``: in plain words what is, or may be, missing; ``notes``: what else was out of the ordinary.
    """

    events: int
    states: int
    outside: int
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def search_events(searcher: Searcher, query: EventQuery, into: FoundEvents) -> EventsOutcome:
    """Put every event that the recorder finds into the store ``into``.

    What breaks once events have come is told with the outcome. Raises what ``ask`` of the searcher raises,
    SoapFaultError where the recorder refuses every kind of request (preferably a fault that does not say that there is
    no such operation), other ProtocolErrors, UsageError for a filter that cannot be read, and StorageError.
    """
    return _Search(searcher, query, into).run()


_COUNTED = {
    "unreadable": (True, "in the recorder's answers cannot be read and are left out"),
    "crowd": (True, f"have a time outside the range, beyond the first {MAX_OUTSIDE}, and are left out"),
    "again": (False, "came more than once and are taken once"),
    "elsewhere": (False, "of other recordings were in the recorder's answers and are left out"),
    "unwanted": (False, "that no filter matches were in the recorder's answers and are left out"),
    "shifted": (False, "have another UtcTime than the recorder's answer gives for them; UtcTime counts"),
}


class _Search:
    def __init__(self, searcher: Searcher, query: EventQuery, into: FoundEvents) -> None:
        self._searcher = searcher
        self._query = query
        self._into = into
        self._filter = parse_event_filter(query.topics, query.contents)
        self._reached_ns = query.from_ns
        self._ascending = True
        self._counts = dict.fromkeys(_COUNTED, 0)
        self._states = self._outside = self._rounds = self._results = 0
        self._new = 0  # results that had not come before, wanted or not
        self._unreadable = ""
        self._losses: list[str] = []
        self._notes: list[str] = []

    def run(self) -> EventsOutcome:
        query = self._query
        self._search(
            FindEvents(
                start_ns=query.from_ns,
                end_ns=query.to_ns,
                scope=SearchScope(included_recordings=(query.recording,)),
                topics=query.topics,
                message_filters=query.contents,
                include_start_state=query.start_state,
            )
        )
        for name, (is_loss, text) in _COUNTED.items():
            if number := self._counts[name]:
                more = f"; the first: {self._unreadable}" if name == "unreadable" else ""
                (self._losses if is_loss else self._notes).append(f"{number} results {text}{more}")
        if not self._ascending:
            self._notes.append("the recorder told events in another order than that of their times; they were sorted")
        return EventsOutcome(
            events=len(self._into),
            states=self._states,
            outside=self._outside,
            losses=tuple(self._losses),
            notes=tuple(self._notes),
        )

    def _search(self, whole: FindEvents) -> None:
        """The richest request that the recorder answers, then again from where it got to until nothing new comes."""
        refusals: list[SoapFaultError] = []
        for rung in _poorer(whole):
            problem = self._try_again(rung.request) if not refusals else self._try(rung.request)
            if problem is None or self._new:
                break
            if not isinstance(problem, SoapFaultError):
                raise problem
            refusals.append(problem)
        else:
            raise next((one for one in refusals if not one.fault.not_supported), refusals[0])
        if refusals:
            told = f"the recorder refuses to search for events as it was asked ({refusals[0].fault}): {rung.said}"
            (self._losses if rung.is_loss else self._notes).append(told)
        self._go_on(rung.request, problem)

    def _try_again(self, request: FindEvents) -> _Problem | None:
        """As ``_try``; a fault that blames the recorder itself, and not the request, may pass."""
        for _ in range(_MAX_BREAKS):
            problem = self._try(request)
            if self._new or not isinstance(problem, SoapFaultError):
                return problem
            if problem.fault.code != "Receiver" or problem.fault.not_supported:
                return problem
            self._searcher.pause(_PAUSE_S)
        return self._try(request)

    def _go_on(self, request: FindEvents, problem: _Problem | None) -> None:
        """``problem``: how the first search broke; None: it was completed, which some recorders say too early."""
        completed, breaks = False, 0
        most = cut_after = 0  # results of the search before, and of one that was called complete too early
        known = 0
        while True:
            if problem is None:
                more = self._new > known
                if completed and more:
                    self._note_once("the recorder called the search complete while there were more events; it went on")
                    cut_after = most
                if not more:
                    if cut_after and not self._ascending:
                        self._losses.append(
                            f"the recorder calls a search complete after {cut_after} results, and these are in no"
                            " order: others may be missing between them"
                        )
                    elif cut_after and self._counts["elsewhere"]:
                        self._losses.append(
                            f"the recorder calls a search complete after {cut_after} results, and tells those of other"
                            " recordings as well, maybe one recording after the other: events may be missing"
                        )
                    elif cut_after and self._results >= cut_after:
                        self._losses.append(
                            f"the recorder calls a search complete after {cut_after} results; whether there are more"
                            f" events at or after {to_xs_datetime(self._reached_ns)} cannot be told"
                        )
                    return
                if self._rounds > _MAX_ROUNDS:
                    self._losses.append(
                        f"the recorder called {self._rounds} searches complete, and the next one had more events again:"
                        f" none is asked for behind {to_xs_datetime(self._reached_ns)}"
                    )
                    return
                completed, most = True, self._results
            elif completed:
                self._notes.append(f"whether more events follow could not be asked: {problem}")
                return
            else:
                breaks += 1
                if breaks > _MAX_BREAKS or isinstance(problem, EndlessSearchError):
                    self._losses.append(
                        f"the search for events broke off at {to_xs_datetime(self._reached_ns)} after"
                        f" {len(self._into)} events, later ones may be missing: {problem}"
                    )
                    return
                self._notes.append(f"the search for events broke and was taken up again: {problem}")
                self._searcher = replace(self._searcher, batch=_SMALL_BATCH)
            known = self._new
            # Behind a break nothing is known of what is in no order; behind an end there may be later events.
            in_order = self._ascending and not self._counts["elsewhere"]
            from_ns = self._reached_ns if in_order or completed else self._query.from_ns
            problem = self._try(replace(request, start_ns=from_ns, include_start_state=False))

    def _note_once(self, note: str) -> None:
        if note not in self._notes:
            self._notes.append(note)

    def _try(self, request: FindEvents) -> _Problem | None:
        """One search of the recorder; what broke it."""
        self._rounds += 1
        self._results = 0
        pages = event_pages(self._searcher, request, self._fresh, self._cannot_read, most_bytes=MAX_BYTES)
        try:
            while True:
                next(pages)
        except StopIteration as end:
            if end.value:
                self._note_once(str(end.value))
            return None
        except (ProtocolError, RecorderUnreachableError, NotAuthenticatedError) as problem:
            return problem

    def _cannot_read(self, problem: ProtocolError) -> None:
        self._results += 1
        self._leave_out(problem)

    def _leave_out(self, problem: ProtocolError) -> None:
        self._counts["unreadable"] += 1
        self._unreadable = self._unreadable or str(problem)

    def _fresh(self, page: tuple[FindEventResult, ...]) -> tuple[FindEventResult, ...]:
        """Stores what belongs into the result. New, and a sign of progress, is also what does not."""
        return tuple(event for event in page if self._is_new(event))

    def _is_new(self, event: FindEventResult) -> bool:
        self._results += 1
        note = event.notification
        outside = not event.start_state and not self._query.from_ns <= note.utc_ns <= self._query.to_ns
        inside = not event.start_state and not outside
        reason = self._why_not(event, outside=outside)
        if reason:
            if not self._into.pass_by(event):
                return False
            if reason == "unreadable":
                self._leave_out(ProtocolError(f"{note.topic[:100]!r} has {len(note.raw)} bytes"))
            else:
                self._counts[reason] += 1
        elif self._into.add(event):
            self._states += event.start_state
            self._outside += outside
            self._counts["shifted"] += inside and abs(event.time_ns - note.utc_ns) > _TIMES_DIFFER_NS
        else:
            # A search that goes on begins with what the one before ended with.
            self._counts["again"] += self._rounds == 1
            return False
        if inside:  # how far the recorder got shows also in what is not wanted
            self._ascending = self._ascending and note.utc_ns >= self._reached_ns
            self._reached_ns = max(self._reached_ns, note.utc_ns)
        self._new += 1
        if self._new > MAX_EVENTS:
            raise EndlessSearchError(f"a recorder that tells more than {MAX_EVENTS} events")
        return True

    def _why_not(self, event: FindEventResult, *, outside: bool) -> str:
        """Why a result does not belong here, as in _COUNTED; "": it does."""
        note = event.notification
        if event.recording_token not in ("", self._query.recording):
            return "elsewhere"
        if not self._filter.matches(note):
            return "unwanted"
        if len(note.raw) > MAX_MESSAGE:
            return "unreadable"
        return "crowd" if outside and self._outside >= MAX_OUTSIDE else ""


_Problem = ProtocolError | RecorderUnreachableError | NotAuthenticatedError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rung:
    """A request, what was done about what it does not ask any more, and whether something may be missing therefore."""

    request: FindEvents
    said: str = ""
    is_loss: bool = False


def _poorer(request: FindEvents) -> Iterator[_Rung]:
    """The request, then poorer ones."""
    yield _Rung(request=request)
    said = "it was asked"
    if request.message_filters:
        request = replace(request, message_filters=())
        said += " without content filters, which were applied here"
        yield _Rung(request=request, said=said)
    narrowed = bool(request.topics)
    if narrowed:
        request = replace(request, topics=())
        said += (" and" if "," in said else "") + " for all topics, of which those asked for were taken here"
        yield _Rung(request=request, said=said)
    if request.include_start_state:
        request = replace(request, include_start_state=False)
        said += (" and" if "," in said else "") + " without the states at the start, which stay unknown"
        yield _Rung(request=request, said=said)
    for roots, what in ((_ROOTS, "the topics that ONVIF knows"), (_ROOTS[:1], "the recording history")):
        topics = tuple(f"tns1:{root}//." for root in roots)
        yield _Rung(
            request=replace(request, topics=topics), said=f"it was asked for {what} only, without states", is_loss=True
        )
