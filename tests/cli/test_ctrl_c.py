"""What was received before Ctrl-C is there afterwards, however little it was; and nobody who is refused deletes it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_export import assert_same_media
from tests.peers import ROOT
from vssx.cli.main import main
from vssx.recorder.server import RecorderServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="os.kill() there ends a process at once")
SPAN = ("--from", "2026-03-14T17:05:00Z", "--to", "2026-03-14T18:00:00Z")


@pytest.fixture(scope="module")
def recorder(samples):
    with RecorderServer(samples) as server:
        yield f"127.0.0.1:{server.http_port}"


def _interrupted(signal: str, number: int, arguments: list[str]) -> str:
    command = [sys.executable, "-m", "tests.cli.interrupted_receiving", signal, str(number), *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended
    assert "the same command goes on" in ended.stderr
    return ended.stderr


def _everything(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM"])
def test_every_sample_before_it_is_there(signal, recorder, tmp_path, capsys):
    arguments = ["export", recorder, "--recording", "car-park", *SPAN, "--output", str(tmp_path), "--name", "H"]
    _interrupted(signal, 40, arguments)
    assert main(["finish", str(tmp_path / "H.partial")]) == 100
    handover = Path(capsys.readouterr().out.strip())
    [section] = json.loads((handover / "handover.json").read_text())["recordings"]
    assert sum(track["samples"] for file in section["files"] for track in file["tracks"]) == 40
    assert section["acquired"]["end"]["reason"] == "cut"


def test_the_next_run_goes_on_behind_it_and_refused_commands_delete_nothing(recorder, samples, tmp_path, capsys):
    arguments = ["export", recorder, "--recording", "car-park", *SPAN, "--output", str(tmp_path), "--name", "H"]
    _interrupted("SIGINT", 60, arguments)
    partial = tmp_path / "H.partial"
    before = _everything(partial)
    assert main([*arguments, "--case", "another request"]) == 30
    assert main(["finish", str(partial), "--key", str(tmp_path / "no-key.pem")]) != 0
    (tmp_path / "H").mkdir()
    assert main(["finish", str(partial)]) == 30
    assert _everything(partial) == before
    (tmp_path / "H").rmdir()
    capsys.readouterr()
    assert main(arguments) == 0
    assert_same_media(samples / "car-park.mp4", Path(capsys.readouterr().out.strip()))
