"""An ordinary MP4 is read as libav reads it, item by item; everything else is left to libav."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tests.clips import encode
from tests.unit.isobmff.streams import write
from vssx.codec.demux import Demuxer
from vssx.isobmff.reader import open_movie
from vssx.model.media import EVERY_TRACK, AccessUnit, AccessUnits, AudioChoice, Gap, Loss, SourceTrack
from vssx.source import local
from vssx.source.local import open_local
from vssx.source.movie_samples import MovieSamples

START_NS = 1_700_000_000_000_000_000
BFRAMES = {"bf": "3", "b-adapt": "0", "preset": "medium"}


def _read(path: Path) -> tuple[object, object, object, list[object]]:
    with open_local(path, start_ns=START_NS) as source:
        return source.container, source.tracks, source.assumptions, list(source)


def _is_together(path: Path) -> bool:
    with open_local(path, start_ns=START_NS) as source:
        return isinstance(source._demuxer, MovieSamples)


def _assert_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is read without libav, which must be what is read with it."""
    assert _is_together(path)
    ours = _read(path)
    with monkeypatch.context() as patched:
        patched.setattr(local, "is_ordinary", lambda *_: False)
        assert not _is_together(path)
        theirs = _read(path)
    assert ours[:-1] == theirs[:-1]
    items = ours[-1]
    tracks = {getattr(item, "track", None) for item in items}
    assert tracks == {getattr(item, "track", None) for item in theirs[-1]}
    for track in tracks:  # how the tracks take turns is up to the reader
        assert _of_track(items, track) == _of_track(theirs[-1], track)
    return items


def _of_track(items: list[object], track: int | None) -> list[object]:
    return [item for item in items if getattr(item, "track", None) == track]


CLIPS = {
    "plain": {},
    "reordered": {"options": BFRAMES, "audio": True},
    "moov first": {"options": BFRAMES, "audio": True, "container": {"movflags": "faststart"}},
    "negative composition offsets": {"options": BFRAMES, "container": {"movflags": "negative_cts_offsets"}},
    "parameter sets in band": {"options": {**BFRAMES, "x264-params": "repeat-headers=1:slices=3"}},
    "open groups": {"options": {**BFRAMES, "x264-params": "open-gop=1:keyint=10"}, "frames": 60},
    "gradual refresh": {"options": {"intra-refresh": "1", "g": "10"}, "frames": 60},
    "H.265": {"codec": "libx265", "audio": True, "frames": 60, "options": {"x265-params": "log-level=none:keyint=20"}},
    "creation time": {"creation_time": "2024-05-01T12:00:00Z", "rate": 30},
    "slow": {"rate": 1, "frames": 40, "audio": True},
}


@pytest.mark.parametrize("name", CLIPS)
def test_it_is_what_libav_gives(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _assert_alike(encode(tmp_path / "a.mp4", **CLIPS[name]), monkeypatch)


def test_the_samples_of_the_project(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(samples.glob("*.mp4"))
    assert files
    for path in files:
        if _is_together(path):
            _assert_alike(path, monkeypatch)


@pytest.mark.parametrize("name", ["bottle-detection.mp4", "car-detection.mp4", "test_h265.mp4"])
def test_real_footage(name: str, footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _assert_alike(footage / name, monkeypatch)


def test_the_start_is_what_libav_takes_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "a.mp4", creation_time="2024-05-01T12:00:00Z")
    with open_local(path) as ours, Demuxer(path) as theirs:
        assert isinstance(ours._demuxer, MovieSamples)
        assert ours.start_ns == theirs.creation_ns


def _written(path: Path, tracks: tuple[SourceTrack, ...], units: list[AccessUnit]) -> Path:
    """With our own writer."""
    return write(path, units, tracks, block_bytes=1 << 16).path


def test_a_file_whose_tracks_do_not_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the video, then all of the sound: no single read gets both."""
    clip = encode(tmp_path / "clip.mp4", audio=True, frames=500, size=(320, 240))
    with open_local(clip, start_ns=START_NS) as source:
        units = sorted((item for item in source if isinstance(item, AccessUnit)), key=lambda unit: unit.track)
    _assert_alike(_written(tmp_path / "a.mp4", source.tracks, units), monkeypatch)


def test_a_jump_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = encode(tmp_path / "clip.mp4", frames=100)
    with open_local(clip, start_ns=START_NS) as source:
        units = [item for item in source if isinstance(item, AccessUnit)]
    later = [replace(unit, ticks=unit.ticks + 5 * unit.timescale) for unit in units[50:]]
    items = _assert_alike(_written(tmp_path / "a.mp4", source.tracks, [*units[:50], *later]), monkeypatch)
    assert sum(isinstance(item, Gap) for item in items) == 1


def test_damaged_samples_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures whose NAL unit is longer than they are, in different half seconds."""
    path = encode(tmp_path / "a.mp4", frames=60)
    movie = open_movie(path)
    content = bytearray(path.read_bytes())
    for number, sample in enumerate(movie.iter_samples(movie.tracks[0])):
        if number in (20, 40):
            content[sample.offset : sample.offset + 4] = b"\x7f\xff\xff\xff"
    path.write_bytes(content)
    items = _assert_alike(path, monkeypatch)
    assert sum(isinstance(item, Loss) for item in items) == 2


def test_most_access_units_come_together(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", options={**BFRAMES, "g": "25"}, frames=250, audio=True)
    with open_local(path, start_ns=START_NS) as source:
        items = list(source.together())
    together = [item for item in items if isinstance(item, AccessUnits)]
    assert sum(len(item.payloads) for item in together) > 0.9 * (250 + 10 * 48_000 / 1024)
    assert len(together) < 50


def _damaged(path: Path, box_type: bytes, at: int, layout: str, value: int) -> Path:
    content = bytearray(path.read_bytes())
    struct.pack_into(layout, content, content.index(box_type) + 4 + at, value)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("box_type", "at", "layout", "value"),
    [
        (b"stsz", 12, ">I", 1 << 27),  # a sample that lies beyond the end of the file
        (b"stsz", 12, ">I", 0),  # an empty one
        (b"stts", 12, ">I", 0),  # one without a duration
        (b"dref", 16, ">I", 0),  # the media lies in another file
        (b"avcC", 4, ">B", 0xFD),  # lengths of two bytes
    ],
)
def test_whatever_is_out_of_the_ordinary_is_left_to_libav(
    box_type: bytes, at: int, layout: str, value: int, tmp_path: Path
) -> None:
    path = encode(tmp_path / "a.mp4")
    assert _is_together(path)
    assert not _is_together(_damaged(path, box_type, at, layout, value))


def test_other_containers_and_choices_are_left_to_libav(tmp_path: Path) -> None:
    assert not _is_together(encode(tmp_path / "a.mov"))
    assert not _is_together(encode(tmp_path / "a.mkv"))
    assert not _is_together(encode(tmp_path / "b.mp4", container={"movflags": "frag_keyframe+empty_moov"}))
    path = encode(tmp_path / "c.mp4", audio=True)
    with open_local(path, start_ns=START_NS, choice=replace(EVERY_TRACK, audio=AudioChoice.NONE)) as source:
        assert isinstance(source._demuxer, Demuxer)
        assert len(source.tracks) == 1
