"""Topics and topic expressions (OASIS WS-Topics 1.3, 8; ONVIF Core, "Topic Filter"; dialect ConcreteSet)."""

from __future__ import annotations

from vssx import xml
from vssx.onvif.namespaces import CONCRETE_SET, TOPIC_PREFIXES, WSNT

RECORDING_STATE = "tns1:RecordingHistory/Recording/State"
TRACK_STATE = "tns1:RecordingHistory/Track/State"
MAX_ALTERNATIVES = 200

_PREFIX_OF = {uri: prefix for prefix, uri in TOPIC_PREFIXES.items()}


def read_topic(element: xml.Element) -> str:
    """Text of a topic or topic expression with the prefixes of TOPIC_PREFIXES for the namespaces in there.

    ``tns1`` is always the ONVIF topics' prefix; any other prefix, and one that nobody declared, stays as it is. A step
    below the root in the ONVIF topics' namespace is written without prefix, as ONVIF does.
    """
    return "|".join(_normalise(part.strip(), element) for part in xml.text(element).split("|")[:MAX_ALTERNATIVES])


def _normalise(topic: str, element: xml.Element) -> str:
    if ":" not in topic:
        return topic
    root, *steps = topic.split("/")
    return "/".join([_step(root, element), *(_step(step, element).removeprefix("tns1:") for step in steps)])


def _step(step: str, element: xml.Element) -> str:
    prefix, colon, name = step.partition(":")
    known = _PREFIX_OF.get(element.nsmap.get(prefix) or "") if colon else None
    return f"{known}:{name}" if known else step


def add_expression(parent: xml.Element, expression: str) -> None:
    """wsnt:TopicExpression in the dialect ConcreteSet; it declares the prefixes that we know."""
    xml.add(parent, WSNT, "TopicExpression", expression, nsmap=declared_prefixes(expression), Dialect=CONCRETE_SET)


def declared_prefixes(topic: str) -> dict[str, str]:
    """Prefix to namespace for those of the topic or topic expression that we know."""
    return {prefix: uri for prefix, uri in TOPIC_PREFIXES.items() if f"{prefix}:" in topic}


def matches(topic: str, expression: str) -> bool:
    """Whether the concrete ``topic`` is in the ConcreteSet ``expression``: alternatives with |, subtrees with //."""
    return any(_matches_one(topic, part.strip()) for part in expression.split("|")[:MAX_ALTERNATIVES])


def _matches_one(topic: str, expression: str) -> bool:
    if expression.endswith("//."):
        root = expression.removesuffix("//.").rstrip("/")
        return topic == root or topic.startswith(f"{root}/")
    pattern, steps = expression.split("/"), topic.split("/")
    return len(pattern) == len(steps) and all(p in ("*", s) for p, s in zip(pattern, steps, strict=True))
