from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.isobmff.streams import AAC, H264, XML, h264
from vssx.errors import MalformedMediaError
from vssx.isobmff import sample_entry
from vssx.isobmff.box import Box, MediaFile, box, full_box, read_boxes
from vssx.isobmff.sample_entry import SampleEntry
from vssx.model.media import Codec, CodecConfiguration

VPS, SPS, PPS = b"\x40\x01v", b"\x42\x01s", b"\x44\x01p"


def hvcc(completeness: int) -> bytes:
    arrays = b"".join(
        bytes((completeness << 7 | kind, 0, 1, 0, 3)) + unit for kind, unit in ((32, VPS), (33, SPS), (34, PPS))
    )
    return b"\1" + bytes(20) + b"\x03\x03" + arrays


H265 = CodecConfiguration(
    codec=Codec.H265, decoder_configuration=hvcc(0), parameter_sets=(VPS, SPS, PPS), width=1920, height=1080
)


def parse(path: Path, entry: bytes) -> SampleEntry:
    stsd = full_box("stsd", 0, 0, b"\0\0\0\1", entry)
    content = stsd
    for name in ("stbl", "minf", "mdia", "trak", "moov"):
        content = box(name, content)
    path.write_bytes(content)
    with MediaFile(path) as file:
        found: Box = read_boxes(file)[0]
        while found.box_type != "stsd":
            found = found.children[0]
        return sample_entry.parse(file, found.children[0])


@pytest.mark.parametrize(
    ("configuration", "in_band", "code"),
    [(H264, False, "avc1"), (H264, True, "avc3"), (H265, False, "hvc1"), (H265, True, "hev1")],
)
def test_video(tmp_path: Path, configuration: CodecConfiguration, in_band: bool, code: str) -> None:
    read = parse(tmp_path / "a", sample_entry.build(configuration, in_band=in_band))
    assert (read.code, read.codec) == (code, configuration.codec)
    assert (read.width, read.height) == (configuration.width, configuration.height)
    assert read.parameter_sets == configuration.parameter_sets
    assert read.length_size == 4
    if configuration is H264:
        assert read.decoder_configuration == H264.decoder_configuration
    else:  # hvc1 has to state that all sets are there, hev1 must not
        assert read.decoder_configuration == hvcc(0 if in_band else 1)


def test_layout_of_a_video_entry() -> None:
    """ISO/IEC 14496-12 clause 12.1.3."""
    entry = sample_entry.build(h264(640, 480, pixel_aspect=(4, 3)), in_band=False)
    assert entry[4:8] == b"avc1"
    assert entry[8:16] == b"\0\0\0\0\0\0\0\1"
    assert entry[32:36] == b"\x02\x80\x01\xe0"
    assert entry[36:44] == b"\0\x48\0\0\0\x48\0\0"
    assert entry[48:50] == b"\0\1"
    assert entry[50:82] == bytes(32)
    assert entry[82:86] == b"\0\x18\xff\xff"
    assert entry[90:94] == b"avcC"
    assert entry.endswith(b"\0\0\0\x10pasp\0\0\0\4\0\0\0\3")


def test_audio(tmp_path: Path) -> None:
    entry = sample_entry.build(AAC, in_band=False)
    assert entry[24:36] == b"\0\1\0\x10\0\0\0\0\x3e\x80\0\0"
    assert entry[36:].hex() == "0000002765736473000000000319000000041140150000000000000000000000" + "05021408060102"
    read = parse(tmp_path / "a", entry)
    assert (read.codec, read.decoder_configuration, read.channels, read.sample_rate) == (
        Codec.AAC,
        bytes.fromhex("1408"),
        1,
        16_000,
    )


def test_audio_with_a_long_configuration(tmp_path: Path) -> None:
    """The length of a descriptor takes as many bytes as it needs."""
    configuration = CodecConfiguration(codec=Codec.AAC, decoder_configuration=b"\x14\x08" + bytes(300), channels=1)
    read = parse(tmp_path / "a", sample_entry.build(configuration, in_band=False))
    assert read.decoder_configuration == configuration.decoder_configuration


def test_metadata(tmp_path: Path) -> None:
    entry = sample_entry.build(XML, in_band=False)
    assert entry[8:] == b"\0\0\0\0\0\0\0\1" + b"\0http://www.onvif.org/ver10/schema\0\0"
    read = parse(tmp_path / "a", entry)
    assert (read.code, read.codec, read.content_encoding) == ("metx", Codec.ONVIF_METADATA, "")
    assert read.namespace == "http://www.onvif.org/ver10/schema"


def test_an_unknown_codec_is_told_by_its_code(tmp_path: Path) -> None:
    read = parse(tmp_path / "a", box("vp09", bytes(90)))
    assert (read.code, read.codec) == ("vp09", None)


@pytest.mark.parametrize(
    "entry",
    [
        box("avc1", bytes(20)),
        box("avc1", bytes(78)),
        box("avc1", bytes(78), box("avcC", b"\1\2\3")),
        box("avc1", bytes(78), box("avcC", b"\2\2\3\4\5\6\7")),
        box("avc1", bytes(78), box("avcC", b"\1\2\3\4\xff\xe1\xff\xff")),
        box("hev1", bytes(78), box("hvcC", bytes(23)[:-1] + b"\1")),
        box("mp4a", bytes(28), box("esds", b"\0\0\0\0\3\x80\x80\x80\x80")),
        box("mp4a", bytes(28), box("esds", b"\0\0\0\0\5\x20")),
    ],
)
def test_entries_that_are_cut_off(tmp_path: Path, entry: bytes) -> None:
    with pytest.raises(MalformedMediaError):
        parse(tmp_path / "a", entry)


def test_a_broken_hvcc_is_written_as_it_is() -> None:
    configuration = CodecConfiguration(codec=Codec.H265, decoder_configuration=hvcc(0)[:-2])
    assert hvcc(0)[:-2] in sample_entry.build(configuration, in_band=False)
