from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import pytest

from vssx.errors import HandoverError, StorageError
from vssx.evidence.digest import BUFFER, TrackDigest, digest_file, read_bounded


def test_track_digest_is_the_documented_one():
    digest = TrackDigest()
    digest.update(b"abc")
    digest.update(memoryview(b""))
    digest.update(bytearray(b"de"))
    expected = hashlib.sha256(struct.pack(">Q", 3) + b"abc" + struct.pack(">Q", 0) + struct.pack(">Q", 2) + b"de")
    assert digest.hexdigest() == expected.hexdigest()
    assert (digest.samples, digest.payload_bytes) == (3, 5)


def test_borders_between_samples_count():
    one, two = TrackDigest(), TrackDigest()
    one.update(b"ab")
    one.update(b"c")
    two.update(b"a")
    two.update(b"bc")
    assert one.hexdigest() != two.hexdigest()


def test_file_longer_than_the_buffer(tmp_path: Path):
    data = os.urandom(BUFFER * 2 + 17)
    (tmp_path / "f").write_bytes(data)
    digest = digest_file(tmp_path / "f", "sha384")
    assert digest.size == len(data)
    assert digest.sha256 == hashlib.sha256(data).hexdigest()
    assert digest.of("sha384") == hashlib.sha384(data).hexdigest()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_fifo_is_not_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "f")
    with pytest.raises(HandoverError, match="not a regular file"):
        digest_file(tmp_path / "f")


def test_link_is_not_followed(tmp_path: Path):
    (tmp_path / "target").write_bytes(b"x")
    (tmp_path / "f").symlink_to("target")
    with pytest.raises(HandoverError, match="not a regular file"):
        digest_file(tmp_path / "f")


def test_missing_file(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot be read"):
        digest_file(tmp_path / "f")


def test_read_bounded(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"12345")
    assert read_bounded(tmp_path / "f", 5) == b"12345"
    with pytest.raises(HandoverError, match="longer than 4 bytes"):
        read_bounded(tmp_path / "f", 4)
