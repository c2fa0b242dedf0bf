"""Messages that a stranger found wrong: what they advise must help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_export import run
from tests.clips import encode
from tests.peers import ROOT
from vssx.recorder.server import RecorderServer
from vssx.recorder.tls import self_signed

START = "2024-05-01T12:00:00Z"


@pytest.fixture(scope="module")
def secure(samples):
    with RecorderServer(samples, tls=self_signed("127.0.0.1")) as server:
        yield server.http_port


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg2video"])
def test_leaving_out_the_only_track_is_no_advice(codec, tmp_path, capsys):
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    only = encode(tmp_path / "only.mkv", codec, pixel_format=pixels, options={"preset": ""})
    code, _, err = run(capsys, "remux", only, "--start", START, "--output", tmp_path)
    assert code == 21
    assert "--skip-unsupported" not in err
    assert "Nothing else in the file is H.264 or H.265 video" in err


def test_plain_http_to_an_encrypted_port(secure, capsys):
    code, _, err = run(capsys, "recordings", f"127.0.0.1:{secure}")
    assert code == 10
    assert "https://" in err


def test_udp_beside_tls(secure, tmp_path, capsys):
    span = ("--from", "2026-03-14T17:05:30Z", "--to", "2026-03-14T17:05:40Z")
    asked = ("--recording", "car-park", *span, "--insecure", "--transport", "udp")
    _, _, err = run(capsys, "export", f"https://127.0.0.1:{secure}", *asked, "--output", tmp_path)
    assert "RTP over UDP is not encrypted, and RTSP here is: use --transport tcp" in err


def test_inspect_says_what_it_reads(tmp_path, capsys):
    clip = encode(tmp_path / "a.mkv")
    code, _, err = run(capsys, "inspect", clip)
    assert code == 21
    assert "inspect reads MP4" in err


@pytest.mark.parametrize("command", ["inspect", "verify", "remux"])
def test_a_missing_file_is_the_same_for_all(command, tmp_path, capsys):
    more = ("--output", tmp_path) if command == "remux" else ()
    assert run(capsys, command, tmp_path / "missing.mp4", *more)[0] == 33


@pytest.mark.parametrize("command", ["inspect", "verify"])
def test_what_was_cut_can_be_finished(command, tmp_path, capsys):
    (tmp_path / "H.partial").mkdir()
    code, _, err = run(capsys, command, tmp_path / "H.partial")
    assert code == 30
    assert "vssx finish" in err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="has /proc and /dev/full")
def test_where_nothing_can_be_written(samples, tmp_path, capsys):
    code, _, err = run(capsys, "remux", samples / "car-park.mp4", "--output", "/proc")
    assert code == 33
    assert ".lock" not in err
    assert err.startswith("vssx: /proc: nothing can be made in it")
    command = [sys.executable, "-m", "vssx", "remux", str(samples / "car-park.mp4"), "--output", str(tmp_path)]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 33
    [handover] = tmp_path.iterdir()
    assert f"The handover is complete all the same: {handover}" in ended.stderr


def test_one_of_a_thing_is_singular(samples, tmp_path, capsys):
    code, out, _ = run(capsys, "remux", samples / "car-park.mp4", "--output", tmp_path)
    assert code == 0
    _, out, _ = run(capsys, "verify", out.strip())
    assert "1 recording, each with its own" in out
    assert "1 media file with size" in out
