"""Sound that becomes AAC, cut and killed at random points: every byte of MP4 tracks and originals as without a cut."""

from __future__ import annotations

import csv
import gzip
import json
import random
import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.cutting_proxy import cutting
from tests.cli.test_interrupted import GAP, content, digests, killed, received
from vssx.recorder.server import RecorderServer
from vssx.times import to_xs_datetime

CUTS = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory, samples):
    """The sample with G.711, and a gap that splits its file."""
    directory = tmp_path_factory.mktemp("recordings")
    shutil.copy(samples / "reception.mov", directory)
    (directory / "reception.toml").write_text(
        f"start = 2026-03-14T06:30:00Z\n{GAP.replace('at = 17', 'at = 9')}", encoding="ascii"
    )
    with RecorderServer(directory) as running:
        yield running


def originals(directory: Path) -> dict[str, object]:
    """The files, and of their lists all but the RTP timestamps: a recorder may number anew at each PLAY."""
    found: dict[str, object] = {path.name: path.read_bytes() for path in sorted(directory.glob("data/*/*.audio-2.au"))}
    for path in sorted(directory.glob("data/*/*.audio-2.csv.gz")):
        with gzip.open(path, "rt") as text:
            found[path.name] = [{**row, "rtp": ""} for row in csv.DictReader(text)]
    return found


def test_the_network_cuts_the_connection_again_and_again(server, tmp_path, monkeypatch):
    monkeypatch.setattr("vssx.source.reconnection.time.sleep", lambda _: None)
    url = f"{server.rtsp_url}reception"
    port = int(url.split("/")[2].rsplit(":", 1)[1])
    whole, expected = received(server, "reception", url, tmp_path / "whole")
    size = sum(track.payload_bytes for media in whole.media for track in media.file.tracks)
    chance = random.Random("cuts of sound")
    limits = [chance.randrange(size // 10, size // 6) for _ in range(CUTS)]
    with cutting(("127.0.0.1", port), limits) as (own, cutter):
        cut, found = received(server, "reception", url.replace(f":{port}/", f":{own}/"), tmp_path / "cut")
    assert cutter.cuts == CUTS
    assert cut.losses == ()
    assert found == expected
    assert len(originals(tmp_path / "whole" / "H.partial")) == 4  # two files, each with its list
    assert originals(tmp_path / "cut" / "H.partial") == originals(tmp_path / "whole" / "H.partial")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; the code paths are the same")
def test_the_process_is_killed_again_and_again(server, tmp_path):
    recording = server.store.recordings[0]
    span = ["--from", to_xs_datetime(recording.start_ns), "--to", to_xs_datetime(recording.end_ns)]
    command = ["export", f"127.0.0.1:{server.http_port}", "--recording", "reception", *span, "--name", "H", "--output"]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert killed(1 << 30, [*command, str(whole)]) == 0
    chance = random.Random("kills of sound")
    [section] = json.loads((whole / "H" / "handover.json").read_text())["recordings"]
    packets = sum(one["original"]["packets"] for one in section["transcoded"])
    for _ in range(CUTS):
        assert killed(chance.randrange(1, packets * 2 // CUTS), [*command, str(cut)]) < 0
    assert killed(1 << 30, [*command, str(cut)]) == 0
    assert content(cut / "H") == content(whole / "H")
    assert digests(cut / "H") == digests(whole / "H")
    assert originals(cut / "H") == originals(whole / "H")
    [again] = json.loads((cut / "H" / "handover.json").read_text())["recordings"]
    assert again["losses"] == []
    assert again["transcoded"] == section["transcoded"]
