"""The notifications of a recording in a temporary database: ordered and merged without holding them in memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from vssx.errors import StorageError
from vssx.evidence.notification_schema import as_received
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif.event_identity import (
    ID_DIGITS,
    content_digest,
    event_digest,
    fraction_digits,
    property_digest,
    state_digest,
)

KINDS = tuple(ProvenanceKind)
"""In this order the notifications of an event come: what the recorder recorded, found, the operator's list."""
MAX_PROVENANCES = 100
"""Provenances of one event that are listed; the others are counted."""
_OFFSET = 1 << 78  # makes every time a positive number that sorts as 10 bytes: the year 9999 needs 68 bits
_SETTINGS = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-2000; PRAGMA temp_store=FILE;"
_TABLES = """
CREATE TABLE notification (
  seq INTEGER PRIMARY KEY, content BLOB, utc BLOB, digits INTEGER, operation TEXT, kind INTEGER, place TEXT,
  start_state INTEGER, property BLOB, digest TEXT, as_received INTEGER, body TEXT, raw BLOB);
CREATE TABLE consumed (seq INTEGER PRIMARY KEY);
CREATE TABLE listed (
  number INTEGER PRIMARY KEY, utc BLOB, is_state INTEGER, unknown INTEGER, chosen INTEGER, digest TEXT,
  arrival INTEGER);
CREATE TABLE way (number INTEGER, seq INTEGER, PRIMARY KEY (number, seq)) WITHOUT ROWID;
CREATE TABLE name (number INTEGER PRIMARY KEY, id TEXT);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What merging needs of a notification. ``digits``: of its second that the sender gave; ``digest``: its id."""

    seq: int
    content: bytes
    utc_ns: int
    digits: int
    operation: str
    kind: ProvenanceKind
    start_state: bool
    property_: bytes
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """An event, or the state of a property at the start of the range, with the notification that stands for it.

    ``unknown``: of a state that nobody tells. ``repeated``: of a state that an event tells, which has a row of its own.
    ``as_received``: ``raw`` of the notification follows the schemas. ``more``: provenances that are not listed.
    """

    event_id: str
    utc_ns: int
    notification: Notification
    is_state: bool
    unknown: bool
    repeated: bool
    as_received: bool
    provenances: tuple[Provenance, ...]
    more: int


class EventStore:
    """Notifications come in, rows go out. A context manager: the database is gone when it is left.

    It lies in a file that the system removes by itself, and needs some 10 MB of memory however many there are.
    Raises StorageError where that file cannot be written.
    """

    def __init__(self) -> None:
        with storage():
            # "" is a database of its own in a temporary file without a name.
            self._database = sqlite3.connect("", isolation_level=None)
            self._database.executescript(_SETTINGS + _TABLES)
            self._database.execute("BEGIN")
        self.notifications = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, notification: Notification, provenance: Provenance, *, start_state: bool = False) -> None:
        """One more notification, in any order."""
        with storage():
            self._database.execute(
                "INSERT INTO notification VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    content_digest(notification),
                    _sortable(notification.utc_ns),
                    fraction_digits(notification),
                    notification.operation,
                    KINDS.index(provenance.kind),
                    provenance.where,
                    start_state,
                    property_digest(notification),
                    event_digest(notification),
                    as_received(notification),
                    _body(notification),
                    notification.raw,
                ),
            )
        self.notifications += 1

    def by_content(self) -> Iterator[Entry]:
        """Those that are events, by content, then by time."""
        return self._entries(
            "WHERE start_state = 0 AND seq NOT IN (SELECT seq FROM consumed) ORDER BY content, utc, kind, seq"
        )

    def by_property(self, start_ns: int) -> Iterator[Entry]:
        """Those that tell a state, by property, the latest first: of one time what came last, start states behind.

        A start state that has a time behind ``start_ns`` stands there: it was the answer for no later time.
        """
        return self._entries(
            "WHERE operation <> '' OR start_state = 1"
            " ORDER BY property, CASE WHEN start_state THEN min(utc, ?) ELSE utc END DESC, start_state, kind, seq DESC",
            _sortable(start_ns),
        )

    def _entries(self, which: str, *values: object) -> Iterator[Entry]:
        columns = "seq, content, utc, digits, operation, kind, start_state, property, digest"
        with storage():
            for row in self._database.execute(
                f"SELECT {columns} FROM notification {which}",  # noqa: S608 - our text
                values,
            ):
                yield Entry(
                    seq=row[0],
                    content=row[1],
                    utc_ns=_ns(row[2]),
                    digits=row[3],
                    operation=row[4],
                    kind=KINDS[row[5]],
                    start_state=bool(row[6]),
                    property_=row[7],
                    digest=row[8],
                )

    def consume(self, entry: Entry) -> None:
        """It told the state at the start, and is no event beside."""
        with storage():
            self._database.execute("INSERT OR IGNORE INTO consumed VALUES (?)", (entry.seq,))

    def add_event(self, number: int, chosen: Entry, digest: str, first: Entry) -> None:
        """The event ``number``, for whose ``add_way`` was called: ``chosen`` stands for all of them, ``first`` came
        first."""
        self._add_row(number, _sortable(chosen.utc_ns), False, False, chosen.seq, digest, _arrival(first))

    def add_state(self, number: int, chosen: Entry, start_ns: int, *, unknown: bool) -> None:
        """The state of the property of ``chosen`` at the start."""
        digest = state_digest(self._notification(chosen.seq), start_ns, unknown=unknown)
        self._add_row(number, _sortable(start_ns), True, unknown, chosen.seq, digest, _arrival(chosen))

    def _add_row(self, *row: object) -> None:
        with storage():
            self._database.execute("INSERT INTO listed VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def add_way(self, number: int, entry: Entry) -> None:
        """One way on which the event, or the state, ``number`` came."""
        with storage():
            self._database.execute("INSERT OR IGNORE INTO way VALUES (?, ?)", (number, entry.seq))

    def name_rows(self) -> None:
        """Give every row its id: the first 8 digits of its digest, or as many as tell it from all others."""
        with storage():
            found = self._database.execute("SELECT number, digest FROM listed ORDER BY digest, number")
            self._database.executemany("INSERT INTO name VALUES (?, ?)", _shortest(found))

    def rows(self) -> Iterator[StoredRow]:
        """All rows by time; of one time the states first, then as they came, recorded before added. After
        ``name_rows``."""
        query = (
            "SELECT number, listed.utc, is_state, unknown, id, body, raw, as_received,"
            " start_state OR chosen IN (SELECT seq FROM consumed) FROM listed JOIN name USING (number)"
            " JOIN notification ON seq = chosen ORDER BY listed.utc, is_state DESC, arrival, number"
        )
        with storage():
            for number, utc, is_state, unknown, event_id, body, raw, valid, own in self._database.execute(query):
                provenances, more = self._provenances(number)
                yield StoredRow(
                    event_id=event_id,
                    utc_ns=_ns(utc),
                    notification=_notification(body, raw),
                    is_state=bool(is_state),
                    unknown=bool(unknown),
                    repeated=bool(is_state and not unknown and not own),
                    as_received=bool(valid),
                    provenances=provenances,
                    more=more,
                )

    def count(self, *, states: bool, unknown: bool = False) -> int:
        """Rows of a kind."""
        with storage():
            query = "SELECT count(*) FROM listed WHERE is_state = ? AND unknown = ?"
            found: int = self._database.execute(query, (states, unknown)).fetchone()[0]
        return found

    def events_of(self, kind: ProvenanceKind) -> int:
        """Events that came, among others, on this way."""
        query = (
            "SELECT count(DISTINCT number) FROM listed JOIN way USING (number) JOIN notification USING (seq)"
            " WHERE is_state = 0 AND kind = ?"
        )
        with storage():
            found: int = self._database.execute(query, (KINDS.index(kind),)).fetchone()[0]
        return found

    def _provenances(self, number: int) -> tuple[tuple[Provenance, ...], int]:
        """The first ones that differ, and how many more there are."""
        query = (
            "SELECT kind, place FROM way JOIN notification USING (seq) WHERE number = ? GROUP BY kind, place"
            " ORDER BY kind, min(seq)"
        )
        found = self._database.execute(f"{query} LIMIT ?", (number, MAX_PROVENANCES)).fetchall()
        more = 0
        if len(found) == MAX_PROVENANCES:
            counting = self._database.execute(f"SELECT count(*) FROM ({query})", (number,))  # noqa: S608 - our text
            more = counting.fetchone()[0] - len(found)
        return tuple(Provenance(kind=KINDS[kind], where=place) for kind, place in found), more

    def _notification(self, seq: int) -> Notification:
        with storage():
            body, raw = self._database.execute("SELECT body, raw FROM notification WHERE seq = ?", (seq,)).fetchone()
        return _notification(body, raw)


@contextmanager
def storage() -> Iterator[None]:
    """Makes StorageError of what a temporary file, or the database in one, raises."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError(
            f"a temporary file for events cannot be used: {error}",
            where="the directory for temporary files",
            next_step="Make room there, or name another one in TMPDIR, and run the command again.",
        ) from error


def _shortest(rows: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """With digests ascending only the neighbours can share their first digits. Of equal ones, an event and another that
    was told once more in a second source, the later get a digit more."""
    before = ""
    equal = 0
    upcoming = next(rows, None)
    while upcoming is not None:
        number, digest = upcoming
        upcoming = next(rows, None)
        shared = max(_shared(digest, before), _shared(digest, upcoming[1]) if upcoming is not None else 0)
        equal = equal + 1 if digest == before else 0
        yield number, digest[: max(ID_DIGITS, shared + 1)] + (f"{equal:x}" if equal else "")
        before = digest


def _shared(one: str, other: str) -> int:
    """Digits at the start that both have."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _arrival(entry: Entry) -> int:
    """Ascending in the order in which notifications came; all that was recorded goes before what was added."""
    return KINDS.index(entry.kind) << 48 | entry.seq


def _sortable(ns: int) -> bytes:
    return (ns + _OFFSET).to_bytes(10, "big")


def _ns(sortable: bytes) -> int:
    return int.from_bytes(sortable, "big") - _OFFSET


def _body(value: Notification) -> str:
    items = [[(item.name, item.value) for item in group] for group in (value.source, value.key, value.data)]
    elements = [(element.name, element.xml.decode()) for element in value.elements]
    return json.dumps([value.topic, value.utc_ns, value.operation, *items, elements], ensure_ascii=False)


def _notification(body: str, raw: bytes) -> Notification:
    topic, utc_ns, operation, source, key, data, elements = json.loads(body)
    source, key, data = (
        tuple(SimpleItem(name=name, value=item) for name, item in group) for group in (source, key, data)
    )
    return Notification(
        topic=topic,
        utc_ns=utc_ns,
        operation=operation,
        source=source,
        key=key,
        data=data,
        elements=tuple(ElementItem(name=name, xml=content.encode()) for name, content in elements),
        raw=raw,
    )
