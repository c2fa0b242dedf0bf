"""frames.csv.gz must be the table of its MP4, even where the owner of the key would have it otherwise."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.handovers import handover
from tests.unit.evidence.test_verify import GATE, failures, resign, verify
from vssx.model.verification import Verdict

FRAMES = GATE.removesuffix(".mp4") + ".frames.csv.gz"
Change = Callable[[list[list[str]]], None]


def cell(row: int, column: int, value: str) -> Change:
    def change(rows: list[list[str]]) -> None:
        assert rows[row][column] != value
        rows[row][column] = value

    return change


def rewrite(root: Path, change: Change) -> None:
    rows = [line.split(",") for line in gzip.decompress((root / FRAMES).read_bytes()).decode().splitlines()]
    change(rows)
    text = "".join(",".join(row) + "\r\n" for row in rows)
    (root / FRAMES).write_bytes(gzip.compress(text.encode()))
    resign(root)


def test_the_table_that_the_writer_makes(tmp_path: Path):
    root = handover(tmp_path)
    rewrite(root, lambda rows: None)
    report = verify(root)
    assert report.verdict is Verdict.PASSED, failures(report)
    assert [finding.check for finding in report.findings if "frames" in finding.check][-1] == f"record: frames {FRAMES}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.pop(), "ends before sample"),
        (lambda rows: rows.append(rows[-1]), "has"),
        (lambda rows: rows.pop(0), "does not begin with the names"),
        (lambda rows: rows.insert(3, rows[3]), "line 5: the number is"),
        (lambda rows: rows[4].pop(), "line 5 does not have 8 columns"),
        (cell(1, 0, "9"), "line 2: track 9 is not in the file"),
        (cell(1, 0, "\x1b[2J"), "track \\x1b[2J is not in the file"),
        (cell(1, 2, "1"), "line 2: the offset is 1, in the file"),
        (cell(1, 3, "1"), "line 2: the size is 1, in the file"),
        (cell(1, 4, "2024-05-01T12:00:00.124456789Z"), "line 2: the time is 2024-05-01T12:00:00.124456789Z"),
        (cell(1, 4, "2024-13-01T12:00:00Z"), "is no time"),
        (cell(1, 7, ""), "do not say that decoding can start here"),
        (cell(1, 4, "ü"), "is no text"),
    ],
)
def test_each_difference_is_found(change: Change, words: str, tmp_path: Path):
    root = handover(tmp_path)
    rewrite(root, change)
    report = verify(root)
    assert report.verdict is Verdict.FAILED
    assert words in failures(report)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"x" * 100)[:30], gzip.compress(b"\0" * 5_000_000)],
    ids=["empty", "plain", "torn", "zeros"],
)
def test_what_is_no_table(content: bytes, tmp_path: Path):
    root = handover(tmp_path)
    (root / FRAMES).write_bytes(content)
    resign(root)
    assert verify(root).verdict is Verdict.FAILED
