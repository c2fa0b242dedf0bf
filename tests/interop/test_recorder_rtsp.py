"""Other people's players take footage out of the embedded recorder: ffprobe, ffmpeg, GStreamer."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clips import encode
from tests.interop import media
from tests.peers import need
from tests.unit.recorder.player import Player
from vssx.model.acquisition import Credentials
from vssx.recorder.server import RecorderServer
from vssx.times import NS, from_xs_datetime

pytestmark = pytest.mark.interop

FRAMES = 50
SIZE = (64, 48)
SINCE_1900 = 2_208_988_800 * NS
CREDENTIALS = Credentials(user="operator", password="geheim")


@pytest.fixture(scope="module")
def footage_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds each, with B-frames: players take them in real time."""
    directory = tmp_path_factory.mktemp("recordings")
    options = {"preset": "fast", "bf": "2", "g": "12"}
    encode(directory / "h264.mp4", frames=FRAMES, options=options, audio=True)
    encode(directory / "h265.mp4", "libx265", frames=FRAMES, options={"preset": "fast", "g": "12"})
    return directory


@pytest.fixture(scope="module")
def recorder(footage_made: Path) -> Iterator[RecorderServer]:
    with RecorderServer(footage_made) as server:
        yield server


@pytest.fixture(scope="module")
def locked_recorder(footage_made: Path) -> Iterator[RecorderServer]:
    with RecorderServer(footage_made, credentials=CREDENTIALS) as server:
        yield server


def ffprobe(url: str, transport: str) -> list[dict[str, str]]:
    command = [need("ffprobe"), "-v", "error", "-rtsp_transport", transport, "-count_packets", "-count_frames"]
    command += ["-show_streams", "-of", "json", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert not done.stderr
    return json.loads(done.stdout)["streams"]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("name", ["h264", "h265"])
def test_ffprobe_gets_every_frame(recorder: RecorderServer, footage_made: Path, name: str, transport: str) -> None:
    video, *audio = ffprobe(recorder.rtsp_url + name, transport)
    assert (video["nb_read_packets"], video["nb_read_frames"]) == (str(FRAMES), str(FRAMES))
    assert video["codec_name"] == {"h264": "h264", "h265": "hevc"}[name]
    if name == "h264":
        frames = media.packets(footage_made / "h264.mp4", 1)
        assert [stream["nb_read_packets"] for stream in audio] == [str(len(frames))]


def test_ffprobe_logs_in(locked_recorder: RecorderServer) -> None:
    url = locked_recorder.rtsp_url.replace("rtsp://", f"rtsp://{CREDENTIALS.user}:{CREDENTIALS.password}@")
    assert ffprobe(f"{url}h265", "tcp")[0]["nb_read_packets"] == str(FRAMES)


def test_ffmpeg_decodes_without_a_word(recorder: RecorderServer) -> None:
    command = [need("ffmpeg"), "-v", "error", "-rtsp_transport", "tcp", "-i", recorder.rtsp_url + "h264"]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, timeout=60, check=True)
    assert not done.stderr


def gst_launch(pipeline: str) -> None:
    """Plays to the end of the stream; the caller looks at what was written.

    Once rtspsrc has seen the end it says TEARDOWN, and now and then PAUSE afterwards on the connection that it closed
    itself: an error, or a wait without end, that comes from its own closing and says nothing about the stream.
    """
    command = [need("gst-launch-1.0"), "--quiet", *pipeline.split()]
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, timeout=25, check=False)
        assert done.returncode == 0 or "gst_rtspsrc_pause" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_gstreamer_plays_h265_after_logging_in(locked_recorder: RecorderServer, tmp_path: Path, transport: str) -> None:
    gst_launch(
        f"""rtspsrc location={locked_recorder.rtsp_url}h265 protocols={transport} latency=200
        user-id={CREDENTIALS.user} user-pw={CREDENTIALS.password}
        ! rtph265depay ! h265parse ! avdec_h265 ! videoconvert
        ! video/x-raw,format=I420 ! filesink sync=false buffer-mode=unbuffered location={tmp_path / "video"}"""
    )
    assert (tmp_path / "video").stat().st_size == FRAMES * SIZE[0] * SIZE[1] * 3 // 2


def test_gstreamer_reads_the_replay_extension(samples: Path, tmp_path: Path) -> None:
    """rtponvifparse makes buffer flags and times out of the packets of a recording with a gap."""
    need("gst-launch-1.0")
    with RecorderServer(samples) as recorder, Player(f"{recorder.rtsp_url}car-park") as player:
        player.setup()
        player.play()
        units = list(player.units())
    sent = tmp_path / "packets"
    sent.write_bytes(b"".join(len(packet).to_bytes(2, "big") + packet for packet in player.packets))
    reader = Path(__file__).with_name("onvif_extension.py")
    command = ["/usr/bin/python3", str(reader), str(sent)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(read) == len(units) == 375
    start = from_xs_datetime("2026-03-14T17:05:30Z") + SINCE_1900
    for number, told in enumerate(read):
        taken = start + number * 80_000_000 + (47_500_000_000 if number >= 175 else 0)
        assert abs(told["time"] - taken) < 1000
    assert [number for number, told in enumerate(read) if told["clean_point"]] == list(range(0, 375, 25))
    assert [number for number, told in enumerate(read) if told["discontinuity"]][-1:] == [175]
