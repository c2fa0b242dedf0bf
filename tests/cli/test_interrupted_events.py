"""Interrupted anywhere and continued: what the exporter adds is there once, at the times of a run without a cut."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.cli.test_export import run as vssx
from tests.cli.test_export import section_of
from tests.cli.test_interrupted import content, first_difference, server  # noqa: F401 - a fixture
from tests.cli.test_killed import start
from tests.peers import ROOT
from vssx.evidence.added_documents import AddedSummary, load_documents, save_documents, save_summary
from vssx.evidence.media import MediaFiles, MediaTarget
from vssx.evidence.staging import open_staging
from vssx.isobmff.reader import open_movie
from vssx.jobs.added_events import with_events
from vssx.model.handover import ExportUnit, SourceIdentity
from vssx.model.media import NS, StreamItem
from vssx.model.metadata import ADDED_TRACK
from vssx.recorder.server import RecorderServer
from vssx.source.replay import replay


class CutError(Exception):
    """The run ends here."""


def until(items: Iterator[StreamItem], count: int | None) -> Iterator[StreamItem]:
    yield from islice(items, count)
    if count is not None:
        raise CutError


def run(recorder: RecorderServer, token: str, directory: Path, cut: int | None) -> tuple[list[object], tuple]:
    """One run of an export to after ``cut`` items; its files so far, and what is told of losses."""
    recording = next(one for one in recorder.store.recordings if one.token == token)
    start, end = recording.start_ns, recording.end_ns
    target = MediaTarget(
        camera="cam",
        recording_token=token,
        gap_split_ns=10 * NS,
        export_unit=ExportUnit(name="vssx"),
        source=SourceIdentity(name="cam"),
    )
    with open_staging(directory, "H", {}) as staging:
        added = load_documents(staging, "cam")
        if added is None:
            # Before the footage, at one time, in its gap, and behind it.
            times = [start - NS, start, *range(start, end, 700_000_000), start + NS, start + NS, end + 60 * NS]
            documents = [(at_ns, f"<d{number}/>".encode()) for number, at_ns in enumerate(sorted(times))]
            summary = AddedSummary(
                documents=save_documents(staging, "cam", documents), events=1, asked=True, losses=("x",)
            )
            added = save_summary(staging, "cam", summary)
        with (
            MediaFiles(staging, target, lambda _: None) as files,
            replay(
                f"{recorder.rtsp_url}{token}",
                credentials=None,
                from_ns=start,
                to_ns=end,
                resume_from_ns=files.resume_from_ns,
                known_sets=files.known_sets,
            ) as source,
        ):
            tracks, items = with_events(
                added,
                source.tracks,
                source,
                base_ns=start,
                gap_split_ns=target.gap_split_ns,
                resumed=files.resume_from_ns is not None,
            )
            found = files.receive(tracks, until(iter(items), cut), lambda *_: None)
        return content(staging.path), found.losses


@pytest.mark.parametrize("token", ["street", "yard"])
def test_cut_anywhere(token, server, tmp_path):  # noqa: F811
    whole, losses = run(server, token, tmp_path / "whole", None)
    assert [loss.detail for loss in losses] == ["x"]
    paths = sorted((tmp_path / "whole").rglob("*.mp4"))
    added = [track for path in paths for track in open_movie(path).tracks if track.handler_name == ADDED_TRACK]
    assert sum(track.sample_count for track in added) > 30
    random_points = random.Random(4)
    for number in range(4):
        directory = tmp_path / str(number)
        for cut in sorted(random_points.sample(range(1, 900), 3)):
            with pytest.raises(CutError):
                run(server, token, directory, cut)
        again, losses = run(server, token, directory, None)
        assert again == whole
        assert [loss.detail for loss in losses] == ["x"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; the code paths are the same")
def test_killed_again_and_again_with_what_was_found_and_listed(samples, tmp_path, capsys):
    """The list of the events is written down whole or not at all, and every run adds the same."""
    listed = tmp_path / "list.csv"
    listed.write_text("time,name\n2026-03-14T21:40:30Z,Theft\n", encoding="ascii")
    span = ("--from", "2026-03-14T21:40:12Z", "--to", "2026-03-14T21:40:38Z")
    with RecorderServer(samples) as recorder:
        host = f"127.0.0.1:{recorder.http_port}"
        asked = ["export", host, "--recording", "side-door", *span, "--level", "0M+0E", "--events", str(listed)]
        whole, cut = tmp_path / "whole", tmp_path / "cut"
        assert vssx(capsys, *asked, "--name", "H", "--output", whole)[0] == 0
        command = [*asked, "--name", "H", "--output", str(cut)]
        kills = sum(start(number, cut, command) != 0 for number in range(9, 90, 9))
        assert kills >= 3
        code, _, err = vssx(capsys, *command) if not (cut / "H").exists() else (0, "", "")
        assert code == 0, err
    assert first_difference(content(cut / "H"), content(whole / "H")) is None
    for name in ("events.csv", "events.xml", "metadata.xml"):
        [one], [other] = (list(directory.glob(f"H/data/*/{name}")) for directory in (cut, whole))
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no os.sched_yield; the code paths are the same")
def test_finished_without_the_recorder(samples, tmp_path, capsys):
    """What had been found stays in the handover up to the last picture; the rest is told."""
    out = tmp_path / "out"
    words = ["--from", "2026-03-14T21:40:12Z", "--to", "2026-03-14T21:40:38Z", "--level", "0E", "--split", "5s"]
    with RecorderServer(samples) as recorder:
        words = [
            "export",
            f"127.0.0.1:{recorder.http_port}",
            "--recording",
            "side-door",
            *words,
            "--max-rate",
            "200kbit",
        ]
        command = [sys.executable, "-m", "vssx", *words, "--output", str(out), "--name", "H"]
        running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        while not list(out.glob("H.partial/data/*/*.mp4")):
            assert running.poll() is None
            os.sched_yield()
        running.kill()
        running.wait()
    code, printed, err = vssx(capsys, "finish", out / "H.partial")
    assert code == 100, err
    section = section_of(printed.strip())
    assert section["alpha_events"]["found"] and section["alpha_events"]["states"] > 5
    told = [one["detail"] for one in section["assumptions"] if one["subject"] == "events"]
    assert "not in the handover: " in told[0]
