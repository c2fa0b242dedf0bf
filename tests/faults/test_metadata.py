"""Faults of metadata documents: what comes is kept as it came, and what is wrong with it is said."""

from __future__ import annotations

import csv
import gzip
import re
import zlib

import pytest

from tests.faults.known_scene import DOCUMENTS, documents
from tests.faults.recordings import START_NS, case, export_case

SENT = [document for _, document in documents(START_NS)]
NTH = range(4, DOCUMENTS, 5)  # every fifth
MIDDLE = (DOCUMENTS - 1) // 2


def gate(*faults, **options):
    return case(*faults, recording="gate", **options)


def told(exported):
    """What the record says of the documents, without its notes."""
    timed = exported.section["timed_metadata"]
    return timed["documents"], timed["malformed"], timed["not_decoded"]


def note(exported, kind="timed_metadata"):
    [found] = exported.section[kind]["notes"]
    return found


UNHARMED = (
    gate("metadata"),
    gate("metadata=7"),
    gate("metadata-bom"),
    gate("metadata-together"),
    gate("metadata-together=64"),
    gate("metadata-late=1"),
    gate("metadata-no-extension", assumed="time derived"),
    gate("marker-always", "metadata=100"),
    gate("marker-never", "metadata=100"),
    gate("duplicate=5", "metadata=100"),
    gate("reorder=5", "metadata=100"),
    gate("drop-after-units=90", "metadata=100"),
    gate("drop-after-units=90", "metadata-together"),
    gate("drop-after-units=90", "metadata-late=1"),
    gate("drop-after-units=90", "metadata-no-extension"),
    gate("drop-after-units=90", "metadata-late=1", "metadata-together=5"),
    gate("drop-after-units=90", "metadata-late=2"),  # it breaks behind the last picture, too
    gate("drop-after-units=90", "metadata-late=2", "metadata-no-extension"),
    gate("drop-after-units=60", "metadata-late=1", "metadata-no-extension"),
)


@pytest.mark.parametrize("one", UNHARMED, ids=str)
def test_documents_are_those_that_were_recorded(one, recordings, tmp_path, monkeypatch):
    monkeypatch.setattr("vssx.source.reconnection.time.sleep", lambda _: None)  # before each connection made again
    exported = one.run_whole(recordings, tmp_path)
    assert exported.documents == SENT
    assert told(exported) == (DOCUMENTS, 0, 0)
    timed, events = exported.section["timed_metadata"], exported.section["alpha_events"]
    assert (timed["objects"], timed["ptz"], timed["notes"]) == (2 * DOCUMENTS, 7, [])
    assert (timed["last"], events["recorded"]) == ("2024-05-01T12:00:06.320Z", 3)
    if "metadata-together" not in str(one):  # what comes together has the time of the last
        assert timed["first"] == "2024-05-01T12:00:00.020Z"


@pytest.mark.parametrize("one", [gate("metadata-twice"), gate("metadata-unordered")], ids=str)
def test_order_and_repetition_are_those_of_the_recorder(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    expected = list(SENT)
    for at in reversed(NTH):
        if one.name == "metadata-twice":
            expected.insert(at, SENT[at])
        elif at + 1 < DOCUMENTS:
            expected[at : at + 2] = [SENT[at + 1], SENT[at]]
    assert exported.documents == expected
    assert exported.section["alpha_events"]["recorded"] == 3  # once each


@pytest.mark.parametrize("one", [gate("metadata-gzip"), gate("metadata-gzip=.gzip")], ids=str)
def test_packed_documents_are_kept_packed_and_read(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    assert [gzip.decompress(each) for each in exported.documents] == SENT
    assert all(each.startswith(b"\x1f\x8b") for each in exported.documents)
    assert told(exported) == (DOCUMENTS, 0, 0)


@export_case("metadata-packed", recording="gate")
def test_documents_that_are_packed_without_a_word(exported):
    assert [at for at, each in enumerate(exported.documents) if each.startswith(b"\x1f\x8b")] == list(NTH)
    assert told(exported) == (DOCUMENTS, 0, 0)
    assert exported.assumed("metadata encoding").startswith("12 metadata documents have another encoding")


@pytest.mark.parametrize("one", [gate("metadata-exi"), gate("metadata-exi=.exi.ext")], ids=str)
def test_exi_is_kept_and_not_decoded(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    assert [zlib.decompress(each.removeprefix(b"$EXI\x80")) for each in exported.documents] == SENT
    assert told(exported) == (DOCUMENTS, 0, DOCUMENTS)
    assert "kept, not decoded" in note(exported)
    assert exported.record["claims"]["borne"] == "0V"


@pytest.mark.parametrize("one", [gate("metadata-encoding"), gate("metadata-encoding=ISO-8859-1")], ids=str)
def test_another_encoding_is_kept_with_its_declaration(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    encoding = one.faults[0].partition("=")[2] or "UTF-16"
    malformed = DOCUMENTS if encoding == "UTF-16" else 0
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    assert exported.documents == [declaration + each for each in SENT]
    assert told(exported) == (DOCUMENTS, malformed, 0)
    assert "are not plain UTF-8" in exported.assumed("metadata encoding")


@pytest.mark.parametrize("one", [gate("metadata-broken"), gate("metadata-cut")], ids=str)
def test_documents_that_cannot_be_read_are_kept_and_counted(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    got = exported.documents
    assert [at for at in range(DOCUMENTS) if got[at] != SENT[at]] == list(NTH)
    assert all(SENT[at].startswith(got[at].removesuffix(b"</tt:Nothing>")) for at in NTH)
    assert told(exported) == (DOCUMENTS, len(NTH), 0)
    assert note(exported).startswith(f"{len(NTH)} documents cannot be read, kept as received")


MONSTERS = {
    "metadata-entities": "document type declaration",
    "metadata-huge": "8388608",
    "metadata-bomb": "gzip that unpacks to more than the 8388608 bytes",
}


@pytest.mark.parametrize(
    "one", [gate("metadata-entities"), gate("metadata-huge=10"), gate("metadata-bomb=50")], ids=str
)
def test_monsters_are_kept_and_never_unfold(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    got = exported.documents
    assert [at for at in range(DOCUMENTS) if got[at] != SENT[at]] == [MIDDLE]
    assert told(exported) == (DOCUMENTS, 1, 0)
    assert MONSTERS[one.name] in note(exported)
    assert exported.section["timed_metadata"]["objects"] == 2 * (DOCUMENTS - 1)


@export_case("metadata-huge", recording="gate", code=100)
def test_a_document_beyond_all_bounds_is_a_loss(exported):
    [loss] = exported.losses
    assert "metadata of more than 16777216 octets" in loss["detail"]
    assert exported.documents == SENT[:MIDDLE] + SENT[MIDDLE + 1 :]
    exported.assert_media()


@export_case("metadata-late=3", "drop-after-units=120", recording="gate", code=100)
def test_documents_that_a_broken_connection_leaves_behind_are_told(exported):
    assert exported.documents == SENT[: len(exported.documents)]
    assert DOCUMENTS - 10 < len(exported.documents) < DOCUMENTS
    assert "the connection broke behind the last picture" in exported.losses[-1]["detail"]
    exported.assert_media()


@export_case("metadata-clock", recording="gate")
def test_times_years_off_do_not_move_documents(exported):
    assert [re.sub(b"2004-05-01T", b"2024-05-01T", each) for each in exported.documents] == SENT
    timed = exported.section["timed_metadata"]
    assert (timed["first"], timed["last"]) == ("2024-05-01T12:00:00.020Z", "2024-05-01T12:00:06.320Z")
    assert "4 events lie outside the range asked for" in exported.section["alpha_events"]["notes"]
    exported.assert_whole()


@export_case("loss=10", "metadata=100", recording="gate", code=100)
def test_a_hole_within_a_document_is_a_loss_and_the_rest_is_kept(exported):
    of_documents = [loss for loss in exported.losses if loss["source_track"] == 1]
    assert len(of_documents) > 10
    documents_, malformed, _ = told(exported)
    assert malformed > 0.9 * documents_
    assert exported.record["claims"]["borne"] == "0V"


def cells(exported):
    """Everything in events.csv."""
    [path] = exported.path.glob("data/*/events.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row]


@export_case("hostile-names", recording="gate")
def test_hostile_topics_and_values_reach_no_spreadsheet_as_they_are(exported):
    exported.assert_whole()
    assert exported.section["alpha_events"]["recorded"] == 3
    found = cells(exported)
    assert any("HYPERLINK" in cell for cell in found)
    assert not [cell for cell in found if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "".join(found))
