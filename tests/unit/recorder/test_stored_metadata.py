"""Metadata tracks that were recorded: read from beside the media, sent among it."""

from __future__ import annotations

import base64
import json
import os
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from tests.unit.recorder.player import Player, Unit, clock
from vssx.errors import UsageError
from vssx.recorder.server import RecorderServer
from vssx.recorder.store import open_store
from vssx.recorder.timed_lines import index_lines
from vssx.times import NS, from_xs_datetime, to_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
GAP = 60 * NS
META, VIDEO = "META001", "VIDEO001"


def document(number: int) -> bytes:
    body = "x" * (number * 700)  # some need more than a packet
    return f'<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><!--{number} {body}é-->'.encode()


def at(number: int) -> int:
    """Ten documents a second from 50 ms on; behind the gap from the 10th on."""
    media_ns = number * NS // 10 + NS // 20
    return START + media_ns + (GAP if media_ns > 960_000_000 else 0)


def lines(*numbers: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for number in numbers:
        if number % 2:
            found.append({"utc": to_xs_datetime(at(number)), "document": document(number).decode()})
        else:
            found.append({"utc": to_xs_datetime(at(number)), "base64": base64.b64encode(document(number)).decode()})
    return found


def recording(tmp_path: Path, recordings: Path, stored: list[dict[str, str]]) -> Path:
    """three.mp4 with these lines beside it."""
    for name in ("three.mp4", "three.toml"):
        shutil.copy(recordings / name, tmp_path / name)
    text = "".join(json.dumps(line) + "\n" for line in stored)
    (tmp_path / "three.metadata.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


def played(directory: Path, *headers: tuple[str, str], tracks: tuple[str, ...] = ()) -> list[Unit]:
    with RecorderServer(directory) as server, Player(f"{server.rtsp_url}three") as player:
        player.setup(*tracks)
        player.play(*headers)
        return list(player.units())


def of(units: list[Unit], track: str = META) -> list[tuple[int, bytes]]:
    return [(round(each.extension.utc_ns, -3), b"".join(each.raw.nal_units)) for each in units if each.track == track]


def test_documents_come_as_they_are_stored_with_their_times(tmp_path: Path, recordings: Path) -> None:
    units = played(recording(tmp_path, recordings, lines(*range(30))))
    assert of(units) == [(at(number), document(number)) for number in range(30)]
    flags = [each.flags for each in units if each.track == META]
    assert flags == ["C"] * 9 + ["CE", "CD"] + ["C"] * 18 + ["CET"]


def test_documents_come_among_the_pictures(tmp_path: Path, recordings: Path) -> None:
    units = played(recording(tmp_path, recordings, lines(*range(30))))
    shown = START
    for each in units:
        if each.track == VIDEO:
            shown = max(shown, each.extension.utc_ns)
        elif each.track == META:
            assert each.extension.utc_ns <= shown + NS // 25
            # The player has a document when the next one begins.
            assert each.extension.utc_ns >= shown - 9 * NS // 25 or shown - each.extension.utc_ns > GAP
    gap_of = [each.extension.utc_ns > START + GAP for each in units]
    assert gap_of == sorted(gap_of)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (clock("20240501T120000.500Z", "20240501T120000.700Z"), [5, 6]),  # from the clean point at 0.48 s
        (clock("20240501T120100.960Z"), range(10, 30)),
        (clock("20240501T120030Z", "20240501T120101.100Z"), [10]),
    ],
)
def test_ranges(tmp_path: Path, recordings: Path, span: tuple[str, str], expected: list[int]) -> None:
    directory = recording(tmp_path, recordings, lines(*range(30)))
    for tracks in ((), (META,)):
        assert [payload for _, payload in of(played(directory, span, tracks=tracks))] == list(map(document, expected))


def test_a_recording_may_have_several_metadata_tracks(tmp_path: Path, recordings: Path) -> None:
    directory = recording(tmp_path, recordings, lines(*range(0, 30, 3)))
    text = "".join(json.dumps(line) + "\n" for line in lines(*range(1, 30, 3)))
    (directory / "three.metadata-4.jsonl").write_text(text, encoding="utf-8")
    units = played(directory)
    assert [payload for _, payload in of(units)] == list(map(document, range(0, 30, 3)))
    assert [payload for _, payload in of(units, "META004")] == list(map(document, range(1, 30, 3)))
    numbers = [each.extension.utc_ns for each in units if each.track.startswith("META")]
    # The player has a document when the next one of its track begins: each comes one late.
    assert sum(later < earlier for earlier, later in pairwise(numbers)) < 3


def test_a_session_without_the_track_gets_none_of_it(tmp_path: Path, recordings: Path) -> None:
    units = played(recording(tmp_path, recordings, lines(*range(30))), tracks=(VIDEO,))
    assert {each.track for each in units} == {VIDEO}


def test_documents_outside_what_was_recorded_are_told_and_not_served(tmp_path: Path, recordings: Path) -> None:
    stored = lines(9, 10)
    stored.insert(1, {"utc": to_xs_datetime(START + 30 * NS), "document": "<a/>"})
    stored.append({"utc": to_xs_datetime(START + 300 * NS), "document": "<a/>"})
    directory = recording(tmp_path, recordings, stored)
    told: list[str] = []
    open_store(directory, lambda path, why: told.append(f"{path.name}: {why}"))
    assert told == ["three.metadata.jsonl: 2 documents lie outside what was recorded"]
    assert [payload for _, payload in of(played(directory))] == [document(9), document(10)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "no JSON object"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("", "no JSON"),
        ('{"utc": 7, "document": "x"}', "utc must be a time"),
        ('{"utc": "yesterday", "document": "x"}', "yesterday"),
        ('{"utc": "9999-05-01T12:00:01Z", "document": "x"}', "between the years 1900 and 2200"),
        ('{"utc": "2024-05-01T12:00:01Z"}', "either document or base64"),
        ('{"utc": "2024-05-01T12:00:01Z", "document": "x", "base64": "eA=="}', "either document or base64"),
        ('{"utc": "2024-05-01T12:00:01Z", "document": ""}', "empty document"),
        ('{"utc": "2024-05-01T12:00:01Z", "document": 7}', "must be texts"),
        ('{"utc": "2024-05-01T12:00:01Z", "document": "\\ud800"}', "UTF-8"),
        ('{"utc": "2024-05-01T12:00:01Z", "base64": "***"}', "octets"),
        ('{"utc": "2024-05-01T12:00:01Z", "documents": "x"}', "unknown key 'documents'"),
        ('{"utc": "2024-05-01T11:59:59Z", "document": "x"}', "before that of the line above"),
    ],
)
def test_faults_of_the_file_name_the_line(tmp_path: Path, recordings: Path, line: str, message: str) -> None:
    directory = recording(tmp_path, recordings, lines(0))
    path = directory / "three.metadata.jsonl"
    path.write_text(path.read_text() + line + "\n", encoding="utf-8")
    told: list[str] = []
    shutil.copy(recordings / "hevc.mp4", directory)
    store = open_store(directory, lambda _, why: told.append(why))
    assert [one.token for one in store.recordings] == ["hevc"]
    assert len(told) == 1
    assert message in told[0]
    assert f"{path}, line 2" in told[0]


def test_lines_can_be_read_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(json.dumps({"utc": f"2024-05-01T12:00:0{n // 2}Z", "n": n}) + "\n" for n in range(8)))
    found = index_lines(path, lambda _: None)
    assert found is not None
    assert [found.at_or_after(START + n * NS) for n in range(-1, 6)] == [0, 0, 2, 4, 6, 8, 8]
    assert [line["n"] for _, line in found.forward(2, 6)] == [2, 3, 4, 5]
    assert [(number, line["n"]) for number, line in found.backward(2, 6)] == [(5, 5), (4, 4), (3, 3), (2, 2)]
    assert list(found.forward(6, 2)) == list(found.backward(6, 2)) == []
    assert index_lines(tmp_path / "nothing", lambda _: None) is None
    os.truncate(path, 40)
    with pytest.raises(UsageError, match="line 2"):
        list(found.forward(0, 8))
