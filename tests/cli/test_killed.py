"""A run that is killed at any point leaves nothing that looks finished, and the next ones bring everything, once."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_export import assert_same_media, listing, recorder, run
from tests.peers import ROOT
from vssx.isobmff.reader import open_movie

__all__ = ["recorder"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; the code paths are the same")


def start(number: int, directory: Path, arguments: list[str]) -> int:
    """Exit code of a run that is killed at its N-th access to ``directory``."""
    command = [sys.executable, "-m", "tests.cli.killed", str(number), str(directory), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    return ended.returncode


def timing(handover: Path) -> list[tuple[int, ...]]:
    """UTC and size of every sample of the video, file after file."""
    rows = []
    for path in sorted(handover.glob("data/*/*.mp4")):
        movie = open_movie(path)
        track = movie.tracks[0]
        start_ns = movie.start_ns(track)
        assert start_ns is not None
        rows += [
            (round(start_ns / 1e6 + sample.composition * 1000 / track.timescale), sample.size)
            for sample in movie.iter_samples(track)
        ]
    return rows


@pytest.mark.parametrize("token", ["north-gate", "car-park"])
@pytest.mark.parametrize("step", [13, 29])
def test_killed_again_and_again(token, step, recorder, samples, tmp_path, capsys):
    """Each run gets ``step`` accesses further than the one before was allowed to, until one is through."""
    known = listing(capsys, recorder)[token]
    span = ["--from", known["from"], "--to", known["to"]]
    out = tmp_path / "out"
    arguments = ["export", recorder, "--recording", token, *span, "--output", str(out), "--name", "H"]
    kills = 0
    for number in range(step, 1000, step):
        if start(number, out, arguments) == 0:
            break
        kills += 1
        left = {path.name for path in out.iterdir()} if out.exists() else set()
        if "H" in left:  # killed after the last rename: the handover is complete
            break
        assert all(name.startswith("H.partial") for name in left)
    assert kills >= 2
    assert_same_media(samples / f"{token}.mp4", out / "H")
    assert run(capsys, "verify", out / "H")[0] == 42
    [section] = json.loads((out / "H" / "handover.json").read_text())["recordings"]
    assert section["losses"] == []
    assert len(section["gaps"]) == len(known["gaps"])
    whole = ["export", recorder, "--recording", token, *span, "--output", str(tmp_path / "whole"), "--name", "H"]
    assert run(capsys, *whole)[0] == 0
    assert timing(out / "H") == timing(tmp_path / "whole" / "H")


def test_a_finished_file_that_changed_between_the_runs_is_noticed(recorder, tmp_path, capsys):
    known = listing(capsys, recorder)["car-park"]
    span = ["--from", known["from"], "--to", known["to"]]
    out = tmp_path / "out"
    arguments = ["export", recorder, "--recording", "car-park", *span, "--output", str(out), "--name", "H"]
    for number in range(20, 200, 4):
        assert start(number, out, arguments) < 0, "never killed between the first file and the end"
        finished = sorted(out.glob("H.partial/data/*/*.mp4"))
        if finished:
            break
    with finished[0].open("r+b") as file:
        file.seek(4000)
        byte = file.read(1)
        file.seek(4000)
        file.write(bytes([byte[0] ^ 1]))
    code, printed, err = run(capsys, *arguments)
    assert (code, printed) == (34, ""), err
    assert finished[0].name in err
    assert finished[0].exists()
