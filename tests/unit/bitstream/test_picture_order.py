from __future__ import annotations

import av
import pytest

from tests.clips import encode
from vssx.bitstream import h264, h265
from vssx.bitstream.nal import split_length_prefixed
from vssx.bitstream.picture_order import PictureOrder
from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.media import Codec

_VARIANTS = {
    "ippp": ("libx264", {"g": "10"}),
    "b-pyramid": ("libx264", {"bf": "5", "b-adapt": "0", "preset": "medium", "g": "25"}),
    "open gop": ("libx264", {"bf": "3", "b-adapt": "0", "preset": "medium", "x264-params": "open-gop=1:keyint=9"}),
    "no idr again": ("libx264", {"preset": "medium", "x264-params": "intra-refresh=1:keyint=20"}),
    "baseline": ("libx264", {"profile": "baseline"}),
    "interlaced frames": ("libx264", {"preset": "medium", "x264-params": "tff=1"}),
    "h265": ("libx265", {"x265-params": "log-level=none:keyint=12:bframes=4:b-adapt=0"}),
    "h265 open gop": ("libx265", {"x265-params": "log-level=none:keyint=12:bframes=4:b-adapt=0:open-gop=1"}),
    "h265 low delay": ("libx265", {"x265-params": "log-level=none:bframes=0"}),
}


def _units(path):
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        extradata = bytes(stream.codec_context.extradata)
        return extradata, [
            (split_length_prefixed(bytes(packet)), packet.pts) for packet in file.demux(stream) if packet.size
        ]


@pytest.mark.parametrize("name", _VARIANTS)
def test_the_order_equals_the_presentation_times_of_the_encoder(name, tmp_path):
    encoder, options = _VARIANTS[name]
    extradata, units = _units(
        encode(tmp_path / "clip.mp4", encoder, options=options, frames=300 if "idr" in name else 60)
    )
    codec = Codec.H264 if encoder == "libx264" else Codec.H265
    configuration = (h264.from_avcc if codec is Codec.H264 else h265.from_hvcc)(extradata)[1]
    order = PictureOrder(codec)
    order.use(configuration.parameter_sets)
    sequence, places = 0, []
    for nals, pts in units:
        picture = order.read(nals)
        sequence += picture.starts_sequence
        places.append((sequence, picture.order, pts))
    assert [place[2] for place in sorted(places)] == sorted(place[2] for place in places)
    assert sequence >= 1


def test_samples_without_a_slice_have_no_place():
    assert PictureOrder(Codec.H264).read([b"\x06\x05\x01\x00\x80"]) is None
    assert PictureOrder(Codec.H265).read([b"\x4e\x01\x05"]) is None


@pytest.mark.parametrize(("codec", "nal"), [(Codec.H264, b"\x65\x88\x80"), (Codec.H265, b"\x28\x01\xac")])
def test_a_slice_without_its_parameter_sets_is_refused(codec, nal):
    with pytest.raises(MalformedMediaError):
        PictureOrder(codec).read([nal])


def test_field_pictures_are_refused():
    # car-detection's SPS with frame_mbs_only_flag 0: profile 66, level 22, ids 0, poc type 2
    bits = "01100111" + "01001101" + "00000000" + "00010110" + "1" + "1" + "011" + "010" + "0" + "011" + "011" + "0"
    bits += "0" + "1" + "0" + "0" + "1"
    sps = int(bits + "0" * (-len(bits) % 8), 2).to_bytes(-(-len(bits) // 8), "big")
    order = PictureOrder(Codec.H264)
    order.use([sps, b"\x68\xce\x35\x20"])
    with pytest.raises(UnsupportedMediaError, match="field pictures"):
        order.read([b"\x65" + b"\x88\x84\xff\xff"])
