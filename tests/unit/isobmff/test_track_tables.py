"""What the sample tables of a written file say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from tests.unit.isobmff.streams import (
    AUDIO,
    START_NS,
    audio,
    gop,
    nal,
    video,
    write,
)
from vssx.isobmff.reader import open_movie
from vssx.model.media import NS


def test_gaps_extend_the_sample_before_them(tmp_path: Path) -> None:
    units = [
        video(0, nal(b"e1"), clean=True),
        video(3600, nal(b"a2")),
        video(0, nal(b"e3"), clean=True, run=1, run_start_ns=START_NS + 8 * NS + 5),
        video(3600, nal(b"a4"), run=1, run_start_ns=START_NS + 8 * NS + 5),
    ]
    write(tmp_path / "a.mp4", units)
    movie = open_movie(tmp_path / "a.mp4")
    assert [one.duration for one in movie.iter_samples(movie.tracks[0])] == [3600, 716_400, 3600, 3600]


def test_the_last_duration_is_known_or_assumed(tmp_path: Path) -> None:
    known = write(tmp_path / "a.mp4", [video(0, b"", clean=True), video(3600, b"", duration=1234)])
    assert (known.tracks[0].last_duration_ticks, known.tracks[0].last_duration_assumed) == (1234, False)
    # The one presented last counts, not the one that comes last.
    units = [video(0, b"", duration=1), video(7200, b"", duration=2), video(3600, b"", duration=3)]
    assert write(tmp_path / "b.mp4", units).tracks[0].last_duration_ticks == 2
    previous = write(tmp_path / "c.mp4", [video(0, b""), video(3601, b"")])
    assert (previous.tracks[0].last_duration_ticks, previous.tracks[0].last_duration_assumed) == (3601, True)
    # A sample of SEIs alone has the time of the picture before it; players drop what lasts no time.
    same = write(tmp_path / "f.mp4", [video(0, b""), video(3601, b""), video(3601, b"")])
    assert (same.tracks[0].last_duration_ticks, same.tracks[0].last_duration_assumed) == (3601, True)
    single = write(tmp_path / "d.mp4", [video(0, b"")])
    assert (single.tracks[0].last_duration_ticks, single.tracks[0].last_duration_assumed) == (3600, True)
    sound = write(tmp_path / "e.mp4", [replace(audio(0, b"x"), duration_ticks=None)], (AUDIO,))
    assert sound.tracks == () or sound.tracks[0].last_duration_ticks == 1024


def test_clean_points_are_sync_samples(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", [*gop(0, 5), *gop(5, 5)])
    movie = open_movie(tmp_path / "a.mp4")
    numbers = [one.number for one in movie.iter_samples(movie.tracks[0]) if one.sync]
    assert numbers == [1, 6]
    write(tmp_path / "b.mp4", [video(0, b"x", clean=True), video(9, b"y", clean=True)])
    stbl = open_movie(tmp_path / "b.mp4").tracks[0].tables
    assert stbl.sync is None


def test_times_that_run_backwards_are_clamped_and_counted(tmp_path: Path) -> None:
    units = [video(number * 10, b"x") for number in range(40)]
    units.append(video(5, b"late"))
    closed = write(tmp_path / "a.mp4", units)
    assert closed.tracks[0].decode_times_clamped == 1
    movie = open_movie(tmp_path / "a.mp4")
    assert [one.composition for one in movie.iter_samples(movie.tracks[0])][-1] == 5


def test_many_samples_go_through_temporary_files(tmp_path: Path) -> None:
    """More than a spool keeps in memory, with offsets in 32 and sizes in many values."""
    units = [video(number * 3600, bytes(number % 7), clean=number % 50 == 0) for number in range(70_000)]
    path = tmp_path / "a.mp4"
    closed = write(path, units, block_bytes=1 << 20)
    assert closed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    movie = open_movie(path)
    sizes = [one.size for one in movie.iter_samples(movie.tracks[0])]
    assert sizes == [len(unit.payload) for unit in units]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.mp4", "a.mp4.journal"]
