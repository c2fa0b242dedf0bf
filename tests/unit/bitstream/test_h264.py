from __future__ import annotations

from fractions import Fraction

import av
import pytest

from tests.clips import encode
from vssx.bitstream import h264
from vssx.bitstream.nal import split_annex_b, split_length_prefixed
from vssx.errors import MalformedMediaError

# bottle-detection.mp4 (x264 High, two B-frames), car-detection.mp4 (MainConcept Baseline)
BOTTLE = bytes.fromhex("0164001effe1001a6764001eacd940a02ff97011000003000600000301660f162d9601000668ebe24b22c0")
CAR = bytes.fromhex("01428016ffe100176742801696540601bd350606064000000300400000066101000468ce3520")
IDR, P, PPS_NAL = b"\x65\x88\x80", b"\x41\x9a\x02", b"\x68\xce\x35\x20"
SPS_NAL = CAR[8:31]
RECOVERY = b"\x06\x06\x01\x84\x80"
I_SLICE = b"\x41\x88\x80"  # first_mb 0, slice_type 7


def test_avcc_of_a_high_profile_file():
    length_size, configuration = h264.from_avcc(BOTTLE)
    assert length_size == 4
    assert configuration is not None
    assert (configuration.width, configuration.height, configuration.pixel_aspect) == (640, 360, (1, 1))
    assert configuration.reorder_depth == 2
    assert configuration.frame_duration == Fraction(6, 179)
    assert configuration.profile == "High@L3.0"
    assert configuration.decoder_configuration == BOTTLE + bytes.fromhex("fdf8f800")  # which that file lacks


def test_avcc_of_a_baseline_file_is_reproduced():
    configuration = h264.from_avcc(CAR)[1]
    assert configuration is not None
    assert configuration.decoder_configuration == CAR
    assert (configuration.width, configuration.height, configuration.reorder_depth) == (768, 432, 0)
    assert configuration.frame_duration == Fraction(2, 25)
    assert configuration.profile == "Baseline@L2.2"


_VARIANTS = {
    "plain": ({}, (64, 48), "yuv420p"),
    "b-frames": ({"bf": "3", "b-adapt": "0", "preset": "medium"}, (64, 48), "yuv420p"),
    "b-pyramid": (
        {"bf": "7", "b-adapt": "0", "preset": "medium", "x264-params": "b-pyramid=strict"},
        (64, 48),
        "yuv420p",
    ),
    "baseline": ({"profile": "baseline"}, (64, 48), "yuv420p"),
    "main": ({"profile": "main", "bf": "2"}, (64, 48), "yuv420p"),
    "cropped": ({}, (130, 98), "yuv420p"),
    "interlaced": ({"x264-params": "tff=1", "preset": "medium"}, (64, 96), "yuv420p"),
    "interlaced cropped": ({"x264-params": "tff=1"}, (64, 100), "yuv420p"),
    "10 bit": ({"profile": "high10"}, (66, 50), "yuv420p10le"),
    "4:2:2": ({"profile": "high422"}, (66, 49), "yuv422p"),
    "4:4:4": ({"profile": "high444"}, (65, 49), "yuv444p"),
    "monochrome": ({"profile": "high"}, (66, 50), "gray"),
    "hrd": ({"x264-params": "nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500", "preset": "medium"}, (64, 48), "yuv420p"),
    "scaling lists": ({"x264-params": "cqm=jvt", "preset": "medium"}, (64, 48), "yuv420p"),
    "colour": ({"x264-params": "colorprim=bt709:overscan=show:chromaloc=1:sar=12/11"}, (64, 48), "yuv420p"),
    "intra": ({"g": "1"}, (64, 48), "yuv420p"),
}


@pytest.mark.parametrize("name", _VARIANTS)
def test_configurations_equal_what_libav_writes_and_reads(name, tmp_path):
    options, size, pixel_format = _VARIANTS[name]
    path = encode(tmp_path / "clip.mp4", size=size, pixel_format=pixel_format, options=options, frames=12)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        avcc = bytes(stream.codec_context.extradata)
        packets = [bytes(packet) for packet in file.demux(stream) if packet.size]
        expected = stream.codec_context.width, stream.codec_context.height, stream.codec_context.has_b_frames
        aspect, profile = stream.sample_aspect_ratio, stream.profile
    configuration = h264.from_avcc(avcc)[1]
    assert configuration is not None
    assert configuration.decoder_configuration == avcc
    assert (configuration.width, configuration.height, configuration.reorder_depth > 0) == expected
    assert configuration.frame_duration == Fraction(1, 25)
    assert configuration.profile.split("@")[0] == profile
    if aspect:
        assert Fraction(*configuration.pixel_aspect) == aspect
    assert h264.is_clean_point(split_length_prefixed(packets[0]))
    assert h264.configuration(reversed(configuration.parameter_sets)) == configuration


@pytest.mark.parametrize(
    ("nals", "clean"),
    [
        ([IDR], True),
        ([SPS_NAL, PPS_NAL, IDR], True),
        ([P], False),
        ([RECOVERY, P], True),
        ([RECOVERY], False),
        ([SPS_NAL, PPS_NAL, I_SLICE], True),
        ([SPS_NAL, PPS_NAL, P], False),
        ([SPS_NAL, PPS_NAL, I_SLICE, P], False),
        ([SPS_NAL, PPS_NAL], False),
        ([I_SLICE], False),
        ([b"\x06\x05\x01\x84\x80", P], False),
        ([b""], False),
        ([], False),
    ],
)
def test_clean_points(nals, clean):
    assert h264.is_clean_point(nals) is clean


def test_a_recovery_point_behind_another_message_and_emulation_prevention_is_found():
    message = b"\x06\x05\x04\x00\x00\x03\x01\xaa" + b"\x06\x01\x84\x80"  # 4 bytes of user data once unescaped
    assert h264.is_recovery_point(message)


def test_open_gops_of_x264_have_clean_points_where_libav_sees_key_frames(tmp_path):
    options = {"bf": "2", "g": "8", "x264-params": "open-gop=1:scenecut=0", "preset": "medium"}
    path = encode(tmp_path / "clip.mp4", options=options, frames=40)
    _compare_with_libav(path)


def test_gradual_refresh_of_x264_has_clean_points_where_libav_sees_key_frames(tmp_path):
    options = {"g": "10", "x264-params": "intra-refresh=1:keyint=10", "preset": "medium"}
    _compare_with_libav(encode(tmp_path / "clip.264", options=options, frames=40, size=(160, 96)))


def _compare_with_libav(path):
    with av.open(str(path)) as file:
        found = []
        for packet in file.demux(video=0):
            if packet.size:
                data = bytes(packet)
                nals = split_annex_b(data) if path.suffix == ".264" else split_length_prefixed(data)
                found.append((h264.is_clean_point(nals), packet.is_keyframe))
    assert sum(clean for clean, _ in found) > 1
    assert [clean for clean, _ in found] == [key for _, key in found]


def test_slices_and_starts_of_pictures():
    assert h264.is_slice(IDR)
    assert not h264.is_slice(SPS_NAL)
    assert not h264.is_slice(b"")
    assert h264.first_slice_starts_picture(P)
    assert not h264.first_slice_starts_picture(b"\x41\x40\x00")
    assert not h264.first_slice_starts_picture(b"\x41")
    assert h264.is_intra([IDR])
    assert not h264.is_intra([SPS_NAL])
    assert h264.is_intra([I_SLICE])
    assert not h264.is_intra([I_SLICE, P])
    assert not h264.is_intra([b"\x43\x88"])
    assert not h264.is_intra([b"\x41"])


@pytest.mark.parametrize("avcc", [BOTTLE, CAR], ids=["bottle", "car"])
def test_a_cut_avcc_is_refused_or_read_but_nothing_else(avcc):
    for size in range(len(avcc)):
        try:
            h264.from_avcc(avcc[:size])
        except MalformedMediaError:
            continue


def test_an_avcc_without_sets_belongs_to_an_avc3_entry():
    assert h264.from_avcc(bytes.fromhex("014d401ffde000")) == (2, None)


@pytest.mark.parametrize("avcc", ["", "00", "0164001effe1ffff00", "0164001ffee1", "0264001effe100"])
def test_a_broken_avcc_is_refused(avcc):
    with pytest.raises(MalformedMediaError):
        h264.from_avcc(bytes.fromhex(avcc))


@pytest.mark.parametrize(
    "sets",
    [[], [SPS_NAL], [PPS_NAL], [SPS_NAL[:4], PPS_NAL], [SPS_NAL, PPS_NAL + bytes(70_000)], [b"\x67" * 5, PPS_NAL]],
)
def test_parameter_sets_that_describe_no_decoder_are_refused(sets):
    with pytest.raises(MalformedMediaError):
        h264.configuration(sets)


def test_a_cut_sps_is_refused_and_a_cut_vui_is_not():
    sps = BOTTLE[8:34]
    depths = []
    for size in range(len(sps) + 1):
        try:
            depths.append(h264.parse_sps(sps[:size]).reorder_frames)
        except MalformedMediaError:
            assert not depths
    assert depths[0] is None
    assert depths[-1] == 2


def test_without_a_stated_depth_the_level_bounds_it():
    parsed = h264.parse_sps(BOTTLE[8:20])  # High, level 3.0, 40x23 macroblocks: 8100 // 920
    assert parsed.reorder_frames is None
    assert parsed.reorder_depth == 8
