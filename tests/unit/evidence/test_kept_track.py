"""A metadata track is kept as received: every document once, found again by its index, whatever was cut."""

import csv
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.test_file_split import unit
from vssx.errors import MalformedMediaError
from vssx.evidence.kept_track import KeptTrack
from vssx.model.media import NS, ReplayExtension
from vssx.times import from_xs_datetime


def document(seconds, payload):
    return dataclasses.replace(unit(2, seconds), payload=payload)


def keep(path, documents):
    track = KeptTrack(path)
    for one in documents:
        track.add(one)
    track.close()
    return track


def kept(path):
    """(UTC in ns, bytes) of each document, as anybody would read it with the index."""
    media = path.read_bytes()
    with path.with_name(f"{path.name}.csv").open(newline="") as index:
        rows = list(csv.DictReader(index))
    assert [int(row["sample"]) for row in rows] == list(range(len(rows)))
    found = []
    for row in rows:
        start = int(row["offset"])
        found.append((from_xs_datetime(row["utc"]), media[start : start + int(row["size"])]))
    assert sum(len(payload) for _, payload in found) == len(media)
    return found


def test_every_byte_and_what_came_with_it(tmp_path):
    path = tmp_path / "metadata.received"
    extension = ReplayExtension(
        ntp_time=0xE5F0_1234_8000_0000,
        utc_ns=0,
        clean_point=True,
        end_of_section=False,
        discontinuity=False,
        terminal=False,
        cseq=1,
    )
    first = dataclasses.replace(document(1, b"<?xml?>\r\n\x00<a/>"), extension=extension, rtp_timestamp=77)
    keep(path, [first, document(2.5, b""), document(3, b"<b/>")])
    assert kept(path) == [(NS, b"<?xml?>\r\n\x00<a/>"), (5 * NS // 2, b""), (3 * NS, b"<b/>")]
    rows = (tmp_path / "metadata.received.csv").read_text().splitlines()
    assert rows[1].endswith(",77,e5f0123480000000")
    assert rows[2].endswith(",,")


@given(
    payloads=st.lists(st.binary(max_size=40), min_size=1, max_size=8),
    torn_media=st.integers(0, 60),
    torn_index=st.integers(0, 80),
    back=st.integers(0, 8),
)
def test_taken_up_after_any_cut_nothing_is_doubled_and_nothing_is_missing(
    payloads, torn_media, torn_index, back, tmp_path_factory
):
    path = tmp_path_factory.mktemp("kept") / "m.received"
    documents = [document(second, payload) for second, payload in enumerate(payloads)]
    half = len(documents) // 2
    keep(path, documents[:half])
    for file, torn in ((path, torn_media), (path.with_name("m.received.csv"), torn_index)):
        file.write_bytes(file.read_bytes()[: -torn or None])
    survived = keep(path, []).samples
    keep(path, documents[max(0, survived - back) :])  # a recorder repeats some of what it gave before
    assert kept(path) == [(second * NS, payload) for second, payload in enumerate(payloads)]


def test_a_backward_step_after_the_cut_loses_nothing(tmp_path):
    path = tmp_path / "m.received"
    keep(path, [document(10, b"a"), document(20, b"b")])
    keep(path, [document(20, b"b"), document(21, b"c"), document(15, b"d")])
    assert [payload for _, payload in kept(path)] == [b"a", b"b", b"c", b"d"]


def test_an_index_without_its_documents_is_begun_again(tmp_path):
    path = tmp_path / "m.received"
    keep(path, [document(1, b"a")])
    path.unlink()
    keep(path, [document(1, b"a"), document(2, b"b")])
    assert [payload for _, payload in kept(path)] == [b"a", b"b"]


@pytest.mark.parametrize(
    "line", ["hello", "0,x,1,1970-01-01T00:00:00Z,,", "0,0,-1,1970-01-01T00:00:00Z,,", "0,5,1,1970-01-01T00:00:00Z,,"]
)
def test_an_index_of_somebody_else_is_refused(line, tmp_path):
    path = tmp_path / "m.received"
    path.write_bytes(b"123456789")
    path.with_name("m.received.csv").write_text(f"{line}\n")
    with pytest.raises(MalformedMediaError, match=r"m\.received\.csv"):
        KeptTrack(path)
    assert path.read_bytes() == b"123456789"
