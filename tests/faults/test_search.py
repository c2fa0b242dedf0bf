"""Faults of search and SOAP, and of the recorder's clock."""

from __future__ import annotations

import re
import threading

import pytest

from tests.faults.recordings import CREDENTIALS, GAP_AT, HOUR, SECONDS, WITH_GAP, case, export_at, export_case
from vssx.jobs.config import RecorderAddress
from vssx.jobs.recordings import list_recordings
from vssx.recorder.fault_registry import REGISTRY, read_faults
from vssx.recorder.faults import Area
from vssx.recorder.faulty import Faulty
from vssx.recorder.server import RecorderServer
from vssx.source.replay_session import ReplaySession
from vssx.source.search import RecorderSession
from vssx.times import NS

# The handover is the same as from a recorder without faults; ``assumed``: what the record says about it.
UNHARMED = (
    case("summary-1970"),
    case("no-tracks"),
    case("empty-search-fault"),
    case("unlisted"),
    case("sparse"),
    case("times-without-z"),
    case("undeclared-prefix"),
    case("services-only"),
    case("capabilities-only"),
    case("no-get-services"),
    case("content-length", assumed="Content-Length"),
    case("content-length=-20", assumed="Content-Length"),
    case("soap11"),
    case("soap11-fault", assumed="recorder name"),
    case("soap11-fault=FindEvents"),
    case("fault-400", assumed="recorder name"),
    case("fault-400=GetServices"),
    case("garbage-soap", assumed="recorder name"),
    case("garbage-soap=FindEvents"),
    case("bom"),
    case("latin-1"),
    case("close-each"),
    case("search-gone", assumed="recording history"),
)


@pytest.mark.parametrize("one", UNHARMED, ids=str)
def test_the_handover_is_whole(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    assert exported.section["camera"] == "Door at the caf\u00e9"
    assert not one.assumed or exported.assumed(one.assumed)


@export_case("earliest-1970")
def test_what_the_recorder_says_of_1970_is_told_as_it_said_it(exported):
    exported.assert_whole()
    recording = exported.section["recording"]
    assert recording["earliest"] == "1970-01-01T00:00:00Z"
    assert exported.section["delivered"]["first"].startswith("2024-05-01T12:00:00")


def test_a_summary_that_begins_in_1970(recordings):
    with RecorderServer(recordings, faults=read_faults(["summary-1970"])) as server:
        with RecorderSession.connect(f"127.0.0.1:{server.http_port}", None) as session:
            assert session.summary().data_from_ns == 0
            assert [one.earliest_ns // NS for one in session.recordings()] == [1714564799, *[1714564800] * 4]


@export_case("history-1970", code=100, recording="yard", end=WITH_GAP)
def test_a_history_without_the_gap_does_not_confirm_it(exported):
    exported.assert_whole()
    [gap] = exported.gaps
    assert gap["confirmed"] is False
    assert exported.end["proven"]


@export_case("no-history", code=100, recording="yard", end=WITH_GAP)
def test_without_a_history_nobody_confirms_a_gap(exported):
    exported.assert_whole()
    [gap] = exported.gaps
    assert gap["confirmed"] is None
    assert exported.section["history"]["available"] is False
    assert "FindEvents is not implemented" in exported.section["history"]["detail"]


@export_case("empty-search-fault", code=100, recording="yard", end=WITH_GAP)
def test_a_search_that_faults_is_no_history(exported):
    exported.assert_whole()
    assert [gap["confirmed"] for gap in exported.gaps] == [None]
    assert "no event was found" in exported.section["history"]["detail"]


@pytest.mark.parametrize("one", [case("queued"), case("queued=outside")], ids=str)
def test_a_queued_search_is_asked_again(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    exported.assert_whole()
    assert exported.section["history"]["available"] is True
    assert [line.get("operation") for line in exported.log].count("GetEventSearchResults") == 2


def test_what_is_not_listed_can_be_exported_by_its_token(recordings):
    with RecorderServer(recordings, faults=read_faults(["unlisted"])) as server:
        address = RecorderAddress(host=f"127.0.0.1:{server.http_port}", credentials=None, timeout=2)
        assert list_recordings(address, lambda _: None).recordings == ()


LISTED = [one.name for one in REGISTRY.values() if one.area in (Area.SEARCH, Area.ADDRESSES) and one.name != "unlisted"]


@pytest.mark.parametrize("name", LISTED)
def test_the_list_of_recordings_is_the_same(name, recordings):
    with RecorderServer(recordings, credentials=CREDENTIALS, faults=read_faults([name])) as server:
        address = RecorderAddress(host=f"127.0.0.1:{server.http_port}", credentials=CREDENTIALS, timeout=2)
        found = list_recordings(address, lambda _: None).recordings
    assert [one.information.token for one in found] == ["door", "gate", "hall", "lane", "yard"]
    knows = name not in ("no-history", "empty-search-fault", "sparse")
    assert all((one.history is not None and one.history.available) == knows for one in found)


@export_case("source-address")
def test_an_address_that_is_no_uri_is_told_as_it_is(exported):
    exported.assert_whole()
    assert exported.section["recording"]["source"]["address"] == "camera 1"


@export_case("sparse")
def test_what_is_not_told_is_not_known(exported):
    exported.assert_whole()
    recording = exported.section["recording"]
    assert (recording["earliest"], recording["latest"]) == (None, None)
    assert recording["source"]["location"] == ""


@export_case("times-without-z")
def test_times_without_a_zone_are_utc(exported):
    assert exported.section["history"]["spans"] == [
        {"start": "2024-05-01T12:00:00Z", "end": "2024-05-01T12:00:06.400Z"},
    ]


@pytest.mark.parametrize("one", [case("busy"), case("busy=429")], ids=str)
def test_a_busy_recorder_is_asked_again(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    exported.assert_whole()


@pytest.mark.parametrize("one", [case("one-session"), case("one-session=429")], ids=str)
def test_a_recorder_that_serves_somebody_else_is_waited_for(one, recordings, tmp_path, monkeypatch):
    refused = threading.Event()
    honest = Faulty.http

    def http(self, operation, answer):
        sent = honest(self, operation, answer)
        if sent.status in (429, 503):
            refused.set()
        return sent

    monkeypatch.setattr(Faulty, "http", http)
    found = []
    with RecorderServer(recordings, faults=read_faults(one.faults)) as server:
        other = ReplaySession(f"{server.rtsp_url}door", None, timeout_s=5, observe=lambda _: None)
        host = f"127.0.0.1:{server.http_port}"
        thread = threading.Thread(target=lambda: found.append(export_at(host, recordings, tmp_path)))
        thread.start()
        assert refused.wait(20)
        other.close()
        thread.join()
    assert found[0].code == one.code
    found[0].assert_whole()


SKEWS = (
    case("clock-skew=7"),
    case("clock-skew=-5400"),
    case("clock-skew=94608000"),
    case("daylight-off", credentials=CREDENTIALS),
)


@pytest.mark.parametrize("one", SKEWS, ids=str)
def test_a_wrong_clock_is_in_the_record_and_changes_no_time(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    exported.assert_whole()
    skew = 3600 if one.name == "daylight-off" else float(one.faults[0].partition("=")[2])
    clock = exported.record["clock"]["before"]
    assert clock["offset_low_seconds"] - 1 <= skew <= clock["offset_high_seconds"] + 1
    assert exported.section["delivered"]["first"].startswith("2024-05-01T12:00:00")


@export_case("clock-skew", code=2, times=None)
def test_whose_time_is_meant_is_asked(exported):
    assert "--times recorder: 2024-05-01T12:00:00Z" in exported.error
    assert "--times true: 2024-05-01T12:59:59" in exported.error or "--times true: 2024-05-01T13:00" in exported.error


@export_case("clock-skew=3600", code=13, times="true")
def test_true_time_is_another_hour_of_the_recorder(exported):
    assert "nothing recorded from 2024-05-01T1" in exported.error


@export_case("clock-jump")
def test_a_clock_that_is_set_during_the_export_is_in_the_record(exported):
    exported.assert_whole()
    before, after = (exported.record["clock"][key] for key in ("before", "after"))
    least = after["offset_low_seconds"] - before["offset_high_seconds"]
    most = after["offset_high_seconds"] - before["offset_low_seconds"]
    assert least - 1 <= 7200 <= most + 1  # however long the answers took
    told = re.search(r"changed by \+(\d+) s during", exported.assumed("recorder clock"))
    assert abs(int(told[1]) - (after["offset_seconds"] - before["offset_seconds"])) <= 1


@export_case("local-as-utc", credentials=CREDENTIALS)
def test_local_time_told_as_utc_is_doubted(exported):
    exported.assert_whole()
    assert re.search(r"\+(719[0-9]|720[0-9]) s from this machine", exported.assumed("recorder clock"))


def test_the_recordings_are_as_long_as_the_tests_think(recordings):
    with RecorderServer(recordings) as server:
        for one in server.store.recordings:
            gap = {"yard": 60, "lane": HOUR - GAP_AT}.get(one.token, 0)
            assert abs(one.end_ns - one.start_ns - (SECONDS + gap) * NS) < NS // 10
