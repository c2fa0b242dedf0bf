"""player.html of a handover: reads when the pictures of its files are presented, and which events they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from vssx.errors import VssxError
from vssx.report.event_rows import EventRow, as_mark
from vssx.report.page import Page
from vssx.report.player_page import (
    MOST_EVENTS,
    PlayerEvents,
    PlayerMedia,
    playable,
    player_page,
    runs_for_each,
)
from vssx.report.record_view import RecordView
from vssx.report.sample_times import read_sample_times
from vssx.shown import shown

_LEAST_EVENTS = 200


def make_player(root: Path, record: RecordView, page: Page, events: Callable[[str], Iterable[EventRow]]) -> bytes:
    """The page for the handover, or staging directory, at ``root``.

    ``events``: the rows of events.csv of a directory below data/. What is wrong with an MP4 is said on the page.
    Raises what ``events`` raises.
    """
    files = list(playable(record))
    most = runs_for_each(len(files))
    share = max(_LEAST_EVENTS, MOST_EVENTS // max(1, len(record.recordings)))
    return player_page(
        page,
        record,
        {file.path: _media(root / file.path, most) for file in files},
        {one.directory: _events(events(one.directory), share) for one in record.recordings},
    )


def _media(path: Path, most_runs: int) -> PlayerMedia:
    try:
        times = read_sample_times(path, most_runs)
    except VssxError as error:
        return PlayerMedia(times=None, why=shown(error.message))
    return PlayerMedia(times=times)


def _events(rows: Iterable[EventRow], share: int) -> PlayerEvents:
    occurred = (row for row in rows if not row.state_row)
    first = tuple(map(as_mark, islice(occurred, share)))
    return PlayerEvents(events=first, total=len(first) + sum(1 for _ in occurred))
