from __future__ import annotations

from fractions import Fraction

import av
import pytest

from tests.clips import encode
from vssx.bitstream import h265
from vssx.bitstream.h265_sets import parse_sps
from vssx.bitstream.nal import split_annex_b, split_length_prefixed
from vssx.errors import MalformedMediaError

# test_h265.mp4, a camera
CAMERA = bytes.fromhex(
    "0121400000008000000000007bf000fcfdf8f800000f03200001001840010c01ffff21400000030080000003000003007b13024021"
    "0001002c42010121400000030080000003000003007ba0050201e16793b91283caae6e02020208006ddd000cdfe600402200010008"
    "4401c0373c046c90"
)
IDR, CRA, TRAIL, RASL = b"\x28\x01\xac", b"\x2a\x01\xac", b"\x02\x01\xd0", b"\x10\x01\xd0"
RECOVERY = b"\x4e\x01\x06\x01\x84\x80"


def _sets(hvcc: bytes) -> tuple[bytes, ...]:
    configuration = h265.from_hvcc(hvcc)[1]
    assert configuration is not None
    return configuration.parameter_sets


def _complete(hvcc: bytes) -> bytes:
    """The same with array_completeness 1, as an hvc1 entry needs it; libav writes 0 for hev1."""
    out = bytearray(hvcc)
    position = 23
    for _ in range(hvcc[22]):
        out[position] |= 0x80
        count = int.from_bytes(hvcc[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            position += 2 + int.from_bytes(hvcc[position : position + 2], "big")
    return bytes(out)


def test_hvcc_of_a_camera():
    length_size, configuration = h265.from_hvcc(CAMERA)
    assert length_size == 4
    assert configuration is not None
    assert (configuration.width, configuration.height, configuration.reorder_depth) == (640, 480, 0)
    assert configuration.frame_duration == Fraction(1, 30)
    assert configuration.profile == "Main@L4.1 High tier"
    assert configuration.decoder_configuration == _complete(CAMERA)


_VARIANTS = {
    "plain": ("", (64, 64), "yuv420p"),
    "no b-frames": ("bframes=0", (64, 64), "yuv420p"),
    "b-pyramid": ("bframes=4:b-adapt=0:b-pyramid=1", (64, 64), "yuv420p"),
    "low delay": ("bframes=4:b-adapt=0:b-pyramid=0", (64, 64), "yuv420p"),
    "temporal layers": ("temporal-layers=1:bframes=3:b-adapt=0", (64, 64), "yuv420p"),
    "cropped": ("", (130, 74), "yuv420p"),
    "10 bit": ("", (64, 64), "yuv420p10le"),
    "4:2:2": ("", (66, 65), "yuv422p"),
    "4:4:4": ("", (65, 67), "yuv444p"),
    "hrd": ("hrd=1:vbv-maxrate=500:vbv-bufsize=500:bitrate=400", (64, 64), "yuv420p"),
    "colour": (
        "sar=4:overscan=show:colorprim=bt709:transfer=bt709:chromaloc=1:display-window=2,2,2,2",
        (64, 64),
        "yuv420p",
    ),
    "scaling lists": ("scaling-list=default", (64, 64), "yuv420p"),
    "wavefronts and references": ("wpp=1:ref=5:bframes=8:rc-lookahead=20:b-adapt=0:weightp=1", (256, 128), "yuv420p"),
    "long term, lossless": ("lossless=1:no-wpp=1", (64, 64), "yuv420p"),
    "field": ("interlace=tff", (64, 64), "yuv420p"),
}


@pytest.mark.parametrize("name", _VARIANTS)
def test_configurations_equal_what_libav_writes_and_reads(name, tmp_path):
    parameters, size, pixel_format = _VARIANTS[name]
    options = {"x265-params": f"log-level=none:{parameters}"}
    path = encode(tmp_path / "clip.mp4", "libx265", size=size, pixel_format=pixel_format, options=options, frames=12)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        context = stream.codec_context
        hvcc = bytes(context.extradata)
        expected = context.width, context.height, context.has_b_frames
        aspect, profile = stream.sample_aspect_ratio, stream.profile
        first = next(bytes(packet) for packet in file.demux(stream))
    configuration = h265.from_hvcc(hvcc)[1]
    assert configuration is not None
    assert configuration.decoder_configuration == _complete(hvcc)
    assert (configuration.width, configuration.height, configuration.reorder_depth > 0) == expected
    assert configuration.frame_duration == Fraction(1, 25)
    assert configuration.profile.split("@")[0] == profile
    if aspect:
        assert Fraction(*configuration.pixel_aspect) == aspect
    assert h265.is_clean_point(split_length_prefixed(first))


@pytest.mark.parametrize(
    ("nals", "clean"),
    [
        ([IDR], True),
        ([CRA], True),
        ([b"\x2c\x01\xac"], True),  # reserved IRAP type 22
        ([b"\x20\x01\xac"], True),  # BLA_W_LP
        ([TRAIL], False),
        ([RASL], False),
        ([RECOVERY, TRAIL], True),
        ([RECOVERY], False),
        ([b"\x4e\x01\x05\x01\x84\x80", TRAIL], False),
        ([TRAIL, b"\x28\x09\xac"], False),  # IDR of another layer
        ([b""], False),
        ([b"\x28"], False),
        ([], False),
    ],
)
def test_clean_points(nals, clean):
    assert h265.is_clean_point(nals) is clean


def test_open_gops_of_x265_have_clean_points_where_libav_sees_key_frames(tmp_path):
    options = {"x265-params": "log-level=none:keyint=8:open-gop=1:bframes=2:scenecut=0"}
    path = encode(tmp_path / "clip.265", "libx265", options=options, frames=30)
    with av.open(str(path)) as file:
        found = [
            (h265.is_clean_point(split_annex_b(bytes(packet))), packet.is_keyframe)
            for packet in file.demux(video=0)
            if packet.size
        ]
    assert sum(clean for clean, _ in found) == 4
    assert [clean for clean, _ in found] == [key for _, key in found]


def test_slices_and_starts_of_pictures():
    assert h265.is_slice(IDR)
    assert not h265.is_slice(RECOVERY)
    assert not h265.is_slice(b"")
    assert h265.first_slice_starts_picture(IDR)
    assert not h265.first_slice_starts_picture(b"\x28\x01\x2c")
    assert not h265.first_slice_starts_picture(b"\x28\x01")
    assert not h265.first_slice_starts_picture(RECOVERY)
    assert h265.is_intra([RECOVERY, CRA])
    assert not h265.is_intra([TRAIL])
    assert not h265.is_intra([])


def test_a_cut_hvcc_is_refused_and_nothing_else():
    for size in range(len(CAMERA)):
        with pytest.raises(MalformedMediaError):
            h265.from_hvcc(CAMERA[:size])


def test_an_hvcc_without_sets_belongs_to_an_hev1_entry():
    assert h265.from_hvcc(CAMERA[:22] + b"\0") == (4, None)


def test_declarative_seis_are_carried_on():
    hvcc = bytearray(_complete(CAMERA))
    hvcc[22] = 4
    array = b"\xa7\x00\x01\x00\x06" + RECOVERY
    configuration = h265.from_hvcc(bytes(hvcc) + array)[1]
    assert configuration is not None
    assert configuration.decoder_configuration == bytes(hvcc) + array
    assert configuration.parameter_sets == _sets(CAMERA)


def test_parameter_sets_that_describe_no_decoder_are_refused():
    vps, sps, pps = _sets(CAMERA)
    for sets in ([], [vps, sps], [sps, pps], [vps, pps], [vps, sps[:12], pps], [vps, sps, pps + bytes(70_000)]):
        with pytest.raises(MalformedMediaError):
            h265.configuration(sets)


def test_a_cut_sps_is_refused_and_a_cut_vui_is_not():
    sps = _sets(CAMERA)[1]
    durations = []
    for size in range(len(sps) + 1):
        try:
            durations.append(parse_sps(sps[:size]).frame_duration)
        except MalformedMediaError:
            assert not durations
    assert durations[0] is None
    assert durations[-1] == Fraction(1, 30)
