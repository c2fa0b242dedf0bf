"""Local files whose sound is not AAC: remuxed by vssx, judged by ffmpeg."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests import sounds
from tests.interop.commands import media_of, run
from tests.peers import need

pytestmark = pytest.mark.interop

RATE = 16_000


def _file(path: Path, footage: Path, *audio: str) -> sounds.Samples:
    """Ten seconds of a street with a sound of its own."""
    signal = sounds.signal(10, RATE)
    pcm = (signal * 32767).astype("<i2").tobytes()
    source = ["-i", str(footage / "bottle-detection.mp4"), "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    command = [need("ffmpeg"), "-v", "error", *source, "-t", "10", "-map", "0:v", "-map", "1:a", "-c:v", "copy"]
    subprocess.run([*command, *audio, str(path)], input=pcm, check=True)
    return signal


def _heard(path: Path) -> sounds.Samples:
    command = [need("ffmpeg"), "-v", "error", "-i", str(path), "-map", "0:a", "-ar", str(RATE), "-ac", "1"]
    filters = ["-af", "aresample=async=1:min_hard_comp=0.001:first_pts=0", "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run([*command, *filters], capture_output=True, check=True).stdout, "<i2") / 32768


@pytest.mark.parametrize(
    ("name", "codec", "suffix"),
    [
        ("a.mkv", "pcm_s16le", ".wav"),
        ("a.mov", "pcm_s16be", ".au"),
        ("a.mov", "pcm_s24le", ".wav"),
        ("a.mkv", "pcm_mulaw", ".au"),
        ("a.avi", "pcm_alaw", ".au"),
        ("a.avi", "pcm_u8", ".wav"),
        ("a.mov", "pcm_f32le", ".wav"),
    ],
)
def test_the_sound_stays_where_it_is(name: str, codec: str, suffix: str, footage: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    signal = _file(path, footage, "-c:a", codec)
    handover = Path(run("remux", path, "--start", "2024-05-01T12:00:00Z", "--output", tmp_path, expect=0).strip())
    (file,) = media_of(handover)
    record = json.loads((handover / "handover.json").read_text("utf-8"))
    (told,) = record["recordings"][0]["transcoded"]
    assert (told["stretches"], told["silent_samples"], told["times_moved"]) == (1, 0, 0)
    original = handover / told["original"]["path"]
    assert original.suffix == suffix
    # Where the sound lies in the source is ffmpeg's word: containers that tell milliseconds round its start.
    assert abs(sounds.lag(_heard(file), signal) - sounds.lag(_heard(path), signal)) <= RATE // 1000
    copied = tmp_path / "copied"
    command = [
        need("ffmpeg"),
        "-v",
        "error",
        "-i",
        str(path),
        "-map",
        "0:a",
        "-c",
        "copy",
        "-f",
        codec[4:],
        str(copied),
    ]
    subprocess.run(command, check=True)
    assert original.read_bytes().endswith(copied.read_bytes())


def test_only_what_was_asked_for(footage: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    _file(path, footage, "-c:a", "pcm_s16le")
    for number, (choice, why) in enumerate([("aac-only", "audio other than AAC"), ("none", "no audio was asked for")]):
        handover = Path(
            run(
                "remux", path, "--start", "2024-05-01T12:00:00Z", "--output", tmp_path, "--audio", choice,
                "--name", f"H{number}",
            ).strip()
        )  # fmt: skip
        (section,) = json.loads((handover / "handover.json").read_text("utf-8"))["recordings"]
        assert [track["type"] for file in section["files"] for track in file["tracks"]] == ["Video"]
        assert section["transcoded"] == []
        assert any(why in assumption["detail"] for assumption in section["assumptions"])


def test_a_codec_that_is_not_carried_may_be_left_out(footage: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    _file(path, footage, "-c:a", "ac3")
    arguments = ("remux", path, "--start", "2024-05-01T12:00:00Z", "--output", tmp_path)
    run(*arguments, expect=21)
    handover = Path(run(*arguments, "--skip-unsupported").strip())
    record = json.loads((handover / "handover.json").read_text("utf-8"))
    (section,) = record["recordings"]
    assert any("AC-3" in assumption["detail"] for assumption in section["assumptions"])
    assert record["requested"]["options"]["skip_unsupported"] == "yes"
