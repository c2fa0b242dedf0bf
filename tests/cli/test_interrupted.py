"""Interrupted at fifty random points and continued: the same digests and the same times as a run without a cut.

Twenty-five times the connection is cut by the network within a run, twenty-five times the process is killed.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.cli.cutting_proxy import cutting
from tests.clips import encode
from tests.peers import ROOT
from vssx.evidence.media import MediaFiles, MediaTarget
from vssx.evidence.staging import open_staging
from vssx.isobmff.reader import open_movie
from vssx.isobmff.sample_entry import METADATA_NAMESPACE
from vssx.model.handover import ExportUnit, SourceIdentity
from vssx.model.media import NS, TrackType
from vssx.recorder.server import RecorderServer
from vssx.source.replay import replay
from vssx.times import from_xs_datetime, to_xs_datetime

CUTS = {"street": 15, "yard": 10}
assert sum(CUTS.values()) == 25
GAP = """
[[gaps]]
at = 17
duration = 40
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """street: H.264 with B-frames, AAC, and a gap that splits the file; yard: H.265. GOPs of half a second. Both
    with metadata."""
    directory = tmp_path_factory.mktemp("recordings")
    size, x265 = (96, 64), "log-level=none:keyint=12:min-keyint=12:scenecut=0:bframes=2:open-gop=0"
    street = {"preset": "fast", "bf": "2", "g": "12", "sc_threshold": "0", "qp": "16"}
    encode(directory / "street.mp4", frames=1000, size=size, options=street, audio=True)
    (directory / "street.toml").write_text(f"start = 2026-03-14T06:30:00Z\n{GAP}", encoding="ascii")
    yard = {"preset": "fast", "x265-params": f"{x265}:qp=18"}
    created = "2026-03-14T07:00:00Z"
    encode(directory / "yard.mp4", "libx265", frames=600, size=size, options=yard, creation_time=created)
    stored_documents(directory / "street.metadata.jsonl", "2026-03-14T06:30:00Z", [*range(17), *range(57, 80)])
    stored_documents(directory / "yard.metadata.jsonl", created, range(24))
    with RecorderServer(directory) as running:
        yield running


def stored_documents(path: Path, start: str, seconds: Iterable[int], *, timeless: bool = True) -> None:
    """Beside a recording, in each of ``seconds`` four documents: two alike at one time, one of many packets.

    ``timeless``: the first two tell no time themselves, so that those of all seconds are alike.
    """
    rows = []
    for second in seconds:
        for part, size in ((0, 0), (0, 0), (300, 40), (640, 4000 if second % 5 == 0 else 900)):
            utc = to_xs_datetime(from_xs_datetime(start) + second * NS + part * 1_000_000)
            frame = f'<tt:Frame UtcTime="{utc}"/>' if part or not timeless else ""
            text = f'<tt:MetadataStream xmlns:tt="{METADATA_NAMESPACE}">{frame}{" " * size}</tt:MetadataStream>'
            rows.append(json.dumps({"utc": utc, "document": text}) + "\n")
    path.write_text("".join(rows), encoding="ascii")


def content(directory: Path) -> list[object]:
    """Digest and timing of everything: per file and track the samples' times and flags, all but places in the file."""
    found: list[object] = []
    for path in sorted(directory.glob("data/*/*.mp4")):
        movie = open_movie(path)
        for track in movie.tracks:
            payloads = [payload for _, payload in movie.iter_payloads(track)]
            times = [(one.decode, one.composition, one.duration) for one in movie.iter_samples(track)]
            found.append((path.name, track.track_id, track.timescale, movie.start_ns(track), times, payloads))
        with gzip.open(path.with_name(f"{path.stem}.frames.csv.gz"), "rt") as text:
            rows = [(row["track"], row["sample"], row["utc"], row["ntp"], row["flags"]) for row in csv.DictReader(text)]
        # Whether the first document behind a gap is told as such depends on where a PLAY began.
        sparse = {str(one.track_id) for one in movie.tracks if one.track_type is TrackType.METADATA}
        found.append(sorted((*row[:4], row[4].strip("D") if row[0] in sparse else row[4]) for row in rows))
    return found


def digests(handover: Path) -> list[object]:
    [section] = json.loads((handover / "handover.json").read_text())["recordings"]
    return [[(track["digest"], track["first"], track["last"]) for track in one["tracks"]] for one in section["files"]]


def received(server: RecorderServer, token: str, url: str, directory: Path):
    """What a replay from ``url`` leaves: its items' summary and the directory with its files."""
    recording = next(one for one in server.store.recordings if one.token == token)
    target = MediaTarget(
        camera="cam",
        recording_token=token,
        gap_split_ns=10 * NS,
        export_unit=ExportUnit(name="vssx"),
        source=SourceIdentity(name="cam"),
    )
    start, end = recording.start_ns, recording.end_ns
    with (
        open_staging(directory, "H", {}) as staging,
        MediaFiles(staging, target, lambda _: None) as files,
        replay(url, credentials=None, from_ns=start, to_ns=end) as source,
    ):
        found = files.receive(source.tracks, source, lambda *_: None)
        return found, content(staging.path)


@pytest.mark.parametrize("token", CUTS)
def test_the_network_cuts_the_connection_again_and_again(token, server, tmp_path, monkeypatch):
    monkeypatch.setattr("vssx.source.reconnection.time.sleep", lambda _: None)
    url = f"{server.rtsp_url}{token}"
    port = int(url.split("/")[2].rsplit(":", 1)[1])
    whole, expected = received(server, token, url, tmp_path / "whole")
    size = sum(track.payload_bytes for media in whole.media for track in media.file.tracks)
    chance = random.Random(f"cuts of {token}")
    limits = [chance.randrange(size // 4 // CUTS[token], size // CUTS[token]) for _ in range(CUTS[token])]
    with cutting(("127.0.0.1", port), limits) as (own, cutter):
        cut, found = received(server, token, url.replace(f":{port}/", f":{own}/"), tmp_path / "cut")
    assert cutter.cuts == CUTS[token]
    assert cut.losses == ()
    assert [gap.start_ns for gap in cut.gaps] == [gap.start_ns for gap in whole.gaps]
    assert cut.end.proven
    assert first_difference(found, expected) is None
    assert found == expected


def killed(number: int, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "tests.cli.killed_receiving", str(number), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    return ended.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; the code paths are the same")
@pytest.mark.parametrize("token", CUTS)
def test_the_process_is_killed_again_and_again(token, server, tmp_path):
    recording = next(one for one in server.store.recordings if one.token == token)
    span = ["--from", to_xs_datetime(recording.start_ns), "--to", to_xs_datetime(recording.end_ns)]
    command = ["export", f"127.0.0.1:{server.http_port}", "--recording", token, *span, "--name", "H", "--output"]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert killed(1 << 30, [*command, str(whole)]) == 0
    chance = random.Random(f"kills of {token}")
    units = sum(len(one[4]) for one in content(whole / "H") if isinstance(one, tuple))
    for _ in range(CUTS[token]):
        assert killed(chance.randrange(1, units * 2 // CUTS[token]), [*command, str(cut)]) < 0
    assert killed(1 << 30, [*command, str(cut)]) == 0
    assert content(cut / "H") == content(whole / "H")
    assert digests(cut / "H") == digests(whole / "H")
    [section] = json.loads((cut / "H" / "handover.json").read_text())["recordings"]
    assert section["losses"] == []
    assert section["acquired"]["end"]["proven"]


def first_difference(found: list[object], expected: list[object]) -> object:
    """Where two contents part, short enough to read."""
    for one, other in zip(found, expected, strict=False):
        if one == other:
            continue
        if isinstance(one, tuple) and isinstance(other, tuple):
            if one[:4] != other[:4]:
                return one[:4], other[:4]
            for part in (4, 5):
                pairs = zip(one[part], other[part], strict=False)
                apart = next((n for n, (a, b) in enumerate(pairs) if a != b), None)
                if apart is not None or len(one[part]) != len(other[part]):
                    return one[:4], part, apart, len(one[part]), len(other[part])
        if isinstance(one, list) and isinstance(other, list):
            return (
                len(one),
                len(other),
                next((pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]), None),
            )
        return one, other
    return None
