"""Sheets of a real record, as long as anybody may make them."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.handovers import handover
from vssx.evidence.sheet_facts import SheetFacts, read_sheet_facts
from vssx.report.record_view import view_record
from vssx.report.sheet import Sheet, SheetSignature

LONG = {
    "letters": "W" * 4000,
    "ideographs": "北" * 4000,
    "words": "Lorem ipsum dolor sit amet " * 100,
    "controls": "\u202e" * 3000,
}


@functools.cache
def facts() -> SheetFacts:
    with tempfile.TemporaryDirectory() as directory:
        return read_sheet_facts(handover(Path(directory)))


def sheet(*, signed: bool = True) -> Sheet:
    """Of a small handover."""
    signature = SheetSignature(name="signatures/0001-export.p7s", subject="Common Name: Test", fingerprint="ab" * 32)
    return Sheet(
        name="gate_20240501",
        record=view_record(facts().record),
        tag_manifest=facts().tag_manifest,
        payload_files=facts().payload_files,
        signatures=(signature,) if signed else (),
    )


def longest(text: str) -> Sheet:
    """Everything in it has as much of ``text`` as may be, and there is more of everything than fits."""
    small = sheet()
    record = small.record
    file = replace(record.recordings[0].files[0], path=text[:900])
    recording = replace(
        record.recordings[0], camera=text, files=(file,) * 40, asked_from_ns=10**18 + 1_000_000, asked_to_ns=10**18 + 5
    )
    requested = {**record.raw["requested"], "legal_basis": text}
    return replace(
        small,
        name=text[:200],
        record=replace(
            record,
            case=text,
            exhibit=text,
            operator=text,
            recordings=(recording,) * 40,
            raw={**record.raw, "requested": requested},
        ),
        payload_files=99_999,
        signatures=(replace(small.signatures[0], subject=text),) * 5,
        legal_basis=text[::-1][:160],
    )
