"""Footage around events only: spans of each recording, files of their own, each with its own section of the record."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_export import record_of, run
from tests.clips import encode
from tests.handovers import trial
from tests.peers import ROOT
from vssx.isobmff.reader import open_movie
from vssx.jobs.config import RecorderAddress
from vssx.jobs.export import ExportRequest, export
from vssx.jobs.handover import HandoverRequest
from vssx.jobs.spans import AroundEvents
from vssx.onvif.event_identity import event_digest
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.server import RecorderServer
from vssx.recorder.stored_events import event_of
from vssx.times import NS, from_xs_datetime

START = "2026-03-14T09:00:00Z"
SECONDS = 120
INPUT = "tns1:Device/Trigger/DigitalInput"
MOTION = "tns1:VideoSource/MotionAlarm"
RANGE = ("--from", START, "--to", "2026-03-14T09:02:00Z")
REACH = ("--before", "2s", "--after", "3s")


def event(seconds: float, topic: str = INPUT, **data: str) -> dict[str, object]:
    return {
        "utc": utc(seconds),
        "topic": topic,
        "operation": "Changed",
        "source": {"InputToken": "in-1"},
        "data": data or {"LogicalState": "true"},
    }


def utc(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"2026-03-14T09:{int(minutes):02d}:{rest:06.3f}Z"


EVENTS = (
    event(10), event(12), event(17), event(60), event(61, MOTION, State="true"), event(90, LogicalState="false"),
)  # fmt: skip


def served(directory: Path, *events: dict[str, object], name: str = "door") -> Path:
    """A recording of two minutes with these events."""
    directory.mkdir(exist_ok=True)
    encode(directory / f"{name}.mp4", frames=SECONDS * 5, rate=5, size=(64, 48), options={"g": "5"})
    (directory / f"{name}.toml").write_text(f"start = {START}\n")
    (directory / f"{name}.events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    return directory


def event_id(line: dict[str, object]) -> str:
    return event_digest(event_of(line, "door").notification)[:8]


@pytest.fixture(scope="module")
def recorder(tmp_path_factory) -> Iterator[str]:
    with RecorderServer(served(tmp_path_factory.mktemp("served"), *EVENTS)) as server:
        yield f"127.0.0.1:{server.http_port}"


def spans(handover: str | Path) -> list[tuple[str, float, float]]:
    """Directory, start and end of each section, in seconds since the recording began."""
    start_ns = from_xs_datetime(START)
    return [
        (one["directory"], *((from_xs_datetime(one["asked"][end]) - start_ns) / NS for end in ("from", "to")))
        for one in record_of(handover)["recordings"]
    ]


def test_each_span_has_files_and_a_section_of_its_own(recorder, tmp_path, capsys):
    arguments = ("--recording", "door", *RANGE, "--events-only", INPUT, *REACH, "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, *arguments)
    assert (code, err) == (0, "")
    handover = Path(out.strip())
    assert handover.name == "door_events_20260314T090000.000Z_20260314T090200.000Z"
    assert spans(handover) == [
        ("door_event-001", 8.0, 20.0),
        ("door_event-002", 58.0, 63.0),
        ("door_event-003", 88.0, 93.0),
    ]
    for section in record_of(handover)["recordings"]:
        assert section["recording_token"] == "door"
        assert section["history"]["available"]
        assert section["acquired"]["end"]["proven"]
        [file] = section["files"]
        assert file["path"].startswith(f"data/{section['directory']}/")
        movie = open_movie(handover / file["path"])
        seconds = (from_xs_datetime(section["asked"]["to"]) - from_xs_datetime(section["asked"]["from"])) / NS
        assert movie.tracks[0].sample_count == pytest.approx(seconds * 5, abs=6)
        assert "PLAY" in (handover / section["log"]).read_text()
    record = record_of(handover)
    [told] = [one["detail"] for one in record["assumptions"] if one["subject"] == "footage around events"]
    assert "FindEvents told 5 events of topic tns1:Device/Trigger/DigitalInput" in told
    assert "3 spans, and nothing else of this range" in told
    assert record["requested"]["options"]["events_only"] == INPUT
    assert record["requested"]["said"]["before"] == "2 s"
    assert run(capsys, "verify", handover)[0] == 42
    code, out, _ = run(capsys, "inspect", handover)
    assert code == 0


def test_events_of_a_content_and_of_several_topics(recorder, tmp_path, capsys):
    arguments = ("--recording", "door", *RANGE, *REACH, "--output", tmp_path)
    off = 'boolean(//tt:SimpleItem[@Name="LogicalState" and @Value="false"])'
    code, out, err = run(capsys, "export", recorder, *arguments, "--events-only", INPUT, "--filter", off)
    assert (code, err) == (0, "")
    assert spans(out.strip()) == [("door_event-001", 88.0, 93.0)]
    requested = record_of(out.strip())["requested"]
    assert requested["options"]["events_filter"] == off
    assert (requested["said"]["events-only"], requested["said"]["filter"]) == (INPUT, off)
    both = ("--events-only", "tns1:VideoSource//.", "--events-only", INPUT, "--name", "both")
    code, out, err = run(capsys, "export", recorder, *arguments, *both)
    assert (code, err) == (0, "")
    assert spans(out.strip())[1] == ("door_event-002", 58.0, 64.0)


def test_spans_end_with_the_range(recorder, tmp_path, capsys):
    within = ("--from", utc(11), "--to", utc(16), "--events-only", INPUT, *REACH, "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, "--recording", "door", *within)
    assert (code, err) == (0, "")
    assert spans(out.strip()) == [("door_event-001", 11.0, 15.0)]


@pytest.mark.parametrize("look", [(), RANGE])
def test_around_an_event(look, recorder, tmp_path, capsys):
    code, out, _ = run(capsys, "events", recorder, "--recording", "door", "--json")
    listed = [one for one in json.loads(out)["events"] if one["utc"] == "2026-03-14T09:01:00Z"]
    assert event_id(EVENTS[3]) in [one["id"] for one in listed]
    around = ("--around", event_id(EVENTS[3]), *look, "--before", "4s", "--after", "1.5s", "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, "--recording", "door", *around)
    assert (code, err) == (0, "")
    assert Path(out.strip()).name == f"door_around_{event_id(EVENTS[3])}"
    assert spans(out.strip()) == [("door", 56.0, 61.5)]
    record = record_of(out.strip())
    assert record["requested"]["said"]["around"] == event_id(EVENTS[3])
    assert record["requested"]["from"] == utc(56).replace(".000", "")
    [told] = [one["detail"] for one in record["assumptions"] if one["subject"] == "footage around events"]
    assert f"{INPUT} at 2026-03-14T09:01:00Z" in told


def test_no_such_event(recorder, tmp_path, capsys):
    arguments = ("--recording", "door", "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, *arguments, "--around", "0badcafe")
    assert (code, out) == (13, "")
    assert "recording door: no event with the id 0badcafe in all of it" in err
    assert "vssx events HOST" in err
    assert "a state at the start is no event" in err
    code, out, err = run(capsys, "export", recorder, *arguments, *RANGE, "--events-only", "tns1:Door//.")
    assert (code, out) == (13, "")
    assert "no event of topic tns1:Door//. from 2026-03-14T09:00:00Z to 2026-03-14T09:02:00Z" in err
    assert not any(tmp_path.iterdir())


def test_a_dry_run_lists_the_spans(recorder, tmp_path, capsys):
    arguments = ("--recording", "door", *RANGE, "--events-only", INPUT, *REACH, "--output", tmp_path, "--dry-run")
    code, out, err = run(capsys, "export", recorder, *arguments, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)["recordings"]
    assert [(one["from"], one["to"], one["recorded_seconds"]) for one in found] == [
        ("2026-03-14T09:00:08Z", "2026-03-14T09:00:20Z", 12.0),
        ("2026-03-14T09:00:58Z", "2026-03-14T09:01:03Z", 5.0),
        ("2026-03-14T09:01:28Z", "2026-03-14T09:01:33Z", 5.0),
    ]
    code, out, err = run(capsys, "export", recorder, *arguments)
    assert out.count("2026-03-14 09:0") == 3
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--events-only", INPUT), "--from, --to"),
        ((*RANGE, "--events-only", "tns1:Device//"), "topic expression"),
        ((*RANGE, "--events-only", INPUT, "--filter", "boolean("), "content filter"),
        ((*RANGE, "--filter", "boolean(//a)"), "--events-only"),
        ((*RANGE, "--around", "0badcafe", "--events-only", INPUT), "two ways"),
        (("--from", START, "--around", "0badcafe"), "a start and an end"),
        (("--around", "9b5128d"), "8 hexadecimal digits or more"),
        ((*RANGE, "--events-only", ""), "it is empty"),
        ((*RANGE, "--events-only", f"{INPUT}|"), "between the |, is empty"),
    ],
)
def test_what_makes_no_sense(words, says, tmp_path, capsys):
    code, out, err = run(capsys, "export", "127.0.0.1:1", "--recording", "x", *words, "--output", tmp_path)
    assert (code, out) == (2, "")
    assert says in err


def other(directory: Path) -> Path:
    """A second and a third recording beside the first: with an event, and without any."""
    for name, events in (("yard", (event(31),)), ("roof", ())):
        shutil.copy(directory / "door.mp4", directory / f"{name}.mp4")
        (directory / f"{name}.toml").write_text(f'name = "The {name}"\nstart = {START}\n')
        (directory / f"{name}.events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    return directory


THREE = ("--recording", "door", "--recording", "yard", "--recording", "roof")


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_each_recording_has_the_spans_of_its_own_events(jobs, tmp_path, capsys):
    arguments = (*THREE, *RANGE, "--events-only", INPUT, *REACH, "--jobs", jobs, "--output", tmp_path / "o")
    with RecorderServer(other(served(tmp_path / "served", *EVENTS))) as server:
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments)
    assert (code, err) == (0, "")
    assert spans(out.strip()) == [
        ("door_event-001", 8.0, 20.0),
        ("door_event-002", 58.0, 63.0),
        ("door_event-003", 88.0, 93.0),
        ("The_yard_event-001", 29.0, 34.0),
    ]
    told = [one["detail"] for one in record_of(out.strip())["assumptions"] if one["subject"] == "footage around events"]
    assert [one.partition(":")[0] for one in told] == ["recording door", "recording yard", "recording roof"]
    assert "FindEvents told 0 events" in told[2]


def test_around_the_event_of_one_recording_all_of_them(tmp_path, capsys):
    around = (*THREE, "--around", event_id(EVENTS[3]), *REACH, "--output", tmp_path / "o")
    with RecorderServer(other(served(tmp_path / "served", *EVENTS))) as server:
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *around)
    assert (code, err) == (0, "")
    assert spans(out.strip()) == [("door", 58.0, 63.0), ("The_yard", 58.0, 63.0), ("The_roof", 58.0, 63.0)]


def test_an_event_without_footage_costs_the_others_nothing(tmp_path, capsys):
    """The recorder's history says so, or claims to have it, and brings nothing."""
    directory = served(tmp_path / "served", event(10), event(200), event(400))
    arguments = ("--recording", "door", "--from", START, "--to", "2026-03-14T09:10:00Z", "--events-only", INPUT, *REACH)
    with RecorderServer(directory) as server:
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments, "--output", tmp_path / "a")
    assert code == 100
    assert err.count("nothing was recorded in the range") == 2
    assert [len(one["files"]) for one in record_of(out.strip())["recordings"]] == [1, 0, 0]
    with RecorderServer(directory, faults=read_faults(["history-1970"])) as server:
        arguments = (*arguments, "--timeout", "1", "--output", tmp_path / "b")
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments)
    assert code == 100
    sections = record_of(out.strip())["recordings"]
    assert [len(one["files"]) for one in sections] == [1, 0, 0]
    assert not sections[1]["acquired"]["end"]["proven"]
    assert (Path(out.strip()) / sections[1]["log"]).exists()
    assert run(capsys, "verify", out.strip())[0] == 42


def test_no_footage_around_any_event(tmp_path, capsys):
    directory = served(tmp_path / "served", event(200), event(400))
    arguments = ("--recording", "door", "--from", START, "--to", "2026-03-14T09:10:00Z", "--events-only", INPUT, *REACH)
    for faults in ([], ["history-1970"]):
        with RecorderServer(directory, faults=read_faults(faults)) as server:
            words = (*arguments, "--timeout", "1", "--output", tmp_path / "o")
            code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *words)
        assert (code, out) == (13, "")
        assert "around any of the events" in err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; the code paths are the same")
def test_cut_it_goes_on_with_the_spans_that_it_had_found(tmp_path, capsys):
    """And not with those that the recorder would tell of now; without a recorder it is finished as it is."""
    directory = served(tmp_path / "served", *EVENTS)
    out = tmp_path / "out"
    arguments = ("--recording", "door", *RANGE, "--events-only", INPUT, *REACH, "--jobs", "1", "--output", str(out))
    with RecorderServer(directory) as server:
        words = ["export", f"127.0.0.1:{server.http_port}", *arguments, "--name", "H", "--max-rate", "60kbit"]
        running = subprocess.Popen([sys.executable, "-m", "vssx", *words], cwd=ROOT)
        while not list(out.glob("H.partial/data/door_event-001/*.mp4")):
            assert running.poll() is None
            os.sched_yield()
        running.kill()
        running.wait()
    copy = Path(shutil.copytree(out / "H.partial", tmp_path / "copy" / "H.partial"))
    (directory / "door.events.jsonl").write_text(json.dumps(event(100)) + "\n")
    with RecorderServer(directory, port=server.http_port, rtsp_port=server.rtsp_port):
        code, printed, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments, "--name", "H")
    assert (code, err) == (0, "")
    assert spans(printed.strip()) == [
        ("door_event-001", 8.0, 20.0),
        ("door_event-002", 58.0, 63.0),
        ("door_event-003", 88.0, 93.0),
    ]
    record = record_of(printed.strip())
    assert "FindEvents told 5 events" in json.dumps(record["assumptions"])
    assert record["acquired"]["resumed"] == 1
    code, printed, err = run(capsys, "finish", copy)
    assert (code, printed) == (100, f"{copy.with_name('H')}\n"), err
    assert [bool(one["files"]) for one in record_of(printed.strip())["recordings"]] == [True, False, False]
    assert [one["acquired"]["end"]["reason"] for one in record_of(printed.strip())["recordings"]][1:] == ["cut", "cut"]


def test_events_of_the_operators_list_are_a_reason_too(recorder, tmp_path, capsys):
    """Those that the recorder finds and those of the list; one about a recording that is not exported is refused."""
    listed = tmp_path / "incidents.csv"
    listed.write_text(f"time,name,recording\n{utc(40)},Glass broken,door\n{utc(41)},Shouting,\n{utc(300)},Too late,\n")
    arguments = ("--recording", "door", *RANGE, *REACH, "--events", listed, "--output", tmp_path)
    wanted = ("--events-only", "vssx:Incident//.", "--events-only", MOTION)
    code, out, err = run(capsys, "export", recorder, *arguments, *wanted)
    assert (code, err) == (0, "")
    assert spans(out.strip()) == [("door_event-001", 38.0, 44.0), ("door_event-002", 59.0, 64.0)]
    [told] = [
        one["detail"] for one in record_of(out.strip())["assumptions"] if one["subject"] == "footage around events"
    ]
    assert "FindEvents told 1 event, the operator's lists 2 events, of topic" in told
    rows = [
        list(csv.DictReader((Path(out.strip()) / f"data/door_event-00{n}/events.csv").open(encoding="utf-8-sig")))
        for n in (1, 2)
    ]
    assert [[row["name"] for row in one if row["kind"] == "event"] for one in rows] == [
        ["Incident: glass broken", "Incident: shouting"],
        ["Digital input", "Motion"],
    ]
    assert [row["state"] for row in rows[1] if row["name"] == "Motion"] == ["unknown", "motion"]
    listed.write_text(f"time,name,recording\n{utc(40)},Glass broken,yard\n")
    code, out, err = run(capsys, "export", recorder, *arguments, *wanted, "--name", "other")
    assert (code, out) == (2, "")
    assert "yard: no such recording is exported" in err


def outcome_with(fault: str, tmp_path: Path, capsys, *words: str) -> tuple[int, str, str]:
    with RecorderServer(served(tmp_path / "served", *EVENTS), faults=read_faults([fault])) as server:
        arguments = ("--recording", "door", *RANGE, "--events-only", INPUT, *REACH, "--output", tmp_path / "o", *words)
        return run(capsys, "export", f"127.0.0.1:{server.http_port}", *arguments)


@pytest.mark.parametrize(
    ("fault", "words", "code", "told"),
    [
        ("events-unordered", (), 0, "they were sorted"),
        ("events-twice", (), 0, "came more than once"),
        ("events-cut-short=2", (), 0, "complete while there were more events"),
        ("events-refused=topics", (), 0, "of which those asked for were taken here"),
        ("events-refused=all-topics", (), 100, "the topics that ONVIF knows only"),
        ("clock-skew=3600", ("--times", "recorder"), 0, "FindEvents told 5 events"),
        ("search-gone", (), 0, "then its session was gone"),
    ],
)
def test_whatever_a_recorder_does_the_spans_are_those_of_its_events(fault, words, code, told, tmp_path, capsys):
    got, out, err = outcome_with(fault, tmp_path, capsys, *words)
    assert got == code, err
    assert [one[1:] for one in spans(out.strip())] == [(8.0, 20.0), (58.0, 63.0), (88.0, 93.0)]
    record = record_of(out.strip())
    assert told in json.dumps([record["assumptions"], [one["losses"] for one in record["recordings"]]])


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("metadata-clock=3", 13, "5 events that the recorder told have a time outside of it"),
        ("no-history", 12, "FindEvents is not implemented"),
        ("clock-skew=3600", 2, "--times true"),
    ],
)
def test_events_that_are_no_reason_for_a_span(fault, code, says, tmp_path, capsys):
    got, out, err = outcome_with(fault, tmp_path, capsys)
    assert (got, out) == (code, "")
    assert says in err
    assert not (tmp_path / "o").exists()


def test_too_many_spans_are_refused_before_anything_is_received(tmp_path, capsys):
    directory = served(tmp_path / "served", *(event(number / 10) for number in range(1100)))
    words = ("--recording", "door", *RANGE, "--events-only", INPUT, "--before", "0.01s", "--after", "0.01s")
    with RecorderServer(directory) as server:
        code, out, err = run(capsys, "export", f"127.0.0.1:{server.http_port}", *words, "--output", tmp_path / "o")
    assert (code, out) == (2, "")
    assert "more than 1000 spans around them" in err
    assert not (tmp_path / "o").exists()


def test_spans_bear_a_level_that_is_signed_and_verified(samples, tmp_path, capsys):
    """The door of the samples: access denied, forced; documents and events in each span."""
    key = ("--key", trial().key, "--cert", trial().certificate)
    words = ("--recording", "side-door", "--from", "2026-03-14T21:40:00Z", "--to", "2026-03-14T21:41:00Z")
    wanted = ("--events-only", "tns1:AccessControl/Denied//.|tns1:Door//.", "--before", "1s", "--after", "1s")
    with RecorderServer(samples) as server:
        host = f"127.0.0.1:{server.http_port}"
        code, out, err = run(capsys, "export", host, *words, *wanted, *key, "--level", "0M+0E", "--output", tmp_path)
    assert (code, err) == (0, "")
    record = record_of(out.strip())
    assert record["claims"]["level"] == "0M+0E"
    assert len(record["recordings"]) > 1
    assert all(one["alpha_events"]["events"] and one["timed_metadata"]["documents"] for one in record["recordings"])
    assert run(capsys, "verify", out.strip(), "--trust", trial().certificate, "--level", "0M+0E")[0] == 0


def test_progress_is_told_of_each_recording_as_a_whole(tmp_path):
    directory = other(served(tmp_path / "served", *EVENTS))
    told: dict[int, list[tuple[int, int]]] = {}
    choice = AroundEvents(topics=(INPUT,), before_ns=2 * NS, after_ns=3 * NS)
    with RecorderServer(directory) as server:
        request = ExportRequest(
            address=RecorderAddress(host=f"127.0.0.1:{server.http_port}", credentials=None, timeout=10),
            recordings=("door", "yard", "roof"),
            from_ns=from_xs_datetime(START),
            to_ns=from_xs_datetime(START) + SECONDS * NS,
            clock="recorder",
            events=choice,
            jobs=1,
            handover=HandoverRequest(output=tmp_path / "o"),
        )
        export(request, lambda number, ns, size, _losses: told.setdefault(number, []).append((ns, size)))
    assert set(told) == {0, 1}
    for values in told.values():
        assert values == sorted(values)
        assert values[-1][0] <= 30 * NS
