"""The operator's list: events that no recorder knows, such as incident marks and system alarms. docs/events.md.

CSV with a header line, or JSON Lines. Everything that is wrong with a list is told at once, before anything is
exported.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from vssx.errors import StorageError, UsageError
from vssx.model.recording import Notification, SimpleItem
from vssx.onvif.namespaces import TOPIC_PREFIXES
from vssx.separated_text import SEPARATORS, WINDOWS_1252, find_encoding, said_separator
from vssx.shown import shown
from vssx.times import from_user, to_xs_datetime

MAX_BYTES = 64 << 20
MAX_LINES = 100_000
MAX_CELL = 10_000
MAX_COLUMNS = 100
MAX_FAULTS = 25
INCIDENT = "vssx:Incident"
"""Root of the topics of our own, below which stand events that name no topic."""

_ALIASES = {
    "time": ("time", "utc", "timestamp", "datetime", "date time", "date/time", "time (utc)"),
    "topic": ("topic",),
    "name": ("name", "event", "type", "title", "incident", "alarm"),
    "text": ("text", "description", "comment", "remark", "note", "message", "details"),
    "source": ("source", "camera", "device"),
    "state": ("state", "status", "value"),
    "operation": ("operation",),
    "recording": ("recording",),
}
_COLUMNS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_OPERATIONS = ("Initialized", "Changed", "Deleted")
_ITEMS = ("name", "text", "state")  # in this order they are the data of a notification
_TOPIC = re.compile(
    rf"(?:{'|'.join(TOPIC_PREFIXES)}):[A-Za-z_][\w.-]{{0,99}}(?:/(?:(?:{'|'.join(TOPIC_PREFIXES)}):)?[A-Za-z_][\w.-]{{0,99}}){{0,19}}",
    re.ASCII,
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLine:
    """One event of a list. ``line``: of the file, from 1. ``recording``: token or camera that it is about, "": all."""

    line: int
    notification: Notification
    recording: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList:
    """A list that was read once and has no faults. ``sha256``: hex, of the file. Iterating reads it again.

    ``recordings``: what its lines name, and the first line that does. ``zone``: of times that do not say theirs; None:
    they all do. ``encoding``: Python's name of it.
    """

    path: Path
    zone: str | None
    sha256: str
    events: int
    recordings: Mapping[str, int]
    encoding: str

    @property
    def told(self) -> str:
        """Its name, its digest, and how it was read where nothing in it says so."""
        guessed = ", read as Windows-1252" if self.encoding == WINDOWS_1252 else ""
        return f"{shown(self.path.name)} (SHA-256 {self.sha256}{guessed})"

    def __iter__(self) -> Iterator[ListedLine]:
        """Its events in the order of the file. Raises UsageError where it is not any more what was read first."""
        if _sha256(self.path) != self.sha256:
            raise UsageError("changed while it was read", where=str(self.path), next_step="Run the command again.")
        faults = _Faults(self.path)
        yield from _lines(self.path, self.encoding, self.zone, faults)
        faults.raise_any()


def read_event_list(path: Path, zone: str | None) -> EventList:
    """Check the whole list. ``zone``: IANA time zone of local times.

    Raises UsageError that names every fault with its line and column, StorageError where the file cannot be read.
    """
    faults = _Faults(path)
    digest = _sha256(path)
    with path.open("rb") as raw:
        encoding = find_encoding(raw)
    events = 0
    recordings: dict[str, int] = {}
    for line in _lines(path, encoding, zone, faults):
        events += 1
        if line.recording:
            recordings.setdefault(line.recording, line.line)
    if not events and not faults:
        faults.add(0, "", "holds no event: nothing stands below its line of names")
    faults.raise_any()
    return EventList(path=path, zone=zone, sha256=digest, events=events, recordings=recordings, encoding=encoding)


class _Faults:
    """What is wrong with a list, each with its place; the first of them are named, all are counted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._named: list[str] = []
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, line: int, column: str, what: str) -> None:
        self._count += 1
        if self._count <= MAX_FAULTS:
            place = (f"line {line}" if line else "", f"column {column!r}" if column else "")
            self._named.append(": ".join(filter(None, (", ".join(filter(None, place)), what))))

    def raise_any(self) -> None:
        """Raises UsageError where there was a fault."""
        if self._count:
            more = self._count - len(self._named)
            raise UsageError(
                "; ".join(self._named) + (f"; and {more} faults more" if more else ""),
                where=str(self._path),
                next_step="docs/events.md says how a list is written.",
            )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"is larger than the {MAX_BYTES >> 20} MB that are read", where=str(path))
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except OSError as error:
        raise StorageError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    return digest.hexdigest()


def _lines(path: Path, encoding: str, zone: str | None, faults: _Faults) -> Iterator[ListedLine]:
    try:
        # What is no text in this encoding becomes surrogates, which are told with their line and column.
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
            start = file.read(4096).lstrip()
            if not start:
                faults.add(0, "", "is empty; its first line names the columns, such as time;name;text")
                return
            file.seek(0)
            rows = _json_rows(file, faults) if start.startswith(("{", "[")) else _csv_rows(file, faults)
            for count, (line, row) in enumerate(rows, 1):
                if count > MAX_LINES:
                    faults.add(line, "", f"more than {MAX_LINES} events")
                    return
                listed = _listed(line, row, zone, faults)
                if listed is not None:
                    yield listed
    except UnicodeError as problem:
        faults.add(0, "", f"is no text: {problem}")


def _csv_rows(file: IO[str], faults: _Faults) -> Iterator[tuple[int, Mapping[str, str]]]:
    first = file.readline(MAX_CELL * MAX_COLUMNS)
    offset = 1
    separator = said_separator(first)
    while first and ((separator and offset == 1) or not first.strip()):
        first, offset = file.readline(MAX_CELL * MAX_COLUMNS), offset + 1
    try:
        separator = separator or _separator(first)
        header = _header(next(csv.reader([first], delimiter=separator), []), offset, faults)
    except csv.Error as problem:
        faults.add(offset, "", f"is not CSV: {problem}")
        return
    if header is None:
        return
    reader = csv.reader(file, delimiter=separator, strict=True)
    line = offset + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(header):
                    faults.add(line, "", f"{len(cells)} cells under {len(header)} names")
                else:
                    yield line, dict(zip(header, cells, strict=False))
            line = offset + 1 + reader.line_num
    except csv.Error as problem:
        faults.add(line, "", f"is not CSV: {problem}")


def _separator(header: str) -> str:
    """The one with which most names are known; among equals, the one with the most names."""

    def known(separator: str) -> tuple[int, int]:
        names = header.strip("\r\n").split(separator)
        return sum(name.strip(' "').lower() in _COLUMNS for name in names), len(names)

    return max(SEPARATORS, key=known)


def _header(cells: Sequence[str], line: int, faults: _Faults) -> list[str] | None:
    """What each column is: a name of ours, or its own, which then is an item of the data."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        given = cell.strip()
        name = _column(given, names)
        if not given or _NOT_XML.search(given) or len(given) > 100:
            faults.add(line, str(number), f"{given[:60]!r} is no name of a column")
        elif name in names:
            faults.add(line, given, f"a second column for {name}")
        names.append(name)
    if len(cells) > MAX_COLUMNS:
        faults.add(line, "", f"more than {MAX_COLUMNS} columns")
        return None
    if "time" not in names:
        faults.add(
            line, "", f"no column for the time; the first line names the columns, here: {', '.join(cells)[:200]!r}"
        )
        return None
    return names


def _column(given: str, taken: Container[str]) -> str:
    """What a name means. A second one for the same, other than of the time, is an item of its own."""
    name = _COLUMNS.get(given.lower(), given)
    return given if name in taken and name != "time" else name


def _json_rows(file: IO[str], faults: _Faults) -> Iterator[tuple[int, Mapping[str, str]]]:
    line = 0
    while text := file.readline(MAX_CELL * MAX_COLUMNS):
        line += 1
        if not text.strip():
            continue
        try:
            pairs = json.loads(text, object_pairs_hook=tuple, parse_float=str, parse_int=str, parse_constant=_no_number)
        except (ValueError, RecursionError) as problem:
            faults.add(line, "", f"is not JSON: {problem}")
            continue
        if not text.lstrip().startswith("{"):
            faults.add(line, "", "is no JSON object")
            continue
        row = _json_row(line, pairs, faults)
        if row is not None:
            yield line, row


def _no_number(name: str) -> str:
    """NaN and Infinity, which Python's reader takes and JSON (RFC 8259, section 6) does not know."""
    raise ValueError(f"{name} is no number of JSON")


def _json_row(line: int, pairs: tuple[tuple[str, object], ...], faults: _Faults) -> dict[str, str] | None:
    row: dict[str, str] = {}
    sound = True
    inner = [(key, value) for key, value in pairs if not (key == "data" and isinstance(value, tuple))]
    inner += [pair for key, value in pairs if key == "data" and isinstance(value, tuple) for pair in value]
    for key, value in inner:
        name = _column(key.strip(), row)
        if name in row or not name or len(name) > 100 or _NOT_XML.search(name):
            faults.add(line, key[:60], "comes twice" if name in row else "is no name")
            sound = False
        elif isinstance(value, (tuple, list)):
            faults.add(line, key, "is neither text nor a number nor true or false")
            sound = False
        elif value is not None:
            row[name] = json.dumps(value) if isinstance(value, bool) else str(value)
    return row if sound else None


def _listed(line: int, row: Mapping[str, str], zone: str | None, faults: _Faults) -> ListedLine | None:
    values = {name: value.strip() for name, value in row.items() if value.strip()}
    sound = True
    for name, value in values.items():
        if _NOT_XML.search(value):
            faults.add(line, name, f"{value[:60]!r} has bytes that are no text, or control characters")
            sound = False
        elif len(value) > MAX_CELL:
            faults.add(line, name, f"has {len(value)} characters, more than {MAX_CELL}")
            sound = False
    at_ns = _time(line, values, zone, faults)
    topic = values.get("topic", "")
    if topic and not _TOPIC.fullmatch(topic):
        faults.add(
            line, "topic", f"{topic[:60]!r} is no topic, such as tns1:Device/Trigger/DigitalInput or {INCIDENT}/Theft"
        )
        sound = False
    operation = values.get("operation", "").capitalize()
    if operation and operation not in _OPERATIONS:
        faults.add(line, "operation", f"{operation[:60]!r} is none of {', '.join(_OPERATIONS)}")
        sound = False
    if not any(values.get(name) for name in ("topic", *_ITEMS)):
        faults.add(line, "", "says nothing but a time: it needs a topic, a name or a text")
        sound = False
    if at_ns is None or not sound:
        return None
    other = sorted(set(values) - _ALIASES.keys())
    notification = Notification(
        topic=topic or f"{INCIDENT}/{_step(values.get('name', ''))}",
        utc_ns=at_ns,
        operation=operation,
        source=tuple(SimpleItem(name="Source", value=values["source"]) for _ in (1,) if "source" in values),
        data=(
            *(SimpleItem(name=name.capitalize(), value=values[name]) for name in _ITEMS if name in values),
            *(SimpleItem(name=name, value=values[name]) for name in other),
        ),
    )
    return ListedLine(line=line, notification=notification, recording=values.get("recording", ""))


def _time(line: int, values: Mapping[str, str], zone: str | None, faults: _Faults) -> int | None:
    text = values.get("time", "")
    try:
        if not text:
            raise UsageError("is empty")
        at_ns = from_user(text, zone)
        to_xs_datetime(at_ns)  # an offset can push year 1 or 9999 over the edge
    except (UsageError, ValueError) as problem:
        told = f"{problem.message}. {problem.next_step}" if isinstance(problem, UsageError) else str(problem)
        faults.add(line, "time", told.rstrip(". "))
        return None
    return at_ns


def _step(name: str) -> str:
    """A step of a topic that looks like the name: letters, digits, ``.``, ``-`` and ``_`` of ASCII."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    step = _NOT_A_NAME.sub("_", plain).strip("_.-")[:60]
    return (step if step[:1].isalpha() else f"_{step}") if step else "Mark"


def in_recorders_time(notification: Notification, offset_ns: int) -> Notification:
    """The event by the recorder's clock, which is ``offset_ns`` ahead; the time as it was listed is an item of it."""
    stated = SimpleItem(name="StatedTime", value=to_xs_datetime(notification.utc_ns))
    return replace(notification, utc_ns=notification.utc_ns + offset_ns, data=(*notification.data, stated))
