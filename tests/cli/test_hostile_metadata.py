"""Metadata that means harm, from the recorder into a handover and out of it again: bounded, kept, told, and harmless
wherever people look at it."""

from __future__ import annotations

import base64
import csv
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

import pytest

from tests.clips import encode
from tests.hostile_documents import VALUES, Hostile, documents, occurrences
from tests.scene_documents import xs_datetime
from vssx.cli.main import main
from vssx.evidence.keys import create_key_pair
from vssx.isobmff.reader import open_movie
from vssx.model.media import Codec
from vssx.recorder.server import RecorderServer
from vssx.times import NS, from_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
SECONDS = 12
EVERY = 200_000_000
SPAN = ("--from", xs_datetime(START), "--to", xs_datetime(START + SECONDS * NS), "--times", "recorder")
MEMORY_KB = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``handover``: of everything; ``sent``: the documents."""

    handover: Path
    sent: tuple[Hostile, ...]
    host: str
    peak_kb: int

    def file(self, name: str) -> Path:
        [path] = self.handover.glob(f"data/*/{name}")
        return path


def _stored(directory: Path) -> tuple[Hostile, ...]:
    encode(directory / "yard.mp4", frames=25 * SECONDS, options={"preset": "fast", "g": "25"})
    (directory / "yard.toml").write_text("start = 2024-05-01T12:00:00Z\n", encoding="utf-8")
    sent = tuple(documents(START))
    lines = [
        {"utc": xs_datetime(START + number * EVERY), "base64": base64.b64encode(one.data).decode()}
        for number, one in enumerate(sent)
    ]
    (directory / "yard.metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    events = [
        {
            "utc": xs_datetime(one.utc_ns),
            "topic": one.topic,
            "operation": one.operation,
            "source": dict(one.source),
            "key": dict(one.key),
            "data": dict(one.data),
        }
        for one in occurrences(START + NS)
    ]
    (directory / "yard.events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in events))
    return sent


MEASURED = """
import sys
from pathlib import Path
from vssx.cli.main import run
peak = Path(sys.argv.pop(1))
try:
    run()
finally:
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else ()
    peak.write_text(next((line.split()[1] for line in lines if line.startswith("VmHWM:")), "0"), encoding="ascii")
"""
"""vssx, and behind it the most memory that it had, in a file; ru_maxrss would hold that of the one that started it."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    directory, work = tmp_path_factory.mktemp("recorder"), tmp_path_factory.mktemp("out")
    sent = _stored(directory)
    create_key_pair(work / "keys", name="Test", passphrase=None)
    key = ("--key", str(work / "keys" / "key.pem"), "--cert", str(work / "keys" / "cert.pem"))
    with RecorderServer(directory) as server:
        host = f"127.0.0.1:{server.http_port}"
        command = [sys.executable, "-c", MEASURED, str(work / "peak")]
        command += ["export", host, "--recording", "yard", *SPAN, "--level", "0M+0E"]
        process = subprocess.Popen(
            [*command, "--output", str(work), *key], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        out, err = process.communicate()
        assert process.returncode == 0, err
        _assert_harmless(err)
        peak_kb = int((work / "peak").read_text(encoding="ascii"))
        yield Case(handover=Path(out.strip()), sent=sent, host=host, peak_kb=peak_kb)


def _assert_harmless(text: str) -> None:
    """Nothing that a terminal would obey, nor letters that hide or turn others."""
    for line in text.split("\n"):
        bad = {f"{ord(c):04x}" for c in line if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")}
        assert not bad, (bad, line[:300])


def test_every_document_is_in_the_track(case: Case) -> None:
    """Less BOM and declaration of those that are UTF-8; all others as they came."""
    [path] = case.handover.glob("data/*/*.mp4")
    movie = open_movie(path)
    track = next(track for track in movie.tracks if track.codec is Codec.ONVIF_METADATA)
    kept = [bytes(payload) for _, payload in movie.iter_payloads(track)]
    assert kept == [one.data for one in case.sent]


def test_memory_is_bounded(case: Case) -> None:
    """There are documents of a gigabyte among them, and of exabytes."""
    if not case.peak_kb:
        pytest.skip("only Linux tells how much memory a process had at most")
    assert case.peak_kb < MEMORY_KB


def test_all_of_them_are_in_metadata_xml(case: Case) -> None:
    """It is well-formed whatever came, and what is not well-formed is there as bytes with a reason."""
    text = case.file("metadata.xml").read_bytes()
    assert b"<!DOCTYPE" not in text
    found: list[tuple[str, dict[str, str]]] = []
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth == 1:
            found.append((name.rpartition(":")[2], attributes))
        depth += 1

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.Parse(text, True)
    assert [name for name, _ in found] == ["Document" if one.read else "Bytes" for one in case.sent]
    assert all(attributes["reason"] for name, attributes in found if name == "Bytes")


def test_the_record_counts_what_was_broken(case: Case) -> None:
    [section] = json.loads((case.handover / "handover.json").read_text("utf-8"))["recordings"]
    told = section["timed_metadata"]
    assert told["documents"] == len(case.sent)
    assert told["malformed"] + told["not_decoded"] == sum(not (one.read or one.tolerated) for one in case.sent)


def test_json_lines_are_json(case: Case) -> None:
    text = case.file("metadata.jsonl").read_bytes()
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) > len(case.sent) // 2
    assert text.isascii() or not re.search("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text.decode())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula(case: Case, separator: str) -> None:
    """Also where a spreadsheet takes another separator for granted and the quotes stand in the wrong places."""
    with case.file("events.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=separator))
    for row in rows:
        for cell in row:
            assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell), cell


def test_the_table_is_whole_and_harmless(case: Case) -> None:
    text = case.file("events.csv").read_bytes().decode("utf-8-sig")
    _assert_harmless(text.replace("\r\n", "\n"))
    with case.file("events.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) + 1 == text.count("\r\n")
    hostile = [row for row in rows if row["topic"] == "tns1:UserAlarm/Hostile" and row["kind"] == "event"]
    assert len(hostile) == 2 * len(VALUES)  # at two times: in a document, and found


def test_events_xml_is_well_formed(case: Case) -> None:
    text = case.file("events.xml").read_bytes()
    assert b"<!" not in text.replace(b"<![CDATA[", b"")
    expat.ParserCreate().Parse(text, True)


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "JSON"])
def test_terminals_are_safe(case: Case, form: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    for where in ((str(case.handover),), (case.host, "--recording", "yard", *SPAN)):
        assert main(["events", *where, *form]) == 0
        captured = capsys.readouterr()
        _assert_harmless(captured.out)
        _assert_harmless(captured.err)
        if form:
            assert json.loads(captured.out)["events"]
        assert "hostile" in captured.out.lower()


def test_it_verifies(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    trust = str(case.handover.parent / "keys" / "cert.pem")
    assert main(["verify", str(case.handover), "--level", "0M+0E", "--trust", trust]) == 0
    captured = capsys.readouterr()
    _assert_harmless(captured.out)
