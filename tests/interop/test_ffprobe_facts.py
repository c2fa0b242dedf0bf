"""What we read out of parameter sets and files, against ffprobe."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests import peers
from vssx.model.media import AccessUnit, Codec, Gap, Loss
from vssx.source.local import open_local

pytestmark = pytest.mark.interop

_RECORDINGS = [*sorted(peers.FOOTAGE.glob("*.mp4")), *sorted((peers.ROOT / "samples").glob("*.mp4"))]


def _probe(path: Path, *arguments: str) -> dict:
    command = [peers.need("ffprobe"), "-v", "error", "-of", "json", *arguments, str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


def _make(path: Path, *arguments: str) -> Path:
    source = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=30000/1001", "-f", "lavfi", "-i", "sine"]
    command = [peers.need("ffmpeg"), "-v", "error", "-y", *source, "-t", "2", *arguments, str(path)]
    subprocess.run(command, check=True, timeout=120, stdin=subprocess.DEVNULL)
    return path


def _check(path: Path) -> None:
    """Facts and times of every track."""
    with open_local(path, start_ns=0) as source:
        items = list(source)
    assert not [item for item in items if isinstance(item, Gap | Loss)]
    assert items[-1].proven
    streams = {str(stream["index"]): stream for stream in _probe(path, "-show_streams")["streams"]}
    edited = "-advanced_editlist", "0"  # an option of the MP4 demuxer alone
    extra = edited if path.suffix in (".mp4", ".mov") else ()
    packets = _probe(path, *extra, "-show_packets")["packets"]
    for track in source.tracks:
        stream = streams[track.token]
        units = [item for item in items if isinstance(item, AccessUnit) and item.track == track.index]
        theirs = [packet for packet in packets if str(packet["stream_index"]) == track.token]
        assert len(units) == len(theirs)
        configuration = units[0].configuration
        if track.codec is Codec.AAC:
            assert configuration.sample_rate == int(stream["sample_rate"])
            assert configuration.channels == stream["channels"]
            assert configuration.profile == stream["profile"]
        else:
            assert (configuration.width, configuration.height) == (stream["width"], stream["height"])
            assert configuration.reorder_depth == stream["has_b_frames"]
            assert configuration.profile.split("@")[0] == stream["profile"]
        if "pts" in theirs[0]:
            numerator, denominator = map(int, stream["time_base"].split("/"))
            first = int(theirs[0]["pts"])
            expected = [(int(packet["pts"]) - first) * numerator for packet in theirs]
            assert denominator == track.timescale
            assert [unit.ticks - units[0].ticks for unit in units] == expected


@pytest.mark.parametrize("path", _RECORDINGS, ids=lambda path: path.name)
def test_recordings(path):
    peers.footage()
    _check(path)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("b.mp4", ["-c:v", "libx264", "-bf", "3", "-c:a", "aac"]),
        ("fragmented.mp4", ["-c:v", "libx264", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+delay_moov"]),
        ("a.mov", ["-c:v", "libx264", "-c:a", "aac", "-ar", "8000", "-ac", "1"]),
        ("a.mkv", ["-c:v", "libx264", "-c:a", "aac"]),
        ("a.flv", ["-c:v", "libx264", "-c:a", "aac", "-ar", "44100"]),
        ("a.ts", ["-c:v", "libx264", "-c:a", "aac"]),
        ("a.264", ["-an", "-c:v", "libx264"]),
        ("b.265", ["-an", "-c:v", "libx265", "-x265-params", "log-level=none"]),
        ("b.mkv", ["-an", "-c:v", "libx265", "-x265-params", "log-level=none:open-gop=1"]),
        ("b.ts", ["-c:v", "libx265", "-x265-params", "log-level=none", "-c:a", "aac"]),
        ("hvc1.mp4", ["-an", "-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"]),
        ("hi10.mp4", ["-an", "-c:v", "libx264", "-pix_fmt", "yuv420p10le"]),
        ("interlaced.mp4", ["-an", "-c:v", "libx264", "-flags", "+ilme+ildct"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_ffmpeg_writes(tmp_path, name, arguments):
    _check(_make(tmp_path / name, *arguments))
