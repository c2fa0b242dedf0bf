"""A night with metadata: twelve hours, 200,000 documents, 5,000 events, exported at 0M+0E.

Peak memory against a twelfth of it, and what a document costs: the CPU time of the whole command, less that of the same
video without metadata, over the number of documents. An event is both in a document and in the recorder's answer to
FindEvents, so that each has to be found twice and listed once.

    python night.py store DIRECTORY NAME SECONDS FILE    writes recordings of FILE into DIRECTORY
    python night.py parse                                prints the microseconds that lxml takes for a document

Both run in processes of their own: what a process is told to have used at most is never less than what the one had that
started it.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from footage import NIGHT, NIGHT_HOUR
from measure import Cost, Row, alternated, cost, cpu, memory, say, vssx
from parallel import recorder

from tests.scene_documents import Occurrence, access_denied, motion, scene, xs_datetime

NS = 1_000_000_000
_START_NS = 1_714_586_400 * NS  # 2024-05-01T18:00:00Z
_DOCUMENTS, _EVENTS = 200_000, 5_000  # in twelve hours
_ROUNDS = 3
_PARSED = 20_000


def _occurrence(number: int, utc_ns: int) -> Occurrence:
    """Three of four are motion that begins or ends, the others somebody who is not let in."""
    if number % 4 == 3:
        return access_denied(utc_ns, f"card {number}")
    return motion(utc_ns, number % 2 == 0)


def documents(seconds: int) -> Iterator[tuple[int, bytes, Occurrence | None]]:
    """UTC, document, and what happened in it, in order."""
    count = _DOCUMENTS * seconds // NIGHT.seconds
    each = _DOCUMENTS // _EVENTS
    for number in range(count):
        utc_ns = _START_NS + number * (seconds * NS // count) // 1000 * 1000
        happened = _occurrence(number // each, utc_ns) if number % each == each // 2 else None
        occurrences = [happened] if happened else []
        yield utc_ns, scene(number, utc_ns, ptz=number % 10 == 0, occurrences=occurrences), happened


def store(directory: Path, name: str, seconds: int, video: Path) -> None:
    """The recordings NAME, with metadata and events, and NAME-plain, without."""
    directory.mkdir(exist_ok=True)
    for stem in (name, f"{name}-plain"):
        os.link(video, directory / f"{stem}.mp4")
        (directory / f"{stem}.toml").write_text("start = 2024-05-01T18:00:00Z\n", encoding="utf-8")
    with (
        (directory / f"{name}.metadata.jsonl").open("w", encoding="utf-8") as told,
        (directory / f"{name}.events.jsonl").open("w", encoding="utf-8") as events,
    ):
        for utc_ns, document, happened in documents(seconds):
            told.write(json.dumps({"utc": xs_datetime(utc_ns), "document": document.decode()}) + "\n")
            if happened:
                events.write(json.dumps(_event(happened)) + "\n")


def _event(happened: Occurrence) -> dict[str, object]:
    """A line of NAME.events.jsonl (docs/recorder.md)."""
    line: dict[str, object] = {"utc": xs_datetime(happened.utc_ns), "topic": happened.topic}
    if happened.operation:
        line["operation"] = happened.operation
    return line | {"source": dict(happened.source), "data": dict(happened.data)}


def export(host: str, work: Path, name: str, seconds: int, level: str) -> Cost:
    """The whole unsigned command for all of it."""
    end = xs_datetime(_START_NS + seconds * NS)
    span = ("--from", xs_datetime(_START_NS), "--to", end, "--times", "recorder")
    out = Path(tempfile.mkdtemp(dir=work))
    try:
        return cost([vssx(), "export", host, "--recording", name, *span, "--level", level, "--output", str(out)])
    finally:
        shutil.rmtree(out)


def parse() -> float:
    """CPU time of lxml for a document, in microseconds."""
    from lxml import etree

    given = [document for _, document, _ in itertools.islice(documents(NIGHT.seconds), _PARSED)]
    begun = time.process_time()
    for document in given:
        etree.fromstring(document)
    return (time.process_time() - begun) / len(given) * 1e6


def _apart(*arguments: object) -> str:
    command = [sys.executable, str(Path(__file__)), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def cost_and_memory(work: Path) -> list[Row]:
    """Both rows."""
    for footage in (NIGHT, NIGHT_HOUR):
        _apart("store", work / "served", footage.name, footage.seconds, footage.path())
    with recorder(work / "served", work / "kept") as host:
        names = {NIGHT.name: NIGHT, f"{NIGHT.name}-plain": NIGHT, NIGHT_HOUR.name: NIGHT_HOUR}
        say("  the recorder keeps what it sends")
        for name, footage in names.items():
            export(host, work, name, footage.seconds, "0V")
        night, plain, hour = alternated(
            lambda: export(host, work, NIGHT.name, NIGHT.seconds, "0M+0E"),
            lambda: export(host, work, f"{NIGHT.name}-plain", NIGHT.seconds, "0V"),
            lambda: export(host, work, NIGHT_HOUR.name, NIGHT_HOUR.seconds, "0M+0E"),
            rounds=_ROUNDS,
        )
    what = f"a night of 12 hours, {_DOCUMENTS:,} documents, {_EVENTS:,} events"
    return [
        Row(
            what=f"peak memory, export of {what}",
            unit="MB",
            ours=memory(night),
            against="of an hour of it",
            theirs=memory(hour),
            goal="<= 1.1",
        ),
        Row(
            what=f"a document, CPU, export of {what}",
            unit="µs",
            ours=(cpu(night) - cpu(plain)) / _DOCUMENTS * 1e6,
            against="parsing it once with lxml",
            theirs=float(_apart("parse")),
        ),
    ]


if __name__ == "__main__":
    if sys.argv[1] == "parse":
        print(parse())
    else:
        store(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), Path(sys.argv[5]))
