"""Paths out of a record, which nobody vouches for."""

from __future__ import annotations

from pathlib import Path

import pytest

from vssx.errors import HandoverError
from vssx.evidence.handover_reading import file_of, name_fault


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "H" / "data").mkdir(parents=True)
    (tmp_path / "outside.mp4").touch()
    return tmp_path / "H"


def test_a_file_of_the_handover(root: Path) -> None:
    assert file_of(root, "data/a.mp4") == root.resolve() / "data" / "a.mp4"
    assert name_fault(root, "data/a.mp4") is None


@pytest.mark.parametrize("path", ["../outside.mp4", "data/../../outside.mp4", "/etc/passwd"])
def test_a_name_that_leads_out_of_it(root: Path, path: str) -> None:
    with pytest.raises(HandoverError, match="names a file outside of the handover"):
        file_of(root, path)
    assert name_fault(root, path) is not None


def test_a_link_that_leads_out_of_it(root: Path) -> None:
    try:
        (root / "data" / "a.mp4").symlink_to(root.parent / "outside.mp4")
    except OSError:
        pytest.skip("this system lets nobody make links")
    with pytest.raises(HandoverError, match="names a file outside of the handover"):
        file_of(root, "data/a.mp4")
    assert name_fault(root, "data/a.mp4") == "leads out of the handover"
