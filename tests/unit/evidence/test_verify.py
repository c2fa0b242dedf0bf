from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.handovers import handover, trial
from vssx.errors import ExitCode
from vssx.evidence import manifest
from vssx.evidence.verify import verify_path
from vssx.model.verification import Verdict, VerificationReport

GATE = "data/gate/gate_20240501T120000.123Z.mp4"


def verify(path: Path, **options: Any) -> VerificationReport:
    return verify_path(path, **{"trust": (trial().certificate,), **options})


def failures(report: VerificationReport) -> str:
    return "\n".join(
        f"{finding.check}: {finding.evidence}" for finding in report.findings if finding.result is Verdict.FAILED
    )


def relist(root: Path) -> None:
    """Bring the manifests in line with the files, as a forger would, and leave the signatures alone."""
    payload = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((root / "data").rglob("*"))
        if path.is_file()
    }
    (root / "manifest-sha256.txt").write_bytes(manifest.render(payload))
    sizes = [(root / path).stat().st_size for path in payload]
    info = (root / "bag-info.txt").read_text("utf-8").splitlines()
    info = [f"Payload-Oxum: {sum(sizes)}.{len(sizes)}" if line.startswith("Payload-Oxum") else line for line in info]
    (root / "bag-info.txt").write_text("\n".join(info) + "\n", encoding="utf-8")
    names = ["bagit.txt", "bag-info.txt", "handover.json", "VERIFY.txt", "manifest-sha256.txt"]
    names += [path.name for path in sorted(root.glob("*.html"))]
    tags = {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in names}
    (root / "tagmanifest-sha256.txt").write_bytes(manifest.render(tags))


def resign(root: Path) -> None:
    """Sign a forged handover anew with the right key: only what the record says can give it away now."""
    relist(root)
    shutil.rmtree(root / "signatures", ignore_errors=True)
    (root / "signatures").mkdir()
    digest = hashlib.sha256((root / "tagmanifest-sha256.txt").read_bytes()).digest()
    (root / "signatures/0001-export.p7s").write_bytes(trial().signer.sign_digest(digest))


def edit_record(root: Path, change: Callable[[dict[str, Any]], None]) -> None:
    record = json.loads((root / "handover.json").read_text("utf-8"))
    change(record)
    (root / "handover.json").write_text(json.dumps(record), encoding="utf-8")
    resign(root)


def flip(path: Path, position: int = 50) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def other_digest(path: Path) -> None:
    """Exchange the first digit of the first digest in a manifest."""
    text = path.read_bytes()
    path.write_bytes((b"1" if text[:1] == b"0" else b"0") + text[1:])


def test_whole_handover(tmp_path: Path):
    report = verify(handover(tmp_path))
    assert report.verdict is Verdict.PASSED, failures(report)
    assert report.exit_code is ExitCode.DONE
    assert report.signed


def test_without_trust(tmp_path: Path):
    report = verify(handover(tmp_path), trust=())
    assert report.exit_code is ExitCode.INDETERMINATE
    assert failures(report) == ""


def test_somebody_elses_certificate(tmp_path: Path):
    report = verify(handover(tmp_path), trust=(trial("Other").certificate,))
    assert report.exit_code is ExitCode.INDETERMINATE


def test_unsigned_handover(tmp_path: Path):
    report = verify(handover(tmp_path, signed=False))
    assert not report.signed
    assert report.exit_code is ExitCode.NOTHING_SIGNED
    assert failures(report) == ""


def test_verdicts_cannot_be_ignored(tmp_path: Path):
    report = verify(handover(tmp_path))
    with pytest.raises(TypeError):
        bool(report)


def test_expired_certificate(tmp_path: Path):
    root = handover(tmp_path)
    in_ten_years = time.time_ns() + 3650 * 86_400 * 10**9
    report = verify(root, at_ns=in_ten_years)
    assert report.exit_code is ExitCode.INDETERMINATE
    assert any("assumed by the verifier" in finding.evidence for finding in report.findings)
    assert any(finding.sub_indication == "OUT_OF_BOUNDS_NO_POE" for finding in report.findings)


def remove(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


def write(name: str, data: bytes = b"x") -> Callable[[Path], None]:
    return lambda root: (root / name).write_bytes(data)


def append(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda root: (root / name).write_bytes((root / name).read_bytes() + data)


def rename(name: str, to: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).rename(root / to)

    return change


def forge(change: Callable[[Path], None]) -> Callable[[Path], None]:
    def both(root: Path) -> None:
        change(root)
        relist(root)

    return both


def link(name: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).rename(root.parent / "elsewhere")
        (root / name).symlink_to(root.parent / "elsewhere")

    return change


def exchanged_certificate(root: Path) -> None:
    other = trial("Other").signer
    digest = hashlib.sha256((root / "tagmanifest-sha256.txt").read_bytes()).digest()
    (root / "signatures/0001-export.p7s").write_bytes(other.sign_digest(digest))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda root: flip(root / GATE), "was changed"),
        (append(GATE, b"\0"), "was changed"),
        (lambda root: flip(root / "data/log/acquisition.jsonl", 3), "was changed"),
        (lambda root: flip(root / "handover.json"), "was changed"),
        (lambda root: other_digest(root / "manifest-sha256.txt"), "was changed"),
        (lambda root: other_digest(root / "tagmanifest-sha256.txt"), "was changed"),
        (lambda root: flip(root / "VERIFY.txt"), "was changed"),
        (lambda root: flip(root / "bagit.txt", 3), "bag declaration"),
        (lambda root: flip(root / "signatures/0001-export.p7s", -3), "signatures/0001-export.p7s"),
        (append("signatures/0001-export.p7s", b"\0"), "1 trailing bytes"),
        (append(GATE + ".p7s", b"\0"), "1 trailing bytes"),
        (forge(append(GATE + ".p7s", b"\0")), "1 trailing bytes"),
        (remove(GATE), "is missing"),
        (remove(GATE + ".p7s"), "is missing"),
        (forge(remove(GATE + ".p7s")), "announced signatures"),
        (remove("data/log/acquisition.jsonl"), "is missing"),
        (remove("bagit.txt"), "bag declaration"),
        (remove("bag-info.txt"), "is missing"),
        (remove("handover.json"), "handover.json is missing"),
        (remove("manifest-sha256.txt"), "manifest-sha256.txt is missing"),
        (remove("tagmanifest-sha256.txt"), "tagmanifest-sha256.txt is missing"),
        (remove("signatures/0001-export.p7s"), "announced signatures"),
        (write("extra.txt"), "extra.txt is in no manifest"),
        (write("data/gate/extra.txt"), "in no manifest"),
        (write("signatures/extra.txt"), "in no manifest"),
        (write(".hidden"), "in no manifest"),
        (write("fetch.txt"), "in no manifest"),
        (write("tagmanifest-sha512.txt"), "in no manifest"),
        (lambda root: (root / "data/empty").mkdir(), "is empty"),
        (forge(write("data/gate/extra.txt")), "the content is not what was signed"),
        (forge(write("data/gate/extra.mp4")), "the record does not name"),
        (rename(GATE, "data/gate/renamed.mp4"), "is missing"),
        (forge(rename(GATE, "data/gate/renamed.mp4")), "is not in the payload"),
        (write("signatures/0002-signature.p7s", b"garbage"), "not canonical DER"),
        (write("data/gate/lonely.p7s"), "what it should sign is missing"),
        (link("data/log/acquisition.jsonl"), "is a link"),
        (link("handover.json"), "is a link"),
        (link("signatures/0001-export.p7s"), "is a link"),
        (exchanged_certificate, "by another certificate than the record says"),
    ],
)
def test_each_change_is_found(tmp_path: Path, change: Callable[[Path], None], words: str):
    root = handover(tmp_path)
    change(root)
    report = verify(root)
    assert report.exit_code is ExitCode.FAILED
    assert words in failures(report)


def test_directory_that_is_a_link(tmp_path: Path):
    root = handover(tmp_path)
    (root / "data/gate").rename(tmp_path / "gate")
    (root / "data/gate").symlink_to(tmp_path / "gate")
    report = verify(root)
    assert "data/gate is a link" in failures(report)


def test_handover_reached_over_a_link(tmp_path: Path):
    handover(tmp_path)
    (tmp_path / "link").symlink_to("handover")
    assert verify(tmp_path / "link").verdict is Verdict.PASSED


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
@pytest.mark.parametrize("name", ["data/gate/pipe", "handover.json", "signatures/0002-signature.p7s", GATE])
def test_fifo_is_never_opened(tmp_path: Path, name: str):
    root = handover(tmp_path)
    (root / name).unlink(missing_ok=True)
    os.mkfifo(root / name)
    assert "it was not opened" in failures(verify(root))


def test_control_characters_in_names_are_shown_harmlessly(tmp_path: Path):
    root = handover(tmp_path)
    (root / "data/\x1b[2J\u202e.txt").write_bytes(b"")
    evidence = failures(verify(root))
    assert "data/\\x1b[2J\\u202e.txt is in no manifest" in evidence


def test_many_unlisted_files_are_summed_up(tmp_path: Path):
    root = handover(tmp_path)
    for number in range(50):
        (root / f"data/{number}").write_bytes(b"")
    assert "and 30 more like these" in failures(verify(root))


def set_value(*keys: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(record: dict[str, Any]) -> None:
        node = record
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_value("recordings", 1, "files", 0, "size", value=5), "bytes, the record says 5"),
        (set_value("recordings", 1, "files", 0, "sha256", value="0" * 64), "the record says 0000"),
        (
            set_value("recordings", 1, "files", 0, "frames", value="data/gate/none"),
            "data/gate/none is not in the payload",
        ),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "samples", value=1), "the number of samples"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "payload_bytes", value=1), "the number of payload bytes"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "digest", value="0" * 64), "the digest of the samples"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "clean_points", value=99), "the number of clean points"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "added", value=True), "whether the exporter added it"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "width", value=1), "the width"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "height", value=1), "the height"),
        (set_value("recordings", 1, "files", 0, "tracks", 1, "sample_rate", value=1), "the sample rate"),
        (set_value("recordings", 1, "files", 0, "tracks", 1, "channels", value=7), "the number of channels"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "codec", value="H.265"), "the codec"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "type", value="Audio"), "the type"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "timescale", value=7), "the timescale"),
        (
            set_value("recordings", 1, "files", 0, "tracks", 0, "sample_entries", value=["hvc1"]),
            "the kinds of sample entries",
        ),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "first", value="2024-05-01T12:00:01Z"), "the first time"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "last", value="2024-05-01T13:00:01Z"), "the last time"),
        (set_value("recordings", 1, "files", 0, "tracks", 0, "track_id", value=9), "has the tracks"),
        (lambda record: record["recordings"].pop(), "is a media file that the record does not name"),
        (lambda record: record["recordings"].append(record["recordings"][0]), "names a file twice"),
        (lambda record: record["recordings"].append(record["recordings"][0]), "two recordings share a directory"),
        (set_value("recordings", 0, "directory", value="x"), "does not lie in data/x/"),
        (set_value("recordings", 1, "delivered", "last", value=None), "the last time delivered is None"),
        (set_value("recordings", 0, "log", value="data/log/none"), "data/log/none is not in the payload"),
        (set_value("claims", "level", value="0M"), "not every recording has timed metadata"),
        (set_value("claims", "level", value="0E"), "not every recording has alpha-events"),
        (set_value("claims", "level", value="0E"), "level 0E is claimed, but 0V was asked for"),
        (set_value("claims", "timed_metadata", value=True), "timed_metadata is True, which is not what level 0V says"),
        (set_value("claims", "alpha_events", value=True), "not every recording has alpha-events"),
        (set_value("claims", "borne", value="0M+0E"), "the contents are said to bear 0M+0E, but bear 0V"),
        (set_value("claims", "borne", value=None), "the contents are said to bear no level, but bear 0V"),
        (set_value("signature", value={"signed": False}), "was not signed when it was made"),
        (set_value("signature", "files", value=["signatures/0001-export.p7s"]), "has no signature of its own"),
        (set_value("signature", "certificate_sha256", value="0" * 64), "another certificate than the record says"),
        (set_value("version", value="7.0"), "has version 7.0"),
        (set_value("created", value=1), "does not follow its schema"),
    ],
)
def test_record_against_the_contents(tmp_path: Path, change: Callable[[dict[str, Any]], None], words: str):
    """Even the owner of the key cannot make the record say what the files do not."""
    root = handover(tmp_path)
    edit_record(root, change)
    report = verify(root)
    assert report.exit_code is ExitCode.FAILED
    assert words in failures(report)


def test_media_that_is_no_mp4(tmp_path: Path):
    root = handover(tmp_path)
    (root / GATE).write_bytes(b"\0" * 100)

    def change(record: dict[str, Any]) -> None:
        record["recordings"][1]["files"][0].update(size=100, sha256=hashlib.sha256(bytes(100)).hexdigest())

    edit_record(root, change)
    assert "cannot be read as the record describes it" in failures(verify(root))


def test_times_survive_the_rounding_of_the_file(tmp_path: Path):
    root = handover(tmp_path)
    rounded = "2024-05-01T12:00:00.123456700Z"

    def change(record: dict[str, Any]) -> None:
        gate = record["recordings"][1]
        gate["delivered"]["first"] = gate["files"][0]["tracks"][0]["first"] = rounded

    edit_record(root, change)
    assert verify(root).verdict is Verdict.PASSED


def test_uncovered_receipt(tmp_path: Path):
    root = handover(tmp_path)
    (root / "signatures/0002-receipt.json").write_bytes(b"{}")
    assert verify(root).exit_code is ExitCode.INDETERMINATE
    digest = hashlib.sha256(b"{}").digest()
    (root / "signatures/0002-receipt.json.p7s").write_bytes(trial().signer.sign_digest(digest))
    assert verify(root).verdict is Verdict.PASSED


def test_only_the_files_are_signed(tmp_path: Path):
    """Signatures of single files say nothing about what else belongs to the handover."""
    root = handover(tmp_path, signed=False)
    digest = hashlib.sha256((root / GATE).read_bytes()).digest()
    (root / (GATE + ".p7s")).write_bytes(trial().signer.sign_digest(digest))
    relist(root)
    report = verify(root)
    assert report.exit_code is ExitCode.INDETERMINATE
    assert any("handover as a whole" in finding.evidence for finding in report.findings)


# what is no handover
