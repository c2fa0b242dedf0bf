"""What other people's programs make of the MP4 files in handovers of real footage."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import peers
from tests.interop import media
from tests.interop.chromium import shown
from tests.interop.commands import media_of, recorder, run

pytestmark = pytest.mark.interop

FOOTAGE = ("bottle-detection", "car-detection", "test_h265", "test_signed_h265")
H264 = ("bottle-detection", "car-detection")
START = "2024-05-01T12:00:00Z"
WAYS = ("remux", "export")


def _remuxed(source: Path, work: Path) -> Path:
    return Path(run("remux", source, "--start", START, "--output", work).strip())


def _exported(address: str, stem: str, work: Path) -> Path:
    recordings = json.loads(run("recordings", address, "--json"))["recordings"]
    one = next(one for one in recordings if stem in (one["token"], one["name"]))
    range_ = ("--from", one["from"], "--to", one["to"])
    return Path(run("export", address, "--recording", one["token"], *range_, "--output", work).strip())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, footage: Path) -> dict[tuple[str, str], Path]:
    """(way, name of the footage) -> the one MP4 file of its handover."""
    work = tmp_path_factory.mktemp("handovers")
    found = {("remux", stem): _remuxed(footage / f"{stem}.mp4", work) for stem in FOOTAGE}
    with recorder(footage) as address:
        found |= {("export", stem): _exported(address, stem, work) for stem in FOOTAGE}
    singles = {}
    for key, handover in found.items():
        (singles[key],) = media_of(handover)
    return singles


def _probed(path: Path) -> dict[str, Any]:
    shown = "stream=codec_type,codec_name,nb_frames,nb_read_packets,duration,start_time:format=duration:packet=pts_time"
    command = [peers.need("ffprobe"), "-v", "error", "-of", "json", "-count_packets", "-show_entries", shown, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not ended.stderr
    document = json.loads(ended.stdout)
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stem", FOOTAGE)
def test_ffprobe_counts_and_times(files: dict[tuple[str, str], Path], footage: Path, way: str, stem: str) -> None:
    document = _probed(files[way, stem])
    source = footage / f"{stem}.mp4"
    for index, stream in enumerate(document["streams"]):
        packets = media.packets(source, index)
        assert int(stream["nb_frames"]) == int(stream["nb_read_packets"]) == len(packets)
        first, last = min(one.pts for one in packets), max(one.pts for one in packets)
        frame = (last - first) / (len(packets) - 1)
        # The last sample's own duration is not in a stream; a frame more or less is what anybody can know of it.
        assert float(stream["duration"]) == pytest.approx(float(last - first + frame), abs=float(2 * frame))
    assert len(document["streams"]) == (2 if stem == "car-detection" else 1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stem", FOOTAGE)
def test_every_sample_is_shown_when_the_source_showed_it(
    files: dict[tuple[str, str], Path], footage: Path, way: str, stem: str
) -> None:
    """Times within each stream, and of the streams against each other, in the order of decoding."""
    source = footage / f"{stem}.mp4"
    streams = range(2 if stem == "car-detection" else 1)
    of_source = [media.packets(source, index) for index in streams]
    of_export = [media.packets(files[way, stem], index) for index in streams]
    origins = [min(one.pts for track in tracks for one in track) for tracks in (of_source, of_export)]
    for theirs, ours in zip(of_source, of_export, strict=True):
        moved = [abs((a.pts - origins[0]) - (b.pts - origins[1])) for a, b in zip(theirs, ours, strict=True)]
        assert max(moved) < 0.0001
        assert [one.key for one in ours][:1] == [True]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stem", FOOTAGE)
def test_nal_units_and_frames_are_those_of_the_source(
    files: dict[tuple[str, str], Path], footage: Path, way: str, stem: str
) -> None:
    source, exported = footage / f"{stem}.mp4", files[way, stem]
    codec, _ = media.extradata(source)
    sets: list[set[bytes]] = []
    others: list[list[list[bytes]]] = []
    for path in (source, exported):
        split = [media.split_sets(codec, media.nal_units(one.payload)) for one in media.packets(path)]
        others.append([rest for rest, _ in split])
        sets.append(media.sets_of(path).union(*(found for _, found in split)))
    assert others[0] == others[1]
    assert sets[0] == sets[1]
    if stem == "car-detection":
        frames = [[one.payload for one in media.packets(path, 1)] for path in (source, exported)]
        assert frames[0] == frames[1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stem", FOOTAGE)
def test_ffmpeg_decodes_without_a_word(files: dict[tuple[str, str], Path], way: str, stem: str) -> None:
    command = [peers.need("ffmpeg"), "-v", "error", "-nostdin", "-i", str(files[way, stem]), "-f", "null", "-"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not ended.stdout + ended.stderr


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stem", FOOTAGE)
def test_gstreamer_plays_every_frame(files: dict[tuple[str, str], Path], footage: Path, way: str, stem: str) -> None:
    launch = peers.need("gst-launch-1.0")
    uri = files[way, stem].as_uri()
    sinks = ["video-sink=fakesink name=shown silent=false sync=false", "audio-sink=fakesink sync=false"]
    ended = subprocess.run(
        [launch, "-v", "playbin", f"uri={uri}", *sinks], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "WARN" not in ended.stderr
    frames = sum("last-message = chain" in line for line in ended.stdout.splitlines())
    assert frames == media.pictures(footage / f"{stem}.mp4")


@pytest.mark.parametrize("way", WAYS)
def test_chromium_plays_and_seeks_h264(files: dict[tuple[str, str], Path], footage: Path, way: str) -> None:
    seconds = [20.0, 3.5, 28.0, 0.0]
    for stem, seen in shown({stem: files[way, stem] for stem in H264}, seconds).items():
        times = [one.pts for one in media.packets(footage / f"{stem}.mp4")]
        assert seen["duration"] == pytest.approx(float(max(times) - min(times)), abs=0.2)
        assert (seen["width"], seen["height"]) == ((640, 360) if stem == "bottle-detection" else (768, 432))
        assert [at for at, *_ in seen["pictures"]] == pytest.approx(seconds, abs=0.01)
        pictures = {(total, weight) for _, total, weight in seen["pictures"]}
        assert len(pictures) == len(seconds), "seeking showed the same picture twice"
        assert all(total > 0 for total, _ in pictures), "a black picture"
