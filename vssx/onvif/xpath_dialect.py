"""The XPath dialect of search filters (ONVIF Recording Search, "Xpath dialect"), evaluated on XML elements.

It filters recordings and metadata documents; the ItemFilter dialect of notifications is a part of it. Supported:
and, or, not(), parentheses, boolean(PATH[CONDITION]), boolean(PATH), contains(PATH, "TEXT"); conditions compare a
child element or an attribute with a text. Quotes may be single, double or typographic, as in the specification's own
examples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from vssx import xml

_STEP = re.compile(r"(/{0,2})([^/]+)")

Filter = Callable[[xml.Element], bool]

_WORDS = ("and", "or", "not", "boolean", "contains")
_MAX_LENGTH = 2000
_MAX_DEPTH = 20
_MAX_STEPS = 12
_PATH = re.compile(r"/{0,2}@?(?:[^\W\d][\w.:-]*|\*)(?:/{1,2}@?(?:[^\W\d][\w.:-]*|\*))*")
_TOKEN = re.compile(
    rf"""\s*(?:(?P<text>"[^"]*"|'[^']*'|[“”„][^“”]*[“”])|(?P<path>{_PATH.pattern})
    |(?P<number>-?\d+(?:\.\d+)?)|(?P<sign><=|>=|!=|[=<>()\[\],]))""",
    re.VERBOSE,
)


def parse_filter(expression: str) -> Filter:
    """A filter that says whether an element matches. Raises ValueError in plain words."""
    if len(expression) > _MAX_LENGTH:
        raise ValueError(f"a filter of more than {_MAX_LENGTH} characters")
    parser = _Parser(_tokens(expression))
    result = parser.either()
    if parser.peek() is not None:
        raise ValueError(f"unexpected {parser.peek()!r}")
    return result


def path_tokens(expression: str) -> Iterator[tuple[int, str]]:
    """Where the paths stand, with the brackets of their conditions. Raises ValueError as ``parse_filter``."""
    for match in _matches(expression):
        if match["path"] and match["path"] not in _WORDS:
            yield match.start("path"), match["path"]
        elif match["sign"] in ("[", "]"):
            yield match.start("sign"), match["sign"]


def _tokens(expression: str) -> list[str]:
    return [match[0].strip() for match in _matches(expression)]


def _matches(expression: str) -> Iterator[re.Match[str]]:
    position, end = 0, len(expression.rstrip())
    while position < end:
        match = _TOKEN.match(expression, position, end)
        if match is None:
            raise ValueError(f"cannot be read from {expression[position : position + 20]!r} on")
        yield match
        position = match.end()


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def peek(self) -> str | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _next(self) -> str:
        token = self.peek()
        if token is None:
            raise ValueError("the filter ends too early")
        self._position += 1
        return token

    def _expect(self, wanted: str) -> None:
        if (token := self._next()) != wanted:
            raise ValueError(f"{wanted!r} expected, not {token!r}")

    def either(self, primary: Callable[[], Filter] | None = None) -> Filter:
        """``or`` binds less than ``and``."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        options = [self._all(primary or self._primary)]
        while self.peek() == "or":
            self._next()
            options.append(self._all(primary or self._primary))
        self._depth -= 1
        return lambda element: any(option(element) for option in options)

    def _all(self, primary: Callable[[], Filter]) -> Filter:
        parts = [primary()]
        while self.peek() == "and":
            self._next()
            parts.append(primary())
        return lambda element: all(part(element) for part in parts)

    def _primary(self) -> Filter:
        word = self._next()
        if word == "(":
            inner = self.either()
            self._expect(")")
            return inner
        self._expect("(")
        if word == "not":
            negated = self.either()
            self._expect(")")
            return lambda element: not negated(element)
        if word == "boolean":
            path = self._path()
            condition: Filter = _always
            if self.peek() == "[":
                self._next()
                condition = self.either(self._comparison)
                self._expect("]")
            self._expect(")")
            return lambda element: any(condition(found) for found in _select(element, path))
        if word == "contains":
            path = self._path()
            self._expect(",")
            text = _literal(self._next())
            self._expect(")")
            return lambda element: any(text in value for value in _values(element, path))
        raise ValueError(f"unknown function {word!r}")

    def _path(self) -> str:
        path = self._next()
        if not _PATH.fullmatch(path):
            raise ValueError(f"a path expected, not {path!r}")
        if len(_STEP.findall(path)) > _MAX_STEPS:
            raise ValueError(f"a path of more than {_MAX_STEPS} steps")
        return path

    def _comparison(self) -> Filter:
        word = self._next()
        if word == "(":
            inner = self.either(self._comparison)
            self._expect(")")
            return inner
        if word == "not":
            self._expect("(")
            negated = self.either(self._comparison)
            self._expect(")")
            return lambda element: not negated(element)
        if not _PATH.fullmatch(word):
            raise ValueError(f"a path expected, not {word!r}")
        operator = self._next()
        if operator not in _OPERATORS:
            raise ValueError(f"a comparison expected, not {operator!r}")
        compare, right = _OPERATORS[operator], _literal(self._next())
        return lambda element: any(compare(value, right) for value in _values(element, word))


def _always(_: xml.Element) -> bool:
    return True


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def compared(left: str, right: str) -> bool:
        try:
            return compare(float(left), float(right))
        except ValueError:  # times: all in UTC, so that the order of the texts is that of the times
            return compare((left > right) - (left < right), 0)

    return compared


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
}


def _literal(token: str) -> str:
    if token[0] in "\"'“”„":
        return token[1:-1]
    if token[0].isdigit() or token[0] == "-":
        return token
    raise ValueError(f"a text in quotes expected, not {token!r}")


def _select(root: xml.Element, path: str) -> Iterator[xml.Element]:
    """Elements of a path; names compare without prefix. A relative path starts below ``root``."""
    found = [root]
    for number, (slashes, name) in enumerate(_STEP.findall(path)):
        name = name.rpartition(":")[2]
        if slashes == "//":
            inside = (e for top in found for e in top.iter() if xml.local_name(e) == name or name == "*")
            found = list(dict.fromkeys(inside))  # each once: nested steps would find them again and again
        elif slashes == "/" and number == 0:
            found = [e for e in found if xml.local_name(e) == name]
        else:
            found = [e for top in found for e in top if xml.local_name(e) == name or name == "*"]
    yield from found


def _values(element: xml.Element, path: str) -> Iterator[str]:
    head, _, name = path.rpartition("@")
    if not head and name == path:
        yield from (xml.text(found) for found in _select(element, path))
        return
    owners = _select(element, head.rstrip("/")) if head.rstrip("/") else iter([element])
    for owner in owners:
        value = xml.attribute(owner, name)
        if value is not None:
            yield value
