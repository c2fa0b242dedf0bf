"""The rules by which files are derived are a promise: other bytes need another number (model.metadata.DERIVATION)."""

import gzip
import hashlib
import tracemalloc

from tests.hostile_documents import documents
from tests.scene_documents import access_denied, motion, scene
from tests.unit.evidence.metadata_files import (
    ADDED,
    RECORDED,
    START_NS,
    at,
    document,
    event,
    found,
    stream,
    write,
)
from vssx.evidence.derived import derive
from vssx.model.event import ProvenanceKind
from vssx.model.media import TimeSource
from vssx.model.metadata import DERIVATION

# Another digest without another DERIVATION: verify would call handovers FAILED that nobody touched.
DIGESTS = {
    "data/cam/events.csv": "685ebfa102d2a63975d54ed56e6ff8d301a43c1eb1df3f6724e6cc428d9d3765",
    "data/cam/events.xml": "042e4c48a2c2aed29908247b1c2f378d5c8dd997413443143bb06e319745870b",
    "data/cam/metadata.jsonl": "5128cbdbf3dcda1a7019097c26581ef118e1c685b662a6c0ac1373438a19ba1c",
    "data/cam/metadata.xml": "2e5202894d15b1729ad06ff05135565e93d454e541bbc0a5534ff6ad8eb34c96",
}


def test_the_bytes_are_those_of_these_rules(tmp_path):
    recorded = [
        document(RECORDED, 0, event(motion(at(-1), False, operation="Initialized"))),
        document(RECORDED, 1, scene(1, at(1), ptz=True)),
        document(RECORDED, 2, gzip.compress(scene(2, at(2)), mtime=0), encoding="gzip"),
        document(RECORDED, 3, b"<tt:MetadataStream", time_source=TimeSource.NEIGHBOUR),
        document(RECORDED, 4, b"$EXI\x80", encoding="exi", time_source=TimeSource.NEIGHBOUR),
        document(RECORDED, 5, event(motion(at(5.25), True), access_denied(at(5.5), "=1+1\u202e\\"))),
        document(RECORDED, 6, stream("<x:y/>")),
        document(
            RECORDED, 7, '<?xml version="1.0" encoding="ISO-8859-1"?><MetadataStream a="\xe9"/>'.encode("latin-1")
        ),
    ]
    added = [
        document(ADDED, 0, found(motion(START_NS, False), start_state=True)),
        document(ADDED, 5, found(motion(at(5), True), utc_text="2024-05-01T12:00:05Z")),
        document(ADDED, 9, found(access_denied(at(9e8), "x"), kind=ProvenanceKind.LISTED, where="marks.csv line 2")),
    ]
    derived = derive(tmp_path, "cam", [write(tmp_path, [*recorded, *added])], from_ns=START_NS, to_ns=at(60))
    assert (DERIVATION, dict(derived.sha256)) == ("1", DIGESTS)


def test_no_words_of_a_library_get_into_them(tmp_path):
    """Another version of libxml2, zlib or Python says it in other words."""
    hostile = list(documents(START_NS))
    units = [document(RECORDED, number / 10, one.data) for number, one in enumerate(hostile)]
    derived = derive(tmp_path, "cam", [write(tmp_path, units)], from_ns=START_NS, to_ns=None)
    notes = "".join(derived.timed_metadata.notes)
    text = notes.encode() + b"".join(
        line.partition(b">")[0] for line in (tmp_path / "data/cam/metadata.xml").read_bytes().splitlines(keepends=True)
    )
    assert b'reason="not well-formed XML"' in text
    for word in (b"line 1", b"column", b"&lt;string", b"codec can", b"decompress", b"Start tag", b"byte 0x"):
        assert word not in text


def test_memory_does_not_grow_with_the_documents(tmp_path):
    units = [
        document(RECORDED, n / 10, scene(n, at(n / 10), objects=0, occurrences=[motion(at(n / 10), n % 2 == 0)]))
        for n in range(800)
    ]
    source = write(tmp_path, units, seconds=2)
    del units
    tracemalloc.start()
    try:
        derived = derive(tmp_path, "cam", [source], from_ns=None, to_ns=None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert derived.alpha_events.events == 800
    assert peak * 2 < sum((tmp_path / path).stat().st_size for path in derived.sha256)


def test_digests_are_of_the_files(tmp_path):
    derived = derive(
        tmp_path, "cam", [write(tmp_path, [document(RECORDED, 1, scene(1, at(1)))])], from_ns=None, to_ns=None
    )
    for path, digest in derived.sha256.items():
        assert hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() == digest
