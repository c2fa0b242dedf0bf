from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vssx.errors import HandoverError, StorageError
from vssx.evidence.durable import create_durably, sync_file, write_durably


def test_create_never_overwrites(tmp_path: Path):
    create_durably(tmp_path / "f", b"one")
    with pytest.raises(HandoverError, match="never overwritten"):
        create_durably(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"one"


def test_create_does_not_follow_links(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(HandoverError):
        create_durably(tmp_path / "link", b"x")
    assert not (tmp_path / "target").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX file modes")
def test_mode_from_the_beginning(tmp_path: Path):
    create_durably(tmp_path / "f", b"", mode=0o600)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600


def test_write_replaces_whole_files(tmp_path: Path):
    for data in (b"a long first version", b"short"):
        write_durably(tmp_path / "f", data)
        assert (tmp_path / "f").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    write_durably(tmp_path / "f", (bytes([65 + n]) for n in range(3)))
    assert (tmp_path / "f").read_bytes() == b"ABC"


@pytest.mark.parametrize("write", [create_durably, write_durably])
def test_no_directory(tmp_path: Path, write):
    with pytest.raises(StorageError, match="cannot be written"):
        write(tmp_path / "none" / "f", b"x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_full_disk(tmp_path: Path):
    (tmp_path / "f.tmp").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left"):
        write_durably(tmp_path / "f", b"x")
    assert not (tmp_path / "f").exists()


def test_sync_of_a_missing_file(tmp_path: Path):
    with pytest.raises(StorageError):
        sync_file(tmp_path / "none")
