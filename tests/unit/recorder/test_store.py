"""Which files are recordings, and what the recorder tells of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.clips import encode
from vssx.errors import NothingRecordedError, UsageError
from vssx.model.recording import RecordingSourceInformation
from vssx.recorder.store import RecordingStore, open_store, recording_token
from vssx.times import NS, from_xs_datetime, to_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")


def opened(directory: Path) -> tuple[RecordingStore, dict[str, str]]:
    refused: dict[str, str] = {}
    store = open_store(directory, lambda path, reason: refused.update({path.name: reason}))
    return store, refused


def test_what_is_told_of_a_recording(recordings: Path) -> None:
    store, refused = opened(recordings)
    assert not refused
    assert [recording.token for recording in store.recordings] == ["hevc", "plain", "three"]
    three = store.find("three")
    assert three is not None
    told = three.information
    assert told.source == RecordingSourceInformation(
        source_id="S-1", name="Küche", location="1st floor", description="geo:47.25,8.5"
    )
    assert [(track.token, track.track_type) for track in told.tracks] == [("VIDEO001", "Video"), ("AUDIO001", "Audio")]
    # The encoder's priming frame of audio lies before the first picture.
    assert to_xs_datetime(told.earliest_ns or 0) == "2024-05-01T11:59:59.978666667Z"
    assert told.tracks[0].data_from_ns == START
    assert told.tracks[0].data_to_ns == START + 63 * NS
    assert told.status == "Stopped"


def test_sections(recordings: Path) -> None:
    three = opened(recordings)[0].find("three")
    assert three is not None
    assert len(three.sections) == 2
    video, audio = three.tracks
    assert [(s.start_ns - START, s.end_ns - START) for s in video.sections] == [
        (0, 960_000_000),
        (60_960_000_000, 63 * NS),
    ]
    # Audio goes on after the gap with the frame that starts at or after the picture.
    assert len(audio.sections) == 2
    assert 0 <= audio.sections[1].start_ns - video.sections[1].start_ns < 1024 * NS // 48_000


def test_attributes_at_a_time(recordings: Path) -> None:
    three = opened(recordings)[0].find("three")
    assert three is not None
    attributes = three.media_attributes(START)
    assert attributes is not None
    video, audio = attributes.tracks
    assert (video.encoding, video.width, video.height, video.framerate) == ("H264", 64, 48, 25.0)
    assert (audio.encoding, audio.samplerate) == ("AAC", 48_000)
    assert attributes.until_ns is not None
    assert attributes.until_ns < START + NS
    assert three.media_attributes(START + 30 * NS) is None


def test_start_times(tmp_path: Path) -> None:
    encode(tmp_path / "toml.mp4", frames=5, creation_time="2024-05-02T00:00:00Z")
    (tmp_path / "toml.toml").write_text("start = 2024-05-01T12:00:00Z")
    encode(tmp_path / "header.mp4", frames=5, creation_time="2024-05-02T00:00:00Z")
    encode(tmp_path / "file.mkv", frames=5)
    os.utime(tmp_path / "file.mkv", ns=(0, START + 999))
    starts = {recording.token: recording.start_ns for recording in opened(tmp_path)[0].recordings}
    assert starts == {"toml": START, "header": from_xs_datetime("2024-05-02T00:00:00Z"), "file": START}


def test_files_that_cannot_be_served_are_told(tmp_path: Path) -> None:
    encode(tmp_path / "good.mp4", frames=5)
    encode(tmp_path / "gap.mp4", frames=5)
    (tmp_path / "gap.toml").write_text("[[gaps]]\nat = 100\nduration = 5")
    encode(tmp_path / "typo.mp4", frames=5)
    (tmp_path / "typo.toml").write_text("titel = 'x'")
    (tmp_path / "noise.mp4").write_bytes(os.urandom(1000))
    (tmp_path / "empty.264").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a recording")
    store, refused = opened(tmp_path)
    assert [recording.token for recording in store.recordings] == ["good"]
    assert set(refused) == {"gap.mp4", "typo.mp4", "noise.mp4", "empty.264"}
    assert "gap at 100 s" in refused["gap.mp4"]
    assert "titel" in refused["typo.mp4"]


def test_raw_streams(tmp_path: Path) -> None:
    """The rate in the stream (VUI) counts, else that of the TOML file; without either a stream is not served."""
    silent = {"x265-params": "log-level=none:vui-timing-info=0"}
    encode(tmp_path / "vui.264", frames=10, format="h264", rate=25)
    encode(tmp_path / "both.265", "libx265", frames=10, format="hevc", rate=25)
    encode(tmp_path / "toml.265", "libx265", frames=10, format="hevc", options=silent)
    encode(tmp_path / "none.265", "libx265", frames=10, format="hevc", options=silent)
    for name in ("both", "toml"):
        (tmp_path / f"{name}.toml").write_text("fps = 5")
    store, refused = opened(tmp_path)
    lengths = {recording.token: recording.end_ns - recording.start_ns for recording in store.recordings}
    assert lengths == {"vui": 10 * NS // 25, "both": 10 * NS // 25, "toml": 2 * NS}
    assert set(refused) == {"none.265"}
    assert "frame rate" in refused["none.265"]


def test_two_files_that_differ_in_their_suffix(tmp_path: Path) -> None:
    encode(tmp_path / "door.mp4", frames=5)
    encode(tmp_path / "door.mkv", frames=5)
    encode(tmp_path / "gate.mkv", frames=5)
    assert [recording.token for recording in opened(tmp_path)[0].recordings] == ["door.mkv", "door.mp4", "gate"]


def test_tokens_need_no_quoting_and_differ() -> None:
    assert recording_token("north-gate_1.a") == "north-gate_1.a"
    names = ["Küche", "Kuche", "Kuc he", "a/b", "a\\b", "x" * 64, "x" * 65, "x" * 66, "<&>", ""]
    tokens = [recording_token(name) for name in names]
    assert len(set(tokens)) == len(names)
    assert all(len(token) <= 64 and token.isascii() and " " not in token and "/" not in token for token in tokens)


def test_natural_jump_is_a_gap(tmp_path: Path) -> None:
    """A file whose samples jump: no TOML is needed to see that nothing was recorded."""
    import av

    source = encode(tmp_path / "source.mp4", frames=50, options={"g": "25", "sc_threshold": "0", "bf": "0"})
    directory = tmp_path / "served"
    directory.mkdir()
    with av.open(str(source)) as reading, av.open(str(directory / "jump.mp4"), "w") as writing:
        stream = writing.add_stream_from_template(reading.streams.video[0])
        for packet in reading.demux(video=0):
            if packet.dts is None:
                continue
            if packet.pts * packet.time_base >= 1:
                packet.pts += int(9 / packet.time_base)
                packet.dts += int(9 / packet.time_base)
            packet.stream = stream
            writing.mux(packet)
    recording = opened(directory)[0].recordings[0]
    assert [(end - start) // 10_000_000 for start, end in recording.sections] == [100, 100]
    assert recording.sections[1][0] - recording.sections[0][1] == 9 * NS


@pytest.mark.parametrize("make", [lambda path: path / "nowhere", lambda path: path], ids=["missing", "empty"])
def test_nothing_to_serve(tmp_path: Path, make) -> None:
    expected = UsageError if make(tmp_path) != tmp_path else NothingRecordedError
    with pytest.raises(expected):
        opened(make(tmp_path))
