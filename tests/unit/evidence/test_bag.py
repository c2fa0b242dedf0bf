from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import bagit
import pytest

from tests.handovers import acquisition, handover, trial, write_log, write_media
from vssx.errors import HandoverError, ReadBackMismatchError, StorageError
from vssx.evidence.bag import assemble, next_signature
from vssx.evidence.record_reading import parse_record
from vssx.evidence.verify import verify_path
from vssx.model.acquisition import ClockSample, RecorderIdentity
from vssx.model.handover import Acquisition, NativeExport, NativeFile, SourceFile
from vssx.model.media import Assumption, EndReason, Gap, GapCause, Loss, StreamEnd
from vssx.model.metadata import TimedMetadata
from vssx.model.recording import (
    RecordingHistory,
    RecordingInformation,
    RecordingSourceInformation,
    Span,
    TrackHistory,
    TrackInformation,
)
from vssx.model.verification import Verdict

MEDIA = "data/gate/gate.mp4"
S = 1_000_000_000


@pytest.fixture
def staging(tmp_path: Path) -> tuple[Path, Acquisition]:
    """A staging directory with one checked file."""
    root = tmp_path / "x.partial"
    write_log(root)
    return root, acquisition([write_media(root, MEDIA, units=20)])


def bag_info(root: Path) -> dict[str, str]:
    lines = (root / "bag-info.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_signed_handover_is_a_valid_bag(tmp_path: Path):
    root = handover(tmp_path)
    bag = bagit.Bag(str(root))
    bag.validate()
    assert bag.info["External-Identifier"] == "E 2"
    assert bag.info["Contact-Name"] == "Ann Other: x"
    listed = {line.split("  ")[1] for line in (root / "manifest-sha256.txt").read_text("utf-8").splitlines()}
    assert listed == {path.relative_to(root).as_posix() for path in (root / "data").rglob("*") if path.is_file()}
    assert sum(path.endswith(".mp4.p7s") for path in listed) == 2


def test_what_people_read_of_it_steers_no_terminal(staging: tuple[Path, Acquisition]):
    """Whoever reads it with cat; a program reads what was said."""
    root, what = staging
    said = "24\\7 \x9b31m\x7f \u202egnp.exe \u200d\U000e0041\nCase: \xe9"
    assemble(root, dataclasses.replace(what, requested=dataclasses.replace(what.requested, case=said)), signer=None)
    for name in ("bag-info.txt", "handover.json", "VERIFY.txt"):
        assert (root / name).read_text("utf-8").replace("\n", "").isprintable()
    assert bag_info(root)["Internal-Sender-Identifier"] == (
        "24\\7 \\u{9b}31m  \\u{202e}gnp.exe \\u{200d}\\u{e0041} Case: \xe9"
    )
    assert json.loads((root / "handover.json").read_text("utf-8"))["requested"]["case"] == said
    assert "\xe9" in (root / "handover.json").read_text("utf-8")


def test_unsigned_handover_claims_no_level(tmp_path: Path):
    root = handover(tmp_path, signed=False)
    record = json.loads((root / "handover.json").read_text("utf-8"))
    assert record["claims"]["level"] is None
    assert record["signature"] == {"signed": False}
    assert not (root / "signatures").exists()
    assert "WITHOUT A KEY" in (root / "VERIFY.txt").read_text("utf-8")


def test_text_names_the_fingerprint(tmp_path: Path):
    text = (handover(tmp_path) / "VERIFY.txt").read_text("utf-8")
    assert trial().signer.fingerprint[:8].upper() in text.replace(":", "")


def test_media_is_not_hashed_again(staging):
    """The manifest must hold what was checked: a file that changed afterwards must not get a fresh digest."""
    root, what = staging
    checked = what.media[0].file.sha256
    data = bytearray((root / MEDIA).read_bytes())
    data[100] ^= 1
    (root / MEDIA).write_bytes(data)
    assemble(root, what, signer=trial().signer)
    assert f"{checked}  {MEDIA}" in (root / "manifest-sha256.txt").read_text("utf-8")
    final = root.rename(root.with_name("x"))
    report = verify_path(final, trust=(trial().certificate,))
    assert report.verdict is Verdict.FAILED


def test_a_second_call_after_a_cut_run(staging):
    root, what = staging
    assemble(root, what, signer=trial().signer)
    (root / "handover.json").write_bytes(b"torn")
    (root / (MEDIA + ".p7s")).write_bytes(b"torn")
    assemble(root, what, signer=trial().signer)
    final = root.rename(root.with_name("x"))
    assert verify_path(final, trust=(trial().certificate,)).verdict is Verdict.PASSED


def test_unchecked_media(staging):
    root, what = staging
    (root / "data/gate/other.MP4").write_bytes(b"x")
    with pytest.raises(HandoverError, match="nobody read back"):
        assemble(root, what, signer=None)
    assert not (root / "bagit.txt").exists()


def test_media_of_another_size(staging):
    root, what = staging
    with (root / MEDIA).open("ab") as file:
        file.write(b"x")
    with pytest.raises(ReadBackMismatchError, match="were checked"):
        assemble(root, what, signer=None)


@pytest.mark.parametrize("missing", [MEDIA, MEDIA.replace(".mp4", ".frames.csv.gz")])
def test_missing_files(staging, missing: str):
    root, what = staging
    (root / missing).unlink()
    with pytest.raises(StorageError, match="is missing"):
        assemble(root, what, signer=None)


def test_link_in_the_payload(staging):
    root, what = staging
    (root / "data/gate/link").symlink_to("/etc/passwd")
    with pytest.raises(HandoverError, match="neither a file nor a directory"):
        assemble(root, what, signer=None)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a\\b", "read differently"),
        ("a\nb", "control"),
        ("GATE.frames.csv.gz", "upper and lower case"),
        ("d/", "empty"),
    ],
)
def test_names_that_no_bag_can_hold(staging, name: str, words: str):
    root, what = staging
    path = root / "data/gate" / name
    if name.endswith("/"):
        path.mkdir()
    else:
        path.write_bytes(b"x")
    with pytest.raises(HandoverError, match=words):
        assemble(root, what, signer=None)


def test_a_record_that_no_reader_takes_is_never_made(staging):
    root, what = staging
    [one] = what.recordings
    notes = tuple(Assumption(subject="x", detail="y" * 300_000, at_ns=number) for number in range(120))
    large = dataclasses.replace(one, received=dataclasses.replace(one.received, assumptions=notes))
    with pytest.raises(HandoverError, match="more than the 33554432"):
        assemble(root, dataclasses.replace(what, recordings=(large,)), signer=None)
    assert not (root / "handover.json").exists()


def test_full_record(staging):
    root, what = staging
    (root / "data/gate/a").write_bytes(b"kept")
    clock = ClockSample(sent_ns=10 * S, received_ns=11 * S, recorder_ns=9 * S)
    [one] = what.recordings
    received = dataclasses.replace(
        one.received,
        gaps=(Gap(track=0, start_ns=5 * S, end_ns=8 * S, cause=GapCause.DISCONTINUITY_BIT, confirmed=True),),
        losses=(Loss(track=0, at_ns=None, packets=3, detail="three packets"),),
        assumptions=(Assumption(subject="start", detail="asserted", at_ns=5 * S),),
        end=StreamEnd(reason=EndReason.SILENCE, proven=False, not_written=2, detail="silent"),
    )
    one = dataclasses.replace(
        one,
        received=received,
        from_ns=S,
        recording=RecordingInformation(
            token="t",
            source=RecordingSourceInformation(name="Gate"),
            tracks=(TrackInformation(token="v", track_type="Video", data_from_ns=0),),
        ),
        history=RecordingHistory(
            recording_token="t",
            from_ns=0,
            to_ns=9 * S,
            spans=(Span(start_ns=0, end_ns=None),),
            tracks=(TrackHistory(track_token="v", spans=()),),
        ),
        source_file=SourceFile(name="a", size=1, sha256=hashlib.sha256(b"").hexdigest()),
    )
    full = dataclasses.replace(
        what,
        recordings=(one,),
        recorder=RecorderIdentity(address="http://192.0.2.1", manufacturer="\u0007Bell"),
        clock_before=clock,
        assumptions=(Assumption(subject="TLS", detail="not verified"),),
    )
    assemble(root, full, signer=None, versions={"vssx": "1"})
    record = parse_record((root / "handover.json").read_bytes())
    [section] = record["recordings"]
    assert section["asked"] == {"from": "1970-01-01T00:00:01Z", "to": None}
    assert section["gaps"][0]["start"] == "1970-01-01T00:00:05Z"
    assert section["losses"][0]["at"] is None
    assert record["assumptions"][0]["subject"] == "TLS"
    assert record["clock"]["before"]["offset_low_seconds"] == -2
    assert record["clock"]["before"]["offset_high_seconds"] == 0
    assert "cannot be concluded" in record["clock"]["statement"]
    assert record["recorder"]["manufacturer"] == "\u0007Bell"
    assert record["versions"] == {"vssx": "1"}
    assert section["acquired"]["end"] == {"reason": "silence", "proven": False, "not_written": 2, "detail": "silent"}
    track = section["files"][0]["tracks"][0]
    assert (track["samples"], track["codec"]) == (20, "H.264")


def with_native(root, what, *, content=b"as copied"):
    (root / "data/gate/native").mkdir()
    (root / "data/gate/native/a.mp4").write_bytes(content)
    file = NativeFile(
        name="a.mp4", path="data/gate/native/a.mp4", size=9, sha256=hashlib.sha256(b"as copied").hexdigest()
    )
    native = NativeExport(file_format="MP4", storage="s", operation="o", finished_ns=S, files=(file,))
    [one] = what.recordings
    return dataclasses.replace(what, recordings=(dataclasses.replace(one, native_export=native),))


def test_a_copy_of_the_recorders_own_export_is_what_was_read_there(staging):
    root, what = staging
    assemble(root, with_native(root, what), signer=None)
    assert "data/gate/native/a.mp4" in (root / "manifest-sha256.txt").read_text("utf-8")


def test_a_copy_that_changed_is_refused(staging):
    root, what = staging
    with pytest.raises(ReadBackMismatchError, match=r"has SHA-256 .* was written"):
        assemble(root, with_native(root, what, content=b"as it was"), signer=None)


def test_what_the_record_names_must_be_there(staging):
    root, what = staging
    [one] = what.recordings
    named = dataclasses.replace(one, timed_metadata=TimedMetadata(documents=1, files=("data/gate/metadata.xml",)))
    with pytest.raises(StorageError, match="is missing"):
        assemble(root, dataclasses.replace(what, recordings=(named,)), signer=None)


def test_bag_info_cannot_be_injected(staging):
    root, what = staging
    requested = dataclasses.replace(what.requested, operator="x\r\nPayload-Oxum: 1.1\u2028Y: z")
    assemble(root, dataclasses.replace(what, requested=requested), signer=None)
    assert bag_info(root)["Contact-Name"] == "x Payload-Oxum: 1.1 Y: z"
    assert len(bag_info(root)) == len((root / "bag-info.txt").read_bytes().splitlines())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "signatures/0001-export.p7s"),
        (["0001-export.p7s"], "signatures/0002-signature.p7s"),
        (["0001-export.p7s", "0007-receipt.json", "note"], "signatures/0008-signature.p7s"),
    ],
)
def test_number_of_the_next_signature(names: list[str], expected: str):
    assert next_signature(names) == expected


def test_numbers_of_signatures_end():
    with pytest.raises(HandoverError, match="9999"):
        next_signature(["9999-signature.p7s"])
