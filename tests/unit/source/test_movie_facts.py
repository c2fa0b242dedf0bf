from __future__ import annotations

import struct

import pytest

from tests.clips import encode
from vssx.isobmff.export_format import StartTime, build_cstb
from vssx.source.movie_facts import open_boxes
from vssx.times import from_xs_datetime

UTC = from_xs_datetime("2024-05-01T12:00:00Z")


@pytest.fixture
def clip(tmp_path):
    """B-frames: the muxer writes an edit list of one entry that starts at media time 1024 of 12800 a second."""
    return encode(tmp_path / "a.mp4", options={"bf": "3", "b-adapt": "0", "preset": "medium"})


def _edit(path, offset, layout, value):
    data = bytearray(path.read_bytes())
    struct.pack_into(layout, data, data.index(b"elst") + offset, value)
    path.write_bytes(data)
    return path


def test_the_usual_edit_list_of_b_frames(clip):
    (remark,) = open_boxes(clip)[1].remarks
    assert "track 1 (entries: 1) moves the track by -0.080000 s;" in remark


def test_an_edit_that_changes_nothing_is_not_mentioned(clip):
    _edit(clip, 16, ">i", 0)
    data = clip.read_bytes()
    assert open_boxes(clip)[1].remarks == ()
    assert data == clip.read_bytes()


def test_an_edit_that_hides_the_end_is(clip):
    _edit(clip, 16, ">i", 0)
    (remark,) = open_boxes(_edit(clip, 12, ">I", 200))[1].remarks
    assert "would hide its last 1.000000 s" in remark


def test_a_hidden_end_of_real_footage(footage):
    (remark,) = open_boxes(footage / "car-detection.mp4")[1].remarks
    assert "track 2 (entries: 1) would hide its last 0.048000 s" in remark


def test_a_changed_speed_is(clip):
    (remark,) = open_boxes(_edit(clip, 20, ">h", 2))[1].remarks
    assert "would change its speed" in remark


def test_the_utc_of_the_origin_follows_cstb_and_the_edit_list(clip):
    assert open_boxes(clip)[1].start_ns is None
    handler = struct.pack(">I4sII4s12sB", 33, b"hdlr", 0, 0, b"cstb", bytes(12), 0)
    cstb = build_cstb([StartTime(track_id=1, utc_ns=UTC)])
    meta = struct.pack(">I4sI", 12 + len(handler) + len(cstb), b"meta", 0) + handler + cstb
    clip.write_bytes(clip.read_bytes() + meta)
    assert open_boxes(clip)[1].start_ns == UTC + 80_000_000  # media time 0 is shown 80 ms before the origin


@pytest.mark.parametrize("utc_ns", [-(10**18), 10**20])
def test_a_cstb_that_no_clock_ever_showed_is_ignored(clip, utc_ns):
    cstb = build_cstb([StartTime(track_id=1, utc_ns=utc_ns)])
    handler = struct.pack(">I4sII4s12sB", 33, b"hdlr", 0, 0, b"cstb", bytes(12), 0)
    meta = struct.pack(">I4sI", 12 + len(handler) + len(cstb), b"meta", 0) + handler + cstb
    clip.write_bytes(clip.read_bytes() + meta)
    assert open_boxes(clip)[1].start_ns is None


def test_boxes_that_cannot_be_read_are_a_remark(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\4moov")
    (remark,) = open_boxes(path)[1].remarks
    assert "could not be looked at" in remark
