"""LATM against ffmpeg's: the same AAC frames come out; what does not come out even is refused."""

import subprocess

import pytest

from tests.peers import need
from vssx.bitstream.latm import AudioMuxReader, parse_stream_mux_config
from vssx.errors import MalformedMediaError, UnsupportedMediaError

LC_8000_MONO = "1588"


def bits(text: str) -> bytes:
    text = text.replace(" ", "")
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def config(*, asc: str = LC_8000_MONO, frames: int = 1, end: str = "000 11111111 0 0") -> str:
    return f"0 1 {frames - 1:06b} 0000 000 {int(asc, 16):0{len(asc) * 4}b} {end}"


def test_in_band_as_ffmpeg_multiplexes_it(tmp_path):
    sine = ["-f", "lavfi", "-i", "sine=frequency=440:duration=2:sample_rate=16000"]
    adts, latm = tmp_path / "a.aac", tmp_path / "a.latm"
    subprocess.run([need("ffmpeg"), "-v", "error", *sine, "-c:a", "aac", "-f", "adts", str(adts)], check=True)
    subprocess.run(
        [need("ffmpeg"), "-v", "error", "-i", str(adts), "-c", "copy", "-smc-interval", "7", "-f", "latm", str(latm)],
        check=True,
    )
    frames, data = [], adts.read_bytes()
    while data:
        size = int.from_bytes(data[3:6], "big") >> 5 & 0x1FFF
        frames.append(data[7:size])
        data = data[size:]
    reader, found, data = AudioMuxReader(None, in_band=True), [], latm.read_bytes()
    known = set()
    while data:  # LOAS: 11 bits of sync word, 13 of length
        size = 3 + (int.from_bytes(data[1:3], "big") & 0x1FFF)
        found += reader.frames(data[3:size])
        known.add(id(reader.configuration))
        data = data[size:]
    assert found == frames
    assert len(known) == 1
    assert (reader.configuration.sample_rate, reader.configuration.channels) == (16_000, 1)


def test_several_frames_an_element_and_lengths_of_several_bytes():
    reader = AudioMuxReader(parse_stream_mux_config(bits(config(frames=2))), in_band=False)
    long = bytes(range(256)) * 2
    assert reader.frames(b"\x03abc" + b"\xff\xff\x02" + long) == (b"abc", long)


def test_constant_frame_length_and_other_data():
    # frame length type 1: 8 * (4 + 20) bits; 5 bits of other data follow
    reader = AudioMuxReader(parse_stream_mux_config(bits(config(end="001 000000100 1 0 00000101 0"))), in_band=False)
    assert reader.frames(bytes(24) + b"\xf8") == (bytes(24),)
    with pytest.raises(MalformedMediaError):
        reader.frames(bytes(25) + b"\xf8")


def test_configuration_as_gstreamer_cuts_it():
    assert parse_stream_mux_config(bytes.fromhex("40002320")).configuration.sample_rate == 48_000


def test_version_1_tells_the_length_of_the_configuration():
    # HE-AAC signalled backward compatibly, which only a stated length lets anybody see
    asc = "158856e5a54880"
    text = f"1 0 00 11111111 1 000000 0000 000 00 {len(asc) * 4:08b} {int(asc, 16):0{len(asc) * 4}b} 000 11111111 0 0"
    found = parse_stream_mux_config(bits(text)).configuration
    assert found.decoder_configuration.hex() == asc
    assert found.profile.startswith("HE-AAC")


@pytest.mark.parametrize("element", [b"", b"\x04abc", b"\x02abcd", b"\xff"])
def test_elements_that_are_not_whole(element):
    reader = AudioMuxReader(parse_stream_mux_config(bits(config())), in_band=False)
    with pytest.raises(MalformedMediaError):
        reader.frames(element)


def test_in_band_before_any_configuration():
    with pytest.raises(MalformedMediaError, match="no StreamMuxConfig"):
        AudioMuxReader(None, in_band=True).frames(b"\x80\x81\x80")


def test_another_configuration_in_band():
    reader = AudioMuxReader(parse_stream_mux_config(bits(config())), in_band=True)
    assert reader.frames(bits(f"0 {config(asc='1188')} 00000001 10101010")) == (b"\xaa",)
    assert reader.configuration.sample_rate == 48_000
    assert reader.frames(bits("1 00000001 01010101")) == (b"\x55",)


def test_a_torn_element_changes_no_configuration():
    reader = AudioMuxReader(parse_stream_mux_config(bits(config())), in_band=True)
    with pytest.raises(MalformedMediaError):
        reader.frames(bits(f"0 {config(asc='1188')} 00000011 10101010"))
    assert reader.configuration.sample_rate == 8_000
    assert reader.frames(bits("1 00000001 01010101")) == (b"\x55",)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1 1", "audioMuxVersionA"),
        ("0 1 000000 0001", "several programs"),
        ("0 1 000000 0000 001", "several layers"),
        (config(end="011 000000"), "frame length type 3"),
        (config(asc="f8e65000"), "AAC ELD"),
    ],
)
def test_what_is_not_carried_is_named(text, what):
    with pytest.raises(UnsupportedMediaError, match=what):
        parse_stream_mux_config(bits(text))
