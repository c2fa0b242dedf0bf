"""A recorder's word for a file leads nowhere but into its storage."""

import pytest

from vssx.errors import StorageError
from vssx.evidence.staging import open_staging
from vssx.evidence.state import to_json
from vssx.jobs.native import _find, preserved
from vssx.model.handover import NativeExport, NativeFile


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


def test_copies_get_their_place_once_and_in_the_run_after_a_cut(tmp_path):
    file = NativeFile(name="a", path="data/cam/native/a", size=1, sha256="00" * 32)
    made = NativeExport(file_format="MP4", storage="s", operation="o", finished_ns=1, files=(file,))
    with open_staging(tmp_path, "H", {}) as staging:
        copies = staging.work / "native-cam.files"
        copies.mkdir()
        (copies / "a").write_bytes(b"x")
        assert preserved(staging, "cam") is None, "without the note nobody knows whether all are there"
        assert not any(staging.data.iterdir())
        staging.save("native-cam.json", to_json(made))
        assert preserved(staging, "cam") == preserved(staging, "cam") == made
        assert (staging.path / file.path).read_bytes() == b"x"
        assert not copies.exists()
