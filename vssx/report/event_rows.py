"""events.csv as the pages read it (docs/events.md): a row at a time, none kept."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from vssx.cells import MAX_CELL, text_of
from vssx.errors import HandoverError
from vssx.report.event_kind import kind_of
from vssx.report.timeline import TimelineEvent
from vssx.shown import shown
from vssx.times import NS, from_xs_datetime

COLUMNS = (
    "id", "utc", "file", "media_seconds", "kind", "name", "state", "source", "data", "topic", "operation", "provenance",
)  # fmt: skip
_NAME, _VALUES = 120, 300  # characters
_MAX_LINE = len(COLUMNS) * (2 * 11 * MAX_CELL + 200)  # every character escaped, every quote doubled


_SECONDS = re.compile(r"(-?)([0-9]{1,12})\.([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """A line of events.csv, its texts as they were meant. ``state_row``: it states what held at the start, and is no
    occurrence. ``media_ns``: behind the start of the file's media timeline; None, and ``file`` "", where none shows it.
    """

    event_id: str
    utc_ns: int
    file: str
    media_ns: int | None
    state_row: bool
    name: str
    state: str
    source: str
    data: str
    topic: str
    operation: str
    provenance: str


def brief(row: EventRow) -> EventRow:
    """With no more of its texts than a table of many has room for."""
    if max(map(len, (row.name, row.state, row.source, row.data, row.topic))) <= _NAME:
        return row  # as nearly all are
    return replace(
        row,
        name=_cut(row.name, _NAME),
        state=_cut(row.state, _NAME),
        source=_cut(row.source, _VALUES),
        data=_cut(row.data, _VALUES),
        topic=_cut(row.topic, _NAME),
    )


def as_mark(row: EventRow) -> TimelineEvent:
    """For a timeline: its name cut as above."""
    kind = kind_of(row.topic, row.provenance)
    return TimelineEvent(utc_ns=row.utc_ns, kind=kind, name=_cut(row.name, _NAME), event_id=row.event_id)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + " ..."


def read_event_rows(file: BinaryIO, name: str) -> Iterator[EventRow]:
    """The rows in their order. ``name``: of the file, for errors.

    Raises HandoverError for what is no events.csv of ours; OSError as the file does.
    """
    number = 0
    while line := file.readline(_MAX_LINE + 1):
        number += 1
        try:
            if len(line) > _MAX_LINE:
                raise ValueError("the line is too long")
            cells = next(csv.reader([line.decode("utf-8-sig" if number == 1 else "utf-8")], strict=True))
            if number == 1:
                if tuple(cells) != COLUMNS:
                    raise ValueError("the columns are not those of events.csv")
                continue
            row = _row(cells)
        except (ValueError, csv.Error, StopIteration) as error:
            raise HandoverError(
                f"is no list of events that vssx made: {shown(error)}",
                where=f"{shown(name)}, line {number}",
                next_step="Check the handover with `vssx verify`.",
            ) from error
        yield row


def _row(cells: list[str]) -> EventRow:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} cells instead of {len(COLUMNS)}")
    cell = dict(zip(COLUMNS, map(text_of, cells), strict=True))
    seconds = cell["media_seconds"]
    return EventRow(
        event_id=cell["id"],
        utc_ns=from_xs_datetime(cell["utc"]),
        file=cell["file"],
        media_ns=_nanoseconds(seconds) if seconds else None,
        state_row=cell["kind"] == "state",
        name=cell["name"],
        state=cell["state"],
        source=cell["source"],
        data=cell["data"],
        topic=cell["topic"],
        operation=cell["operation"],
        provenance=cell["provenance"],
    )


def _nanoseconds(text: str) -> int:
    found = _SECONDS.fullmatch(text)
    if found is None:
        raise ValueError(f"no seconds: {text[:30]!r}")
    ns = int(found[2]) * NS + int(found[3].ljust(9, "0"))
    return -ns if found[1] else ns
