"""Viewing copies as ffprobe sees them: every picture of the source, at its time, and the label."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from tests import peers
from tests.clips import encode
from tests.interop.commands import run
from vssx.evidence.digest import digest_file

pytestmark = pytest.mark.interop


def _probed(path: Path, kind: str) -> tuple[dict[str, str], list[Fraction]]:
    """The stream, and when its frames are shown, in seconds; those that an edit list hides were recorded, too."""
    shown = "stream=codec_name,width,height,time_base:frame=pts:format_tags"
    command = [peers.need("ffprobe"), "-v", "error", "-of", "json", "-select_streams", f"{kind}:0"]
    if path.suffix == ".mp4":
        command += ["-advanced_editlist", "0"]
    ended = subprocess.run([*command, "-show_entries", shown, str(path)], capture_output=True, text=True, check=True)
    document = json.loads(ended.stdout)
    (stream,) = document["streams"]
    base = Fraction(stream["time_base"])
    times = sorted(frame["pts"] * base for frame in document["frames"])
    return stream | document["format"].get("tags", {}), times


def _copy(source: Path, directory: Path) -> Path:
    return Path(run("derive", "--viewing-copy", source, "--output", directory).strip())


@pytest.mark.parametrize("stem", ["bottle-detection", "car-detection", "test_h265", "test_signed_h265"])
def test_every_picture_of_real_footage_at_its_time(tmp_path: Path, footage: Path, stem: str) -> None:
    source = footage / f"{stem}.mp4"
    copy = _copy(source, tmp_path)
    facts, times = _probed(copy, "v")
    assert times == _probed(source, "v")[1]
    assert facts["codec_name"] == "h264"
    assert copy.name == f"{stem}.viewing-copy.mp4"
    assert "NOT EVIDENCE" in facts["title"]
    assert digest_file(source).sha256 in facts["comment"]
    data = copy.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    if stem == "car-detection":
        assert _probed(copy, "a")[1] == _probed(source, "a")[1]


def test_of_a_handover(tmp_path: Path, footage: Path) -> None:
    handover = Path(
        run("remux", footage / "test_h265.mp4", "--start", "2024-05-01T12:00:00Z", "--output", tmp_path).strip()
    )
    (source,) = handover.glob("data/*/*.mp4")
    copy = _copy(handover, tmp_path / "viewing")
    assert _probed(copy, "v")[1] == _probed(source, "v")[1]
    assert sorted(path.name for path in (tmp_path / "viewing").iterdir()) == [copy.name]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_ten_bits_and_frames_ahead(tmp_path: Path, codec: str) -> None:
    source = encode(
        tmp_path / "clip.mkv",
        codec,
        size=(128, 98),
        frames=40,
        rate=Fraction(30000, 1001),
        pixel_format="yuv420p10le",
        options={"preset": "medium", "bf": "3"},
        audio=True,
    )
    copy = _copy(source, tmp_path / "viewing")
    facts, times = _probed(copy, "v")
    first = _probed(source, "v")[1]
    assert times == first
    assert (facts["codec_name"], facts["width"], facts["height"] > 98) == ("h264", 128, True)
    assert _probed(copy, "a")[0]["codec_name"] == "aac"


def test_other_sound_becomes_aac_and_a_hole_in_it_stays_where_it_was(tmp_path: Path) -> None:
    source = tmp_path / "clip.mkv"
    made = ("-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=6", "-f", "lavfi", "-i", "sine=r=8000:d=6")
    hole = ("-af", "aselect='lt(t,2)+gt(t,4)'", "-c:a", "pcm_mulaw")
    subprocess.run([peers.need("ffmpeg"), "-v", "error", *made, *hole, str(source)], check=True)
    facts, times = _probed(_copy(source, tmp_path / "viewing"), "a")
    recorded = _probed(source, "a")[1]
    (before, behind) = next(pair for pair in pairwise(recorded) if pair[1] - pair[0] > 1)
    assert facts["codec_name"] == "aac"
    heard = [time for time in times if time < behind]
    assert max(heard) < before + 1
    assert min(set(times) - set(heard)) == pytest.approx(float(behind), abs=0.002)
    assert len(times) == pytest.approx(4 * 8000 / 1024, abs=4)
