"""Events that were recorded: NAME.events.jsonl beside the media (docs/recorder.md), a notification a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vssx import xml
from vssx.errors import ProtocolError, UsageError
from vssx.model.recording import ElementItem, FindEventResult, Notification, SimpleItem
from vssx.onvif import notification
from vssx.onvif.namespaces import TT
from vssx.recorder.timed_lines import Line, TimedLines, index_lines, known_keys, time_of

SUFFIX = ".events.jsonl"
_KEYS = frozenset(("utc", "topic", "operation", "source", "key", "data", "elements", "track"))


def open_events(media: Path) -> TimedLines | None:
    """The events beside a recording; None without the file. Raises UsageError that names the line, StorageError."""
    return index_lines(media.with_suffix(SUFFIX), _check)


def _check(line: Line) -> None:
    known_keys(line, _KEYS)
    _text(line, "track")
    try:
        notification.fill(xml.new(TT, "Event"), notification_of(line))
    except (UsageError, ProtocolError) as error:
        raise ValueError(error.message) from None


def notification_of(line: Line) -> Notification:
    """The notification of a line. Raises ValueError."""
    topic, operation = _text(line, "topic"), _text(line, "operation")
    if not 0 < len(topic) <= notification.MAX_TOPIC:
        raise ValueError(f"topic must be a text of at most {notification.MAX_TOPIC} characters")
    if operation and operation not in notification.OPERATIONS:
        raise ValueError(f"operation must be one of: {', '.join(notification.OPERATIONS)}")
    return Notification(
        topic=topic,
        utc_ns=time_of(line),
        operation=operation,
        source=_items(line, "source"),
        key=_items(line, "key"),
        data=_items(line, "data"),
        elements=tuple(ElementItem(name=item.name, xml=item.value.encode()) for item in _items(line, "elements")),
    )


def event_of(line: Line, recording_token: str) -> FindEventResult:
    """What a search finds of a line. Raises ValueError."""
    found = notification_of(line)
    return FindEventResult(
        recording_token=recording_token,
        track_token=_text(line, "track"),
        time_ns=found.utc_ns,
        notification=found,
        start_state=False,
    )


def _text(line: Line, key: str) -> str:
    value = line.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text")
    return value


def _items(line: Line, key: str) -> tuple[SimpleItem, ...]:
    values = line.get(key, {})
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ValueError(f"{key} must be an object whose values are texts")
    return tuple(SimpleItem(name=name, value=value) for name, value in values.items())


def states(lines: TimedLines, recording_token: str, at_ns: int) -> Iterator[FindEventResult | None]:
    """What held at that moment of every property told of until then, as virtual events; None now and then before.

    A property is a topic with its source and key (ONVIF Core, "Properties").
    """
    held: dict[tuple[object, ...], FindEventResult] = {}
    for number, line in lines.forward(0, lines.at_or_after(at_ns + 1)):
        if number % PAUSE_AFTER == PAUSE_AFTER - 1:
            yield None
        event = event_of(line, recording_token)
        note = event.notification
        about = (note.topic, note.source, note.key)
        if note.operation == "Deleted":
            held.pop(about, None)
        elif note.operation:
            held[about] = event
    for event in held.values():
        yield _at(event, at_ns)


PAUSE_AFTER = 1000
"""Lines after which a search says that it goes on, so that an answer does not wait for all of them."""


def _at(event: FindEventResult, at_ns: int) -> FindEventResult:
    note = event.notification
    return FindEventResult(
        recording_token=event.recording_token,
        track_token=event.track_token,
        time_ns=at_ns,
        start_state=True,
        notification=Notification(
            topic=note.topic,
            utc_ns=at_ns,
            operation="Initialized",
            source=note.source,
            key=note.key,
            data=note.data,
            elements=note.elements,
        ),
    )


def stored_events(
    lines: TimedLines, recording_token: str, low_ns: int, high_ns: int, *, backward: bool
) -> Iterator[FindEventResult]:
    """Events from ``low_ns`` to ``high_ns``, both included. Raises UsageError, StorageError, ValueError."""
    read = lines.backward if backward else lines.forward
    for _, line in read(lines.at_or_after(low_ns), lines.at_or_after(high_ns + 1)):
        yield event_of(line, recording_token)
