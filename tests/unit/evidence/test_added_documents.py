"""The list of what is added, as one run writes it down and the next ones read it."""

import pytest

from vssx.errors import StorageError
from vssx.evidence import added_documents
from vssx.evidence.added_documents import AddedSummary, load_documents, save_documents, save_summary
from vssx.evidence.staging import open_staging

SUMMARY = AddedSummary(documents=3, events=2, asked=True, losses=("a",), notes=("b", "c"))
DOCUMENTS = [(-5, b"<a/>"), (0, b""), (1 << 62, b"<c/>" * 100_000)]


def test_what_was_written_is_read(tmp_path):
    with open_staging(tmp_path, "H", {}) as staging:
        assert load_documents(staging, "cam") is None
        assert save_documents(staging, "cam", DOCUMENTS) == 3
        assert load_documents(staging, "cam") is None  # it counts when it is complete
        saved = save_summary(staging, "cam", SUMMARY)
        loaded = load_documents(staging, "cam")
        assert loaded is not None and loaded.summary == SUMMARY == saved.summary
        assert list(loaded) == list(saved) == list(loaded) == DOCUMENTS
        assert load_documents(staging, "other") is None


def test_times_beyond_all_bounds_are_kept_at_the_bounds(tmp_path):
    with open_staging(tmp_path, "H", {}) as staging:
        save_documents(staging, "cam", [(-(10**20), b"<a/>"), (10**20, b"<b/>")])
        times = [at_ns for at_ns, _ in save_summary(staging, "cam", AddedSummary(documents=2, events=2, asked=False))]
        assert times == [-(2**63) + 1, 2**63 - 1]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda _data: b"", lambda data: b"\xff" * len(data)])
def test_a_torn_list_is_an_error(tmp_path, damage):
    with open_staging(tmp_path, "H", {}) as staging:
        save_documents(staging, "cam", DOCUMENTS)
        save_summary(staging, "cam", SUMMARY)
        path = staging.work / "added-cam.bin"
        path.write_bytes(damage(path.read_bytes()))
        loaded = load_documents(staging, "cam")
        assert loaded is not None
        with pytest.raises(StorageError, match="not what vssx writes"):
            list(loaded)


def test_a_summary_of_something_else_is_an_error(tmp_path):
    with open_staging(tmp_path, "H", {}) as staging:
        staging.save("added-cam.json", {"documents": "many"})
        with pytest.raises(StorageError, match="not what vssx writes"):
            load_documents(staging, "cam")


def test_a_document_that_is_too_large_is_a_bug(tmp_path, monkeypatch):
    monkeypatch.setattr(added_documents, "MAX_DOCUMENT", 3)
    with open_staging(tmp_path, "H", {}) as staging, pytest.raises(ValueError, match="larger"):
        save_documents(staging, "cam", [(0, b"<a/>")])
