"""vssx export and recordings against the embedded recorder, as a user runs them."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from vssx.cli.main import main
from vssx.errors import ReadBackMismatchError, StorageError
from vssx.isobmff.elementary import split
from vssx.isobmff.reader import Track, open_movie
from vssx.model.acquisition import Credentials
from vssx.recorder.server import RecorderServer

PARAMETER_SETS = {"H.264": {7, 8}, "H.265": {32, 33, 34}}


@pytest.fixture(scope="module")
def recorder(samples):
    with RecorderServer(samples) as server:
        yield f"127.0.0.1:{server.http_port}"


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main([*map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def listing(capsys, host) -> dict[str, dict]:
    code, out, err = run(capsys, "recordings", host, "--json")
    assert code == 0, err
    return {one["token"]: one for one in json.loads(out)["recordings"]}


def media_of(handover) -> list[Path]:
    return sorted(Path(handover).glob("data/*/*.mp4"))


def record_of(handover) -> dict:
    return json.loads((Path(handover) / "handover.json").read_text())


def section_of(handover) -> dict:
    """The one recording of a handover."""
    [section] = record_of(handover)["recordings"]
    return section


def kind(codec: str, unit: bytes | memoryview) -> int:
    return unit[0] & 31 if codec == "H.264" else unit[0] >> 1 & 63


def media(path: Path, track: Track) -> tuple[list[bytes], set[bytes]]:
    """NAL units but parameter sets in order (or AAC frames), and the parameter sets, of a track and its entries."""
    movie, codec, units = open_movie(path), str(track.codec), []
    entries = [bytes(one) for entry in track.sample_entries for one in entry.parameter_sets]
    sets = {one for one in entries if kind(codec, one) in PARAMETER_SETS[codec]}  # x265 puts an SEI there too
    for sample, payload in movie.iter_payloads(track):
        if codec not in PARAMETER_SETS:
            units.append(payload)
            continue
        for unit in split(payload, track.sample_entries[sample.entry].length_size, ""):
            if kind(codec, unit) in PARAMETER_SETS[codec]:
                sets.add(bytes(unit))
            else:
                units.append(bytes(unit))
    return units, sets


def assert_same_media(source: Path, handover: Path) -> None:
    """Everything the source file holds lies in the handover's files, one after the other, and nothing else."""
    for track in open_movie(source).tracks:
        expected, expected_sets = media(source, track)
        got, got_sets = [], set()
        for file in media_of(handover):
            for other in open_movie(file).tracks:
                if other.track_type == track.track_type:
                    units, sets = media(file, other)
                    got += units
                    got_sets |= sets
        assert got == expected
        assert got_sets == expected_sets


@pytest.mark.parametrize("token", ["north-gate", "loading-dock", "car-park"])
def test_a_whole_recording(token, recorder, samples, tmp_path, capsys):
    known = listing(capsys, recorder)[token]
    span = ("--from", known["from"], "--to", known["to"])
    code, out, err = run(capsys, "export", recorder, "--recording", token, *span, "--output", tmp_path)
    assert code == 0, err
    assert err == ""
    assert out.count("\n") == 1
    handover = Path(out.strip())
    assert_same_media(samples / f"{token}.mp4", handover)
    record = section_of(handover)
    assert record["acquired"]["end"]["proven"]
    assert record["losses"] == []
    assert len(record["files"]) == 1 + len(known["gaps"])
    assert [gap["confirmed"] for gap in record["gaps"]] == [True] * len(known["gaps"])
    first = min(track["first"] for file in record["files"] for track in file["tracks"])
    assert first == known["from"]
    assert run(capsys, "verify", handover)[0] == 42


def test_gap_split_keeps_a_gap_inside_one_file(recorder, samples, tmp_path, capsys):
    span = ("--from", "2026-03-14T17:05:30Z", "--to", "2026-03-14T17:06:47Z")
    arguments = ("export", recorder, "--recording", "car-park", *span, "--gap-split", "60", "--output", tmp_path)
    code, out, err = run(capsys, *arguments, "--name", "H", "--sheet")
    assert code == 0, err
    sheet = (tmp_path / "H.sheet.html").read_bytes()
    assert sha256((tmp_path / "H/tagmanifest-sha256.txt").read_bytes()).hexdigest()[:4].encode() in sheet
    code, _, err = run(capsys, *arguments, "--name", "H", "--sheet")  # once more: nothing is overwritten
    assert (code, "exists already" in err) == (30, True)
    assert (tmp_path / "H.sheet.html").read_bytes() == sheet
    [media_file] = media_of(out.strip())
    [track] = open_movie(media_file).tracks
    assert max(sample.duration for sample in open_movie(media_file).iter_samples(track)) > 47 * track.timescale
    assert len(section_of(out.strip())["gaps"]) == 1
    assert record_of(out.strip())["requested"]["options"]["gap_split_seconds"] == "60"
    assert_same_media(samples / "car-park.mp4", out.strip())


@pytest.mark.parametrize(
    "option", [("--gap-split", "nan"), ("--gap-split", "-1"), ("--gap-split", "30000"), ("--timeout", "nan")]
)
def test_seconds_that_are_none(option, tmp_path, capsys):
    span = ("--from", "2026-03-14T17:05:30Z", "--to", "2026-03-14T17:06:47Z")
    code, _, err = run(capsys, "export", "127.0.0.1:1", "--recording", "R", *span, *option, "--output", tmp_path)
    assert code == 2
    assert option[0] in err


def test_footage_nobody_here_made(footage, tmp_path, capsys):
    """B-frames, samples without a slice, real camera streams, audio: NAL unit by NAL unit."""
    with RecorderServer(footage) as server:
        host = f"127.0.0.1:{server.http_port}"
        recordings = listing(capsys, host)
        assert len(recordings) == 4
        for number, (token, known) in enumerate(sorted(recordings.items())):
            arguments = ("--recording", token, "--from", known["from"], "--to", known["to"])
            code, out, err = run(capsys, "export", host, *arguments, "--output", tmp_path / str(number))
            assert code == 0, err
            [source] = [path for path in footage.glob("*.mp4") if path.stem == token]
            assert_same_media(source, Path(out.strip()))


def test_a_range_starts_at_the_clean_point_before_and_ends_at_the_one_after(recorder, samples, tmp_path, capsys):
    code, out, _ = run(
        capsys, "export", recorder, "--recording", "north-gate", "--output", tmp_path,
        "--from", "2026-03-14T06:30:05Z", "--to", "2026-03-14T06:30:09.500Z",
    )  # fmt: skip
    assert code == 0
    [path] = media_of(out.strip())
    movie, source = open_movie(path), open_movie(samples / "north-gate.mp4")
    [video, audio] = movie.tracks
    assert next(movie.iter_samples(video)).sync
    units, _ = media(path, video)
    everything, _ = media(samples / "north-gate.mp4", source.tracks[0])
    start = everything.index(units[0])
    assert everything[start : start + len(units)] == units
    record = section_of(out.strip())
    [times] = [track for track in record["files"][0]["tracks"] if track["type"] == "Video"]
    assert times["first"] <= "2026-03-14T06:30:05Z"
    assert times["last"] >= "2026-03-14T06:30:09.4Z"
    assert record["acquired"]["end"]["proven"]
    sound, _ = media(path, audio)
    all_sound, _ = media(samples / "north-gate.mp4", source.tracks[1])
    assert all_sound[all_sound.index(sound[0]) :][: len(sound)] == sound


@pytest.mark.parametrize("token", ["north-gate", "loading-dock"])
def test_ranges_from_the_middle_have_no_gaps(token, recorder, samples, tmp_path, capsys):
    """Leading pictures of an open GOP, right after the clean point it starts with, are no step of the clock."""
    [track, *_] = open_movie(samples / f"{token}.mp4").tracks
    everything, _ = media(samples / f"{token}.mp4", track)
    day = listing(capsys, recorder)[token]["from"][:17]
    for start, end in ((1, 3), (5, 12), (7, 9), (10, 14), (15, 17), (20.3, 20.4)):
        span = ("--from", f"{day}{start:04.1f}Z", "--to", f"{day}{end:04.1f}Z")
        code, out, err = run(capsys, "export", recorder, "--recording", token, *span, "--output", tmp_path)
        assert code == 0, err
        [path] = media_of(out.strip())
        units, _ = media(path, open_movie(path).tracks[0])
        first = everything.index(units[0])
        assert everything[first : first + len(units)] == units
        record = section_of(out.strip())
        assert (record["gaps"], record["losses"]) == ([], [])


def test_static_metadata_says_who_where_and_when(recorder, tmp_path, capsys):
    code, out, _ = run(
        capsys, "export", recorder, "--recording", "car-park", "--output", tmp_path, "--operator", "A. Investigator",
        "--from", "2026-03-14T17:05:30Z", "--to", "2026-03-14T17:05:40Z",
    )  # fmt: skip
    assert code == 0
    [path] = media_of(out.strip())
    movie = open_movie(path)
    assert movie.export is not None
    assert movie.export.export_unit.operator == "A. Investigator"
    assert [source.name for _, source in movie.export.sources] == ["Car park"]
    assert movie.position is not None
    assert (round(movie.position.latitude, 4), round(movie.position.longitude, 4)) == (47.3765, 8.5409)


def test_credentials_are_needed_used_and_never_shown(samples, tmp_path, capsys, monkeypatch):
    secret = "correct horse"
    with RecorderServer(samples, credentials=Credentials(user="op", password=secret)) as server:
        host = f"127.0.0.1:{server.http_port}"
        arguments = ("export", host, "--recording", "loading-dock", "--output", tmp_path, "--user", "op")
        span = ("--from", "2026-03-14T09:15:00Z", "--to", "2026-03-14T09:15:05Z")
        monkeypatch.setenv("VSSX_PASSWORD", "hunter2")
        code, _, err = run(capsys, *arguments, *span)
        assert code == 11, err
        assert "hunter2" not in err
        monkeypatch.setenv("VSSX_PASSWORD", secret)
        code, out, err = run(capsys, *arguments, *span)
        assert code == 0, err
        for path in Path(out.strip()).rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"--recording": "nothing"}, 13, "nothing"),
        ({"--from": "2030-01-01T00:00:00Z", "--to": "2030-01-01T00:01:00Z"}, 13, "nothing recorded"),
        ({"--from": "2026-03-14T17:05:50Z", "--to": "2026-03-14T17:06:20Z"}, 13, "nothing recorded"),
        ({"--from": "2026-03-14T17:06:00Z", "--to": "2026-03-14T17:05:00Z"}, 2, "ends before it begins"),
        ({"--from": "2026-03-14T17:06:00Z", "--to": "2026-03-14T17:06:00Z"}, 2, "the range is empty"),
        ({"--from": "2026-03-14 17:06:00"}, 2, "--tz"),
    ],
)
def test_what_cannot_be_exported(changed, code, says, recorder, tmp_path, capsys):
    options = {"--recording": "car-park", "--from": "2026-03-14T17:05:30Z", "--to": "2026-03-14T17:05:40Z", **changed}
    words = [word for pair in options.items() for word in pair]
    got, out, err = run(capsys, "export", recorder, *words, "--output", tmp_path / "o")
    assert (got, out) == (code, ""), err
    assert says in err
    assert not (tmp_path / "o").exists()


def test_nobody_there(tmp_path, capsys):
    span = ("--from", "2026-03-14T17:05:30Z", "--to", "2026-03-14T17:05:40Z")
    code, _, err = run(capsys, "export", "127.0.0.1:9", "--recording", "r", *span, "--output", tmp_path)
    assert code == 10
    assert "127.0.0.1:9" in err


def test_a_mismatch_at_the_read_back_keeps_everything(recorder, tmp_path, capsys, monkeypatch):
    """The disk gives back one byte that was not written: the file is flipped before it is read back."""
    from vssx.evidence import growing_file

    honest = growing_file.read_back

    def flipping(path, written, **more):
        with path.open("r+b") as file:
            file.seek(5000)
            byte = file.read(1)
            file.seek(5000)
            file.write(bytes([byte[0] ^ 1]))
        return honest(path, written, **more)

    monkeypatch.setattr(growing_file, "read_back", flipping)
    arguments = (
        "export", recorder, "--recording", "loading-dock", "--output", tmp_path, "--name", "H",
        "--from", "2026-03-14T09:15:00Z", "--to", "2026-03-14T09:15:05Z",
    )  # fmt: skip
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (ReadBackMismatchError.exit_code, ""), err
    assert "track 1" in err
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["H.partial"]
    assert list((tmp_path / "H.partial").rglob("*.mp4"))


def test_a_full_disk_keeps_what_was_received(recorder, tmp_path, capsys):
    """A file size limit stands for a full disk: the system refuses the write in the same way."""
    resource = pytest.importorskip("resource", reason="no such limit on this system")
    import signal

    span = ("--from", "2026-03-14T06:30:00Z", "--to", "2026-03-14T06:30:30Z")
    arguments = ["export", recorder, "--recording", "north-gate", *span, "--output", str(tmp_path), "--name", "H"]

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    full = subprocess.run(
        [sys.executable, "-m", "vssx", *arguments], capture_output=True, text=True, preexec_fn=limit, check=False
    )
    assert full.returncode == StorageError.exit_code, full.stderr
    assert "Traceback" not in full.stderr
    assert full.stdout == ""
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["H.partial"]
    code, out, err = run(capsys, *arguments)
    assert code == 0, err
    assert record_of(out.strip())["acquired"]["resumed"] == 1


def test_the_log_tells_what_was_asked_and_answered(recorder, tmp_path, capsys):
    code, out, _ = run(
        capsys, "export", recorder, "--recording", "loading-dock", "--output", tmp_path,
        "--from", "2026-03-14T09:15:00Z", "--to", "2026-03-14T09:15:05Z",
    )  # fmt: skip
    assert code == 0
    log = [json.loads(line) for line in (Path(out.strip()) / "data/log/acquisition.jsonl").read_text().splitlines()]
    [play] = [line for line in log if line.get("method") == "PLAY"]
    assert play["asked"]["Range"].startswith("clock=20260314T091500Z-")
    assert play["answered"]["Range"].startswith("clock=")
    assert [line["sha256"] for line in log if line["kind"] == "file"] == [
        file["sha256"] for file in section_of(out.strip())["files"]
    ]


def test_less_than_a_second_before_and_behind_a_recording_is_a_gap(recorder, tmp_path, capsys):
    """The history tells where the recording begins and ends; nothing there is unknown."""
    recording = (recorder, "--recording", "side-door", "--output", tmp_path)
    day = "2026-03-14T21:40"
    for name, begin, end, gaps in [
        ("before", f"{day}:09Z", f"{day}:11Z", [(f"{day}:09Z", f"{day}:10Z")]),
        ("behind", f"{day}:38Z", f"{day}:40.9Z", [(f"{day}:40Z", f"{day}:40.900Z")]),
        ("around", f"{day}:00Z", f"{day}:50Z", [(f"{day}:00Z", f"{day}:10Z"), (f"{day}:40Z", f"{day}:50Z")]),
    ]:
        code, out, err = run(capsys, "export", *recording, "--from", begin, "--to", end, "--name", name)
        assert code == 0, err
        section = section_of(out.strip())
        assert [(gap["start"], gap["end"]) for gap in section["gaps"]] == gaps
        assert all(gap["confirmed"] for gap in section["gaps"])
        assert not [one for one in section["assumptions"] if one["subject"] in ("late start", "early end")]


def test_remux_carries_over_where_the_file_says_it_comes_from(recorder, tmp_path, capsys):
    span = ("--from", "2026-03-14T21:40:12Z", "--to", "2026-03-14T21:40:14Z", "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, "--recording", "side-door", *span, "--name", "one")
    assert code == 0, err
    [exported] = media_of(out.strip())
    code, out, err = run(capsys, "remux", exported, "--output", tmp_path, "--name", "two")
    assert code == 0, err
    [again] = media_of(out.strip())
    was, now = open_movie(exported).export, open_movie(again).export
    assert was is not None
    assert now is not None
    assert now.sources == was.sources
    assert {(source.name, source.url.partition(":")[0]) for _, source in now.sources} == {("Side door", "rtsp")}
    [told] = [one["detail"] for one in section_of(out.strip())["assumptions"] if one["subject"] == "source"]
    assert told.startswith("the file itself says (suep) that its tracks 0, 1 come from")
    assert '"Side door", rtsp://' in told
