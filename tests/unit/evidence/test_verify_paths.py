"""What is no whole handover of vssx: told in words, within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.handovers import handover
from tests.unit.evidence.test_verify import verify
from vssx.errors import HandoverError, StorageError
from vssx.evidence import bag_check, tree


def test_partial_directory(tmp_path: Path):
    root = handover(tmp_path)
    partial = root.rename(tmp_path / "x.partial")
    with pytest.raises(HandoverError, match="not completed"):
        verify(partial)
    (tmp_path / "link").symlink_to(partial)
    with pytest.raises(HandoverError, match="not completed"):
        verify(tmp_path / "link")


def test_bag_of_another_tool(tmp_path: Path):
    import bagit

    (tmp_path / "bag").mkdir()
    (tmp_path / "bag/file").write_bytes(b"x")
    bagit.make_bag(str(tmp_path / "bag"), checksums=["sha256"])
    with pytest.raises(HandoverError, match="bag of another tool"):
        verify(tmp_path / "bag")


def test_any_directory(tmp_path: Path):
    with pytest.raises(HandoverError, match="is not a handover"):
        verify(tmp_path)


def test_missing_path(tmp_path: Path):
    with pytest.raises(StorageError):
        verify(tmp_path / "none")
    with pytest.raises(StorageError):
        verify(Path("\0"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_fifo_instead_of_a_file(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HandoverError, match="not opened"):
        verify(tmp_path / "pipe")


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = handover(tmp_path)
    monkeypatch.setattr(tree, "MAX_FILES", 10)
    with pytest.raises(HandoverError, match="more than 10 files"):
        verify(root)


def test_deep_directories(tmp_path: Path):
    root = handover(tmp_path)
    (root / ("data/" + "d/" * 20)).mkdir(parents=True)
    with pytest.raises(HandoverError, match="nested deeper"):
        verify(root)


def test_huge_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = handover(tmp_path)
    monkeypatch.setattr(bag_check.manifest, "MAX_MANIFEST", 100)
    with pytest.raises(HandoverError, match="longer than 100 bytes"):
        verify(root)
