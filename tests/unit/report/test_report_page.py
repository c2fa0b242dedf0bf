"""report.html and player.html of large handovers: bounded, and what is left out is counted on them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from tests.handovers import handover
from vssx.jobs.player import make_player
from vssx.report.event_rows import EventRow, as_mark, brief
from vssx.report.language import Language
from vssx.report.page import Page
from vssx.report.page_time import PageTime
from vssx.report.player_page import MOST_SHADES
from vssx.report.record_view import RecordView, view_record
from vssx.report.report_page import ReportContent, render_report
from vssx.times import NS, from_xs_datetime, to_xs_datetime

START_NS = from_xs_datetime("2024-05-01T00:00:00Z")
DAY_NS = 86_400 * NS


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = handover(tmp_path_factory.mktemp("large"), signed=False)
    record: dict[str, Any] = json.loads((root / "handover.json").read_bytes())
    return record


def large(small: dict[str, Any], *, recordings: int, files: int, gaps: int, losses: int) -> RecordView:
    """A day of each recording, evenly full of all these."""
    record = {**small, "recordings": [_recording(small, at, files, gaps, losses) for at in range(recordings)]}
    return view_record(record)


def _recording(small: dict[str, Any], number: int, files: int, gaps: int, losses: int) -> dict[str, Any]:
    one = copy.deepcopy(small["recordings"][0])
    [file] = one["files"]
    return {
        **one,
        "directory": f"camera_{number}",
        "camera": f"Camera {number}",
        "recording_token": f"R-{number}",
        "asked": {"from": at(0), "to": at(1)},
        "delivered": {**one["delivered"], "first": at(0), "last": at(1)},
        "files": [
            {
                **file,
                "path": f"data/camera_{number}/{index}.mp4",
                "tracks": [
                    {**track, "first": at(index / files), "last": at((index + 0.9) / files)} for track in file["tracks"]
                ],
            }
            for index in range(files)
        ],
        "gaps": [
            {"source_track": 0, "start": at((index + 0.5) / gaps), "end": at((index + 0.75) / gaps),
             "cause": "time-jump", "confirmed": (True, False, None)[index % 3]}
            for index in range(gaps)
        ],
        "losses": [
            {"source_track": 0, "at": at(index / losses), "until": None, "count": 1, "packets": 3, "detail": "damaged"}
            for index in range(losses)
        ],
        "alpha_events": {"events": 1, "recorded": 1, "found": 0, "listed": 0, "notes": []},
    }  # fmt: skip


def at(share: float) -> str:
    """A time of that day."""
    return to_xs_datetime(START_NS + int(share * DAY_NS))


def row(utc_ns: int, **changes: Any) -> EventRow:
    told = {
        "event_id": "e", "file": "", "media_ns": None, "state_row": False, "name": "Motion", "state": "on",
        "source": "VideoSource=1", "data": "State=true", "topic": "tns1:RuleEngine/CellMotionDetector/Motion",
        "operation": "Changed", "provenance": "recorded",
    }  # fmt: skip
    return EventRow(utc_ns=utc_ns, **{**told, **changes})


def rows(count: int) -> Iterator[EventRow]:
    topics = ("tns1:RuleEngine/CellMotionDetector/Motion", "tns1:Device/Trigger/Relay", "tns1:Door/State")
    return (
        row(START_NS + index * DAY_NS // count, topic=topics[index % 3], state_row=index % 50 == 0)
        for index in range(count)
    )


def text_of(page: bytes) -> str:
    body = html.fromstring(page.decode()).find("body")
    return " ".join(body.text_content().split())


def test_one_recording_with_very_much_of_everything(small: dict[str, Any]) -> None:
    record = large(small, recordings=1, files=300, gaps=10_000, losses=5_000)
    page = render_report(ReportContent(record=record, events=lambda _: rows(10_000)), Page())
    assert len(page) < 2_000_000
    text = text_of(page)
    assert "Gaps: nothing was recorded (10000)" in text
    assert "9400 more are not listed here" in text  # gaps
    assert "4400 more are not listed here" in text  # losses
    assert "8300 more are not listed here" in text  # events: 9800 of the 10,000, less 1500
    assert "Files (300)" in text


def test_sixty_recordings_in_pieces_share_the_page(small: dict[str, Any]) -> None:
    record = large(small, recordings=61, files=3, gaps=100, losses=20)
    page = render_report(ReportContent(record=record, events=lambda _: rows(200)), Page(times=PageTime("Europe/Paris")))
    assert len(page) < 4_000_000
    text = text_of(page)
    assert "1 more recording has no section of its own on this page" in text
    assert text.count("Gaps: nothing was recorded (100)") == 60
    drawn = html.fromstring(page.decode()).xpath("//svg//g[starts-with(@class, 's-')]")
    assert 1000 < len(drawn) < 8000


def test_the_player_of_sixty_cameras(small: dict[str, Any], tmp_path: Path) -> None:
    record = large(small, recordings=60, files=3, gaps=300, losses=150)
    page = make_player(tmp_path, record, Page(), lambda _: rows(500))
    assert len(page) < 5_000_000
    found = re.search(rb'id="player-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    cameras = json.loads(found[1])["cameras"]
    shades = {len(camera["gaps"]) for camera in cameras}
    assert len(shades) == 1
    assert shades.pop() < MOST_SHADES
    assert text_of(page).count("gaps or losses more are not shaded on the bar") == 60


def test_every_language_tells_what_is_left_out(small: dict[str, Any]) -> None:
    record = large(small, recordings=1, files=1, gaps=700, losses=1)
    for language, words in (("fr", "100 de plus ne figurent pas ici"), ("de", "100 weitere")):
        page = render_report(ReportContent(record=record, events=lambda _: ()), Page(language=Language(language)))
        assert words in text_of(page)


def test_long_texts_of_an_event_are_cut_for_tables_and_marks() -> None:
    long = brief(row(1, name="n" * 500, data="d" * 500, source="short"))
    assert (long.name, long.source) == ("n" * 120 + " ...", "short")
    assert len(long.data) == 304
    assert as_mark(row(1, name="n" * 500)).name == long.name
