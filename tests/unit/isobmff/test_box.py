from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from vssx.errors import MalformedMediaError, StorageError
from vssx.isobmff.box import MAX_BOXES, Box, MediaFile, box, full_box, read_boxes


def tree(path: Path, content: bytes) -> tuple[Box, ...]:
    path.write_bytes(content)
    with MediaFile(path) as file:
        return read_boxes(file)


def test_built_boxes_are_found_again(tmp_path: Path) -> None:
    content = box("ftyp", b"isom") + box("moov", full_box("mvhd", 1, 2, b"abc"), box("trak", box("mdia")))
    ftyp, moov = tree(tmp_path / "a", content)
    assert (ftyp.box_type, ftyp.offset, ftyp.size, ftyp.payload_size) == ("ftyp", 0, 12, 4)
    assert [one.box_type for one in moov.children] == ["mvhd", "trak"]
    assert moov.end == len(content)
    trak = moov.child("trak")
    assert trak is not None
    assert trak.child("mdia") is not None
    assert moov.child("udta") is None
    assert content[moov.children[0].payload_offset :][:7] == b"\1\0\0\2abc"


def test_large_size_and_size_to_the_end(tmp_path: Path) -> None:
    large = struct.pack(">I4sQ", 1, b"free", 20) + b"abcd"
    to_the_end = struct.pack(">I4s", 0, b"mdat") + b"the rest"
    first, second = tree(tmp_path / "a", large + to_the_end)
    assert (first.size, first.header_size, first.payload_size) == (20, 16, 4)
    assert (second.box_type, second.size) == ("mdat", 16)


def test_meta_with_and_without_version(tmp_path: Path) -> None:
    hdlr = full_box("hdlr", 0, 0, bytes(20))
    for meta in (full_box("meta", 0, 0, hdlr), box("meta", hdlr)):
        (found,) = tree(tmp_path / "a", meta)
        assert [one.box_type for one in found.children] == ["hdlr"]


def test_zero_bytes_behind_boxes_are_accepted(tmp_path: Path) -> None:
    assert len(tree(tmp_path / "a", box("free") + bytes(5))) == 1
    (moov,) = tree(tmp_path / "a", box("moov", box("free"), bytes(4)))
    assert len(moov.children) == 1


def test_user_data_of_vendors_is_left_alone(tmp_path: Path) -> None:
    (moov,) = tree(tmp_path / "a", box("moov", box("udta", b"no boxes at all here")))
    assert moov.children[0].children == ()


@pytest.mark.parametrize(
    "content",
    [
        b"abc",
        struct.pack(">I4s", 7, b"free"),
        struct.pack(">I4s", 9, b"free"),
        struct.pack(">I4sI", 1, b"free", 0),
        struct.pack(">I4sQ", 1, b"free", 15),
        struct.pack(">I4sQ", 1, b"free", 1 << 63),
        box("moov", struct.pack(">I4s", 0, b"trak")),
        box("moov", struct.pack(">I4s", 64, b"trak")),
        box("moov", b"abc"),
    ],
)
def test_sizes_that_make_no_sense(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MalformedMediaError) as caught:
        tree(tmp_path / "a", content)
    assert str(tmp_path / "a") in caught.value.where


def test_the_number_of_boxes_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(MalformedMediaError, match="more than"):
        tree(tmp_path / "a", box("moov", box("free") * (MAX_BOXES + 1)))


def test_nesting_is_bounded(tmp_path: Path) -> None:
    content = box("free")
    for _ in range(3000):
        content = box("moov", content)
    (outer,) = tree(tmp_path / "a", content)
    depth = 0
    while outer.children:
        (outer,) = outer.children
        depth += 1
    assert depth < 20


def test_reads_are_bounded_by_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abcdef")
    with MediaFile(tmp_path / "a") as file:
        assert file.read(2, 4) == b"cdef"
        for offset, count in ((2, 5), (-1, 2), (0, 1 << 60), (1 << 60, 0)):
            with pytest.raises(MalformedMediaError):
                file.read(offset, count)


def test_small_boxes_are_bounded_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(4 * 1024 * 1024))
    one = Box(box_type="cert", offset=0, size=4 * 1024 * 1024, header_size=0)
    with MediaFile(tmp_path / "a") as file:
        with pytest.raises(MalformedMediaError, match="too many"):
            file.read_small(Box(box_type="cert", offset=0, size=1001, header_size=0), 1000)
        for _ in range(15):
            file.read_small(one)
        with pytest.raises(MalformedMediaError, match="too many"):
            file.read_small(one)


def test_a_directory_and_a_fifo_are_not_opened(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="not a regular file"):
        MediaFile(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(StorageError, match="not a regular file"):
            MediaFile(tmp_path / "fifo")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        MediaFile(tmp_path / "none")
