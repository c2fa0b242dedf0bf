"""The times of pictures as a player of the whole file presents them."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

import pytest

from tests import clips
from tests.export_files import export_file
from tests.handovers import START_NS, write_media
from vssx.errors import MalformedMediaError
from vssx.isobmff.reader import open_movie
from vssx.model.media import TrackType
from vssx.report.sample_times import read_sample_times
from vssx.times import NS, from_xs_datetime

MANY = 10_000


def _times_of_frames(table: Path) -> list[int]:
    """UTC of the video's samples in ascending order, out of frames.csv.gz."""
    with gzip.open(table, "rt", newline="") as lines:
        rows = [line.rstrip("\r\n").split(",") for line in islice(lines, 1, None)]
    return sorted(from_xs_datetime(row[4]) for row in rows if row[0] == "1")


@pytest.mark.parametrize("sample", ["car-park.mp4", "north-gate.mp4"])
def test_every_picture_has_the_time_that_frames_csv_tells(tmp_path: Path, sample: str) -> None:
    media = write_media(tmp_path, "data/c/c.mp4", sample)
    times = read_sample_times(tmp_path / media.file.path, MANY)
    assert times is not None
    told = [times.utc_ns(ticks) for ticks in times.presentation_times()]
    wanted = _times_of_frames(tmp_path / media.file.frames_path)
    assert len(told) == len(wanted) == times.told == times.pictures
    assert times.whole
    assert max(abs(a - b) for a, b in zip(told, wanted, strict=True)) <= 100 + NS // times.timescale


def test_pictures_out_of_order_come_in_the_order_of_their_presentation(tmp_path: Path) -> None:
    clip = clips.encode(tmp_path / "b.mp4", frames=60, options={"bf": "3", "g": "20"})
    source = sorted(unit.composition for unit in open_movie(clip).iter_samples(open_movie(clip).tracks[0]))
    assert len(source) == 60
    media = export_file(clip, tmp_path / "written.mp4", start_ns=START_NS)
    times = read_sample_times(media, MANY)
    assert times is not None
    assert times.runs == ((59, times.timescale // 25),)
    assert times.utc_ns(times.first) == START_NS // 100 * 100


def test_what_begins_later_than_the_sound_is_told_on_the_players_timeline(tmp_path: Path) -> None:
    media = write_media(tmp_path, "data/c/c.mp4", "north-gate.mp4", kinds=(TrackType.AUDIO, TrackType.VIDEO))
    times = read_sample_times(tmp_path / media.file.path, MANY)
    assert times is not None
    video = next(track for track in media.file.tracks if track.track_type is TrackType.VIDEO)
    first = min(track.first_utc_ns for track in media.file.tracks)
    assert abs(times.base_ns - first) <= NS // 1000
    assert abs(times.utc_ns(times.first) - video.first_utc_ns) <= 100 + NS // times.timescale


def test_beyond_the_bound_the_rest_is_not_told(tmp_path: Path) -> None:
    media = write_media(tmp_path, "data/c/c.mp4", "north-gate.mp4", units=60)
    whole = read_sample_times(tmp_path / media.file.path, MANY)
    assert whole is not None
    assert len(whole.runs) > 1
    cut = read_sample_times(tmp_path / media.file.path, 1)
    assert cut is not None
    assert not cut.whole
    assert cut.runs == whole.runs[:1]
    assert cut.told == 1 + whole.runs[0][0] < whole.told
    assert cut.pictures == whole.pictures


def test_one_picture_is_told_too(tmp_path: Path) -> None:
    media = export_file(clips.encode(tmp_path / "one.mp4", frames=1), tmp_path / "written.mp4", start_ns=START_NS)
    times = read_sample_times(media, MANY)
    assert times is not None
    assert (times.runs, times.told, times.whole) == ((), 1, True)
    assert times.end > times.first


def test_without_video_there_are_no_pictures(tmp_path: Path) -> None:
    media = write_media(tmp_path, "data/c/c.mp4", "north-gate.mp4", kinds=(TrackType.AUDIO,))
    assert read_sample_times(tmp_path / media.file.path, MANY) is None


def test_a_file_without_cstb_tells_no_utc(tmp_path: Path) -> None:
    assert read_sample_times(clips.encode(tmp_path / "plain.mp4"), MANY) is None


def test_what_is_no_mp4_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"no boxes here, only text" * 4)
    with pytest.raises(MalformedMediaError):
        read_sample_times(tmp_path / "x.mp4", MANY)
