"""events.csv as it was written comes back as it was meant; anything else is refused where it stands."""

from __future__ import annotations

import io

import pytest

from vssx.cells import row
from vssx.errors import HandoverError
from vssx.evidence import events_csv
from vssx.report.event_rows import COLUMNS, EventRow, read_event_rows
from vssx.times import NS, from_xs_datetime

UTC = "2024-05-01T12:00:00.123456789Z"
CELLS = ("id-1", UTC, "a.mp4", "1.5", "event", "Motion", "on", "VideoSource=1", "State=true", "tns1:T", "Changed", "r")


def read(*lines: bytes, header: bytes = b"\xef\xbb\xbf" + row(COLUMNS)) -> list[EventRow]:
    return list(read_event_rows(io.BytesIO(b"".join((header, *lines))), "events.csv"))


def cells(**changes: str) -> bytes:
    return row(changes.get(name, text) for name, text in zip(COLUMNS, CELLS, strict=True))


def test_the_columns_are_those_that_are_written() -> None:
    assert COLUMNS == events_csv.COLUMNS


def test_a_row_as_it_was_meant() -> None:
    [found] = read(cells(name='=1+1;"\u202egnp', state="\\on\n", media_seconds="-0.000000001"))
    assert (found.name, found.state) == ('=1+1;"\u202egnp', "\\on\n")
    assert (found.utc_ns, found.media_ns, found.state_row) == (from_xs_datetime(UTC), -1, False)


@pytest.mark.parametrize(
    ("seconds", "ns"), [("", None), ("0.0", 0), ("12.25", 12 * NS + NS // 4), ("-1.5", -3 * NS // 2)]
)
def test_media_times(seconds: str, ns: int | None) -> None:
    assert read(cells(media_seconds=seconds))[0].media_ns == ns


def test_states_and_a_list_without_events() -> None:
    assert [one.state_row for one in read(cells(kind="state"), cells())] == [True, False]
    assert read() == []
    assert list(read_event_rows(io.BytesIO(), "events.csv")) == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\n", "no list of events"),
        (b'"a","b"\r\n', "2 cells instead of 12"),
        (cells(utc="yesterday"), "yesterday"),
        (cells(utc="2024-02-30T00:00:00Z"), "no list of events"),
        (cells(media_seconds="1e9"), "no seconds"),
        (cells(media_seconds="1"), "no seconds"),
        (cells(media_seconds="9" * 13 + ".0"), "no seconds"),
        (b'"unclosed\r\n', "no list of events"),
        (b"\xff\xfe\r\n", "no list of events"),
        (b"\x00\r\n", "no list of events"),
        (b'"' + b"x" * 3_000_000 + b'"', "too long"),
    ],
)
def test_what_is_none_of_ours_is_refused_with_its_line(line: bytes, why: str) -> None:
    with pytest.raises(HandoverError, match=why) as raised:
        read(cells(), line)
    assert "events.csv, line 3" in str(raised.value)
    assert len(str(raised.value)) < 1000


def test_another_header_is_refused() -> None:
    with pytest.raises(HandoverError, match="line 1"):
        read(header=row((*COLUMNS[1:], "id")))
