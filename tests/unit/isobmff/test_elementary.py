from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.isobmff.streams import AAC, AUDIO, H264, PPS, VIDEO, audio, h264, nal, video, write
from tests.unit.isobmff.test_sample_entry import H265
from vssx.errors import HandoverError, MalformedMediaError, UnsupportedMediaError
from vssx.isobmff.elementary import Extracted, extract
from vssx.isobmff.reader import Movie, open_movie
from vssx.model.media import AccessUnit, Codec, CodecConfiguration

SPS = H264.parameter_sets[0]
CODE = b"\0\0\0\1"


def movie(path: Path, *units: AccessUnit) -> Movie:
    write(path, units, (AUDIO,) if units[0].track else (VIDEO,))
    return open_movie(path)


def out(one: Movie, path: Path) -> bytes:
    assert extract(one, one.tracks[0], path).size == path.stat().st_size
    assert not path.with_name(path.name + ".partial").exists()
    return path.read_bytes()


def test_parameter_sets_of_the_entry_come_first(tmp_path: Path) -> None:
    one = movie(tmp_path / "a.mp4", video(0, nal(b"\x65a") + nal(b"\x41b"), clean=True), video(1, nal(b"\x41c")))
    assert out(one, tmp_path / "a.h264") == CODE + CODE.join([SPS, PPS, b"\x65a", b"\x41b", b"\x41c"])
    assert out(one, tmp_path / "a.nals") == b"".join(map(nal, [SPS, PPS, b"\x65a", b"\x41b", b"\x41c"]))


def test_samples_that_bring_their_own_sets_stay_as_they_are(tmp_path: Path) -> None:
    payload = nal(b"\x09\xf0") + nal(SPS) + nal(PPS) + nal(b"\x65a")
    one = movie(tmp_path / "a.mp4", video(0, payload, clean=True, sets=True))
    assert out(one, tmp_path / "a.nals") == payload


def test_h265_sets(tmp_path: Path) -> None:
    payload = nal(b"\x26\x01a")
    with_sets = b"".join(map(nal, H265.parameter_sets)) + payload
    one = movie(
        tmp_path / "a.mp4",
        video(0, payload, clean=True, configuration=H265),
        video(1, with_sets, clean=True, configuration=H265, sets=True),
    )
    assert out(one, tmp_path / "a.nals") == with_sets + with_sets


def test_a_new_entry_brings_new_sets(tmp_path: Path) -> None:
    other = h264(320, 240)
    one = movie(tmp_path / "a.mp4", video(0, nal(b"\x65a"), clean=True), video(1, nal(b"\x65b"), configuration=other))
    sets = [SPS, PPS, b"\x65a", other.parameter_sets[0], PPS, b"\x65b"]
    assert out(one, tmp_path / "a.264") == CODE + CODE.join(sets)


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (b"\x41a\0", "ends in a zero byte"),
        (b"\x41\0\0\1a", "start-code pattern"),
        (b"\x41\0\0\0\1a", "start-code pattern"),
        (b"", "is empty"),
    ],
)
def test_annex_b_is_refused_where_it_would_lose_bytes(tmp_path: Path, unit: bytes, reason: str) -> None:
    payload = nal(b"\x41ok") + nal(unit)
    one = movie(tmp_path / "a.mp4", video(0, nal(b"\x65a"), clean=True), video(1, payload))
    with pytest.raises(UnsupportedMediaError, match=reason) as caught:
        extract(one, one.tracks[0], tmp_path / "a.h264")
    assert "sample 2" in caught.value.where
    assert ".nals" in caught.value.next_step
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".journal", ".mp4"]
    assert out(one, tmp_path / "a.nals").endswith(payload)


@pytest.mark.parametrize("payload", [b"\0\0\0", b"\0\0\0\5abc", b"\xff\xff\xff\xffabc"])
def test_lengths_that_reach_beyond_the_sample(tmp_path: Path, payload: bytes) -> None:
    one = movie(tmp_path / "a.mp4", video(0, payload, clean=True))
    with pytest.raises(MalformedMediaError, match="beyond its sample"):
        extract(one, one.tracks[0], tmp_path / "a.nals")


def test_adts(tmp_path: Path) -> None:
    one = movie(tmp_path / "a.mp4", audio(0, b"abc"), audio(1, b"d" * 300))
    content = out(one, tmp_path / "a.aac")
    # AAC-LC, 16 kHz, mono, length with the header of 7 bytes, buffer fullness 0x7FF.
    assert content[:10] == bytes.fromhex("fff16040015ffc") + b"abc"
    assert int.from_bytes(content[13:16], "big") >> 5 & 0x1FFF == 307


@pytest.mark.parametrize(
    ("config", "reason"), [("f8e8", "object type 31"), ("1788", "rate index 15"), ("1400", "channel configuration 0")]
)
def test_aac_without_adts_form(tmp_path: Path, config: str, reason: str) -> None:
    from dataclasses import replace

    configuration = CodecConfiguration(codec=Codec.AAC, decoder_configuration=bytes.fromhex(config), channels=1)
    one = movie(tmp_path / "a.mp4", replace(audio(0, b"abc"), configuration=configuration))
    with pytest.raises(UnsupportedMediaError, match=reason):
        extract(one, one.tracks[0], tmp_path / "a.aac")


def test_a_frame_too_long_for_adts(tmp_path: Path) -> None:
    one = movie(tmp_path / "a.mp4", audio(0, bytes(8185)))
    with pytest.raises(UnsupportedMediaError, match="too long"):
        extract(one, one.tracks[0], tmp_path / "a.aac")
    assert AAC.sample_rate == 16_000


def test_suffixes_and_what_exists(tmp_path: Path) -> None:
    one = movie(tmp_path / "a.mp4", audio(0, b"abc"))
    with pytest.raises(UnsupportedMediaError, match="as ADTS"):
        extract(one, one.tracks[0], tmp_path / "a.h264")
    assert extract(one, one.tracks[0], tmp_path / "a.AAC") == Extracted(samples=1, size=10)
    with pytest.raises(HandoverError, match="never overwritten"):
        extract(one, one.tracks[0], tmp_path / "a.AAC")
