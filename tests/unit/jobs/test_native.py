"""A recorder's word for a file leads nowhere but into its storage."""

import pytest

from vssx.errors import StorageError
from vssx.jobs.native import _find


@pytest.mark.parametrize(
    "name", ["a.mp4", "/a.mp4", "x/a.mp4", "C:\\export\\a.mp4", "file:///mnt/export/below/a.mp4", "../below/a.mp4"]
)
def test_found_by_its_name(name, tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below/a.mp4").write_bytes(b"x")
    assert _find(tmp_path, "below", name) == tmp_path / "below/a.mp4"


@pytest.mark.parametrize("name", ["", ".", "..", "../secret", "/etc/passwd", "link", "a/../../secret"])
def test_nothing_else_is_read(name, tmp_path):
    storage = tmp_path / "storage"
    storage.mkdir()
    (tmp_path / "secret").write_bytes(b"x")
    (storage / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(StorageError, match="holds no file"):
        _find(storage, "below", name)
