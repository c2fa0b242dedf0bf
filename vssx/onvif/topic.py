"""Topics and topic expressions (OASIS WS-Topics 1.3, 8; ONVIF Core, "Topic Filter"; dialects ConcreteSet and Full)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vssx import xml
from vssx.errors import UsageError
from vssx.onvif.namespaces import CONCRETE_SET, FULL_TOPICS, TOPIC_PREFIXES, WSNT

RECORDING_STATE = "tns1:RecordingHistory/Recording/State"
TRACK_STATE = "tns1:RecordingHistory/Track/State"
MAX_ALTERNATIVES = 200
MAX_STEPS = 40
MAX_NAMES = 500

_NAME = r"\w[\w.-]*"
_STEP = re.compile(rf"(?P<slashes>/{{0,2}})(?P<name>(?:{_NAME}:)?(?:{_NAME}|\*)|\.)")
_SELF = "."
_AS = "Write it like tns1:RuleEngine//. or tns1:Device/Trigger/DigitalInput|tns1:Door//."
_PREFIX_OF = {uri: prefix for prefix, uri in TOPIC_PREFIXES.items()}


def read_topic(element: xml.Element) -> str:
    """Text of a topic or topic expression with the prefixes of TOPIC_PREFIXES for the namespaces in there.

    ``tns1`` is always the ONVIF topics' prefix; any other prefix, and one that nobody declared, stays as it is. A step
    below the root in the ONVIF topics' namespace is written without prefix, as ONVIF does.
    """
    return "|".join(_normalise(part.strip(), element) for part in xml.text(element).split("|"))


def _normalise(topic: str, element: xml.Element) -> str:
    if ":" not in topic:
        return topic
    root, *steps = topic.split("/")
    names = [_step(step, element) for step in steps]
    if root:
        names = [name if name == "tns1:*" else name.removeprefix("tns1:") for name in names]
    return "/".join([_step(root, element), *names])


def _step(step: str, element: xml.Element) -> str:
    prefix, colon, name = step.partition(":")
    known = _PREFIX_OF.get(element.nsmap.get(prefix) or "") if colon else None
    return f"{known}:{name}" if known else step


@dataclass(frozen=True, slots=True)
class _Step:
    """``deep``: it may stand any number of levels below the step before it."""

    deep: bool
    name: str

    def fits(self, name: str, *, root: bool) -> bool:
        """Below the root a name without prefix is one of the ONVIF topics' namespace."""
        if not root and ":" not in name:
            name = f"tns1:{name}"
        prefix, _, local = self.name.rpartition(":")
        if local == "*":
            return not prefix or name.startswith(f"{prefix}:")
        return name == self.name or (not root and name == f"tns1:{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicExpression:
    """A set of topics. ``text`` in the prefixes of TOPIC_PREFIXES where those were used."""

    text: str
    paths: tuple[tuple[_Step, ...], ...]

    def matches(self, topic: str) -> bool:
        """Whether the concrete ``topic`` is in the set."""
        names = topic.split("/", MAX_NAMES)
        return any(_matches(path, names) for path in self.paths)

    @property
    def dialect(self) -> str:
        """URI of the narrowest dialect: ConcreteSet (``//.`` at the end only, no ``*``), or Full."""
        concrete = (
            not any(path[0].deep for path in self.paths)
            and all("*" not in step.name and step.deep == (step.name == _SELF) for path in self.paths for step in path)
            and all(step.name != _SELF for path in self.paths for step in path[:-1])
        )
        return CONCRETE_SET if concrete else FULL_TOPICS


def parse_expression(text: str) -> TopicExpression:
    """The topic expression: alternatives with ``|``; in each ``/`` for a child, ``//`` for what is anywhere below.

    ``a//.`` is a and all below it, ``a//*`` all below it, ``*`` any name, ``p:*`` any of that prefix. Raises
    UsageError that names the place.
    """
    alternatives = text.split("|")
    if not all(part.strip() for part in alternatives):
        what = "one of its alternatives, between the |, is empty" if text.strip() else "it is empty"
        raise UsageError(f"not a topic expression: {text[:100]!r}: {what}", next_step=_AS)
    if len(alternatives) > MAX_ALTERNATIVES:
        raise UsageError(f"a topic expression of more than {MAX_ALTERNATIVES} alternatives")
    return TopicExpression(text="|".join(part.strip() for part in alternatives), paths=tuple(map(_path, alternatives)))


def _path(alternative: str) -> tuple[_Step, ...]:
    steps = tuple(_steps(alternative.strip()))
    if len(steps) > MAX_STEPS:
        raise UsageError(f"a topic expression of more than {MAX_STEPS} steps: {alternative.strip()[:60]!r}")
    return steps


def _steps(path: str) -> Iterator[_Step]:
    at = 0
    while at < len(path) or not at:
        match = _STEP.match(path, at)
        if match is None or match["slashes"] not in (("/", "//") if at else ("", "//")):
            raise _syntax_error(path, at)
        name, deep = match["name"], match["slashes"] == "//"
        if name == _SELF and not deep:
            raise _syntax_error(path, at)
        yield _Step(deep=deep, name=name)
        at = match.end()


def _syntax_error(path: str, at: int) -> UsageError:
    return UsageError(
        f"not a topic expression: {path[:100]!r} cannot be read from {path[at : at + 20]!r} on",
        next_step=_AS,
    )


def _matches(path: tuple[_Step, ...], names: list[str]) -> bool:
    """``ends``: how many names the steps so far may have taken."""
    ends = {0}
    for step in path:
        if step.name == _SELF:  # always deep: what was reached, and all below it
            ends = set(range(min(ends), len(names) + 1))
        else:
            starts = range(min(ends), len(names)) if step.deep else ends
            ends = {start + 1 for start in starts if start < len(names) and step.fits(names[start], root=start == 0)}
        if not ends:
            return False
    return len(names) in ends


def add_expression(parent: xml.Element, expression: str) -> None:
    """wsnt:TopicExpression with its dialect and the prefixes that we know. Raises UsageError for wrong syntax."""
    parsed = parse_expression(expression)
    xml.add(
        parent,
        WSNT,
        "TopicExpression",
        parsed.text,
        nsmap=declared_prefixes(parsed.text),
        Dialect=parsed.dialect,
    )


def declared_prefixes(topic: str) -> dict[str, str]:
    """Prefix to namespace for those of the topic or topic expression that we know."""
    return {prefix: uri for prefix, uri in TOPIC_PREFIXES.items() if f"{prefix}:" in topic}
