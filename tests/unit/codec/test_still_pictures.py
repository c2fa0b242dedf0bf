"""Stills are, to the byte, what decoding the whole file from its start gives at that time."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.clips import encode
from tests.export_files import START_NS, export_file
from vssx.codec import picture_decoder
from vssx.codec.jpeg import SmallPicture
from vssx.codec.still_pictures import WIDTH, take_stills
from vssx.isobmff.reader import open_movie
from vssx.model.still import NoStill, Still, StillReason, WantedStill
from vssx.times import NS

OPEN_264 = "open-gop=1:keyint=20:min-keyint=20:scenecut=0"
CLIPS = {
    "b-frames": ("libx264", {"preset": "medium", "g": "30", "x264-params": "bframes=3:b-pyramid=normal"}),
    "open groups": ("libx264", {"preset": "medium", "x264-params": f"{OPEN_264}:bframes=3"}),
    "open groups, pyramid": ("libx264", {"preset": "medium", "x264-params": f"{OPEN_264}:bframes=5:b-adapt=0:ref=4"}),
    "gradual refresh": ("libx264", {"preset": "medium", "x264-params": "intra-refresh=1:keyint=20"}),
    "H.265, open groups": (
        "libx265",
        {"preset": "medium", "x265-params": "log-level=none:open-gop=1:keyint=20:min-keyint=20:bframes=4"},
    ),
    "10 bit": ("libx265", {"x265-params": "log-level=none:keyint=10"}),
    "H.264, 10 bit": ("libx264", {"g": "10"}),
    "interlaced": ("libx264", {"preset": "medium", "x264-params": "interlaced=1:keyint=10"}),
}


def wanted(times: Sequence[Fraction | float], reason: StillReason = StillReason.EVENT) -> list[WantedStill]:
    """By seconds since the start; a wanted still's event_id is its place."""
    return [
        WantedStill(utc_ns=START_NS + int(Fraction(one) * NS), reason=reason, event_id=str(place))
        for place, one in enumerate(times)
    ]


def decoded(clip: Path) -> list[tuple[Fraction, bytes]]:
    """Every picture of a clip in the order of presentation: seconds since the first, and its JPEG."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        aspect = stream.codec_context.sample_aspect_ratio or Fraction(1)
        found = [
            (frame.pts * stream.time_base, SmallPicture(frame, aspect, WIDTH).jpeg())
            for frame in container.decode(stream)
        ]
    first = min(time for time, _ in found)
    return sorted((time - first, jpeg) for time, jpeg in found)


def stills(found: Sequence[Still | NoStill]) -> list[Still]:
    """All of them, none missing."""
    assert [one for one in found if isinstance(one, NoStill)] == []
    return [one for one in found if isinstance(one, Still)]


@pytest.mark.parametrize("name", CLIPS)
def test_every_picture_is_exact(tmp_path: Path, name: str) -> None:
    codec, options = CLIPS[name]
    clip = encode(
        tmp_path / "clip.mp4",
        codec,
        frames=90,
        size=(160, 96),
        pixel_format="yuv420p10le" if "10 bit" in name else "yuv420p",
        options=options,
    )
    reference = decoded(clip)
    file = export_file(clip, tmp_path / "export.mp4")
    found = stills(take_stills(file, "data/a/a.mp4", wanted([time + Fraction(1, 100) for time, _ in reference])))
    assert len(found) == 90
    assert [one.jpeg for one in found] == [jpeg for _, jpeg in reference]
    assert not any(one.damaged for one in found)
    assert {one.interlaced for one in found} == {name == "interlaced"}
    assert {one.file for one in found} == {"data/a/a.mp4"}
    movie = open_movie(file)
    by_number = {one.number: one.composition for one in movie.iter_samples(movie.tracks[0])}
    for one, (time, _) in zip(found, reference, strict=True):
        assert one.utc_ns - START_NS == one.media_ns == pytest.approx(time * NS, abs=1)
        assert by_number[one.sample] * NS // movie.tracks[0].timescale == one.media_ns


def test_the_picture_on_show_is_taken_and_outside_of_the_file_the_nearest(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", frames=50)
    reference = decoded(clip)
    file = export_file(clip, tmp_path / "export.mp4")
    found = stills(take_stills(file, "a", wanted([-5, 0.079, 0.08, 1000])))
    assert [one.jpeg for one in found] == [reference[at][1] for at in (0, 1, 2, 49)]
    assert [one.event_ids for one in found] == [("0",), ("1",), ("2",), ("3",)]


def test_a_picture_wanted_twice_comes_once_with_all_reasons(tmp_path: Path) -> None:
    file = export_file(encode(tmp_path / "clip.mp4", frames=10), tmp_path / "export.mp4")
    several = [
        WantedStill(utc_ns=START_NS, reason=StillReason.START),
        *wanted([0.01, 0.02]),
        WantedStill(utc_ns=START_NS + NS, reason=StillReason.END),
    ]
    first, last = stills(take_stills(file, "a", several))
    assert first.reasons == (StillReason.START, StillReason.EVENT)
    assert first.event_ids == ("0", "1")
    assert last.reasons == (StillReason.END,)


def test_steps_take_clean_points_and_where_these_coincide_the_exact_picture(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", frames=100, options={"g": "25", "x264-params": "scenecut=0"})
    file = export_file(clip, tmp_path / "export.mp4")
    found = stills(take_stills(file, "a", wanted([0.4, 0.6, 1.5, 3.5], StillReason.STEP)))
    assert [one.media_ns / NS for one in found] == [0.0, 0.6, 1.0, 3.0]


def test_pixels_that_are_no_squares_and_large_pictures(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", size=(704, 576), frames=3, options={"x264-params": "sar=12/11"})
    (one,) = stills(take_stills(export_file(clip, tmp_path / "export.mp4"), "a", wanted([0])))
    assert (one.width, one.height) == (WIDTH, 360)
    with av.open(_written(tmp_path / "still.jpg", one.jpeg), format="jpeg_pipe") as container:
        (frame,) = container.decode(video=0)
    assert (frame.width, frame.height, frame.format.name) == (WIDTH, 360, "yuvj420p")
    assert b"Lavc" not in one.jpeg
    assert len(one.jpeg) < 60_000


def test_parameter_sets_that_change(tmp_path: Path) -> None:
    """Two streams of different size behind each other: two sample entries, each with a decoder of its own."""
    small = encode(tmp_path / "small.264", size=(64, 48), frames=20, format="h264", options={"g": "10"})
    large = encode(tmp_path / "large.264", size=(128, 96), frames=20, format="h264", options={"g": "10"})
    both = tmp_path / "both.264"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    file = export_file(both, tmp_path / "export.mp4")
    assert {entry.code for entry in open_movie(file).tracks[0].sample_entries} == {"avc3"}
    found = stills(take_stills(file, "a", wanted([0.5, 0.79, 0.8, 1.5])))
    assert [(one.width, one.height) for one in found] == [(64, 48), (64, 48), (128, 96), (128, 96)]
    assert not any(one.damaged for one in found)


def _written(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def _damage(file: Path, number: int) -> None:
    """Spoil the slice data of one sample."""
    movie = open_movie(file)
    sample = next(one for one in movie.iter_samples(movie.tracks[0]) if one.number == number)
    data = bytearray(file.read_bytes())
    middle = sample.offset + sample.size // 2
    for at in range(middle, sample.offset + sample.size - 1):
        data[at] ^= 0x5A
    file.write_bytes(data)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_damage_is_told_from_the_damaged_picture_to_the_next_clean_point(tmp_path: Path, codec: str) -> None:
    options = {"x264-params": "keyint=20:bframes=0:scenecut=0", "x265-params": "log-level=none:keyint=20:bframes=0"}
    clip = encode(tmp_path / "clip.mp4", codec, size=(160, 96), frames=60, options=options)
    file = export_file(clip, tmp_path / "export.mp4")
    _damage(file, 26)
    reference = decoded(clip)
    found = take_stills(file, "a", wanted([Fraction(at, 25) + Fraction(1, 100) for at in range(60)]))
    good = [one for one in found if isinstance(one, Still) and not one.damaged]
    assert [one.sample for one in good] == [*range(1, 26), *range(41, 61)]
    assert [one.jpeg for one in good] == [reference[one.sample - 1][1] for one in good]
    for one in found:
        if one not in good:
            assert isinstance(one, NoStill) or one.damaged


def test_a_sample_that_is_nonsense_costs_its_own_group_at_most(tmp_path: Path) -> None:
    options = {"x264-params": "keyint=10:bframes=0:scenecut=0"}
    file = export_file(encode(tmp_path / "clip.mp4", frames=30, options=options), tmp_path / "export.mp4")
    movie = open_movie(file)
    sample = list(movie.iter_samples(movie.tracks[0]))[10]
    data = bytearray(file.read_bytes())
    data[sample.offset : sample.offset + 4] = b"\xff\xff\xff\xff"  # a length beyond the sample, of a clean point
    file.write_bytes(data)
    found = take_stills(file, "a", wanted([0.2, 0.61, 1.0]))
    assert isinstance(found[0], Still)
    assert isinstance(found[2], Still)
    assert isinstance(found[1], NoStill) or found[1].damaged


def test_a_file_that_is_no_movie_says_so_for_each_picture(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no movie at all" * 10)
    for found in (take_stills(path, "a", wanted([0, 1])), take_stills(tmp_path / "missing.mp4", "a", wanted([0, 1]))):
        assert [type(one) for one in found] == [NoStill, NoStill]
        assert all(isinstance(one, NoStill) and one.why and one.event_ids for one in found)


def test_too_far_behind_a_clean_point_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vssx.codec.still_pictures.MAX_DECODED", 64 * 48 * 20)
    options = {"g": "500", "x264-params": "scenecut=0"}
    file = export_file(encode(tmp_path / "clip.mp4", frames=40, options=options), tmp_path / "export.mp4")
    near, far = take_stills(file, "a", wanted([0.4, 1.2]))
    assert isinstance(near, Still)
    assert isinstance(far, NoStill)
    assert "30 pictures before it" in far.why


def test_parameter_sets_of_larger_pictures_than_the_file_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample entry says a size, the parameter sets another: libav refuses before it takes the memory."""
    file = export_file(encode(tmp_path / "clip.mp4", frames=5, size=(160, 96)), tmp_path / "export.mp4")
    assert stills(take_stills(file, "f", wanted([0])))
    monkeypatch.setattr(picture_decoder, "MAX_PIXELS", 160 * 96 - 1)
    [missing] = take_stills(file, "f", wanted([0]))
    assert isinstance(missing, NoStill)
    assert "the decoder shows nothing for it" in missing.why
