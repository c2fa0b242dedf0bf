"""Interrupted anywhere and continued: what the exporter adds is there once, at the times of a run without a cut."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.cli.test_interrupted import content, server  # noqa: F401 - a fixture
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
