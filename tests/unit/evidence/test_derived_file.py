"""A derived file is there whole or not at all."""

import hashlib
from pathlib import Path

import pytest

from vssx.errors import StorageError
from vssx.evidence.derived_file import DerivedFile


def test_it_gets_its_name_when_it_is_finished(tmp_path):
    path = tmp_path / "events.csv"
    path.write_bytes(b"older")
    with DerivedFile(path) as out:
        out.write(b"a" * 100_000, b"b")
        assert path.read_bytes() == b"older"
        out.finish()
    assert path.read_bytes() == b"a" * 100_000 + b"b"
    assert out.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(tmp_path.iterdir()) == [path]


def test_one_that_is_never_finished_leaves_nothing(tmp_path):
    with DerivedFile(tmp_path / "events.csv") as out:
        out.write(b"a" * 100_000)
    assert list(tmp_path.iterdir()) == []


def test_without_a_path_it_is_only_hashed(tmp_path):
    with DerivedFile(None) as out:
        out.write(b"abc")
        out.finish()
    assert out.sha256 == hashlib.sha256(b"abc").hexdigest()


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        DerivedFile(tmp_path / "none" / "events.csv")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_storage_error(tmp_path):
    (tmp_path / "events.csv.tmp").symlink_to("/dev/full")
    with DerivedFile(tmp_path / "events.csv") as out, pytest.raises(StorageError, match="No space left"):
        out.write(b"a" * 1_000_000)
