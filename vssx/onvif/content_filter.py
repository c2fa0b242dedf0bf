"""Filters on notifications: by topic, and by content in the dialect ItemFilter (ONVIF Core, "Message Content Filter").

``boolean(//tt:SimpleItem[@Name="Rule" and @Value="Door 1"]) and not(boolean(//tt:ElementItem[@Name="x"]))``
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from vssx import xml
from vssx.errors import UsageError
from vssx.model.recording import Notification
from vssx.onvif.namespaces import WSNT
from vssx.onvif.notification import fill
from vssx.onvif.topic import TopicExpression, parse_expression
from vssx.onvif.xpath_dialect import Filter, parse_filter, path_tokens

_ATTRIBUTES = {
    "SimpleItem": ("Name", "Value"),
    "ElementItem": ("Name",),
    "Message": ("UtcTime", "PropertyOperation"),
}
_NAME = re.compile(r"[^/]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFilter:
    """A condition on the tt:Message of a notification."""

    text: str
    condition: Filter = field(repr=False, compare=False)

    def matches(self, notification: Notification) -> bool:
        """Whether the message fulfils the condition. Raises UsageError for a message that XML cannot carry."""
        holder = xml.new(WSNT, "NotificationMessage")
        fill(holder, notification)
        message = xml.find(holder, "Message", "Message")
        assert message is not None
        return self.condition(message)


def parse_content_filter(text: str) -> ContentFilter:
    """The filter. Beside the dialect's own ``=`` it knows ``!= < <= > >=`` and ``contains(PATH, "TEXT")``.

    Raises UsageError in plain words.
    """
    try:
        condition = parse_filter(text)
        _check_names(text)
        return ContentFilter(text=text, condition=condition)
    except ValueError as problem:
        raise UsageError(
            f"not a content filter: {text[:100]!r}: {problem}",
            next_step='Write it like boolean(//tt:SimpleItem[@Name="State" and @Value="true"]).',
        ) from None


def _check_names(text: str) -> None:
    """What no message can have would look like "nothing happened". Raises ValueError that names the place."""
    owner = path = ""
    for at, word in path_tokens(text):
        if word in ("[", "]"):
            owner = path if word == "[" else ""
            continue
        steps = _NAME.findall(word)
        path = steps[-1].rpartition(":")[2]
        for number, step in enumerate(steps):
            prefix, _, name = step.rpartition(":")
            if prefix not in ("", "@", "tt"):
                raise ValueError(f"{step!r} in character {at + 1}: the prefix of what is in a message is tt")
            if step.startswith("@"):
                of = steps[number - 1].rpartition(":")[2] if number else owner
                known = _ATTRIBUTES.get(of)
                if known is not None and name.lstrip("@") not in known:
                    raise ValueError(
                        f"{step!r} in character {at + 1}: {of} has {' and '.join(f'@{one}' for one in known)}"
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Any of the topics (none: all of them) and every content filter."""

    topics: tuple[TopicExpression, ...] = ()
    contents: tuple[ContentFilter, ...] = ()

    def matches(self, notification: Notification) -> bool:
        """Whether the notification is wanted."""
        if self.topics and not any(topic.matches(notification.topic) for topic in self.topics):
            return False
        return all(content.matches(notification) for content in self.contents)


def parse_event_filter(topics: Iterable[str], contents: Iterable[str] = ()) -> EventFilter:
    """The filter out of topic expressions and content filters. Raises UsageError in plain words."""
    return EventFilter(topics=tuple(map(parse_expression, topics)), contents=tuple(map(parse_content_filter, contents)))
