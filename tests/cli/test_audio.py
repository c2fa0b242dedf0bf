"""Sound that is not AAC, as a user exports and verifies it."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from vssx.cli.main import main
from vssx.recorder.server import RecorderServer

RANGE = ("--from", "2026-03-14T06:30:00Z", "--to", "2026-03-14T06:30:20Z")


@pytest.fixture(scope="module")
def server(samples):
    with RecorderServer(samples) as running:
        yield f"127.0.0.1:{running.http_port}"


def export(server, parent: Path, *options: str) -> Path:
    arguments = ["export", server, "--recording", "reception", *RANGE, "--output", str(parent), "--name", "H"]
    assert main([*arguments, *options]) == 0
    return parent / "H"


def section(handover: Path) -> dict:
    [found] = json.loads((handover / "handover.json").read_text())["recordings"]
    return found


def findings(handover: Path, capsys) -> dict[str, dict]:
    """By check; a check with several faults has one finding for each."""
    capsys.readouterr()
    main(["verify", str(handover), "--json"])
    found: dict[str, dict] = {}
    for one in json.loads(capsys.readouterr().out)["findings"]:
        same = found.setdefault(one["check"], one)
        if same is not one:
            same["evidence"] += f"; {one['evidence']}"
    return found


def replace_payload(handover: Path, name: str, change) -> None:
    """Change a file and every digest that covers it: what an unsigned handover lets anybody do."""
    before = (handover / name).read_bytes()
    (handover / name).write_bytes(change(before))
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        for listed in ("manifest-sha256.txt", name, "handover.json"):
            digest = hashlib.sha256((handover / listed).read_bytes()).hexdigest()
            lines = (handover / manifest).read_text().splitlines()
            lines = [f"{digest}  {listed}" if line.endswith(f"  {listed}") else line for line in lines]
            (handover / manifest).write_text("".join(f"{line}\n" for line in lines))


def test_the_original_lies_beside_the_file_and_verifies(server, tmp_path, capsys):
    handover = export(server, tmp_path)
    [told] = section(handover)["transcoded"]
    assert told["original"]["codec"] == "G.711 mu-law"
    assert hashlib.sha256((handover / told["original"]["path"]).read_bytes()).hexdigest() == told["original"]["sha256"]
    with gzip.open(handover / told["original"]["index"], "rt") as lines:
        assert len(lines.readlines()) == 1 + told["original"]["packets"]
    assert findings(handover, capsys)["record: transcoded audio"]["result"] == "PASSED"


@pytest.mark.parametrize(
    ("choice", "why"), [("aac-only", "is audio other than AAC"), ("none", "is audio, and no audio was asked for")]
)
def test_what_nobody_asked_for_is_left_out_and_told(choice, why, server, tmp_path):
    found = section(export(server, tmp_path, "--audio", choice))
    assert [track["type"] for file in found["files"] for track in file["tracks"]] == ["Video"]
    assert found["transcoded"] == found["losses"] == found["gaps"] == []
    assert [one["subject"] for one in found["assumptions"] if why in one["detail"]] == ["track left out"]


def test_another_original_is_found(server, tmp_path, capsys):
    handover = export(server, tmp_path)
    [told] = section(handover)["transcoded"]
    replace_payload(handover, told["original"]["path"], lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    found = findings(handover, capsys)
    assert found["record: transcoded audio"]["result"] == "FAILED"
    assert found["payload"]["result"] == "PASSED"  # the manifests were made to agree


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        (lambda one: one.update(track_id=1), "is no AAC track"),
        (lambda one: one["original"].update(path="data/Reception/gone.au"), "is not in the payload"),
        (lambda one: one["original"].update(index="data/log/acquisition.jsonl"), "does not lie beside"),
        (lambda one: one["original"].update(size=7), "another size"),
        (lambda one: one["original"].update(encoding="PCMA"), "does not begin like PCMA"),
        (lambda one: one["original"].update(channels=1 << 40), "makes no sense"),
        (lambda one: one["original"].update(codec="Opus"), "makes no sense"),
        (lambda one: one["original"].update(packets=999), "packets: 1000 in the files"),
        (lambda one: one["original"].update(digest="0" * 64), "the digest of the packets"),
        (lambda one: one["original"].update(first="2026-03-14T12:44:00Z"), "first and last time"),
    ],
)
def test_a_record_that_contradicts_the_files(change, evidence, server, tmp_path, capsys):
    handover = export(server, tmp_path)

    def changed(data: bytes) -> bytes:
        record = json.loads(data)
        change(record["recordings"][0]["transcoded"][0])
        return json.dumps(record).encode()

    replace_payload(handover, "handover.json", changed)
    found = findings(handover, capsys)["record: transcoded audio"]
    assert found["result"] == "FAILED"
    assert evidence in found["evidence"]


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        (lambda lines: lines[:-1], "packets: 999 in the files"),
        (lambda lines: [lines[0], *lines[2:]], "does not go on with packet 1"),
        (lambda lines: [lines[0], lines[1].replace(",160,", ",161,"), *lines[2:]], "does not go on with packet 2"),
        (lambda lines: [*lines[:-1], lines[-1].replace(",160,", ",999999,")], "ends within packet 1000"),
        (lambda lines: ["a,b", *lines[1:]], "does not begin with the names"),
        (lambda lines: [lines[0], "1,2,3"], "a line of 3 columns"),
        (lambda lines: [lines[0], lines[1].replace("2026-", "9999999-"), *lines[2:]], "makes no sense"),
    ],
)
def test_a_list_that_contradicts_the_original(change, evidence, server, tmp_path, capsys):
    handover = export(server, tmp_path)
    [told] = section(handover)["transcoded"]

    def changed(data: bytes) -> bytes:
        lines = change(gzip.decompress(data).decode().split("\r\n")[:-1])
        return gzip.compress("".join(f"{line}\r\n" for line in lines).encode())

    replace_payload(handover, told["original"]["index"], changed)
    found = findings(handover, capsys)["record: transcoded audio"]
    assert found["result"] == "FAILED"
    assert evidence in found["evidence"]


def test_a_list_that_is_no_gzip_file(server, tmp_path, capsys):
    handover = export(server, tmp_path)
    [told] = section(handover)["transcoded"]
    replace_payload(handover, told["original"]["index"], lambda _: b"no list")
    assert "cannot be read" in findings(handover, capsys)["record: transcoded audio"]["evidence"]


def test_sound_of_a_local_file(samples, tmp_path, capsys):
    path = tmp_path / "reception.mov"
    shutil.copy(samples / "reception.mov", path)
    start = ("--start", "2026-03-14T06:30:00Z")
    assert main(["remux", str(path), *start, "--output", str(tmp_path), "--name", "H"]) == 0
    [told] = section(tmp_path / "H")["transcoded"]
    assert told["original"]["encoding"] == "PCMU"
    assert findings(tmp_path / "H", capsys)["record: transcoded audio"]["result"] == "PASSED"
