"""Streams as recorders send them, through the client into MP4, judged by the pictures that others decode."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clips import encode
from tests.interop.media import packets
from tests.interop.streamed import (
    AAC_SDP,
    Clip,
    audio,
    decoded,
    export,
    gstreamer_pictures,
    mp4,
    run,
    streams,
    video,
)
from tests.peers import need
from vssx.isobmff.reader import open_movie
from vssx.model.media import Gap

pytestmark = pytest.mark.interop

CODECS = {"h264": "libx264", "hevc": "libx265"}
GOP = 10


def options(codec: str, *more: str) -> dict[str, str]:
    if codec == "hevc":
        own = f"log-level=none:keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=2:open-gop=0"
        return {"x265-params": ":".join((own, *more)), "preset": "fast"}
    own = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=2"
    return {"x264-params": ":".join((own, *more)), "preset": "fast"}


def clip(path: Path, codec: str, *more: str, **given) -> Clip:
    start = given.pop("start", 0.0)
    encode(path, CODECS[codec], **{"frames": 40, "options": options(codec, *more), **given})
    return Clip.read(path, start=start)


def seconds_of(units) -> float:
    return max(one.at for one in units) + 0.5


def whole(directory: Path, source: Path, received, *, files: int = 1) -> list[Path]:
    """Every picture of ``source`` is there, in ffmpeg and in GStreamer; nothing was lost."""
    made = mp4(directory)
    assert len(made) == files
    assert received.losses == ()
    pictures = [one for path in made for one in decoded(path)]
    assert pictures == decoded(source)
    assert sum(map(gstreamer_pictures, made)) == len(pictures)
    assert received.end.proven
    return made


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("place", ["SDP", "in band", "both"])
def test_where_the_parameter_sets_are(codec, place, tmp_path):
    one = clip(tmp_path / "a.mp4", codec)
    units = one.units if place == "SDP" else one.in_band()
    media = [each.data for each in video(units, codec)]
    received = export(tmp_path, one.sdp(sets=place != "in band"), media, seconds=seconds_of(units))
    [made] = whole(tmp_path, tmp_path / "a.mp4", received)
    expected = {"h264": ("avc1", "avc3"), "hevc": ("hvc1", "hev1")}[codec][place != "SDP"]
    assert streams(made)[0]["codec_tag_string"] == expected


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("marker", ["always", "never"])
def test_marker_bit(codec, marker, tmp_path):
    one = clip(tmp_path / "a.mp4", codec)
    media = [each.data for each in video(one.in_band(), codec, marker=marker)]
    whole(tmp_path, tmp_path / "a.mp4", export(tmp_path, one.sdp(sets=False), media, seconds=seconds_of(one.units)))


@pytest.mark.parametrize("codec", CODECS)
def test_several_slices(codec, tmp_path):
    source = tmp_path / "a.mp4"
    how = ("-c:v", CODECS[codec], f"-{CODECS[codec][3:]}-params", "log-level=none:keyint=10:bframes=2:slices=4")
    picture = ("-f", "lavfi", "-i", "testsrc=size=320x256:rate=25:duration=1.6", "-pix_fmt", "yuv420p")
    run(need("ffmpeg"), "-v", "error", *picture, *how, source)
    one = Clip.read(source)
    slices = [sum(nal[0] & 31 in (1, 5) if codec == "h264" else nal[0] >> 1 < 32 for nal in u.nals) for u in one.units]
    assert max(slices) > 1
    media = [each.data for each in video(one.in_band(), codec)]
    whole(tmp_path, tmp_path / "a.mp4", export(tmp_path, one.sdp(sets=False), media, seconds=seconds_of(one.units)))


@pytest.mark.parametrize(("codec", "how"), [("h264", "tff=1"), ("hevc", "interlace=tff")])
def test_interlaced(codec, how, tmp_path):
    one = clip(tmp_path / "a.mp4", codec, how, size=(64, 64))
    media = [each.data for each in video(one.in_band(), codec)]
    whole(tmp_path, tmp_path / "a.mp4", export(tmp_path, one.sdp(sets=False), media, seconds=seconds_of(one.units)))


@pytest.mark.parametrize("codec", CODECS)
def test_intra_pictures_only(codec, tmp_path):
    own = {"x264-params": "keyint=1"} if codec == "h264" else {"x265-params": "log-level=none:keyint=1"}
    one = clip(tmp_path / "a.mp4", codec, options=own)
    assert all(unit.key for unit in one.units)
    media = [each.data for each in video(one.in_band(), codec)]
    whole(tmp_path, tmp_path / "a.mp4", export(tmp_path, one.sdp(sets=False), media, seconds=seconds_of(one.units)))


@pytest.mark.parametrize("interval", [0.4, 2.0, 5.0])
@pytest.mark.parametrize("codec", CODECS)
def test_only_the_intra_pictures_were_stored(codec, interval, tmp_path):
    """Regular, however far apart: no gaps, since nothing else was recorded."""
    one = clip(tmp_path / "a.mp4", codec, frames=80)
    keys = [unit for unit in one.units if unit.key]
    units = [unit._replace(at=number * interval) for number, unit in enumerate(keys)]
    received = export(tmp_path, one.sdp(sets=True), [each.data for each in video(units, codec)], seconds=8 * interval)
    [made] = mp4(tmp_path)
    assert len(decoded(made)) == gstreamer_pictures(made) == len(keys)
    assert received.gaps == ()
    assert received.losses == ()


def test_intra_pictures_that_are_no_idr(tmp_path):
    """Stored out of an open GOP: the recorder's C bit and the slices together make a clean point."""
    one = clip(tmp_path / "a.mp4", "h264", options={"x264-params": "keyint=10:scenecut=0:bframes=2:open-gop=1"})
    bare = [unit._replace(nals=tuple(nal for nal in unit.nals if nal[0] & 31 != 6)) for unit in one.units]
    units = [unit for unit in bare if unit.key or unit.nals[0][0] & 31 == 5]
    assert any(all(nal[0] & 31 == 1 for nal in unit.nals) for unit in units), "all of them are IDR pictures"
    received = export(
        tmp_path, one.sdp(sets=True), [each.data for each in video(units[1:], "h264")], seconds=seconds_of(units)
    )
    [made] = mp4(tmp_path)
    assert open_movie(made).tracks[0].codec
    assert received.media[0].file.tracks[0].clean_points == len(units) - 1
    assert not [told for told in received.assumptions if told.subject == "no clean point"]


@pytest.mark.parametrize("first_in_band", [True, False])
@pytest.mark.parametrize("codec", CODECS)
def test_parameter_sets_that_change(codec, first_in_band, tmp_path):
    """Another size from one GOP to the next: one file with two sample entries of one kind, and each picture decodes."""
    one = clip(tmp_path / "a.mp4", codec)
    other = clip(tmp_path / "b.mp4", codec, size=(96, 80), start=40 / 25)
    units = [*(one.in_band() if first_in_band else one.units), *other.in_band()]
    media = [each.data for each in video(units, codec)]
    received = export(tmp_path, one.sdp(sets=not first_in_band), media, seconds=seconds_of(units))
    made = mp4(tmp_path)
    assert received.losses == ()
    expected = decoded(tmp_path / "a.mp4") + decoded(tmp_path / "b.mp4")
    assert [picture for path in made for picture in decoded(path)] == expected
    assert sum(map(gstreamer_pictures, made)) == 80
    for summary in received.media:
        assert len(set(summary.file.tracks[0].sample_entries)) == 1


@pytest.mark.parametrize("codec", CODECS)
def test_parameter_sets_that_change_and_return(codec, tmp_path):
    one = clip(tmp_path / "a.mp4", codec, frames=20)
    other = clip(tmp_path / "b.mp4", codec, frames=20, size=(96, 80), start=0.8)
    back = [unit._replace(at=unit.at + 1.6) for unit in one.in_band()]
    units = [*one.in_band(), *other.in_band(), *back]
    received = export(
        tmp_path, one.sdp(sets=True), [each.data for each in video(units, codec)], seconds=seconds_of(units)
    )
    made = mp4(tmp_path)
    first, second = decoded(tmp_path / "a.mp4"), decoded(tmp_path / "b.mp4")
    assert [picture for path in made for picture in decoded(path)] == first + second + first
    assert sum(map(gstreamer_pictures, made)) == 60
    assert received.losses == ()


def sounded(path: Path) -> tuple[Clip, list[tuple[bytes, float]]]:
    encode(path, frames=100, options=options("h264"), audio=True)
    frames = [(one.payload, float(one.pts)) for one in packets(path, 1) if one.pts >= 0]
    return Clip.read(path), frames


@pytest.mark.parametrize("shift", [0.0, 3.0, -3.0])
def test_one_ssrc_for_both_tracks_and_loose_interleaving(shift, tmp_path):
    """Audio comes ``shift`` seconds after the video it belongs to."""
    one, frames = sounded(tmp_path / "a.mp4")
    sound = [each._replace(at=each.at + shift) for each in audio(frames)]
    merged = sorted([*video(one.in_band(), "h264"), *sound], key=lambda each: each.at)
    received = export(tmp_path, one.sdp(sets=True) + AAC_SDP, [each.data for each in merged], seconds=6)
    [made] = whole(tmp_path, tmp_path / "a.mp4", received)
    assert [one.payload for one in packets(made, 1)] == [content for content, _ in frames]
    video_stream, audio_stream = streams(made)
    assert float(audio_stream["start_time"]) - float(video_stream["start_time"]) == pytest.approx(
        frames[0][1], abs=1e-3
    )


@pytest.mark.parametrize("off", [3.0, -3.0, 0.4, -0.4])
def test_first_audio_timestamp_that_is_off(off, tmp_path):
    """Its NTP time is right: sound stays in sync, and no gap is told where there is none."""
    one, frames = sounded(tmp_path / "a.mp4")
    sound = audio(frames, wrong_first=round(off * 48_000))
    merged = sorted([*video(one.in_band(), "h264"), *sound], key=lambda each: each.at)
    received = export(tmp_path, one.sdp(sets=True) + AAC_SDP, [each.data for each in merged], seconds=6)
    [made] = whole(tmp_path, tmp_path / "a.mp4", received)
    heard = packets(made, 1)
    assert [each.payload for each in heard] == [content for content, _ in frames]
    starts = [float(each.pts - heard[0].pts) for each in heard]
    assert starts == pytest.approx([at - frames[0][1] for _, at in frames], abs=2e-3)
    assert not [gap for gap in received.gaps if isinstance(gap, Gap)]
    assert not [told for told in received.assumptions if told.subject == "time deviation" and told.track == 1]


@pytest.mark.parametrize("codec", CODECS)
def test_another_run_that_brings_no_parameter_sets(codec, tmp_path):
    """They came once in band; the recorder does not repeat them where a cut export goes on."""
    one = clip(tmp_path / "a.mp4", codec)
    units = [one.in_band()[0], *one.units[1:]]
    first = [each.data for each in video(units, codec)]
    export(tmp_path, one.sdp(sets=False), first, seconds=seconds_of(units), cut=25)
    again = [each.data for each in video(one.units, codec)][20:]
    received = export(tmp_path, one.sdp(sets=False), again, seconds=seconds_of(units))
    whole(tmp_path, tmp_path / "a.mp4", received)


def test_the_first_run_brings_no_parameter_sets(tmp_path):
    """Nothing can be decoded, which the record says with what would help."""
    one = clip(tmp_path / "a.mp4", "h264")
    units = [*one.units[:20], one.in_band()[20], *one.units[21:]]
    received = export(tmp_path, one.sdp(sets=False), [each.data for each in video(units, "h264")], seconds=3)
    [made] = mp4(tmp_path)
    assert len(decoded(made)) == 20
    [loss] = received.losses
    assert "20 access units" in loss.detail
    assert "came before any usable parameter set" in loss.detail
    assert "start of the recording" in loss.detail
