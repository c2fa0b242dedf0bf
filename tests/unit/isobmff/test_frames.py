from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from tests.unit.isobmff.streams import AUDIO, START_NS, VIDEO, audio, journal_of, video, write
from vssx.errors import StorageError
from vssx.isobmff.frames import write_frames
from vssx.model.media import ReplayExtension
from vssx.times import to_ntp


def extension(utc_ns: int, **bits: bool) -> ReplayExtension:
    values = {"clean_point": False, "end_of_section": False, "discontinuity": False, "terminal": False, **bits}
    return ReplayExtension(ntp_time=to_ntp(utc_ns), utc_ns=utc_ns, cseq=1, **values)


def test_columns(tmp_path: Path) -> None:
    path, table = tmp_path / "a.mp4", tmp_path / "frames.csv.gz"
    first = extension(START_NS, clean_point=True, discontinuity=True)
    last = extension(START_NS + 40_000_000, end_of_section=True, terminal=True)
    units = [
        video(0, b"abcd", clean=True, sets=True, rtp=90_000, extension=first),
        video(3600, b"ef", rtp=93_600, extension=last),
        audio(0, b"g"),
    ]
    write(path, units, (VIDEO, AUDIO))
    write_frames(journal_of(path), table)
    with gzip.open(table, "rt", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["track", "sample", "offset", "size", "utc", "rtp", "ntp", "flags"],
        ["1", "1", "36", "4", "2023-11-14T22:13:20.123456700Z", "90000", f"{first.ntp_time:016x}", "KPCD"],
        ["1", "2", "40", "2", "2023-11-14T22:13:20.163456700Z", "93600", f"{last.ntp_time:016x}", "ET"],
        ["2", "1", "42", "1", "2023-11-14T22:13:20.123456700Z", "", "", "K"],
    ]


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", [video(0, b"abcd", clean=True)])
    contents = set()
    for name in ("one.csv.gz", "two.csv.gz"):
        write_frames(journal_of(tmp_path / "a.mp4"), tmp_path / name)
        contents.add((tmp_path / name).read_bytes())
    assert len(contents) == 1
    assert contents.pop()[4:8] == bytes(4)  # no time in the gzip header


def test_it_never_overwrites(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", [video(0, b"abcd", clean=True)])
    table = tmp_path / "frames.csv.gz"
    table.write_bytes(b"mine")
    with pytest.raises(StorageError, match="cannot be written"):
        write_frames(journal_of(tmp_path / "a.mp4"), table)
    assert table.read_bytes() == b"mine"
