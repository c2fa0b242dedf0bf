"""The page of the player: what the script is given, bounded, and nothing of it is markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.handovers import handover
from vssx.jobs.player import make_player
from vssx.report import player_page as module
from vssx.report.event_kind import EventKind
from vssx.report.event_rows import EventRow
from vssx.report.language import Language
from vssx.report.page import Page
from vssx.report.page_time import PageTime
from vssx.report.player_page import PlayerEvents, cameras_of, playable, player_page, runs_for_each
from vssx.report.record_view import GapView, RecordView, view_record
from vssx.report.timeline import TimelineEvent
from vssx.times import NS

HOSTILE = "</script><script>alert(1)</script>\u202egnp.\x1b[31m"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return handover(tmp_path, signed=False)


@pytest.fixture
def record(root: Path) -> RecordView:
    return view_record(json.loads((root / "handover.json").read_text(encoding="utf-8")))


def _data(page: bytes) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="player-data">(.*?)</script>', page.decode(), re.DOTALL)
    assert found is not None
    told = json.loads(found[1])
    assert isinstance(told, dict)
    return told


def _row(event_id: str, utc_ns: int, name: str, *, state_row: bool = False) -> EventRow:
    return EventRow(
        event_id=event_id, utc_ns=utc_ns, file="", media_ns=None, state_row=state_row, name=name, state="", source="",
        data="", topic="tns1:Device/Trigger/Relay", operation="", provenance="",
    )  # fmt: skip


def test_every_file_is_there_with_its_times(root: Path, record: RecordView) -> None:
    told = _data(make_player(root, record, Page(), lambda _: ()))
    assert [camera["name"] for camera in told["cameras"]] == ["Einfahrt_Süd", "North gate"]
    (file,) = told["cameras"][0]["files"]
    assert file["href"].startswith("./data/Einfahrt_S%C3%BCd/")
    assert file["size"] == (root / record.recordings[0].files[0].path).stat().st_size
    assert (file["base"], file["rest"]) == (1_714_564_800_123, 456_700)  # cstb counts 100 ns
    assert file["times"]["runs"] == "119*1024"
    assert file["times"]["told"] == file["times"]["pictures"] == 120
    assert told["offsets"] == []


def test_texts_from_outside_are_neither_markup_nor_invisible(root: Path, record: RecordView) -> None:
    first = replace(record.recordings[0], camera=HOSTILE)
    hostile = replace(record, case=HOSTILE, recordings=(first, *record.recordings[1:]))
    rows = {first.directory: [_row("1", first.files[0].first_ns or 0, HOSTILE)]}
    page = make_player(root, hostile, Page(), lambda directory: rows.get(directory, ()))
    assert b"<script>alert" not in page
    assert "\u202e" not in page.decode()
    assert b"\x1b" not in page
    camera = _data(page)["cameras"][0]
    assert camera["name"] == camera["names"][0] == "</script><script>alert(1)</script>\\u{202e}gnp.\\u{1b}[31m"


def test_nothing_but_the_pages_own_script_runs(root: Path, record: RecordView) -> None:
    page = make_player(root, record, Page(), lambda _: ()).decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    rules = policy[1].replace("&#39;", "'")
    assert "default-src 'none'" in rules
    assert "media-src 'self' file: blob:" in rules
    assert "unsafe" not in rules
    assert "connect-src" not in rules  # default-src holds
    assert not re.search(r"<[^>]* (style|on[a-z]+)=", page)


def test_without_script_the_files_are_links(root: Path, record: RecordView) -> None:
    page = make_player(root, record, Page(), lambda _: ()).decode()
    assert "<noscript>" in page
    for file in playable(record):
        assert f'href="./{file.path.replace("ü", "%C3%BC")}"' in page


def test_local_times_change_when_clocks_do(root: Path, record: RecordView) -> None:
    first = record.recordings[0]
    spring = 1_711_846_800 * NS  # 2024-03-31T01:00:00Z, when summer time began in Paris
    tracks = (replace(first.files[0].tracks[0], first_ns=spring - 10 * NS, last_ns=spring, end_ns=spring + 9 * NS),)
    moved = replace(record, recordings=(replace(first, files=(replace(first.files[0], tracks=tracks),)),))
    told = _data(player_page(Page(times=PageTime("Europe/Paris")), moved, {}, {}))
    assert told["offsets"] == [[(spring - 10 * NS) / 1e6, 3600], [spring / 1e6, 7200]]


def test_spans_of_one_recording_are_one_camera(record: RecordView) -> None:
    first = record.recordings[0]
    spans = tuple(replace(first, directory=f"{first.directory}_{number}") for number in range(3))
    (camera,) = cameras_of(replace(record, recordings=spans), {})
    assert (camera.name, len(camera.files)) == ("Einfahrt_Süd", 3)
    assert camera.overlapping  # the same file thrice


def test_what_is_too_much_is_counted_and_listed(record: RecordView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 1)
    monkeypatch.setattr(module, "MOST_SHADES", 2)
    first = record.recordings[0]
    gaps = tuple(
        GapView(source_track=0, start_ns=number * NS, end_ns=number * NS + 1, cause="x", confirmed=None)
        for number in range(5)
    )
    many = replace(record, recordings=(replace(first, gaps=gaps), *record.recordings[1:]))
    page = player_page(Page(), many, {}, {})
    assert [len(camera["files"]) for camera in _data(page)["cameras"]] == [1, 0]
    assert len(_data(page)["cameras"][0]["gaps"]) == 2
    assert "3 gaps or losses more are not shaded on the bar" in page.decode()
    assert "The player has no room for these:" in page.decode()


def test_a_hundred_thousand_events_stay_a_page(root: Path, record: RecordView) -> None:
    start = record.recordings[0].files[0].first_ns or 0
    rows = [_row(str(number), start + number * NS, f"Relay {number % 7}") for number in range(100_000)]
    rows.insert(0, _row("s", start, "state", state_row=True))
    page = make_player(root, record, Page(), lambda name: rows if name == record.recordings[0].directory else ())
    assert len(page) < 1_500_000
    camera = _data(page)["cameras"][0]
    assert len(camera["events"]) == module.MOST_EVENTS // 2  # two recordings share
    assert camera["names"] == [f"Relay {number}" for number in range(7)]
    assert camera["events"][0] == [start / 1e6, EventKind.INPUT, 0]
    assert "100000 events" in page.decode()


def test_many_files_share_the_room_for_times() -> None:
    assert runs_for_each(1) == module.MOST_RUNS
    assert runs_for_each(300) == module.MOST_RUNS // 300
    assert runs_for_each(10**6) == 100


def test_a_damaged_file_is_said_on_the_page(root: Path, record: RecordView) -> None:
    (root / record.recordings[0].files[0].path).write_bytes(b"\0\0\0\x08free")
    page = make_player(root, record, Page(), lambda _: ())
    assert _data(page)["cameras"][0]["files"][0]["times"] is None
    assert "no moov box" in page.decode()


@pytest.mark.parametrize("language", Language)
def test_the_scripts_words_keep_their_places(record: RecordView, language: Language) -> None:
    words = _data(player_page(Page(language=language), record, {}, {}))["words"]
    assert "%(number)s" in words["picture"]
    assert "%(all)s" in words["picture"]
    assert {"gap", "gap-confirmed", "gap-unexplained", "loss"} == set(words["kinds"])
    used = set()
    for script in ("player.js", "player_pane.js", "player_still.js", "player_bar.js"):
        text = (Path(module.__file__).parent / "templates" / script).read_text(encoding="utf-8")
        used |= set(re.findall(r"\bwords\.(\w+)", text))
    assert used == set(words)


def test_events_of_all_spans_come_in_order(record: RecordView) -> None:
    first = record.recordings[0]
    events = {
        first.directory: PlayerEvents(events=[TimelineEvent(utc_ns=5, kind=EventKind.MARK, name="b")], total=1),
        "other": PlayerEvents(events=[TimelineEvent(utc_ns=3, kind=EventKind.MARK, name="a")], total=4),
    }
    both = replace(record, recordings=(first, replace(first, directory="other")))
    (camera,) = cameras_of(both, events)
    assert [event.name for event in camera.events] == ["a", "b"]
    assert camera.events_total == 5
