"""Several recordings in one handover: each whole, and none harmed by another."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_export import media, record_of, recorder, run
from tests.clips import encode
from tests.handovers import trial
from tests.peers import ROOT
from vssx.isobmff.reader import open_movie
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.server import RecorderServer

__all__ = ["recorder"]

DAY = ("--from", "2026-03-14T00:00:00Z", "--to", "2026-03-14T23:00:00Z")
TOKENS = ("north-gate", "loading-dock", "car-park")
ALL = tuple(word for token in TOKENS for word in ("--recording", token))


def sections(handover) -> dict[str, dict]:
    return {section["recording_token"]: section for section in record_of(handover)["recordings"]}


def assert_whole(samples: Path, handover: Path, tokens=TOKENS) -> None:
    """The video of each recording is in its own directory, complete and in order."""
    assert list(sections(handover)) == list(tokens)
    for token, section in sections(handover).items():
        source = open_movie(samples / f"{token}.mp4").tracks[0]
        got = []
        for entry in section["files"]:
            assert entry["path"].startswith(f"data/{section['directory']}/")
            got += media(handover / entry["path"], open_movie(handover / entry["path"]).tracks[0])[0]
        assert got == media(samples / f"{token}.mp4", source)[0]


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_three_recordings_are_one_handover(jobs, recorder, samples, tmp_path, capsys):
    code, out, err = run(capsys, "export", recorder, *ALL, *DAY, "--jobs", jobs, "--output", tmp_path)
    assert (code, err) == (0, "")
    handover = Path(out.strip())
    assert handover.name == "north-gate_and_2_more_20260314T000000.000Z_20260314T230000.000Z"
    assert_whole(samples, handover)
    assert record_of(handover)["requested"]["recordings"] == list(TOKENS)
    for section in sections(handover).values():
        log = [json.loads(line) for line in (handover / section["log"]).read_text().splitlines()]
        assert [line["sha256"] for line in log if line["kind"] == "file"] == [
            entry["sha256"] for entry in section["files"]
        ]
        assert len([line for line in log if line.get("method") == "PLAY"]) >= 1
    assert run(capsys, "verify", handover)[0] == 42


def test_a_signed_handover_of_several(recorder, tmp_path, capsys):
    key = ("--key", trial().key, "--cert", trial().certificate)
    code, out, err = run(capsys, "export", recorder, *ALL, *DAY, *key, "--output", tmp_path)
    assert code == 0, err
    assert record_of(out.strip())["claims"]["level"] == "0V"
    assert run(capsys, "verify", out.strip(), "--trust", trial().certificate)[0] == 0


def test_two_cameras_of_one_name_have_two_directories(samples, tmp_path, capsys):
    served = tmp_path / "served"
    served.mkdir()
    for name in ("a", "b"):
        shutil.copy(samples / "loading-dock.mp4", served / f"{name}.mp4")
        (served / f"{name}.toml").write_text('name = "Dock"\nstart = 2026-03-14T09:15:00Z\n')
    with RecorderServer(served) as server:
        arguments = ("export", f"127.0.0.1:{server.http_port}", "--recording", "a", "--recording", "b", *DAY)
        code, out, err = run(capsys, *arguments, "--output", tmp_path)
    assert code == 0, err
    assert [one["directory"] for one in sections(out.strip()).values()] == ["Dock", "Dock_2"]


def test_a_recording_without_anything_in_the_range_is_told(recorder, samples, tmp_path, capsys):
    span = ("--from", "2026-03-14T06:00:00Z", "--to", "2026-03-14T10:00:00Z")
    code, out, err = run(capsys, "export", recorder, *ALL, *span, "--output", tmp_path)
    assert code == 100
    assert err == "vssx: Car park: nothing was recorded in the range; see handover.json\n"
    empty = sections(out.strip())["car-park"]
    assert (empty["files"], empty["delivered"]) == ([], {"first": None, "last": None})
    assert empty["history"]["spans"] == []
    assert run(capsys, "verify", out.strip())[0] == 42
    assert "nothing was recorded" in run(capsys, "inspect", out.strip())[1]


def test_one_that_fails_costs_the_others_nothing(samples, tmp_path, capsys):
    """The recorder cannot read one of its files; then it can, and only that one is asked for."""
    served = Path(shutil.copytree(samples, tmp_path / "served"))
    arguments = (*ALL, *DAY, "--output", tmp_path / "out", "--name", "H")
    with RecorderServer(served) as server:
        (served / "loading-dock.mp4").rename(tmp_path / "away.mp4")
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments)
        assert (code, out) == (13, ""), err
        assert "recording loading-dock" in err
        assert "2 others are complete and kept" in err
        assert "car-park" not in err
        [partial] = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
        kept = {path: path.stat().st_mtime_ns for path in partial.glob("data/*/*.mp4")}
        assert len(kept) == 3
        (tmp_path / "away.mp4").rename(served / "loading-dock.mp4")
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments)
        assert code == 0, err
    handover = Path(out.strip())
    assert_whole(samples, handover)
    assert {handover / path.relative_to(partial): at for path, at in kept.items()} == {
        path: path.stat().st_mtime_ns for path in handover.glob("data/*/*.mp4") if "dock" not in path.name
    }
    logs = {token: (handover / section["log"]).read_text() for token, section in sections(handover).items()}
    assert '"kind":"resume"' not in logs["north-gate"] + logs["car-park"]
    assert [logs[token].count('"method":"DESCRIBE"') for token in TOKENS] == [1, 2, 1]


def test_a_recorder_that_serves_one_client_is_asked_for_one_after_the_other(samples, tmp_path, capsys):
    """The limit lets the first replay last until the others have asked."""
    options = ("--jobs", "3", "--max-rate", "8Mbit", "--output", tmp_path)
    with RecorderServer(samples, faults=read_faults(["one-session"])) as server:
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *ALL, *DAY, *options)
    assert (code, err) == (0, "")
    assert_whole(samples, Path(out.strip()))
    [told] = record_of(out.strip())["assumptions"]
    assert told["subject"] == "one replay at a time"
    assert "453" in told["detail"]


@pytest.fixture(scope="module")
def heavy(tmp_path_factory) -> Path:
    """Three recordings of several blocks of the MP4 writer each."""
    served = tmp_path_factory.mktemp("heavy")
    encode(served / "a.mp4", frames=200, size=(640, 480), options={"qp": "0", "g": "25"}, audio=True)
    for name in ("a", "b", "c"):
        if name != "a":
            shutil.copy(served / "a.mp4", served / f"{name}.mp4")
        (served / f"{name}.toml").write_text("start = 2026-03-14T09:15:00Z\n")
    return served


def cut(arguments: list[str], out: Path, end: Callable[[subprocess.Popen], None] = subprocess.Popen.kill) -> str:
    """End an export when two blocks of a file are on the disk, wait for its workers, too; what it said on stderr."""
    command = [sys.executable, "-m", "vssx", *arguments]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not [path for path in out.glob("H.partial/work/media-*/*.mp4") if path.stat().st_size > 8_000_000]:
        assert running.poll() is None, running.communicate()
        os.sched_yield()
    end(running)
    said = running.communicate()[1]  # the workers hold its pipes: they have ended, too, when these are closed
    assert not (out / "H").exists()
    return said.decode()


needs_kill = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; the code paths are the same")
HEAVY = ("a", "b", "c")


def interrupt(running: subprocess.Popen) -> None:
    """Ctrl-C of somebody who hits this process only."""
    running.send_signal(signal.SIGINT)


def kill_a_worker(running: subprocess.Popen) -> None:
    """As the system does when memory is short."""
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    commands = {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    workers = [child for child, command in commands.items() if b"spawn_main" in command]
    os.kill(int(workers[0]), signal.SIGKILL)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_worker_that_dies_costs_its_own_recording_only(heavy, tmp_path, capsys):
    out = tmp_path / "out"
    with RecorderServer(heavy) as server:
        wanted = [word for token in HEAVY for word in ("--recording", token)]
        arguments = ["export", f"127.0.0.1:{server.http_port}", *wanted, *DAY, "--output", str(out), "--name", "H"]
        said = cut([*arguments, "--max-rate", "120Mbit", "--jobs", "2"], out, kill_a_worker)
        assert "ended by itself" in said
        assert "2 others are complete and kept" in said
        code, printed, err = run(capsys, *arguments)
    assert code == 0, err
    assert_whole(heavy, Path(printed.strip()), HEAVY)
    assert sorted(section["acquired"]["resumed"] for section in sections(printed.strip()).values()) == [0, 0, 1]


@needs_kill
@pytest.mark.parametrize("end", [subprocess.Popen.kill, interrupt])
def test_ended_with_all_its_workers_it_goes_on(end, heavy, tmp_path, capsys):
    out = tmp_path / "out"
    with RecorderServer(heavy) as server:
        wanted = [word for token in HEAVY for word in ("--recording", token)]
        arguments = ["export", f"127.0.0.1:{server.http_port}", *wanted, *DAY, "--output", str(out), "--name", "H"]
        cut([*arguments, "--max-rate", "120Mbit"], out, end)
        code, printed, err = run(capsys, *arguments, "--max-rate", "120Mbit")
    assert code == 0, err
    handover = Path(printed.strip())
    assert_whole(heavy, handover, HEAVY)
    assert record_of(handover)["acquired"]["resumed"] == 1


@needs_kill
@pytest.mark.parametrize("tokens", [HEAVY[:1], HEAVY])
def test_a_cut_export_is_finished_without_its_recorder(tokens, heavy, tmp_path, capsys):
    out = tmp_path / "out"
    with RecorderServer(heavy) as server:
        wanted = [word for token in tokens for word in ("--recording", token)]
        arguments = ["export", f"127.0.0.1:{server.http_port}", *wanted, *DAY, "--case", "C-7", "--jobs", "2"]
        cut([*arguments, "--output", str(out), "--name", "H", "--max-rate", "60Mbit"], out)
    code, printed, err = run(capsys, "finish", out / "H.partial")
    assert (code, printed) == (100, f"{out / 'H'}\n"), err
    assert "the end is unproven (cut)" in err
    assert [path.name for path in out.iterdir()] == ["H"]
    assert record_of(out / "H")["requested"]["case"] == "C-7"
    assert list(sections(out / "H")) == list(tokens)
    received = 0
    for token, section in sections(out / "H").items():
        assert section["acquired"]["end"]["reason"] == "cut"
        whole = media(heavy / f"{token}.mp4", open_movie(heavy / f"{token}.mp4").tracks[0])[0]
        got = [
            unit
            for entry in section["files"]
            for unit in media(out / "H" / entry["path"], open_movie(out / "H" / entry["path"]).tracks[0])[0]
        ]
        assert got == whole[: len(got)]
        received += len(got)
    assert received
    assert run(capsys, "verify", out / "H")[0] == 42
    assert run(capsys, "finish", out / "H")[0] == 30


@pytest.mark.parametrize("name", ["H", "H.partial"])
def test_what_no_export_left_cannot_be_finished(name, tmp_path, capsys):
    (tmp_path / name).mkdir()
    code, out, err = run(capsys, "finish", tmp_path / name)
    assert (code, out) == (30, "")
    assert "not the working directory" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*ALL, "--recording", "car-park", *DAY), "twice"),
        ((*ALL, *DAY, "--position", "47,8"), "--position"),
        (("--recording", "x", "--from", "2026-03-14T00:00:00Z"), "--around"),
        (("--recording", "x", *DAY, "--around", "2026-03-14T00:00:00Z"), "--around"),
        (("--recording", "x", *DAY, "--before", "5m"), "--around"),
        (("--recording", "x", "--around", "2026-03-14T00:00:00Z", "--before", "0s"), "90s, 10m or 1h"),
        (("--recording", "x", *DAY, "--max-rate", "20"), "20Mbit"),
        (("--recording", "x", *DAY, "--json"), "--dry-run"),
        (("--recording", "x", *DAY, "--max-rate", "1Mbit", "--transport", "udp"), "--max-rate"),
    ],
)
def test_what_makes_no_sense(words, says, tmp_path, capsys):
    code, out, err = run(capsys, "export", "127.0.0.1:1", *words, "--output", tmp_path)
    assert (code, out) == (2, "")
    assert says in err


def test_a_dry_run_writes_nothing_and_tells_what_it_would_be(recorder, samples, tmp_path, capsys):
    span = ("--from", "2026-03-14T06:00:00Z", "--to", "2026-03-14T10:00:00Z", "--output", tmp_path / "o")
    code, out, err = run(capsys, "export", recorder, *ALL, *span, "--dry-run", "--json")
    assert code == 0, err
    found = {one["recording"]: one for one in json.loads(out)["recordings"]}
    assert list(found) == list(TOKENS)
    for token in TOKENS[:2]:
        assert found[token]["basis"] == "bit rates that the recorder tells"
        assert found[token]["size_bytes"] == pytest.approx((samples / f"{token}.mp4").stat().st_size, rel=0.2)
        assert found[token]["seconds"] > 0
    assert found["north-gate"]["recorded_seconds"] == pytest.approx(32.0, abs=0.1)
    assert found["car-park"]["size_bytes"] == 0
    code, out, err = run(capsys, "export", recorder, *ALL, *span, "--dry-run", "--max-rate", "8kbit")
    assert code == 0, err
    assert "North gate" in out
    assert "Nothing was written" in out
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("faults", [["sparse"], ["no-history"], ["no-history", "sparse"]])
def test_a_dry_run_where_the_recorder_tells_little(faults, samples, tmp_path, capsys):
    """Without bit rates the size comes from a second of replay, without a history the range from what is told."""
    span = ("--from", "2026-03-14T17:05:30Z", "--to", "2026-03-14T17:05:44Z", "--output", tmp_path / "o")
    with RecorderServer(samples, faults=read_faults(faults)) as server:
        host = f"127.0.0.1:{server.http_port}"
        code, out, err = run(capsys, "export", host, "--recording", "car-park", *span, "--dry-run", "--json")
    assert code == 0, err
    [found] = json.loads(out)["recordings"]
    assert found["basis"] == ("a replay of one second" if "sparse" in faults else "bit rates that the recorder tells")
    assert found["recorded_seconds"] == pytest.approx(14, abs=0.1)
    assert 30_000 < found["size_bytes"] < 400_000


def test_a_rate_is_kept(recorder, samples, tmp_path, capsys):
    """640 kB at 2 Mbit/s take more than two seconds; without a limit a tenth of that."""
    begun = time.monotonic()
    limit = ("--max-rate", "2Mbit", "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, "--recording", "north-gate", *DAY, *limit)
    assert code == 0, err
    payload = sum(
        track["payload_bytes"] for file in sections(out.strip())["north-gate"]["files"] for track in file["tracks"]
    )
    assert time.monotonic() - begun >= payload * 8 / 2_000_000 - 0.5
    assert_whole(samples, Path(out.strip()), TOKENS[:1])
    assert record_of(out.strip())["requested"]["options"]["max_rate_bits_per_second"] == "2000000"


def test_around_a_time(recorder, tmp_path, capsys):
    around = ("--around", "2026-03-14 07:30:10", "--tz", "Europe/Zurich", "--before", "5s", "--after", "1.5s")
    code, out, err = run(capsys, "export", recorder, "--recording", "north-gate", *around, "--output", tmp_path)
    assert code == 0, err
    [section] = record_of(out.strip())["recordings"]
    assert section["asked"] == {"from": "2026-03-14T06:30:05Z", "to": "2026-03-14T06:30:11.500Z"}
