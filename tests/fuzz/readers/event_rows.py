"""events.csv as the pages read it back: what is read can be drawn, and written again as it was meant."""

from __future__ import annotations

import io

from vssx.cells import MAX_CELL, row, text_of
from vssx.report.event_rows import COLUMNS, as_mark, brief, read_event_rows
from vssx.report.page_time import utc_text

MAX_LENGTH = 8192
_ROWS = (
    (
        "a",
        "2024-05-01T12:00:00.5Z",
        "x.mp4",
        "1.5",
        "event",
        "=Motion\u202e",
        "on",
        "A=1",
        'B="2"',
        "tns1:T/D",
        "C",
        "r",
    ),
    ("b", "2024-05-01T12:00:00Z", "", "", "state", "\\u{41}", "", "", "", "tns1:Device/Trigger/Relay", "", "listed: x"),
)


def seeds() -> list[bytes]:
    """No event, one of each, and both."""
    header = b"\xef\xbb\xbf" + row(COLUMNS)
    return [header + b"".join(map(row, some)) for some in ((), _ROWS[:1], _ROWS[1:], _ROWS)]


def read(data: bytes) -> None:
    """As a report does."""
    for one in read_event_rows(io.BytesIO(data), "events.csv"):
        mark, short = as_mark(one), brief(one)
        assert utc_text(mark.utc_ns).endswith("Z")
        assert max(map(len, (mark.name, short.name, short.state, short.source, short.data, short.topic))) <= 304
        for text in (one.event_id, one.name, one.state, one.source, one.data, one.topic):
            if len(text) <= MAX_CELL:
                assert text_of(row((text,)).decode("utf-8", "replace")[1:-3].replace('""', '"')) == text
