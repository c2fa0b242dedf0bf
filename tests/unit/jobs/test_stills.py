"""Which stills a handover gets, and that a decoder which dies or hangs costs pictures only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.clips import encode
from tests.export_files import START_NS, export_file
from vssx.jobs import stills as job
from vssx.jobs.stills import AROUND_NS, MAX_STILLS, StillPlan
from vssx.model.still import FileStills, NoStill, Still, StillEvent, StillReason
from vssx.report.record_view import FileView, RecordingView, RecordView, TrackView
from vssx.times import NS

SECONDS = 20


def record(*paths: str, seconds: int = SECONDS) -> RecordView:
    """A record with a file of so many seconds for each path."""
    files = tuple(_file(path, seconds) for path in paths)
    recording = RecordingView(
        directory="a", camera="a", token="", asked_from_ns=None, asked_to_ns=None, first_ns=START_NS, last_ns=START_NS,
        end_proven=True, files=files, gaps=(), losses=(), spans=None, raw={},
    )  # fmt: skip
    return RecordView(
        created_ns=0, level=None, signed=False, fingerprint="", case="", exhibit="", operator="",
        recordings=(recording,), raw={},
    )  # fmt: skip


def _file(path: str, seconds: int) -> FileView:
    track = TrackView(
        track_id=1, source_track=0, track_type="Video", codec="H264", profile="", width=64, height=48, sample_rate=0,
        channels=0, timescale=90_000, samples=25 * seconds, digest="", first_ns=START_NS,
        last_ns=START_NS + seconds * NS - NS // 25, end_ns=START_NS + seconds * NS, time_sources=(),
    )  # fmt: skip
    return FileView(path=path, size=1, sha256="", tracks=(track,))


def event(second: float, name: str = "") -> StillEvent:
    return StillEvent(event_id=name or f"{second}", utc_ns=START_NS + int(second * NS), name="Motion")


def made(root: Path, path: str = "a.mp4") -> str:
    export_file(encode(root / "clip.mp4", frames=25 * SECONDS, options={"g": "25"}), root / path)
    return path


def only(plan: StillPlan, root: Path) -> FileStills:
    (sheet,) = plan.take(root)
    return sheet


def test_start_end_even_steps_and_around_each_event(tmp_path: Path) -> None:
    path = made(tmp_path)
    plan = StillPlan(record(path), steps=3)
    plan.add(path, event(1.0))
    plan.add(path, event(10.5))
    plan.add("elsewhere.mp4", event(3))
    sheet = only(plan, tmp_path)
    taken = [one for one in sheet.stills if isinstance(one, Still)]
    assert len(taken) == len(sheet.stills)
    times = {round((one.utc_ns - START_NS) / NS, 2): one for one in taken}
    assert times[0.0].reasons[0] is StillReason.START
    assert times[19.96].reasons == (StillReason.END,)
    around = {at for at, one in times.items() if one.event_ids}
    assert around == {1.0, 3.0, 8.48, 10.48, 12.48}  # before the first event the file had not begun
    assert {at for at, one in times.items() if StillReason.STEP in one.reasons} == {4.0, 9.0, 14.0}
    assert (sheet.events, len(sheet.shown), sheet.steps_left_out, sheet.left_out) == (2, 2, 0, False)


def test_no_pictures_at_all_where_none_are_wanted(tmp_path: Path) -> None:
    plan = StillPlan(record("missing.mp4"), steps=0)
    plan.add("missing.mp4", event(1))
    assert list(plan.take(tmp_path)) == []


@pytest.mark.parametrize("files", [1, 4, 20, 59, 60, 61, 300])
@pytest.mark.parametrize("events", [0, 1, 1000])
def test_bounded_however_many_files_and_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int, events: int
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(job._Decoder, "take", lambda _self, _path, _file, wanted: asked.append(len(wanted)) or ())
    paths = [f"{number}.mp4" for number in range(files)]
    plan = StillPlan(record(*paths))
    for path in paths:
        for number in range(events):
            plan.add(path, event(number * SECONDS / 1000, f"{number}"))
    sheets = list(plan.take(tmp_path))
    assert [sheet.file for sheet in sheets] == paths
    assert 0 < sum(asked) <= MAX_STILLS
    assert {sheet.events for sheet in sheets} == {events}
    assert sum(sheet.left_out for sheet in sheets) == max(0, files - MAX_STILLS // 2)
    for sheet in sheets:
        assert len(sheet.shown) <= events
        whole = files <= 4 and not sheet.left_out
        assert not whole or (sheet.steps_left_out == 0 and bool(sheet.shown) == bool(events))
    if events == 1000 and files == 1:  # from all over the file, not the first ones only
        (sheet,) = sheets
        assert sheet.shown[-1].utc_ns - sheet.shown[0].utc_ns > SECONDS * NS // 2
        assert AROUND_NS == 2 * NS


def test_a_file_that_is_no_movie_costs_itself_only(tmp_path: Path) -> None:
    path = made(tmp_path)
    (tmp_path / "broken.mp4").write_bytes(b"nonsense" * 100)
    broken, whole = StillPlan(record("broken.mp4", path)).take(tmp_path)
    assert broken.stills
    assert all(isinstance(one, NoStill) for one in broken.stills)
    assert all(isinstance(one, Still) for one in whole.stills)


def _dies(_connection: Any) -> None:
    os._exit(7)


def _hangs(_connection: Any) -> None:
    while True:
        time.sleep(1)


def test_a_decoder_that_dies_costs_pictures_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "_work", _dies)
    sheets = list(StillPlan(record(*(f"{number}.mp4" for number in range(5)))).take(tmp_path))
    for sheet in sheets[:3]:
        assert all(isinstance(one, NoStill) and "exit code 7" in one.why for one in sheet.stills)
    assert [sheet.left_out for sheet in sheets] == [False, False, False, True, True]


def test_a_decoder_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "_work", _hangs)
    monkeypatch.setattr(job, "_MOST_SECONDS", 0.0)
    first, second = StillPlan(record("a.mp4", "b.mp4")).take(tmp_path)
    assert all(isinstance(one, NoStill) and "took more than" in one.why for one in first.stills)
    assert second.left_out


def test_no_process_for_the_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(job, "_start", none_left)
    sheet = only(StillPlan(record("missing.mp4"), steps=1), tmp_path)
    assert {one.why for one in sheet.stills if isinstance(one, NoStill)} == {
        "no process could be begun to decode it (no more processes)"
    }
    assert len(sheet.stills) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="what the limit counts differs between systems")
def test_the_decoder_gets_so_much_memory_and_no_more() -> None:
    code = "from vssx.jobs.stills import _limit_memory; _limit_memory(); bytearray(10**9); bytearray(2 * 10**9)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stderr.splitlines()[-1:] == ["MemoryError"]
