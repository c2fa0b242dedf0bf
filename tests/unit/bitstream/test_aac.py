from __future__ import annotations

import av
import pytest

from vssx.bitstream import aac
from vssx.errors import MalformedMediaError, UnsupportedMediaError


@pytest.mark.parametrize(
    ("asc", "rate", "channels", "samples", "profile"),
    [
        ("1190", 48_000, 2, 1024, "LC"),  # car-detection.mp4
        ("1588", 8_000, 1, 1024, "LC"),
        ("1208", 44_100, 1, 1024, "LC"),
        ("1408", 16_000, 1, 1024, "LC"),
        ("1194", 48_000, 2, 960, "LC"),
        ("13101950", 48_000 // 2, 2, 1024, "LC"),  # bytes behind it that are no extension
        ("2b118800", 48_000, 2, 2048, "HE-AAC"),  # explicit, core 24000
        ("131056e598", 48_000, 2, 2048, "HE-AAC"),  # backward compatible, core 24000
        ("eb098800", 48_000, 2, 2048, "HE-AACv2"),
        ("1788bb8008", 48_000, 1, 1024, "LC"),  # rate in 24 bits
    ],
)
def test_audio_specific_configs(asc, rate, channels, samples, profile):
    if asc == "1788bb8008":
        asc = ((((2 << 4 | 15) << 24 | 48_000) << 4 | 1) << 3).to_bytes(5, "big").hex()
    configuration = aac.configuration(bytes.fromhex(asc))
    assert (configuration.sample_rate, configuration.channels, configuration.frame_samples) == (rate, channels, samples)
    assert configuration.profile == profile
    assert configuration.decoder_configuration == bytes.fromhex(asc)


def test_channels_of_a_program_config_element():
    # AAC-LC, 48000, configuration 0; tag 0, profile 1, index 3; 1 front pair, 1 side single, 1 LFE, no comment
    bits = "00010" + "0011" + "0000" + "000" + "0000" + "01" + "0011" + "0001" + "0001" + "0000" + "01" + "000" + "0000"
    bits += "000" + "1" + "0000" + "0" + "0001" + "0000"
    bits += "0" * (-len(bits) % 8) + "00000000"
    asc = int(bits, 2).to_bytes(len(bits) // 8, "big")
    assert aac.parse_audio_specific_config(asc).channels == 4


@pytest.mark.parametrize("asc", ["", "11", "1690", "1780", "117f" + "00" * 4096, "1180", "f800", "1178"])
def test_broken_configs_are_refused(asc):
    with pytest.raises(MalformedMediaError):
        aac.configuration(bytes.fromhex(asc))


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 12_345])
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_what_is_built_is_read_back(rate, channels):
    parsed = aac.parse_audio_specific_config(aac.build_audio_specific_config(2, rate, channels))
    assert (parsed.object_type, parsed.sample_rate, parsed.channels) == (2, rate, channels)


def test_what_cannot_be_built_is_refused():
    with pytest.raises(UnsupportedMediaError):
        aac.build_audio_specific_config(2, 48_000, 9)


def test_adts_headers_of_libav(tmp_path):
    path = tmp_path / "clip.aac"
    with av.open(str(path), "w", format="adts") as out:
        stream = out.add_stream("aac", rate=16_000, layout="mono")
        for number in range(5):
            frame = av.AudioFrame("fltp", "mono", 1024)
            frame.planes[0].update(bytes(4096))
            frame.sample_rate, frame.pts = 16_000, 1024 * number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = path.read_bytes()
    position = frames = 0
    while position < len(data):
        header = aac.parse_adts(data[position:])
        assert (header.header_size, header.raw_data_blocks) == (7, 1)
        assert header.audio_specific_config == bytes.fromhex("1408")
        position += header.frame_size
        frames += 1
    assert position == len(data)
    assert frames >= 5


@pytest.mark.parametrize("data", ["", "fff1", "fff15080021f", "ffe15080021ffc", "fff17c80021ffc", "fff1508000 1ffc"])
def test_broken_adts_headers_are_refused(data):
    with pytest.raises(MalformedMediaError):
        aac.parse_adts(bytes.fromhex(data))


def test_an_adts_header_with_a_checksum():
    header = aac.parse_adts(bytes.fromhex("fff05080021ffc"))
    assert (header.header_size, header.frame_size, header.object_type) == (9, 16, 2)
