"""A recorder with small recordings, and players of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clips import encode
from vssx.recorder.server import RecorderServer

FRAMES = 75
TOML = """
name = "Küche"
location = "1st floor"
serial = "S-1"
start = 2024-05-01T12:00:00Z
longitude = 8.5
latitude = 47.25

[[gaps]]
at = 0.9
duration = 60
"""


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """three.mp4: H.264 with B-frames and AAC, 3 s at 25 pictures a second, a GOP of 12, a gap of 60 s at the clean
    point at 0.96 s; hevc.mp4: H.265; plain.264: raw with a rate in its VUI."""
    directory = tmp_path_factory.mktemp("recordings")
    options = {"preset": "fast", "bf": "2", "g": "12", "sc_threshold": "0"}
    encode(directory / "three.mp4", frames=FRAMES, options=options, audio=True)
    (directory / "three.toml").write_text(TOML, encoding="utf-8")
    params = "log-level=none:keyint=12:min-keyint=12:scenecut=0:bframes=2:open-gop=0"
    encode(
        directory / "hevc.mp4",
        "libx265",
        frames=40,
        options={"preset": "fast", "x265-params": params},
        creation_time="2024-05-02T00:00:00Z",
    )
    encode(directory / "plain.264", frames=40, options=options, format="h264")
    return directory


@pytest.fixture(scope="session")
def recorder(recordings: Path) -> Iterator[RecorderServer]:
    with RecorderServer(recordings) as server:
        yield server


@pytest.fixture
def three(recorder: RecorderServer) -> str:
    """RTSP address of three.mp4."""
    return f"{recorder.rtsp_url}three"
