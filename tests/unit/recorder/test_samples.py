"""The committed samples are what samples/README.md says."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from vssx.recorder.store import open_store
from vssx.times import NS, to_xs_datetime


@pytest.mark.parametrize(
    ("name", "codec", "rate", "frames", "audio", "start"),
    [
        ("north-gate", "h264", 25, 800, 1501, "2026-03-14T06:30:00Z"),
        ("loading-dock", "hevc", 20, 600, 0, "2026-03-14T09:15:00Z"),
        ("car-park", "h264", 12.5, 375, 0, "2026-03-14T17:05:30Z"),
        ("reception", "h264", 15, 300, 160_000, "2026-03-14T06:30:00Z"),
    ],
)
def test_samples(samples: Path, name: str, codec: str, rate: float, frames: int, audio: int, start: str) -> None:
    path = samples / (f"{name}.mov" if name == "reception" else f"{name}.mp4")
    assert path.stat().st_size < 1_500_000
    with av.open(str(path)) as container:
        assert container.metadata["creation_time"].startswith(start[:19])
        video = container.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == (codec, 640, 360)
        assert float(video.average_rate or 0) == rate
        decoded = [frame.pts * frame.time_base for frame in container.decode(video)]
        assert [float(time) for time in decoded] == pytest.approx([number / rate for number in range(frames)])
    with av.open(str(path)) as container:
        assert sum(stream.frames for stream in container.streams.audio) == audio


def test_the_recorder_serves_all_of_them(samples: Path) -> None:
    store = open_store(samples, lambda path, reason: pytest.fail(f"{path}: {reason}"))
    assert [one.token for one in store.recordings] == ["car-park", "loading-dock", "north-gate", "reception"]
    assert [one.description.serial for one in store.recordings] == ["VSSX-0003", "VSSX-0002", "VSSX-0001", "VSSX-0004"]
    assert all(one.description.position is not None for one in store.recordings)
    car_park = store.find("car-park")
    assert car_park is not None
    assert [tuple(map(to_xs_datetime, span)) for span in car_park.sections] == [
        ("2026-03-14T17:05:30Z", "2026-03-14T17:05:44Z"),
        ("2026-03-14T17:06:31.500Z", "2026-03-14T17:06:47.500Z"),
    ]
    assert car_park.sections[1][0] - car_park.sections[0][1] == 47.5 * NS
