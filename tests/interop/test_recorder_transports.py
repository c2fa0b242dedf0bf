"""Other people's players reach the embedded recorder over TLS and through HTTP, and play every codec that it sends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.test_recorder_rtsp import CREDENTIALS, ffprobe, gst_launch
from tests.matrix.recordings import AUDIO, FRAMES, SIZE, make
from tests.peers import need
from vssx.recorder.server import RecorderServer
from vssx.recorder.tls import self_signed

pytestmark = pytest.mark.interop
PICTURE = SIZE[0] * SIZE[1] * 3 // 2


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("ffmpeg")
    return make(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="module")
def plain(recordings: Path) -> Iterator[RecorderServer]:
    with RecorderServer(recordings) as server:
        yield server


@pytest.fixture(scope="module")
def locked(recordings: Path) -> Iterator[RecorderServer]:
    with RecorderServer(recordings, credentials=CREDENTIALS) as server:
        yield server


@pytest.fixture(scope="module")
def encrypted(recordings: Path) -> Iterator[RecorderServer]:
    with RecorderServer(recordings, credentials=CREDENTIALS, tls=self_signed("127.0.0.1")) as server:
        yield server


# On a busy machine GStreamer ends at the BYE before it has shown the last of what came; ffmpeg tells the end below.
_LOST_AT_THE_END = 0.25


def assert_pictures(shown: Path) -> None:
    """Whole pictures, and nearly all of them."""
    count, rest = divmod(shown.stat().st_size, PICTURE)
    assert (rest, (1 - _LOST_AT_THE_END) * FRAMES <= count <= FRAMES) == (0, True), count


def logged_in(url: str, scheme: str) -> str:
    return f"{scheme}://{CREDENTIALS.user}:{CREDENTIALS.password}@{url.partition('://')[2]}"


def test_ffprobe_through_http(plain: RecorderServer, locked: RecorderServer) -> None:
    for url in (plain.tunnel_url, logged_in(locked.tunnel_url, "rtsp")):
        assert ffprobe(f"{url}h264-none", "http")[0]["nb_read_frames"] == str(FRAMES)


def test_ffprobe_over_tls(encrypted: RecorderServer) -> None:
    assert ffprobe(logged_in(f"{encrypted.rtsp_url}h265-none", "rtsps"), "tcp")[0]["nb_read_frames"] == str(FRAMES)
    tunnel = logged_in(f"{encrypted.tunnel_url}h265-none", "rtsp")
    assert ffprobe(tunnel, "https")[0]["nb_read_frames"] == str(FRAMES)


@pytest.mark.parametrize("scheme", ["rtsps", "rtsph", "rtspsh"])
def test_gstreamer(locked: RecorderServer, encrypted: RecorderServer, tmp_path: Path, scheme: str) -> None:
    url = {"rtsps": encrypted.rtsp_url, "rtsph": locked.tunnel_url, "rtspsh": encrypted.tunnel_url}[scheme]
    gst_launch(
        f"""rtspsrc location={scheme}://{url.partition("://")[2]}h264-none latency=200 tls-validation-flags=0
        user-id={CREDENTIALS.user} user-pw={CREDENTIALS.password}
        ! rtph264depay ! h264parse ! avdec_h264 ! videoconvert
        ! video/x-raw,format=I420 ! filesink sync=false buffer-mode=unbuffered location={tmp_path / "video"}"""
    )
    assert_pictures(tmp_path / "video")


def decoded(*source: str | Path) -> bytes:
    command = [need("ffmpeg"), "-v", "error", *map(str, source), "-map", "0:a:0", "-f", "s16le", "-"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert not done.stderr
    return done.stdout


# ffmpeg reads no LATM whose configuration is in band.
@pytest.mark.parametrize("audio", [audio for audio in AUDIO if audio not in ("none", "latm-in-band")])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_hears_what_is_stored(plain: RecorderServer, recordings: Path, audio: str, transport: str) -> None:
    heard = decoded("-rtsp_transport", transport, "-i", f"{plain.rtsp_url}h264-{audio}")
    kept = decoded("-i", recordings / f"h264-{audio}.mov")
    # The container's edit list hides the priming of AAC, which travels like any other frame.
    assert heard.endswith(kept) if audio in ("aac", "latm") else heard == kept


def test_ffprobe_counts_jpeg(plain: RecorderServer) -> None:
    streams = ffprobe(f"{plain.rtsp_url}jpeg", "tcp")
    assert [stream["nb_read_frames"] for stream in streams if stream["codec_name"] == "mjpeg"] == [str(FRAMES)]
