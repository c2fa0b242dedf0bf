"""Pages illustrate: whatever goes wrong with one is said in its place, and keeps no evidence back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.handovers import acquisition, handover, write_log, write_media
from vssx.errors import ExitCode
from vssx.evidence.bag import assemble
from vssx.evidence.staging import open_staging
from vssx.evidence.verify import verify_path
from vssx.jobs import pages as job
from vssx.jobs.handover import finish
from vssx.jobs.pages import Pages
from vssx.report.event_rows import COLUMNS

HEADER = ",".join(f'"{name}"' for name in COLUMNS) + "\r\n"
ROW = '"id{0}","2024-05-01T12:00:0{0}Z","","","event","Motion","on","","","tns1:T","Changed","recorded"\r\n'


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return handover(tmp_path_factory.mktemp("pages"), signed=False)


def made(root: Path, record: dict[str, Any] | None = None) -> tuple[str, str, list[str]]:
    """report.html, player.html, and what was told."""
    told: list[str] = []
    pages = Pages(root=root, stills=0, warn=told.append).of_bag(record or read(root))
    assert set(pages) == {"report.html", "player.html"}
    report, player = ((data or b"").decode() for data in pages.values())
    return report, player, told


def read(root: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((root / "handover.json").read_bytes())
    return record


def test_nothing_is_told_where_all_is_well(root: Path) -> None:
    report, player, told = made(root)
    assert "could not be" not in report + player.partition("<script")[0]
    assert told == []


def test_a_record_that_no_page_was_made_for(root: Path) -> None:
    record = read(root)
    record["recordings"][0]["acquired"]["end"] |= {"reason": "<b>unheard of", "proven": False}
    report, player, told = made(root, record)
    assert "This page could not be made" in report
    assert "KeyError" in report
    assert "&lt;b&gt;unheard of" in report
    assert "<b>" not in report
    assert "could not be made" not in player
    assert [one.partition(" (")[0] for one in told] == ["report.html could not be made: KeyError: '<b>unheard of'"]


def test_a_list_of_events_that_breaks_off(root: Path) -> None:
    record = read(root)
    events = root / "data" / record["recordings"][0]["directory"] / "events.csv"
    record["recordings"][0]["alpha_events"] = {"events": 9, "recorded": 9, "found": 0, "listed": 0, "notes": []}
    events.write_text(HEADER + ROW.format(1) + ROW.format(2) + "\x00broken\r\n" + ROW.format(3), encoding="utf-8")
    try:
        report, player, told = made(root, record)
    finally:
        events.unlink()
    assert "The list of events could not be read to its end:" in report
    assert "events.csv, line 4" in report
    assert "2024-05-01T12:00:02Z" in report
    assert "2024-05-01T12:00:03Z" not in report
    assert "Motion" in player
    assert len(told) == 1
    assert "line 4" in told[0]


def test_a_cartography_without_its_files(root: Path) -> None:
    report, _, told = made(root, read(root) | {"cartography": {"mapping": None, "plans": []}})
    assert "The cameras could not be drawn on a map:" in report
    assert "could not be made" not in report
    assert [one.partition(":")[0] for one in told] == ["the report has no map"]


def test_a_page_that_is_too_large(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "MOST_OCTETS", 30_000)
    report, _, told = made(root)
    assert "it would have" in report
    assert len(report) < 30_000
    assert "report.html could not be made: it would have" in told[0]


def test_no_memory_for_any_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(**_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(job, "Page", none_left)
    report, player, told = made(root)
    assert (report, player) == ("", "")
    assert sum("is missing: MemoryError" in one for one in told) == 2


def test_the_handover_is_made_sealed_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object) -> bytes:
        raise MemoryError("no room")

    monkeypatch.setattr(job, "render_report", none_left)
    with open_staging(tmp_path, "H", {}) as staging:
        media = write_media(staging.path, "data/gate/gate.mp4", "north-gate.mp4", units=20)
        write_log(staging.path)
        (tmp_path / "H.partial.journal").unlink(missing_ok=True)
        (staging.path / "report.html").write_text("of a run before")
        done = finish(staging, "H", acquisition([media]), None)
    assert done.exit_code is ExitCode.INCOMPLETE
    assert done.shortfalls == ()
    assert done.page_faults[0].startswith("report.html could not be made: MemoryError: no room")
    assert "no room" in (done.path / "report.html").read_text()
    assert verify_path(done.path, trust=(), at_ns=None).exit_code is ExitCode.NOTHING_SIGNED


def test_a_page_that_the_disk_has_no_room_for(tmp_path: Path) -> None:
    """The limit on a file's size stands for the full disk: the system refuses the write in the same way."""
    resource = pytest.importorskip("resource")
    staging = tmp_path / "S"
    media = write_media(staging, "data/gate/gate.mp4", "north-gate.mp4", units=20)
    write_log(staging)
    (staging / "large.html").write_text("of a run before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        unwritten = assemble(
            staging,
            acquisition([media]),
            signer=None,
            pages=lambda _: {"large.html": bytes(300_000), "small.html": b"small", "gone.html": None},
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert unwritten == ("large.html cannot be written: File too large",)
    assert {path.name for path in staging.glob("*.html*")} == {"small.html"}
    assert verify_path(staging, trust=(), at_ns=None).exit_code is ExitCode.NOTHING_SIGNED


def test_pages_leave_the_room_that_the_bag_needs_to_be_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = tmp_path / "S"
    media = write_media(staging, "data/gate/gate.mp4", "north-gate.mp4", units=20)
    write_log(staging)
    there = shutil.disk_usage(staging)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: there._replace(free=300_000))
    pages = {"large.html": bytes(150_000), "small.html": b"small"}
    unwritten = assemble(staging, acquisition([media]), signer=None, pages=lambda _: pages)
    assert unwritten == ("large.html cannot be written: the disk is full",)
    assert (staging / "small.html").exists()
