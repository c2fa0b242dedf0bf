"""What lies beside the MP4s is made again by verify and compared: it says what their metadata tracks say, or FAILED.

The forgeries are signed anew with the right key: even its owner cannot make these files say what the media does not.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.handovers import acquisition, trial, write_log
from tests.scene_documents import access_denied, motion, scene
from tests.unit.evidence.metadata_files import ADDED, RECORDED, VIDEO, at, document, event, found, pictures
from tests.unit.evidence.test_media import target
from tests.unit.evidence.test_verify import edit_record, failures, resign, verify
from vssx.errors import ExitCode
from vssx.evidence import derivation_check
from vssx.evidence.media import MediaFiles
from vssx.evidence.staging import open_staging
from vssx.jobs.handover import finish
from vssx.model.event import ProvenanceKind
from vssx.model.level import ExportLevel
from vssx.model.media import AccessUnit, EndReason, StreamEnd
from vssx.model.verification import Verdict

NAMES = ["metadata.xml", "metadata.jsonl", "events.xml", "events.csv"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handover at 0M+0E: a camera with objects, an event of each provenance, and a state."""
    return handover(
        tmp_path_factory.mktemp("derived"),
        document(RECORDED, 1, scene(1, at(1), ptz=True)),
        document(RECORDED, 2, event(access_denied(at(2), "4711"), motion(at(2), True))),
        document(RECORDED, 3, b"<tt:MetadataStream"),
        document(ADDED, 0, found(motion(at(0), False), start_state=True)),
        document(ADDED, 2, found(access_denied(at(2), "4711"))),
        level=ExportLevel.METADATA_AND_EVENTS,
    )


def handover(parent: Path, *documents: AccessUnit, level: ExportLevel = ExportLevel.VIDEO) -> Path:
    """A signed handover of a camera with these documents beside its pictures."""
    units = [*pictures(20), *documents]
    items = [*sorted(units, key=lambda unit: unit.utc_ns), StreamEnd(reason=EndReason.BYE, proven=True)]
    with open_staging(parent, "H", {}) as staging:
        with MediaFiles(staging, target(), lambda _: None) as files:
            received = files.receive((VIDEO, RECORDED, ADDED), iter(items), lambda *_: None)
        write_log(staging.path)
        what = acquisition(received.media)
        asked = dataclasses.replace(what.requested, level=level)
        [one] = what.recordings
        one = dataclasses.replace(one, from_ns=at(0), to_ns=at(20))
        what = dataclasses.replace(what, requested=asked, recordings=(one,))
        return finish(staging, "H", what, trial().signer).path


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "handover"))


def test_a_handover_at_both_levels(made: Path):
    for level in ExportLevel:
        assert verify(made, level=level).verdict is Verdict.PASSED
    [finding] = [one for one in verify(made).findings if one.check == "record: derived files data/cam/"]
    assert finding.evidence.startswith("events.csv, events.xml, metadata.jsonl, metadata.xml: byte for byte")
    assert "3 documents" in finding.evidence
    record = json.loads((made / "handover.json").read_bytes())
    assert record["claims"] == {
        "level": "0M+0E",
        "timed_metadata": True,
        "alpha_events": True,
        "borne": "0M+0E",
        "reason": "",
    }
    [section] = record["recordings"]
    assert section["timed_metadata"]["malformed"] == 1
    assert section["alpha_events"] | {"notes": []} == {
        "events": 2,
        "within": 2,
        "recorded": 2,
        "found": 1,
        "listed": 0,
        "states": 1,
        "states_unknown": 0,
        "files": ["data/cam/events.xml", "data/cam/events.csv"],
        "notes": [],
    }
    assert b"Export-Level: 0M+0E (IEC 62676-2-11)\n" in (made / "bag-info.txt").read_bytes()


def test_an_added_document_that_passes_for_a_recorded_one(tmp_path: Path):
    """As a changed exporter would write it, and sign it with its own key: every file follows from the tracks."""
    false = found(access_denied(at(2), "4711"), kind=ProvenanceKind.RECORDED, where="cam.mp4 track 2 sample 17")
    root = handover(tmp_path, document(ADDED, 2, false))
    [finding] = [one for one in verify(root).findings if one.result is Verdict.FAILED]
    assert finding.check == "record: derived files data/cam/"
    assert "passed for metadata that the recorder recorded" in finding.evidence
    [section] = json.loads((root / "handover.json").read_bytes())["recordings"]
    assert section["alpha_events"]["recorded"] == 0


def test_nothing_is_written(made: Path):
    def state() -> list[tuple[str, int]]:
        return [(str(path), path.stat().st_mtime_ns) for path in sorted(made.rglob("*"))]

    before = state()
    verify(made)
    assert state() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_byte_of_each_file(root: Path, name: str):
    path = root / "data/cam" / name
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    resign(root)
    report = verify(root)
    assert report.exit_code is ExitCode.FAILED
    assert f"data/cam/{name} is not what follows from the metadata tracks" in failures(report)


def test_an_event_that_nobody_recorded(root: Path):
    path = root / "data/cam/events.xml"
    path.write_bytes(path.read_bytes().replace(b"4711", b"4712"))
    resign(root)
    assert "data/cam/events.xml is not what follows" in failures(verify(root))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_gone(root: Path, name: str):
    (root / "data/cam" / name).unlink()
    resign(root)
    assert f"data/cam/{name} is missing" in failures(verify(root))


def test_a_file_that_is_gone_from_the_record_as_well(root: Path):
    (root / "data/cam/events.csv").unlink()
    edit_record(root, lambda record: record["recordings"][0]["alpha_events"]["files"].pop())
    assert "data/cam/events.csv is missing" in failures(verify(root))


def test_a_file_that_the_record_does_not_name(root: Path):
    edit_record(root, lambda record: record["recordings"][0].update(alpha_events=None))
    assert "alpha_events is null, the MP4s say otherwise" in failures(verify(root))


def changed(part: str, key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda record: record["recordings"][0][part].update({key: value})


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("timed_metadata", "documents", 4),
        ("timed_metadata", "malformed", 0),
        ("timed_metadata", "objects", 100),
        ("timed_metadata", "first", None),
        ("timed_metadata", "notes", []),
        ("alpha_events", "events", 3),
        ("alpha_events", "within", 1),
        ("alpha_events", "listed", 1),
        ("alpha_events", "states_unknown", 1),
    ],
)
def test_numbers_in_the_record(root: Path, part: str, key: str, value: object):
    edit_record(root, changed(part, key, value))
    assert f"{part}: {key} is " in failures(verify(root))


@pytest.mark.parametrize("which", ["from", "to"])
def test_another_range(root: Path, which: str):
    """What held at the start, and which events lie outside, depends on it."""
    edit_record(root, lambda record: record["recordings"][0]["asked"].update({which: "2024-05-01T12:00:01.500Z"}))
    assert "is not what follows" in failures(verify(root)) or "alpha_events: notes" in failures(verify(root))


def test_a_time_that_is_none(root: Path):
    edit_record(root, lambda record: record["recordings"][0]["asked"].update(to="2024-13-01T12:00:01Z"))
    assert "'2024-13-01T12:00:01Z' is not a 'date-time'" in failures(verify(root))


def test_other_rules_are_no_proof_of_anything(root: Path):
    edit_record(root, lambda record: record.update(derivation="0"))
    report = verify(root, level=ExportLevel.METADATA)
    assert report.verdict is Verdict.INDETERMINATE
    assert "not made again and compared" in next(
        one.evidence for one in report.findings if one.check.startswith("record: derived files")
    )


def test_media_that_is_not_as_recorded_is_not_compared(root: Path):
    [media] = (root / "data/cam").glob("*.mp4")
    data = bytearray(media.read_bytes())
    data[60] ^= 1
    media.write_bytes(data)
    resign(root)
    report = verify(root)
    assert report.verdict is Verdict.FAILED
    assert any(
        one.evidence == "not compared, since the media is not what the record says"
        for one in report.findings
        if one.check.startswith("record: derived files")
    )


@pytest.mark.parametrize("forged", [b"", b"\x1f\x8b\x08 no gzip"])
def test_a_list_of_frames_that_cannot_be_read_is_not_relied_on(root: Path, forged: bytes):
    [frames] = (root / "data/cam").glob("*.frames.csv.gz")
    frames.write_bytes(forged)
    resign(root)
    report = verify(root)
    assert report.verdict is Verdict.FAILED
    assert any(one.evidence.startswith("not compared") for one in report.findings)


def test_a_list_of_frames_outside_of_the_handover_is_not_read(root: Path):
    edit_record(root, lambda record: record["recordings"][0]["files"][0].update(frames="data/../../outside.gz"))
    report = verify(root)
    assert "data/../../outside.gz is not in the payload" in failures(report)
    assert any(one.evidence.startswith("not compared") for one in report.findings)


def test_a_metadata_track_that_the_record_keeps_silent_about(root: Path):
    for name in NAMES:
        (root / "data/cam" / name).unlink()

    def silent(record: dict[str, Any]) -> None:
        record["recordings"][0].update(timed_metadata=None, alpha_events=None)
        record["claims"].update(level="0V", timed_metadata=False, alpha_events=False, borne="0V", reason="x")

    edit_record(root, silent)
    told = failures(verify(root))
    assert "timed_metadata is null, the MP4s say otherwise" in told
    assert "data/cam/metadata.xml is missing" in told


def test_handovers_without_metadata_cost_nothing(root: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing is made again where there is nothing to compare."""
    from tests.handovers import handover

    monkeypatch.setattr(derivation_check, "derive", None)
    assert verify(handover(root)).verdict is Verdict.PASSED
