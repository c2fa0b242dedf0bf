"""Faults of documents and events change what is on the wire: tests/faults shows what a client makes of it."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from tests.faults.known_scene import documents, write_known
from tests.unit.recorder.player import Player, Unit
from tests.unit.recorder.test_faults import asked
from vssx import xml
from vssx.onvif import search, search_session, soap
from vssx.onvif.search_session import FindEvents, GetResults
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.server import RecorderServer
from vssx.times import NS, from_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
SENT = [document for at, document in documents(START) if at < START + 960_000_000]  # the others are behind the gap
META = "META001"
SEARCH = "/onvif/search_service"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, recordings: Path) -> Path:
    """three.mp4 with documents and events beside it."""
    directory = tmp_path_factory.mktemp("known")
    for name in ("three.mp4", "three.toml"):
        shutil.copy(recordings / name, directory / name)
    write_known(directory / "three.mp4", START)
    return directory


def played(directory: Path, *faults: str) -> list[Unit]:
    with (
        RecorderServer(directory, faults=read_faults(faults)) as server,
        Player(f"{server.rtsp_url}three") as player,
    ):
        player.setup(META)
        player.play()
        return list(player.units())


def payloads(directory: Path, *faults: str) -> list[bytes]:
    return [b"".join(unit.raw.nal_units) for unit in played(directory, *faults)]


def test_without_a_fault(known: Path) -> None:
    assert payloads(known) == SENT
    assert len(SENT) == 10


@pytest.mark.parametrize(
    ("fault", "encoding"),
    [
        ("metadata-gzip", "vnd.onvif.metadata+gzip/90000"),
        ("metadata-gzip=.gzip", "vnd.onvif.metadata.gzip/90000"),
        ("metadata-exi", "vnd.onvif.metadata.exi.onvif/90000"),
        ("metadata-exi=.exi.ext", "vnd.onvif.metadata.exi.ext/90000"),
        ("metadata-packed", "vnd.onvif.metadata/90000"),
    ],
)
def test_what_the_description_says(fault: str, encoding: str, known: Path) -> None:
    with (
        RecorderServer(known, faults=read_faults([fault])) as server,
        Player(f"{server.rtsp_url}three") as player,
    ):
        assert f" {encoding}\r\n".encode() in player.request("DESCRIBE").body


def test_monsters(known: Path) -> None:
    middle = 4
    bomb = payloads(known, "metadata-bomb=3")[middle]
    assert len(bomb) < 20_000
    head, _, end = SENT[middle].partition(b"</tt:MetadataStream>")
    assert gzip.decompress(bomb) == head + b" " * 3_000_000 + b"</tt:MetadataStream>" + end
    assert len(payloads(known, "metadata-huge=2")[middle]) == len(SENT[middle]) + 2_000_000
    entities = payloads(known, "metadata-entities")
    assert entities[middle].startswith(b"<!DOCTYPE")
    assert b"&e9;</tt:MetadataStream>" in entities[middle]
    assert [number for number in range(len(SENT)) if entities[number] != SENT[number]] == [middle]


def test_order_and_number(known: Path) -> None:
    assert payloads(known, "metadata-twice=3") == [
        document for number, document in enumerate(SENT) for _ in range(1 + (number % 3 == 2))
    ]
    swapped = [SENT[at] for at in (0, 2, 1, 4, 3, 6, 5, 8, 7, 9)]
    assert payloads(known, "metadata-unordered=2") == swapped
    together = payloads(known, "metadata-together=4")
    assert together == [b"".join(SENT[:4]), b"".join(SENT[4:8]), b"".join(SENT[8:])]
    for fault in ("metadata-unordered=2", "metadata-together=4", "metadata-late=1"):
        assert [unit.flags for unit in played(known, fault)][-1] == "CET"


def test_documents_come_behind_the_pictures(known: Path) -> None:
    with (
        RecorderServer(known, faults=read_faults(["metadata-late=0.5"])) as server,
        Player(f"{server.rtsp_url}three") as player,
    ):
        player.setup(META, "VIDEO001")
        player.play()
        shown = 0
        for unit in player.units():
            if unit.track == META and unit.extension.utc_ns < START + 4 * NS // 10:  # behind the gap all come at once
                # It goes before the picture that is so much further, which the player has not seen yet.
                assert unit.extension.utc_ns <= shown + NS // 10 - NS // 2
            elif unit.track != META:
                shown = max(shown, unit.extension.utc_ns)


def found(directory: Path, *faults: str, polls: int = 1, states: bool = True) -> tuple[list[str], list[xml.Element]]:
    """States of the search, and the results that say nothing of the recording itself."""
    told, results = [], []
    with RecorderServer(directory, faults=read_faults(faults)) as server:
        request = FindEvents(start_ns=START + NS, include_start_state=states)
        opened = soap.parse(asked(server, search_session.find_events(request), SEARCH)[2])
        assert opened.body is not None, opened.fault
        page = search_session.get_event_search_results(
            GetResults(search_token=search_session.read_search_token(opened.body))
        )
        for _ in range(polls):
            answer = soap.parse(asked(server, page, SEARCH)[2]).body
            assert answer is not None
            told.append(xml.text(answer, "ResultList", "SearchState"))
            results += [
                one for one in answer.iter("{*}Result") if "RecordingHistory" not in xml.text(one, "Event", "Topic")
            ]
    return told, results


def times(results: list[xml.Element]) -> list[str]:
    return [one.text or "" for result in results for one in xml.children(result, "Time")]


def test_events(known: Path) -> None:
    told, honest = found(known)
    assert told == ["Completed"]
    assert [xml.text(one, "StartStateEvent") for one in honest] == ["true"] * 2 + ["false"] * 7
    twice = times(found(known, "events-twice")[1])
    assert twice == [each for each in times(honest) for _ in range(2)]
    assert times(found(known, "events-unordered")[1]) == times(honest)[::-1]
    assert times(found(known, "events-no-states")[1]) == times(honest)[2:]
    told, endless = found(known, "events-endless", polls=3)
    assert told == ["Searching"] * 3
    assert times(endless) == times(honest) * 3
    told, short = found(known, "events-cut-short=6")
    assert told == ["Completed"]
    assert len(short) < len(honest)
    old = found(known, "metadata-clock=-30")[1]
    messages = [one for result in old for one in result.iter("{*}Message") if one.get("UtcTime")]
    assert {(one.get("UtcTime") or "")[:4] for one in messages} == {"1994"}
    assert times(old) == times(honest)  # when the recorder stored it
    hostile = found(known, "hostile-names")[1]
    assert all("<script>" in xml.text(one, "Event", "Topic") for one in hostile)


@pytest.mark.parametrize(
    ("value", "request_", "refused"),
    [
        ("content", FindEvents(start_ns=START, message_filters=('boolean(//SimpleItem[@Name="State"])',)), True),
        ("content", FindEvents(start_ns=START, topics=("tns1:Door//.",)), False),
        ("topics", FindEvents(start_ns=START, topics=("tns1:Door//.",)), True),
        ("topics", FindEvents(start_ns=START), False),
        ("states", FindEvents(start_ns=START, include_start_state=True), True),
        ("states", FindEvents(start_ns=START), False),
        ("all-topics", FindEvents(start_ns=START), True),
        ("all-topics", FindEvents(start_ns=START, topics=("tns1:Door//.",)), False),
    ],
)
def test_refusals(value: str, request_: FindEvents, refused: bool, known: Path) -> None:
    with RecorderServer(known, faults=read_faults([f"events-refused={value}"])) as server:
        answer = soap.parse(asked(server, search_session.find_events(request_), SEARCH)[2])
    assert (answer.fault is not None) is refused


def test_capabilities(known: Path) -> None:
    for faults, general in (((), True), (("events-no-states",), False)):
        with RecorderServer(known, faults=read_faults(faults)) as server:
            answer = soap.parse(asked(server, search.get_service_capabilities(), SEARCH)[2])
        assert answer.body is not None
        told = search.read_get_service_capabilities_response(answer.body)
        assert (told.metadata_search, told.general_start_events) == (True, general)


def test_a_track_is_made_up_only_where_there_is_none(known: Path) -> None:
    assert payloads(known, "metadata=50") == SENT
    lines = (known / "three.metadata.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[0])["document"].encode() == SENT[0]
