"""FindEvents, tried on a recording: whether an export can ask the recorder for its events, and how it answers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from vssx import times

if TYPE_CHECKING:
    from vssx.source.search import RecorderSession

_TRIED_NS = 3600 * times.NS
_LOOKED_AT = 10_000
_MOST_TOPICS = 100
_MAX_TOPIC = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsTrial:
    """What the search brought. ``happened``: events without the states at the start; ``remarks``: how it went."""

    happened: int
    text: str
    facts: dict[str, object]
    remarks: tuple[str, ...]


def try_events(session: RecorderSession, token: str, *, until_ns: int) -> EventsTrial:
    """Search the hour before ``until_ns``. Raises what ``RecorderSession.find_events`` raises."""
    from vssx.source.events import EventQuery
    from vssx.source.found_events import FoundEvents

    from_ns = until_ns - _TRIED_NS
    with FoundEvents(from_ns) as found:
        outcome = session.find_events(EventQuery(recording=token, from_ns=from_ns, to_ns=until_ns), found)
        topics = sorted({event.notification.topic[:_MAX_TOPIC] for event in islice(found, _LOOKED_AT)})
    happened = outcome.events - outcome.states
    text = f"{happened} event{'' if happened == 1 else 's'} in the hour before {times.to_xs_datetime(until_ns)}"
    if outcome.states:
        text += f", and {outcome.states} state{'' if outcome.states == 1 else 's'} at its start"
    return EventsTrial(
        happened=happened,
        text=text,
        facts={
            "from": times.to_xs_datetime(from_ns),
            "to": times.to_xs_datetime(until_ns),
            "events": happened,
            "states": outcome.states,
            "topics": topics[:_MOST_TOPICS],
        },
        remarks=(*outcome.losses, *outcome.notes),
    )
