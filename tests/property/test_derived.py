"""Whatever the metadata tracks hold: the files beside the MP4 are well-formed, whole, and harmless."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import tempfile
import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.hostile_documents import documents as hostile_documents
from tests.scene_documents import Occurrence, scene
from tests.unit.evidence.metadata_files import ADDED, RECORDED, START_NS, at, document, found, write
from vssx.evidence.derived import derive
from vssx.model.event import ProvenanceKind

TT = "{http://www.onvif.org/ver10/schema}"
_XML_TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cs",), exclude_characters=[chr(c) for c in range(32)] + ["\ufffe", "\uffff"]
    ),
    max_size=30,
)
_ITEMS = st.lists(st.tuples(_XML_TEXT, _XML_TEXT), max_size=3).map(tuple)
_SECONDS = st.integers(0, 30_000).map(lambda tick: tick / 1000)


@st.composite
def occurrences(draw: st.DrawFn) -> Occurrence:
    return Occurrence(
        utc_ns=at(draw(_SECONDS)),
        topic=draw(st.sampled_from(["tns1:VideoSource/MotionAlarm", "tns1:A/B", "x"]) | _XML_TEXT.filter(str.strip)),
        operation=draw(st.sampled_from(["", "Initialized", "Changed", "Deleted"])),
        source=draw(_ITEMS),
        key=draw(_ITEMS),
        data=draw(_ITEMS),
    )


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A document with some bytes of it changed, dropped or doubled."""
    text = bytearray(
        draw(st.lists(occurrences(), max_size=2).map(lambda them: scene(3, at(3), ptz=True, occurrences=them)))
    )
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, max(0, len(text) - 1)))
        text[place : place + draw(st.integers(0, 9))] = draw(st.binary(max_size=4))
    return bytes(text)


_HOSTILE = [one.data for one in hostile_documents(START_NS)]
_PAYLOADS = (
    damaged()
    | st.binary(max_size=60)
    | st.sampled_from([data for data in _HOSTILE if len(data) < 100_000])
    | damaged().map(lambda data: gzip.compress(data, mtime=0))
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_documents_make_whole_files(data: st.DataObject):
    recorded = sorted(
        data.draw(st.lists(st.tuples(_SECONDS, _PAYLOADS, st.sampled_from(["", "gzip", "exi"])), max_size=4)),
        key=lambda one: one[0],
    )
    added = data.draw(st.lists(st.tuples(occurrences(), st.sampled_from(ProvenanceKind), st.booleans()), max_size=3))
    units = [document(RECORDED, seconds, payload, encoding=encoding) for seconds, payload, encoding in recorded]
    units += [document(ADDED, 1, found(one, kind=kind, start_state=state)) for one, kind, state in added]
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        derived = derive(root, "cam", [write(root, units)], from_ns=START_NS, to_ns=at(60))
        files = {path.name: path.read_bytes() for path in (root / "data/cam").iterdir() if path.suffix != ".mp4"}
    if recorded:
        _every_document_is_there(files["metadata.xml"], [payload for _, payload, _ in recorded])
    for line in files.get("metadata.jsonl", b"").splitlines():
        assert line.isascii()
        assert json.loads(line)["kind"] in ("object", "ptz")
    events = derived.alpha_events
    assert (events is not None and bool(events.files)) == ("events.csv" in files)
    if events is not None and events.files:
        _listings_agree(files["events.xml"], files["events.csv"], events.events, events.states)


def _every_document_is_there(text: bytes, payloads: list[bytes]) -> None:
    root = etree.fromstring(text)
    assert len(root) == len(payloads)
    for element, payload in zip(root, payloads, strict=True):
        if element.tag.endswith("}Bytes"):
            assert base64.b64decode(element.text or "") == payload
            assert element.get("reason")
        else:
            assert etree.QName(element[0]).localname == "MetadataStream"
            if element.get("content") is None:
                assert payload in text


def _listings_agree(events_xml: bytes, events_csv: bytes, events: int, states: int) -> None:
    root = etree.fromstring(events_xml)
    told = [one.get("id") for one in root.iterfind("{urn:vssx:events:1}Listing/{urn:vssx:events:1}Event")]
    assert len(root) == len(told) + 1
    assert len(set(told)) == len(told)
    rows = list(csv.DictReader(io.StringIO(events_csv.decode("utf-8-sig"), newline="")))
    assert [row["kind"] for row in rows].count("event") == events
    assert [row["kind"] for row in rows].count("state") == states
    assert set(told) <= {row["id"] for row in rows}
    assert {row["id"] for row in rows if row["kind"] == "event"} <= set(told)
    assert [row["utc"] for row in rows if len(row["utc"]) == 20] == sorted(
        row["utc"] for row in rows if len(row["utc"]) == 20
    )
    for row in rows:
        for cell in row.values():
            assert not {unicodedata.category(one) for one in cell} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
            assert cell.lstrip()[:1] not in tuple("=+-@＝＋－＠")
