"""Events of a search, each once and by their times, with flat memory: they wait in a database on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from vssx import xml
from vssx.errors import StorageError
from vssx.model.recording import FindEventResult, Notification
from vssx.onvif.event_identity import event_digest
from vssx.onvif.namespaces import WSNT, prefixes
from vssx.onvif.notification import add_message, read_notification
from vssx.times import NS

_TABLE = """
CREATE TABLE event (
    number INTEGER PRIMARY KEY, identity BLOB UNIQUE, second INTEGER, ns INTEGER, state INTEGER, time TEXT,
    recording TEXT, track TEXT, origin TEXT, message BLOB
);
CREATE TABLE passed (identity BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_INSERT = (
    "INSERT OR IGNORE INTO event (identity, second, ns, state, time, recording, track, origin, message)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_PAST = (
    "INSERT OR IGNORE INTO passed SELECT ? WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.identity = ?)"  # kept
)
_ORDER = "FROM event ORDER BY second, ns, state DESC, number"
_SELECT = f"SELECT state, time, recording, track, message {_ORDER}"
_SELECT_MESSAGES = f"SELECT second, ns, state, origin, message {_ORDER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessage:
    """The wsnt:NotificationMessage of an event. ``place_ns``: its UtcTime, of a start state the start of the range."""

    place_ns: int
    start_state: bool
    origin: str
    message: bytes


class FoundEvents:
    """A set of events in a private file that is gone with it. Use it with ``with``.

    ``from_ns``: start states stand there, before what happened at the same time.
    """

    def __init__(self, from_ns: int) -> None:
        self._from_ns = from_ns
        self._count = 0
        with _disk():
            self._database = sqlite3.connect("", isolation_level=None)
            self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4000;")
            self._database.executescript(_TABLE)
            self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop everything."""
        self._database.close()

    def __len__(self) -> int:
        return self._count

    def add(self, event: FindEventResult, origin: str = "") -> bool:
        """Whether the event is new: nothing equal, of the same track and ``origin``, was there.

        ``origin``: who tells it, where it is not the recorder. Raises StorageError.
        """
        note = event.notification
        identity = _identity(event, origin)
        place_ns = self._from_ns if event.start_state else note.utc_ns
        row = (
            identity,
            *divmod(place_ns, NS),  # the years 1 to 9999 do not fit into 64 bits of nanoseconds
            event.start_state,
            str(event.time_ns),
            event.recording_token,
            event.track_token,
            origin,
            standalone_message(note),
        )
        with _disk():
            done = self._database.execute(_INSERT, row)
        self._count += done.rowcount
        return done.rowcount > 0

    def pass_by(self, event: FindEventResult) -> bool:
        """Whether an event that is not to be kept comes for the first time. Raises StorageError."""
        with _disk():
            done = self._database.execute(_INSERT_PAST, (_identity(event, event.recording_token), _identity(event, "")))
        return done.rowcount > 0

    def fresh(self, events: Iterable[FindEventResult]) -> tuple[FindEventResult, ...]:
        """Adds them; those that were new."""
        return tuple(event for event in events if self.add(event))

    def __iter__(self) -> Iterator[FindEventResult]:
        """All of them by their times; equal times in the order in which they came. Raises StorageError."""
        with _disk():
            for state, time, recording, track, message in self._database.execute(_SELECT):
                yield FindEventResult(
                    recording_token=recording,
                    track_token=track,
                    time_ns=int(time),
                    notification=read_notification(xml.parse(message)),
                    start_state=bool(state),
                )

    def messages(self) -> Iterator[FoundMessage]:
        """As iterating, without looking into them. Raises StorageError."""
        with _disk():
            for second, ns, state, origin, message in self._database.execute(_SELECT_MESSAGES):
                yield FoundMessage(place_ns=second * NS + ns, start_state=bool(state), origin=origin, message=message)


def _identity(event: FindEventResult, origin: str) -> bytes:
    return (
        bytes.fromhex(event_digest(event.notification)) + f"{event.start_state} {event.track_token}\n{origin}".encode()
    )


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(
            f"events cannot be kept in a temporary file: {error}",
            where="the directory for temporary files",
            next_step="Check its free space and permissions, then run the command again.",
        ) from error


def standalone_message(value: Notification) -> bytes:
    """The wsnt:NotificationMessage as it was received, else as it would be written, as XML that stands for itself."""
    if value.raw:
        return value.raw
    holder = xml.new(WSNT, "Notify", nsmap=prefixes("wsnt", "tt"))
    add_message(holder, value)
    return xml.standalone(holder[0])
