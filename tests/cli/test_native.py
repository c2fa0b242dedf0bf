"""--native: what a recorder exports by itself is kept as it is, and never instead of ours."""

import json
from pathlib import Path

import pytest

from tests.cli.test_export import assert_same_media, record_of, run, section_of
from tests.cli.test_export_several import ALL, DAY, TOKENS, sections
from vssx.recorder.server import RecorderServer

SPAN = ("--recording", "north-gate", "--from", "2026-03-14T06:30:00Z", "--to", "2026-03-14T06:30:32Z")


@pytest.fixture
def storage(tmp_path) -> Path:
    made = tmp_path / "storage"
    made.mkdir()
    return made


def test_the_recorders_own_export_lies_beside_ours(storage, samples, tmp_path, capsys):
    with RecorderServer(samples, storage=storage) as server:
        host = f"127.0.0.1:{server.http_port}"
        code, out, err = run(
            capsys, "export", host, *SPAN, "--native", f"storage-1={storage}", "--output", tmp_path / "out"
        )
    assert (code, err) == (0, "")
    native = section_of(out.strip())["native_export"]
    assert (native["format"], native["storage"]) == ("MP4", "storage-1")
    [file] = native["files"]
    assert file["path"] == "data/North_gate/native/north-gate.mp4"
    assert (Path(out.strip()) / file["path"]).read_bytes() == (samples / "north-gate.mp4").read_bytes()
    assert record_of(out.strip())["assumptions"] == []
    assert record_of(out.strip())["requested"]["options"]["native_storage"] == "storage-1"
    assert run(capsys, "verify", out.strip())[0] == 42
    (Path(out.strip()) / file["path"]).write_bytes(b"other")
    code, told, _ = run(capsys, "verify", out.strip())
    assert code == 40
    assert "has another SHA-256 or size than the record says" in told


def test_each_recording_has_its_own(storage, samples, tmp_path, capsys):
    with RecorderServer(samples, storage=storage) as server:
        arguments = (*ALL, *DAY, "--native", f"storage-1={storage}", "--output", tmp_path / "out")
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments)
    assert code == 0, err
    for token in TOKENS:
        [file] = sections(out.strip())[token]["native_export"]["files"]
        assert (Path(out.strip()) / file["path"]).read_bytes() == (samples / f"{token}.mp4").read_bytes()


def test_an_offer_that_was_not_taken_is_told(storage, samples, tmp_path, capsys):
    with RecorderServer(samples, storage=storage) as server:
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *SPAN, "--output", tmp_path / "out")
    assert code == 0, err
    [told] = record_of(out.strip())["assumptions"]
    assert told["subject"] == "recorder's own export"
    assert "MP4" in told["detail"]
    assert section_of(out.strip())["native_export"] is None
    assert list(storage.iterdir()) == []


def test_a_recorder_that_offers_none_is_asked_for_nothing(storage, samples, tmp_path, capsys):
    with RecorderServer(samples) as server:
        arguments = ("--native", f"storage-1={storage}", "--output", tmp_path / "out")
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *SPAN, *arguments)
    assert (code, out) == (12, "")
    assert "offers no export of its own" in err
    assert not (tmp_path / "out").exists()


def test_another_storage_is_refused_and_what_was_received_is_kept(storage, samples, tmp_path, capsys):
    with RecorderServer(samples, storage=storage) as server:
        host, out_dir = f"127.0.0.1:{server.http_port}", tmp_path / "out"
        arguments = ("export", host, *SPAN, "--output", out_dir, "--name", "H", "--native")
        code, out, err = run(capsys, *arguments, f"other={storage}")
        assert (code, out) == (12, "")
        assert "storage-1" in err
        code, out, err = run(capsys, *arguments, f"storage-1={tmp_path / 'out'}")  # not where the recorder writes to
        assert (code, out) == (33, "")
        assert "holds no file north-gate.mp4" in err
        assert not list(out_dir.glob("H.partial/data/*/native"))
        [copies] = out_dir.glob("H.partial/work/native-*.files")
        (copies / "of_a_cut_run.mp4").write_bytes(b"x")
        code, out, err = run(capsys, *arguments, f"storage-1={storage}")
    assert code == 0, err
    assert_same_media(samples / "north-gate.mp4", Path(out.strip()))
    log = [json.loads(line) for line in (Path(out.strip()) / "data/log/acquisition.jsonl").read_text().splitlines()]
    assert len([line for line in log if line.get("method") == "DESCRIBE"]) == 1


def test_copies_that_are_not_complete_keep_nobody_from_finishing(storage, samples, tmp_path, capsys):
    with RecorderServer(samples, storage=storage) as server:
        arguments = (*SPAN, "--output", tmp_path / "out", "--name", "H", "--native", f"storage-1={tmp_path / 'out'}")
        (tmp_path / "out").mkdir()
        assert run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments)[0] == 33
    code, out, err = run(capsys, "finish", tmp_path / "out" / "H.partial")
    assert code == 0, err
    assert section_of(out.strip())["native_export"] is None
    assert run(capsys, "verify", out.strip())[0] == 42


@pytest.mark.parametrize("text", ["storage-1", "=x", "storage-1=", "storage-1=/nowhere/at/all"])
def test_no_storage(text, tmp_path, capsys):
    code, _, err = run(capsys, "export", "127.0.0.1:1", *SPAN, "--native", text, "--output", tmp_path)
    assert code == 2
    assert "--native" in err
