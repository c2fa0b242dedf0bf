"""vssx remux and inspect, as a user runs them."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vssx.cli.main import main
from vssx.isobmff.elementary import split
from vssx.isobmff.reader import open_movie

START = "2024-05-01T12:00:00Z"


def remux(capsys, *arguments) -> tuple[int, str, str]:
    code = main(["remux", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def payloads(path: Path, track_type: str) -> list[bytes]:
    movie = open_movie(path)
    track = next(track for track in movie.tracks if str(track.track_type) == track_type)
    return [payload for _, payload in movie.iter_payloads(track)]


def media_of(handover: Path) -> list[Path]:
    return sorted(handover.glob("data/*/*.mp4"))


@pytest.mark.parametrize("name", ["north-gate.mp4", "loading-dock.mp4", "car-park.mp4"])
def test_every_byte_of_every_sample_survives(name, samples, tmp_path, capsys):
    code, out, err = remux(capsys, samples / name, "--output", tmp_path)
    assert code == 0, err
    handover = Path(out.removesuffix("\n"))
    assert handover.parent == tmp_path
    assert out.count("\n") == 1
    [media] = media_of(handover)
    for track in open_movie(samples / name).tracks:
        assert payloads(media, str(track.track_type)) == payloads(samples / name, str(track.track_type))
    assert not list(tmp_path.glob("*.partial*"))


def test_the_asserted_start_is_in_the_file_and_in_the_record(samples, tmp_path, capsys):
    code, out, _ = remux(capsys, samples / "north-gate.mp4", "--start", START, "--output", tmp_path)
    assert code == 0
    handover = Path(out.strip())
    assert "20240501T120000.000Z" in handover.name
    record = json.loads((handover / "handover.json").read_text())
    assert record["claims"]["level"] is None
    assert any("asserted" in assumption["detail"] for assumption in record["recordings"][0]["assumptions"])
    [media] = media_of(handover)
    movie = open_movie(media)
    assert {one.utc_ns for one in movie.start_times} == {1714564800_000000000}


def test_several_files_make_one_handover(samples, tmp_path, capsys):
    files = sorted(samples.glob("*.mp4"))
    code, out, _ = remux(capsys, *files, "--output", tmp_path)
    assert code == 0
    assert len(media_of(Path(out.strip()))) == len(files)
    assert main(["verify", out.strip()]) == 42


def test_an_existing_handover_is_never_overwritten(samples, tmp_path, capsys):
    arguments = (samples / "north-gate.mp4", "--output", tmp_path, "--name", "H")
    assert remux(capsys, *arguments)[0] == 0
    before = hashlib.sha256((tmp_path / "H" / "handover.json").read_bytes()).digest()
    code, out, err = remux(capsys, *arguments)
    assert (code, out) == (30, "")
    assert "never overwritten" in err
    assert hashlib.sha256((tmp_path / "H" / "handover.json").read_bytes()).digest() == before


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["missing.mp4"], 33, "missing.mp4"),
        (["text.mp4"], 20, "text.mp4"),
        (["text.mp4", "--cert", "c.pem"], 2, "--key"),
        (["text.mp4", "--start", "yesterday"], 2, "yesterday"),
        (["text.mp4", "--name", "../up"], 2, "--name"),
        (["text.mp4", "--key", "missing.pem"], 33, "missing.pem"),
    ],
)
def test_errors_name_what_where_and_what_next(arguments, code, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.mp4").write_text("this is no media at all, only text\n" * 100)
    got, out, err = remux(capsys, *arguments, "--output", "out")
    assert (got, out) == (code, ""), err
    assert says in err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("out/*/handover.json"))


def test_a_truncated_source_is_refused_or_declared(samples, tmp_path, capsys):
    whole = (samples / "north-gate.mp4").read_bytes()
    for share in (0.1, 0.5, 0.9):
        cut = tmp_path / "cut.mp4"
        cut.write_bytes(whole[: int(len(whole) * share)])
        code, _, err = remux(capsys, cut, "--output", tmp_path / str(share))
        assert code in (20, 21, 33, 100), err
        assert "Traceback" not in err


def test_inspect_json_and_extract(samples, tmp_path, capsys):
    _, out, _ = remux(capsys, samples / "north-gate.mp4", "--output", tmp_path)
    handover = Path(out.strip())
    assert main(["inspect", str(handover), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    video, audio = document["files"][0]["tracks"]
    assert (video["codec"], audio["codec"]) == ("H.264", "AAC")
    assert video["samples"] == len(payloads(media_of(handover)[0], "Video"))
    assert document["files"][0]["static_metadata"]["suep"]["name"] == "vssx"
    assert main(["inspect", str(handover)]) == 0
    assert "2 samples" not in capsys.readouterr().out
    assert main(["inspect", str(handover), "--extract", str(tmp_path / "video.nals")]) == 0
    source = b"".join(payloads(samples / "north-gate.mp4", "Video"))
    extracted = (tmp_path / "video.nals").read_bytes()
    assert extracted.endswith(source)
    assert len(split(extracted, 4, "")) - len(split(source, 4, "")) == 2  # the parameter sets of the sample entry
    assert main(["inspect", str(handover), "--extract", str(tmp_path / "video.nals")]) == 30


def test_a_killed_run_leaves_nothing_that_looks_finished(samples, tmp_path):
    """The process is killed as soon as its staging directory is there; the same command then finishes."""
    big = tmp_path / "big"
    big.mkdir()
    for number in range(8):
        shutil.copy(samples / "north-gate.mp4", big / f"camera{number}.mp4")
    command = [sys.executable, "-m", "vssx", "remux", *map(str, sorted(big.iterdir())), "--output", str(tmp_path / "o")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    while process.poll() is None and not list((tmp_path / "o").glob("*.partial/data/*/*.mp4")):
        pass
    process.kill()
    process.wait()
    for path in (tmp_path / "o").iterdir():
        assert ".partial" in path.name
        if path.is_dir():
            assert main(["verify", str(path)]) == 30
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    handover = Path(done.stdout.strip())
    assert len(media_of(handover)) == 8
    assert json.loads((handover / "handover.json").read_text())["acquired"]["resumed"] == 1
    assert [path.name for path in (tmp_path / "o").iterdir()] == [handover.name]


def test_a_raw_stream_with_an_asserted_rate(samples, tmp_path, capsys):
    raw = tmp_path / "gate.264"
    assert main(["inspect", str(samples / "north-gate.mp4"), "--extract", str(raw)]) == 0
    capsys.readouterr()
    code, out, err = remux(capsys, raw, "--start", START, "--fps", "12.5", "--output", tmp_path / "o")
    assert code == 0, err
    [media] = media_of(Path(out.strip()))
    units = [unit for payload in payloads(media, "Video") for unit in split(payload, 4, "")]
    source = [unit for payload in payloads(samples / "north-gate.mp4", "Video") for unit in split(payload, 4, "")]
    sets = [unit for unit in units if unit[0] & 31 in (7, 8)]
    assert [unit for unit in units if unit not in sets] == [unit for unit in source if unit[0] & 31 not in (7, 8)]
    [track] = open_movie(media).tracks
    assert {sample.duration * 25 for sample in open_movie(media).iter_samples(track)} == {track.timescale * 2}
    record = json.loads((Path(out.strip()) / "handover.json").read_text())
    assert record["requested"]["options"]["fps"] == "25/2"
    assert remux(capsys, raw, "--start", START, "--fps", "0", "--output", tmp_path / "p")[0] == 2


def test_extract_takes_the_track_that_the_name_asks_for(samples, tmp_path, capsys):
    sound = tmp_path / "gate.aac"
    assert main(["inspect", str(samples / "north-gate.mp4"), "--extract", str(sound)]) == 0
    assert sound.read_bytes()[:1] == b"\xff"
    assert f"{len(payloads(samples / 'north-gate.mp4', 'Audio'))} samples" in capsys.readouterr().err
    nine = ["inspect", str(samples / "north-gate.mp4"), "--track", "9", "--extract", str(tmp_path / "x.264")]
    assert main(nine) == 2
    assert "Its tracks: 1, 2" in capsys.readouterr().err
