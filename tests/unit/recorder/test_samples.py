"""The committed samples are what samples/README.md says."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from vssx.onvif import metadata, scene
from vssx.onvif.metadata import read_document
from vssx.onvif.search_session import FindEvents
from vssx.recorder.event_search import find_events
from vssx.recorder.store import open_store
from vssx.recorder.stored_metadata import documents
from vssx.times import NS, to_xs_datetime


@pytest.mark.parametrize(
    ("name", "codec", "rate", "frames", "audio", "start"),
    [
        ("north-gate", "h264", 25, 800, 1501, "2026-03-14T06:30:00Z"),
        ("loading-dock", "hevc", 20, 600, 0, "2026-03-14T09:15:00Z"),
        ("car-park", "h264", 12.5, 375, 0, "2026-03-14T17:05:30Z"),
        ("reception", "h264", 15, 300, 160_000, "2026-03-14T06:30:00Z"),
        ("side-door", "h264", 12.5, 375, 0, "2026-03-14T21:40:10Z"),
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
    tokens = ["car-park", "loading-dock", "north-gate", "reception", "side-door"]
    assert [one.token for one in store.recordings] == tokens
    assert [one.description.serial[-1] for one in store.recordings] == ["3", "2", "1", "4", "5"]
    assert all(one.description.position is not None for one in store.recordings)
    car_park = store.find("car-park")
    assert car_park is not None
    assert [tuple(map(to_xs_datetime, span)) for span in car_park.sections] == [
        ("2026-03-14T17:05:30Z", "2026-03-14T17:05:44Z"),
        ("2026-03-14T17:06:31.500Z", "2026-03-14T17:06:47.500Z"),
    ]
    assert car_park.sections[1][0] - car_park.sections[0][1] == 47.5 * NS


def test_what_is_known_of_the_side_door(samples: Path) -> None:
    side_door = open_store(samples, lambda *_: None).find("side-door")
    assert side_door is not None
    track = side_door.track("META001")
    assert track is not None
    assert track.samples == 145
    told = [event for event in find_events([side_door], FindEvents(start_ns=side_door.start_ns)) if event is not None]
    recorded = [event.notification for event in told if "RecordingHistory" not in event.notification.topic]
    assert len(recorded) == 22
    notifications, kinds, plates, positions = [], set(), set(), set()
    for played in documents(track, 0, None):
        document = read_document(played.sample.payload, "")
        assert document.tolerated == ""
        notifications += metadata.notifications(document, pytest.fail)
        for one in scene.objects(document):
            assert one.utc_ns == played.utc_ns
            assert one.box is not None
            kinds |= {each.name for each in one.classes}
            plates.add(one.plate)
            assert one.speed_m_s is not None
        positions |= {(one.pan, one.pan_tilt_status) for one in scene.ptz(document)}
    assert {event.topic.rpartition("/")[2] for event in recorded} == {
        *("MotionAlarm", "DigitalInput", "DoorMode", "DoorPhysicalState", "DoorAlarm"),
        *("Enabled", "Crossed", "Credential"),
    }
    # What the camera told is among what the recorder finds.
    assert len(notifications) == 12
    assert {(each.topic, each.utc_ns, each.data) for each in notifications} < {
        (each.topic, each.utc_ns, each.data) for each in recorded
    }
    assert kinds == {"Human", "Vehical"}
    assert plates == {"", "ZH 48151"}
    assert {status for _, status in positions} == {"IDLE", "MOVING"}
    assert len(positions) > 10
