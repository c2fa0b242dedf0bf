"""The spans around events: what ``--events-only`` and ``--around EVENT`` export of a recording instead of a range."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vssx import times
from vssx.errors import NothingRecordedError, ProtocolError, UsageError
from vssx.model.handover import AcquiredRecording
from vssx.model.media import Loss
from vssx.model.recording import Notification, RecordingInformation
from vssx.onvif.content_filter import EventFilter, parse_event_filter
from vssx.onvif.event_identity import event_digest
from vssx.shown import counted, shown

if TYPE_CHECKING:
    from vssx.jobs.added_events import EventSources
    from vssx.source.events import EventsOutcome
    from vssx.source.search import RecorderSession

MAX_SPANS = 1000
"""Of one recording. Each is a replay of its own, with a section of the record."""
ABOUT_EVENTS = "footage around events"
"""Subject of what the record says about the events that were looked for."""
_DAY_NS = 86_400 * times.NS
Tell = Callable[[str, str], None]
"""Called with the subject and the detail of an assumption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundEvents:
    """Around which events to export: the one with the id ``event``, or all of ``topics`` and ``contents``.

    ``event``: the first hexadecimal digits of its id. ``topics``: topic expressions, any of which may match.
    ``contents``: content filters in the dialect ItemFilter, all of which must match. ``before_ns``, ``after_ns``: how
    far around each.
    """

    event: str = ""
    topics: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    before_ns: int
    after_ns: int

    def event_filter(self) -> EventFilter:
        """Topics and contents. Raises UsageError for an expression that cannot be read."""
        return parse_event_filter(self.topics, self.contents)

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What belongs into the record, and makes another run the same request."""
        around = [
            ("before_seconds", f"{self.before_ns / times.NS:g}"),
            ("after_seconds", f"{self.after_ns / times.NS:g}"),
        ]
        if self.event:
            return ("around_event", self.event), *around
        filters = [("events_filter", " and ".join(self.contents))] if self.contents else []
        return ("events_only", " | ".join(self.topics)), *filters, *around

    @property
    def text(self) -> str:
        """In words, for the record and for errors."""
        if self.event:
            return f"event {self.event}"
        topics = f"topic {' | '.join(self.topics)}"
        return f"{topics} with {' and '.join(self.contents)}" if self.contents else topics

    @property
    def reach(self) -> str:
        """How far around an event, in words."""
        return f"from {self.before_ns / times.NS:g} s before to {self.after_ns / times.NS:g} s after it"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSpan:
    """From ``from_ns`` to ``to_ns``, UTC. ``events``: how many gave reason for it."""

    from_ns: int
    to_ns: int
    events: int = 0

    @property
    def text(self) -> str:
        """In words."""
        return f"{times.to_xs_datetime(self.from_ns)} to {times.to_xs_datetime(self.to_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSpans:
    """The spans around the events of a recording. ``outside``: events that the recorder told, with a time outside the
    range. ``missing``: in plain words, what of the events may be missing; "" when nothing."""

    spans: tuple[TimeSpan, ...]
    outside: int = 0
    missing: str = ""


class JoinedSpans:
    """Spans around times within a range, joined where they touch; in whatever order the times come.

    ``before_ns``, ``after_ns``: how far a span reaches around its time. Nothing of it lies outside ``from_ns`` to
    ``to_ns``. ``where``: the recording, for errors.
    """

    def __init__(self, *, from_ns: int, to_ns: int, before_ns: int, after_ns: int, where: str = "") -> None:
        self._from_ns = from_ns
        self._to_ns = to_ns
        self._before_ns = before_ns
        self._after_ns = after_ns
        self._where = where
        self._spans: list[TimeSpan] = []  # ascending, none touches another

    def add(self, time_ns: int) -> bool:
        """Take an event in; False where its time lies outside the range.

        Raises UsageError where there get to be more than MAX_SPANS.
        """
        if not self._from_ns <= time_ns <= self._to_ns:
            return False
        start_ns = max(self._from_ns, time_ns - self._before_ns)
        end_ns = min(self._to_ns, time_ns + self._after_ns)
        last = bisect_right(self._spans, end_ns, key=lambda span: span.from_ns)
        first = last
        events = 1
        while first and self._spans[first - 1].to_ns >= start_ns:
            first -= 1
            start_ns = min(start_ns, self._spans[first].from_ns)
            end_ns = max(end_ns, self._spans[first].to_ns)
            events += self._spans[first].events
        self._spans[first:last] = [TimeSpan(from_ns=start_ns, to_ns=end_ns, events=events)]
        if len(self._spans) > MAX_SPANS:
            raise UsageError(
                f"the events lie so far apart that there are more than {MAX_SPANS} spans around them",
                where=self._where,
                next_step="Choose fewer events with a narrower --events-only or --filter, join more of them with longer"
                " --before and --after, or export a shorter range.",
            )
        return True

    @property
    def spans(self) -> tuple[TimeSpan, ...]:
        """Ascending; none touches another."""
        return tuple(self._spans)


def find_spans(
    choice: AroundEvents,
    session: RecorderSession,
    recording: RecordingInformation,
    whole: TimeSpan,
    sources: EventSources,
    tell: Tell,
) -> FoundSpans:
    """The spans around the events of a recording within ``whole``: those that the recorder finds and those of the
    operator's lists.

    Raises UsageError for more than MAX_SPANS, ProtocolError where there are none and some may be missing, and what
    ``RecorderSession.find_events`` raises.
    """
    where = f"recording {shown(recording.token)}"
    joined = JoinedSpans(
        from_ns=whole.from_ns,
        to_ns=whole.to_ns,
        before_ns=choice.before_ns,
        after_ns=choice.after_ns,
        where=where,
    )
    names = (recording.token, recording.source.name or recording.token)
    wanted = choice.event_filter()
    listed = sum(joined.add(event.utc_ns) for event in sources.listed(names) if wanted.matches(event))
    found = outside = 0
    try:
        with _found(choice, session, recording.token, whole, tell) as (events, outcome):
            found = sum(joined.add(event.utc_ns) for event in events)
            outside, missing = outcome.outside, _missing(outcome)
    except ProtocolError as problem:
        if not listed:
            raise
        missing = shown(f"the recorder did not tell its own: {problem}")
    spans = joined.spans
    if missing and not spans:
        raise ProtocolError(
            f"no event was found, but the search was not complete: {missing}",
            where=where,
            next_step="Try again, or export all of the range without --events-only.",
        )
    detail = f"{where}: FindEvents told {counted(found, 'event')}"
    if sources.lists:
        detail += f", the operator's lists {counted(listed, 'event')},"
    detail += (
        f" of {shown(choice.text)} from {whole.text}; what was asked for is {choice.reach}:"
        f" {counted(len(spans), 'span')}, and nothing else of this range"
    )
    if outside:
        detail += f"; {counted(outside, 'event')} with a time outside of it did not count"
    tell(ABOUT_EVENTS, detail)
    return FoundSpans(spans=spans, outside=outside, missing=missing)


def tell_missing(recordings: Sequence[AcquiredRecording], missing: Mapping[str, str]) -> tuple[AcquiredRecording, ...]:
    """Where not all events of a recording may have been found, footage around them is missing: a loss of its last span.

    ``missing``: in plain words, by token.
    """
    told = list(recordings)
    for token, what in missing.items():
        number = max(number for number, one in enumerate(told) if one.recording_token == token)
        received = told[number].received
        loss = Loss(track=0, at_ns=None, packets=None, detail=f"footage around further events may be missing: {what}")
        told[number] = replace(told[number], received=replace(received, losses=(*received.losses, loss)))
    return tuple(told)


def find_event(
    choice: AroundEvents,
    session: RecorderSession,
    recordings: Sequence[RecordingInformation],
    whole: TimeSpan | None,
    tell: Tell,
) -> TimeSpan:
    """The span around the event with an id. ``whole``: where to look for it; None: in all of each recording.

    Raises NothingRecordedError where there is none, UsageError where there are several, and what FindEvents raises.
    """
    found: dict[str, tuple[Notification, str]] = {}
    unsure = ""
    for recording in recordings:
        with _found(choice, session, recording.token, whole or all_of(recording), tell) as (events, outcome):
            unsure = unsure or _missing(outcome)
            for event in events:
                digest = event_digest(event)
                if digest.startswith(choice.event):
                    found.setdefault(digest, (event, recording.token))
    if len(found) > 1:
        raise UsageError(
            f"is the id of {len(found)} events: {', '.join(sorted(found)[:5])}",
            where=f"--around {choice.event}",
            next_step="Write more digits of the one that is meant.",
        )
    if not found:
        raise NothingRecordedError(
            f"no event with the id {choice.event} "
            + ("in all of it" if whole is None else f"from {whole.text}")
            + (f", but the search was not complete: {unsure}" if unsure else ""),
            where="recording " + ", ".join(shown(recording.token) for recording in recordings),
            next_step="`vssx events HOST` lists the events of a recording with their ids. What stands there, or in a"
            " handover, as a state at the start is no event, and FindEvents does not know what only a recorded metadata"
            " track tells: name the time of these instead.",
        )
    [(event, token)] = found.values()
    at = times.to_xs_datetime(event.utc_ns)
    tell(
        ABOUT_EVENTS,
        f"event {choice.event} of recording {shown(token)}: {shown(event.topic)} at {at}; what was asked for is"
        f" {choice.reach}",
    )
    return TimeSpan(from_ns=event.utc_ns - choice.before_ns, to_ns=event.utc_ns + choice.after_ns, events=1)


def no_event(
    choice: AroundEvents, recordings: Collection[str], whole: TimeSpan, found: Collection[FoundSpans]
) -> NothingRecordedError:
    """What to raise where no recording has an event to export footage around."""
    outside = sum(one.outside for one in found)
    return NothingRecordedError(
        f"no event of {shown(choice.text)} from {whole.text}"
        + (f"; {counted(outside, 'event')} that the recorder told have a time outside of it" if outside else ""),
        where="recording " + ", ".join(map(shown, recordings)),
        next_step="`vssx events HOST` lists the events that there are.",
    )


def all_of(recording: RecordingInformation) -> TimeSpan:
    """The whole recording. Raises UsageError where the recorder does not say when the recording begins."""
    if recording.earliest_ns is None:
        raise UsageError(
            "the recorder does not say when it begins",
            where=f"recording {shown(recording.token)}",
            next_step="Say with --from and --to where the event is to be looked for.",
        )
    end_ns = times.now() + _DAY_NS if recording.latest_ns is None else recording.latest_ns + times.NS
    return TimeSpan(from_ns=recording.earliest_ns, to_ns=max(end_ns, recording.earliest_ns + times.NS))


@contextmanager
def _found(
    choice: AroundEvents, session: RecorderSession, token: str, whole: TimeSpan, tell: Tell
) -> Iterator[tuple[Iterator[Notification], EventsOutcome]]:
    """The events of a recording by their times, and how the search went.

    What a start state tells is no occurrence, and is not asked for.
    """
    from vssx.source.events import EventQuery
    from vssx.source.found_events import FoundEvents

    query = EventQuery(
        recording=token,
        from_ns=whole.from_ns,
        to_ns=whole.to_ns,
        topics=choice.topics,
        contents=choice.contents,
        start_state=False,
    )
    with FoundEvents(whole.from_ns) as store:
        outcome = session.find_events(query, store)
        for note in (*outcome.losses, *outcome.notes):
            tell(ABOUT_EVENTS, f"recording {shown(token)}: {shown(note)}")
        yield (event.notification for event in store if not event.start_state), outcome


def _missing(outcome: EventsOutcome) -> str:
    return shown("; ".join(outcome.losses))
